/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The outcome of a probe; see probe_show.h. */
#include "cli/probe_show.h"

#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "wire/imap.h"

static bool
is_implicit(const struct probe *p)
{
	return p->scheme == URL_IMAPS || p->scheme == URL_POP3S;
}

static const char *
protocol_of(const struct probe *p)
{
	switch (p->scheme) {
	case URL_IMAPS:
		return "IMAP, TLS";
	case URL_IMAP:
		return "IMAP, STARTTLS";
	case URL_POP3S:
		return "POP3, TLS";
	case URL_POP3:
		return "POP3, STLS";
	default:
		return "unknown";
	}
}

/* imaps://USER@host/; empty for what is unknown. */
static void
put_url(struct buf *out, const struct probed *v)
{
	char user[] = "USER";
	struct url url = { .scheme = v->p.scheme,
		.user = user,
		.host = v->host,
		.port = v->p.spec.port };

	if (v->p.scheme != URL_NONE)
		url_put(out, &url);
}

void
services_add(struct services *s, const char *what, const struct dns_srv *v)
{
	struct js *o = js_obj();

	js_set_str(o, "service", what);
	js_set_str(o, "host", v->host);
	js_set_int(o, "port", v->port);
	js_set_int(o, "priority", v->priority);
	js_push(s->json, o);
	buf_puts(&s->text, "  ");
	buf_puts(&s->text, what);
	if (v->host[0] == '\0') {
		buf_puts(&s->text, ": expressly not there\n");
		return;
	}
	buf_puts(&s->text, ": ");
	text_escape(&s->text, slice_str(v->host));
	buf_putf(&s->text, " port %u\n", (unsigned)v->port);
}

/* ------------------------------------------------------------------- JSON */

static struct js *
names_json(const char *names)
{
	struct js *a = js_arr();
	size_t n;

	for (; *names != '\0'; names += n + (names[n] == ',' ? 2u : 0u)) {
		n = strcspn(names, ",");
		js_push(a, js_str(slice_of(names, n)));
	}
	return a;
}

static struct js *
cert_json(const struct tls_cert *c)
{
	struct js *o = js_obj();

	js_set_str(o, "subject", c->subject);
	js_set(o, "names", names_json(c->names));
	js_set_str(o, "issuer", c->issuer);
	js_set_str(o, "not_before", c->from);
	js_set_str(o, "not_after", c->to);
	js_set_str(o, "pin", c->pin);
	js_set_bool(o, "verified", c->problem.scope == SCOPE_NONE);
	js_set_str(o, "problem",
	    c->problem.scope == SCOPE_NONE ? NULL : c->problem.text);
	return o;
}

static struct js *
ways_json(const struct probe *p)
{
	struct js *a = js_arr();
	enum login_way w;

	for (w = 0; w < LOGIN_WAYS; w++)
		if ((p->ways & LOGIN_BIT(w)) != 0)
			js_push(a, js_str(slice_str(login_way_name(w))));
	return a;
}

static struct js *
port_json(const struct probed *v)
{
	const struct probe *p = &v->p;
	bool usable = probe_is_usable(p);
	struct buf url = { 0 };
	struct js *o = js_obj();

	put_url(&url, v);
	js_set_str(o, "host", v->host);
	js_set_int(o, "port", p->spec.port);
	js_set_str(o, "from", v->from);
	js_set_str(o, "protocol",
	    p->scheme == URL_NONE				  ? NULL
		: p->scheme == URL_IMAPS || p->scheme == URL_IMAP ? "imap"
								  : "pop3");
	js_set_str(o, "tls", is_implicit(p) ? "implicit" : "starttls");
	js_set_bool(o, "connected", p->connected);
	js_set_bool(o, "usable", usable);
	js_set_str(o, "url", usable ? buf_str(&url) : NULL);
	js_set_str(o, "error",
	    p->problem.scope == SCOPE_NONE ? NULL : p->problem.text);
	js_set_str(o, "hint",
	    p->problem.hint[0] == '\0' ? NULL : p->problem.hint);
	js_set_str(o, "security", p->tls ? p->security : NULL);
	js_set(o, "certificate", p->tls ? cert_json(&p->cert) : js_null());
	js_set_str(o, "greeting", buf_str(&p->greeting));
	js_set_str(o, "capabilities", buf_str(&p->capabilities));
	js_set(o, "mechanisms", ways_json(p));
	buf_free(&url);
	return o;
}

/* ----------------------------------------------------------------- people */

static void
row(const char *label, const char *text)
{
	struct buf b = { 0 };

	text_escape(&b, slice_str(text));
	if (b.n > 0)
		printf("         %-13s %s\n", label, b.p);
	buf_free(&b);
}

static void
show_cert(const struct tls_cert *c)
{
	struct buf b = { 0 };

	row("certificate", c->subject);
	row("  for", c->names);
	row("  issued by", c->issuer);
	buf_putf(&b, "%s to %s", c->from, c->to);
	row("  valid", buf_str(&b));
	row("  key", c->pin);
	row("  verified",
	    c->problem.scope == SCOPE_NONE ? "yes" : c->problem.text);
	buf_free(&b);
}

