/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The connection options; see connect.h. */
#include "cli/connect.h"

const struct opt connect_options[] = {
	{ "provider", 0, OPT_STR, "NAME",
	    "servers and login as known of NAME: microsoft, google, ...",
	    OPT_AT(struct account, provider) },
	{ "providers", 0, OPT_STR, "FILE", "know the providers in FILE, too",
	    OPT_AT(struct account, providers) },
	{ "password-file", 0, OPT_STR, "FILE",
	    "the password is the first line of FILE (mode 0600)",
	    OPT_AT(struct account, password_file) },
	{ "password-command", 0, OPT_STR, "CMD",
	    "the password is what CMD prints (no shell)",
	    OPT_AT(struct account, password_command) },
	{ "password-env", 0, OPT_STR, "NAME",
	    "the password is in this environment variable",
	    OPT_AT(struct account, password_env) },
	{ "credentials", 0, OPT_STR, "FILE",
	    "the password is in FILE, which is like .netrc",
	    OPT_AT(struct account, credentials) },
	{ "auth", 0, OPT_STR, "MECH",
	    "log in with this mechanism only (default: the best)",
	    OPT_AT(struct account, auth) },
	{ "admin", 0, OPT_STR, "FORM",
	    "log in as an administrator, the name in this form",
	    OPT_AT(struct account, admin) },
	{ "admin-user", 0, OPT_STR, "NAME", "the administrator's name",
	    OPT_AT(struct account, admin_user) },
	{ "user-root", 0, OPT_STR, "FOLDER",
	    "the user's folders are below this one",
	    OPT_AT(struct account, user_root) },
	{ "oauth-token-command", 0, OPT_STR, "CMD",
	    "log in with the OAuth token that CMD prints",
	    OPT_AT(struct account, oauth.token_command) },
	{ "oauth", 0, OPT_STR, "CLIENT",
	    "get OAuth tokens: microsoft, google, or a file",
	    OPT_AT(struct account, oauth.client) },
	{ "oauth-client-id", 0, OPT_STR, "ID",
	    "the application registered with the provider",
	    OPT_AT(struct account, oauth.client_id) },
	{ "oauth-tenant", 0, OPT_STR, "NAME", "Microsoft's name of the tenant",
	    OPT_AT(struct account, oauth.tenant) },
	{ "oauth-secret-file", 0, OPT_STR, "FILE",
	    "the application's secret is in FILE (mode 0600)",
	    OPT_AT(struct account, oauth.secret_file) },
	{ "oauth-refresh-file", 0, OPT_STR, "FILE",
	    "the refresh token is kept in FILE (mode 0600)",
	    OPT_AT(struct account, oauth.refresh_file) },
	{ "client-cert", 0, OPT_STR, "FILE",
	    "show this certificate (PEM) to the server",
	    OPT_AT(struct account, client_cert) },
	{ "client-key", 0, OPT_STR, "FILE",
	    "its private key, if not in the same file (mode 0600)",
	    OPT_AT(struct account, client_key) },
	{ "tls", 0, OPT_STR, "HOW", "verify (default), insecure or none",
	    OPT_AT(struct account, tls) },
	{ "ca-file", 0, OPT_STR, "FILE",
	    "trust these authorities (PEM), not the system's",
	    OPT_AT(struct account, ca_file) },
	{ "tls-pin", 0, OPT_STR, "HASH", "SHA-256 of the server's public key",
	    OPT_AT(struct account, tls_pin) },
	{ "timeout", 0, OPT_NUM, "SECONDS",
	    "how long the server may say nothing (120)",
	    OPT_AT(struct account, timeout_s) },
	{ "compress", 0, OPT_STR, "WHEN",
	    "COMPRESS=DEFLATE: auto (when the server is far), always, never",
	    OPT_AT(struct account, compress) },
	{ "limit-rate", 0, OPT_SIZE, "BYTES", "so many bytes a second at most",
	    OPT_AT(struct account, limit_rate) },
	{ "trace-wire", 0, OPT_STR, "FILE",
	    "write the dialogue to FILE, without passwords and mail",
	    OPT_AT(struct account, trace_wire) },
	{ 0 },
};

int
connect_source(struct account *a, struct source_spec *spec, const char *arg,
    struct err *err)
{
	if (!account_is_meant(a, arg))
		return source_spec_parse(spec, arg, err);
	if (account_check(a, arg, err) < 0)
		return -1;
	spec->account = a;
	spec->path = arg;
	spec->kind = url_is_imap(&a->url) ? "imap" : "pop3";
	secret_harden_process();
	return 0;
}

int
connect_check_dest(struct account *a, const char *url, struct err *err)
{
	if (!account_is_meant(a, url)) {
		err_set(err, SCOPE_RUN, EX_USAGE,
		    "'%s' is not the address of a mailbox", url);
		return err_hint(err,
		    "write imaps://USER@HOST/; 'postroad "
		    "export' writes files");
	}
	if (account_check(a, url, err) < 0)
		return -1;
	if (url_is_imap(&a->url))
		return 0;
	account_close(a);
	err_set(err, SCOPE_RUN, EX_USAGE, "a POP3 account takes no mail in");
	return err_hint(err, "write imaps://USER@HOST/");
}

void
connect_tell(const struct account *a, struct report *r)
{
	if (a->security[0] != '\0') {
		report_set(r, "security", js_str(slice_str(a->security)));
		if (a->tls_mode == TLS_NONE)
			report_note(r,
			    "The connection was not encrypted "
			    "(--tls none).");
		else if (a->tls_mode == TLS_INSECURE && a->tls_pin == NULL)
			report_note(r,
			    "The server's certificate was NOT "
			    "verified (--tls insecure).");
	}
}

void
connect_end(struct account *a, struct report *r)
{
	connect_tell(a, r);
	account_close(a);
}
