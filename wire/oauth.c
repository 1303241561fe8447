/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Access tokens; see oauth.h. */
#include "wire/oauth.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/io.h"
#include "core/js.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/num.h"
#include "core/stop.h"
#include "wire/conn.h"
#include "wire/http.h"
#include "wire/oauth_client.h"

#define MARGIN_S     300 /* renewed so long before the end, */
#define MARGIN_PART  5	 /* or in the last fifth of a short life */
#define POLL_S	     5	 /* RFC 8628, 3.5 */
#define POLL_MAX_S   60
#define DEVICE_MAX_S 1800 /* how long a person may take */
#define FORM_MAX     (4 * SECRET_TOKEN_MAX + 8192)

struct oauth {
	struct oauth_spec spec;
	struct oauth_client client;
	struct secret *token, *refresh, *client_secret;
	int64_t good_until; /* seconds of now(); -1: until it is refused */
	bool is_new;
};

/* Seconds that go on while the machine sleeps. */
static int64_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec;
}

/* ------------------------------------------------------------------ replies */

/* Is one of our secrets in a text that is about to be shown? */
static bool
repeats_secret(const struct oauth *o, const char *text)
{
	const struct secret *s[] = { o->refresh, o->client_secret };
	struct slice v;
	size_t i;

	for (i = 0; i < 2; i++) {
		if (s[i] == NULL)
			continue;
		v = secret_slice(s[i]);
		if (v.n >= 4 && memmem(text, strlen(text), v.p, v.n) != NULL)
			return true;
	}
	return false;
}

static int
refused(const struct oauth *o, int status, const struct js *reply,
    struct err *err)
{
	const char *code = reply == NULL ? "" : js_get_str(reply, "error");
	const char *words =
	    reply == NULL ? "" : js_get_str(reply, "error_description");
	bool later = status == 429 || status >= 500;

	if (status < 400)
		return err_set(err, SCOPE_RUN, EX_PROTOCOL,
		    "the token server's answer (%d) is none", status);
	if (repeats_secret(o, code))
		code = "(its words repeat a secret)";
	if (repeats_secret(o, words))
		words = "(its words repeat a secret)";
	err_set(err, later ? SCOPE_STORE : SCOPE_RUN,
	    later ? EX_TEMPFAIL : EX_NOPERM,
	    "the token server says %d%s%s%s%.200s", status,
	    code[0] != '\0' ? " " : "", code, words[0] != '\0' ? ": " : "",
	    words);
	if (strcmp(code, "invalid_grant") == 0 && o->refresh != NULL)
		return err_hint(err, "the refresh token is no longer good%s%s",
		    o->client.refresh.file != NULL
			? ": sign in anew; remove the file "
			: "",
		    o->client.refresh.file != NULL ? o->client.refresh.file
						   : "");
	if (strcmp(code, "invalid_client") == 0 ||
	    strcmp(code, "unauthorized_client") == 0)
		return err_hint(err,
		    "look at the client id, its secret and the tenant, and "
		    "whether the application may use this flow");
	if (strcmp(code, "invalid_scope") == 0)
		return err_hint(err,
		    "the application has no right to this scope: its "
		    "registration must have it, and an administrator consent");
	return later ? err_hint(err, "run the same command again later") : -1;
}

/* The new refresh token, where servers change it each time; where it came
 * from a file, it goes there, whole or not at all. */
static int
keep_refresh(struct oauth *o, struct slice token, struct err *err)
{
	const char *path = o->client.refresh.file;
	char *tmp;
	int fd, rc = -1;

	if (o->refresh != NULL && slice_eq(secret_slice(o->refresh), token))
		return 0;
	secret_free(&o->refresh);
	o->refresh = secret_new(SECRET_TOKEN_MAX);
	if (!secret_put(o->refresh, token.p, token.n))
		return err_set(err, SCOPE_RUN, EX_PROTOCOL,
		    "the token server's refresh token is too long");
	if (path == NULL)
		return 0;
	tmp = mem_fmt("%s.%ld.tmp", path, (long)getpid());
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	    0600);
	if (fd >= 0 && io_write_all(fd, token.p, token.n) == 0 &&
	    io_write_all(fd, "\n", 1) == 0 && fsync(fd) == 0 &&
	    rename(tmp, path) == 0)
		rc = 0;
	else
		err_sys(err, SCOPE_RUN, EX_CANTCREAT,
		    "keeping the refresh token in '%s'", path);
	if (fd >= 0)
		close(fd);
	if (rc < 0 && fd >= 0)
		(void)unlink(tmp);
	free(tmp);
	return rc;
}

static int64_t
end_of_life(const struct js *reply)
{
	int64_t life = js_get_int(reply, "expires_in");
	uint64_t n;

	/* some write the number as a string */
	if (life < 0 &&
	    num_u64(slice_str(js_get_str(reply, "expires_in")), INT32_MAX, &n))
		life = (int64_t)n;
	if (life < 0)
		return -1;
	return now() + life -
	    (life / MARGIN_PART < MARGIN_S ? life / MARGIN_PART : MARGIN_S);
}

