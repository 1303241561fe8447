/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * APPEND and MULTIAPPEND at the throw-away server: the provider's limits.
 * What can be told from the command is refused before the bytes come (or,
 * where they come all the same, they are thrown away); lines and NULs are
 * seen as they pass by.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/date.h"
#include "core/mem.h"
#include "core/num.h"
#include "wire/serve/impl.h"

#define DAY_MS ((uint64_t)86400000)

void
serve_append_reset(struct serve_conn *c)
{
	struct serve_append *a = &c->a;

	free(a->v);
	buf_free(&a->head);
	*a = (struct serve_append){ 0 };
}

/* ------------------------------------------------------ before the bytes */

/* The n-th message is turned down: the server's clock is N times ours, and
 * so is the wait it asks for. */
static bool
is_throttled(struct serve_conn *c)
{
	struct serve *s = c->s;
	const struct serve_spec *p = s->spec;
	uint64_t ms, speed = p->speed_up == 0 ? 1 : p->speed_up;

	s->appends++;
	if (s->appends != p->throttle_at &&
	    (p->throttle_every == 0 || s->appends % p->throttle_every != 0))
		return false;
	ms = p->throttle_ms / speed;
	snprintf(c->a.words, sizeof(c->a.words), "%s %llu milliseconds",
	    s->w->throttled, (unsigned long long)(ms == 0 ? 1 : ms));
	c->a.refusal = c->a.words;
	c->a.throttled = true;
	s->stats->throttled++;
	return true;
}

static void
look_at_size(struct serve_conn *c, uint64_t n)
{
	struct serve *s = c->s;
	struct serve_append *a = &c->a;

	if (a->refusal != NULL || is_throttled(c))
		return;
	if (s->limits.message_bytes != 0 && n > s->limits.message_bytes)
		a->refusal = s->w->too_big;
	else if (s->spec->quota != 0 &&
	    (n > s->spec->quota || s->bytes + a->bytes > s->spec->quota - n))
		a->refusal = s->w->quota;
}

/* Flags and date before the literal; 's' is what stands before it. */
static const char *
read_options(struct serve_conn *c, struct slice s, struct serve_msg *m)
{
	struct buf date = { 0 };
	struct slice list;
	const char *why;
	bool ok;

	if (serve_list(&s, &list)) {
		why = serve_flags_read(c->s, c->a.box, list, &m->flags);
		if (why != NULL)
			return why;
		if (!serve_space(&s))
			return "BAD Syntax error in APPEND";
	}
	if (s.n > 0 && s.p[0] == '"') {
		ok = serve_astring(&s, &date) &&
		    date_parse_imap(slice_trim(buf_slice(&date)), &m->date) &&
		    serve_space(&s);
		buf_free(&date);
		if (!ok)
			return "BAD Invalid date in APPEND";
	}
	return s.n == 0 ? NULL : "BAD Syntax error in APPEND";
}

/* "TAG APPEND mailbox ": what stands behind it.  false: this is no APPEND,
 * or the literal is its mailbox. */
static bool
read_command(struct serve_conn *c, struct slice *s)
{
	struct slice tag, at = *s;
	struct buf name = { 0 };
	bool ok;

	ok = serve_atom(&at, &tag) && tag.n < sizeof(c->tag) &&
	    serve_space(&at) && serve_word(&at, "APPEND") && serve_space(&at) &&
	    serve_astring(&at, &name) && serve_space(&at);
	if (ok) {
		memcpy(c->tag, tag.p, tag.n);
		c->tag[tag.n] = '\0';
		serve_append_reset(c);
		c->a.active = true;
		c->a.box = serve_box_find(c->s, buf_slice(&name));
		if (!c->authenticated)
			c->a.refusal = "BAD Log in first";
		else if (c->a.box == NULL || c->a.box->noselect)
			c->a.refusal = c->s->w->missing;
		*s = at;
	}
	buf_free(&name);
	return ok;
}

static void
begin_message(struct serve_conn *c, uint64_t n)
{
	struct serve_append *a = &c->a;

	a->v[a->n].at = c->s->scratch_at;
	if (c->s->spec->keep)
		c->s->scratch_at += n;
	a->v[a->n].size = n;
	a->v[a->n].kept = UINT32_MAX;
	buf_clear(&a->head);
	a->in_head = true;
	a->line = a->longest = 0;
	a->nul = a->bare_lf = a->bare_cr = a->ends_in_cr = false;
	a->last = '\0';
}

/* The literal's own "{n+}" is cut off. */
static struct slice
without_literal(struct slice line)
{
	const char *at = memrchr(line.p, '{', line.n);

	return slice_of(line.p, at == NULL ? line.n : (size_t)(at - line.p));
}

