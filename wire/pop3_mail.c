/* SPDX-License-Identifier: GPL-3.0-or-later */
/* POP3: what is in the mailbox (STAT, LIST, UIDL), and reading it (RETR). */
#include <stdio.h>
#include <string.h>

#include "core/num.h"
#include "wire/pop3_impl.h"

int
pop3_stat(struct pop3 *p, uint64_t *messages_r, uint64_t *bytes_r,
    struct err *err)
{
	struct slice s;
	int rc = pop3_ask(p, "STAT", &s, err);

	if (rc < 0)
		return -1;
	if (rc == 0) {
		pop3_refusal(p, SCOPE_STORE, EX_UNAVAILABLE, "STAT", err);
		return pop3_die(p, err);
	}
	*bytes_r = 0;
	if (!num_take_u64(&s, UINT32_MAX, messages_r)) {
		err_set(err, SCOPE_STORE, EX_PROTOCOL,
		    "STAT: the server gives no number of messages");
		return pop3_die(p, err);
	}
	s = slice_trim(s);
	num_take_u64(&s, UINT64_MAX, bytes_r);
	return 0;
}

/* "12 3456 more": the number, and what follows it. */
static bool
read_entry(struct slice line, uint32_t *number_r, struct slice *value_r)
{
	uint64_t n;

	line = slice_trim(line);
	if (!num_take_u64(&line, UINT32_MAX, &n) || n == 0 ||
	    (line.n > 0 && line.p[0] != ' ' && line.p[0] != '\t'))
		return false;
	*number_r = (uint32_t)n;
	*value_r = slice_trim(line);
	return true;
}

static int
listing(struct pop3 *p, const char *command, pop3_each *each, void *arg,
    uint64_t *odd_r, struct err *err)
{
	struct slice value;
	uint32_t number;
	uint64_t n = 0;
	int rc = pop3_ask(p, command, NULL, err);

	*odd_r = 0;
	if (rc <= 0)
		return rc;
	while ((rc = pop3_read_more(p, command, err)) > 0) {
		if (++n > POP3_LIST_MAX) {
			err_set(err, SCOPE_STORE, EX_PROTOCOL,
			    "%s: more than %d lines", command, POP3_LIST_MAX);
			return pop3_die(p, err);
		}
		if (!read_entry(buf_slice(&p->line), &number, &value))
			++*odd_r;
		else if (each(arg, number, value, err) < 0)
			return pop3_die(p, err);
	}
	return rc < 0 ? -1 : 1;
}

int
pop3_list(struct pop3 *p, pop3_each *each, void *arg, uint64_t *odd_r,
    struct err *err)
{
	return listing(p, "LIST", each, arg, odd_r, err);
}

int
pop3_uidl(struct pop3 *p, pop3_each *each, void *arg, uint64_t *odd_r,
    struct err *err)
{
	return listing(p, "UIDL", each, arg, odd_r, err);
}

/* ----------------------------------------------------------------- RETR */

int
pop3_retr_ask(struct pop3 *p, uint32_t number, struct err *err)
{
	size_t most = pop3_has(p, POP3_CAP_PIPELINING) ? POP3_ASKED_MAX : 1;
	char line[32];

	if (pop3_check_alive(p, err) < 0)
		return -1;
	if (p->asked == most || (p->reading && most == 1))
		return 0;
	snprintf(line, sizeof(line), "RETR %u", (unsigned)number);
	if (pop3_put_line(p, line, NULL, err) < 0)
		return -1;
	p->numbers[p->asked++] = number;
	return conn_poll(p->conn, err) < 0 ? pop3_die(p, err) : 1;
}

