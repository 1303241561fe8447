/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A load into a server that forgets; see rehearse.h. */
#include "load/rehearse.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/sandbox.h"
#include "core/text.h"
#include "formats/spool.h"
#include "wire/serve/serve.h"

#define PASSWORD_BYTES 24
#define DAY_S	       ((uint64_t)86400)

/* The server's clock, and when it turns messages down: often enough that a
 * small spool meets it, seldom enough that a large one is not slowed. */
#define SPEED_UP       30000
#define THROTTLE_AT    20
#define THROTTLE_EVERY 1000
#define THROTTLE_MS    300000 /* Exchange was seen to ask for 299,609 */

#define SERVER_MEMORY ((uint64_t)512 << 20)
#define SCRATCH_BYTES ((uint64_t)1 << 40)

/* The server's process. */
struct theater {
	struct providers *providers;
	const struct provider *provider; /* NULL: only words are known */
	struct serve_spec spec;
	struct serve_stats *stats; /* shared */
	unsigned *missing;	   /* of its sandbox; shared */
	char password[2 * PASSWORD_BYTES + 1];
	uint16_t port;
	pid_t pid;
	int control; /* its end is the server's */
};

/* ------------------------------------------------------------- the times */

/* ceil(a * b / c); beyond 2^64 as near as a long double comes. */
static uint64_t
scale(uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t product;

	if (__builtin_mul_overflow(a, b, &product))
		return (
		    uint64_t)((long double)a / (long double)c * (long double)b);
	return product / c + (product % c != 0);
}

/* So many things at so many in 'span' seconds. */
static void
bound_by(struct rehearse_result *res, enum rehearse_bound bound, uint64_t n,
    uint64_t rate, uint64_t span)
{
	uint64_t s;

	if (rate == 0)
		return;
	s = scale(n, span, rate);
	if (!res->known || s > res->seconds) {
		res->seconds = s;
		res->bound = bound;
	}
	res->known = true;
}

/* The last day's part is sent as soon as that day begins. */
static void
spread_over_days(struct rehearse_result *res)
{
	uint64_t last, with_days;

	res->days = res->bytes == 0 ? 0 : (res->bytes - 1) / res->budget + 1;
	if (res->days <= 1)
		return;
	last = res->bytes - (res->days - 1) * res->budget;
	with_days = (res->days - 1) * DAY_S +
	    (res->known ? scale(res->seconds, last, res->bytes) : 0);
	if (with_days > res->total_s) {
		res->total_s = with_days;
		res->by_budget = true;
	}
}

void
rehearse_reckon(const struct rehearse_options *o,
    const struct provider_limits *l, uint64_t messages, uint64_t bytes,
    struct rehearse_result *res)
{
	res->messages = messages;
	res->bytes = bytes;
	bound_by(res, REHEARSE_RATE, messages, o->rate, 1);
	bound_by(res, REHEARSE_BANDWIDTH, bytes, o->bandwidth, 1);
	if (l != NULL) {
		bound_by(res, REHEARSE_MESSAGES, messages,
		    l->upload_messages_per_hour, 3600);
		bound_by(res, REHEARSE_BYTES, bytes, l->upload_bytes_per_second,
		    1);
		res->connections = l->connections;
	}
	res->total_s = res->seconds;
	res->budget = o->daily_budget;
	if (res->budget == 0 && l != NULL)
		res->budget = l->upload_bytes_per_day;
	if (res->budget != 0)
		spread_over_days(res);
}

/* ------------------------------------------------------------ the server */

static int
make_password(struct theater *st, struct err *err)
{
	unsigned char raw[PASSWORD_BYTES];
	size_t i;

	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
		return err_sys(err, SCOPE_RUN, EX_UNAVAILABLE,
		    "a random password");
	for (i = 0; i < sizeof(raw); i++)
		snprintf(st->password + 2 * i, 3, "%02x", raw[i]);
	st->spec.password = st->password;
	return 0;
}

static void serve_in_child(struct theater *st, int listener, int scratch,
    int control) __attribute__((noreturn));

