/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From options to a session that is logged in; see account.h. */
#include "wire/account.h"

#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "wire/probe.h"

#define FAR_US	      5000 /* from this round trip on, auto compresses */
#define TIMEOUT_MAX_S 86400

/* ---------------------------------------------------------------- options */

static int
check_tls(struct account *a, struct err *err)
{
	a->tls_mode = TLS_VERIFY;
	if (a->tls != NULL && tls_mode_parse(a->tls, &a->tls_mode, err) < 0)
		return -1;
	if (a->tls_pin != NULL && tls_pin_check(a->tls_pin, err) < 0)
		return -1;
	if (a->client_key != NULL && a->client_cert == NULL)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--client-key needs --client-cert");
	if (a->tls_mode != TLS_NONE)
		return 0;
	if (url_is_tls(&a->url)) {
		err_set(err, SCOPE_RUN, EX_USAGE,
		    "--tls none contradicts %s://",
		    url_is_imap(&a->url) ? "imaps" : "pop3s");
		return err_hint(err,
		    "write %s:// for an unencrypted "
		    "connection",
		    url_is_imap(&a->url) ? "imap" : "pop3");
	}
	if (a->tls_pin != NULL || a->ca_file != NULL || a->client_cert != NULL)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--tls none leaves nothing for --ca-file, --tls-pin or "
		    "--client-cert to do");
	return 0;
}

static bool
has_tokens(const struct account *a)
{
	return a->oauth.client != NULL || a->oauth.token_command != NULL;
}

static int
password_places(const struct account *a)
{
	return (a->password_file != NULL) + (a->password_command != NULL) +
	    (a->password_env != NULL) + (a->credentials != NULL);
}

static int
check_credentials(const struct account *a, struct err *err)
{
	const struct oauth_spec *o = &a->oauth;

	if (a->auth != NULL && login_auth_check(a->auth, err) < 0)
		return -1;
	if (password_places(a) > 1)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "only one of --password-file, --password-command, "
		    "--password-env and --credentials");
	if (has_tokens(a) && password_places(a) > 0)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "a password or an OAuth token, not both");
	if (o->client != NULL && o->token_command != NULL)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "only one of --oauth and --oauth-token-command");
	if (o->client == NULL &&
	    (o->client_id != NULL || o->tenant != NULL ||
		o->secret_file != NULL || o->refresh_file != NULL))
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--oauth-client-id, --oauth-tenant, --oauth-secret-file "
		    "and --oauth-refresh-file need --oauth");
	if (a->client_cert == NULL && a->auth != NULL &&
	    strcasecmp(a->auth, "external") == 0)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--auth external needs --client-cert");
	return 0;
}

static int
check_admin(struct account *a, struct err *err)
{
	struct admin_spec spec = { .kind = a->admin,
		.admin = a->admin_user,
		.user = a->url.user,
		.root = a->user_root };

	admin_free(&a->names);
	a->root = NULL;
	if (admin_expand(&spec, &a->names, err) < 0)
		return -1;
	if (!url_is_imap(&a->url) &&
	    (a->names.root.n > 0 || a->names.proxyauth.n > 0))
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "POP3 has no %s: it would open the administrator's own "
		    "mailbox",
		    a->names.root.n > 0 ? "folders for --user-root"
					: "PROXYAUTH");
	if (a->names.root.n > 0)
		a->root = buf_str(&a->names.root);
	return 0;
}

/* ---------------------------------------------------------------- presets */

/* The operand is a user's name: the host is the provider's. */
static int
url_of_user(struct account *a, const char *user, struct err *err)
{
	struct buf text = { 0 }, name = { 0 }, host = { 0 };
	struct url url = { .scheme =
			       a->preset->imap.starttls ? URL_IMAP : URL_IMAPS,
		.port = a->preset->imap.port };
	int rc;

	if (a->preset->imap.host == NULL)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--provider %s has no IMAP; write a URL", a->provider);
	buf_puts(&name, user);
	buf_puts(&host, a->preset->imap.host);
	buf_putc(&name, '\0');
	buf_putc(&host, '\0');
	url.user = name.p;
	url.host = host.p;
	url_put(&text, &url);
	rc = url_parse(&a->url, buf_str(&text), err);
	buf_free(&text);
	buf_free(&name);
	buf_free(&host);
	return rc;
}

