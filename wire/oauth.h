/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * OAuth 2 access tokens: from a command, or from a token server (RFC 6749 by
 * refresh token or client credentials, RFC 8628 by device code).  Tokens and
 * secrets live in struct secret; none is in argv, a log, an error or a trace.
 *
 *	oauth_open -> { oauth_token }* -> oauth_close
 */
#ifndef WIRE_OAUTH_H
#define WIRE_OAUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "wire/secret.h"

struct oauth;

/* Strings are borrowed; NULL: not given. */
struct oauth_spec {
	const char *token_command; /* --oauth-token-command: prints a token */
	const char *client;	   /* --oauth: a name in the providers' file
				    * (microsoft, google) or a file */
	const char *client_id;	   /* --oauth-client-id */
	const char *tenant;	   /* --oauth-tenant */
	const char *secret_file;   /* --oauth-secret-file */
	const char *refresh_file;  /* --oauth-refresh-file: read, and kept up
				    * to date */
	/* filled in by account.c */
	const char *providers; /* --providers */
	const char *user;      /* whose mailbox, for messages */
};

/*
 * Read the description of the client and look it over; nothing is asked of
 * anybody yet.  -1 with SCOPE_RUN: EX_USAGE, EX_CONFIG.
 */
int oauth_open(struct oauth **o_r, const struct oauth_spec *spec,
    struct err *err);

/*
 * A token that is good for some time: the one at hand, or a new one when it
 * has none, when the old one is about to expire, or when 'fresh'.  Borrowed
 * until the next call.  -1: SCOPE_RUN, EX_CONFIG and EX_NOPERM (the token
 * server refuses, with its words); SCOPE_STORE, EX_TEMPFAIL, EX_UNAVAILABLE
 * it cannot be reached.
 */
int oauth_token(struct oauth *o, bool fresh, const struct secret **token_r,
    struct err *err);
/* Was the token got in the last call to oauth_token()? */
bool oauth_is_new(const struct oauth *o);

/* Wipes all; *o to NULL.  *o may be NULL. */
void oauth_close(struct oauth **o);

#endif
