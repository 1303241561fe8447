/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading the arguments of a response; see imap_parse.h. */
#include <string.h>

#include "core/num.h"
#include "wire/imap_parse.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void
skip_blanks(struct slice *s)
{
	while (s->n > 0 && is_blank(s->p[0]))
		*s = slice_from(*s, 1);
}

/* '"' is at the front.  A backslash keeps the next character from ending
 * the string, whatever it is. */
static struct imap_token
quoted(struct slice *args)
{
	struct imap_token t = { .kind = IMAP_TOKEN_BAD };
	size_t i;

	for (i = 1; i < args->n && args->p[i] != '"'; i++) {
		if (args->p[i] == '\\' && i + 1 < args->n) {
			t.escaped = true;
			i++;
		}
	}
	if (i >= args->n) {
		*args = slice_from(*args, args->n);
		return t;
	}
	t.kind = IMAP_TOKEN_STRING;
	t.s = slice_of(args->p + 1, i - 1);
	*args = slice_from(*args, i + 1);
	return t;
}

/* "{5}CRLFhello", as it lies in the parser's line. */
static struct imap_token
literal(struct slice *args)
{
	struct imap_token t = { .kind = IMAP_TOKEN_BAD };
	struct slice s = slice_from(*args, args->p[0] == '~' ? 2 : 1);
	uint64_t n;

	*args = slice_from(*args, args->n);
	if (!num_take_u64(&s, LIMIT_LITERAL_INLINE, &n) || s.n < 3 ||
	    memcmp(s.p, "}\r\n", 3) != 0 || s.n - 3 < n)
		return t;
	t.kind = IMAP_TOKEN_STRING;
	t.s = slice_of(s.p + 3, (size_t)n);
	*args = slice_from(s, (size_t)n + 3);
	return t;
}

struct imap_token
imap_token(struct slice *args)
{
	struct imap_token t = { .kind = IMAP_TOKEN_END };
	size_t i;

	skip_blanks(args);
	if (args->n == 0)
		return t;
	if (args->p[0] == '(' || args->p[0] == ')') {
		t.kind = args->p[0] == '(' ? IMAP_TOKEN_OPEN : IMAP_TOKEN_CLOSE;
		*args = slice_from(*args, 1);
		return t;
	}
	if (args->p[0] == '"')
		return quoted(args);
	if (args->p[0] == '{' ||
	    (args->n > 1 && args->p[0] == '~' && args->p[1] == '{'))
		return literal(args);
	for (i = 0; i < args->n; i++)
		if (is_blank(args->p[i]) || args->p[i] == '(' ||
		    args->p[i] == ')')
			break;
	t.s = slice_of(args->p, i);
	t.kind = slice_is_nocase(t.s, "NIL") ? IMAP_TOKEN_NIL : IMAP_TOKEN_ATOM;
	*args = slice_from(*args, i);
	return t;
}

void
imap_token_text(const struct imap_token *t, struct buf *out)
{
	size_t i;

	if (!t->escaped) {
		buf_put(out, t->s.p, t->s.n);
		return;
	}
	for (i = 0; i < t->s.n; i++) {
		/* only these two are escapes; Domino leaves others bare */
		if (t->s.p[i] == '\\' && i + 1 < t->s.n &&
		    (t->s.p[i + 1] == '\\' || t->s.p[i + 1] == '"'))
			i++;
		buf_putc(out, t->s.p[i]);
	}
}

bool
imap_token_skip(struct slice *args)
{
	size_t depth = 0;
	struct imap_token t;

	do {
		t = imap_token(args);
		if (t.kind == IMAP_TOKEN_OPEN)
			depth++;
		else if (t.kind == IMAP_TOKEN_CLOSE && depth-- == 0)
			return false;
		else if (t.kind == IMAP_TOKEN_END || t.kind == IMAP_TOKEN_BAD)
			return false;
	} while (depth > 0);
	return true;
}

bool
imap_flag_next(struct slice *flags, struct slice *flag_r)
{
	struct imap_token t;

	do
		t = imap_token(flags);
	while (t.kind == IMAP_TOKEN_OPEN || t.kind == IMAP_TOKEN_CLOSE ||
	    (t.kind == IMAP_TOKEN_STRING && t.s.n == 0));
	*flag_r = t.s;
	return t.kind == IMAP_TOKEN_ATOM || t.kind == IMAP_TOKEN_STRING ||
	    t.kind == IMAP_TOKEN_NIL;
}

bool
imap_number_next(struct slice *args, uint32_t *n_r)
{
	uint64_t n;

	skip_blanks(args);
	if (!num_take_u64(args, UINT32_MAX, &n))
		return false;
	*n_r = (uint32_t)n;
	return true;
}

/* ---------------------------------------------------------- LIST, STATUS */

/* "(...)": the inside; NIL: nothing */
static bool
list_inside(struct slice *args, struct slice *inside_r)
{
	struct slice at;

	skip_blanks(args);
	at = *args;
	*inside_r = slice_of(at.p, 0);
	if (!imap_token_skip(args))
		return false;
	if (at.p[0] == '(')
		*inside_r = slice_of(at.p + 1, (size_t)(args->p - at.p) - 2);
	return true;
}

