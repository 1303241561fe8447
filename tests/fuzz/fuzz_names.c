/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * First byte: which server; the rest: a component.  Opening and closing a
 * path loses nothing; what was cleaned stays as it is when cleaned again, is
 * UTF-8 without controls, and has nothing that the server refuses.
 */
#include "core/limits.h"
#include "core/text.h"
#include "formats/folder.h"
#include "tests/fuzz/fuzz.h"
#include "transform/names.h"

static void
check_way_back(struct slice raw)
{
	struct buf path = { 0 }, name = { 0 }, back = { 0 };

	folder_join(&path, raw);
	names_open(&name, buf_slice(&path));
	FUZZ_HOLDS(text_is_utf8(buf_slice(&name)));
	if (path.n < 200 && raw.n > 0) {
		names_close(&back, buf_slice(&name), slice_of("", 0));
		FUZZ_HOLDS(slice_eq(buf_slice(&back), buf_slice(&path)));
	}
	buf_clear(&back);
	names_plain(&back, buf_slice(&name));
	FUZZ_HOLDS(text_is_utf8(buf_slice(&back)));
	buf_free(&path);
	buf_free(&name);
	buf_free(&back);
}

static void
check_fix(struct slice raw, const struct names_fix *fix)
{
	struct buf path = { 0 }, name = { 0 }, once = { 0 }, twice = { 0 };
	size_t i;

	folder_join(&path, raw);
	names_open(&name, buf_slice(&path));
	names_fix(&once, buf_slice(&name), fix, true);
	names_fix(&twice, buf_slice(&once), fix, true);
	FUZZ_HOLDS(slice_eq(buf_slice(&once), buf_slice(&twice)));
	FUZZ_HOLDS(once.n > 0 && text_is_utf8(buf_slice(&once)));
	for (i = 0; i < once.n; i++) {
		FUZZ_HOLDS((unsigned char)once.p[i] >= 0x20);
		FUZZ_HOLDS(fix->dest == NULL ||
		    strchr(fix->dest->refused, once.p[i]) == NULL);
	}
	FUZZ_HOLDS(once.p[0] != ' ' && once.p[once.n - 1] != ' ' &&
	    once.p[once.n - 1] != '.');
	buf_free(&path);
	buf_free(&name);
	buf_free(&once);
	buf_free(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct names_fix fix = { 0 };
	struct slice raw;

	if (size == 0)
		return 0;
	raw = slice_from(slice_of(data, size), 1);
	if (data[0] % 8 < 6)
		fix.dest = &names_dests()[data[0] % 8];
	if (data[0] & 0x40)
		fix.wide_space = "_";
	check_way_back(raw);
	check_fix(raw, &fix);
	return 0;
}