static int
take_address(struct account *a, const char *operand, struct err *err)
{
	if (a->provider == NULL)
		return url_parse(&a->url, operand, err);
	if (a->presets == NULL &&
	    providers_open(&a->presets, a->providers, err) < 0)
		return -1;
	if (providers_find(a->presets, a->provider, &a->preset, err) < 0)
		return -1;
	return url_is_url(operand) ? url_parse(&a->url, operand, err)
				   : url_of_user(a, operand, err);
}

/* What the user did not say, the preset says. */
static int
apply_preset(struct account *a, struct err *err)
{
	const struct provider *p = a->preset;

	if (p == NULL)
		return 0;
	if (p->user_is_address && strchr(a->url.user, '@') == NULL) {
		err_set(err, SCOPE_RUN, EX_USAGE,
		    "'%s': at %s one logs in with the whole address",
		    a->url.user, p->title == NULL ? p->name : p->title);
		return err_hint(err, "write %s@DOMAIN", a->url.user);
	}
	if (a->oauth.client == NULL && a->oauth.token_command == NULL &&
	    a->oauth.client_id != NULL)
		a->oauth.client = p->oauth;
	if (a->auth != NULL)
		return 0;
	a->auth = p->auth;
	if (p->auth == NULL || a->oauth.client != NULL ||
	    a->oauth.token_command != NULL ||
	    login_auth_allows(p->auth, LOGIN_PLAIN) ||
	    login_auth_allows(p->auth, LOGIN_COMMAND))
		return 0;
	err_set(err, SCOPE_RUN, EX_USAGE, "%s takes OAuth tokens, no passwords",
	    p->title == NULL ? p->name : p->title);
	return p->note == NULL ? -1 : err_hint(err, "%s", p->note);
}

bool
account_is_meant(const struct account *a, const char *operand)
{
	return a->provider != NULL || url_is_url(operand);
}

static int
check_all(struct account *a, const char *url, struct err *err)
{
	if (take_address(a, url, err) < 0 || apply_preset(a, err) < 0)
		return -1;
	if (a->compress != NULL && strcmp(a->compress, "auto") != 0 &&
	    strcmp(a->compress, "always") != 0 &&
	    strcmp(a->compress, "never") != 0)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--compress: '%s' is none of auto, always, never",
		    a->compress);
	if (a->timeout_s > TIMEOUT_MAX_S)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--timeout: at most %d seconds", TIMEOUT_MAX_S);
	if (check_credentials(a, err) < 0 || check_tls(a, err) < 0)
		return -1;
	return check_admin(a, err);
}

int
account_check(struct account *a, const char *url, struct err *err)
{
	url_free(&a->url);
	if (check_all(a, url, err) == 0)
		return 0;
	account_close(a);
	return -1;
}

/* ------------------------------------------------------------ credentials */

static int
get_password(struct account *a, struct err *err)
{
	struct secret_spec spec = {
		.file = a->password_file,
		.command = a->password_command,
		.env = a->password_env,
		.credentials = a->credentials,
		.host = a->url.host,
		.user = a->admin_user != NULL ? a->admin_user : a->url.user,
	};

	return a->password != NULL ? 0 : secret_get(&a->password, &spec, err);
}

/* With a certificate and no word of a password, the certificate is it. */
static bool
wants_password(const struct account *a)
{
	if (a->auth != NULL && strcasecmp(a->auth, "external") == 0)
		return false;
	return a->client_cert == NULL || password_places(a) > 0;
}