static bool
delimiter(struct slice *args, char *out)
{
	struct buf text = { 0 };
	struct imap_token t;
	bool ok;

	skip_blanks(args);
	/* a backslash that somebody forgot to escape */
	if (args->n > 3 && memcmp(args->p, "\"\\\" ", 4) == 0) {
		*args = slice_from(*args, 3);
		*out = '\\';
		return true;
	}
	t = imap_token(args);
	ok = t.kind == IMAP_TOKEN_NIL ||
	    ((t.kind == IMAP_TOKEN_STRING || t.kind == IMAP_TOKEN_ATOM) &&
		t.s.n <= 2);
	if (ok && t.kind != IMAP_TOKEN_NIL)
		imap_token_text(&t, &text);
	ok = ok && text.n <= 1;
	*out = text.n == 1 ? text.p[0] : '\0';
	buf_free(&text);
	return ok;
}

bool
imap_list_read(const struct imap_resp *r, struct buf *scratch,
    struct imap_list *l_r)
{
	struct slice args = r->args, rest, flag, flags;
	struct imap_token t;

	*l_r = (struct imap_list){ .subscribed = r->kind == IMAP_LSUB };
	buf_clear(scratch);
	if (!list_inside(&args, &l_r->attrs) ||
	    !delimiter(&args, &l_r->delimiter))
		return false;
	skip_blanks(&args);
	rest = args;
	t = imap_token(&args);
	if (t.kind != IMAP_TOKEN_ATOM && t.kind != IMAP_TOKEN_STRING &&
	    t.kind != IMAP_TOKEN_NIL)
		return false;
	skip_blanks(&args);
	/* behind a name comes "(", or somebody forgot the quotes */
	if (t.kind != IMAP_TOKEN_STRING && args.n > 0 && args.p[0] != '(')
		buf_put(scratch, rest.p, slice_trim(rest).n);
	else
		imap_token_text(&t, scratch);
	l_r->name = buf_slice(scratch);
	for (flags = l_r->attrs; imap_flag_next(&flags, &flag);) {
		if (slice_is_nocase(flag, "\\Noselect") ||
		    slice_is_nocase(flag, "\\NonExistent"))
			l_r->noselect = true;
		if (slice_is_nocase(flag, "\\Subscribed"))
			l_r->subscribed = true;
	}
	return true;
}

struct slice
imap_special_use(struct slice attrs)
{
	static const char *const uses[] = { "\\All", "\\Archive", "\\Drafts",
		"\\Flagged", "\\Junk", "\\Sent", "\\Trash", "\\Important" };
	struct slice flag;
	size_t i;

	while (imap_flag_next(&attrs, &flag))
		for (i = 0; i < sizeof(uses) / sizeof(uses[0]); i++)
			if (slice_is_nocase(flag, uses[i]))
				return slice_str(uses[i]);
	return slice_of("", 0);
}

static void
status_item(struct imap_mailbox_status *s, struct slice key, uint64_t n)
{
	if (slice_is_nocase(key, "MESSAGES")) {
		s->messages = n;
		s->has_messages = true;
	} else if (slice_is_nocase(key, "UNSEEN")) {
		s->unseen = n;
	} else if (slice_is_nocase(key, "SIZE")) {
		s->size = n;
	} else if (slice_is_nocase(key, "HIGHESTMODSEQ")) {
		s->highestmodseq = n;
	} else if (slice_is_nocase(key, "APPENDLIMIT")) {
		s->appendlimit = n;
	} else if (slice_is_nocase(key, "UIDNEXT") && n <= UINT32_MAX) {
		s->uidnext = (uint32_t)n;
	} else if (slice_is_nocase(key, "UIDVALIDITY") && n <= UINT32_MAX) {
		s->uidvalidity = (uint32_t)n;
	}
}

bool
imap_status_read(const struct imap_resp *r, struct buf *scratch,
    struct imap_mailbox_status *s_r)
{
	struct slice args = r->args, list;
	struct imap_token t = imap_token(&args), value;
	const char *open;
	uint64_t n;

	*s_r = (struct imap_mailbox_status){ 0 };
	buf_clear(scratch);
	if (t.kind != IMAP_TOKEN_ATOM && t.kind != IMAP_TOKEN_STRING &&
	    t.kind != IMAP_TOKEN_NIL)
		return false;
	imap_token_text(&t, scratch);
	s_r->name = buf_slice(scratch);
	/* a name with blanks and no quotes: the list is what comes last */
	open = args.n == 0 ? NULL : memrchr(args.p, '(', args.n);
	if (open == NULL)
		return true;
	list = slice_from(args, (size_t)(open - args.p) + 1);
	for (;;) {
		t = imap_token(&list);
		if (t.kind != IMAP_TOKEN_ATOM)
			return t.kind == IMAP_TOKEN_CLOSE ||
			    t.kind == IMAP_TOKEN_END;
		value = imap_token(&list);
		if (value.kind == IMAP_TOKEN_CLOSE)
			return true; /* "HIGHESTMODSEQ" without a value */
		if (num_u64(value.s, UINT64_MAX, &n))
			status_item(s_r, t.s, n);
	}
}

/* ---------------------------------------------------------------- UIDs */

int
imap_uidset_next(struct slice *set, uint32_t *lo_r, uint32_t *hi_r)
{
	uint64_t a, b;

	if (set->n == 0)
		return 0;
	if (!num_take_u64(set, UINT32_MAX, &a) || a == 0)
		return -1;
	b = a;
	if (set->n > 0 && set->p[0] == ':') {
		*set = slice_from(*set, 1);
		if (!num_take_u64(set, UINT32_MAX, &b) || b == 0)
			return -1;
	}
	if (set->n > 0) {
		if (set->p[0] != ',' || set->n == 1)
			return -1;
		*set = slice_from(*set, 1);
	}
	*lo_r = (uint32_t)(a < b ? a : b);
	*hi_r = (uint32_t)(a < b ? b : a);
	return 1;
}
