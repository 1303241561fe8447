/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counting a stage's work and its problems; see report.h. */
#include "core/report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/text.h"

struct tally {
	uint64_t announced, fates[FATE_COUNT], bytes;
};

struct folder {
	char *name;
	struct tally t;
};

struct counter {
	char *name;
	uint64_t n;
};

struct counters {
	struct counter *v;
	size_t n;
};

struct item_tally {
	const char *kind, *one, *people;
	char *place;
	uint64_t fates[ITEM_FATES], bytes;
};

struct report {
	enum stage stage;
	struct item_tally *items;
	size_t nitems;
	struct timespec start;
	struct tally all;
	struct folder *folders; /* sorted by name */
	size_t nfolders, last;	/* 'last': the one used last */
	struct counters not_carried, added;
	char **notes;
	size_t nnotes;
	FILE *problems; /* unlinked; a JSON object a line */
	uint64_t nproblems, nwarnings;
	uint64_t expect_msgs, expect_bytes, moved;
	char *doing;
	struct js *extra;
	void (*tick)(const struct report *r, void *arg);
	void *tick_arg;
};

static const char *const item_fate_name[ITEM_FATES] = { "stored", "replaced",
	"unchanged", "excluded", "refused", "left" };

static const char *const stage_name[] = { "extract", "transform", "load",
	"verify", "export", "merge" };
static const char *const fate_name[FATE_COUNT] = { "stored", "unchanged",
	"excluded", "duplicate", "refused", "vanished", "loaded", "pending",
	"lost", "exported" };

/* The fates that each stage can give (ARCHITECTURE.md, promise 2). */
#define BIT(f) (1u << FATE_##f)
static const unsigned stage_fates[] = {
	BIT(STORED) | BIT(UNCHANGED) | BIT(EXCLUDED) | BIT(REFUSED) |
	    BIT(VANISHED),
	BIT(STORED) | BIT(UNCHANGED) | BIT(EXCLUDED) | BIT(DUPLICATE) |
	    BIT(REFUSED),
	BIT(LOADED) | BIT(UNCHANGED) | BIT(REFUSED) | BIT(PENDING) | BIT(LOST),
	0,
	BIT(EXPORTED) | BIT(REFUSED) | BIT(PENDING) | BIT(LOST),
	BIT(STORED) | BIT(UNCHANGED) | BIT(DUPLICATE) | BIT(REFUSED),
};

struct report *
report_new(enum stage stage)
{
	struct report *r = mem_alloc(1, sizeof(*r));

	r->stage = stage;
	r->extra = js_obj();
	clock_gettime(CLOCK_MONOTONIC, &r->start);
	return r;
}

struct report *
report_next(const struct report *earlier)
{
	struct report *r = report_new(earlier->stage);

	r->start = earlier->start;
	r->tick = earlier->tick;
	r->tick_arg = earlier->tick_arg;
	return r;
}

static void
counters_free(struct counters *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		free(c->v[i].name);
	free(c->v);
}

void
report_free(struct report **rp)
{
	struct report *r = *rp;
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < r->nfolders; i++)
		free(r->folders[i].name);
	free(r->folders);
	for (i = 0; i < r->nitems; i++)
		free(r->items[i].place);
	free(r->items);
	counters_free(&r->not_carried);
	counters_free(&r->added);
	for (i = 0; i < r->nnotes; i++)
		free(r->notes[i]);
	free(r->notes);
	if (r->problems != NULL)
		fclose(r->problems);
	js_free(&r->extra);
	free(r->doing);
	free(r);
	*rp = NULL;
}

static void
tick(const struct report *r)
{
	if (r->tick != NULL)
		r->tick(r, r->tick_arg);
}

void
report_set_tick(struct report *r, void (*fn)(const struct report *r, void *arg),
    void *arg)
{
	r->tick = fn;
	r->tick_arg = arg;
}

void
report_expect(struct report *r, uint64_t msgs, uint64_t bytes)
{
	r->expect_msgs = msgs;
	r->expect_bytes = bytes;
}

void
report_doing(struct report *r, const char *what)
{
	free(r->doing);
	r->doing = mem_str(what);
	tick(r);
}

void
report_moved(struct report *r, uint64_t bytes)
{
	r->moved += bytes;
	tick(r);
}

