/* SPDX-License-Identifier: GPL-3.0-or-later */
/* STORE, SEARCH, COPY, MOVE and EXPUNGE at the throw-away server. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/num.h"
#include "wire/serve/impl.h"

#define RANGES_MAX 20000

/* ------------------------------------------------------------------- sets */

void
serve_set_free(struct serve_set *set)
{
	free(set->v);
	*set = (struct serve_set){ 0 };
}

/* '*': the last one. */
static uint32_t
last_of(const struct serve_conn *c, bool uid)
{
	size_t i;
	uint32_t n = 0;

	if (uid) {
		for (i = c->seen; i > 0; i--)
			if (serve_visible(c, i - 1))
				return c->box->v[i - 1].uid;
		return 0;
	}
	for (i = 0; i < c->seen; i++)
		n += serve_visible(c, i);
	return n;
}

static bool
read_number(struct slice *s, uint32_t last, uint32_t *n_r)
{
	uint64_t n;

	if (serve_word(s, "*")) {
		*n_r = last == 0 ? 1 : last;
		return true;
	}
	if (!num_take_u64(s, UINT32_MAX, &n) || n == 0)
		return false;
	*n_r = (uint32_t)n;
	return true;
}

static int
compare(const void *a, const void *b)
{
	const struct serve_range *x = a, *y = b;

	return (x->lo > y->lo) - (x->lo < y->lo);
}

/* In order, and none within another. */
static void
join_ranges(struct serve_set *set)
{
	size_t i, to = 0;

	qsort(set->v, set->n, sizeof(*set->v), compare);
	for (i = 1; i < set->n; i++) {
		if (set->v[i].lo <= set->v[to].hi) {
			if (set->v[i].hi > set->v[to].hi)
				set->v[to].hi = set->v[i].hi;
		} else {
			set->v[++to] = set->v[i];
		}
	}
	set->n = to + 1;
}

bool
serve_set_read(struct serve_conn *c, struct slice s, bool uid,
    struct serve_set *set_r)
{
	uint32_t last = last_of(c, uid), lo, hi;

	*set_r = (struct serve_set){ 0 };
	do {
		if (set_r->n == RANGES_MAX || !read_number(&s, last, &lo))
			goto bad;
		hi = lo;
		if (serve_word(&s, ":") && !read_number(&s, last, &hi))
			goto bad;
		if ((set_r->n & (set_r->n - 1)) == 0)
			set_r->v =
			    mem_grow(set_r->v, set_r->n == 0 ? 1 : 2 * set_r->n,
				sizeof(*set_r->v));
		set_r->v[set_r->n++] = lo <= hi
		    ? (struct serve_range){ lo, hi }
		    : (struct serve_range){ hi, lo };
	} while (serve_word(&s, ","));
	if (s.n > 0)
		goto bad;
	join_ranges(set_r);
	return true;
bad:
	serve_set_free(set_r);
	return false;
}

bool
serve_set_has(const struct serve_set *set, uint32_t n)
{
	size_t lo = 0, hi = set->n, mid;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (n < set->v[mid].lo)
			hi = mid;
		else if (n > set->v[mid].hi)
			lo = mid + 1;
		else
			return true;
	}
	return false;
}

/* Walk what a set names: *i and *seq start at 0.  NULL: the end. */
static struct serve_msg *
next_in(struct serve_conn *c, const struct serve_set *set, bool uid, size_t *i,
    uint32_t *seq)
{
	struct serve_msg *m;

	while (*i < c->seen) {
		size_t at = (*i)++;

		if (!serve_visible(c, at))
			continue;
		++*seq;
		m = &c->box->v[at];
		if (m->gone == 0 && serve_set_has(set, uid ? m->uid : *seq))
			return m;
	}
	return NULL;
}

/* ------------------------------------------------------------------ STORE */

static bool
read_store(struct slice *s, char *how_r, bool *silent_r)
{
	*how_r = '=';
	if (serve_word(s, "+"))
		*how_r = '+';
	else if (serve_word(s, "-"))
		*how_r = '-';
	if (!serve_word(s, "FLAGS"))
		return false;
	*silent_r = serve_word(s, ".SILENT");
	return serve_space(s);
}

