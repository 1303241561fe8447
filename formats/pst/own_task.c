/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tasks, [MS-OXOTASK] 2.2.2, and journal entries, [MS-OXOJRNL] 2.2. */
#include "formats/event.h"
#include "formats/pst/bytes.h"
#include "formats/pst/own_impl.h"
#include "formats/pst/recur.h"

#define BLOB_MAX (1u << 20)
#define ID_MAX	 4096
#define LIST_MAX 1000
#define PAST	 INT64_C(-11644473600) /* 1601 */
#define FUTURE	 INT64_C(79870665600)  /* "no date", [MS-OXOCAL] */

/* ------------------------------------------------------ what others use */

bool
own_is_class(const struct own_item *oi, const char *name)
{
	struct slice class = oi->pub.class;
	size_t n = strlen(name);

	return class.n >= n && (class.n == n || class.p[n] == '.') &&
	    slice_is_nocase(slice_of(class.p, n), name);
}

int64_t
own_moment(struct own_item *oi, enum pst_set set, uint32_t number)
{
	unsigned id = own_lid(oi->r, set, number);
	const struct ltp_value *v = id == 0 ? NULL : ltp_prop(&oi->props, id);
	int64_t t;

	if (v == NULL || v->type != PtypTime)
		return DATE_UNKNOWN;
	t = ltp_number(&oi->props.heap, v, 0) / 10000000 + PAST;
	return t > PAST && t < FUTURE ? t : DATE_UNKNOWN;
}

void
own_set_uid(struct own_item *oi, const char *uid)
{
	struct item *it = &oi->pub;
	struct event_about *about = it->event != NULL ? &it->event->about
	    : it->task != NULL			      ? &it->task->about
	    : it->journal != NULL		      ? &it->journal->about
						      : NULL;

	it->uid = slice_str(uid);
	if (about != NULL && about->uid.n == 0)
		about->uid = it->uid;
}

static void
fill_list(struct own_item *oi, uint32_t lid, const struct slice **v_r,
    size_t *n_r)
{
	struct slice *v;

	*n_r = own_many(oi, own_lid(oi->r, PST_SET_COMMON, lid), LIST_MAX, &v);
	*v_r = v;
}

void
own_fill_about(struct own_item *oi, struct event_about *about)
{
	fill_list(oi, PidLidCompanies, &about->companies, &about->n_companies);
	fill_list(oi, PidLidContacts, &about->contacts, &about->n_contacts);
	about->billing = own_named_text(oi, PST_SET_COMMON, PidLidBilling);
	about->mileage = own_named_text(oi, PST_SET_COMMON, PidLidMileage);
	if (!event_take_item(about, &oi->pub, &oi->a))
		ndb_note(oi->r->n, true, (uint64_t)oi->pub.nid << 24 | 0xfe0001,
		    "its text is cut at 1 MiB");
}

/* ------------------------------------------------------------------ tasks */

static int32_t
number(struct own_item *oi, uint32_t lid, int32_t none)
{
	return (int32_t)own_named_number(oi, PST_SET_TASK, lid, none);
}

/* A day, kept as if it were UTC. */
static int64_t
day(struct own_item *oi, uint32_t lid)
{
	int64_t t = own_moment(oi, PST_SET_TASK, lid);

	return t == DATE_UNKNOWN ? t : event_day(t);
}

/* PidLidPercentComplete: a double from 0 to 1. */
static int
percent(struct own_item *oi)
{
	unsigned id = own_lid(oi->r, PST_SET_TASK, PidLidPercentComplete);
	const struct ltp_value *v = id == 0 ? NULL : ltp_prop(&oi->props, id);
	struct buf b = { 0 };
	struct err err = { 0 };
	uint64_t bits;
	double d = 0;

	if (v != NULL && v->type == PtypFloating64 &&
	    ltp_bytes(&oi->props.heap, v, 8, &b, &err) > 0 && b.n == 8) {
		bits = pst_u64(b.p);
		memcpy(&d, &bits, sizeof(d));
	}
	buf_free(&b);
	return d > 0 && d <= 1 ? (int)(d * 100 + 0.5) : 0;
}

