/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The destination of a load or a verification; see dest.h. */
#include "load/dest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/step.h"
#include "formats/delivery.h"

#define MAX_FAILURES	 7     /* sessions in a row that came to nothing */
#define MAX_BACKOFF_MS	 60000 /* between two of them */
#define LOOKUP_TRIES	 100   /* for the lock, 100 ms each */
#define COMPARED_FOLDERS 100

void
dest_init(struct dest *d, struct account *account, struct spool *sp,
    struct report *r, uint64_t max_wait_s)
{
	*d = (struct dest){ .account = account,
		.spool = sp,
		.ledger = spool_ledger(sp),
		.report = r,
		.max_wait_ms = max_wait_s * 1000 };
}

void
dest_free(struct dest *d)
{
	imap_close(&d->im);
	tree_free(&d->tree);
	free(d->prefix);
	d->prefix = NULL;
}

/* The first personal namespace. */
static int
learn_namespace(struct dest *d, struct err *err)
{
	const struct imap_ns *ns;
	size_t n, i;

	if (imap_namespaces(d->im, &ns, &n, err) < 0)
		return -1;
	free(d->prefix);
	d->prefix = mem_str("");
	d->names.delimiter = '\0';
	for (i = 0; i < n; i++) {
		if (ns[i].kind != IMAP_NS_PERSONAL)
			continue;
		free(d->prefix);
		d->prefix = mem_strn(ns[i].prefix.p, ns[i].prefix.n);
		d->names.delimiter = ns[i].delimiter;
		break;
	}
	d->names.prefix = d->prefix;
	return 0;
}

/* Has the ledger this destination, by the name that it has now? */
static int
find_label(struct dest *d, struct err *err)
{
	struct buf label = { 0 };

	url_label(&label, &d->account->url);
	d->id = delivery_find(d->ledger, buf_str(&label), err);
	buf_free(&label);
	return d->id < 0 ? -1 : 0;
}

/* What depends on nothing is asked at once: each would be a round trip. */
static int
ask(struct dest *d, struct err *err)
{
	bool first = d->prefix == NULL;

	if (first && imap_namespaces_send(d->im, err) < 0)
		return -1;
	/* without NAMESPACE it takes a LIST, and those go one by one */
	if ((first && !imap_has(d->im, IMAP_CAP_NAMESPACE) &&
		learn_namespace(d, err) < 0) ||
	    tree_read_send(&d->tree, d->im, err) < 0)
		return -1;
	d->inbox_tag = 0;
	if (d->asks_ahead) {
		if (find_label(d, err) < 0 || imap_quota_send(d->im, err) < 0)
			return -1;
		if (d->id == 0 &&
		    imap_status_send(d->im, slice_str("INBOX"), &d->inbox_tag,
			err) < 0)
			return -1;
	}
	if (tree_read_wait(&d->tree, d->im, err) < 0)
		return -1;
	return d->prefix == NULL ? learn_namespace(d, err) : 0;
}

/* A session that is logged in, with the folders there. */
static int
open_session(struct dest *d, struct err *err)
{
	int64_t before = conn_now_ms();

	report_doing(d->report, "connecting");
	if (account_open(&d->im, d->account, err) < 0)
		return -1;
	d->opened_ms = conn_now_ms() - before;
	if (ask(d, err) < 0)
		return -1;
	report_doing(d->report, NULL);
	return 0;
}

void
dest_progress(struct dest *d)
{
	d->failures = 0;
}

int
dest_charge(struct dest *d, uint64_t ms, const char *why, struct err *err)
{
	if (ms <= d->max_wait_ms - d->waited_ms) {
		d->waited_ms += ms;
		return 0;
	}
	err_set(err, SCOPE_RUN, EX_TEMPFAIL,
	    "%s: it would take another %llu s, and %llu s of "
	    "waiting are used up",
	    why, (unsigned long long)(ms / 1000),
	    (unsigned long long)(d->waited_ms / 1000));
	return err_hint(err,
	    "run the same command again later, or "
	    "allow more with --max-wait");
}

static void
say_wait(uint64_t ms, const char *why)
{
	if (ms >= 5000)
		log_info("%s: waiting %llu s", why,
		    (unsigned long long)(ms / 1000));
}

