/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which OAuth client we are; see oauth_client.h. */
#include "wire/oauth_client.h"

#include <string.h>
#include <unistd.h>

#include "wire/http.h"

static const char *const keys[] = { "flow", "token_endpoint", "device_endpoint",
	"tenant", "scope", "app_scope", "client_id", "client_secret_file",
	"client_secret_command", "client_secret_env", "refresh_token_file",
	"refresh_token_command", "refresh_token_env", "ca_file",
	"http_on_loopback" };

/* Where values come from: a file, or a provider's entry. */
struct origin {
	const struct oauth_client *c;
	const char *name;
};

static const char *
value_of(const struct origin *o, const char *key)
{
	const struct conf_node *n;

	if (o->c->conf == NULL)
		return providers_oauth(o->c->providers, o->name, key);
	for (n = conf_root(o->c->conf)->child; n != NULL; n = n->next)
		if (strcmp(n->key, key) == 0)
			return n->text;
	return NULL;
}

static int
check_keys(const struct conf *conf, struct err *err)
{
	const struct conf_node *n;
	size_t i, count = sizeof(keys) / sizeof(keys[0]);

	for (n = conf_root(conf)->child; n != NULL; n = n->next) {
		for (i = 0; i < count && strcmp(n->key, keys[i]) != 0; i++)
			;
		if (strcmp(n->key, "client_secret") == 0 ||
		    strcmp(n->key, "refresh_token") == 0) {
			conf_error(conf, n, err, "a secret stands in the file");
			return err_hint(err,
			    "put it into a file of its own, with mode 0600, "
			    "and write %s_file: FILE",
			    n->key);
		}
		if (i == count || n->kind != CONF_TEXT)
			return conf_error(conf, n, err,
			    i == count ? "an OAuth client has no '%s'"
				       : "'%s' wants one value",
			    n->key);
	}
	return 0;
}

/* {tenant} in an address */
static int
put_url(struct buf *out, const char *url, const char *tenant,
    const struct oauth_client *c, struct err *err)
{
	static const char mark[] = "{tenant}";
	const char *at;

	if (url == NULL)
		return 0;
	at = strstr(url, mark);
	if (at == NULL) {
		buf_puts(out, url);
	} else {
		buf_put(out, url, (size_t)(at - url));
		buf_puts(out, tenant == NULL ? "" : tenant);
		buf_puts(out, at + strlen(mark));
	}
	return http_check_url(buf_str(out), c->http_on_loopback, err);
}

bool
oauth_has_place(const struct secret_spec *s)
{
	return s->file != NULL || s->command != NULL || s->env != NULL;
}

static int
choose_flow(struct oauth_client *c, const char *flow, struct err *err)
{
	bool first_time =
	    c->refresh.file != NULL && access(c->refresh.file, F_OK) != 0;

	if (flow != NULL) {
		c->device_asked = strcmp(flow, "device") == 0;
		c->flow = c->device_asked	  ? OAUTH_DEVICE
		    : strcmp(flow, "client") == 0 ? OAUTH_CLIENT
						  : OAUTH_REFRESH;
		if (c->flow == OAUTH_REFRESH && strcmp(flow, "refresh") != 0)
			return err_set(err, SCOPE_RUN, EX_CONFIG,
			    "flow: '%s' is none of refresh, client, device",
			    flow);
		/* who signed in once has a refresh token from then on */
		if (c->flow == OAUTH_DEVICE && c->refresh.file != NULL &&
		    !first_time)
			c->flow = OAUTH_REFRESH;
		return 0;
	}
	if (oauth_has_place(&c->refresh) && !first_time)
		c->flow = OAUTH_REFRESH;
	else if (oauth_has_place(&c->client_secret) && c->refresh.file == NULL)
		c->flow = OAUTH_CLIENT;
	else
		c->flow = OAUTH_DEVICE;
	return 0;
}

