/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stages side by side; see migrate.h. */
#include "cli/migrate.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/beside.h"
#include "cli/connect.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/stop.h"
#include "core/text.h"
#include "formats/spool.h"
#include "load/verify/verify.h"

#define LOOK_MS	     200  /* between two looks at the other stages */
#define FIRST_GAP_MS 1000 /* before what is new is taken */
#define LAST_GAP_MS  2000

/* The stages beside us, and the summaries of all. */
struct crew {
	struct migrate *m;
	struct beside *extract, *transform; /* NULL: ended, or not needed */
	struct report *loading;
	unsigned gap_ms;
	bool last;    /* the others had ended before the spool was read */
	bool told;    /* the load has failed, and the others were ended */
	bool stopped; /* by that, before they were through */
	int status;
	struct js *sum;
	struct buf text;
};

/* ----------------------------------------------------------------- checks */

static bool
is_there(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

/* With which rules was the second spool made?  Without them all that they
 * keep out would be loaded. */
static int
check_rules(struct migrate *m, struct err *err)
{
	struct spool *sp;
	struct buf last = { 0 };
	int rc;

	if (!is_there(m->second) || m->transforms)
		return 0;
	if (spool_open(&sp, m->second, SPOOL_READ, 0, err) < 0)
		return -1;
	rc = spool_event_last(sp, "transform", &last, err);
	spool_close(&sp);
	m->transforms = true;
	if (rc > 0 && strcmp(buf_str(&last), "transform") != 0) {
		err_set(err, SCOPE_RUN, EX_USAGE,
		    "'%s' was made by rules, and now there are none",
		    m->second);
		rc = err_hint(err,
		    "give them again: '%s'; to go on without rules, run "
		    "'postroad transform %s %s' first",
		    buf_str(&last), m->spool, m->second);
	}
	buf_free(&last);
	return rc < 0 ? -1 : 0;
}

/* Now, while there is one of us to ask and nothing has begun. */
static int
ask_password(struct account *a, struct err *err)
{
	struct login l;

	if (a->url.host == NULL)
		return 0;
	return account_begin(a, err) < 0 ? -1
					 : account_login(a, false, &l, err);
}

static bool
is_same_account(const struct url *a, const struct url *b)
{
	return a->host != NULL && b->host != NULL && a->port == b->port &&
	    strcmp(a->host, b->host) == 0 && strcmp(a->user, b->user) == 0;
}

int
migrate_check(struct migrate *m, const char *source, const char *dest,
    struct err *err)
{
	struct stage_extract *e = &m->extract;

	if (m->load.restore)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--restore-deleted: run 'postroad load' with it, once the "
		    "migration is through");
	m->transform.dry_run = false; /* --dry-run is about the destination */
	m->transforms = stage_transform_is_asked(&m->transform);
	if (stage_extract_check(e, &m->source, source, m->spool, err) < 0 ||
	    stage_transform_check(&m->transform, m->spool, m->second, err) <
		0 ||
	    check_rules(m, err) < 0 ||
	    stage_load_check(&m->load, &m->dest,
		m->transforms ? m->second : m->spool, dest, err) < 0)
		return -1;
	if (is_same_account(&m->source.url, &m->dest.url))
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "source and destination are the same account, %s@%s",
		    m->dest.url.user, m->dest.url.host);
	return ask_password(&m->source, err) < 0 ? -1
						 : ask_password(&m->dest, err);
}

/* --------------------------------------------------- the stages beside us */

static int
work_extract(void *arg, struct report **r, struct err *err)
{
	struct migrate *m = arg;
	int rc = stage_extract_run(&m->extract, *r, err);

	connect_tell(&m->source, *r);
	return rc;
}

static int
pause_a_look(struct err *err)
{
	return stop_check(err) < 0 ? -1 : conn_sleep_ms(LOOK_MS, err);
}

/* Until the extraction has more than 'done' messages, or ends. */
static int
await_extract(struct crew *c, uint64_t done, unsigned gap_ms, struct err *err)
{
	struct beside_sight s;
	unsigned waited = 0;

	for (;;) {
		s = beside_look(c->extract);
		if (s.over || (s.begun && s.done > done && waited >= gap_ms))
			return 0;
		if (pause_a_look(err) < 0)
			return -1;
		waited += LOOK_MS;
	}
}

static unsigned
longer(unsigned gap_ms)
{
	return gap_ms * 2 < LAST_GAP_MS ? gap_ms * 2 : LAST_GAP_MS;
}