int
dest_wait(struct dest *d, uint64_t ms, const char *why, struct err *err)
{
	uint64_t left = ms, part;
	char text[120];
	int rc = 0;

	if (dest_charge(d, ms, why, err) < 0)
		return -1;
	say_wait(ms, why);
	while (rc == 0 && left > 0) {
		snprintf(text, sizeof(text), "waiting %llu s (%s)",
		    (unsigned long long)((left + 999) / 1000), why);
		report_doing(d->report, text);
		part = left < 1000 ? left : 1000;
		rc = conn_sleep_ms(part, err);
		left -= part;
	}
	report_doing(d->report, NULL);
	return rc;
}

int
dest_pause(struct dest *d, uint64_t ms, const char *why, struct err *err)
{
	uint64_t left = dest_paused(d);

	if (ms <= left)
		return 0;
	if (dest_charge(d, ms - left, why, err) < 0)
		return -1;
	if (left == 0)
		say_wait(ms, why);
	d->pause_end_ms = conn_now_ms() + (int64_t)ms;
	return 0;
}

uint64_t
dest_paused(const struct dest *d)
{
	int64_t now;

	if (d->pause_end_ms == 0)
		return 0;
	now = conn_now_ms();
	return now < d->pause_end_ms ? (uint64_t)(d->pause_end_ms - now) : 0;
}

bool
dest_is_mendable(const struct err *err)
{
	return err->scope == SCOPE_STORE &&
	    (err->retry || err->status == EX_TEMPFAIL ||
		err->status == EX_UNAVAILABLE);
}

/* Before the n-th try after the first one, which ended with '*err'. */
static int
wait_to_connect(struct dest *d, unsigned n, const char *why, struct err *err)
{
	uint64_t pause = n == 1 ? 100 : MAX_BACKOFF_MS;

	imap_abort(&d->im);
	log_warn("%s; connecting again", err->text);
	if (n > 1 && n < 8)
		pause = (uint64_t)1000 << (n - 2);
	if (pause > MAX_BACKOFF_MS)
		pause = MAX_BACKOFF_MS;
	if (err->wait_ms > pause)
		pause = err->wait_ms;
	return dest_wait(d, pause,
	    err->passing ? "the server asks to wait" : why, err);
}

/* Is it worth waiting, when there was no session yet?  What may be a mistake
 * in the command is told at once. */
static bool
will_pass(const struct dest *d, const struct err *err)
{
	return err->scope < SCOPE_RUN &&
	    (err->passing || (d->account->opened && err->retry));
}

int
dest_connect(struct dest *d, struct err *err)
{
	unsigned n = 0, counted = 0;

	free(d->prefix);
	d->prefix = NULL;
	while (open_session(d, err) < 0) {
		/* for what passes, --max-wait alone is the limit */
		if (!will_pass(d, err) ||
		    (!err->passing && ++counted > MAX_FAILURES)) {
			report_doing(d->report, NULL);
			err->scope = SCOPE_RUN;
			return -1;
		}
		if (wait_to_connect(d, ++n, "no connection", err) < 0)
			return -1;
	}
	d->rewrites =
	    strstr(imap_greeting(d->im), "Microsoft Exchange") != NULL;
	return 0;
}

int
dest_reconnect(struct dest *d, struct err *err)
{
	unsigned passing = 0;
	bool told = false; /* a new session was put off by the server */

	while (dest_is_mendable(err) || told) {
		if (told) {
			passing++;
		} else if (++d->failures > MAX_FAILURES) {
			err_within(err, "given up after %d attempts",
			    MAX_FAILURES);
			break;
		}
		if (wait_to_connect(d, d->failures + passing, "connection lost",
			err) < 0)
			return -1;
		if (open_session(d, err) == 0)
			return 0;
		told = err->passing && err->scope < SCOPE_RUN;
	}
	err->scope = SCOPE_RUN;
	if (dest_is_mendable(err) || err->retry)
		err->status = EX_TEMPFAIL;
	return -1;
}

/* ------------------------------------------------------------- identity */

