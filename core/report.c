/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counting a stage's work and its problems; see report.h. */
#include "core/report_impl.h"

#include <stdarg.h>
#include <stdlib.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/text.h"

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

void
report_compared(struct report *r, const char *folder, uint64_t bytes)
{
	tally_of(r, folder)->bytes += bytes;
	r->all.bytes += bytes;
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

/* A folder's path in a spool, as people know it (formats/folder.h). */
static void
put_folder(struct buf *out, const char *path)
{
	buf_puts(out, "folder '");
	text_put_percent(out, slice_str(path));
	buf_putc(out, '\'');
}

static void
log_problem(const struct problem *p)
{
	struct err e = *p->err;
	struct buf where = { 0 };

	if (p->folder != NULL && *p->folder != '\0')
		put_folder(&where, p->folder);
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
