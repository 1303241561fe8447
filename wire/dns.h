/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Service records (RFC 2782), which name a domain's mail servers (RFC 6186).
 * The one doorway to the resolver's own interface; addresses are
 * getaddrinfo(3)'s.  What is answered is not proven by anything: whoever
 * connects there has to verify the certificate.
 */
#ifndef WIRE_DNS_H
#define WIRE_DNS_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct dns_srv {
	char host[256]; /* without the final dot; "" (RFC 2782: "."): the
			 * service is expressly not there */
	uint16_t port, priority, weight;
};

/*
 * The records of 'name' ("_imaps._tcp.example.org"), best first.  'server':
 * ADDRESS[:PORT] to ask, NULL: the system's.  Returns how many (0: none, no
 * such name), at most 'max', or -1: SCOPE_STORE, EX_TEMPFAIL no answer within
 * some 6 s; SCOPE_RUN, EX_USAGE the server's address.
 */
int dns_srv(const char *name, const char *server, struct dns_srv *v, size_t max,
    struct err *err);

#endif
