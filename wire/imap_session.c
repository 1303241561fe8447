/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of an IMAP session; see imap.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/text.h"
#include "wire/imap_impl.h"

#define LAST_WORDS_S 5 /* how long to listen after BYE and LOGOUT */

void
imap_set_state(struct imap *im, enum imap_state state)
{
	static const char *const names[] = { "dead", "connected",
		"authenticated", "selected", "ending" };

	if (im->state == IMAP_DEAD)
		return; /* an answer and the end can come in one read */
	if (state != im->state)
		log_debug("imap: %s -> %s", names[im->state], names[state]);
	im->state = state;
}

int
imap_die(struct imap *im, const struct err *err)
{
	if (im->state != IMAP_DEAD)
		im->why = *err;
	imap_set_state(im, IMAP_DEAD);
	im->selected = false;
	conn_close(&im->conn);
	return -1;
}

int
imap_check_alive(const struct imap *im, struct err *err)
{
	if (im->state != IMAP_DEAD)
		return 0;
	*err = im->why;
	return -1;
}

bool
imap_alive(const struct imap *im)
{
	return im->state != IMAP_DEAD;
}

void
imap_trace(struct imap *im, char dir, struct slice line)
{
	struct trace *t;
	int number;

	if (im->conn == NULL)
		return;
	t = conn_trace(im->conn, &number);
	trace_line(t, number, dir,
	    imap_is_hidden(im, line) ? slice_str("[credentials]") : line);
}

static void
on_trace(void *arg, struct slice line, uint64_t body_bytes)
{
	struct imap *im = arg;
	struct trace *t;
	int number;

	t = conn_trace(im->conn, &number);
	if (body_bytes > 0)
		trace_fmt(t, number, '<', "[%llu bytes]",
		    (unsigned long long)body_bytes);
	else if (im->hide[0].n > 0 && slice_starts(line, "+"))
		/* it may repeat a token, in base64 */
		trace_line(t, number, '<', slice_str("+ [challenge]"));
	else if (line.n > 0)
		imap_trace(im, '<', slice_trim(line));
}

/* ------------------------------------------------------------- waiting */

/* Understand what has come; with 'one' at most one response. */
static int
take_in(struct imap *im, bool one, struct err *err)
{
	struct slice in;
	ssize_t n;

	if (im->conn == NULL)
		return imap_check_alive(im, err);
	in = conn_input(im->conn);
	if (in.n == 0)
		return 0;
	n = imap_parser_feed(im->parser, in.p, in.n, one, err);
	if (n < 0)
		return imap_die(im, err);
	conn_consume(im->conn, (size_t)n);
	if (im->bye && im->state != IMAP_ENDING)
		conn_set_timeout(im->conn, LAST_WORDS_S);
	return 0;
}

/* What to say when the stream has ended: the server's own words if it had
 * any, else where it broke off. */
static int
ended(struct imap *im, const struct err *why, struct err *err)
{
	if (im->bye) {
		imap_result_err(&im->bye_res, SCOPE_STORE, "the server hung up",
		    err);
		err->scope = SCOPE_STORE;
	} else if (why != NULL) {
		*err = *why;
	} else {
		err_set(err, SCOPE_STORE, EX_TEMPFAIL,
		    "the server closed the connection%s",
		    imap_parser_is_inside(im->parser)
			? " in the middle of a response"
			: "");
	}
	return imap_die(im, err);
}

static int
pump(struct imap *im, unsigned want, bool one, struct err *err)
{
	struct err why = { 0 };
	int rc;

	if (imap_check_alive(im, err) < 0)
		return -1;
	rc = conn_wait(im->conn, want, &why);
	if (take_in(im, one, err) < 0)
		return -1;
	return rc > 0 ? 0 : ended(im, rc < 0 ? &why : NULL, err);
}

int
imap_pump(struct imap *im, unsigned want, struct err *err)
{
	return pump(im, want, false, err);
}