static const struct event_recur *
recurrence(struct own_item *oi)
{
	struct slice s = own_bytes(oi,
	    own_lid(oi->r, PST_SET_TASK, PidLidTaskRecurrence), BLOB_MAX);
	struct event_recur *r;
	struct err err = { 0 };

	if (s.n == 0)
		return NULL;
	r = arena_alloc(&oi->a, sizeof(*r));
	if (pst_recur_decode(s, PST_RECUR_TASK, oi->codepage, &oi->a, r, &err) >
	    0)
		return r;
	ndb_note(oi->r->n, true, (uint64_t)oi->pub.nid << 24 | 0xfe0002, "%s",
	    err.text);
	return NULL;
}

/* Whom it was given to: the recipients of the request. */
static void
fill_assigned(struct own_item *oi, struct task *t)
{
	const struct item *it = &oi->pub;
	size_t i;

	t->assigned =
	    arena_alloc(&oi->a, it->n_recipients * sizeof(*t->assigned) + 1);
	for (i = 0; i < it->n_recipients; i++) {
		t->assigned[i].who = it->recipients[i].who;
		t->assigned[i].answered = DATE_UNKNOWN;
	}
	t->n_assigned = it->n_recipients;
}

void
own_fill_task(struct own_item *oi)
{
	struct task *t = arena_alloc(&oi->a, sizeof(*t));
	int32_t status, owns;

	task_init(t);
	/* Outlook gives tasks no id like a meeting's, other programs do */
	t->about.uid = pst_goid_uid(
	    own_bytes(oi, own_lid(oi->r, PST_SET_MEETING, PidLidGlobalObjectId),
		ID_MAX),
	    &oi->a, NULL);
	own_fill_about(oi, &t->about);
	t->start = day(oi, PidLidTaskStartDate);
	t->due = day(oi, PidLidTaskDueDate);
	t->completed = day(oi, PidLidTaskDateCompleted);
	status = number(oi, PidLidTaskStatus, 0);
	if (status >= TASK_NOT_STARTED && status <= TASK_DEFERRED)
		t->status = (enum task_status)status;
	t->percent = percent(oi);
	t->complete = number(oi, PidLidTaskComplete, 0) != 0;
	t->team = number(oi, PidLidTeamTask, 0) != 0;
	t->actual_min = number(oi, PidLidTaskActualEffort, 0);
	t->estimated_min = number(oi, PidLidTaskEstimatedEffort, 0);
	t->ordinal = number(oi, PidLidTaskOrdinal, 0);
	t->owner = own_named_text(oi, PST_SET_TASK, PidLidTaskOwner);
	t->assigner = own_named_text(oi, PST_SET_TASK, PidLidTaskAssigner);
	t->delegator = own_named_text(oi, PST_SET_TASK, PidLidTaskLastDelegate);
	owns = number(oi, PidLidTaskOwnership, 0);
	if (owns >= TASK_OWN && owns <= TASK_ACCEPTED)
		t->ownership = (enum task_ownership)owns;
	fill_assigned(oi, t);
	t->reminder =
	    own_named_number(oi, PST_SET_COMMON, PidLidReminderSet, 0) != 0;
	t->remind_at = own_moment(oi, PST_SET_COMMON, PidLidReminderTime);
	t->recur = recurrence(oi);
	oi->pub.task = t;
}

/* ---------------------------------------------------------------- journal */

void
own_fill_journal(struct own_item *oi)
{
	struct journal *j = arena_alloc(&oi->a, sizeof(*j));

	journal_init(j);
	own_fill_about(oi, &j->about);
	j->start = own_moment(oi, PST_SET_LOG, PidLidLogStart);
	j->end = own_moment(oi, PST_SET_LOG, PidLidLogEnd);
	if (j->start == DATE_UNKNOWN)
		j->start = own_moment(oi, PST_SET_COMMON, PidLidCommonStart);
	if (j->end == DATE_UNKNOWN)
		j->end = own_moment(oi, PST_SET_COMMON, PidLidCommonEnd);
	j->minutes =
	    (int32_t)own_named_number(oi, PST_SET_LOG, PidLidLogDuration, -1);
	j->type = own_named_text(oi, PST_SET_LOG, PidLidLogTypeDesc);
	if (j->type.n == 0)
		j->type = own_named_text(oi, PST_SET_LOG, PidLidLogType);
	oi->pub.journal = j;
}
