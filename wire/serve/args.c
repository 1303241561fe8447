/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The arguments of commands to the throw-away server (RFC 3501, 9). */
#include <string.h>

#include "core/num.h"
#include "wire/serve/impl.h"

bool
serve_space(struct slice *s)
{
	if (s->n == 0 || s->p[0] != ' ')
		return false;
	*s = slice_from(*s, 1);
	return true;
}

static bool
is_atom(char ch)
{
	return (unsigned char)ch > ' ' && ch != 127 &&
	    strchr("(){\"", ch) == NULL;
}

bool
serve_atom(struct slice *s, struct slice *atom_r)
{
	size_t n = 0;

	while (n < s->n && is_atom(s->p[n]))
		n++;
	*atom_r = slice_of(s->p, n);
	*s = slice_from(*s, n);
	return n > 0;
}

static bool
read_quoted(struct slice *s, struct buf *out)
{
	size_t i;

	for (i = 1; i < s->n; i++) {
		if (s->p[i] == '"') {
			*s = slice_from(*s, i + 1);
			return true;
		}
		if (s->p[i] == '\\' && ++i == s->n)
			return false;
		buf_putc(out, s->p[i]);
	}
	return false;
}

/* "{5}\r\nhello", as the command buffer has it. */
static bool
read_literal(struct slice *s, struct buf *out)
{
	struct slice at = slice_from(*s, 1);
	uint64_t n;

	if (!num_take_u64(&at, SERVE_LITERAL, &n))
		return false;
	if (at.n > 0 && at.p[0] == '+')
		at = slice_from(at, 1);
	if (at.n < 3 + n || memcmp(at.p, "}\r\n", 3) != 0)
		return false;
	buf_put(out, at.p + 3, (size_t)n);
	*s = slice_from(at, 3 + (size_t)n);
	return true;
}

bool
serve_astring(struct slice *s, struct buf *out)
{
	struct slice atom;

	buf_clear(out);
	if (s->n == 0)
		return false;
	if (s->p[0] == '"')
		return read_quoted(s, out);
	if (s->p[0] == '{')
		return read_literal(s, out);
	if (!serve_atom(s, &atom))
		return false;
	buf_put(out, atom.p, atom.n);
	return true;
}

bool
serve_word(struct slice *s, const char *word)
{
	size_t n = strlen(word);

	if (s->n < n || strncasecmp(s->p, word, n) != 0)
		return false;
	*s = slice_from(*s, n);
	return true;
}

bool
serve_list(struct slice *s, struct slice *inner_r)
{
	size_t i, depth = 0;

	if (s->n == 0 || s->p[0] != '(')
		return false;
	for (i = 0; i < s->n; i++) {
		if (s->p[i] == '(')
			depth++;
		else if (s->p[i] == ')' && --depth == 0)
			break;
	}
	if (i == s->n)
		return false;
	*inner_r = slice_of(s->p + 1, i - 1);
	*s = slice_from(*s, i + 1);
	return true;
}

void
serve_put_string(struct buf *b, struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (strchr("\r\n", s.p[i]) != NULL ||
		    (unsigned char)s.p[i] >= 0x80)
			break;
	if (i < s.n) {
		buf_putf(b, "{%zu}\r\n", s.n);
		buf_put(b, s.p, s.n);
		return;
	}
	buf_putc(b, '"');
	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_putc(b, '\\');
		buf_putc(b, s.p[i]);
	}
	buf_putc(b, '"');
}