int
imap_put(struct imap *im, const void *p, size_t n, struct err *err)
{
	const char *at = p;
	size_t k;

	if (imap_check_alive(im, err) < 0)
		return -1;
	for (;;) {
		k = conn_queue(im->conn, at, n);
		at += k;
		n -= k;
		if (n == 0)
			return 0;
		if (imap_pump(im, CONN_ROOM | CONN_INPUT, err) < 0)
			return -1;
	}
}

int
imap_step(struct imap *im, struct err *err)
{
	size_t before;

	if (imap_check_alive(im, err) < 0)
		return -1;
	before = conn_input(im->conn).n;
	if (take_in(im, true, err) < 0)
		return -1;
	return before > 0;
}

int
imap_wait_some(struct imap *const *v, const bool *room, size_t n, int64_t ms,
    size_t *which_r, struct err *err)
{
	struct conn *conns[CONN_ANY_MAX];
	struct err why = { 0 };
	size_t i;
	int rc;

	for (i = 0; i < n && i < CONN_ANY_MAX; i++) {
		*which_r = i;
		if (imap_check_alive(v[i], err) < 0)
			return -1;
		conns[i] = v[i]->conn;
	}
	rc = conn_wait_any(conns, room, i, ms, which_r, &why);
	if (rc < 0 && why.scope == SCOPE_RUN) {
		*err = why;
		return -1;
	}
	if (rc == 0 || (rc > 0 && !conn_at_eof(conns[*which_r])))
		return rc;
	return ended(v[*which_r], rc < 0 ? &why : NULL, err);
}

int
imap_wait_any(struct imap *const *v, size_t n, size_t *which_r, struct err *err)
{
	return imap_wait_some(v, NULL, n, -1, which_r, err) < 0 ? -1 : 0;
}

int
imap_take_in(struct imap *im, struct err *err)
{
	struct err why = { 0 };
	int rc;

	if (imap_check_alive(im, err) < 0)
		return -1;
	rc = conn_poll(im->conn, &why);
	if (take_in(im, false, err) < 0)
		return -1;
	return rc < 0 ? ended(im, &why, err) : 0;
}

void
imap_share_rate(struct imap *im, const struct imap *of)
{
	if (im->conn != NULL && of->conn != NULL)
		conn_share_rate(im->conn, of->conn);
}

void
imap_push(struct imap *im)
{
	if (im->conn != NULL)
		conn_push(im->conn);
}

bool
imap_has_answered(struct imap *im, uint32_t tag)
{
	struct imap_pending *p = imap_find(im, tag);

	return p == NULL || p->done;
}

/* ------------------------------------------------------------- commands */

struct imap_pending *
imap_begin(struct imap *im, enum imap_want want, struct buf *out)
{
	struct imap_pending *p;

	if (im->n_pending == im->max_pending) {
		im->max_pending = im->max_pending * 2 + 8;
		im->pending = mem_grow(im->pending, im->max_pending,
		    sizeof(*im->pending));
	}
	p = &im->pending[im->n_pending++];
	*p = (struct imap_pending){ .tag = ++im->next_tag, .want = want };
	buf_putf(out, "%s%u ", im->tag_prefix, (unsigned)p->tag);
	return p;
}

struct imap_pending *
imap_find(struct imap *im, uint32_t tag)
{
	size_t i;

	for (i = 0; i < im->n_pending; i++)
		if (im->pending[i].tag == tag)
			return &im->pending[i];
	return NULL;
}

static void
drop_pending(struct imap *im, struct imap_pending *p)
{
	size_t i = (size_t)(p - im->pending);

	free(p->uids);
	free(p->name);
	free(p->flags);
	memmove(p, p + 1, (im->n_pending - i - 1) * sizeof(*p));
	im->n_pending--;
}

void
imap_forget(struct imap *im, uint32_t tag)
{
	struct imap_pending *p = imap_find(im, tag);

	if (p != NULL && (p->done || im->state == IMAP_DEAD))
		drop_pending(im, p);
	else if (p != NULL)
		p->forget = true;
}

