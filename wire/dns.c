/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Service records; see dns.h. */
#include "wire/dns.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/num.h"
#include "core/slice.h"

#define ANSWER_MAX 16384 /* bytes */
#define WAIT_S	   2	 /* for one answer, */
#define TRIES	   2	 /* so often */

static int
use_server(struct __res_state *res, const char *server, struct err *err)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(NS_DEFAULTPORT) };
	struct slice s = slice_str(server);
	char host[64];
	uint64_t port;
	const char *at = strrchr(server, ':');

	if (at != NULL) {
		s.n = (size_t)(at - server);
		if (!num_u64(slice_str(at + 1), 65535, &port) || port == 0)
			s.n = sizeof(host);
		else
			to.sin_port = htons((uint16_t)port);
	}
	snprintf(host, sizeof(host), "%.*s",
	    (int)(s.n < sizeof(host) ? s.n : 0), s.p);
	if (inet_pton(AF_INET, host, &to.sin_addr) != 1)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "'%s' is not the IPv4 address of a name server", server);
	res->nsaddr_list[0] = to;
	res->nscount = 1;
	return 0;
}

static bool
read_record(const ns_msg *msg, const ns_rr *rr, struct dns_srv *v)
{
	const unsigned char *p = ns_rr_rdata(*rr);

	if (ns_rr_type(*rr) != ns_t_srv || ns_rr_rdlen(*rr) < 7)
		return false;
	v->priority = (uint16_t)(p[0] << 8 | p[1]);
	v->weight = (uint16_t)(p[2] << 8 | p[3]);
	v->port = (uint16_t)(p[4] << 8 | p[5]);
	return dn_expand(ns_msg_base(*msg), ns_msg_end(*msg), p + 6, v->host,
		   sizeof(v->host)) >= 0 &&
	    (v->port != 0 || v->host[0] == '\0');
}

static int
by_priority(const void *a, const void *b)
{
	const struct dns_srv *x = a, *y = b;

	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	return x->weight == y->weight ? 0 : x->weight > y->weight ? -1 : 1;
}

static int
read_answer(const unsigned char *answer, int len, struct dns_srv *v, size_t max)
{
	ns_msg msg;
	ns_rr rr;
	size_t n = 0;
	int i;

	if (ns_initparse(answer, len, &msg) < 0)
		return 0;
	for (i = 0; i < ns_msg_count(msg, ns_s_an) && n < max; i++)
		if (ns_parserr(&msg, ns_s_an, i, &rr) == 0 &&
		    read_record(&msg, &rr, &v[n]))
			n++;
	qsort(v, n, sizeof(*v), by_priority);
	return (int)n;
}

int
dns_srv(const char *name, const char *server, struct dns_srv *v, size_t max,
    struct err *err)
{
	struct __res_state res = { 0 };
	unsigned char answer[ANSWER_MAX];
	int len, rc = 0, why;

	if (res_ninit(&res) < 0)
		return err_set(err, SCOPE_STORE, EX_TEMPFAIL,
		    "the resolver does not start");
	res.retrans = WAIT_S;
	res.retry = TRIES;
	if (res.nscount > 2)
		res.nscount = 2;
	if (server != NULL && use_server(&res, server, err) < 0) {
		res_nclose(&res);
		return -1;
	}
	len = res_nquery(&res, name, ns_c_in, ns_t_srv, answer, sizeof(answer));
	why = res.res_h_errno;
	res_nclose(&res);
	if (len > (int)sizeof(answer))
		len = sizeof(answer);
	if (len >= 0)
		rc = read_answer(answer, len, v, max);
	else if (why == TRY_AGAIN || why == NETDB_INTERNAL)
		rc = err_set(err, SCOPE_STORE, EX_TEMPFAIL,
		    "no name server answers about %s", name);
	return rc;
}