/* Has the account the folders that destination 'id' is known by? */
static int
is_same(struct dest *d, int64_t id, struct err *err)
{
	struct imap_mailbox_status st;
	struct delivery_folder f;
	struct arena a = { 0 };
	int64_t row = 0;
	unsigned same = 0, other = 0, seen = 0;
	int rc = 0;

	while (seen < COMPARED_FOLDERS &&
	    (rc = delivery_folder_next(d->ledger, id, &row, &f, &a, err)) ==
		1) {
		struct tree_folder *t = tree_find(&d->tree, slice_str(f.name));

		if (t == NULL || t->noselect || f.uidvalidity == 0)
			continue;
		seen++;
		rc = imap_status(d->im, slice_str(f.name), &st, err);
		if (rc < 0 && err->scope == SCOPE_FOLDER)
			continue;
		if (rc < 0)
			break;
		if (st.uidvalidity == f.uidvalidity &&
		    (st.uidnext == 0 || st.uidnext > f.top))
			same++;
		else
			other++;
		arena_reset(&a);
	}
	arena_free(&a);
	/* a few may have been made anew since */
	return rc < 0 && err->scope != SCOPE_FOLDER ? -1 : same > 3 * other;
}

/* Another spelling of a destination that we know? */
static int
find_by_folders(struct dest *d, const char *label, bool add, struct err *err)
{
	int64_t id = 0;
	int rc, same;

	while ((rc = delivery_next_of_user(d->ledger, d->account->url.user, &id,
		    err)) == 1) {
		same = is_same(d, id, err);
		if (same < 0)
			return -1;
		if (same == 0)
			continue;
		d->id = id;
		log_info("%s is a destination that this spool knows by "
			 "another name",
		    label);
		if (!add)
			return 0;
		if (ledger_begin(d->ledger, err) < 0 ||
		    delivery_add_label(d->ledger, id, label, err) < 0)
			return -1;
		return ledger_commit(d->ledger, err);
	}
	return rc;
}

/* A new one.  INBOX's UIDVALIDITY at once: other spellings are told by it. */
static int
add_dest(struct dest *d, const char *label, struct err *err)
{
	struct delivery_folder f = { .name = "INBOX" };
	struct imap_mailbox_status st = { 0 };
	uint32_t tag = d->inbox_tag;

	d->inbox_tag = 0;
	if ((tag == 0 &&
		imap_status_send(d->im, slice_str("INBOX"), &tag, err) < 0) ||
	    imap_status_wait(d->im, tag, &st, err) < 0) {
		if (err->scope != SCOPE_FOLDER)
			return -1;
		err_clear(err);
	}
	f.uidvalidity = st.uidvalidity;
	step("load.destination");
	if (spool_event_now(d->spool, err) < 0)
		return -1;
	d->id = delivery_add(d->ledger, label, d->account->url.user, err);
	if (d->id < 0 || delivery_folder_put(d->ledger, d->id, &f, err) < 0)
		return -1;
	return ledger_commit(d->ledger, err);
}

static int
look_up(struct dest *d, bool add, struct err *err)
{
	struct buf label = { 0 };
	int rc = 0;

	url_label(&label, &d->account->url);
	d->id = delivery_find(d->ledger, buf_str(&label), err);
	if (d->id < 0)
		rc = -1;
	if (d->id == 0)
		rc = find_by_folders(d, buf_str(&label), add, err);
	if (rc == 0 && d->id == 0 && add)
		rc = add_dest(d, buf_str(&label), err);
	buf_free(&label);
	return rc;
}

int
dest_identify(struct dest *d, bool lock, struct err *err)
{
	int tries = LOOKUP_TRIES, rc;

	if (!lock)
		return look_up(d, false, err);
	/* two new loads at once must not make two destinations of one */
	while (spool_lock_destination(d->spool, 0, err) < 0) {
		if (err->status != EX_TEMPFAIL || --tries <= 0 ||
		    conn_sleep_ms(100, err) < 0)
			return -1;
	}
	rc = look_up(d, true, err);
	if (rc == 0)
		rc = spool_lock_destination(d->spool, d->id, err);
	spool_unlock_destination(d->spool, 0);
	return rc;
}