bool
serve_append_literal(struct serve_conn *c, struct slice line, bool sync)
{
	struct serve_append *a = &c->a;
	struct slice s = without_literal(line);
	struct serve_msg m = { .date = (int64_t)time(NULL) };
	uint64_t n = c->literal;

	if (a->active) {
		if (!serve_space(&s) || !serve_has(c->s, "MULTIAPPEND"))
			a->refusal = "BAD Syntax error behind a message";
	} else if (!read_command(c, &s)) {
		return false;
	}
	c->for_mail = true;
	if (a->refusal == NULL)
		a->refusal = read_options(c, s, &m);
	if (a->refusal == NULL && a->n >= SERVE_MULTI)
		a->refusal = "NO [LIMIT] Too many messages at once";
	look_at_size(c, n);
	if (a->refusal != NULL && sync) {
		serve_append_finish(c); /* the bytes will not come */
		c->in_literal = c->for_mail = false;
		c->literal = 0;
		buf_clear(&c->cmd);
		return true;
	}
	c->skip = a->refusal != NULL;
	if (!c->skip) {
		if ((a->n & (a->n - 1)) == 0)
			a->v = mem_grow(a->v, a->n == 0 ? 1 : 2 * a->n,
			    sizeof(*a->v));
		a->v[a->n] = m;
		begin_message(c, n);
	}
	if (sync)
		buf_puts(&c->out, "+ Ready\r\n");
	return true;
}

/* -------------------------------------------------------------- the bytes */