static int
take_token(struct oauth *o, const struct js *reply, struct err *err)
{
	const char *token = js_get_str(reply, "access_token");
	const char *type = js_get_str(reply, "token_type");
	const char *refresh = js_get_str(reply, "refresh_token");

	if (token[0] == '\0' ||
	    (type[0] != '\0' && strcasecmp(type, "bearer") != 0))
		return err_set(err, SCOPE_RUN, EX_PROTOCOL,
		    "the token server's answer holds no bearer token");
	secret_free(&o->token);
	o->token = secret_new(SECRET_TOKEN_MAX);
	if (!secret_put(o->token, token, strlen(token)))
		return err_set(err, SCOPE_RUN, EX_PROTOCOL,
		    "the token is longer than %d bytes", SECRET_TOKEN_MAX);
	o->good_until = end_of_life(reply);
	o->is_new = true;
	if (refresh[0] == '\0')
		return 0;
	return keep_refresh(o, slice_str(refresh), err);
}

/* ----------------------------------------------------------------- requests */

static bool
put_str(struct secret *form, const char *key, const char *value)
{
	return value == NULL || http_form_put(form, key, slice_str(value));
}

static bool
put_secret(struct secret *form, const char *key, const struct secret *s)
{
	return s == NULL || http_form_put(form, key, secret_slice(s));
}

/* HTTP status, and in *reply_r the JSON (NULL: none); or -1. */
static int
post(const struct oauth *o, const struct buf *url, const struct secret *form,
    struct js **reply_r, struct err *err)
{
	struct http_spec spec = { .url = buf_str(url),
		.ca_file = o->client.ca_file,
		.loopback_ok = o->client.http_on_loopback };
	struct secret *body = secret_new(HTTP_REPLY_MAX);
	int status = http_post(&spec, form, body, err);

	*reply_r = status < 0 ? NULL : js_parse(secret_slice(body));
	secret_free(&body);
	return status;
}

static int
get_client_secret(struct oauth *o, struct err *err)
{
	if (o->client_secret != NULL ||
	    !oauth_has_place(&o->client.client_secret))
		return 0;
	return secret_get(&o->client_secret, &o->client.client_secret, err);
}

/* One request for a token.  1, 0 with the error's code in 'code' ("" none)
 * and *err filled in, or -1. */
static int
ask_token(struct oauth *o, const struct secret *form, char code[64],
    struct err *err)
{
	struct js *reply;
	int status = post(o, &o->client.token_url, form, &reply, err), rc;

	code[0] = '\0';
	if (status < 0)
		return -1;
	if (status == 200 && reply != NULL) {
		rc = take_token(o, reply, err) < 0 ? -1 : 1;
	} else {
		if (reply != NULL)
			snprintf(code, 64, "%s", js_get_str(reply, "error"));
		refused(o, status, reply, err);
		rc = 0;
	}
	js_free_secret(&reply);
	return rc;
}

static int
by_refresh(struct oauth *o, struct err *err)
{
	struct secret *form;
	char code[64];
	int rc;

	if (o->refresh == NULL &&
	    secret_get(&o->refresh, &o->client.refresh, err) < 0)
		return -1;
	form = secret_new(FORM_MAX);
	(void)put_str(form, "grant_type", "refresh_token");
	(void)put_str(form, "client_id", o->client.client_id);
	(void)put_secret(form, "client_secret", o->client_secret);
	(void)put_secret(form, "refresh_token", o->refresh);
	(void)put_str(form, "scope", o->client.scope);
	rc = ask_token(o, form, code, err);
	secret_free(&form);
	return rc > 0 ? 0 : -1;
}

static int
by_client(struct oauth *o, struct err *err)
{
	struct secret *form = secret_new(FORM_MAX);
	char code[64];
	int rc;

	(void)put_str(form, "grant_type", "client_credentials");
	(void)put_str(form, "client_id", o->client.client_id);
	(void)put_secret(form, "client_secret", o->client_secret);
	(void)put_str(form, "scope",
	    o->client.app_scope != NULL ? o->client.app_scope
					: o->client.scope);
	rc = ask_token(o, form, code, err);
	secret_free(&form);
	return rc > 0 ? 0 : -1;
}

/* ------------------------------------------------------------- device code */

struct device {
	struct secret *code;
	int64_t interval, end;
};

static void
tell(const struct oauth *o, const struct js *reply)
{
	const char *uri = js_get_str(reply, "verification_uri");
	const char *code = js_get_str(reply, "user_code");

	if (uri[0] == '\0') /* as Google calls it */
		uri = js_get_str(reply, "verification_url");
	log_warn("to let postroad into the mailbox of %s, open %.200s and "
		 "enter the code %.60s",
	    o->spec.user == NULL ? "the user" : o->spec.user, uri, code);
}

