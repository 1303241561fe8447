/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A POP3 mailbox over several connections; see pop3_box.h. */
#include "extract/pop3_box.h"

#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "core/mem.h"
#include "core/num.h"
#include "wire/probe.h"

#define IMAP_LOOK_S 2 /* for IMAP on the same host */

/* -------------------------------------------------------------- listing */

static struct pop3_entry *
add_entry(struct pop3_box *b, uint32_t number)
{
	struct pop3_entry *e;

	if (b->n == b->cap) {
		b->cap = b->cap + b->cap / 2 + 64;
		b->entry = mem_grow(b->entry, b->cap, sizeof(*b->entry));
	}
	if (b->n > 0 && b->entry[b->n - 1].number >= number)
		b->unsorted = true;
	e = &b->entry[b->n++];
	*e = (struct pop3_entry){ .number = number };
	return e;
}

static int
by_number(const void *va, const void *vb)
{
	const struct pop3_entry *a = va, *b = vb;

	return a->number < b->number ? -1 : a->number > b->number;
}

/* In order, each number once. */
static void
put_in_order(struct pop3_box *b)
{
	size_t i, n = 0;

	if (!b->unsorted)
		return;
	b->unsorted = false;
	qsort(b->entry, b->n, sizeof(*b->entry), by_number);
	for (i = 0; i < b->n; i++) {
		if (n > 0 && b->entry[n - 1].number == b->entry[i].number)
			b->odd++;
		else
			b->entry[n++] = b->entry[i];
	}
	b->n = n;
}

static struct pop3_entry *
find_entry(struct pop3_box *b, uint32_t number)
{
	struct pop3_entry want = { .number = number };

	if (number <= b->n && b->entry[number - 1].number == number)
		return &b->entry[number - 1];
	return b->n == 0
	    ? NULL
	    : bsearch(&want, b->entry, b->n, sizeof(want), by_number);
}

static int
on_list(void *arg, uint32_t number, struct slice value, struct err *err)
{
	struct pop3_box *b = arg;
	struct pop3_entry *e = add_entry(b, number);
	uint64_t size = 0;

	(void)err;
	if (num_take_u64(&value, LIMIT_MSG_BYTES, &size))
		e->size = size;
	return 0;
}

static int
on_uidl(void *arg, uint32_t number, struct slice value, struct err *err)
{
	struct pop3_box *b = arg;
	struct pop3_entry *e =
	    b->has_list ? find_entry(b, number) : add_entry(b, number);

	(void)err;
	if (e == NULL || value.n == 0 || e->uidl_len > 0) {
		b->odd++;
		return 0;
	}
	e->uidl = b->uidls.n;
	e->uidl_len = (uint32_t)value.n;
	buf_put(&b->uidls, value.p, value.n);
	return 0;
}

/* A mailbox that contradicts itself may hold more than it shows. */
static void
look_over(struct pop3_box *b, uint64_t stat)
{
	struct err e = { 0 };

	if (stat == b->n && b->odd == 0)
		return;
	err_set(&e, SCOPE_FOLDER, EX_PROTOCOL,
	    "the server's lists contradict each other: %llu messages by STAT, "
	    "%zu by %s, %llu lines that fit nowhere",
	    (unsigned long long)stat, b->n, b->has_list ? "LIST" : "UIDL",
	    (unsigned long long)b->odd);
	err_hint(&e,
	    "compare the number of messages with what the server's "
	    "own web mail shows");
	report_problem(b->report,
	    &(struct problem){ .folder = "INBOX", .err = &e });
}

static int
list_all(struct pop3_box *b, struct err *err)
{
	uint64_t stat, odd;
	int list, uidl;

	b->n = b->n_asked = 0;
	b->odd = 0;
	b->unsorted = false;
	buf_clear(&b->uidls);
	if (pop3_stat(b->pop3, &stat, &b->bytes, err) < 0 ||
	    (list = pop3_list(b->pop3, on_list, b, &odd, err)) < 0)
		return -1;
	b->odd += odd;
	b->has_list = list == 1;
	put_in_order(b);
	if ((uidl = pop3_uidl(b->pop3, on_uidl, b, &odd, err)) < 0)
		return -1;
	b->odd += odd;
	b->has_uidl = uidl == 1;
	put_in_order(b);
	while (
	    !b->has_list && !b->has_uidl && b->n < stat && b->n < POP3_LIST_MAX)
		add_entry(b, (uint32_t)b->n + 1);
	if (b->listings++ == 0)
		look_over(b, stat);
	return 0;
}

