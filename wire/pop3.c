/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of a POP3 session, its lines and replies; see pop3.h. */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"
#include "wire/pop3_impl.h"

#define CAPS_MAX    200
#define LAST_WORD_S 5 /* how long to wait for the answer to QUIT */

int
pop3_die(struct pop3 *p, const struct err *err)
{
	if (p->conn != NULL)
		p->why = *err;
	conn_close(&p->conn);
	return -1;
}

int
pop3_check_alive(const struct pop3 *p, struct err *err)
{
	if (p->conn != NULL)
		return 0;
	*err = p->why;
	return -1;
}

bool
pop3_alive(const struct pop3 *p)
{
	return p->conn != NULL;
}

static bool
is_hidden(const struct pop3 *p, struct slice s)
{
	size_t i;

	for (i = 0; i < 2; i++)
		if (p->hide[i].n > 0 &&
		    memmem(s.p, s.n, p->hide[i].p, p->hide[i].n) != NULL)
			return true;
	return false;
}

void
pop3_trace(struct pop3 *p, char dir, struct slice line)
{
	struct trace *t;
	int number;

	if (p->conn == NULL)
		return;
	t = conn_trace(p->conn, &number);
	trace_line(t, number, dir,
	    is_hidden(p, line) ? slice_str("[credentials]") : line);
}

/* --------------------------------------------------------------- lines */

int
pop3_await(struct pop3 *p, const char *doing, struct err *err)
{
	size_t had;
	int rc;

	if (pop3_check_alive(p, err) < 0)
		return -1;
	had = conn_input(p->conn).n;
	rc = conn_wait(p->conn, CONN_INPUT, err);
	if (rc > 0 || conn_input(p->conn).n > had)
		return 0; /* its last words count, too */
	if (rc == 0)
		err_set(err, SCOPE_STORE, EX_TEMPFAIL,
		    "the server closed the connection");
	err_within(err, "%s", doing);
	return pop3_die(p, err);
}

int
pop3_put(struct pop3 *p, const void *data, size_t n, struct err *err)
{
	const char *at = data;
	size_t k;

	if (pop3_check_alive(p, err) < 0)
		return -1;
	while ((k = conn_queue(p->conn, at, n)) < n) {
		at += k;
		n -= k;
		if (conn_wait(p->conn, CONN_ROOM, err) < 0)
			return pop3_die(p, err);
	}
	return 0;
}

int
pop3_put_line(struct pop3 *p, const char *text, const char *shown,
    struct err *err)
{
	if (pop3_put(p, text, strlen(text), err) < 0 ||
	    pop3_put(p, "\r\n", 2, err) < 0)
		return -1;
	pop3_trace(p, '>', slice_str(shown == NULL ? text : shown));
	return 0;
}

static int
bad_line(struct pop3 *p, const char *doing, const char *what, struct err *err)
{
	err_set(err, SCOPE_STORE, EX_PROTOCOL, "%s: the server sends %s", doing,
	    what);
	return pop3_die(p, err);
}

int
pop3_read_line(struct pop3 *p, const char *doing, struct err *err)
{
	struct slice in;
	const char *nl;
	size_t n;

	if (pop3_check_alive(p, err) < 0)
		return -1;
	for (;;) {
		in = conn_input(p->conn);
		nl = in.n == 0 ? NULL : memchr(in.p, '\n', in.n);
		n = nl == NULL ? in.n : (size_t)(nl - in.p);
		if (n > POP3_LINE_MAX)
			return bad_line(p, doing, "a line without an end", err);
		if (nl != NULL)
			break;
		if (pop3_await(p, doing, err) < 0)
			return -1;
	}
	p->bare_lf = n == 0 || nl[-1] != '\r';
	buf_clear(&p->line);
	buf_put(&p->line, in.p, p->bare_lf ? n : n - 1);
	conn_consume(p->conn, n + 1);
	/* a challenge may repeat a token, in base64 */
	pop3_trace(p, '<',
	    p->hide[0].n > 0 && slice_starts(buf_slice(&p->line), "+ ")
		? slice_str("+ [challenge]")
		: buf_slice(&p->line));
	if (p->line.n > 0 && memchr(p->line.p, '\0', p->line.n) != NULL)
		return bad_line(p, doing, "a NUL in a line", err);
	return 0;
}

int
pop3_read_more(struct pop3 *p, const char *doing, struct err *err)
{
	if (pop3_read_line(p, doing, err) < 0)
		return -1;
	if (p->line.n == 1 && p->line.p[0] == '.')
		return 0;
	if (p->line.n > 0 && p->line.p[0] == '.')
		buf_eat(&p->line, 1);
	return 1;
}

