/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For core/report*.c only: report.c counts, report_show.c tells what was
 * counted.
 */
#ifndef CORE_REPORT_IMPL_H
#define CORE_REPORT_IMPL_H

#include <time.h>

#include "core/report.h"

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

#endif
