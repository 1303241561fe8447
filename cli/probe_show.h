/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What 'postroad probe' found, for people and as JSON. */
#ifndef CLI_PROBE_SHOW_H
#define CLI_PROBE_SHOW_H

#include "core/js.h"
#include "wire/dns.h"
#include "wire/probe.h"
#include "wire/provider.h"

/* A port and how it was. */
struct probed {
	struct probe p;
	char *host;
	const char *from; /* "standard", "given", "srv" */
};

/* The service records. */
struct services {
	struct js *json; /* an array */
	struct buf text;
	struct err problem; /* why there may be more of them */
};

void services_add(struct services *s, const char *what,
    const struct dns_srv *v);

/*
 * Print it all; 'known': the provider's preset, or NULL.  Returns the exit
 * status: 0 when a port can be used, else that of the best failure.
 */
int probe_show(const char *host, const struct probed *v, size_t n,
    struct services *s, const struct provider *known, bool json);

#endif