void
serve_cmd_store(struct serve_conn *c, struct slice s, bool uid)
{
	struct serve_set set = { 0 };
	struct slice text, list;
	struct serve_msg *m;
	const char *why;
	uint64_t flags;
	uint32_t seq = 0;
	size_t i = 0;
	bool silent;
	char how;

	if (!serve_atom(&s, &text) || !serve_space(&s) ||
	    !serve_set_read(c, text, uid, &set) ||
	    !read_store(&s, &how, &silent)) {
		serve_set_free(&set);
		serve_answer(c, "BAD Command Argument Error. 12");
		return;
	}
	if (!serve_list(&s, &list))
		list = s;
	why = serve_flags_read(c->s, c->box, list, &flags);
	while (why == NULL && (m = next_in(c, &set, uid, &i, &seq)) != NULL) {
		m->flags = how == '+' ? m->flags | flags
		    : how == '-'      ? m->flags & ~flags
				      : flags;
		if (silent)
			continue;
		serve_putf(c, "* %u FETCH (", seq);
		if (uid)
			serve_putf(c, "UID %u ", m->uid);
		buf_puts(&c->out, "FLAGS ");
		serve_put_flags(&c->out, c->box, m->flags);
		buf_puts(&c->out, ")\r\n");
	}
	serve_set_free(&set);
	serve_tell(c, false);
	serve_answer(c, why == NULL ? "OK STORE completed." : why);
}

/* ---------------------------------------------------------------- EXPUNGE */

void
serve_expunge(struct serve_conn *c, const struct serve_set *uids)
{
	struct serve_box *b = c->box;
	uint32_t epoch = b->epoch + 1;
	size_t i;

	for (i = 0; i < b->n; i++) {
		struct serve_msg *m = &b->v[i];

		if (m->gone != 0 || (m->flags & SERVE_DELETED) == 0 ||
		    (uids != NULL && !serve_set_has(uids, m->uid)))
			continue;
		m->gone = epoch;
		b->n_gone++;
		b->epoch = epoch;
		if (c->s->bytes >= m->size)
			c->s->bytes -= m->size;
	}
}

/* ------------------------------------------------------------- COPY, MOVE */

/* The same flags in another folder. */
static uint64_t
flags_in(struct serve *s, const struct serve_box *from, struct serve_box *to,
    uint64_t flags)
{
	uint64_t out = flags & ((1ULL << SERVE_SYSTEM) - 1);
	size_t i;

	for (i = 0; i < from->n_keywords; i++)
		if ((flags >> (SERVE_SYSTEM + i) & 1) != 0)
			out |= serve_flag_bit(s, to,
			    slice_str(from->keywords[i]), true);
	return out;
}

static void
put_range(struct buf *b, uint32_t uid)
{
	buf_putf(b, "%s%u", b->n > 0 ? "," : "", uid);
}

static void
copy_messages(struct serve_conn *c, const struct serve_set *set, bool uid,
    struct serve_box *to, bool move)
{
	struct buf from_uids = { 0 }, to_uids = { 0 };
	struct serve_msg *m, made;
	uint32_t seq = 0, epoch = c->box->epoch + 1;
	size_t i = 0;

	while ((m = next_in(c, set, uid, &i, &seq)) != NULL) {
		made = *m;
		made.flags = flags_in(c->s, c->box, to, m->flags);
		put_range(&from_uids, m->uid);
		if (move) {
			m->gone = epoch;
			c->box->n_gone++;
			c->box->epoch = epoch;
		} else {
			c->s->bytes += made.size;
		}
		put_range(&to_uids, serve_box_add(to, &made)->uid);
	}
	if (from_uids.n > 0)
		serve_putf(c, "%s OK [COPYUID %u %s %s] done\r\n",
		    move ? "*" : c->tag, to->uidvalidity, buf_str(&from_uids),
		    buf_str(&to_uids));
	serve_tell(c, move);
	if (move || from_uids.n == 0)
		serve_answer(c, "OK done");
	buf_free(&from_uids);
	buf_free(&to_uids);
}

void
serve_cmd_copy(struct serve_conn *c, struct slice s, bool uid, bool move)
{
	struct serve_set set = { 0 };
	struct buf name = { 0 };
	struct serve_box *to;
	struct slice text;

	if (!serve_atom(&s, &text) || !serve_space(&s) ||
	    !serve_set_read(c, text, uid, &set) || !serve_astring(&s, &name))
		serve_answer(c, "BAD Command Argument Error. 12");
	else if ((to = serve_box_find(c->s, buf_slice(&name))) == NULL ||
	    to->noselect)
		serve_answer(c, c->s->w->missing);
	else
		copy_messages(c, &set, uid, to, move);
	serve_set_free(&set);
	buf_free(&name);
}