static void
serve_in_child(struct theater *st, int listener, int scratch, int control)
{
	const struct sandbox_spec box = { .read_fd = -1,
		.memory = SERVER_MEMORY,
		.serves = true,
		.file_bytes = SCRATCH_BYTES };

	/* Ctrl-C is for the load, which then ends the server */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	signal(SIGXFSZ, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	*st->missing = sandbox_enter(&box);
	serve_run(&st->spec, listener, scratch, control, st->stats);
	_exit(0);
}

static int
start_server(struct theater *st, struct err *err)
{
	int ends[2] = { -1, -1 }, listener, scratch = -1;
	char *shared;

	shared = mmap(NULL, sizeof(*st->stats) + sizeof(*st->missing),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return err_sys(err, SCOPE_RUN, EX_UNAVAILABLE, "shared memory");
	st->stats = (void *)shared;
	st->missing = (void *)(shared + sizeof(*st->stats));
	listener = serve_listen(0, &st->port, err);
	if (listener < 0 || (scratch = serve_scratch(err)) < 0)
		goto out;
	if (pipe2(ends, O_CLOEXEC) < 0) {
		err_sys(err, SCOPE_RUN, EX_UNAVAILABLE, "a pipe");
		goto out;
	}
	fflush(NULL);
	st->pid = fork();
	if (st->pid == 0) {
		close(ends[1]);
		serve_in_child(st, listener, scratch, ends[0]);
	}
	if (st->pid < 0)
		err_sys(err, SCOPE_RUN, EX_UNAVAILABLE,
		    "a process for the server");
	st->control = ends[1];
out:
	if (listener >= 0)
		close(listener);
	if (scratch >= 0)
		close(scratch);
	if (ends[0] >= 0)
		close(ends[0]);
	return st->pid > 0 ? 0 : -1;
}

static void
stop_server(struct theater *st, struct rehearse_result *res)
{
	int status = 0;

	if (st->control >= 0)
		close(st->control);
	if (st->pid > 0) {
		while (waitpid(st->pid, &status, 0) < 0 && errno == EINTR)
			;
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			log_warn("the rehearsal's server ended with status %d",
			    status);
	}
	if (st->stats != NULL) {
		res->throttled = st->stats->throttled;
		res->kept = st->stats->appended;
		res->missing = *st->missing;
		munmap(st->stats, sizeof(*st->stats) + sizeof(*st->missing));
	}
	explicit_bzero(st->password, sizeof(st->password));
	providers_close(&st->providers);
}

/* ------------------------------------------------------------------- run */

static int
find_provider(struct theater *st, const struct rehearse_options *o,
    struct rehearse_result *res, struct err *err)
{
	if (providers_open(&st->providers, o->providers, err) < 0)
		return -1;
	if (providers_find(st->providers, o->as, &st->provider, err) < 0) {
		if (!serve_knows(o->as)) {
			err_within(err, "--as");
			return -1;
		}
		err_clear(err);
		st->provider = NULL;
	}
	snprintf(res->provider, sizeof(res->provider), "%s",
	    st->provider == NULL ? o->as : st->provider->name);
	snprintf(res->title, sizeof(res->title), "%s",
	    st->provider == NULL || st->provider->title == NULL
		? ""
		: st->provider->title);
	st->spec = (struct serve_spec){ .as = res->provider,
		.limits = st->provider == NULL ? NULL : &st->provider->limits,
		.quota = o->quota,
		.speed_up = SPEED_UP };
	if (serve_throttles(res->provider)) {
		st->spec.throttle_at = THROTTLE_AT;
		st->spec.throttle_every = THROTTLE_EVERY;
		st->spec.throttle_ms = THROTTLE_MS;
	}
	return 0;
}

static int
load_into(struct theater *st, const struct rehearse_options *o,
    struct report *r, const struct rehearse_result *res, struct err *err)
{
	struct account a = { .tls = "none",
		.providers = o->providers,
		.warned = true }; /* it does not leave the machine */
	struct load_options lo = o->load;
	char url[64];
	int rc;

	snprintf(url, sizeof(url), "imap://rehearsal@127.0.0.1:%u/", st->port);
	if (account_check(&a, url, err) < 0)
		return -1;
	a.password = secret_new(sizeof(st->password));
	(void)secret_put(a.password, st->password, strlen(st->password));
	lo.account = &a;
	lo.spool_flags |= SPOOL_REHEARSE;
	lo.unpaced = true; /* days are reckoned, not waited for */
	if (lo.dest_profile == NULL)
		lo.dest_profile =
		    st->provider == NULL ? "generic" : res->provider;
	rc = load_run(&lo, r, err);
	account_close(&a);
	return rc;
}

/* More than a mailbox is said to hold. */
static void
look_at_items(const struct provider_limits *l, const char *name,
    struct report *r)
{
	char have[32], most[32];

	if (l == NULL || l->items == 0 || report_announced(r) <= l->items)
		return;
	report_note(r,
	    "%s messages are more than the %s that %s names as the "
	    "most for a mailbox",
	    text_count(have, report_announced(r)), text_count(most, l->items),
	    name);
}

int
rehearse_run(const struct rehearse_options *o, struct report *r,
    struct rehearse_result *res, struct err *err)
{
	struct theater st = { .control = -1 };
	const struct provider_limits *l;
	int rc;

	*res = (struct rehearse_result){ 0 };
	rc = find_provider(&st, o, res, err);
	if (rc == 0)
		rc = make_password(&st, err);
	if (rc == 0)
		rc = start_server(&st, err);
	if (rc == 0)
		rc = load_into(&st, o, r, res, err);
	l = st.provider == NULL ? NULL : &st.provider->limits;
	rehearse_reckon(o, l, report_fates(r, FATE_LOADED), report_bytes(r),
	    res);
	if (rc == 0)
		look_at_items(l, res->provider, r);
	stop_server(&st, res);
	return rc;
}
