/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The throw-away server by itself, as a destination for tests:
 *
 *	serve_imap --as microsoft [options]
 *
 * It prints its port and serves until it is killed; any user, password
 * "secret" (--password).  Mail is kept, so that it can be fetched
 * (--no-keep: as a rehearsal has it).
 *
 *	--providers FILE	its limits, over those built in
 *	--quota N --daily-budget N
 *	--speed-up N		its clock is N times faster
 *	--throttle AT,EVERY,MS	turn down the AT-th message, then each
 *				EVERY-th one, for MS by its clock
 *	--stats FILE		what happened, at SIGTERM
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire/serve/serve.h"

static struct serve_stats stats;
static const char *stats_file;

static void
on_term(int sig)
{
	FILE *f;

	(void)sig;
	if (stats_file != NULL && (f = fopen(stats_file, "we")) != NULL) {
		fprintf(f,
		    "connections %llu\nappended %llu\nbytes %llu\n"
		    "refused %llu\nthrottled %llu\ndropped %llu\n",
		    (unsigned long long)stats.connections,
		    (unsigned long long)stats.appended,
		    (unsigned long long)stats.appended_bytes,
		    (unsigned long long)stats.refused,
		    (unsigned long long)stats.throttled,
		    (unsigned long long)stats.dropped);
		fclose(f);
	}
	_exit(0);
}

static uint64_t
number(const char *s, char **end)
{
	return strtoull(s, end, 10);
}

static int
fail(const struct err *err)
{
	fprintf(stderr, "serve_imap: %s\n", err->text);
	return 2;
}

int
main(int argc, char **argv)
{
	enum {
		AS = 256,
		PROVIDERS,
		QUOTA,
		BUDGET,
		SPEED,
		THROTTLE,
		NO_KEEP,
		STATS,
		PASSWORD,
		PORT
	};
	static const struct option options[] = { { "as", 1, NULL, AS },
		{ "providers", 1, NULL, PROVIDERS },
		{ "quota", 1, NULL, QUOTA },
		{ "daily-budget", 1, NULL, BUDGET },
		{ "speed-up", 1, NULL, SPEED },
		{ "throttle", 1, NULL, THROTTLE },
		{ "no-keep", 0, NULL, NO_KEEP }, { "stats", 1, NULL, STATS },
		{ "password", 1, NULL, PASSWORD }, { "port", 1, NULL, PORT },
		{ 0 } };
	struct serve_spec spec = { .as = "generic",
		.password = "secret",
		.keep = true };
	const char *providers_file = NULL;
	const struct provider *p = NULL;
	struct providers *all;
	struct err err = { 0 };
	uint16_t port = 0;
	int c, fd, scratch;
	char *end;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case AS:
			spec.as = optarg;
			break;
		case PROVIDERS:
			providers_file = optarg;
			break;
		case QUOTA:
			spec.quota = number(optarg, &end);
			break;
		case BUDGET:
			spec.daily_budget = number(optarg, &end);
			break;
		case SPEED:
			spec.speed_up = number(optarg, &end);
			break;
		case THROTTLE:
			spec.throttle_at = number(optarg, &end);
			if (*end == ',')
				spec.throttle_every = number(end + 1, &end);
			if (*end == ',')
				spec.throttle_ms = number(end + 1, &end);
			break;
		case NO_KEEP:
			spec.keep = false;
			break;
		case STATS:
			stats_file = optarg;
			break;
		case PASSWORD:
			spec.password = optarg;
			break;
		case PORT:
			port = (uint16_t)number(optarg, &end);
			break;
		default:
			return 64;
		}
	}
	if (providers_open(&all, providers_file, &err) < 0)
		return fail(&err);
	if (providers_find(all, spec.as, &p, &err) == 0)
		spec.limits = &p->limits;
	else if (!serve_knows(spec.as))
		return fail(&err);
	if ((fd = serve_listen(port, &port, &err)) < 0 ||
	    (scratch = serve_scratch(&err)) < 0)
		return fail(&err);
	signal(SIGTERM, on_term);
	printf("%u\n", port);
	fflush(stdout);
	serve_run(&spec, fd, scratch, -1, &stats);
	return 0;
}