int
pop3_status_of_line(struct pop3 *p, const char *doing, struct slice *text_r,
    struct err *err)
{
	struct slice s = buf_slice(&p->line);
	size_t head;
	int ok;

	if (s.n >= 3 && strncasecmp(s.p, "+OK", 3) == 0)
		ok = 1;
	else if (s.n >= 4 && strncasecmp(s.p, "-ERR", 4) == 0)
		ok = 0;
	else
		return bad_line(p, doing, "neither +OK nor -ERR", err);
	head = ok ? 3 : 4;
	if (text_r != NULL)
		*text_r = slice_trim(slice_from(s, head));
	return ok;
}

int
pop3_read_status(struct pop3 *p, const char *doing, struct slice *text_r,
    struct err *err)
{
	if (pop3_read_line(p, doing, err) < 0)
		return -1;
	return pop3_status_of_line(p, doing, text_r, err);
}

int
pop3_refusal(const struct pop3 *p, enum scope scope, int status,
    const char *what, struct err *err)
{
	static const struct {
		const char *code;
		int status;
	} codes[] = { { "[IN-USE]", EX_TEMPFAIL },
		{ "[LOGIN-DELAY]", EX_TEMPFAIL }, { "[SYS/TEMP]", EX_TEMPFAIL },
		{ "[SYS/PERM]", EX_UNAVAILABLE }, { "[AUTH]", EX_NOPERM } };
	struct slice s = slice_trim(slice_from(buf_slice(&p->line), 4));
	struct buf shown = { 0 };
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (s.n >= strlen(codes[i].code) &&
		    strncasecmp(s.p, codes[i].code, strlen(codes[i].code)) == 0)
			status = codes[i].status;
	if (is_hidden(p, s))
		s = slice_str("(words that repeat the password)");
	buf_put(&shown, s.p, s.n);
	err_set(err, scope, status, "%s: the server says: %.250s", what,
	    s.n == 0 ? "-ERR" : buf_str(&shown));
	buf_free(&shown);
	return -1;
}

int
pop3_ask(struct pop3 *p, const char *command, struct slice *text_r,
    struct err *err)
{
	if (pop3_put_line(p, command, NULL, err) < 0)
		return -1;
	return pop3_read_status(p, command, text_r, err);
}

/* --------------------------------------------------------- capabilities */

static void
note_mechanisms(struct pop3 *p, struct slice words)
{
	enum login_way way;
	size_t n;

	for (; words.n > 0; words = slice_trim(slice_from(words, n))) {
		for (n = 0; n < words.n && words.p[n] != ' '; n++)
			;
		way = login_way_of(slice_of(words.p, n));
		if (way < LOGIN_COMMAND && way != LOGIN_APOP)
			p->sasl |= LOGIN_BIT(way);
	}
}

static void
note_capability(struct pop3 *p, struct slice line)
{
	static const struct {
		const char *word;
		enum pop3_cap cap;
	} words[] = { { "STLS", POP3_CAP_STLS }, { "USER", POP3_CAP_USER },
		{ "UIDL", POP3_CAP_UIDL }, { "TOP", POP3_CAP_TOP },
		{ "PIPELINING", POP3_CAP_PIPELINING },
		{ "RESP-CODES", POP3_CAP_RESP_CODES } };
	const char *sp = line.n == 0 ? NULL : memchr(line.p, ' ', line.n);
	struct slice word =
	    sp == NULL ? line : slice_of(line.p, (size_t)(sp - line.p));
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (slice_is_nocase(word, words[i].word))
			p->caps[words[i].cap] = true;
	if (slice_is_nocase(line, "EXPIRE 0"))
		p->caps[POP3_CAP_EXPIRE_0] = true;
	if (slice_is_nocase(word, "SASL"))
		note_mechanisms(p, slice_trim(slice_from(line, word.n)));
	if (p->cap_text.n > 0)
		buf_putc(&p->cap_text, '\n');
	buf_put(&p->cap_text, line.p, line.n);
}

/* What it could do before TLS or before the login counts no more. */
static int
ask_capa(struct pop3 *p, struct err *err)
{
	unsigned n = 0;
	int rc;

	memset(p->caps, 0, sizeof(p->caps));
	p->sasl = 0;
	buf_clear(&p->cap_text);
	rc = pop3_ask(p, "CAPA", NULL, err);
	p->knows_capa = rc == 1;
	if (rc <= 0)
		return rc;
	while ((rc = pop3_read_more(p, "CAPA", err)) > 0)
		if (++n > CAPS_MAX)
			return bad_line(p, "CAPA", "lines without an end", err);
		else
			note_capability(p, slice_trim(buf_slice(&p->line)));
	return rc;
}

