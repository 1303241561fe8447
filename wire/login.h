/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an account has to log in with, and which way is taken: the best that
 * both sides have, never one that was not asked for, never a weaker one after
 * a better one was refused.  IMAP and POP3 choose with the same rules:
 *
 *	offered = LOGIN_BIT(LOGIN_PLAIN) | ...	what the server says
 *	login_choose(l, offered, LOGIN_NO_WAY, &way, err)
 *	sasl_new(way) ...			wire/sasl.h
 *
 * Knows no connection and no bytes.  Everything here is borrowed.
 */
#ifndef WIRE_LOGIN_H
#define WIRE_LOGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "wire/secret.h"

/* Best first. */
enum login_way {
	LOGIN_EXTERNAL, /* RFC 4422: the client's certificate */
	LOGIN_OAUTHBEARER,
	LOGIN_XOAUTH2,
	LOGIN_SCRAM_SHA_256,
	LOGIN_SCRAM_SHA_1,
	LOGIN_CRAM_MD5,
	LOGIN_APOP,    /* POP3's own */
	LOGIN_PLAIN,   /* from here on the server sees the password */
	LOGIN_LOGIN,   /* SASL LOGIN */
	LOGIN_COMMAND, /* IMAP's LOGIN, POP3's USER and PASS */
	LOGIN_WAYS,
	LOGIN_NO_WAY = LOGIN_WAYS
};

#define LOGIN_BIT(way) (1u << (way))

struct login {
	const char *user;	       /* whose credentials these are */
	const char *authzid;	       /* whom to act for; NULL: for 'user' */
	const char *proxyauth;	       /* IMAP: PROXYAUTH to this user; NULL */
	const struct secret *password; /* NULL: none */
	const struct secret *token;    /* OAuth 2; NULL: none */
	bool client_cert;	       /* TLS showed a certificate of ours */
	const char *auth;	       /* --auth, checked; NULL: any */
	const char *host;	       /* for OAUTHBEARER */
	uint16_t port;
};

/* "SCRAM-SHA-256", as SASL calls it; "LOGIN command", "APOP". */
const char *login_way_name(enum login_way way);
/* The way that SASL calls so, any case; LOGIN_NO_WAY: none of ours. */
enum login_way login_way_of(struct slice name);
/* Does the server get to see the password, or the token? */
bool login_shows_secret(enum login_way way);

/* --auth: names separated by commas; -1 with EX_USAGE. */
int login_auth_check(const char *auth, struct err *err);
/* Is that way among those of --auth (NULL: all are)? */
bool login_auth_allows(const char *auth, enum login_way way);

/*
 * The best of 'offered' that 'l' has what it takes for.  'after': the way
 * that the server did not understand; then another one as good, or none.
 * -1 with SCOPE_STORE, EX_NOPERM, and a hint that says what is missing.
 */
int login_choose(const struct login *l, unsigned offered, enum login_way after,
    enum login_way *way_r, struct err *err);

/* The login was refused in that way: a better hint than "check the password"
 * where there is one. */
void login_hint(const struct login *l, unsigned offered, enum login_way way,
    struct err *err);

/*
 * CR, LF or NUL in a name or a password, or a token that is none: -1 with
 * SCOPE_RUN, EX_CONFIG.
 */
int login_check(const struct login *l, struct err *err);

/* ---- the names that an administrator logs in with */

struct admin_spec {
	const char *kind;  /* --admin: a name or a template; NULL: none */
	const char *admin; /* --admin-user; NULL: none */
	const char *user;  /* the mailbox's, from the URL */
	const char *root;  /* --user-root; NULL: none */
};

struct admin_names {
	struct buf user;      /* who logs in */
	struct buf authzid;   /* empty: nobody else */
	struct buf proxyauth; /* empty: none */
	struct buf root;      /* folders are below this one; '/'-separated */
};

/*
 * Work out who logs in how.  Templates: %u the mailbox's user, %n and %d its
 * parts before and behind '@', %a the administrator, %D the administrator's
 * domain, %% a percent sign.  -1 with EX_USAGE: an unknown name, a template
 * without a user, something missing, a separator inside a name.
 */
int admin_expand(const struct admin_spec *spec, struct admin_names *out,
    struct err *err);
void admin_free(struct admin_names *n);

#endif