static int
get_token(struct account *a, bool fresh, const struct secret **token_r,
    struct err *err)
{
	if (a->tokens == NULL) {
		a->oauth.providers = a->providers;
		a->oauth.user = a->url.user;
		if (oauth_open(&a->tokens, &a->oauth, err) < 0)
			return -1;
	}
	return oauth_token(a->tokens, fresh, token_r, err);
}

int
account_login(struct account *a, bool fresh, struct login *l_r, struct err *err)
{
	*l_r = (struct login){
		.user = buf_str(&a->names.user),
		.authzid = buf_str(&a->names.authzid),
		.proxyauth = buf_str(&a->names.proxyauth),
		.client_cert = a->client_cert != NULL,
		.auth = a->auth,
		.host = a->url.host,
		.port = a->url.port,
	};
	if (has_tokens(a)) {
		if (get_token(a, fresh, &l_r->token, err) < 0)
			return -1;
	} else if (wants_password(a)) {
		if (get_password(a, err) < 0)
			return -1;
		l_r->password = a->password;
	}
	return login_check(l_r, err);
}

bool
account_is_stale(const struct account *a, const struct err *err)
{
	return a->tokens != NULL && err->status == EX_NOPERM &&
	    !oauth_is_new(a->tokens);
}

/* ------------------------------------------------------------------- open */

static void
warn_once(struct account *a)
{
	if (a->warned)
		return;
	a->warned = true;
	if (a->tls_mode == TLS_NONE)
		log_warn("--tls none: the password and all mail go to %s "
			 "unencrypted",
		    a->url.host);
	else if (a->tls_mode == TLS_INSECURE && a->tls_pin == NULL)
		log_warn("--tls insecure: the certificate of %s is NOT "
			 "verified; whoever answers gets the password",
		    a->url.host);
}

int
account_begin(struct account *a, struct err *err)
{
	if (a->trace_wire != NULL && a->trace == NULL &&
	    trace_open(&a->trace, a->trace_wire, err) < 0)
		return -1;
	secret_harden_process();
	warn_once(a);
	return 0;
}

void
account_conn(const struct account *a, struct conn_spec *spec_r)
{
	*spec_r = (struct conn_spec){
		.host = a->url.host,
		.port = a->url.port,
		.tls_at_once = url_is_tls(&a->url),
		.tls = { .mode = a->tls_mode,
		    .ca_file = a->ca_file,
		    .pin = a->tls_pin,
		    .client_cert = a->client_cert,
		    .client_key = a->client_key },
		.timeout_s = (unsigned)a->timeout_s,
		.limit_rate = a->limit_rate,
		.trace = a->trace,
	};
}

int
account_within(const struct account *a, struct err *err)
{
	struct buf url = { 0 };

	url_put(&url, &a->url);
	err_within(err, "%s", buf_str(&url));
	buf_free(&url);
	return -1;
}

/*
 * Where the server could not be reached in the way that was asked for, say
 * which way would work.  Not where a certificate is wrong: then another port
 * is no answer.
 */
static void
suggest(struct account *a, const struct conn_spec *spec, struct err *err)
{
	struct err ignored = { 0 };
	struct buf url = { 0 };

	if (a->opened || a->suggested || err->passing ||
	    a->tls_mode != TLS_VERIFY || err->scope == SCOPE_RUN ||
	    err->status == EX_NOHOST ||
	    slice_starts(slice_str(err->text), "TLS: "))
		return;
	a->suggested = true;
	if (probe_suggest(&a->url, spec, &url, &ignored) == 0 && url.n > 0)
		err_hint(err, "%s answers, with a certificate that is trusted",
		    buf_str(&url));
	buf_free(&url);
}

static void
note_open(struct account *a, const char *security)
{
	a->opened = true;
	snprintf(a->security, sizeof(a->security), "%s", security);
}

