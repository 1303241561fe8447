/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An account on a server and how to reach it: all connection options in one
 * place.  cli/connect.c fills it in from the command line; strings are
 * borrowed.  A zeroed struct account with a URL means: TLS verified, password
 * from the terminal, the best way to log in that the server has.
 *
 *	account_check -> { account_open -> imap_close }* -> account_close
 *
 * account_open() may be called again and again, for more connections and for
 * lost ones: the password is asked for once, a token is renewed when it is
 * about to expire or the server refuses it.
 *
 * POP3 does by itself what account_open() does for IMAP:
 * account_begin(), account_conn(), account_login(), account_refused().
 */
#ifndef WIRE_ACCOUNT_H
#define WIRE_ACCOUNT_H

#include "core/err.h"
#include "wire/imap.h"
#include "wire/login.h"
#include "wire/oauth.h"
#include "wire/provider.h"
#include "wire/pop3.h"
#include "wire/secret.h"
#include "wire/trace.h"
#include "wire/url.h"

struct account {
	struct url url;		      /* account_close() frees it */
	const char *tls;	      /* --tls verify|none|insecure */
	const char *ca_file;	      /* --ca-file */
	const char *tls_pin;	      /* --tls-pin */
	const char *client_cert;      /* --client-cert, PEM */
	const char *client_key;	      /* --client-key; NULL: in the same file */
	uint64_t timeout_s;	      /* --timeout; 0: 120 */
	const char *auth;	      /* --auth MECH[,MECH] */
	const char *password_file;    /* --password-file */
	const char *password_command; /* --password-command */
	const char *password_env;     /* --password-env */
	const char *credentials;      /* --credentials */
	const char *admin;	      /* --admin FORM */
	const char *admin_user;	      /* --admin-user */
	const char *user_root;	      /* --user-root, as given */
	struct oauth_spec oauth;      /* --oauth... */
	const char *provider;	      /* --provider */
	const char *providers;	      /* --providers FILE */
	const char *trace_wire;	      /* --trace-wire */
	const char *compress;	      /* --compress auto|always|never */
	uint64_t limit_rate;	      /* --limit-rate, bytes/s; 0: none */

	/*
	 * Set by account_check(), to read.  root: all of the account's folders
	 * are below this one, which is no folder of the user's and not part
	 * of their names ("#shared/mary", UTF-8, '/' between components, none
	 * at the ends); NULL: they are where they always are.
	 */
	const char *root;
	/* what is known of the provider, its limits too; NULL: nothing */
	const struct provider *preset;
	/* of the last connection: "TLSv1.3 ..., verified"; "": none yet */
	char security[128];
	bool opened; /* the server has greeted us once */

	/* account.c's own */
	struct providers *presets;
	struct admin_names names;
	struct secret *password; /* kept for reconnects: asked for once */
	struct oauth *tokens;
	struct trace *trace;
	enum tls_mode tls_mode;
	bool warned, suggested;
};

/*
 * Does the operand name an account?  A URL does, and with --provider a user
 * name alone.
 */
bool account_is_meant(const struct account *a, const char *operand);

/*
 * Parse 'url' (with --provider: or the user's name) into a->url and look over
 * the options, before anything is opened.  -1 with SCOPE_RUN: EX_USAGE,
 * EX_CONFIG a provider's file.
 */
int account_check(struct account *a, const char *url, struct err *err);

/*
 * Connect, TLS, log in, ID; a->url must be IMAP.  The password is got the
 * first time.  -1: SCOPE_RUN for options, the password, a stop; SCOPE_STORE
 * as imap_open() and imap_login(); within "imaps://mary@host/".  Where
 * connecting fails the first time, the hint names the ports that do answer.
 */
int account_open(struct imap **im_r, struct account *a, struct err *err);

/* The same for a POP3 account. */
int account_open_pop3(struct pop3 **p_r, struct account *a, struct err *err);

/* What these are made of.  begin: the trace, hardening. */
int account_begin(struct account *a, struct err *err);
/* Where and how to connect. */
void account_conn(const struct account *a, struct conn_spec *spec_r);
/* What to log in with; 'fresh': a new token, whatever there is.  Borrowed
 * until the next call and account_close(). */
int account_login(struct account *a, bool fresh, struct login *l_r,
    struct err *err);
/* The login was refused with 'err': is it worth one more try, on a new
 * connection, with account_login(fresh)? */
bool account_is_stale(const struct account *a, const struct err *err);
/* Put the URL before the error's text.  Returns -1. */
int account_within(const struct account *a, struct err *err);

/* Forget the password and the tokens, close the trace, free the URL. */
void account_close(struct account *a);

#endif
