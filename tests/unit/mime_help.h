/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For tests of the builder: items out of nothing, messages read back by
 * GMime's parser (which took no part in writing them), and what must hold for
 * every message whatever is in it.
 */
#ifndef TESTS_UNIT_MIME_HELP_H
#define TESTS_UNIT_MIME_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <gmime/gmime.h>

#include "core/buf.h"
#include "formats/head.h"
#include "formats/mime_build.h"
#include "formats/pst/codepage.h"

struct text {
	struct slice s;
	int rc; /* what copy() returns */
};

static inline int
copy_text(void *arg, const struct item_sink *to, struct err *err)
{
	const struct text *t = arg;
	size_t i;

	/* in odd pieces, so that every seam is met */
	for (i = 0; i < t->s.n; i += 7)
		if (to->put(to->arg, t->s.p + i,
			t->s.n - i < 7 ? t->s.n - i : 7, err) != 0)
			return -1;
	if (t->rc < 0)
		return err_set(err, SCOPE_MSG, EX_DATAERR, "broken");
	return t->rc;
}

static inline struct item_stream
stream(struct text *t, const char *p, size_t n)
{
	*t = (struct text){ .s = slice_of(p, n), .rc = 1 };
	return (struct item_stream){ .copy = copy_text, .arg = t, .size = n };
}

static inline struct slice
str(const char *s)
{
	return slice_of(s, strlen(s));
}

static inline void
no_close(struct item *it)
{
	(void)it;
}

static inline void
new_item(struct item *it)
{
	item_init(it);
	it->uid = str("200024.0123456789abcdef");
	it->class = str("IPM.Note");
	it->subject_exact = true;
	it->close = no_close;
	it->submitted = 1400000000;
	it->from.name = str("Jane Doe");
	it->from.smtp = str("jane@example.org");
}

static inline int
collect(void *arg, const void *data, size_t len, struct err *err)
{
	(void)err;
	assert_true(len <= 65536);
	buf_put(arg, data, len);
	return 0;
}

static char problems[2000];

static inline void
on_problem(void *arg, const char *text)
{
	size_t n = strlen(problems);

	(void)arg;
	snprintf(problems + n, sizeof(problems) - n, "%s\n", text);
}

/* What holds for every message. */
static inline void
check_form(struct slice m)
{
	size_t i, line = 0, head = head_length(m);

	for (i = 0; i < m.n; i++) {
		if (m.p[i] == '\n') {
			assert_true(i > 0 && m.p[i - 1] == '\r');
			assert_true(line <= 999);
			line = 0;
			continue;
		}
		line++;
		if (i < head)
			assert_in_range((unsigned char)m.p[i], 9, 126);
		assert_true(
		    m.p[i] != '\r' || (i + 1 < m.n && m.p[i + 1] == '\n'));
	}
	assert_int_equal(line, 0);
}

static inline void
build(struct buf *b, const struct item *it)
{
	struct item_sink sink = { .put = collect, .arg = b };
	struct mime_opts opts = { .problem = on_problem };
	struct buf again = { 0 };
	struct err err = { 0 };

	buf_clear(b);
	problems[0] = '\0';
	assert_int_equal(mime_build(it, &opts, &sink, &err), 0);
	check_form(buf_slice(b));
	/* always the same bytes */
	sink.arg = &again;
	problems[0] = '\0';
	assert_int_equal(mime_build(it, &opts, &sink, &err), 0);
	assert_true(slice_eq(buf_slice(b), buf_slice(&again)));
	buf_free(&again);
}

static inline GMimeMessage *
parse(const struct buf *b)
{
	GMimeStream *s = g_mime_stream_mem_new_with_buffer(b->p, b->n);
	GMimeParser *p = g_mime_parser_new_with_stream(s);
	GMimeMessage *m = g_mime_parser_construct_message(p, NULL);

	g_object_unref(p);
	g_object_unref(s);
	assert_non_null(m);
	return m;
}

/* The decoded bytes of a part. */
static inline void
part_bytes(GMimeObject *o, struct buf *b)
{
	GMimeStream *s = g_mime_stream_mem_new();
	GByteArray *a;

	assert_true(GMIME_IS_PART(o));
	g_mime_data_wrapper_write_to_stream(
	    g_mime_part_get_content(GMIME_PART(o)), s);
	a = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(s));
	buf_clear(b);
	buf_put(b, a->data, a->len);
	g_object_unref(s);
}

static inline void
assert_type(GMimeObject *o, const char *type)
{
	char *have = g_mime_content_type_get_mime_type(
	    g_mime_object_get_content_type(o));

	assert_string_equal(have, type);
	g_free(have);
}

static inline GMimeObject *
child(GMimeObject *o, int i)
{
	assert_true(GMIME_IS_MULTIPART(o));
	assert_true(i < g_mime_multipart_get_count(GMIME_MULTIPART(o)));
	return g_mime_multipart_get_part(GMIME_MULTIPART(o), i);
}

#endif
