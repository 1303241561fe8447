/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Logging in to POP3: AUTH (RFC 5034) with any mechanism of wire/sasl.h,
 * APOP (RFC 1939 7) where the greeting has a time stamp, USER and PASS; as
 * wire/login.h chooses.  All of it only in TLS, unless the user said --tls
 * none; and no APOP in plaintext even then: a forged greeting could collect
 * digests (CVE-2007-1558).
 */
#include <stdio.h>
#include <string.h>

#include "core/digest.h"
#include "wire/pop3_impl.h"
#include "wire/sasl.h"

#define ROUNDS_MAX 8 /* challenges of one login */

/*
 * The time stamp is a msg-id of RFC 822, and is believed only where it looks
 * like one: forged ones that make MD5 collide have bytes that none has.
 */
static struct slice
time_stamp(const struct pop3 *p)
{
	struct slice s = buf_slice(&p->greeting), none = { NULL, 0 };
	const char *lt = s.n == 0 ? NULL : memchr(s.p, '<', s.n);
	const char *gt = s.n == 0 ? NULL : memrchr(s.p, '>', s.n);
	size_t i, ats = 0;

	if (lt == NULL || gt == NULL || gt < lt + 4)
		return none;
	s = slice_of(lt, (size_t)(gt - lt) + 1);
	for (i = 1; i + 1 < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c <= ' ' || c >= 0x7f || strchr("<>()[]\\,;:\"", c) != NULL)
			return none;
		ats += c == '@';
	}
	return ats == 1 && s.p[1] != '@' && s.p[s.n - 2] != '@' ? s : none;
}

/* The answer to the last credential.  0 in, -1. */
static int
settle(struct pop3 *p, int rc, const char *what, struct err *err)
{
	if (rc > 0)
		return 0;
	if (rc < 0)
		return -1;
	pop3_refusal(p, SCOPE_STORE, EX_NOPERM, what, err);
	if (err->status == EX_NOPERM)
		err_hint(err,
		    "look at the user name and the password; some "
		    "hosts want an app password, or POP switched on "
		    "in the mailbox's settings");
	return pop3_die(p, err);
}

static int
apop(struct pop3 *p, const struct login *l, struct slice stamp, struct err *err)
{
	struct slice parts[2] = { stamp, secret_slice(l->password) };
	struct buf line = { 0 };
	uint8_t md5[DIGEST_MD5_BYTES];
	char hex[2 * DIGEST_MD5_BYTES + 1];
	int rc;

	digest_md5(parts, 2, md5);
	buf_putf(&line, "APOP %s %s", l->user,
	    digest_hex(hex, md5, sizeof(md5)));
	rc = pop3_put_line(p, line.p, "APOP [credentials]", err);
	buf_free(&line);
	if (rc == 0)
		rc = pop3_read_status(p, "APOP", NULL, err);
	return settle(p, rc, "APOP", err);
}

static int
put_pass(struct pop3 *p, const struct login *l, struct err *err)
{
	struct slice s = secret_slice(l->password);

	if (pop3_put(p, "PASS ", 5, err) < 0 ||
	    pop3_put(p, s.p, s.n, err) < 0 || pop3_put(p, "\r\n", 2, err) < 0)
		return -1;
	pop3_trace(p, '>', slice_str("PASS [credentials]"));
	return pop3_read_status(p, "PASS", NULL, err);
}

static int
user_pass(struct pop3 *p, const struct login *l, struct err *err)
{
	struct buf line = { 0 };
	int rc;

	buf_putf(&line, "USER %s", l->user);
	rc = pop3_put_line(p, line.p, "USER [credentials]", err);
	buf_free(&line);
	if (rc == 0)
		rc = pop3_read_status(p, "USER", NULL, err);
	if (rc <= 0)
		return settle(p, rc, "USER", err);
	return settle(p, put_pass(p, l, err), "PASS", err);
}

/* ----------------------------------------------------------------- AUTH */

static int
put_message(struct pop3 *p, const struct secret *message, struct err *err)
{
	struct slice s = secret_slice(message);

	if (pop3_put(p, s.p, s.n, err) < 0 || pop3_put(p, "\r\n", 2, err) < 0)
		return -1;
	pop3_trace(p, '>', slice_str("[credentials]"));
	return 0;
}

/* What the server says made no sense, or was a lie: end it. */
static int
cancel(struct pop3 *p, struct err *err)
{
	struct err ignored = { 0 };

	pop3_put_line(p, "*", NULL, &ignored);
	if (p->conn != NULL)
		conn_wait(p->conn, CONN_SENT, &ignored);
	return pop3_die(p, err);
}