static bool
says_gone(struct slice words)
{
	static const char *const gone[] = { "no such", "deleted",
		"does not exist", "doesn't exist", "not found", "expunged" };
	size_t i;

	for (i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		if (memmem(words.p, words.n, gone[i], strlen(gone[i])) != NULL)
			return true;
	return false;
}

int
pop3_retr_begin(struct pop3 *p, struct err *err)
{
	char what[32];
	struct slice words;
	int rc;

	if (p->asked == 0 || p->reading)
		return err_set(err, SCOPE_RUN, EX_SOFTWARE,
		    "bug: RETR read before it was asked for");
	snprintf(what, sizeof(what), "RETR %u", (unsigned)p->numbers[0]);
	rc = pop3_read_status(p, what, &words, err);
	if (rc < 0)
		return -1;
	p->asked--;
	memmove(p->numbers, p->numbers + 1, p->asked * sizeof(*p->numbers));
	if (rc == 0)
		return pop3_refusal(p, SCOPE_MSG,
		    says_gone(words) ? EX_NOINPUT : EX_UNAVAILABLE, what, err);
	p->reading = true;
	p->line_start = true;
	p->after_cr = false;
	p->bytes = 0;
	return 0;
}

/* How many bytes of "." CRLF stand in front of 'in': 3 it is the end, 0 it is
 * not, -1 not to be told yet. */
static int
end_mark(const struct pop3 *p, struct slice in)
{
	if (in.p[0] != '.')
		return 0;
	if (in.n < 2)
		return -1;
	if (p->bare_lf && in.p[1] == '\n')
		return 2;
	if (in.p[1] != '\r')
		return 0;
	if (in.n < 3)
		return -1;
	return in.p[2] == '\n' ? 3 : 0;
}

/* Up to and with the next line end; p->line_start says if it was reached. */
static size_t
rest_of_line(struct pop3 *p, struct slice in)
{
	const char *at = in.p, *end = in.p + in.n, *nl;

	while (at < end && (nl = memchr(at, '\n', (size_t)(end - at)))) {
		bool cr = nl > in.p ? nl[-1] == '\r' : p->after_cr;

		at = nl + 1;
		if (!cr && !p->bare_lf)
			continue;
		p->line_start = true;
		p->after_cr = false;
		return (size_t)(at - in.p);
	}
	p->after_cr = in.p[in.n - 1] == '\r';
	return in.n;
}

/*
 * Move what 'in' holds of the message to 'out'; returns how many bytes of it
 * are used up.  Stops at the end of the message, of 'in' or of 'out', and
 * before a dot that more must be seen of.
 */
static size_t
unstuff(struct pop3 *p, struct slice in, char *out, size_t cap, size_t *n_r)
{
	size_t used = 0, n;
	int mark;

	*n_r = 0;
	while (used < in.n && *n_r < cap && p->reading) {
		struct slice rest = slice_from(in, used);

		if (p->line_start) {
			mark = end_mark(p, rest);
			if (mark < 0)
				break;
			p->line_start = false;
			p->after_cr = false;
			p->reading = mark == 0;
			if (mark > 0 || rest.p[0] == '.') {
				used += mark > 0 ? (size_t)mark : 1;
				continue;
			}
		}
		if (rest.n > cap - *n_r)
			rest.n = cap - *n_r;
		n = rest_of_line(p, rest);
		memcpy(out + *n_r, rest.p, n);
		*n_r += n;
		used += n;
	}
	return used;
}

static void
trace_bytes(struct pop3 *p)
{
	struct trace *t;
	int number;

	t = conn_trace(p->conn, &number);
	trace_fmt(t, number, '<', "[%llu bytes]", (unsigned long long)p->bytes);
}

ssize_t
pop3_retr_read(struct pop3 *p, void *buf, size_t cap, struct err *err)
{
	struct slice in;
	size_t n = 0;

	while (p->reading && n == 0) {
		if (pop3_check_alive(p, err) < 0)
			return -1;
		in = conn_input(p->conn);
		if (in.n > 0)
			conn_consume(p->conn, unstuff(p, in, buf, cap, &n));
		p->bytes += n;
		if (!p->reading)
			trace_bytes(p);
		else if (n == 0 &&
		    pop3_await(p, "in the middle of a message", err) < 0)
			return -1;
	}
	return (ssize_t)n;
}