static void
show_ways(const struct probe *p)
{
	struct buf b = { 0 };
	enum login_way w;

	for (w = 0; w < LOGIN_WAYS; w++)
		if ((p->ways & LOGIN_BIT(w)) != 0)
			buf_putf(&b, "%s%s", b.n > 0 ? ", " : "",
			    login_way_name(w));
	row("logins", b.n > 0 ? b.p : "none that postroad knows");
	buf_free(&b);
}

static void
show_port(const struct probed *v)
{
	const struct probe *p = &v->p;
	struct buf url = { 0 };

	printf("  %5u  %-15s %s\n", (unsigned)p->spec.port, protocol_of(p),
	    probe_is_usable(p) ? "can be used"
		: p->tls       ? "is NOT to be trusted"
		: p->connected ? "cannot be used"
			       : "nothing answers");
	if (p->problem.scope != SCOPE_NONE) {
		row("because", p->problem.text);
		if (p->connected)
			row("hint", p->problem.hint);
	}
	if (p->tls) {
		show_cert(&p->cert);
		row("security", p->security);
		row("greeting", buf_str(&p->greeting));
		row("capabilities", buf_str(&p->capabilities));
		show_ways(p);
	}
	if (probe_is_usable(p)) {
		put_url(&url, v);
		row("URL", buf_str(&url));
	}
	buf_free(&url);
}

static void
show_host(const char *host)
{
	struct buf b = { 0 };

	text_escape(&b, slice_str(host));
	printf("%s\n", buf_str(&b));
	buf_free(&b);
}

static void
show_text(const char *host, const struct probed *v, size_t n,
    const struct services *s, const struct provider *known,
    const struct probed *best)
{
	struct buf url = { 0 };
	const char *last = host;
	size_t i;

	show_host(host);
	if (s->text.n > 0)
		printf("The DNS names these services (nothing proves that):\n"
		       "%s",
		    s->text.p);
	if (s->problem.scope != SCOPE_NONE)
		printf("Services are not known: %s\n", s->problem.text);
	for (i = 0; i < n; i++) {
		bool moved_on = strcasecmp(v[i].host, last) != 0;

		if (moved_on)
			show_host(v[i].host);
		/* a host that is not there has no ports to list */
		if (v[i].p.problem.status != EX_NOHOST)
			show_port(&v[i]);
		else if (moved_on || i == 0)
			printf("  there is no such host\n");
		last = v[i].host;
	}
	if (known != NULL)
		printf("This is %s: --provider %s knows more.\n",
		    known->title == NULL ? known->name : known->title,
		    known->name);
	if (best != NULL) {
		put_url(&url, best);
		printf("Use: %s\n", buf_str(&url));
		if (best->p.scheme == URL_POP3S || best->p.scheme == URL_POP3)
			printf("There is only POP3: it has the Inbox, and no "
			       "other folder.\n");
	} else {
		printf("There is no port that can be used safely.\n");
	}
	buf_free(&url);
}

/* ------------------------------------------------------------------ entry */

/* Smaller is better. */
static int
rank(const struct probed *v)
{
	static const int of[] = { [URL_NONE] = 9,
		[URL_IMAPS] = 0,
		[URL_IMAP] = 1,
		[URL_POP3S] = 2,
		[URL_POP3] = 3 };

	return of[v->p.scheme];
}

static int
status_of(const struct probed *v, size_t n)
{
	static const int order[] = { EX_NOPERM, EX_PROTOCOL, EX_TEMPFAIL,
		EX_NOHOST };
	size_t i, k;

	for (k = 0; k < sizeof(order) / sizeof(order[0]); k++)
		for (i = 0; i < n; i++)
			if (v[i].p.problem.status == order[k])
				return order[k];
	return EX_UNAVAILABLE;
}

int
probe_show(const char *host, const struct probed *v, size_t n,
    struct services *s, const struct provider *known, bool json)
{
	const struct probed *best = NULL;
	struct buf url = { 0 };
	struct js *o, *ports;
	size_t i;

	for (i = 0; i < n; i++)
		if (probe_is_usable(&v[i].p) &&
		    (best == NULL || rank(&v[i]) < rank(best)))
			best = &v[i];
	if (!json) {
		show_text(host, v, n, s, known, best);
		return best != NULL ? 0 : status_of(v, n);
	}
	if (best != NULL)
		put_url(&url, best);
	o = js_obj();
	ports = js_arr();
	for (i = 0; i < n; i++)
		js_push(ports, port_json(&v[i]));
	js_set_str(o, "host", host);
	js_set_str(o, "use", best == NULL ? NULL : buf_str(&url));
	js_set_str(o, "provider", known == NULL ? NULL : known->name);
	js_set(o, "services", s->json);
	s->json = NULL;
	js_set_str(o, "services_problem",
	    s->problem.scope == SCOPE_NONE ? NULL : s->problem.text);
	js_set(o, "ports", ports);
	(void)js_print(stdout, o);
	js_free(&o);
	buf_free(&url);
	return best != NULL ? 0 : status_of(v, n);
}