/* The folder's tally, made if it is new; the array stays sorted. */
static struct tally *
tally_of(struct report *r, const char *name)
{
	size_t lo = 0, hi = r->nfolders, mid;
	int c;

	if (r->last < r->nfolders &&
	    strcmp(r->folders[r->last].name, name) == 0)
		return &r->folders[r->last].t;
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		c = strcmp(r->folders[mid].name, name);
		if (c == 0) {
			r->last = mid;
			return &r->folders[mid].t;
		}
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	r->folders = mem_grow(r->folders, r->nfolders + 1, sizeof(*r->folders));
	memmove(r->folders + lo + 1, r->folders + lo,
	    (r->nfolders - lo) * sizeof(*r->folders));
	r->folders[lo] = (struct folder){ .name = mem_str(name) };
	r->nfolders++;
	r->last = lo;
	return &r->folders[lo].t;
}

void
report_folder(struct report *r, const char *folder)
{
	tally_of(r, folder);
}

void
report_announce(struct report *r, const char *folder)
{
	report_announce_many(r, folder, 1);
}

void
report_announce_many(struct report *r, const char *folder, uint64_t n)
{
	tally_of(r, folder)->announced += n;
	r->all.announced += n;
}

void
report_withdraw(struct report *r, const char *folder, uint64_t n)
{
	tally_of(r, folder)->announced -= n;
	r->all.announced -= n;
}

void
report_fate(struct report *r, const char *folder, enum fate fate,
    uint64_t bytes)
{
	struct tally *t = tally_of(r, folder);

	t->fates[fate]++;
	r->all.fates[fate]++;
	if (fate == FATE_STORED || fate == FATE_LOADED ||
	    fate == FATE_EXPORTED) {
		t->bytes += bytes;
		r->all.bytes += bytes;
	}
	tick(r);
}

void
report_fate_many(struct report *r, const char *folder, enum fate fate,
    uint64_t n)
{
	tally_of(r, folder)->fates[fate] += n;
	r->all.fates[fate] += n;
	tick(r);
}

static void
turn_stored(struct tally *t, uint64_t n, uint64_t bytes)
{
	t->fates[FATE_UNCHANGED] -= n;
	t->fates[FATE_STORED] += n;
	t->bytes += bytes;
}

void
report_absorb(struct report *r, const struct report *earlier)
{
	const struct folder *f;
	struct tally *t;
	uint64_t n;
	size_t i;

	for (i = 0; i < earlier->nfolders; i++) {
		f = &earlier->folders[i];
		t = tally_of(r, f->name);
		n = f->t.fates[FATE_STORED];
		if (n > t->fates[FATE_UNCHANGED])
			n = t->fates[FATE_UNCHANGED];
		turn_stored(t, n, f->t.bytes);
		turn_stored(&r->all, n, f->t.bytes);
	}
	for (i = 0; i < earlier->added.n; i++)
		report_add(r, earlier->added.v[i].name, earlier->added.v[i].n);
}

void
report_bulk(struct report *r, const char *folder, enum fate fate, uint64_t n)
{
	report_announce_many(r, folder, n);
	report_fate_many(r, folder, fate, n);
}

/* A long path's end tells more than its beginning. */
#define PLACE_BYTES 120

/* Where it was at the source, as people read it. */
static void
put_source(struct buf *out, const char *source)
{
	struct js *o = js_parse(slice_str(source));
	const char *path = o == NULL ? "" : js_get_str(o, "path");
	size_t n = strlen(path), from = n < PLACE_BYTES ? 0 : n - PLACE_BYTES;

	while (((unsigned char)path[from] & 0xc0) == 0x80)
		from++;
	if (n > 0)
		buf_putf(out, "'%s%s'", from > 0 ? "..." : "", path + from);
	else if (o != NULL && js_get_int(o, "offset") >= 0)
		buf_putf(out, "byte %lld", (long long)js_get_int(o, "offset"));
	else if (o != NULL && js_get_int(o, "uid") >= 0)
		buf_putf(out, "UID %lld", (long long)js_get_int(o, "uid"));
	else
		buf_puts(out, source);
	js_free(&o);
}

static void
log_problem(const struct problem *p)
{
	struct err e = *p->err;
	struct buf where = { 0 };

	if (p->folder != NULL && *p->folder != '\0')
		buf_putf(&where, "folder '%s'", p->folder);
	if (p->source != NULL && *p->source != '\0') {
		buf_puts(&where, where.n > 0 ? ", " : "");
		put_source(&where, p->source);
	}
	if (p->subject != NULL && *p->subject != '\0')
		buf_putf(&where, "%ssubject '%.60s'", where.n > 0 ? ", " : "",
		    p->subject);
	if (where.n > 0)
		err_within(&e, "%s", buf_str(&where));
	log_err(p->warning ? LOG_WARN : LOG_ERROR, &e);
	buf_free(&where);
}