/* A login was refused: what the provider wants first, where it is known. */
static void
tell_note(struct account *a, struct err *err)
{
	const struct provider *p = a->preset;
	struct err ignored = { 0 };

	if (err->status != EX_NOPERM || a->tokens != NULL)
		return;
	if (a->presets == NULL &&
	    providers_open(&a->presets, a->providers, &ignored) < 0)
		return;
	if (p == NULL)
		p = providers_of_host(a->presets, a->url.host);
	if (p != NULL && p->note != NULL)
		err_hint(err, "%s: %s", p->title == NULL ? p->name : p->title,
		    p->note);
}

/* One try.  *stale_r: the server refuses a token that was good before. */
/* Where the line is the bottleneck, a processor is not: a server that is far
 * is worth it, one in the same room is not. */
static int
may_compress(const struct account *a, struct imap *im, struct err *err)
{
	const char *how = a->compress == NULL ? "auto" : a->compress;

	if (strcmp(how, "never") == 0 ||
	    (strcmp(how, "auto") == 0 && imap_rtt_us(im) < FAR_US))
		return 0;
	return imap_compress(im, err) < 0 ? -1 : 0;
}

static int
try_open(struct imap **im_r, struct account *a, bool fresh, bool *stale_r,
    struct err *err)
{
	struct conn_spec spec;
	struct login l;

	*stale_r = false;
	if (account_login(a, fresh, &l, err) < 0)
		return -1;
	account_conn(a, &spec);
	if (imap_open(im_r, &spec, err) < 0) {
		suggest(a, &spec, err);
		return account_within(a, err);
	}
	note_open(a, imap_security(*im_r));
	if (imap_login(*im_r, &l, err) < 0) {
		*stale_r = !fresh && account_is_stale(a, err);
		tell_note(a, err);
	} else if (may_compress(a, *im_r, err) == 0 &&
	    imap_id(*im_r, err) == 0) {
		return 0;
	}
	imap_close(im_r);
	return account_within(a, err);
}

int
account_open(struct imap **im_r, struct account *a, struct err *err)
{
	bool stale;
	int rc;

	*im_r = NULL;
	if (!url_is_imap(&a->url))
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "this needs an IMAP account: imaps:// or imap://");
	if (account_begin(a, err) < 0)
		return -1;
	rc = try_open(im_r, a, false, &stale, err);
	if (rc < 0 && stale) {
		log_info("the server refuses the OAuth token; getting a new "
			 "one");
		rc = try_open(im_r, a, true, &stale, err);
	}
	return rc;
}

static int
try_open_pop3(struct pop3 **p_r, struct account *a, bool fresh, bool *stale_r,
    struct err *err)
{
	struct conn_spec spec;
	struct login l;

	*stale_r = false;
	if (account_login(a, fresh, &l, err) < 0)
		return -1;
	account_conn(a, &spec);
	if (pop3_open(p_r, &spec, err) < 0) {
		suggest(a, &spec, err);
		return account_within(a, err);
	}
	note_open(a, pop3_security(*p_r));
	if (pop3_login(*p_r, &l, err) == 0)
		return 0;
	*stale_r = !fresh && account_is_stale(a, err);
	tell_note(a, err);
	pop3_close(p_r);
	return account_within(a, err);
}

int
account_open_pop3(struct pop3 **p_r, struct account *a, struct err *err)
{
	bool stale;
	int rc;

	*p_r = NULL;
	if (url_is_imap(&a->url))
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "this needs a POP3 account: pop3s:// or pop3://");
	if (account_begin(a, err) < 0)
		return -1;
	rc = try_open_pop3(p_r, a, false, &stale, err);
	return rc < 0 && stale ? try_open_pop3(p_r, a, true, &stale, err) : rc;
}

void
account_close(struct account *a)
{
	secret_free(&a->password);
	oauth_close(&a->tokens);
	trace_close(&a->trace);
	admin_free(&a->names);
	a->root = NULL;
	url_free(&a->url);
	providers_close(&a->presets);
	a->preset = NULL;
}
