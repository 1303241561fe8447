/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is known of mail providers: servers, login, limits, OAuth endpoints.
 * Built in from data/providers.yaml; ~/.config/postroad/providers.yaml and a
 * file of the user's add to it and change it, key by key.  The keys are in
 * postroad-providers(5).
 */
#ifndef WIRE_PROVIDER_H
#define WIRE_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/conf.h"
#include "core/err.h"

struct providers;

struct provider_port {
	const char *host; /* NULL: there is none */
	uint16_t port;
	bool starttls; /* else TLS from the first byte */
};

/* 0 or NULL: not known. */
struct provider_limits {
	uint64_t message_bytes; /* one message, as sent */
	uint64_t line_bytes;	/* one line of it, with CRLF */
	uint64_t upload_bytes_per_day;
	uint64_t upload_messages_per_hour;
	uint64_t download_bytes_per_day;
	uint64_t pop3_bytes_per_day;
	uint64_t upload_bytes_per_second;
	uint64_t items; /* messages in a mailbox */
	uint64_t connections;
	uint64_t errors_per_session; /* one more ends it */
	const char *hours;	     /* when to send: "22:00-06:00"; NULL */

	/* messages */
	bool no_keywords;     /* only system flags are taken */
	bool refuses_bare_lf; /* an LF without a CR */
	bool refuses_bare_cr;
	bool refuses_nul;
	bool refuses_empty; /* a message of no bytes */
	bool strict_header; /* what is no header field in a header */
	bool store_flagged; /* \Flagged has to be set by STORE */
	bool rewrites;	    /* messages are changed beyond recognition */

	/* folder names, component by component */
	const struct conf_node *folder_names; /* reserved; a list of globs */
	const char *folder_refused;	      /* ASCII characters; NULL */
	const char *folder_leading;	      /* ... in front; NULL */
	uint64_t folder_chars;		      /* at most so many */
	uint64_t folder_bytes;		      /* ... in modified UTF-7 */
	bool folder_bmp_only;		      /* nothing beyond U+FFFF */
	bool folder_single_spaces;	      /* no two in a row */
	bool folder_trimmed;		      /* no space at either end */
	bool case_is_known, ignores_case;
};

struct provider {
	const char *name, *title;
	struct provider_port imap, pop3;
	bool user_is_address; /* one logs in with the whole address */
	const char *auth;     /* as --auth; NULL */
	const char *oauth;    /* the name of its OAuth description; NULL */
	const char *note;     /* what a user has to do or know; NULL */
	struct provider_limits limits;
	const struct conf_node *aliases, *domains; /* lists, or NULL */
};

/* Read them all; 'file': --providers, or NULL.  -1 with SCOPE_RUN: EX_CONFIG
 * "FILE:LINE: ...", EX_NOINPUT. */
int providers_open(struct providers **p_r, const char *file, struct err *err);
void providers_close(struct providers **p);

/* By name or alias, any case.  -1 with EX_USAGE and the names there are.
 * What is found lives until providers_close(). */
int providers_find(const struct providers *p, const char *name,
    const struct provider **found_r, struct err *err);
/* The one whose mail is in this domain; NULL: none is known. */
const struct provider *providers_of_domain(const struct providers *p,
    const char *domain);
/* The one whose IMAP or POP3 server this is; NULL. */
const struct provider *providers_of_host(const struct providers *p,
    const char *host);
/* The value of a key in the OAuth description 'name'; NULL: not there. */
const char *providers_oauth(const struct providers *p, const char *name,
    const char *key);

#endif
