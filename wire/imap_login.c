/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Logging in: AUTHENTICATE with any mechanism of wire/sasl.h (RFC 3501, 4959)
 * or LOGIN, as wire/login.h chooses; PROXYAUTH behind it.  Credentials are
 * built in memory of struct secret, and never pass through an ordinary buffer
 * but the connection's queue, which is wiped afterward.
 */
#include <stdio.h>
#include <string.h>

#include "wire/imap_impl.h"
#include "wire/sasl.h"

#define ROUNDS_MAX 8 /* challenges of one login */

/* Send from secret memory; the trace shows that, and no more. */
static int
put_secret(struct imap *im, const struct secret *s, struct err *err)
{
	struct slice v = secret_slice(s);

	return imap_put(im, v.p, v.n, err);
}

/* Queue the command's first line up to where the credentials begin. */
static int
begin(struct imap *im, const char *what, bool more, uint32_t *tag_r,
    struct err *err)
{
	struct buf line = { 0 };
	int rc;

	*tag_r = imap_begin(im, IMAP_WANT_NOTHING, &line)->tag;
	buf_puts(&line, what);
	if (more)
		buf_putc(&line, ' ');
	rc = imap_put(im, line.p, line.n, err);
	buf_puts(&line, more ? "[credentials]" : " [credentials]");
	imap_trace(im, '>', buf_slice(&line));
	buf_free(&line);
	return rc;
}

/* Wait for '+' or the reply.  1: '+'; 0: the reply is there; -1. */
static int
await_plus(struct imap *im, uint32_t tag, struct err *err)
{
	while (!im->plus && !imap_is_answered(im, tag))
		if (imap_pump(im, CONN_INPUT, err) < 0)
			return -1;
	return imap_is_answered(im, tag) ? 0 : 1;
}

/* ---------------------------------------------------------- AUTHENTICATE */

struct dialogue {
	struct sasl *sasl;
	struct secret *message;
	uint32_t tag;
};

static int
send_message(struct imap *im, const struct dialogue *d, struct err *err)
{
	if (put_secret(im, d->message, err) < 0)
		return -1;
	return imap_put(im, "\r\n", 2, err);
}

/* What the server says made no sense, or was a lie: end it. */
static int
cancel(struct imap *im, struct err *err)
{
	struct err ignored = { 0 };

	if (imap_put(im, "*\r\n", 3, &ignored) == 0)
		(void)imap_pump(im, CONN_SENT, &ignored);
	return imap_die(im, err);
}

static int
answer(struct imap *im, struct dialogue *d, struct err *err)
{
	im->plus = false;
	if (sasl_step(d->sasl, buf_slice(&im->plus_text), d->message, err) < 0)
		return cancel(im, err);
	im->hide[1] = secret_slice(d->message);
	return send_message(im, d, err);
}

static int
open_dialogue(struct imap *im, struct dialogue *d, enum login_way way,
    struct err *err)
{
	bool at_once =
	    imap_has(im, IMAP_CAP_SASL_IR) && sasl_speaks_first(d->sasl);
	char what[40];

	im->plus = false;
	buf_clear(&im->plus_text);
	snprintf(what, sizeof(what), "AUTHENTICATE %s", login_way_name(way));
	if (at_once && sasl_step(d->sasl, slice_of("", 0), d->message, err) < 0)
		return -1;
	if (begin(im, what, at_once, &d->tag, err) < 0)
		return -1;
	if (!at_once)
		return imap_put(im, "\r\n", 2, err);
	/* RFC 4959: an empty message is written so */
	if (secret_slice(d->message).n == 0)
		secret_put(d->message, "=", 1);
	im->hide[1] = secret_slice(d->message);
	return send_message(im, d, err);
}

static int
run_dialogue(struct imap *im, struct dialogue *d, enum login_way way,
    struct imap_result *res, struct err *err)
{
	int rc = open_dialogue(im, d, way, err), rounds = 0;

	while (rc == 0 && (rc = await_plus(im, d->tag, err)) > 0) {
		if (++rounds > ROUNDS_MAX) {
			err_set(err, SCOPE_STORE, EX_PROTOCOL,
			    "AUTHENTICATE: the server asks again and again");
			return cancel(im, err);
		}
		rc = answer(im, d, err);
	}
	if (rc < 0 || imap_wait(im, d->tag, res, err) < 0)
		return -1;
	if (res->status == IMAP_OK && sasl_end(d->sasl, err) < 0)
		return imap_die(im, err);
	return 0;
}

