/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Write the small mailbox of pst_box.h to stdout: pstbox [ansi] [0|1|2].
 * What the fuzzer starts from. */
#include <stdio.h>

#include "tests/tools/pst_box.h"

int
main(int argc, char **argv)
{
	struct make m;
	bool ansi = argc > 1 && argv[1][0] == 'a';
	const char *crypt = argc > 1 ? argv[argc - 1] : "1";

	box_make(&m, ansi,
	    (enum pst_crypt)(
		crypt[0] >= '0' && crypt[0] <= '2' ? crypt[0] - '0' : 1));
	fwrite(m.file.p, 1, m.file.n, stdout);
	buf_free(&m.file);
	return 0;
}
