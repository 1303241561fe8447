/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PATTERN, NUL, NAME: no crash; what glob_capture() gives, put back between
 * the pattern's fixed characters, is as long as the name; a name matches its
 * own escaped form; and a slow, obvious matcher agrees where it is not too
 * slow.
 */
#include "core/glob.h"

#include "core/buf.h"
#include "core/text.h"
#include "tests/fuzz/fuzz.h"

/* '*' '?' and characters only: what no one doubts. */
static bool
is_simple(struct slice p, struct slice n)
{
	size_t i;

	for (i = 0; i < p.n; i++)
		if ((unsigned char)p.p[i] >= 0x80 ||
		    strchr("[\\", p.p[i]) != NULL ||
		    (p.p[i] == '*' && i > 0 && p.p[i - 1] == '*'))
			return false;
	for (i = 0; i < n.n; i++)
		if ((unsigned char)n.p[i] >= 0x80 || n.p[i] == 'I' ||
		    n.p[i] == 'i')
			return false;
	return p.n < 12 && n.n < 12;
}

static bool
obvious(const char *p, const char *pe, const char *n, const char *ne)
{
	if (p == pe)
		return n == ne;
	if (*p == '*')
		return obvious(p + 1, pe, n, ne) ||
		    (n < ne && *n != '/' && obvious(p, pe, n + 1, ne));
	if (n == ne || (*p == '?' ? *n == '/' : *p != *n))
		return false;
	return obvious(p + 1, pe, n + 1, ne);
}

static void
check_own(struct slice name)
{
	struct buf p = { 0 };
	size_t i;

	if (name.n > GLOB_PATTERN_MAX / 2 || !text_is_utf8(name))
		return;
	for (i = 0; i < name.n; i++) {
		if (strchr("*?[\\", name.p[i]) != NULL && name.p[i] != '\0')
			buf_putc(&p, '\\');
		buf_putc(&p, name.p[i]);
	}
	buf_put(&p, "", 0);
	FUZZ_HOLDS(glob_match(buf_slice(&p), name, 0));
	FUZZ_HOLDS(glob_match(buf_slice(&p), name, GLOB_ICASE));
	FUZZ_HOLDS(glob_match(slice_str("**"), name, 0));
	buf_free(&p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size == 0 ? NULL : memchr(data, 0, size);
	struct glob_capture cap[GLOB_CAPTURES];
	struct slice pattern, name;
	struct glob *g;
	struct err err;
	size_t n, i;
	char kinds[GLOB_CAPTURES];
	bool yes;

	if (nul == NULL)
		return 0;
	pattern = slice_of(data, (size_t)(nul - data));
	name = slice_from(slice_of(data, size), pattern.n + 1);
	check_own(name);
	if (glob_new(&g, pattern, size & 3, &err) != 0)
		return 0;
	yes = glob_test(g, name);
	FUZZ_HOLDS(
	    glob_capture(g, name, cap) == (yes && name.n <= GLOB_NAME_MAX));
	n = glob_wildcards(g, kinds);
	for (i = 0; yes && i < n; i++) {
		FUZZ_HOLDS(cap[i].kind == kinds[i]);
		FUZZ_HOLDS(cap[i].text.p >= name.p &&
		    cap[i].text.p + cap[i].text.n <= name.p + name.n);
	}
	if ((size & 3) == 0 && is_simple(pattern, name))
		FUZZ_HOLDS(yes ==
		    obvious(pattern.p, pattern.p + pattern.n, name.p,
			name.p + name.n));
	glob_free(&g);
	return 0;
}