static int
authenticate(struct imap *im, const struct login *l, enum login_way way,
    struct err *err)
{
	struct imap_result *res = &im->last;
	struct dialogue d = { 0 };
	const char *more;
	size_t n;
	int rc;

	if (sasl_new(&d.sasl, way, l, err) < 0)
		return -1;
	d.message = secret_new(SASL_MESSAGE_MAX);
	rc = run_dialogue(im, &d, way, res, err);
	more = sasl_refusal(d.sasl);
	n = strlen(res->text);
	if (rc == 0 && res->status != IMAP_OK && more[0] != '\0')
		snprintf(res->text + n, sizeof(res->text) - n,
		    "%sof the token it says %s", n > 0 ? "; " : "", more);
	im->hide[1] = slice_of(NULL, 0);
	secret_free(&d.message);
	sasl_free(&d.sasl);
	return rc;
}

/* ---------------------------------------------------------------- LOGIN */

static bool
quote_into(struct secret *out, struct slice s)
{
	bool ok = secret_put(out, "\"", 1);
	size_t i;

	for (i = 0; i < s.n && ok; i++)
		ok = s.p[i] >= ' ' && s.p[i] < 0x7f &&
		    ((s.p[i] != '"' && s.p[i] != '\\') ||
			secret_put(out, "\\", 1)) &&
		    secret_put(out, s.p + i, 1);
	return ok && secret_put(out, "\"", 1);
}

/* One argument, quoted or as a literal.  1 go on, 0 refused, -1. */
static int
put_argument(struct imap *im, uint32_t tag, struct slice s, struct err *err)
{
	struct secret *quoted = secret_new(2 * SECRET_MAX + 2);
	int rc;

	if (quote_into(quoted, s)) {
		rc = put_secret(im, quoted, err) < 0 ? -1 : 1;
	} else {
		rc = imap_literal_begin(im, tag, s.n, err);
		if (rc > 0 && imap_put(im, s.p, s.n, err) < 0)
			rc = -1;
	}
	secret_free(&quoted);
	return rc;
}

static int
login_command(struct imap *im, const struct login *l, struct imap_result *res,
    struct err *err)
{
	uint32_t tag;
	int rc = begin(im, "LOGIN", true, &tag, err);

	if (rc == 0)
		rc = put_argument(im, tag, slice_str(l->user), err);
	if (rc > 0)
		rc = imap_put(im, " ", 1, err) < 0 ? -1 : 1;
	if (rc > 0)
		rc = put_argument(im, tag, secret_slice(l->password), err);
	if (rc > 0)
		rc = imap_put(im, "\r\n", 2, err) < 0 ? -1 : 1;
	return rc < 0 ? -1 : imap_wait(im, tag, res, err);
}

/* --------------------------------------------------------------- choice */

unsigned
imap_login_ways(const struct imap *im)
{
	struct slice words = buf_slice(&im->cap_text), word;
	unsigned ways = 0;
	enum login_way way;

	while (imap_flag_next(&words, &word)) {
		if (word.n < 5 || strncasecmp(word.p, "AUTH=", 5) != 0)
			continue;
		way = login_way_of(slice_from(word, 5));
		if (way < LOGIN_COMMAND && way != LOGIN_APOP)
			ways |= LOGIN_BIT(way);
	}
	if (!imap_has(im, IMAP_CAP_LOGINDISABLED))
		ways |= LOGIN_BIT(LOGIN_COMMAND);
	return ways;
}

