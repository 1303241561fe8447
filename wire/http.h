/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One POST of a form over HTTPS, for OAuth.  The one doorway to libcurl,
 * which is loaded at the first call and not before: with its own libraries
 * it would cost every run of postroad 5 MB and twice the time to start.
 *
 * TLS 1.2 or newer, certificate and host verified, no redirect followed, no
 * cookie, no netrc.  What is sent and received lies in struct secret.
 */
#ifndef WIRE_HTTP_H
#define WIRE_HTTP_H

#include "core/err.h"
#include "wire/secret.h"

#define HTTP_REPLY_MAX 65536 /* bytes */

struct http_spec {
	const char *url;
	const char *ca_file; /* PEM; NULL: the system's */
	bool loopback_ok;    /* http:// to 127.0.0.1, [::1], localhost */
	unsigned timeout_s;  /* of the whole; 0: 60 */
};

/* Is it https:// (or http:// to this machine, where allowed)?  -1 with
 * SCOPE_RUN, EX_CONFIG. */
int http_check_url(const char *url, bool loopback_ok, struct err *err);

/* Append "key=value" to a form, encoded; false: no room. */
bool http_form_put(struct secret *form, const char *key, struct slice value);

/*
 * Returns the HTTP status, with the body in 'reply' (of HTTP_REPLY_MAX).  -1
 * with SCOPE_STORE: EX_NOHOST, EX_UNAVAILABLE, EX_TEMPFAIL (retry), EX_NOPERM
 * TLS, EX_PROTOCOL too much of an answer; SCOPE_RUN: a stop, EX_CONFIG the
 * URL, EX_SOFTWARE libcurl is not there.
 */
int http_post(const struct http_spec *spec, const struct secret *form,
    struct secret *reply, struct err *err);

#endif
