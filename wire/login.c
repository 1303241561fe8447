/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which way to log in; see login.h. */
#include "wire/login.h"

#include <string.h>

#include "wire/sasl.h"

/* How good a way is: a way that is not understood may be replaced by one as
 * good, never by a worse one. */
enum strength {
	SHOWS_PASSWORD,
	SHOWS_DIGEST,
	PROVES,
	SHOWS_TOKEN,
	CERTIFICATE
};

static const struct way {
	const char *name;
	const char *option; /* in --auth */
	enum strength strength;
	bool has_authzid;
} ways[LOGIN_WAYS] = {
	[LOGIN_EXTERNAL] = { "EXTERNAL", "external", CERTIFICATE, true },
	[LOGIN_OAUTHBEARER] = { "OAUTHBEARER", "oauthbearer", SHOWS_TOKEN,
	    true },
	[LOGIN_XOAUTH2] = { "XOAUTH2", "xoauth2", SHOWS_TOKEN, false },
	[LOGIN_SCRAM_SHA_256] = { "SCRAM-SHA-256", "scram-sha-256", PROVES,
	    true },
	[LOGIN_SCRAM_SHA_1] = { "SCRAM-SHA-1", "scram-sha-1", PROVES, true },
	[LOGIN_CRAM_MD5] = { "CRAM-MD5", "cram-md5", SHOWS_DIGEST, false },
	[LOGIN_APOP] = { "APOP", "apop", SHOWS_DIGEST, false },
	[LOGIN_PLAIN] = { "PLAIN", "plain", SHOWS_PASSWORD, true },
	[LOGIN_LOGIN] = { "LOGIN", "login", SHOWS_PASSWORD, false },
	[LOGIN_COMMAND] = { "LOGIN command", "command", SHOWS_PASSWORD, false },
};

const char *
login_way_name(enum login_way way)
{
	return way < LOGIN_WAYS ? ways[way].name : "none";
}

enum login_way
login_way_of(struct slice name)
{
	enum login_way w;

	for (w = 0; w < LOGIN_WAYS; w++)
		if (slice_is_nocase(name, ways[w].name))
			return w;
	return LOGIN_NO_WAY;
}

bool
login_shows_secret(enum login_way way)
{
	return ways[way].strength == SHOWS_PASSWORD ||
	    ways[way].strength == SHOWS_TOKEN;
}

/* ---------------------------------------------------------------- --auth */

static bool
next_name(const char **at, struct slice *name_r)
{
	if (**at == '\0')
		return false;
	*name_r = slice_of(*at, strcspn(*at, ","));
	*at += name_r->n + ((*at)[name_r->n] == ',');
	return true;
}

static bool
is_option(struct slice name)
{
	enum login_way w;

	for (w = 0; w < LOGIN_WAYS; w++)
		if (slice_is_nocase(name, ways[w].option))
			return true;
	return false;
}

int
login_auth_check(const char *auth, struct err *err)
{
	struct slice name = slice_of("", 0);
	bool ok = *auth != '\0' && auth[strlen(auth) - 1] != ',';

	while (ok && next_name(&auth, &name))
		ok = is_option(name);
	if (ok)
		return 0;
	err_set(err, SCOPE_RUN, EX_USAGE,
	    "--auth: '%.*s' is no way to log in that postroad knows",
	    (int)name.n, name.p);
	return err_hint(err,
	    "external, oauthbearer, xoauth2, scram-sha-256, scram-sha-1, "
	    "cram-md5, apop, plain, login or command; several with commas");
}

bool
login_auth_allows(const char *auth, enum login_way way)
{
	struct slice name;

	if (auth == NULL)
		return true;
	while (next_name(&auth, &name)) {
		if (slice_is_nocase(name, ways[way].option))
			return true;
		/* who says "login" means either; they are the same to see */
		if (way == LOGIN_COMMAND && slice_is_nocase(name, "login"))
			return true;
	}
	return false;
}

/* ---------------------------------------------------------------- choice */

static bool
is_acting(const struct login *l)
{
	return l->authzid != NULL && l->authzid[0] != '\0';
}

static bool
has_means(const struct login *l, enum login_way way)
{
	switch (ways[way].strength) {
	case CERTIFICATE:
		return l->client_cert;
	case SHOWS_TOKEN:
		return l->token != NULL;
	default:
		return l->password != NULL;
	}
}

static bool
fits(const struct login *l, enum login_way way)
{
	return has_means(l, way) && login_auth_allows(l->auth, way) &&
	    (!is_acting(l) || ways[way].has_authzid) &&
	    (l->password == NULL ||
		sasl_can_carry(way, secret_slice(l->password)));
}

static void
list_ways(struct buf *out, unsigned offered)
{
	enum login_way w;

	for (w = 0; w < LOGIN_WAYS; w++)
		if ((offered & LOGIN_BIT(w)) != 0)
			buf_putf(out, "%s%s", out->n > 0 ? ", " : "",
			    ways[w].name);
	if (out->n == 0)
		buf_puts(out, "none that postroad knows");
}

