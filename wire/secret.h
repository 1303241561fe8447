/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Passwords and tokens: where they come from, and memory that forgets them.
 * A secret lies in pages of its own, locked where the system allows, left
 * out of core dumps, wiped when freed.  It is never in argv, in a log, in a
 * trace or in an error's text.
 */
#ifndef WIRE_SECRET_H
#define WIRE_SECRET_H

#include <stdbool.h>

#include "core/err.h"
#include "core/slice.h"

#define SECRET_MAX	 4096  /* bytes; a longer password is refused */
#define SECRET_TOKEN_MAX 16384 /* of an OAuth token */

struct secret;

/* Empty, for up to 'max' bytes. */
struct secret *secret_new(size_t max);
/* Append; false when it does not fit (nothing is appended then). */
bool secret_put(struct secret *s, const void *data, size_t len);
void secret_clear(struct secret *s);
/* Borrowed until the next change.  Do not copy it into ordinary memory. */
struct slice secret_slice(const struct secret *s);
/* Room for writing: the whole buffer; then secret_set_len(). */
char *secret_room(struct secret *s, size_t *max_r);
void secret_set_len(struct secret *s, size_t len);
/* Wipe, give back, set *s to NULL.  *s may be NULL. */
void secret_free(struct secret **s);

/* Append the base64 (RFC 4648) of 'in' to 'out'; false: no room. */
bool secret_put_base64(struct secret *out, struct slice in);

/*
 * Where a password is looked for: the first of these that is not NULL, else
 * a prompt on the terminal.  More than one is EX_USAGE.
 */
struct secret_spec {
	const char *what;	 /* "password"; NULL: that */
	const char *option;	 /* "--password": how errors name the places;
				  * NULL: that */
	size_t max;		 /* bytes; 0: SECRET_MAX */
	const char *file;	 /* --password-file */
	const char *command;	 /* --password-command */
	const char *env;	 /* --password-env: the variable's name */
	const char *credentials; /* --credentials: netrc-like file */
	const char *host, *user; /* for credentials and the prompt */
};

/*
 * Find the password; the caller frees it.  One final LF or CRLF is taken
 * off.  -1 with SCOPE_RUN: EX_CONFIG a file that is missing, not a regular
 * file of ours, or open to others (mode & 077), a command that fails (its
 * exit status is named; stdout over SECRET_MAX, 60 s without an end), a
 * variable that is not set, no entry in the credentials file, an empty
 * password, one with CR, LF or NUL in it; EX_NOPERM no terminal to ask on;
 * EX_USAGE.  The command's words are split at blanks, with '...', "..." and
 * backslash for blanks in them; there is no shell.
 */
int secret_get(struct secret **s_r, const struct secret_spec *spec,
    struct err *err);

/* No core dumps, no ptrace by others.  Called once, before any secret. */
void secret_harden_process(void);

#endif