static int
start_device(struct oauth *o, struct device *d, struct err *err)
{
	struct secret *form = secret_new(FORM_MAX);
	struct js *reply;
	const char *code;
	int64_t life;
	int status;

	(void)put_str(form, "client_id", o->client.client_id);
	(void)put_str(form, "scope", o->client.scope);
	status = post(o, &o->client.device_url, form, &reply, err);
	secret_free(&form);
	if (status < 0)
		return -1;
	code = reply == NULL ? "" : js_get_str(reply, "device_code");
	if (status != 200 || code[0] == '\0') {
		refused(o, status, reply, err);
		js_free_secret(&reply);
		return -1;
	}
	d->code = secret_new(SECRET_TOKEN_MAX);
	(void)secret_put(d->code, code, strlen(code));
	d->interval = js_get_int(reply, "interval");
	if (d->interval < 1 || d->interval > POLL_MAX_S)
		d->interval = POLL_S;
	life = js_get_int(reply, "expires_in");
	d->end =
	    now() + (life > 0 && life < DEVICE_MAX_S ? life : DEVICE_MAX_S);
	tell(o, reply);
	js_free_secret(&reply);
	return 0;
}

/* Ask until the person has said yes or no. */
static int
poll_device(struct oauth *o, struct device *d, struct err *err)
{
	struct secret *form = secret_new(FORM_MAX);
	char code[64];
	int rc = 0;

	(void)put_str(form, "grant_type",
	    "urn:ietf:params:oauth:grant-type:device_code");
	(void)put_str(form, "client_id", o->client.client_id);
	(void)put_secret(form, "client_secret", o->client_secret);
	(void)put_secret(form, "device_code", d->code);
	while (rc == 0) {
		if (now() + d->interval > d->end) {
			rc = err_set(err, SCOPE_RUN, EX_NOPERM,
			    "nobody entered the code in time");
			break;
		}
		if (conn_sleep_ms((uint64_t)d->interval * 1000, err) < 0) {
			rc = stop_check(err);
			break;
		}
		rc = ask_token(o, form, code, err);
		if (rc == 0 && strcmp(code, "slow_down") == 0)
			d->interval += POLL_S;
		else if (rc == 0 && strcmp(code, "authorization_pending") != 0)
			rc = -1;
	}
	secret_free(&form);
	return rc > 0 ? 0 : -1;
}

static int
by_device(struct oauth *o, struct err *err)
{
	struct device d = { 0 };
	int rc;

	if (!o->client.device_asked && !isatty(STDERR_FILENO)) {
		err_set(err, SCOPE_RUN, EX_NOPERM,
		    "somebody has to sign in, and there is no terminal to say "
		    "where");
		return err_hint(err,
		    "run it once on a terminal with --oauth-refresh-file, or "
		    "with 'flow: device' in the file of --oauth");
	}
	rc = start_device(o, &d, err);
	if (rc == 0)
		rc = poll_device(o, &d, err);
	secret_free(&d.code);
	if (rc == 0 && o->refresh != NULL)
		o->client.flow = OAUTH_REFRESH;
	return rc;
}

/* ------------------------------------------------------------------- entry */

int
oauth_open(struct oauth **o_r, const struct oauth_spec *spec, struct err *err)
{
	struct oauth *o = mem_alloc(1, sizeof(*o));

	o->spec = *spec;
	*o_r = o;
	if (spec->client == NULL ||
	    oauth_client_read(&o->client, &o->spec, err) == 0)
		return 0;
	oauth_close(o_r);
	return -1;
}

static int
by_command(struct oauth *o, struct err *err)
{
	struct secret_spec spec = { .what = "token",
		.option = "--oauth-token",
		.max = SECRET_TOKEN_MAX,
		.command = o->spec.token_command };

	secret_free(&o->token);
	o->good_until = -1;
	if (secret_get(&o->token, &spec, err) < 0)
		return -1;
	o->is_new = true;
	return 0;
}

static int
renew(struct oauth *o, struct err *err)
{
	int rc;

	if (o->spec.client == NULL)
		return by_command(o, err);
	rc = get_client_secret(o, err);
	if (rc == 0)
		rc = o->client.flow == OAUTH_REFRESH ? by_refresh(o, err)
		    : o->client.flow == OAUTH_CLIENT ? by_client(o, err)
						     : by_device(o, err);
	return rc < 0 ? err_within(err, "OAuth") : 0;
}

int
oauth_token(struct oauth *o, bool fresh, const struct secret **token_r,
    struct err *err)
{
	bool over = o->good_until >= 0 && now() >= o->good_until;

	o->is_new = false;
	if ((o->token == NULL || over || fresh) && renew(o, err) < 0)
		return -1;
	*token_r = o->token;
	return 0;
}

bool
oauth_is_new(const struct oauth *o)
{
	return o->is_new;
}

void
oauth_close(struct oauth **o)
{
	if (*o == NULL)
		return;
	secret_free(&(*o)->token);
	secret_free(&(*o)->refresh);
	secret_free(&(*o)->client_secret);
	oauth_client_free(&(*o)->client);
	free(*o);
	*o = NULL;
}