/* A line that is a challenge ("+ base64", not "+OK"). */
static bool
is_challenge(struct slice line, struct slice *challenge_r)
{
	if (line.n == 0 || line.p[0] != '+' || (line.n > 1 && line.p[1] != ' '))
		return false;
	*challenge_r = slice_trim(slice_from(line, 1));
	return true;
}

/* 1 +OK, 0 -ERR, -1. */
static int
dialogue(struct pop3 *p, struct sasl *sasl, struct secret *message,
    const char *what, struct err *err)
{
	struct slice line, challenge;
	unsigned rounds = 0;

	for (;;) {
		if (pop3_read_line(p, what, err) < 0)
			return -1;
		line = buf_slice(&p->line);
		if (!is_challenge(line, &challenge))
			break;
		if (++rounds > ROUNDS_MAX) {
			err_set(err, SCOPE_STORE, EX_PROTOCOL,
			    "%s: the server asks again and again", what);
			return cancel(p, err);
		}
		if (sasl_step(sasl, challenge, message, err) < 0)
			return cancel(p, err);
		p->hide[1] = secret_slice(message);
		if (put_message(p, message, err) < 0)
			return -1;
	}
	return pop3_status_of_line(p, what, NULL, err);
}

static int
authenticate(struct pop3 *p, const struct login *l, enum login_way way,
    struct err *err)
{
	struct secret *message;
	struct sasl *sasl;
	char what[40];
	int rc;

	if (sasl_new(&sasl, way, l, err) < 0)
		return pop3_die(p, err);
	message = secret_new(SASL_MESSAGE_MAX);
	snprintf(what, sizeof(what), "AUTH %s", login_way_name(way));
	rc = pop3_put_line(p, what, NULL, err);
	if (rc == 0)
		rc = dialogue(p, sasl, message, what, err);
	if (rc == 1 && sasl_end(sasl, err) < 0)
		rc = pop3_die(p, err);
	p->hide[1] = slice_of(NULL, 0);
	rc = settle(p, rc, what, err);
	if (rc < 0 && sasl_refusal(sasl)[0] != '\0')
		err_within(err, "of the token it says %s", sasl_refusal(sasl));
	secret_free(&message);
	sasl_free(&sasl);
	return rc;
}

/* --------------------------------------------------------------- choice */

static int
check_args(struct pop3 *p, const struct login *l, struct err *err)
{
	if (pop3_check_alive(p, err) < 0)
		return -1;
	if (!conn_is_private(p->conn) && !p->plaintext_ok)
		return err_set(err, SCOPE_RUN, EX_SOFTWARE,
		    "a password must not be sent without TLS");
	return login_check(l, err);
}

/* RFC 1939 knows USER and PASS only; CAPA may say that they are off. */
unsigned
pop3_login_ways(const struct pop3 *p)
{
	unsigned ways = p->sasl;

	if (time_stamp(p).n > 0 && p->conn != NULL && conn_is_tls(p->conn))
		ways |= LOGIN_BIT(LOGIN_APOP);
	if (!p->knows_capa || pop3_has(p, POP3_CAP_USER) || p->sasl == 0)
		ways |= LOGIN_BIT(LOGIN_COMMAND);
	return ways;
}

/* APOP has no way to say a name with a blank in it. */
static unsigned
ways_of(const struct pop3 *p, const struct login *l)
{
	unsigned ways = pop3_login_ways(p);

	if (strpbrk(l->user, " \t") != NULL)
		ways &= ~LOGIN_BIT(LOGIN_APOP);
	return ways;
}

int
pop3_login(struct pop3 *p, const struct login *l, struct err *err)
{
	enum login_way way;
	int rc;

	if (check_args(p, l, err) < 0)
		return -1;
	if (login_choose(l, ways_of(p, l), LOGIN_NO_WAY, &way, err) < 0)
		return pop3_die(p, err);
	if (l->token != NULL || l->password != NULL)
		p->hide[0] =
		    secret_slice(l->token != NULL ? l->token : l->password);
	if (way == LOGIN_APOP)
		rc = apop(p, l, time_stamp(p), err);
	else if (way == LOGIN_COMMAND)
		rc = user_pass(p, l, err);
	else
		rc = authenticate(p, l, way, err);
	if (rc < 0 && err->status == EX_NOPERM)
		login_hint(l, pop3_login_ways(p), way, err);
	p->hide[0] = slice_of(NULL, 0);
	if (p->conn != NULL)
		conn_wipe(p->conn);
	p->logged_in = rc == 0;
	return rc;
}