static int
check_flow(const struct oauth_client *c, struct err *err)
{
	if (c->token_url.n == 0)
		return err_set(err, SCOPE_RUN, EX_CONFIG,
		    "no token_endpoint is given");
	if (c->client_id == NULL) {
		err_set(err, SCOPE_RUN, EX_USAGE, "no client id is given");
		return err_hint(err,
		    "--oauth-client-id (client_id in a file) names the "
		    "application that is registered with the provider");
	}
	if (c->flow == OAUTH_REFRESH && !oauth_has_place(&c->refresh))
		return err_set(err, SCOPE_RUN, EX_CONFIG,
		    "flow: refresh needs refresh_token_file");
	if (c->flow == OAUTH_CLIENT && !oauth_has_place(&c->client_secret))
		return err_set(err, SCOPE_RUN, EX_CONFIG,
		    "flow: client needs client_secret_file");
	if (c->flow != OAUTH_DEVICE || c->device_url.n > 0)
		return 0;
	if (c->refresh.file != NULL)
		return err_set(err, SCOPE_RUN, EX_CONFIG,
		    "there is no refresh token in '%s' yet, and no "
		    "device_endpoint to get one from",
		    c->refresh.file);
	err_set(err, SCOPE_RUN, EX_USAGE, "nothing to get a token with");
	return err_hint(err,
	    "--oauth-refresh-file FILE, or --oauth-secret-file FILE for an "
	    "application with rights of its own");
}

static struct secret_spec
place_of(const struct origin *o, const char *what, const char *option,
    const char *const names[3])
{
	return (struct secret_spec){ .what = what,
		.option = option,
		.max = SECRET_TOKEN_MAX,
		.file = value_of(o, names[0]),
		.command = value_of(o, names[1]),
		.env = value_of(o, names[2]) };
}

static int
fill_in(struct oauth_client *c, const struct oauth_spec *spec, struct err *err)
{
	static const char *const secret[] = { "client_secret_file",
		"client_secret_command", "client_secret_env" };
	static const char *const refresh[] = { "refresh_token_file",
		"refresh_token_command", "refresh_token_env" };
	struct origin o = { c, spec->client };
	const char *yes = value_of(&o, "http_on_loopback");
	const char *tenant =
	    spec->tenant != NULL ? spec->tenant : value_of(&o, "tenant");

	c->http_on_loopback = yes != NULL && strcmp(yes, "yes") == 0;
	c->scope = value_of(&o, "scope");
	c->app_scope = value_of(&o, "app_scope");
	c->ca_file = value_of(&o, "ca_file");
	c->client_id = spec->client_id != NULL ? spec->client_id
					       : value_of(&o, "client_id");
	c->client_secret =
	    place_of(&o, "client secret", "client_secret", secret);
	c->refresh = place_of(&o, "refresh token", "refresh_token", refresh);
	if (spec->secret_file != NULL)
		c->client_secret =
		    (struct secret_spec){ .what = "client secret",
			    .option = "--oauth-secret",
			    .max = SECRET_TOKEN_MAX,
			    .file = spec->secret_file };
	if (spec->refresh_file != NULL)
		c->refresh = (struct secret_spec){ .what = "refresh token",
			.option = "--oauth-refresh",
			.max = SECRET_TOKEN_MAX,
			.file = spec->refresh_file };
	if (put_url(&c->token_url, value_of(&o, "token_endpoint"), tenant, c,
		err) < 0 ||
	    put_url(&c->device_url, value_of(&o, "device_endpoint"), tenant, c,
		err) < 0 ||
	    choose_flow(c, value_of(&o, "flow"), err) < 0 ||
	    check_flow(c, err) < 0)
		return -1;
	/* Microsoft's names for "any": an application is of one tenant */
	if (c->flow == OAUTH_CLIENT && tenant != NULL &&
	    (strcmp(tenant, "organizations") == 0 ||
		strcmp(tenant, "common") == 0)) {
		err_set(err, SCOPE_RUN, EX_USAGE,
		    "an application that logs in by itself needs its tenant");
		return err_hint(err,
		    "--oauth-tenant DOMAIN, such as example.onmicrosoft.com");
	}
	return 0;
}

int
oauth_client_read(struct oauth_client *c, const struct oauth_spec *spec,
    struct err *err)
{
	bool known;

	if (providers_open(&c->providers, spec->providers, err) < 0)
		return -1;
	known = providers_oauth(c->providers, spec->client, "token_endpoint") !=
	    NULL;
	if (!known &&
	    (conf_read(&c->conf, spec->client, err) < 0 ||
		check_keys(c->conf, err) < 0)) {
		err_within(err, "--oauth");
		if (err->status == EX_NOINPUT)
			err_hint(err,
			    "microsoft, google, or a file that describes the "
			    "client: postroad-providers(5)");
		return -1;
	}
	return fill_in(c, spec, err) < 0
	    ? err_within(err, "--oauth %s", spec->client)
	    : 0;
}

void
oauth_client_free(struct oauth_client *c)
{
	buf_free(&c->token_url);
	buf_free(&c->device_url);
	conf_free(&c->conf);
	providers_close(&c->providers);
}