/* Pass after pass, until one began when the extraction was over. */
static int
work_transform(void *arg, struct report **r, struct err *err)
{
	struct crew *c = arg;
	struct transform_plan plan;
	struct report *earlier = NULL;
	struct beside_sight s = { 0 };
	unsigned gap = FIRST_GAP_MS;
	int rc = await_extract(c, 0, 0, err);

	if (rc == 0 && !is_there(c->m->spool))
		return 0; /* the extraction has said why */
	while (rc == 0) {
		s = beside_look(c->extract);
		rc = stage_transform_run(&c->m->transform, *r, &plan, err);
		transform_plan_free(&plan);
		if (earlier != NULL) {
			report_absorb(*r, earlier);
			report_free(&earlier);
		}
		if (rc < 0 || s.over)
			break;
		rc = await_extract(c, s.done, gap, err);
		gap = longer(gap);
		if (rc == 0) {
			earlier = *r;
			*r = report_next(earlier);
		}
	}
	return rc;
}

/* ----------------------------------------------------------- the progress */

static struct crew *crew_shown;

static void
put_sight(struct buf *line, const char *what, struct beside *b)
{
	struct beside_sight s = { .over = true };
	char n[32];

	if (b != NULL)
		s = beside_look(b);
	if (s.over)
		return;
	buf_putf(line, "; %s %s", what, text_count(n, s.done));
	if (s.total > 0)
		buf_putf(line, "/%s", text_count(n, s.total));
}

static void
put_others(struct buf *line)
{
	put_sight(line, "extracting", crew_shown->extract);
	put_sight(line, "transforming", crew_shown->transform);
}

/* ---------------------------------------------------------------- the load */

/* Whose spool is loaded. */
static struct beside *
feeder(struct crew *c)
{
	return c->transform != NULL ? c->transform : c->extract;
}

/* load's question when everything it knew of is done: is there more? */
static int
is_more(void *arg, struct err *err)
{
	struct crew *c = arg;
	struct beside_sight s;
	unsigned waited = 0;
	int rc = 1;

	if (c->last)
		return 0;
	report_doing(c->loading, "waiting for more to be extracted");
	do {
		s = beside_look(feeder(c));
		if (s.over)
			break;
		rc = pause_a_look(err) < 0 ? -1 : 1;
		report_moved(c->loading, 0);
		waited += LOOK_MS;
	} while (rc == 1 && waited < c->gap_ms);
	report_doing(c->loading, NULL);
	c->last = s.over;
	c->gap_ms = longer(c->gap_ms);
	return rc;
}

/* Is there a spool to load from?  --dry-run leaves no trace of what it has
 * counted, so it looks once, at all of it. */
static int
await_spool(struct crew *c, struct err *err)
{
	struct beside_sight s;
	bool ready;

	do {
		s = beside_look(feeder(c));
		report_moved(c->loading, 0);
		/* it tells that it connects before the spool is made */
		ready = s.over ||
		    (!c->m->load.lo.dry_run && s.begun &&
			is_there(c->m->load.lo.spool));
	} while (!ready && pause_a_look(err) == 0);
	c->last = s.over;
	return ready ? 0 : -1;
}

static void
add_part(struct crew *c, const char *name, const char *title, struct js *sum,
    const struct buf *text, int status)
{
	if (sum != NULL)
		js_set(c->sum, name, sum);
	if (text->n > 0) {
		buf_putf(&c->text, "%s:\n", title);
		buf_put(&c->text, text->p, text->n);
	}
	if (status > 1 && c->status <= 1)
		c->status = status;
	else if (status == 1 && c->status == 0)
		c->status = 1;
}

/* Put the summary of a stage of this process with the others'. */
static void
add_report(struct crew *c, const char *name, const char *title,
    struct report **r, const struct err *run)
{
	struct buf text = { 0 };
	int status = cmd_status(*r, run);
	struct js *sum = report_json(*r, run);
	char *p = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&p, &n);

	js_set_int(sum, "status", status);
	if (f != NULL) {
		if (run == NULL || report_announced(*r) > 0)
			report_print(*r, f);
		fclose(f);
		buf_put(&text, p, n);
	}
	free(p);
	add_part(c, name, title, sum, &text, status);
	buf_free(&text);
	report_free(r);
}

static void
end_beside(struct crew *c, struct beside **b, const char *name,
    const char *title)
{
	struct buf text = { 0 };
	struct js *sum = NULL;
	int status;

	if (*b == NULL)
		return;
	status = beside_end(b, &sum, &text);
	if (c->stopped && status == EX_TEMPFAIL)
		status = 0; /* it is for the load to say why */
	add_part(c, name, title, sum, &text, status);
	buf_free(&text);
}

