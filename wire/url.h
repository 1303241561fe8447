/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Account URLs: imaps://USER@HOST[:993]/, imap:// (143), pop3s:// (995),
 * pop3:// (110); docs of the form: postroad(1).  RFC 3986 syntax, of RFC
 * 5092 only this much: no mailbox, no ";AUTH=".
 */
#ifndef WIRE_URL_H
#define WIRE_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"

#define URL_USER_MAX 512 /* bytes, decoded */
#define URL_HOST_MAX 253 /* RFC 1035, without the final dot */

enum url_scheme { URL_NONE, URL_IMAPS, URL_IMAP, URL_POP3S, URL_POP3 };

struct url {
	enum url_scheme scheme;
	char *user; /* decoded; never empty, no CR LF NUL or other control */
	char *host; /* lower case; an IPv6 literal without its brackets */
	uint16_t port;
};

/* Does it begin like a URL ("word://")?  Then it is no path. */
bool url_is_url(const char *s);

/*
 * Parse 's' into *u_r, which is the caller's to url_free().  The user is
 * percent-decoded; an '@' in it need not be encoded (the last one counts).
 * -1 with SCOPE_RUN, EX_USAGE and a hint: unknown scheme, no user or host, a
 * password in the URL, a path, a port out of range, bad percent-encoding,
 * control characters.  The text of the URL is never repeated: it may hold a
 * password in a place where none is expected.
 */
int url_parse(struct url *u_r, const char *s, struct err *err);
void url_free(struct url *u);

bool url_is_imap(const struct url *u); /* imap or imaps */
bool url_is_tls(const struct url *u);  /* TLS from the first byte */

/*
 * Append the account's label, "user@host".  It does not depend on scheme,
 * port or the case of the host, so that two spellings of one account give
 * one label: the ledger keeps deliveries under it.
 */
void url_label(struct buf *out, const struct url *u);

/* Append the URL, encoded, the port only where it is not the scheme's. */
void url_put(struct buf *out, const struct url *u);

#endif