void
report_problem(struct report *r, const struct problem *p)
{
	struct js *o = js_obj();
	struct js *source;
	struct buf line = { 0 };

	log_problem(p);
	js_set_str(o, "folder", p->folder);
	source = p->source == NULL ? NULL : js_parse(slice_str(p->source));
	if (source != NULL)
		js_set(o, "source", source);
	else
		js_set_str(o, "source", p->source);
	js_set_int(o, "size", (int64_t)p->size);
	js_set_str(o, "subject", p->subject);
	if (p->kind != NULL)
		js_set_str(o, "kind", p->kind);
	if (p->uid != 0)
		js_set_int(o, "uid", p->uid);
	js_set_str(o, "error", p->err->text);
	js_set_str(o, "hint", p->err->hint[0] == '\0' ? NULL : p->err->hint);
	if (p->warning)
		js_set_bool(o, "warning", true);
	js_put(&line, o);
	buf_putc(&line, '\n');
	if (r->problems == NULL)
		r->problems = tmpfile();
	if (r->problems != NULL)
		fwrite(line.p, 1, line.n, r->problems);
	r->nproblems++;
	r->nwarnings += p->warning ? 1 : 0;
	buf_free(&line);
	js_free(&o);
}

static void
counters_add(struct counters *c, const char *name, uint64_t n)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		if (strcmp(c->v[i].name, name) == 0) {
			c->v[i].n += n;
			return;
		}
	}
	c->v = mem_grow(c->v, c->n + 1, sizeof(*c->v));
	c->v[c->n++] = (struct counter){ mem_str(name), n };
}

void
report_not_carried(struct report *r, const char *class, uint64_t count)
{
	counters_add(&r->not_carried, class, count);
}

void
report_item(struct report *r, const struct item_sort *sort, enum item_fate fate,
    uint64_t count, uint64_t bytes)
{
	struct item_tally *t;
	size_t i;

	for (i = 0; i < r->nitems; i++)
		if (strcmp(r->items[i].kind, sort->kind) == 0)
			break;
	if (i == r->nitems) {
		r->items = mem_grow(r->items, r->nitems + 1, sizeof(*r->items));
		r->items[r->nitems++] = (struct item_tally){ .kind = sort->kind,
			.one = sort->one,
			.people = sort->people,
			.place = mem_str(sort->place) };
	}
	t = &r->items[i];
	t->fates[fate] += count;
	t->bytes += bytes;
	tick(r);
}

void
report_add(struct report *r, const char *key, uint64_t n)
{
	counters_add(&r->added, key, n);
}

void
report_note(struct report *r, const char *fmt, ...)
{
	struct buf b = { 0 };
	char raw[1024];
	va_list ap;
	size_t i;

	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	text_escape(&b, slice_str(raw));
	for (i = 0; i < r->nnotes; i++) {
		if (strcmp(r->notes[i], buf_str(&b)) == 0) {
			buf_free(&b);
			return;
		}
	}
	r->notes = mem_grow(r->notes, r->nnotes + 1, sizeof(*r->notes));
	r->notes[r->nnotes++] = mem_str(buf_str(&b));
	buf_free(&b);
}

void
report_set(struct report *r, const char *key, struct js *value)
{
	js_set(r->extra, key, value);
}

uint64_t
report_announced(const struct report *r)
{
	return r->all.announced;
}

uint64_t
report_fates(const struct report *r, enum fate fate)
{
	return r->all.fates[fate];
}

uint64_t
report_bytes(const struct report *r)
{
	return r->all.bytes;
}

uint64_t
report_problems(const struct report *r)
{
	return r->nproblems;
}

static uint64_t
sum(const struct tally *t)
{
	uint64_t n = 0;
	int f;

	for (f = 0; f < FATE_COUNT; f++)
		n += t->fates[f];
	return n;
}

void
report_progress(const struct report *r, uint64_t *msgs_done,
    uint64_t *msgs_total, uint64_t *bytes_done, uint64_t *bytes_total,
    const char **doing)
{
	*msgs_done = sum(&r->all);
	*msgs_total = r->expect_msgs;
	*bytes_done = r->moved > r->all.bytes ? r->moved : r->all.bytes;
	*bytes_total = r->expect_bytes;
	*doing = r->doing;
}

