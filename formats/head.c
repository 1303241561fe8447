/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A look at a header; see head.h. */
#include "formats/head.h"

#include <string.h>

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The name at the front of a line, or an empty slice.  RFC 5322 4.5 lets
 * blanks stand before the ':'. */
static struct slice
field_name(struct slice line)
{
	size_t n = 0, end;

	while (n < line.n && line.p[n] > ' ' && line.p[n] < 0x7f &&
	    line.p[n] != ':')
		n++;
	end = n;
	while (n < line.n && is_blank(line.p[n]))
		n++;
	if (n == line.n || line.p[n] != ':')
		end = 0;
	return slice_of(line.p, end);
}

static struct slice
without_line_end(struct slice s)
{
	if (s.n > 0 && s.p[s.n - 1] == '\n')
		s.n--;
	if (s.n > 0 && s.p[s.n - 1] == '\r')
		s.n--;
	return s;
}

bool
head_is_empty_line(struct slice text)
{
	size_t i = 0;

	while (i < text.n && text.p[i] == '\r')
		i++;
	return i < text.n && text.p[i] == '\n';
}

bool
head_next(struct slice *rest, struct slice *name_r, struct slice *value_r)
{
	struct slice line, after = *rest, name = { 0 };
	const char *from;

	do {
		*rest = after;
		if (!slice_next_line(&after, &line) || head_is_empty_line(line))
			return false;
		name = field_name(line);
	} while (name.n == 0);
	from = (const char *)memchr(name.p + name.n, ':', line.n - name.n) + 1;
	while (after.n > 0 && is_blank(after.p[0]))
		slice_next_line(&after, &line);
	*rest = after;
	*name_r = name;
	*value_r =
	    without_line_end(slice_of(from, (size_t)(line.p + line.n - from)));
	return true;
}

bool
head_find(struct slice head, const char *name, struct slice *value_r)
{
	struct slice have;

	while (head_next(&head, &have, value_r))
		if (slice_is_nocase(have, name))
			return true;
	return false;
}

void
head_unfold(struct buf *out, struct slice value)
{
	size_t i;

	buf_put(out, "", 0);
	value = slice_trim(value);
	for (i = 0; i < value.n; i++)
		if (value.p[i] != '\r' && value.p[i] != '\n')
			buf_putc(out, value.p[i]);
}

size_t
head_length(struct slice head)
{
	struct slice rest = head, line;

	while (slice_next_line(&rest, &line))
		if (head_is_empty_line(line))
			return head.n - rest.n;
	return head.n;
}

struct slice
head_message_id(struct slice head)
{
	struct slice v;
	const char *from, *to;
	char least = '!'; /* blanks only between brackets (RFC 5322 4.5.4) */
	size_t i;

	if (!head_find(head, "Message-ID", &v))
		return slice_of(head.p, 0);
	v = slice_trim(v);
	from = v.n == 0 ? NULL : memchr(v.p, '<', v.n);
	if (from != NULL) {
		v = slice_from(v, (size_t)(from - v.p));
		to = memchr(v.p, '>', v.n);
		if (to != NULL) {
			v.n = (size_t)(to - v.p) + 1;
			least = ' ';
		}
	}
	for (i = 0; i < v.n; i++)
		if ((unsigned char)v.p[i] < (unsigned char)least)
			return slice_of(head.p, 0);
	return v;
}

/* What stands behind the last ';' that is in no comment. */
static struct slice
after_semicolon(struct slice v)
{
	size_t i, at = v.n;
	int depth = 0;

	for (i = 0; i < v.n; i++) {
		if (v.p[i] == '(')
			depth++;
		else if (v.p[i] == ')' && depth > 0)
			depth--;
		else if (v.p[i] == ';' && depth == 0)
			at = i + 1;
	}
	return slice_from(v, at);
}

bool
head_date(struct slice head, int64_t *out)
{
	struct slice rest = head, name, v;

	while (head_next(&rest, &name, &v))
		if (slice_is_nocase(name, "Received") &&
		    date_parse_rfc5322(after_semicolon(v), out))
			return true;
	return head_find(head, "Date", &v) && date_parse_rfc5322(v, out);
}

void
head_subject(struct buf *out, struct slice head)
{
	struct slice v;

	if (head_find(head, "Subject", &v))
		head_unfold(out, v);
	else
		buf_put(out, "", 0);
}