/*
 * The load has failed.  When the destination is away for a while, what can be
 * extracted meanwhile is; when somebody has to put something right first,
 * the others stop, too.
 */
static void
let_others_end(void *arg, const struct err *why)
{
	struct crew *c = arg;
	struct err ignored = { 0 };
	bool wait = why->status == EX_TEMPFAIL || why->status == EX_UNAVAILABLE;

	c->told = true;
	log_err(LOG_ERROR, why);
	if (wait && !stop_requested()) {
		report_doing(c->loading, "nothing is loaded now");
		while (
		    !beside_look(feeder(c)).over && pause_a_look(&ignored) == 0)
			report_moved(c->loading, 0);
	}
	if (c->extract != NULL && beside_stop(c->extract))
		c->stopped = true;
	if (c->transform != NULL && beside_stop(c->transform))
		c->stopped = true;
}

static int
load(struct crew *c, struct err *err)
{
	struct migrate *m = c->m;
	int rc;

	crew_shown = c;
	progress_beside(put_others);
	if (!m->load.lo.dry_run)
		m->load.lo.more = is_more;
	m->load.lo.failed = let_others_end;
	m->load.lo.more_arg = c;
	rc = await_spool(c, err);
	if (rc == 0 && is_there(m->load.lo.spool))
		rc = stage_load_run(&m->load, c->loading, err);
	if (rc < 0 && !c->told)
		let_others_end(c, err);
	connect_tell(&m->dest, c->loading);
	progress_end();
	progress_beside(NULL);
	return rc;
}

static int
verify(struct crew *c, const char *dest, struct err *err)
{
	struct migrate *m = c->m;
	struct report *r = report_new(STAGE_VERIFY);
	int rc;

	progress_begin(&m->co, r, "verifying");
	rc =
	    verify_dest_run(&(struct verify_options){ .spool = m->load.lo.spool,
				.account = &m->dest,
				.into = m->load.lo.into,
				.deep = m->deep,
				.max_wait_s = m->load.lo.max_wait_s },
		r, err);
	progress_end();
	if (rc < 0)
		log_err(LOG_ERROR, err);
	add_report(c, "verify", dest, &r, rc < 0 ? err : NULL);
	return rc;
}

/* --------------------------------------------------------------------- run */

static int
start_others(struct crew *c, struct err *err)
{
	struct migrate *m = c->m;

	if (beside_start(&c->extract, STAGE_EXTRACT, work_extract, m, err) < 0)
		return -1;
	return m->transforms ? beside_start(&c->transform, STAGE_TRANSFORM,
				   work_transform, c, err)
			     : 0;
}

static void
print_all(struct crew *c)
{
	struct migrate *m = c->m;

	if (m->co.json) {
		js_set_str(c->sum, "spool", m->spool);
		js_set_str(c->sum, "transformed",
		    m->transforms ? m->second : NULL);
		js_set_int(c->sum, "status", c->status);
		js_print(stdout, c->sum);
		return;
	}
	fwrite(c->text.p, 1, c->text.n, stdout);
	if (!is_there(m->spool))
		return;
	printf("The mail lies in %s", m->spool);
	if (m->transforms)
		printf(", as the rules have it in %s", m->second);
	printf(".\n");
}

int
migrate_run(struct migrate *m)
{
	struct crew c = { .m = m, .gap_ms = FIRST_GAP_MS, .sum = js_obj() };
	struct err err = { 0 };
	bool loads;
	int rc, status;

	c.loading = report_new(STAGE_LOAD);
	progress_begin(&m->co, c.loading, "loading");
	rc = start_others(&c, &err);
	if (rc == 0)
		rc = load(&c, &err);
	else
		let_others_end(&c, &err);
	if (rc == 0)
		c.stopped = false;
	end_beside(&c, &c.extract, "extract", "Extracted");
	end_beside(&c, &c.transform, "transform", "Transformed");
	loads = is_there(m->load.lo.spool);
	if (m->load.lo.dry_run)
		report_set(c.loading, "dry_run", js_bool(true));
	if (loads || rc < 0)
		add_report(&c, "load",
		    m->load.lo.dry_run
			? "To be loaded (--dry-run: nothing was sent)"
			: "Loaded",
		    &c.loading, rc < 0 ? &err : NULL);
	report_free(&c.loading);
	if (rc == 0 && loads && !m->no_verify && !m->load.lo.dry_run &&
	    c.status <= 1)
		verify(&c, "Verified", &err);
	print_all(&c);
	status = c.status;
	js_free(&c.sum);
	buf_free(&c.text);
	return cmd_flush(status);
}