bool
report_balances(const struct report *r)
{
	size_t i;

	if (r->all.announced != sum(&r->all))
		return false;
	for (i = 0; i < r->nfolders; i++)
		if (r->folders[i].t.announced != sum(&r->folders[i].t))
			return false;
	return true;
}

int
report_status(const struct report *r)
{
	const uint64_t *f = r->all.fates;
	size_t i;

	if (!report_balances(r))
		return EX_SOFTWARE;
	if (f[FATE_REFUSED] + f[FATE_VANISHED] + f[FATE_LOST] > 0 ||
	    r->nproblems > r->nwarnings)
		return 1;
	for (i = 0; i < r->nitems; i++)
		if (r->items[i].fates[ITEM_REFUSED] > 0)
			return 1;
	return f[FATE_PENDING] > 0 ? EX_TEMPFAIL : 0;
}

static void
set_tally(struct js *o, const struct tally *t, unsigned fates)
{
	int f;

	js_set_int(o, "announced", (int64_t)t->announced);
	for (f = 0; f < FATE_COUNT; f++)
		if ((fates & 1u << f) != 0)
			js_set_int(o, fate_name[f], (int64_t)t->fates[f]);
	js_set_int(o, "bytes", (int64_t)t->bytes);
}

static struct js *
problems_json(struct report *r, uint64_t most)
{
	struct js *list = js_arr(), *one;
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	if (r->problems == NULL)
		return list;
	rewind(r->problems);
	while (most-- > 0 && (n = getline(&line, &cap, r->problems)) > 0) {
		one = js_parse(slice_of(line, (size_t)n));
		if (one != NULL)
			js_push(list, one);
	}
	free(line);
	fseek(r->problems, 0, SEEK_END);
	return list;
}

static double
seconds(const struct report *r)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - r->start.tv_sec) +
	    (double)(now.tv_nsec - r->start.tv_nsec) / 1e9;
}

static struct js *
folders_json(const struct report *r)
{
	struct js *list = js_arr(), *o;
	size_t i;

	for (i = 0; i < r->nfolders; i++) {
		o = js_obj();
		js_set_str(o, "path", r->folders[i].name);
		set_tally(o, &r->folders[i].t, stage_fates[r->stage]);
		js_push(list, o);
	}
	return list;
}

static uint64_t
item_count(const struct item_tally *t)
{
	uint64_t n = 0;
	int f;

	for (f = 0; f < ITEM_FATES; f++)
		n += t->fates[f];
	return n;
}

/* {"contact":{"count":72,"stored":72,...,"place":"items/contacts"}} */
static struct js *
items_json(const struct report *r)
{
	struct js *all = js_obj(), *o;
	const struct item_tally *t;
	size_t i;
	int f;

	for (i = 0; i < r->nitems; i++) {
		t = &r->items[i];
		o = js_obj();
		js_set_int(o, "count", (int64_t)item_count(t));
		for (f = 0; f < ITEM_FATES; f++)
			if (f != ITEM_LEFT || t->fates[f] > 0)
				js_set_int(o, item_fate_name[f],
				    (int64_t)t->fates[f]);
		js_set_int(o, "bytes", (int64_t)t->bytes);
		js_set_str(o, "place", t->place);
		js_set(all, t->kind, o);
	}
	return all;
}

struct js *
report_json(struct report *r, const struct err *run)
{
	return report_json_brief(r, run, UINT64_MAX);
}

struct js *
report_json_brief(struct report *r, const struct err *run, uint64_t most)
{
	struct js *o = js_obj(), *list, *item;
	size_t i;

	js_set_str(o, "type", "summary");
	js_set_str(o, "stage", stage_name[r->stage]);
	set_tally(o, &r->all, stage_fates[r->stage]);
	for (i = 0; i < r->added.n; i++)
		js_set_int(o, r->added.v[i].name, (int64_t)r->added.v[i].n);
	js_set(o, "seconds",
	    js_real((double)(int64_t)(seconds(r) * 1000) / 1000));
	js_set(o, "folders", folders_json(r));
	if (r->stage != STAGE_VERIFY || r->nitems > 0)
		js_set(o, "items", items_json(r));
	if (r->stage == STAGE_EXTRACT) {
		list = js_arr();
		for (i = 0; i < r->not_carried.n; i++) {
			item = js_obj();
			js_set_str(item, "class", r->not_carried.v[i].name);
			js_set_int(item, "count",
			    (int64_t)r->not_carried.v[i].n);
			js_push(list, item);
		}
		js_set(o, "not_carried", list);
	}
	list = js_arr();
	for (i = 0; i < r->nnotes; i++)
		js_push(list, js_str(slice_str(r->notes[i])));
	js_set(o, "notes", list);
	js_set(o, "problems", problems_json(r, most));
	if (r->nproblems > most)
		js_set_int(o, "problems_left_out",
		    (int64_t)(r->nproblems - most));
	js_merge(o, r->extra);
	if (run != NULL) {
		item = js_obj();
		js_set_str(item, "text", run->text);
		js_set_str(item, "hint",
		    run->hint[0] == '\0' ? NULL : run->hint);
		js_set_int(item, "status", run->status);
		js_set(o, "error", item);
	}
	return o;
}

