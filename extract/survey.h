/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is in a source, told without extracting it: folders, counts, bytes,
 * dates, the biggest messages, what is no mail, what is damaged.  A PST is
 * surveyed from the tables of its folders; no message is opened.
 */
#ifndef EXTRACT_SURVEY_H
#define EXTRACT_SURVEY_H

#include "extract/source.h"

struct survey_folder {
	char *path; /* as extract would call it; NULL: it would make none */
	char *name; /* for people */
	char *special_use;		  /* or NULL */
	uint64_t nid, items, mail, bytes; /* nid 0: of no folder */
	int64_t oldest, newest;		  /* DATE_UNKNOWN */
};

struct survey_class {
	char *class;
	uint64_t count;
	bool mail;
};

struct survey_big {
	char *folder, *subject;
	uint64_t nid, bytes;
};

/* All strings are UTF-8 and may hold anything else: escape them. */
struct survey {
	const char *format, *encryption;
	bool ost, password;
	uint64_t bytes, promised; /* of the file; what its header says */
	struct survey_folder *folders;
	size_t n_folders;
	uint64_t folders_more; /* too many to list; in total */
	struct survey_folder total;
	struct survey_class *classes;
	size_t n_classes;
	struct survey_big *big; /* biggest first */
	size_t n_big;
	char **damage, **notes;
	size_t n_damage, n_notes;
	uint64_t damage_more; /* told, but not kept */
};

/*
 * Look through the PST at spec->path.  Needs survey_free() in both cases.
 * 0, or -1 with SCOPE_STORE or SCOPE_RUN: as source_open(), and EX_USAGE for
 * a source that is no PST.
 */
int survey_read(struct survey *s_r, const struct source_spec *spec,
    struct err *err);
void survey_free(struct survey *s);

#endif
