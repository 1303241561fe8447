/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What answers on a port; see probe.h. */
#include "wire/probe.h"

#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "wire/imap.h"
#include "wire/pop3.h"

#define LINE_MAX_BYTES 2000
#define LINES_MAX      200 /* of CAPA */
#define SNIFF_S	       2   /* how long a greeting may take */
#define SUGGEST_S      2   /* patience with one port */

/* ------------------------------------------------------------------- IMAP */

static void
look_at_imap(struct probe *p)
{
	struct imap *im;

	if (imap_open(&im, &p->spec, &p->problem) < 0) {
		p->connected = p->problem.status == EX_PROTOCOL ||
		    p->problem.status == EX_NOPERM;
		return;
	}
	p->connected = true;
	p->tls = imap_cert(im, &p->cert);
	snprintf(p->security, sizeof(p->security), "%s", imap_security(im));
	buf_puts(&p->greeting, imap_greeting(im));
	buf_puts(&p->capabilities, imap_capabilities(im));
	p->ways = imap_login_ways(im);
	imap_close(&im);
}

/* ------------------------------------------------------------------- POP3 */

static void
look_at_pop3(struct probe *p)
{
	struct slice rest, line;
	struct pop3 *pop3;

	if (pop3_open(&pop3, &p->spec, &p->problem) < 0) {
		p->connected = p->problem.status == EX_PROTOCOL ||
		    p->problem.status == EX_NOPERM;
		return;
	}
	p->connected = true;
	p->tls = pop3_cert(pop3, &p->cert);
	snprintf(p->security, sizeof(p->security), "%s", pop3_security(pop3));
	buf_puts(&p->greeting, pop3_greeting(pop3));
	rest = slice_str(pop3_capabilities(pop3));
	while (slice_next_line(&rest, &line)) {
		if (p->capabilities.n > 0)
			buf_puts(&p->capabilities, ", ");
		text_escape(&p->capabilities, slice_trim(line));
	}
	p->ways = pop3_login_ways(pop3);
	pop3_close(&pop3);
}

/* --------------------------------------------------------- which of the two */

/* The first line without its end.  0 or -1. */
static int
read_line(struct conn *c, struct buf *line, struct err *err)
{
	struct slice in;
	const char *end;

	for (;;) {
		in = conn_input(c);
		end = in.n == 0 ? NULL : memchr(in.p, '\n', in.n);
		if (end != NULL)
			break;
		if (in.n > LINE_MAX_BYTES)
			return err_set(err, SCOPE_STORE, EX_PROTOCOL,
			    "a greeting without end");
		switch (conn_wait(c, CONN_INPUT, err)) {
		case -1:
			return -1;
		case 0:
			return err_set(err, SCOPE_STORE, EX_TEMPFAIL,
			    "the server closed the connection");
		}
	}
	in = slice_trim(slice_of(in.p, (size_t)(end - in.p)));
	buf_put(line, in.p, in.n);
	return 0;
}

/* Who greets, and in TLS or not?  URL_NONE: nobody that we know. */
static enum url_scheme
greeted_by(const struct probe *p, bool tls, struct err *err)
{
	struct conn_spec spec = p->spec;
	enum url_scheme scheme = URL_NONE;
	struct buf line = { 0 };
	struct conn *c;

	spec.tls_at_once = tls;
	if (conn_open(&c, &spec, err) < 0)
		return URL_NONE;
	conn_set_timeout(c, SNIFF_S);
	if (read_line(c, &line, err) == 0) {
		if (slice_starts(buf_slice(&line), "* "))
			scheme = tls ? URL_IMAPS : URL_IMAP;
		else if (slice_starts(buf_slice(&line), "+OK"))
			scheme = tls ? URL_POP3S : URL_POP3;
		else
			err_set(err, SCOPE_STORE, EX_PROTOCOL,
			    "neither IMAP nor POP3: %.100s", buf_str(&line));
	}
	buf_free(&line);
	conn_close(&c);
	return scheme;
}

static void
find_out(struct probe *p)
{
	struct err plain = { 0 };

	p->scheme = greeted_by(p, false, &plain);
	if (p->scheme != URL_NONE)
		return;
	p->connected =
	    plain.status != EX_UNAVAILABLE && plain.status != EX_NOHOST;
	p->problem = plain;
	/* a server that waits for us to begin wants TLS */
	if (!p->connected || plain.status == EX_PROTOCOL)
		return;
	err_clear(&p->problem);
	p->scheme = greeted_by(p, true, &p->problem);
}

/* ------------------------------------------------------------------ entry */

int
probe_run(struct probe *p, struct err *err)
{
	p->spec.tls.mode = TLS_LOOK;
	if (p->scheme == URL_NONE)
		find_out(p);
	p->spec.tls_at_once = p->scheme == URL_IMAPS || p->scheme == URL_POP3S;
	if (p->scheme == URL_IMAPS || p->scheme == URL_IMAP)
		look_at_imap(p);
	else if (p->scheme != URL_NONE)
		look_at_pop3(p);
	if (p->problem.scope == SCOPE_NONE && p->tls &&
	    p->cert.problem.scope != SCOPE_NONE)
		p->problem = p->cert.problem;
	if (p->problem.scope != SCOPE_RUN)
		return 0;
	*err = p->problem;
	return -1;
}

bool
probe_is_usable(const struct probe *p)
{
	return p->tls && p->problem.scope == SCOPE_NONE;
}

void
probe_free(struct probe *p)
{
	buf_free(&p->greeting);
	buf_free(&p->capabilities);
}

/* -------------------------------------------------------------- suggestions */

struct candidate {
	enum url_scheme scheme;
	uint16_t port;
};

/* In *c, where it was not known, who answers there. */
static bool
try_candidate(struct candidate *c, const struct conn_spec *spec, int *rc_r,
    struct err *err)
{
	struct probe p = { .scheme = c->scheme, .spec = *spec };
	bool usable;

	p.spec.port = c->port;
	p.spec.timeout_s = SUGGEST_S;
	*rc_r = probe_run(&p, err);
	usable = *rc_r == 0 && probe_is_usable(&p);
	c->scheme = p.scheme;
	probe_free(&p);
	return usable;
}

int
probe_suggest(const struct url *url, const struct conn_spec *spec,
    struct buf *out, struct err *err)
{
	bool imap = url_is_imap(url);
	struct candidate v[] = {
		{ imap ? URL_IMAPS : URL_POP3S, imap ? 993 : 995 },
		{ imap ? URL_IMAP : URL_POP3, imap ? 143 : 110 },
		/* the port that was given, whatever is there */
		{ URL_NONE, url->port },
		{ imap ? URL_POP3S : URL_IMAPS, imap ? 995 : 993 },
		{ imap ? URL_POP3 : URL_IMAP, imap ? 110 : 143 },
	};
	struct url other = *url;
	size_t i;
	int rc;

	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		if (v[i].scheme == url->scheme && v[i].port == url->port)
			continue; /* that is the one that failed */
		if (!try_candidate(&v[i], spec, &rc, err)) {
			if (rc < 0)
				return -1;
			continue;
		}
		other.scheme = v[i].scheme;
		other.port = v[i].port;
		if (other.scheme != url->scheme || other.port != url->port)
			url_put(out, &other);
		return 0;
	}
	return 0;
}