/* "load: 1,204 messages = 1,200 loaded + 4 refused" */
static void
print_fates(const struct report *r, FILE *f)
{
	char a[32];
	int k, n = 0;

	fprintf(f, "%s: %s %s", stage_name[r->stage],
	    text_count(a, r->all.announced),
	    r->all.announced == 1 ? "message" : "messages");
	for (k = 0; k < FATE_COUNT; k++)
		if (r->all.fates[k] != 0)
			fprintf(f, "%s%s %s", n++ == 0 ? " = " : " + ",
			    text_count(a, r->all.fates[k]), fate_name[k]);
	fprintf(f, ", %s, ", text_size(a, r->all.bytes));
}

/* A verification counts differences, and beside them "messages". */
static void
print_verified(const struct report *r, FILE *f)
{
	uint64_t messages = 0, differences = 0;
	char a[32];
	size_t i;

	for (i = 0; i < r->added.n; i++) {
		if (strcmp(r->added.v[i].name, "messages") == 0)
			messages = r->added.v[i].n;
		else if (strcmp(r->added.v[i].name, "items_checked") != 0)
			differences += r->added.v[i].n;
	}
	fprintf(f, "verify: %s %s, %s, ", text_count(a, messages),
	    messages == 1 ? "message" : "messages",
	    differences == 0 ? "no difference" : "differences below");
}

/* JSON's "not_in_ledger" is "not in ledger" to people. */
static void
print_counter(FILE *f, const struct counter *c)
{
	const char *p;
	char n[32];

	fprintf(f, "  ");
	for (p = c->name; *p != '\0'; p++)
		fputc(*p == '_' ? ' ' : *p, f);
	fprintf(f, ": %s\n", text_count(n, c->n));
}

/* "  items/contacts: 72 contacts = 70 stored + 2 unchanged" */
static void
print_items(const struct report *r, FILE *f)
{
	const struct item_tally *t;
	char a[32];
	size_t i;
	int k, n;

	for (i = 0; i < r->nitems; i++) {
		t = &r->items[i];
		fprintf(f, "  %s: %s %s", t->place,
		    text_count(a, item_count(t)),
		    item_count(t) == 1 ? t->one : t->people);
		for (k = n = 0; k < ITEM_FATES; k++)
			if (t->fates[k] != 0)
				fprintf(f, "%s%s %s", n++ == 0 ? " = " : " + ",
				    text_count(a, t->fates[k]),
				    item_fate_name[k]);
		fputc('\n', f);
	}
}

void
report_print(struct report *r, FILE *f)
{
	char a[32];
	size_t i;

	if (r->stage == STAGE_VERIFY)
		print_verified(r, f);
	else
		print_fates(r, f);
	fprintf(f, "%zu %s, %.1f s\n", r->nfolders,
	    r->nfolders == 1 ? "folder" : "folders", seconds(r));
	for (i = 0; i < r->added.n; i++)
		if (r->added.v[i].n > 0 &&
		    (r->stage != STAGE_VERIFY ||
			strcmp(r->added.v[i].name, "messages") != 0))
			print_counter(f, &r->added.v[i]);
	print_items(r, f);
	for (i = 0; i < r->not_carried.n; i++)
		fprintf(f, "  not carried: %s %s\n",
		    text_count(a, r->not_carried.v[i].n),
		    r->not_carried.v[i].name);
	for (i = 0; i < r->nnotes; i++)
		fprintf(f, "  note: %s\n", r->notes[i]);
	if (r->nproblems > 0)
		fprintf(f, "  problems: %s (each is named above)\n",
		    text_count(a, r->nproblems));
}