void
imap_ignore(struct imap *im, uint32_t tag)
{
	if (tag != 0)
		imap_forget(im, tag);
}

void
imap_poll(struct imap *im)
{
	struct err err = { 0 }, why = { 0 };
	int rc;

	if (im->state == IMAP_DEAD)
		return;
	rc = conn_poll(im->conn, &why);
	if (take_in(im, false, &err) == 0 && rc < 0)
		(void)ended(im, &why, &err);
}

bool
imap_is_done(struct imap *im, uint32_t tag)
{
	struct imap_pending *p = imap_find(im, tag);

	if (p != NULL && !p->done)
		imap_poll(im);
	p = imap_find(im, tag);
	return p == NULL || p->done || im->state == IMAP_DEAD;
}

int
imap_wait(struct imap *im, uint32_t tag, struct imap_result *res_r,
    struct err *err)
{
	struct imap_pending *p;

	*res_r = (struct imap_result){ 0 };
	while ((p = imap_find(im, tag)) != NULL && !p->done) {
		if (imap_pump(im, CONN_INPUT, err) < 0) {
			p = imap_find(im, tag);
			if (p != NULL && p->done)
				break;
			imap_forget(im, tag);
			return -1;
		}
	}
	if (p == NULL)
		return err_set(err, SCOPE_RUN, EX_SOFTWARE,
		    "imap: a reply is waited for that nobody asked for");
	*res_r = p->res;
	imap_forget(im, tag);
	return 0;
}

int
imap_drain(struct imap *im, struct err *err)
{
	size_t i = 0;

	while (i < im->n_pending) {
		if (im->pending[i].done)
			i++;
		else if (imap_pump(im, CONN_INPUT, err) < 0)
			return -1;
		else
			i = 0; /* forgotten ones have left the table */
	}
	return 0;
}

const struct imap_result *
imap_last(const struct imap *im)
{
	return &im->last;
}

/* --------------------------------------------------------- capabilities */

void
imap_forget_capabilities(struct imap *im)
{
	memset(im->caps, 0, sizeof(im->caps));
	buf_clear(&im->cap_text);
	im->caps_known = false;
	im->append_limit = 0;
}

int
imap_ask_capability(struct imap *im, struct err *err)
{
	struct imap_cmd c = { 0 };
	int rc;

	imap_cmd_word(&c, "CAPABILITY");
	rc = imap_cmd_run(im, &c, SCOPE_STORE, err);
	imap_cmd_free(&c);
	if (rc == 0 && !im->caps_known)
		return err_set(err, SCOPE_STORE, EX_PROTOCOL,
		    "the server does not tell its capabilities");
	return rc;
}

bool
imap_has(const struct imap *im, enum imap_cap cap)
{
	return im->caps[cap];
}

bool
imap_has_word(const struct imap *im, const char *word)
{
	struct slice s = buf_slice(&im->cap_text), w;

	while (imap_flag_next(&s, &w))
		if (slice_is_nocase(w, word))
			return true;
	return false;
}

const char *
imap_capabilities(const struct imap *im)
{
	return buf_str(&im->cap_text);
}

const char *
imap_greeting(const struct imap *im)
{
	return buf_str(&im->greeting);
}

uint64_t
imap_append_limit(const struct imap *im)
{
	return im->append_limit;
}

bool
imap_cert(const struct imap *im, struct tls_cert *out)
{
	return im->conn != NULL && conn_cert(im->conn, out);
}

const char *
imap_security(const struct imap *im)
{
	return im->conn == NULL ? "not connected" : conn_security(im->conn);
}

void
imap_limit_rate(struct imap *im, uint64_t bytes)
{
	if (im->conn != NULL)
		conn_limit_rate(im->conn, bytes);
}

uint64_t
imap_bytes_sent(const struct imap *im)
{
	return im->conn == NULL ? 0 : conn_bytes_sent(im->conn);
}

