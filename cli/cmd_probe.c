/* SPDX-License-Identifier: GPL-3.0-or-later */
/* postroad probe HOST */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/commands.h"
#include "cli/probe_show.h"
#include "core/mem.h"
#include "core/num.h"
#include "wire/dns.h"

#define TIMEOUT_S     5
#define TIMEOUT_MAX_S 600
#define PORTS_MAX     64
#define SRV_MAX	      8 /* records of one kind */

struct options {
	struct opt_list port;
	const char *resolver, *ca_file, *tls_pin, *trace_wire, *providers;
	bool no_srv;
	uint64_t timeout_s;
};

static const struct opt options[] = {
	{ "port", 'p', OPT_LIST, "PORT",
	    "try this port, too: 10993, imaps:10993, pop3:10110",
	    OPT_AT(struct options, port) },
	{ "no-srv", 0, OPT_FLAG, NULL, "do not ask the DNS for services",
	    OPT_AT(struct options, no_srv) },
	{ "resolver", 0, OPT_STR, "ADDRESS",
	    "ask this name server, ADDRESS[:PORT], for services",
	    OPT_AT(struct options, resolver) },
	{ "ca-file", 0, OPT_STR, "FILE",
	    "trust these authorities (PEM), not the system's",
	    OPT_AT(struct options, ca_file) },
	{ "tls-pin", 0, OPT_STR, "HASH", "SHA-256 of the server's public key",
	    OPT_AT(struct options, tls_pin) },
	{ "timeout", 0, OPT_NUM, "SECONDS",
	    "how long a port may say nothing (5)",
	    OPT_AT(struct options, timeout_s) },
	{ "providers", 0, OPT_STR, "FILE", "know the providers in FILE, too",
	    OPT_AT(struct options, providers) },
	{ "trace-wire", 0, OPT_STR, "FILE", "write the dialogue to FILE",
	    OPT_AT(struct options, trace_wire) },
	{ 0 },
};

static const struct kind {
	const char *word, *service;
	enum url_scheme scheme;
	uint16_t port;
} kinds[] = {
	{ "imaps", "_imaps._tcp", URL_IMAPS, 993 },
	{ "imap", "_imap._tcp", URL_IMAP, 143 },
	{ "pop3s", "_pop3s._tcp", URL_POP3S, 995 },
	{ "pop3", "_pop3._tcp", URL_POP3, 110 },
};

struct job {
	const struct options *o;
	struct trace *trace;
	struct probed v[PORTS_MAX];
	size_t n;
};

/* Each host and port once; the first to name it says where it is from. */
static void
add(struct job *j, const char *host, enum url_scheme scheme, uint16_t port,
    const char *from)
{
	struct probed *p;
	size_t i;

	for (i = 0; i < j->n; i++)
		if (j->v[i].p.spec.port == port &&
		    strcasecmp(j->v[i].host, host) == 0)
			return;
	if (j->n == PORTS_MAX)
		return;
	p = &j->v[j->n++];
	p->host = mem_str(host);
	p->from = from;
	p->p.scheme = scheme;
	p->p.spec = (struct conn_spec){ .host = p->host,
		.port = port,
		.timeout_s = (unsigned)j->o->timeout_s,
		.trace = j->trace,
		.tls = { .ca_file = j->o->ca_file, .pin = j->o->tls_pin } };
}

/* "10993" or "imaps:10993" */
static int
add_given(struct job *j, const char *host, const char *text, struct err *err)
{
	const char *colon = strchr(text, ':');
	struct slice word =
	    slice_of(text, colon == NULL ? 0 : (size_t)(colon - text));
	enum url_scheme scheme = URL_NONE;
	uint64_t port = 0;
	size_t i;

	for (i = 0; colon != NULL && i < 4; i++)
		if (slice_is_nocase(word, kinds[i].word))
			scheme = kinds[i].scheme;
	if ((colon != NULL && scheme == URL_NONE) ||
	    !num_u64(slice_str(colon == NULL ? text : colon + 1), 65535,
		&port) ||
	    port == 0) {
		err_set(err, SCOPE_RUN, EX_USAGE, "--port: '%s' is no port",
		    text);
		return err_hint(err,
		    "a number, or imaps:, imap:, pop3s:, pop3: before it");
	}
	add(j, host, scheme, (uint16_t)port, "given");
	return 0;
}

/* ---------------------------------------------------------------- services */

/*
 * RFC 6186.  A domain's own records may name any host; the certificate then
 * is for that host, and says nothing about the domain (section 6 there).
 */
static int
add_services(struct job *j, const char *domain, struct services *s,
    struct err *err)
{
	struct dns_srv v[SRV_MAX];
	struct err failed = { 0 };
	char name[300];
	size_t k;
	int n, i;

	for (k = 0; k < 4; k++) {
		snprintf(name, sizeof(name), "%s.%s", kinds[k].service, domain);
		n = dns_srv(name, j->o->resolver, v, SRV_MAX, &failed);
		if (n < 0 && failed.scope == SCOPE_RUN) {
			*err = failed;
			return err_within(err, "--resolver");
		}
		if (n < 0) {
			s->problem = failed; /* three more would not answer */
			return 0;
		}
		for (i = 0; i < n; i++) {
			services_add(s, kinds[k].word, &v[i]);
			if (v[i].host[0] != '\0')
				add(j, v[i].host, kinds[k].scheme, v[i].port,
				    "srv");
		}
	}
	return 0;
}