/* What the server's code tells beyond "no" (RFC 5530). */
static bool
hint_of_code(enum imap_code code, struct err *err)
{
	static const struct {
		enum imap_code code;
		const char *hint;
	} hints[] = {
		{ IMAP_CODE_EXPIRED,
		    "the password has expired: the user has to set a new one" },
		{ IMAP_CODE_CONTACTADMIN,
		    "the account is blocked or lacks something: its "
		    "administrator can tell what" },
		{ IMAP_CODE_AUTHORIZATIONFAILED,
		    "the login is right, but it may not open this user's "
		    "mailbox: give the administrator that right" },
		{ IMAP_CODE_PRIVACYREQUIRED,
		    "the server wants TLS for this way to log in" },
	};
	size_t i;

	for (i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		if (hints[i].code == code)
			return err_hint(err, "%s", hints[i].hint) < 0;
	return false;
}

static int
refused(const struct imap_result *res, enum login_way way, struct err *err)
{
	struct imap_result r = *res;
	char what[40];

	/* a bare NO to a login means what it always means; a limit is one of
	 * logins or connections at a time, not of this user */
	if (r.trouble == IMAP_TROUBLE || r.trouble == IMAP_FORBIDDEN)
		r.trouble = IMAP_AUTH_FAILED;
	if (r.trouble == IMAP_LIMIT_REACHED)
		r.trouble = IMAP_UNAVAILABLE;
	snprintf(what, sizeof(what), "%s%s",
	    way == LOGIN_COMMAND ? "" : "AUTHENTICATE ",
	    way == LOGIN_COMMAND ? "LOGIN" : login_way_name(way));
	imap_result_err(&r, SCOPE_STORE, what, err);
	if (r.trouble == IMAP_BAD_COMMAND)
		err->status = EX_NOPERM;
	return -1;
}

static int
try_ways(struct imap *im, const struct login *l, struct err *err)
{
	unsigned offered = imap_login_ways(im);
	enum login_way way = LOGIN_NO_WAY;
	struct err none = { 0 };
	int rc;

	if (login_choose(l, offered, LOGIN_NO_WAY, &way, err) < 0)
		return imap_has(im, IMAP_CAP_LOGINDISABLED)
		    ? err_within(err, "LOGINDISABLED")
		    : -1;
	for (;;) {
		im->last = (struct imap_result){ 0 };
		rc = way == LOGIN_COMMAND ? login_command(im, l, &im->last, err)
					  : authenticate(im, l, way, err);
		if (rc < 0 || im->last.status == IMAP_OK)
			return rc;
		refused(&im->last, way, err);
		if (im->last.trouble != IMAP_NOT_CONNECTED &&
		    err->status == EX_NOPERM &&
		    !hint_of_code(im->last.code, err))
			login_hint(l, offered, way, err);
		/* only one that does not understand us is asked in another
		 * way: wrong passwords are counted */
		if (im->last.status != IMAP_BAD ||
		    im->last.trouble != IMAP_BAD_COMMAND ||
		    login_choose(l, offered, way, &way, &none) < 0)
			return -1;
	}
}

static int
proxyauth(struct imap *im, const char *user, struct err *err)
{
	struct imap_cmd c = { 0 };
	int rc;

	imap_cmd_word(&c, "PROXYAUTH");
	rc = imap_cmd_astring(&c, slice_str(user), err);
	if (rc == 0)
		rc = imap_cmd_run(im, &c, SCOPE_STORE, err);
	imap_cmd_free(&c);
	if (rc < 0 && im->last.status == IMAP_NO) {
		err->status = EX_NOPERM;
		err_hint(err,
		    "the administrator's login is right, but it may not act "
		    "for this user here");
	}
	return rc;
}

static int
check_args(struct imap *im, const struct login *l, struct err *err)
{
	if (imap_check_alive(im, err) < 0)
		return -1;
	if (!conn_is_private(im->conn) && !im->plaintext_ok)
		return err_set(err, SCOPE_RUN, EX_SOFTWARE,
		    "a password must not be sent without TLS");
	return login_check(l, err);
}

int
imap_login(struct imap *im, const struct login *l, struct err *err)
{
	int rc;

	if (check_args(im, l, err) < 0)
		return -1;
	if (im->state == IMAP_AUTHENTICATED)
		return 0; /* PREAUTH */
	if (l->token != NULL || l->password != NULL)
		im->hide[0] =
		    secret_slice(l->token != NULL ? l->token : l->password);
	im->caps_known = false;
	rc = try_ways(im, l, err);
	im->hide[0] = slice_of(NULL, 0);
	if (im->conn != NULL)
		conn_wipe(im->conn);
	if (rc < 0)
		return -1;
	imap_set_state(im, IMAP_AUTHENTICATED);
	if (l->proxyauth != NULL && l->proxyauth[0] != '\0' &&
	    proxyauth(im, l->proxyauth, err) < 0)
		return -1;
	/* what it can do may have changed; what it said before is old */
	if (!im->caps_known)
		return imap_ask_capability(im, err);
	return 0;
}
