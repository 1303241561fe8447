/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The description of an OAuth client: which server, which application, which
 * flow.  From --oauth NAME (a provider's, data/providers.yaml) or --oauth
 * FILE, and the options beside it, which go first.  For wire/oauth*.c.
 *
 * A file has the keys of a provider's entry and: flow (refresh, client or
 * device), client_id, client_secret_file|command|env,
 * refresh_token_file|command|env, ca_file, http_on_loopback.  A secret itself
 * never stands in it.
 */
#ifndef WIRE_OAUTH_CLIENT_H
#define WIRE_OAUTH_CLIENT_H

#include "core/buf.h"
#include "wire/oauth.h"
#include "wire/provider.h"

enum oauth_flow { OAUTH_REFRESH, OAUTH_CLIENT, OAUTH_DEVICE };

struct oauth_client {
	enum oauth_flow flow;
	struct buf token_url, device_url; /* device_url empty: has none */
	const char *scope, *app_scope;	  /* or NULL */
	const char *client_id;
	struct secret_spec client_secret, refresh; /* may name no place */
	const char *ca_file;			   /* or NULL */
	bool http_on_loopback;
	bool device_asked; /* the device flow was asked for by name */
	/* what the strings above live in */
	struct providers *providers;
	struct conf *conf;
};

/* -1 with SCOPE_RUN: EX_USAGE, EX_CONFIG, EX_NOINPUT. */
int oauth_client_read(struct oauth_client *c, const struct oauth_spec *spec,
    struct err *err);
void oauth_client_free(struct oauth_client *c);

/* Does the spec name a place to look at? */
bool oauth_has_place(const struct secret_spec *s);

#endif
