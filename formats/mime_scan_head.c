/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a part's header says of its content; see mime_scan.h. */
#include <ctype.h>
#include <gmime/gmime.h>
#include <string.h>

#include "core/text.h"
#include "formats/head.h"
#include "formats/mime_scan.h"
#include "formats/words.h"

#define VALUE_MAX 65536 /* bytes of a Content- field that are read */

/* Headers may have 8-bit bytes: UTF-8, or what the text is in, or Western.
 * NULs would end a string; CRs alone are blanks (mime_recode.h). */
static struct slice
to_utf8(struct slice raw, const char *charset, struct arena *a)
{
	struct buf b = { 0 };
	struct slice s;
	size_t i, crs = 0;

	if (!text_is_utf8(raw)) {
		if ((charset == NULL || !words_to_utf8(&b, charset, raw)) &&
		    !words_to_utf8(&b, "WINDOWS-1252", raw))
			text_repair(&b, raw);
	} else {
		buf_put(&b, raw.p, raw.n);
	}
	for (i = 0; i < b.n; i++) {
		if (b.p[i] == '\0')
			b.p[i] = ' ';
		if (b.p[i] == '\r') {
			crs++;
			continue;
		}
		if (b.p[i] != '\n')
			memset(b.p + i - crs, ' ', crs);
		crs = 0;
	}
	s = slice_of(arena_slice(a, buf_slice(&b)), b.n);
	buf_free(&b);
	return s;
}

static const char *
lower(struct arena *a, const char *s)
{
	char *p = arena_str(a, s == NULL ? "" : s), *at;

	for (at = p; *at != '\0'; at++)
		*at = (char)tolower((unsigned char)*at);
	return p;
}

/* A field's value, unfolded; NULL: there is none. */
static const char *
value_of(struct slice head, const char *name, struct buf *b)
{
	struct slice v;

	buf_clear(b);
	if (!head_find(head, name, &v))
		return NULL;
	if (v.n > VALUE_MAX)
		v.n = VALUE_MAX;
	head_unfold(b, v);
	return buf_str(b);
}

static struct slice
bare(struct slice s, struct arena *a)
{
	s = slice_trim(s);
	if (s.n >= 2 && s.p[0] == '<' && s.p[s.n - 1] == '>')
		s = slice_of(s.p + 1, s.n - 2);
	return slice_of(arena_slice(a, s), s.n);
}

static const char *
param(GMimeParamList *list, const char *name, struct arena *a)
{
	GMimeParam *p =
	    list == NULL ? NULL : g_mime_param_list_get_parameter(list, name);
	const char *v = p == NULL ? NULL : g_mime_param_get_value(p);

	return arena_str(a, v == NULL ? "" : v);
}

static void
read_type(struct entity *e, const char *value, bool digest, struct arena *a)
{
	GMimeContentType *ct;
	GMimeParamList *list;
	const char *type, *sub;
	struct slice bound;

	e->type = digest ? "message/rfc822" : "text/plain";
	e->charset = e->boundary = e->start = e->type_name = "";
	if (value == NULL || *value == '\0')
		return;
	ct = g_mime_content_type_parse(NULL, value);
	type = g_mime_content_type_get_media_type(ct);
	sub = g_mime_content_type_get_media_subtype(ct);
	list = g_mime_content_type_get_parameters(ct);
	if (type != NULL && *type != '\0' && sub != NULL && *sub != '\0' &&
	    strchr(value, '/') != NULL)
		e->type = lower(a, arena_fmt(a, "%s/%s", type, sub));
	else
		e->type = "text/plain";
	e->charset = param(list, "charset", a);
	/* RFC 2046 5.1.1: no blank ends it, whatever was written */
	bound = slice_str(param(list, "boundary", a));
	while (bound.n > 0 && strchr(" \t\r\n", bound.p[bound.n - 1]) != NULL)
		bound.n--;
	e->boundary = arena_slice(a, bound);
	e->start = param(list, "start", a);
	e->type_name = param(list, "name", a);
	g_object_unref(ct);
}