/* ----------------------------------------------------------------- SEARCH */

struct one { /* the message that is looked at */
	const struct serve_msg *m;
	uint32_t seq;
};

/* HEADER name value */
static int
test_header(struct serve_conn *c, struct slice *s, const struct one *o)
{
	struct buf name = { 0 }, value = { 0 }, have = { 0 };
	int rc = -1;

	if (serve_space(s) && serve_astring(s, &name) && serve_space(s) &&
	    serve_astring(s, &value))
		rc = serve_field(c->s, o->m, buf_str(&name), &have) &&
		    strcasestr(buf_str(&have), buf_str(&value)) != NULL;
	buf_free(&name);
	buf_free(&value);
	buf_free(&have);
	return rc;
}

static int
test_keyword(struct serve_conn *c, struct slice *s, const struct one *o)
{
	struct slice word;

	if (!serve_space(s) || !serve_atom(s, &word))
		return -1;
	return (o->m->flags & serve_flag_bit(c->s, c->box, word, false)) != 0;
}

static int
test_set(struct serve_conn *c, struct slice *s, bool uid, const struct one *o)
{
	struct serve_set set;
	struct slice text;
	int rc;

	if (!serve_atom(s, &text) || !serve_set_read(c, text, uid, &set))
		return -1;
	rc = serve_set_has(&set, uid ? o->m->uid : o->seq);
	serve_set_free(&set);
	return rc;
}

/* 1, 0, or -1: it is not understood. */
static int
test_key(struct serve_conn *c, struct slice *s, const struct one *o)
{
	static const struct {
		const char *word;
		uint64_t bit;
	} flags[] = { { "SEEN", SERVE_SEEN }, { "ANSWERED", SERVE_ANSWERED },
		{ "FLAGGED", SERVE_FLAGGED }, { "DELETED", SERVE_DELETED },
		{ "DRAFT", SERVE_DRAFT } };
	bool negate = false;
	size_t i;
	int rc;

	while (serve_word(s, "NOT "))
		negate = !negate;
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		bool un = serve_word(s, "UN");

		if (serve_word(s, flags[i].word))
			return ((o->m->flags & flags[i].bit) != 0) !=
			    (un != negate);
		if (un)
			*s = slice_of(s->p - 2, s->n + 2);
	}
	if (serve_word(s, "ALL"))
		rc = 1;
	else if (serve_word(s, "UID "))
		rc = test_set(c, s, true, o);
	else if (serve_word(s, "HEADER"))
		rc = test_header(c, s, o);
	else if (serve_word(s, "UNKEYWORD"))
		rc = test_keyword(c, s, o) == 0;
	else if (serve_word(s, "KEYWORD"))
		rc = test_keyword(c, s, o);
	else
		rc = test_set(c, s, false, o);
	return rc < 0 ? -1 : (rc != 0) != negate;
}

/* All of them. */
static int
test(struct serve_conn *c, struct slice s, const struct one *o)
{
	int rc, all = 1;

	do {
		rc = test_key(c, &s, o);
		if (rc < 0 || (s.n > 0 && s.p[0] != ' '))
			return -1;
		all = all && rc;
	} while (serve_space(&s));
	return all;
}

void
serve_cmd_search(struct serve_conn *c, struct slice s, bool uid)
{
	static const struct serve_msg nothing = { .uid = 1 };
	struct one o = { &nothing, 1 };
	size_t i;

	(void)(serve_word(&s, "CHARSET UTF-8 ") ||
	    serve_word(&s, "CHARSET US-ASCII "));
	if (s.n == 0 || test(c, s, &o) < 0) {
		serve_answer(c, "BAD Command Argument Error. 12");
		return;
	}
	buf_puts(&c->out, "* SEARCH");
	for (i = 0, o.seq = 0; i < c->seen; i++) {
		if (!serve_visible(c, i))
			continue;
		o.seq++;
		o.m = &c->box->v[i];
		if (test(c, s, &o) == 1)
			serve_putf(c, " %u", uid ? o.m->uid : o.seq);
	}
	buf_puts(&c->out, "\r\n");
	serve_tell(c, false);
	serve_answer(c, "OK SEARCH completed.");
}
