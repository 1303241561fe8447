/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Is a PST as its specification has it (formats/pst/check.h)?  The sandboxed
 * child looks; this is what its parent was told.
 */
#ifndef EXTRACT_CHECK_H
#define EXTRACT_CHECK_H

#include "extract/source.h"

struct check_finding {
	char *rule;  /* "2.2.2.7.1": a section of [MS-PST] */
	bool placed; /* 'at' is an offset in the file */
	uint64_t at;
	uint32_t node, sub; /* 0: none */
	char *what, *found, *expected;
};

/* Text is UTF-8 and may hold anything else: escape it. */
struct check_report {
	const char *format;
	uint64_t bytes;
	struct check_finding *findings, *remarks; /* at most CHECK_MAX each */
	size_t n_findings, n_remarks;
	uint64_t all_findings, all_remarks;
	uint64_t pages, blocks, nodes, folders, messages;
	bool changed;  /* the file, while it was looked at */
	char *sandbox; /* what the sandbox was without; or NULL */
};

#define CHECK_MAX 1000

/* Needs check_free() in both cases.  0, or -1 as survey_read(). */
int check_file(struct check_report *r_r, const struct source_spec *spec,
    struct err *err);
void check_free(struct check_report *r);

#endif
