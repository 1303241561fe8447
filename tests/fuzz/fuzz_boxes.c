/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names and small files of Maildirs, and .emlx: any bytes are something, and
 * what is found lies within them.
 */
#include "core/limits.h"
#include "core/mem.h"
#include "extract/eml_file.h"
#include "extract/maildir_boxes.h"
#include "formats/emlx.h"
#include "formats/folder.h"
#include "formats/maildir.h"
#include "tests/fuzz/fuzz.h"

static void
check_name(const char *name)
{
	struct slice letters = maildir_letters(name);
	size_t n = strlen(name), base = maildir_base_length(name);
	struct buf path = { 0 };
	uint64_t size;

	FUZZ_HOLDS(base <= n);
	FUZZ_HOLDS(maildir_stem_length(name) <= base);
	FUZZ_HOLDS(letters.p >= name + base);
	FUZZ_HOLDS(letters.p + letters.n <= name + n);
	if (maildir_size(name, &size))
		FUZZ_HOLDS(size <= LIMIT_MSG_BYTES);
	maildir_is_own_file(name);
	/* a name of a file system, so without "/" or too much of anything */
	if (n > 0 && n < 50 && strchr(name, '/') == NULL) {
		maildir_box_path(&path, name);
		FUZZ_HOLDS(folder_is_path(buf_slice(&path)));
	}
	buf_free(&path);
}

static void
check_emlx(struct slice in)
{
	struct buf keywords = { 0 };
	uint64_t at, size;
	uint32_t flags;
	size_t list = emlx_list(in);

	FUZZ_HOLDS(list <= in.n);
	if (emlx_begin(in, &at, &size))
		FUZZ_HOLDS(at <= in.n && size <= LIMIT_MSG_BYTES);
	emlx_flags(slice_from(in, list), &flags, &keywords);
	buf_free(&keywords);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	struct maildir_keywords k = { 0 };
	char *name = mem_strn(data, size);
	const char *what;

	check_name(name);
	check_emlx(in);
	maildir_keywords_parse(&k, in);
	maildir_keywords_free(&k);
	eml_file_kind(name, in, &what);
	FUZZ_HOLDS(what != NULL);
	free(name);
	return 0;
}