static void
read_disposition(struct entity *e, const char *value, struct arena *a)
{
	GMimeContentDisposition *d;
	GMimeParamList *list;

	e->disposition = e->filename = "";
	if (value == NULL || *value == '\0')
		return;
	d = g_mime_content_disposition_parse(NULL, value);
	if (d == NULL)
		return;
	list = g_mime_content_disposition_get_parameters(d);
	e->disposition =
	    lower(a, g_mime_content_disposition_get_disposition(d));
	e->filename = param(list, "filename", a);
	g_object_unref(d);
}

static enum span_how
read_encoding(const char *value)
{
	static const struct {
		const char *name;
		enum span_how how;
	} names[] = {
		{ "base64", SPAN_BASE64 },
		{ "quoted-printable", SPAN_QP },
		{ "x-uuencode", SPAN_UU },
		{ "uuencode", SPAN_UU },
		{ "x-uue", SPAN_UU },
		{ "uue", SPAN_UU },
	};
	size_t i, n;

	if (value == NULL)
		return SPAN_RAW;
	while (*value == ' ' || *value == '\t' || *value == '"')
		value++;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		n = strlen(names[i].name);
		if (strncasecmp(value, names[i].name, n) == 0 &&
		    !isalnum((unsigned char)value[n]))
			return names[i].how;
	}
	return SPAN_RAW;
}

/* Is it none, also by the names that people gave it? */
static bool
is_no_encoding(struct slice value)
{
	static const char *const names[] = { "", "7bit", "8bit", "binary",
		"7-bit", "8-bit", "7 bit", "8 bit", "none" };
	struct slice s = slice_trim(value);
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_is_nocase(s, names[i]))
			return true;
	return false;
}

static bool
is_message(const char *type)
{
	return strcmp(type, "message/rfc822") == 0 ||
	    strcmp(type, "message/global") == 0 ||
	    strcmp(type, "message/news") == 0;
}

/* Is ASCII itself in it?  No header is in UTF-16, whatever its text is. */
static bool
has_ascii(const char *charset)
{
	static const char sample[] = "Content-Type: a/b;\r\n c=\"d\"";
	struct buf b = { 0 };
	bool same = words_to_utf8(&b, charset, slice_str(sample)) &&
	    slice_is(buf_slice(&b), sample);

	buf_free(&b);
	return same;
}

void
mime_scan_head(struct entity *e, struct slice raw, bool digest, struct arena *a)
{
	struct buf b = { 0 };
	const char *v;

	/* the charset is ASCII in any case; then all of it can be read */
	e->head = to_utf8(raw, NULL, a);
	read_type(e, value_of(e->head, "Content-Type", &b), digest, a);
	e->raw = slice_of("", 0);
	if (!text_is_utf8(raw))
		e->raw = slice_of(arena_slice(a, raw), raw.n);
	if (*e->charset != '\0' && e->raw.n > 0 && has_ascii(e->charset)) {
		e->head = to_utf8(raw, e->charset, a);
		read_type(e, value_of(e->head, "Content-Type", &b), digest, a);
	}
	read_disposition(e, value_of(e->head, "Content-Disposition", &b), a);
	e->composite = strncmp(e->type, "multipart/", 10) == 0 ||
	    strncmp(e->type, "message/", 8) == 0;
	v = value_of(e->head, "Content-Transfer-Encoding", &b);
	e->how = read_encoding(v);
	e->unknown_how = e->how == SPAN_RAW && !is_no_encoding(slice_str(v));
	v = value_of(e->head, "Content-ID", &b);
	e->cid = bare(slice_str(v), a);
	v = value_of(e->head, "Content-Location", &b);
	e->location = bare(slice_str(v), a);
	if (strncmp(e->type, "multipart/", 10) == 0) {
		e->kind = *e->boundary != '\0' ? ENTITY_MULTI : ENTITY_LEAF;
		if (e->kind == ENTITY_LEAF)
			e->type = "text/plain";
	} else if (is_message(e->type) && e->how == SPAN_RAW) {
		e->kind = ENTITY_MESSAGE;
	}
	buf_free(&b);
}
