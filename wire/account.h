/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An account on a server and how to reach it: all connection options in one
 * place.  cli/connect.c fills it in from the command line; strings are
 * borrowed.  A zeroed struct account with a URL means: TLS verified, password
 * from the terminal.
 *
 *	account_check -> { account_open -> imap_close }* -> account_close
 */
#ifndef WIRE_ACCOUNT_H
#define WIRE_ACCOUNT_H

#include "core/err.h"
#include "wire/imap.h"
#include "wire/secret.h"
#include "wire/trace.h"
#include "wire/url.h"

struct account {
	struct url url;		      /* account_close() frees it */
	const char *tls;	      /* --tls verify|none|insecure */
	const char *ca_file;	      /* --ca-file */
	const char *tls_pin;	      /* --tls-pin */
	uint64_t timeout_s;	      /* --timeout; 0: 120 */
	const char *password_file;    /* --password-file */
	const char *password_command; /* --password-command */
	const char *password_env;     /* --password-env */
	const char *credentials;      /* --credentials */
	const char *trace_wire;	      /* --trace-wire */
	uint64_t limit_rate;	      /* --limit-rate, bytes/s; 0: none */

	/* account.c's own */
	struct secret *password; /* kept for reconnects: asked for once */
	struct trace *trace;
	enum tls_mode tls_mode;
	bool warned;
};

/* Parse 'url' into a->url and look over the options, before anything is
 * opened.  -1 with SCOPE_RUN, EX_USAGE. */
int account_check(struct account *a, const char *url, struct err *err);

/*
 * Connect, TLS, log in, ID; a->url must be IMAP.  The password is got the
 * first time.  -1: SCOPE_RUN for options, the password, a stop; SCOPE_STORE
 * as imap_open() and imap_login(); within "imaps://mary@host/".
 */
int account_open(struct imap **im_r, struct account *a, struct err *err);

/* Forget the password, close the trace, free the URL. */
void account_close(struct account *a);

#endif
