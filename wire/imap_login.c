/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Logging in: AUTHENTICATE PLAIN (RFC 4616, 4959) or LOGIN.  Further SASL
 * mechanisms have their place in 'ways'.  Credentials are built in memory of
 * struct secret, and never pass through an ordinary buffer but the
 * connection's queue, which is wiped afterwards.
 */
#include <string.h>

#include "wire/imap_impl.h"

#define MESSAGE_MAX (2 * 1024 + SECRET_MAX)

struct login {
	const char *user, *authzid;
	struct slice password;
};

/* Send from secret memory; the trace shows that, and no more. */
static int
put_secret(struct imap *im, const struct secret *s, struct err *err)
{
	struct slice v = secret_slice(s);

	return imap_put(im, v.p, v.n, err);
}

/* Queue the command's first line up to where the credentials begin. */
static uint32_t
begin(struct imap *im, const char *what, struct err *err, int *rc)
{
	struct buf line = { 0 };
	uint32_t tag = imap_begin(im, IMAP_WANT_NOTHING, &line)->tag;

	buf_puts(&line, what);
	*rc = imap_put(im, line.p, line.n, err);
	buf_puts(&line,
	    what[strlen(what) - 1] == ' ' ? "[credentials]" : " [credentials]");
	imap_trace(im, '>', buf_slice(&line));
	buf_free(&line);
	return tag;
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

/* ---------------------------------------------------------------- PLAIN */

static int
plain_message(struct secret *out, const struct login *l, struct err *err)
{
	struct secret *raw = secret_new(MESSAGE_MAX);
	bool ok = secret_put(raw, l->authzid, strlen(l->authzid)) &&
	    secret_put(raw, "", 1) &&
	    secret_put(raw, l->user, strlen(l->user)) &&
	    secret_put(raw, "", 1) &&
	    secret_put(raw, l->password.p, l->password.n) &&
	    secret_put_base64(out, secret_slice(raw));

	secret_free(&raw);
	return ok ? 0
		  : err_set(err, SCOPE_RUN, EX_CONFIG,
			"user name and password are too long");
}

/* Whatever more it asks for, PLAIN has said all it has to say. */
static int
cancel_more(struct imap *im, uint32_t tag, struct err *err)
{
	int rc = await_plus(im, tag, err);

	if (rc <= 0)
		return rc;
	im->plus = false;
	if (imap_put(im, "*\r\n", 3, err) < 0)
		return -1;
	rc = await_plus(im, tag, err);
	if (rc > 0) {
		err_set(err, SCOPE_STORE, EX_PROTOCOL,
		    "AUTHENTICATE: the server asks again and again");
		return imap_die(im, err);
	}
	return rc;
}

static int
send_plain(struct imap *im, const struct secret *message,
    struct imap_result *res, struct err *err)
{
	bool at_once = imap_has(im, IMAP_CAP_SASL_IR);
	uint32_t tag;
	int rc;

	im->plus = false;
	tag = begin(im, at_once ? "AUTHENTICATE PLAIN " : "AUTHENTICATE PLAIN",
	    err, &rc);
	if (rc == 0 && !at_once) {
		rc = imap_put(im, "\r\n", 2, err);
		if (rc == 0)
			rc = await_plus(im, tag, err);
		if (rc == 0)
			return imap_wait(im, tag, res, err);
		im->plus = false;
	}
	if (rc < 0 || put_secret(im, message, err) < 0 ||
	    imap_put(im, "\r\n", 2, err) < 0 || cancel_more(im, tag, err) < 0)
		return -1;
	return imap_wait(im, tag, res, err);
}

static int
login_plain(struct imap *im, const struct login *l, struct imap_result *res,
    struct err *err)
{
	struct secret *message = secret_new(2 * MESSAGE_MAX);
	int rc = plain_message(message, l, err);

	im->hide[1] = secret_slice(message);
	if (rc == 0)
		rc = send_plain(im, message, res, err);
	im->hide[1] = slice_of(NULL, 0);
	secret_free(&message);
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
login_login(struct imap *im, const struct login *l, struct imap_result *res,
    struct err *err)
{
	int rc;
	uint32_t tag = begin(im, "LOGIN ", err, &rc);

	if (rc == 0)
		rc = put_argument(im, tag, slice_str(l->user), err);
	if (rc > 0)
		rc = imap_put(im, " ", 1, err) < 0 ? -1 : 1;
	if (rc > 0)
		rc = put_argument(im, tag, l->password, err);
	if (rc > 0)
		rc = imap_put(im, "\r\n", 2, err) < 0 ? -1 : 1;
	return rc < 0 ? -1 : imap_wait(im, tag, res, err);
}

/* --------------------------------------------------------------- choice */

static bool
can_plain(const struct imap *im)
{
	return imap_has(im, IMAP_CAP_AUTH_PLAIN);
}

static bool
can_login(const struct imap *im)
{
	return !imap_has(im, IMAP_CAP_LOGINDISABLED);
}

/* Best first.  None says more to a stranger than another: TLS is verified. */
static const struct way {
	const char *name;
	bool has_authzid;
	bool (*can)(const struct imap *im);
	int (*run)(struct imap *im, const struct login *l,
	    struct imap_result *res, struct err *err);
} ways[] = {
	{ "AUTHENTICATE PLAIN", true, can_plain, login_plain },
	{ "LOGIN", false, can_login, login_login },
};

static int
refused(const struct imap_result *res, const char *way, struct err *err)
{
	struct imap_result r = *res;

	/* a bare NO to a login means what it always means */
	if (r.trouble == IMAP_TROUBLE || r.trouble == IMAP_FORBIDDEN ||
	    r.trouble == IMAP_LIMIT_REACHED)
		r.trouble = IMAP_AUTH_FAILED;
	imap_result_err(&r, SCOPE_STORE, way, err);
	if (r.trouble == IMAP_BAD_COMMAND)
		err->status = EX_NOPERM;
	return -1;
}

static int
try_ways(struct imap *im, const struct login *l, struct err *err)
{
	size_t i, n = sizeof(ways) / sizeof(ways[0]);
	bool tried = false;

	for (i = 0; i < n; i++) {
		if (!ways[i].can(im) ||
		    (l->authzid[0] != '\0' && !ways[i].has_authzid))
			continue;
		tried = true;
		if (ways[i].run(im, l, &im->last, err) < 0)
			return -1;
		if (im->last.status == IMAP_OK)
			return 0;
		refused(&im->last, ways[i].name, err);
		/* only one that does not understand us is asked in another
		 * way: wrong passwords are counted */
		if (im->last.status != IMAP_BAD ||
		    im->last.trouble != IMAP_BAD_COMMAND)
			return -1;
	}
	if (tried)
		return -1;
	err_set(err, SCOPE_STORE, EX_NOPERM,
	    "the server offers no way to log in with a password%s",
	    can_login(im) ? "" : " (LOGINDISABLED)");
	return err_hint(err, "its capabilities: %.200s", imap_capabilities(im));
}

static int
check_args(struct imap *im, const struct login *l, struct err *err)
{
	const char *bad = "\r\n";

	if (imap_check_alive(im, err) < 0)
		return -1;
	if (!conn_is_tls(im->conn) && !im->plaintext_ok)
		return err_set(err, SCOPE_RUN, EX_SOFTWARE,
		    "a password must not be sent without TLS");
	if (strpbrk(l->user, bad) != NULL || strpbrk(l->authzid, bad) != NULL ||
	    l->user[0] == '\0' ||
	    (l->password.n > 0 &&
		(memchr(l->password.p, '\r', l->password.n) != NULL ||
		    memchr(l->password.p, '\n', l->password.n) != NULL ||
		    memchr(l->password.p, '\0', l->password.n) != NULL)))
		return err_set(err, SCOPE_RUN, EX_CONFIG,
		    "a line break in a user name or a password");
	return 0;
}

int
imap_login(struct imap *im, const char *user, const char *authzid,
    const struct secret *password, struct err *err)
{
	struct login l = { .user = user,
		.authzid = authzid == NULL ? "" : authzid,
		.password = secret_slice(password) };
	int rc;

	if (check_args(im, &l, err) < 0)
		return -1;
	if (im->state == IMAP_AUTHENTICATED)
		return 0; /* PREAUTH */
	im->hide[0] = l.password;
	im->caps_known = false;
	rc = try_ways(im, &l, err);
	im->hide[0] = slice_of(NULL, 0);
	if (im->conn != NULL)
		conn_wipe(im->conn);
	if (rc < 0)
		return -1;
	imap_set_state(im, IMAP_AUTHENTICATED);
	/* what it can do may have changed; what it said before is old */
	if (!im->caps_known)
		return imap_ask_capability(im, err);
	return 0;
}
