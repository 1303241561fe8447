/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What answers on a port: IMAP or POP3, TLS, certificate, capabilities.
 * Nothing secret is ever sent, since there is nothing secret here to send.
 */
#ifndef WIRE_PROBE_H
#define WIRE_PROBE_H

#include "core/buf.h"
#include "core/err.h"
#include "wire/conn.h"
#include "wire/url.h"

/* The spec's host and port count; its TLS mode is set here. */
struct probe {
	/* in */
	enum url_scheme scheme; /* imap, pop3: with STARTTLS, STLS; URL_NONE:
				 * what there is, is to be found out */
	struct conn_spec spec;	/* host, port, CA file, pin, timeout, trace */
	/* out */
	bool connected;		 /* something listens */
	bool tls;		 /* TLS came about; then: */
	struct tls_cert cert;	 /*   its problem says whether it is trusted */
	char security[128];	 /*   "TLSv1.3 ..." */
	struct buf greeting;	 /* escaped */
	struct buf capabilities; /* said in TLS; escaped */
	unsigned ways;		 /* LOGIN_BIT()s of wire/login.h */
	struct err problem;	 /* what is in the way of using it */
};

/* Try it; the outcome is in 'p'.  -1 only when a stop was asked for. */
int probe_run(struct probe *p, struct err *err);
void probe_free(struct probe *p);

/* Can it be used as it is: TLS, verified? */
bool probe_is_usable(const struct probe *p);

/*
 * Connecting to 'url' with 'spec' failed.  Look, some seconds at most, for
 * another port of the host that can be used, and append its URL to 'out';
 * nothing if there is none.  -1: as probe_run().
 */
int probe_suggest(const struct url *url, const struct conn_spec *spec,
    struct buf *out, struct err *err);

#endif