uint64_t
imap_bytes_received(const struct imap *im)
{
	return im->conn == NULL ? 0 : conn_bytes_received(im->conn);
}

/* ------------------------------------------------------ greeting, STARTTLS */

static struct imap_parser *
new_parser(struct imap *im)
{
	struct imap_sink sink = {
		.response = imap_on_response,
		.fetch = imap_on_fetch,
		.body = imap_on_body,
		.trace = on_trace,
		.arg = im,
	};

	return imap_parser_new(&sink);
}

/* Tags that nobody can guess: an answer that was sent before its command
 * cannot fit (RFC 3501 lets us choose). */
static void
choose_tags(struct imap *im)
{
	unsigned char r[5];
	size_t i;

	if (getrandom(r, sizeof(r), 0) != (ssize_t)sizeof(r))
		mem_exhausted();
	for (i = 0; i < sizeof(r); i++)
		im->tag_prefix[i] = (char)('a' + r[i] % 26);
}

static int
read_greeting(struct imap *im, struct err *err)
{
	while (!im->greeted && !im->bye)
		if (pump(im, CONN_INPUT, true, err) < 0)
			return -1;
	if (im->bye) {
		imap_result_err(&im->bye_res, SCOPE_STORE,
		    "the server greets with BYE", err);
		err->scope = SCOPE_STORE;
		return imap_die(im, err);
	}
	return 0;
}

static int
no_starttls(struct imap *im, const char *what, const char *words,
    struct err *err)
{
	err_set(err, SCOPE_STORE, EX_NOPERM, "STARTTLS: %s%s%s", what,
	    words[0] != '\0' ? ": " : "", words);
	err_hint(err,
	    "no password was sent; try imaps://, or accept an "
	    "unencrypted connection with --tls none");
	return imap_die(im, err);
}

/* The reply, and not one byte more: what follows it is in another form, or was
 * not the server.  0 with *res_r, or -1. */
static int
await_alone(struct imap *im, uint32_t tag, struct imap_result *res_r,
    struct err *err)
{
	while (!imap_find(im, tag)->done && !im->bye) {
		if (take_in(im, true, err) < 0)
			return -1;
		if (imap_find(im, tag)->done || im->bye)
			break;
		if (conn_input(im->conn).n == 0 &&
		    pump(im, CONN_INPUT, true, err) < 0)
			return -1;
	}
	*res_r = (struct imap_result){ 0 };
	return im->bye ? 0 : imap_wait(im, tag, res_r, err);
}

static int
await_starttls(struct imap *im, uint32_t tag, struct err *err)
{
	struct imap_result res;

	if (await_alone(im, tag, &res, err) < 0)
		return -1;
	if (im->bye)
		return no_starttls(im, "the server hung up", im->bye_res.text,
		    err);
	if (res.status != IMAP_OK)
		return no_starttls(im, "the server refuses", res.text, err);
	return 0;
}

static int
starttls(struct imap *im, struct err *err)
{
	struct imap_cmd c = { 0 };
	uint32_t tag;
	int rc;

	if (im->state == IMAP_AUTHENTICATED)
		return no_starttls(im,
		    "the server takes us for somebody "
		    "already logged in (PREAUTH)",
		    "", err);
	if (!im->caps_known && imap_ask_capability(im, err) < 0)
		return -1;
	if (!imap_has(im, IMAP_CAP_STARTTLS))
		return no_starttls(im, "the server does not offer it", "", err);
	imap_cmd_word(&c, "STARTTLS");
	rc = imap_cmd_send(im, &c, &tag, err);
	imap_cmd_free(&c);
	if (rc < 0 || await_starttls(im, tag, err) < 0)
		return -1;
	if (conn_starttls(im->conn, err) < 0)
		return imap_die(im, err);
	/* nothing that was said in plaintext counts */
	imap_parser_free(&im->parser);
	im->parser = new_parser(im);
	imap_forget_capabilities(im);
	return 0;
}

