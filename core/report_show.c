/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a report holds, as JSON and for people; see report.h. */
#include "core/report_impl.h"

#include <stdlib.h>

#include "core/text.h"

static const char *const item_fate_name[ITEM_FATES] = { "stored", "replaced",
	"unchanged", "excluded", "refused", "left" };

static const char *const stage_name[] = { "extract", "transform", "load",
	"verify", "export", "merge" };
static const char *const fate_name[FATE_COUNT] = { "stored", "unchanged",
	"excluded", "duplicate", "refused", "vanished", "loaded", "pending",
	"lost", "exported" };

/* The fates that each stage can give. */
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
