/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Building and sending commands; see imap_cmd.h. */
#include "wire/imap_cmd.h"

#include <stdio.h>
#include <string.h>

#include "core/limits.h"
#include "core/mem.h"
#include "wire/imap_impl.h"

#define QUOTED_MAX 1000 /* bytes; longer strings go as literals */
#define MINUS_MAX  4096 /* RFC 7888: LITERAL- up to this size */

/* ------------------------------------------------------------- building */

static void
separate(struct imap_cmd *c)
{
	if (c->text.n > 0)
		buf_putc(&c->text, ' ');
}

void
imap_cmd_word(struct imap_cmd *c, const char *word)
{
	separate(c);
	buf_puts(&c->text, word);
}

void
imap_cmd_number(struct imap_cmd *c, uint64_t n)
{
	separate(c);
	buf_putf(&c->text, "%llu", (unsigned long long)n);
}

/* ATOM-CHAR of RFC 3501, and ']' */
static bool
is_atom_char(char c)
{
	return c > ' ' && c < 0x7f && strchr("(){%*\"\\", c) == NULL;
}

static bool
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z');
}

/* Atoms that no server misreads: Courier takes INBOX.~x only in quotes. */
static bool
is_plain_atom(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!is_alnum(s.p[i]) && strchr("._-/&+,:@", s.p[i]) == NULL)
			return false;
	return true;
}

static bool
is_atom(struct slice s)
{
	size_t i;

	if (s.n == 0 || s.n > 100 || slice_is_nocase(s, "NIL"))
		return false;
	for (i = 0; i < s.n; i++)
		if (!is_atom_char(s.p[i]))
			return false;
	return true;
}

static bool
is_quotable(struct slice s)
{
	size_t i;

	if (s.n > QUOTED_MAX)
		return false;
	for (i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] == 0x7f)
			return false; /* also 8-bit, where char is signed */
	return true;
}

/* CR, LF, NUL: what could end a command and begin another. */
static int
refuse_breaks(struct slice s, struct err *err)
{
	if (s.n > 0 &&
	    (memchr(s.p, '\r', s.n) != NULL || memchr(s.p, '\n', s.n) != NULL ||
		memchr(s.p, '\0', s.n) != NULL))
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "a line break or a NUL cannot be sent in a command: "
		    "'%.*s'",
		    (int)(s.n < 60 ? s.n : 60), s.p);
	return 0;
}

int
imap_cmd_string(struct imap_cmd *c, struct slice s, struct err *err)
{
	size_t i;

	if (refuse_breaks(s, err) < 0)
		return -1;
	separate(c);
	if (is_quotable(s)) {
		buf_putc(&c->text, '"');
		for (i = 0; i < s.n; i++) {
			if (s.p[i] == '"' || s.p[i] == '\\')
				buf_putc(&c->text, '\\');
			buf_putc(&c->text, s.p[i]);
		}
		buf_putc(&c->text, '"');
		return 0;
	}
	if (c->n_literals == IMAP_CMD_PARTS || s.n > LIMIT_IMAP_LINE)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "a command with too much in it");
	c->literal_at[c->n_literals] = c->text.n;
	c->literal_len[c->n_literals++] = s.n;
	buf_put(&c->text, s.p, s.n);
	return 0;
}

int
imap_cmd_astring(struct imap_cmd *c, struct slice s, struct err *err)
{
	if (!is_atom(s) || !is_plain_atom(s))
		return imap_cmd_string(c, s, err);
	separate(c);
	buf_put(&c->text, s.p, s.n);
	return 0;
}

int
imap_cmd_set(struct imap_cmd *c, struct slice set, struct err *err)
{
	size_t i;

	for (i = 0; i < set.n; i++)
		if (strchr("0123456789,:*", set.p[i]) == NULL ||
		    set.p[i] == '\0')
			break;
	if (set.n == 0 || i < set.n)
		return err_set(err, SCOPE_MSG, EX_DATAERR, "not a set of UIDs");
	separate(c);
	buf_put(&c->text, set.p, set.n);
	return 0;
}

/* A system flag or a keyword; \Recent is the server's alone to set. */
bool
imap_flag_is_word(struct slice f)
{
	if (f.n > LIMIT_KEYWORD_BYTES || slice_is_nocase(f, "\\Recent"))
		return false;
	if (f.n > 1 && f.p[0] == '\\')
		f = slice_from(f, 1);
	return is_atom(f) && memchr(f.p, ']', f.n) == NULL;
}

int
imap_cmd_flags(struct imap_cmd *c, struct slice words, struct err *err)
{
	struct slice flag;
	size_t i, n = 0;

	separate(c);
	buf_putc(&c->text, '(');
	for (i = 0; i < words.n; i += flag.n + 1) {
		flag = slice_from(words, i);
		if (flag.p[0] == ' ') {
			flag.n = 0;
			continue;
		}
		if (memchr(flag.p, ' ', flag.n) != NULL)
			flag.n =
			    (size_t)((const char *)memchr(flag.p, ' ', flag.n) -
				flag.p);
		if (!imap_flag_is_word(flag))
			return err_set(err, SCOPE_MSG, EX_DATAERR,
			    "not a flag that can be set: '%.*s'",
			    (int)(flag.n < 60 ? flag.n : 60), flag.p);
		if (n++ > 0)
			buf_putc(&c->text, ' ');
		buf_put(&c->text, flag.p, flag.n);
	}
	buf_putc(&c->text, ')');
	return 0;
}