/* What would have to be different. */
static int
explain(const struct login *l, unsigned offered, struct err *err)
{
	const unsigned oauth =
	    LOGIN_BIT(LOGIN_OAUTHBEARER) | LOGIN_BIT(LOGIN_XOAUTH2);
	bool some = false, odd = false;
	enum login_way w;

	for (w = 0; w < LOGIN_WAYS; w++) {
		if ((offered & LOGIN_BIT(w)) == 0 || !has_means(l, w))
			continue;
		some = true;
		odd |= login_auth_allows(l->auth, w) && l->password != NULL &&
		    !sasl_can_carry(w, secret_slice(l->password));
	}
	if (odd)
		return err_hint(err,
		    "the password has characters that CRAM-MD5 and SCRAM "
		    "cannot carry for certain; PLAIN or LOGIN can");
	if (some && l->auth != NULL)
		return err_hint(err,
		    "--auth %s leaves none of them; without it, the best one "
		    "is taken",
		    l->auth);
	if (some)
		return err_hint(err,
		    "acting for another user needs PLAIN, SCRAM, OAUTHBEARER "
		    "or EXTERNAL; try another form of --admin");
	if (l->password != NULL && (offered & oauth) != 0)
		return err_hint(err,
		    "this server takes OAuth tokens, no passwords: use "
		    "--oauth or --oauth-token-command");
	if (l->token != NULL)
		return err_hint(err,
		    "this server takes no OAuth tokens: use a password");
	if (l->password == NULL && l->client_cert)
		return err_hint(err,
		    "with a certificate alone the server must offer EXTERNAL; "
		    "name a password, too");
	return err_hint(err,
	    "IMAP or POP3 may have to be switched on for the account");
}

int
login_choose(const struct login *l, unsigned offered, enum login_way after,
    enum login_way *way_r, struct err *err)
{
	struct buf list = { 0 };
	enum login_way w = after == LOGIN_NO_WAY ? 0 : after + 1;

	for (; w < LOGIN_WAYS; w++) {
		if ((offered & LOGIN_BIT(w)) == 0 || !fits(l, w))
			continue;
		if (after != LOGIN_NO_WAY &&
		    ways[w].strength != ways[after].strength)
			continue;
		*way_r = w;
		return 0;
	}
	list_ways(&list, offered);
	err_set(err, SCOPE_STORE, EX_NOPERM,
	    "no way to log in that both sides have; the server offers %s",
	    buf_str(&list));
	buf_free(&list);
	return explain(l, offered, err);
}

void
login_hint(const struct login *l, unsigned offered, enum login_way way,
    struct err *err)
{
	const unsigned shown = LOGIN_BIT(LOGIN_PLAIN) | LOGIN_BIT(LOGIN_LOGIN) |
	    LOGIN_BIT(LOGIN_COMMAND);

	if (l->token != NULL && ways[way].strength == SHOWS_TOKEN)
		err_hint(err,
		    "the token is refused: look at its scope, at the user it "
		    "was made for, and whether an administrator has allowed "
		    "the application to use this mailbox");
	else if (l->auth == NULL && (offered & shown) != 0 &&
	    (ways[way].strength == PROVES ||
		ways[way].strength == SHOWS_DIGEST))
		err_hint(err,
		    "check the user name and the password; if they are right, "
		    "the server may not be able to check %s: try --auth "
		    "plain,login",
		    ways[way].name);
}

/* ----------------------------------------------------------------- check */

static bool
breaks_line(struct slice s)
{
	return s.n > 0 &&
	    (memchr(s.p, '\r', s.n) != NULL || memchr(s.p, '\n', s.n) != NULL ||
		memchr(s.p, '\0', s.n) != NULL);
}

/* RFC 6750: visible ASCII; a ^A would end the field it stands in. */
static bool
is_token(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f)
			return false; /* also 8-bit, where char is signed */
	return s.n > 0;
}

int
login_check(const struct login *l, struct err *err)
{
	const char *name[] = { l->user, l->authzid, l->proxyauth };
	size_t i;

	if (l->user == NULL || l->user[0] == '\0')
		return err_set(err, SCOPE_RUN, EX_CONFIG,
		    "nobody to log in as");
	for (i = 0; i < 3; i++)
		if (name[i] != NULL && strpbrk(name[i], "\r\n\001") != NULL)
			return err_set(err, SCOPE_RUN, EX_CONFIG,
			    "a line break in a user name");
	if (l->password != NULL && breaks_line(secret_slice(l->password)))
		return err_set(err, SCOPE_RUN, EX_CONFIG,
		    "a line break in a password");
	if (l->token != NULL && !is_token(secret_slice(l->token)))
		return err_set(err, SCOPE_RUN, EX_CONFIG,
		    "what was got as an OAuth token is none: it has blanks, "
		    "line breaks or other characters that no token has");
	return 0;
}
