/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From options to a session that is logged in; see account.h. */
#include "wire/account.h"

#include <string.h>

#include "core/log.h"

#define TIMEOUT_MAX_S 86400

static int
check_tls(struct account *a, struct err *err)
{
	a->tls_mode = TLS_VERIFY;
	if (a->tls != NULL && tls_mode_parse(a->tls, &a->tls_mode, err) < 0)
		return -1;
	if (a->tls_pin != NULL && tls_pin_check(a->tls_pin, err) < 0)
		return -1;
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
	if (a->tls_pin != NULL || a->ca_file != NULL)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--tls none leaves nothing for --ca-file or --tls-pin "
		    "to verify");
	return 0;
}

int
account_check(struct account *a, const char *url, struct err *err)
{
	int places = (a->password_file != NULL) +
	    (a->password_command != NULL) + (a->password_env != NULL) +
	    (a->credentials != NULL);

	url_free(&a->url);
	if (url_parse(&a->url, url, err) < 0)
		return -1;
	if (places > 1)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "only one of --password-file, --password-command, "
		    "--password-env and --credentials");
	if (a->timeout_s > TIMEOUT_MAX_S)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--timeout: at most %d seconds", TIMEOUT_MAX_S);
	return check_tls(a, err);
}

static int
get_password(struct account *a, struct err *err)
{
	struct secret_spec spec = {
		.file = a->password_file,
		.command = a->password_command,
		.env = a->password_env,
		.credentials = a->credentials,
		.host = a->url.host,
		.user = a->url.user,
	};

	if (a->password != NULL)
		return 0;
	secret_harden_process();
	return secret_get(&a->password, &spec, err);
}

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

static int
open_session(struct imap **im_r, struct account *a, struct err *err)
{
	struct conn_spec spec = {
		.host = a->url.host,
		.port = a->url.port,
		.tls_at_once = url_is_tls(&a->url),
		.tls = { .mode = a->tls_mode,
		    .ca_file = a->ca_file,
		    .pin = a->tls_pin },
		.timeout_s = (unsigned)a->timeout_s,
		.limit_rate = a->limit_rate,
		.trace = a->trace,
	};

	if (imap_open(im_r, &spec, err) < 0)
		return -1;
	if (imap_login(*im_r, a->url.user, NULL, a->password, err) < 0 ||
	    imap_id(*im_r, err) < 0) {
		imap_close(im_r);
		return -1;
	}
	return 0;
}

int
account_open(struct imap **im_r, struct account *a, struct err *err)
{
	struct buf url = { 0 };
	int rc;

	*im_r = NULL;
	if (!url_is_imap(&a->url))
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "this needs an IMAP account: imaps:// or imap://");
	if (a->trace_wire != NULL && a->trace == NULL &&
	    trace_open(&a->trace, a->trace_wire, err) < 0)
		return -1;
	if (get_password(a, err) < 0)
		return -1;
	warn_once(a);
	rc = open_session(im_r, a, err);
	if (rc < 0) {
		url_put(&url, &a->url);
		err_within(err, "%s", buf_str(&url));
		buf_free(&url);
	}
	return rc;
}

void
account_close(struct account *a)
{
	secret_free(&a->password);
	trace_close(&a->trace);
	url_free(&a->url);
}