bool
pop3_has(const struct pop3 *p, enum pop3_cap cap)
{
	return p->caps[cap];
}

const char *
pop3_capabilities(const struct pop3 *p)
{
	return buf_str(&p->cap_text);
}

/* ----------------------------------------------------------------- life */

static int
greet(struct pop3 *p, struct err *err)
{
	int rc = pop3_read_status(p, "greeting", NULL, err);

	if (rc < 0)
		return -1;
	if (rc == 0) {
		pop3_refusal(p, SCOPE_STORE, EX_UNAVAILABLE, "greeting", err);
		return pop3_die(p, err);
	}
	buf_put(&p->greeting, p->line.p, p->line.n);
	text_escape(&p->shown, buf_slice(&p->greeting));
	return 0;
}

/* RFC 2595 4.  Some servers that know STLS do not know CAPA: ask anyway. */
static int
go_over_to_tls(struct pop3 *p, struct err *err)
{
	int rc;

	if (p->knows_capa && !pop3_has(p, POP3_CAP_STLS)) {
		err_set(err, SCOPE_STORE, EX_NOPERM,
		    "the server does not offer STLS");
		err_hint(err,
		    "use pop3s:// (port 995), or --tls none if an "
		    "unencrypted password is what you want");
		return pop3_die(p, err);
	}
	/* without tags, an answer is known by its place: none may be there */
	if (conn_poll(p->conn, err) < 0)
		return pop3_die(p, err);
	if (conn_input(p->conn).n > 0) {
		err_set(err, SCOPE_STORE, EX_NOPERM,
		    "STLS: bytes came before it was asked for");
		err_hint(err,
		    "somebody between here and the server may be speaking for "
		    "it; try pop3s://");
		return pop3_die(p, err);
	}
	rc = pop3_ask(p, "STLS", NULL, err);
	if (rc < 0)
		return -1;
	if (rc == 0) {
		pop3_refusal(p, SCOPE_STORE, EX_NOPERM, "STLS", err);
		err->status = EX_NOPERM;
		err_hint(err, "use pop3s:// (port 995)");
		return pop3_die(p, err);
	}
	if (conn_starttls(p->conn, err) < 0)
		return pop3_die(p, err);
	/* the stamp for APOP, too, was said by who knows whom */
	buf_clear(&p->greeting);
	return ask_capa(p, err);
}

static int
shake_hands(struct pop3 *p, const struct conn_spec *spec, struct err *err)
{
	bool as_it_is = spec->tls_at_once || spec->tls.mode == TLS_NONE;
	int rc = greet(p, err);

	if (rc == 0)
		rc = ask_capa(p, err);
	if (rc == 0 && !as_it_is)
		rc = go_over_to_tls(p, err);
	/* before TLS a broken dialogue is as good as an attack */
	if (rc < 0 && !as_it_is && err->status == EX_PROTOCOL)
		err->status = EX_NOPERM;
	return rc;
}

int
pop3_open(struct pop3 **p_r, const struct conn_spec *spec, struct err *err)
{
	struct pop3 *p = mem_alloc(1, sizeof(*p));

	*p_r = NULL;
	p->plaintext_ok = spec->tls.mode == TLS_NONE;
	if (conn_open(&p->conn, spec, err) < 0 ||
	    shake_hands(p, spec, err) < 0) {
		pop3_close(&p);
		return -1;
	}
	*p_r = p;
	return 0;
}

static void
say_quit(struct pop3 *p)
{
	struct err err = { 0 };

	if (p->conn == NULL || p->asked > 0 || p->reading ||
	    pop3_has(p, POP3_CAP_EXPIRE_0))
		return;
	conn_set_timeout(p->conn, LAST_WORD_S);
	pop3_ask(p, "QUIT", NULL, &err);
}

void
pop3_close(struct pop3 **pp)
{
	struct pop3 *p = *pp;

	if (p == NULL)
		return;
	say_quit(p);
	conn_close(&p->conn);
	buf_free(&p->cap_text);
	buf_free(&p->greeting);
	buf_free(&p->shown);
	buf_free(&p->line);
	free(p);
	*pp = NULL;
}

const char *
pop3_greeting(const struct pop3 *p)
{
	return buf_str(&p->shown);
}

bool
pop3_cert(const struct pop3 *p, struct tls_cert *out)
{
	return p->conn != NULL && conn_cert(p->conn, out);
}

const char *
pop3_security(const struct pop3 *p)
{
	return p->conn == NULL ? "" : conn_security(p->conn);
}

uint64_t
pop3_bytes_received(const struct pop3 *p)
{
	return p->conn == NULL ? 0 : conn_bytes_received(p->conn);
}