static void
look_at_lines(struct serve_append *a, const char *p, size_t n)
{
	const char *at = p, *end = p + n, *nl;

	while ((nl = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		if ((nl > p ? nl[-1] : a->last) != '\r')
			a->bare_lf = true;
		a->line += (uint64_t)(nl - at) + 1;
		if (a->line > a->longest)
			a->longest = a->line;
		a->line = 0;
		at = nl + 1;
	}
	a->line += (uint64_t)(end - at);
	if (a->line > a->longest)
		a->longest = a->line;
	a->last = p[n - 1];
}

/* The last byte of a piece is judged with the next. */
static void
look_for_bare_cr(struct serve_append *a, const char *p, size_t n)
{
	const char *at = p, *end = p + n;

	if (a->ends_in_cr && p[0] != '\n')
		a->bare_cr = true;
	while ((at = memchr(at, '\r', (size_t)(end - at))) != NULL) {
		if (++at == end)
			break;
		if (*at != '\n')
			a->bare_cr = true;
	}
	a->ends_in_cr = p[n - 1] == '\r';
}

static bool
head_ends(const struct buf *head)
{
	return head->n >= SERVE_HEAD ||
	    memmem(head->p, head->n, "\r\n\r\n", 4) != NULL ||
	    memmem(head->p, head->n, "\n\n", 2) != NULL;
}

void
serve_append_bytes(struct serve_conn *c, const char *p, size_t n)
{
	struct serve_append *a = &c->a;
	struct serve *s = c->s;
	uint64_t done = a->v[a->n].size - c->literal;
	size_t room;

	if (n == 0)
		return;
	if (s->limits.line_bytes != 0 || s->limits.refuses_bare_lf)
		look_at_lines(a, p, n);
	if (s->limits.refuses_bare_cr)
		look_for_bare_cr(a, p, n);
	if ((s->limits.refuses_nul || s->w->nul_to_80) &&
	    memchr(p, '\0', n) != NULL)
		a->nul = true;
	if (a->in_head) {
		room = SERVE_HEAD - a->head.n;
		buf_put(&a->head, p, n < room ? n : room);
		a->in_head = !head_ends(&a->head);
	}
	if (s->spec->keep &&
	    pwrite(s->scratch, p, n, (off_t)(a->v[a->n].at + done)) !=
		(ssize_t)n)
		a->refusal = "NO [UNAVAILABLE] No room here";
}

/* A header field begins with a name, or goes on with a blank. */
static bool
is_header(struct slice head)
{
	struct slice line;
	size_t i, n = head.n;

	while (slice_next_line(&head, &line)) {
		if (line.n <= 2 && slice_trim(line).n == 0 &&
		    line.p[0] != ' ' && line.p[0] != '\t')
			return true;
		/* a line that does not end, and all of the message */
		if (line.p[line.n - 1] != '\n' && n < SERVE_HEAD)
			return false;
		/* a postmark is let pass */
		if (line.p[0] == ' ' || line.p[0] == '\t' ||
		    slice_starts(line, "From "))
			continue;
		for (i = 0; i < line.n && line.p[i] != ':'; i++)
			if ((unsigned char)line.p[i] <= ' ')
				return false;
		if (i == 0 || i == line.n)
			return false;
	}
	return true;
}

/* Where the mail is not kept: its Message-ID, to be found by. */
static void
keep_id(struct serve_conn *c, struct serve_msg *m)
{
	struct slice rest = buf_slice(&c->a.head), line;
	struct buf field = { 0 };
	bool ours = false;

	while (slice_next_line(&rest, &line) && slice_trim(line).n > 0) {
		if (line.p[0] != ' ' && line.p[0] != '\t')
			ours = field.n == 0 && line.n > 11 &&
			    strncasecmp(line.p, "Message-ID:", 11) == 0;
		if (ours && field.n + line.n < 4096)
			buf_put(&field, line.p, line.n);
	}
	buf_puts(&field, "\r\n");
	m->at = c->s->scratch_at;
	m->kept = (uint32_t)field.n;
	if (pwrite(c->s->scratch, field.p, field.n, (off_t)m->at) ==
	    (ssize_t)field.n)
		c->s->scratch_at += field.n;
	else
		m->kept = 0;
	buf_free(&field);
}

/* Dovecot stores a NUL as 0x80. */
static void
replace_nul(struct serve *s, const struct serve_msg *m)
{
	char block[4096];
	uint64_t at;
	ssize_t n, i;

	for (at = 0; at < m->size; at += (uint64_t)n) {
		n = pread(s->scratch, block,
		    m->size - at < sizeof(block) ? (size_t)(m->size - at)
						 : sizeof(block),
		    (off_t)(m->at + at));
		if (n <= 0)
			return;
		for (i = 0; i < n; i++)
			if (block[i] == '\0')
				block[i] = (char)0x80;
		if (pwrite(s->scratch, block, (size_t)n, (off_t)(m->at + at)) !=
		    n)
			return;
	}
}

void
serve_append_message(struct serve_conn *c)
{
	struct serve_append *a = &c->a;
	struct serve_msg *m = &a->v[a->n];
	const struct serve *s = c->s;

	if (a->refusal != NULL)
		return;
	a->bare_cr = a->bare_cr || a->ends_in_cr;
	if (s->limits.line_bytes != 0 && a->longest > s->limits.line_bytes)
		a->refusal = s->w->long_line;
	else if (s->limits.refuses_nul && a->nul)
		a->refusal = "NO Message contains NUL characters";
	else if (s->limits.refuses_bare_lf && a->bare_lf)
		a->refusal = "NO Message contains bare newlines";
	else if (s->limits.refuses_bare_cr && a->bare_cr)
		a->refusal = "NO Message contains bare carriage returns";
	else if (s->limits.strict_header && !is_header(buf_slice(&a->head)))
		a->refusal = "NO Message contains invalid header";
	if (a->refusal != NULL)
		return;
	if (!s->spec->keep)
		keep_id(c, m);
	else if (a->nul && s->w->nul_to_80)
		replace_nul(c->s, m);
	a->bytes += m->size;
	a->n++;
}

/* ----------------------------------------------------------------- the end */

/* So much in one day, by its own clock. */
static bool
is_over_budget(struct serve *s, uint64_t bytes)
{
	uint64_t day = serve_clock_ms(s) / DAY_MS;

	if (s->spec->daily_budget == 0)
		return false;
	if (day != s->day) {
		s->day = day;
		s->day_bytes = 0;
	}
	if (s->day_bytes + bytes > s->spec->daily_budget)
		return true;
	s->day_bytes += bytes;
	return false;
}

static void
file_messages(struct serve_conn *c)
{
	struct serve_append *a = &c->a;
	struct serve_box *b = a->box;
	uint32_t first = b->uidnext;
	size_t i;
	char text[160];

	for (i = 0; i < a->n; i++)
		serve_box_add(b, &a->v[i]);
	c->s->bytes += a->bytes;
	c->s->stats->appended += a->n;
	c->s->stats->appended_bytes += a->bytes;
	if (a->n == 1)
		snprintf(text, sizeof(text),
		    "OK [APPENDUID %u %u] APPEND completed.", b->uidvalidity,
		    first);
	else
		snprintf(text, sizeof(text),
		    "OK [APPENDUID %u %u:%u] APPEND completed.", b->uidvalidity,
		    first, b->uidnext - 1);
	serve_tell(c, true);
	serve_answer(c, text);
}

void
serve_append_finish(struct serve_conn *c)
{
	struct serve_append *a = &c->a;
	unsigned errors = c->errors;

	if (a->refusal == NULL && a->box == NULL)
		a->refusal = c->s->w->missing;
	if (a->refusal == NULL && is_over_budget(c->s, a->bytes)) {
		c->s->stats->dropped++;
		serve_bye(c, c->s->w->bye_budget);
	} else if (a->refusal == NULL) {
		file_messages(c);
	} else if (a->throttled) {
		/* its own doing: no error of the client's */
		serve_putf(c, "%s %s\r\n", c->tag, a->refusal);
		c->errors = errors;
	} else {
		serve_answer(c, a->refusal);
	}
	serve_append_reset(c);
}