int
imap_cmd_date(struct imap_cmd *c, int64_t t, struct err *err)
{
	char text[32];

	if (t < 0 || t >= date_days(10000, 1, 1) * 86400)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "a date that IMAP cannot tell");
	separate(c);
	buf_putf(&c->text, "\"%s\"", date_format_imap(text, t));
	return 0;
}

void
imap_cmd_free(struct imap_cmd *c)
{
	buf_free(&c->text);
	*c = (struct imap_cmd){ 0 };
}

/* -------------------------------------------------------------- sending */

bool
imap_is_answered(struct imap *im, uint32_t tag)
{
	struct imap_pending *p = imap_find(im, tag);

	return p == NULL || p->done;
}

bool
imap_literal_plus(const struct imap *im, uint64_t size)
{
	return imap_has(im, IMAP_CAP_LITERALPLUS) ||
	    (imap_has(im, IMAP_CAP_LITERALMINUS) && size <= MINUS_MAX);
}

int
imap_literal_begin(struct imap *im, uint32_t tag, uint64_t size,
    struct err *err)
{
	char head[40];
	bool plus = imap_literal_plus(im, size);
	int n = snprintf(head, sizeof(head), "{%llu%s}\r\n",
	    (unsigned long long)size, plus ? "+" : "");

	/* the length of a password is no business of a trace */
	if (im->hide[0].n == 0)
		imap_trace(im, '>', slice_of(head, (size_t)n - 2));
	if (!plus) {
		/* a '+' from before (Exchange sends some) is not the answer */
		imap_poll(im);
		im->plus = false;
		if (imap_is_answered(im, tag))
			return imap_check_alive(im, err);
	}
	if (imap_put(im, head, (size_t)n, err) < 0)
		return -1;
	if (plus)
		return 1;
	while (!im->plus && !imap_is_answered(im, tag))
		if (imap_pump(im, CONN_INPUT, err) < 0)
			return -1;
	return imap_is_answered(im, tag) ? 0 : 1;
}

/* The text and literals of a command whose tag is in 'line' already.  1; 0:
 * refused before it was whole; -1. */
static int
send_parts(struct imap *im, const struct imap_cmd *c, uint32_t tag,
    struct buf *line, struct err *err)
{
	size_t at = 0, i, upto;
	int rc;

	for (i = 0;; i++) {
		upto = i < c->n_literals ? c->literal_at[i] : c->text.n;
		buf_put(line, c->text.p + at, upto - at);
		imap_trace(im, '>', buf_slice(line));
		if (imap_put(im, line->p, line->n, err) < 0)
			return -1;
		if (i == c->n_literals)
			return 1;
		rc = imap_literal_begin(im, tag, c->literal_len[i], err);
		if (rc <= 0)
			return rc;
		buf_clear(line);
		at = upto + c->literal_len[i];
		buf_put(line, c->text.p + upto, c->literal_len[i]);
	}
}

int
imap_cmd_send_open(struct imap *im, const struct imap_cmd *c,
    enum imap_want want, struct slice name, uint32_t *tag_r, struct err *err)
{
	struct buf line = { 0 };
	struct imap_pending *p;
	int rc;

	if (imap_check_alive(im, err) < 0)
		return -1;
	p = imap_begin(im, want, &line);
	if (want == IMAP_WANT_STATUS || want == IMAP_WANT_SELECT)
		p->name = mem_strn(name.p, name.n);
	*tag_r = p->tag;
	rc = send_parts(im, c, *tag_r, &line, err);
	buf_free(&line);
	if (rc < 0)
		imap_forget(im, *tag_r);
	return rc;
}

int
imap_cmd_send(struct imap *im, const struct imap_cmd *c, uint32_t *tag_r,
    struct err *err)
{
	int rc = imap_cmd_send_open(im, c, IMAP_WANT_NOTHING, slice_of("", 0),
	    tag_r, err);

	if (rc <= 0)
		return rc;
	return imap_put(im, "\r\n", 2, err);
}

int
imap_cmd_run(struct imap *im, const struct imap_cmd *c, enum scope scope,
    struct err *err)
{
	struct slice word = buf_slice(&c->text);
	const char *end;
	char what[24];
	uint32_t tag;

	if (imap_cmd_send(im, c, &tag, err) < 0 ||
	    imap_wait(im, tag, &im->last, err) < 0)
		return -1;
	end = memchr(word.p, ' ', word.n);
	if (end != NULL && slice_starts(word, "UID "))
		end = memchr(end + 1, ' ', word.n - 4);
	if (end != NULL)
		word.n = (size_t)(end - word.p);
	snprintf(what, sizeof(what), "%.*s", (int)word.n, word.p);
	return imap_result_err(&im->last, scope, what, err);
}
