/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the checker (formats/pst/check.h) finds in a PST, one a line, without
 * the sandbox that the program puts around it:
 *
 *	pstcheck FILE...	exit 1: something was found
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "formats/pst/check.h"

static unsigned shown;

static bool
on_found(void *arg, const struct pst_finding *f)
{
	(void)arg;
	if (shown++ > 200)
		return true;
	printf("%s [%s] ", f->remark ? "remark" : "finding", f->rule);
	if (f->at != PST_NOWHERE)
		printf("at 0x%llx ", (unsigned long long)f->at);
	if (f->node != 0)
		printf("node 0x%x ", f->node);
	if (f->sub != 0)
		printf("subnode 0x%x ", f->sub);
	printf("%s: found %s, expected %s\n", f->what, f->found, f->expected);
	return true;
}

static bool
on_at(void *arg, enum pst_check_phase phase, uint64_t nid)
{
	(void)arg;
	(void)phase;
	(void)nid;
	return true;
}

int
main(int argc, char **argv)
{
	struct pst_check_in in = { .found = on_found, .at = on_at };
	struct pst_checked r;
	struct err err = { 0 };
	int i, rc = 0;

	for (i = 1; i < argc; i++) {
		shown = 0;
		in.fd = open(argv[i], O_RDONLY | O_CLOEXEC);
		if (in.fd < 0) {
			perror(argv[i]);
			return 66;
		}
		if (pst_check(&in, &r, &err) != 0) {
			printf("%s: %s\n", argv[i], err.text);
			rc = 65;
		} else {
			printf("%s: %llu findings, %llu remarks; %llu pages, "
			       "%llu blocks, %llu nodes, %llu folders, %llu "
			       "messages\n",
			    argv[i], (unsigned long long)r.findings,
			    (unsigned long long)r.remarks,
			    (unsigned long long)r.pages,
			    (unsigned long long)r.blocks,
			    (unsigned long long)r.nodes,
			    (unsigned long long)r.folders,
			    (unsigned long long)r.messages);
			if (r.findings > 0 && rc == 0)
				rc = 1;
		}
		close(in.fd);
	}
	return rc;
}