/* ----------------------------------------------------------- connection */

static int
connect_and_list(struct pop3_box *b, struct err *err)
{
	if (account_open_pop3(&b->pop3, b->account, err) < 0)
		return -1;
	return list_all(b, err);
}

/* Was it asking ahead that ended it? */
static void
doubt_pipelining(struct pop3_box *b)
{
	if (b->n_asked < 2 || b->begun >= POP3_ASKED_MAX)
		b->betrayed = 0;
	else if (++b->betrayed == 2)
		b->one_by_one = true;
	b->begun = 0;
}

/*
 * The session is over by *err: begin another, if waiting may help.  0 with
 * entries that are others than before, or -1.
 */
static int
again(struct pop3_box *b, struct err *err)
{
	while (err->scope == SCOPE_STORE && err->retry) {
		doubt_pipelining(b);
		pop3_close(&b->pop3);
		if (patience_again(&b->patience, err) < 0)
			return -1;
		report_add(b->report, "reconnects", 1);
		err_clear(err);
		if (connect_and_list(b, err) == 0)
			return 0;
	}
	return -1;
}

int
pop3_box_open(struct pop3_box *b, const struct source_spec *spec,
    struct err *err)
{
	b->account = spec->account;
	b->report = spec->report;
	b->patience.report = spec->report;
	b->patience.max_wait_ms = spec->max_wait_s * 1000;
	b->hash = digest_new();
	return connect_and_list(b, err);
}

void
pop3_box_close(struct pop3_box *b)
{
	pop3_close(&b->pop3);
	free(b->entry);
	buf_free(&b->uidls);
	buf_free(&b->uidl);
	digest_free(&b->hash);
}

int
pop3_box_imap(const struct account *a, struct buf *url, struct err *err)
{
	static const enum url_scheme schemes[] = { URL_IMAPS, URL_IMAP };
	static const uint16_t ports[] = { 993, 143 };
	struct url at = a->url;
	struct probe p;
	bool usable = false;
	size_t i;
	int rc = 0;

	for (i = 0; i < 2 && rc == 0 && !usable; i++) {
		p = (struct probe){ .scheme = schemes[i] };
		account_conn(a, &p.spec);
		p.spec.port = ports[i];
		p.spec.timeout_s = IMAP_LOOK_S;
		rc = probe_run(&p, err);
		usable = rc == 0 && probe_is_usable(&p);
		probe_free(&p);
		at.scheme = schemes[i];
		at.port = ports[i];
		if (usable)
			url_put(url, &at);
	}
	return rc < 0 ? -1 : 0;
}

struct slice
pop3_box_uidl(const struct pop3_box *b, size_t i)
{
	const struct pop3_entry *e = &b->entry[i];

	return slice_of(e->uidl_len == 0 ? "" : b->uidls.p + e->uidl,
	    e->uidl_len);
}

/* -------------------------------------------------------------- reading */

static int
ask(struct pop3_box *b, uint32_t number, struct err *err)
{
	int rc = pop3_retr_ask(b->pop3, number, err);

	if (rc > 0)
		b->asked[b->n_asked++] = number;
	return rc;
}

int
pop3_box_ask(struct pop3_box *b, size_t i)
{
	struct err err = { 0 };

	/* a session that is over is heard of when it is read from */
	return !b->one_by_one && b->n_asked < POP3_ASKED_MAX &&
	    ask(b, b->entry[i].number, &err) > 0;
}

static void
forget_oldest(struct pop3_box *b)
{
	b->n_asked--;
	memmove(b->asked, b->asked + 1, b->n_asked * sizeof(b->asked[0]));
}

/* Read to its end what was asked for and is not wanted after all, or no
 * further. */
static int
drain_message(struct pop3_box *b, struct err *err)
{
	char *waste = mem_alloc(1, LIMIT_BLOCK);
	ssize_t n;

	do {
		n = pop3_retr_read(b->pop3, waste, LIMIT_BLOCK, err);
	} while (n > 0);
	free(waste);
	return n < 0 ? -1 : 0;
}