static bool
is_address(const char *host)
{
	return strchr(host, ':') != NULL ||
	    host[strspn(host, "0123456789.")] == '\0';
}

static int
collect(struct job *j, const char *host, struct services *s, struct err *err)
{
	size_t i;

	if (!j->o->no_srv && !is_address(host) &&
	    (strchr(host, '.') != NULL || j->o->resolver != NULL) &&
	    add_services(j, host, s, err) < 0)
		return -1;
	for (i = 0; i < j->o->port.n; i++)
		if (add_given(j, host, j->o->port.v[i], err) < 0)
			return -1;
	for (i = 0; i < 4; i++)
		add(j, host, kinds[i].scheme, kinds[i].port, "standard");
	return 0;
}

/* A host that does not exist is asked for once. */
static int
run_all(struct job *j, struct err *err)
{
	struct probed *p;
	size_t i, k;

	for (i = 0; i < j->n; i++) {
		p = &j->v[i];
		for (k = 0; k < i; k++)
			if (j->v[k].p.problem.status == EX_NOHOST &&
			    strcmp(j->v[k].host, p->host) == 0)
				break;
		if (k < i)
			p->p.problem = j->v[k].p.problem;
		else if (probe_run(&p->p, err) < 0)
			return -1;
	}
	return 0;
}

/* --------------------------------------------------------------------- run */

/* Of "mary@example.org", "host:10993", "[::1]", "imaps://mary@host/" the host,
 * and in *port_r where the port stands, or NULL. */
static int
host_of(const char *operand, char host[URL_HOST_MAX + 1], const char **port_r,
    struct err *err)
{
	struct url url = { 0 };
	const char *at = strrchr(operand, '@'), *colon;
	size_t n;

	*port_r = NULL;

	if (url_is_url(operand)) {
		if (url_parse(&url, operand, err) < 0)
			return -1;
		snprintf(host, URL_HOST_MAX + 1, "%s", url.host);
		url_free(&url);
		return 0;
	}
	if (at != NULL)
		operand = at + 1;
	n = strlen(operand);
	colon = strrchr(operand, ':');
	/* more than one colon is an IPv6 address, unless in brackets */
	if (colon != NULL && colon > operand &&
	    (strchr(operand, ':') == colon || colon[-1] == ']')) {
		*port_r = colon + 1;
		n = (size_t)(colon - operand);
	}
	if (n > 1 && operand[0] == '[' && operand[n - 1] == ']') {
		operand++;
		n -= 2;
	}
	if (n > 0 && operand[n - 1] == '.')
		n--;
	if (n == 0 || n > URL_HOST_MAX || strcspn(operand, " /\t\r\n") < n)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "'%s' is no host or domain", operand);
	snprintf(host, URL_HOST_MAX + 1, "%.*s", (int)n, operand);
	return 0;
}

static int
probe_all(struct job *j, const char *operand, const struct common *co,
    int *status_r, struct err *err)
{
	struct services s = { .json = js_arr() };
	struct providers *known = NULL;
	char host[URL_HOST_MAX + 1];
	const char *port;
	int rc;

	rc = host_of(operand, host, &port, err);
	if (rc == 0)
		rc = providers_open(&known, j->o->providers, err);
	if (rc == 0)
		rc = port == NULL ? 0 : add_given(j, host, port, err);
	if (rc == 0)
		rc = collect(j, host, &s, err);
	if (rc == 0)
		rc = run_all(j, err);
	if (rc == 0)
		*status_r = probe_show(host, j->v, j->n, &s,
		    providers_of_domain(known, host), co->json);
	js_free(&s.json);
	buf_free(&s.text);
	providers_close(&known);
	return rc;
}

static int
run(const struct cmd *cmd, int argc, char **argv)
{
	struct options o = { .timeout_s = TIMEOUT_S };
	struct common co = { 0 };
	void *into[OPT_TABLES] = { &o, &co };
	struct err err = { 0 };
	struct job *j;
	int at, rc = -1, status = 0;

	at = options_parse(cmd, into, argc, argv, 1, 1, &err);
	if (at < 0 || common_begin(&co, &err) < 0) {
		options_free(cmd, into);
		return cmd_fail(&co, &err);
	}
	j = mem_alloc(1, sizeof(*j));
	j->o = &o;
	if (o.timeout_s == 0 || o.timeout_s > TIMEOUT_MAX_S)
		err_set(&err, SCOPE_RUN, EX_USAGE, "--timeout: 1 to %d seconds",
		    TIMEOUT_MAX_S);
	else if (o.tls_pin == NULL || tls_pin_check(o.tls_pin, &err) == 0)
		rc = o.trace_wire == NULL
		    ? 0
		    : trace_open(&j->trace, o.trace_wire, &err);
	if (rc == 0)
		rc = probe_all(j, argv[at], &co, &status, &err);
	while (j->n > 0) {
		probe_free(&j->v[--j->n].p);
		free(j->v[j->n].host);
	}
	trace_close(&j->trace);
	free(j);
	options_free(cmd, into);
	return rc < 0 ? cmd_fail(&co, &err) : cmd_flush(status);
}

const struct cmd cmd_probe = {
	.name = "probe",
	.operands = "HOST",
	.summary = "Show how a mail server can be reached",
	.text = "HOST is a server, or a domain, or a mail address, whose "
		"domain's service records\nare asked for.  The ports 993, "
		"143, 995 and 110 are tried with TLS or STARTTLS.\nNo user "
		"name and no password is sent: none is asked for.",
	.tables = { options, common_options },
	.run = run,
};