int
imap_compress(struct imap *im, struct err *err)
{
	struct imap_result res;
	struct imap_cmd c = { 0 };
	uint32_t tag;
	int rc;

	if (!imap_has(im, IMAP_CAP_COMPRESS_DEFLATE))
		return 0;
	if (imap_drain(im, err) < 0)
		return -1;
	imap_cmd_word(&c, "COMPRESS DEFLATE");
	rc = imap_cmd_send(im, &c, &tag, err);
	imap_cmd_free(&c);
	if (rc < 0 || await_alone(im, tag, &res, err) < 0)
		return -1;
	if (im->bye || res.status != IMAP_OK)
		return 0; /* then not */
	if (conn_compress(im->conn, err) < 0)
		return imap_die(im, err);
	log_debug("imap: compressed");
	return 1;
}

uint64_t
imap_rtt_us(const struct imap *im)
{
	return im->conn == NULL ? 0 : conn_rtt_us(im->conn);
}

static int
negotiate(struct imap *im, bool want_tls, struct err *err)
{
	int rc = read_greeting(im, err);

	if (rc == 0 && want_tls)
		rc = starttls(im, err);
	/* before TLS a broken dialogue is as good as an attack */
	if (rc < 0 && want_tls && err->status == EX_PROTOCOL)
		err->status = EX_NOPERM;
	if (rc < 0)
		return -1;
	if (!im->caps_known && imap_ask_capability(im, err) < 0)
		return -1;
	if (!imap_has(im, IMAP_CAP_IMAP4REV1) &&
	    !imap_has(im, IMAP_CAP_IMAP4REV2)) {
		err_set(err, SCOPE_STORE, EX_PROTOCOL,
		    "the server knows neither IMAP4rev1 nor IMAP4rev2");
		return imap_die(im, err);
	}
	return 0;
}

int
imap_open(struct imap **im_r, const struct conn_spec *spec, struct err *err)
{
	struct imap *im = mem_alloc(1, sizeof(*im));
	bool want_tls = !spec->tls_at_once && spec->tls.mode != TLS_NONE;

	*im_r = NULL;
	im->plaintext_ok = spec->tls.mode == TLS_NONE;
	choose_tags(im);
	im->parser = new_parser(im);
	if (conn_open(&im->conn, spec, err) == 0) {
		im->state = IMAP_CONNECTED;
		if (negotiate(im, want_tls, err) == 0) {
			*im_r = im;
			return 0;
		}
	}
	imap_abort(&im);
	return -1;
}

/* ------------------------------------------------------------------ end */

void
imap_abort(struct imap **im)
{
	struct imap *p = *im;

	if (p == NULL)
		return;
	while (p->n_pending > 0)
		drop_pending(p, &p->pending[p->n_pending - 1]);
	free(p->pending);
	conn_close(&p->conn);
	imap_parser_free(&p->parser);
	buf_free(&p->greeting);
	buf_free(&p->cap_text);
	buf_free(&p->plus_text);
	buf_free(&p->box_name);
	buf_free(&p->permanentflags);
	buf_free(&p->copied_from);
	buf_free(&p->copied_to);
	buf_free(&p->ns_text);
	buf_free(&p->software);
	buf_free(&p->scratch);
	buf_free(&p->utf8);
	free(p->block);
	free(p);
	*im = NULL;
}

void
imap_close(struct imap **im)
{
	struct imap_cmd c = { 0 };
	struct err ignored = { 0 };
	struct imap_result res;
	uint32_t tag;

	if (*im != NULL && imap_alive(*im)) {
		conn_set_timeout((*im)->conn, LAST_WORDS_S);
		imap_cmd_word(&c, "LOGOUT");
		imap_set_state(*im, IMAP_ENDING);
		if (imap_cmd_send(*im, &c, &tag, &ignored) == 0)
			(void)imap_wait(*im, tag, &res, &ignored);
		imap_cmd_free(&c);
	}
	imap_abort(im);
}