/* The answer to RETR 'number', whatever else was asked for before it.  -1
 * with SCOPE_MSG: it is refused. */
static int
begin_number(struct pop3_box *b, uint32_t number, struct err *err)
{
	uint32_t oldest;
	int rc;

	if (drain_message(b, err) < 0)
		return -1;
	if (b->n_asked == 0 && ask(b, number, err) < 0)
		return -1;
	for (;;) {
		oldest = b->asked[0];
		rc = pop3_retr_begin(b->pop3, err);
		if (rc < 0 && err->scope != SCOPE_MSG)
			return -1;
		forget_oldest(b);
		b->begun++;
		if (oldest == number)
			return rc;
		if (rc == 0 && drain_message(b, err) < 0)
			return -1;
		if (b->n_asked == 0 && ask(b, number, err) < 0)
			return -1;
	}
}

/* Step over what was handed out before the break, if it is the same: 1, 0 it
 * is not, -1. */
static int
step_over(struct pop3_box *b, struct err *err)
{
	uint8_t was[DIGEST_BYTES], is[DIGEST_BYTES];
	char *block = mem_alloc(1, LIMIT_BLOCK);
	uint64_t left = b->given;
	ssize_t n = 1;

	digest_now(b->hash, was);
	digest_reset(b->hash);
	while (left > 0 && n > 0) {
		n = pop3_retr_read(b->pop3, block,
		    left < LIMIT_BLOCK ? (size_t)left : LIMIT_BLOCK, err);
		if (n > 0) {
			digest_add(b->hash, block, (size_t)n);
			left -= (uint64_t)n;
		}
	}
	free(block);
	if (n < 0)
		return -1;
	digest_now(b->hash, is);
	return memcmp(was, is, DIGEST_BYTES) == 0;
}

static bool
find_uidl(const struct pop3_box *b, size_t *i_r)
{
	for (*i_r = 0; *i_r < b->n; ++*i_r)
		if (slice_eq(pop3_box_uidl(b, *i_r), buf_slice(&b->uidl)))
			return true;
	return false;
}

/* The line broke while b->uidl's message was read, or before: 0 it goes on
 * behind what was handed out, -1. */
static int
resume(struct pop3_box *b, struct err *err)
{
	size_t i;
	int rc;

	for (;;) {
		if (again(b, err) < 0)
			return -1;
		if (!find_uidl(b, &i))
			return err_set(err, SCOPE_MSG, EX_NOINPUT,
			    "it is not there any more after the line broke");
		b->number = b->entry[i].number;
		if (begin_number(b, b->number, err) == 0) {
			rc = step_over(b, err);
			if (rc > 0)
				return 0;
			if (rc == 0)
				return err_set(err, SCOPE_MSG, EX_PROTOCOL,
				    "the server gives other bytes for the "
				    "same UIDL the second time");
		} else if (err->scope == SCOPE_MSG) {
			return -1;
		}
	}
}

int
pop3_box_begin(struct pop3_box *b, size_t i, struct err *err)
{
	struct slice uidl = pop3_box_uidl(b, i);
	int rc = 1;

	b->reading = false;
	b->number = b->entry[i].number;
	b->given = 0;
	digest_reset(b->hash);
	buf_clear(&b->uidl);
	buf_put(&b->uidl, uidl.p, uidl.n);
	if (begin_number(b, b->number, err) < 0) {
		if (err->scope == SCOPE_MSG)
			return -1;
		rc = b->uidl.n > 0;
		if ((rc == 1 ? resume(b, err) : again(b, err)) < 0)
			return -1;
	}
	b->reading = rc == 1;
	return rc;
}

ssize_t
pop3_box_read(struct pop3_box *b, void *buf, size_t cap, struct err *err)
{
	ssize_t n;

	while (b->reading) {
		n = pop3_retr_read(b->pop3, buf, cap, err);
		if (n > 0) {
			digest_add(b->hash, buf, (size_t)n);
			b->given += (uint64_t)n;
			patience_progress(&b->patience);
			return n;
		}
		b->reading = n < 0 && b->uidl.n > 0 && resume(b, err) == 0;
		if (n < 0 && !b->reading)
			return -1;
	}
	return 0;
}
