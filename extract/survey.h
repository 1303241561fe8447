/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is in a source, told without extracting it: folders, counts, bytes,
 * dates, the biggest messages, what is no mail, what is damaged, what will
 * need a decision.  A PST is surveyed from the tables of its folders, an IMAP
 * account from sizes and dates alone, a POP3 account from its list; files are
 * stepped through as extract does.  Memory: a record a folder.
 */
#ifndef EXTRACT_SURVEY_H
#define EXTRACT_SURVEY_H

#include "extract/source.h"

#define SURVEY_BIG 10 /* of the biggest messages */

struct survey_folder {
	char *path; /* as extract would call it; NULL: it would make none */
	char *name; /* for people */
	char *special_use;		  /* or NULL */
	uint64_t nid, items, mail, bytes; /* nid 0: of no folder */
	int64_t oldest, newest;		  /* DATE_UNKNOWN */
	const char *left; /* extract leaves it out, why; NULL: it does not */
};

struct survey_class {
	char *class;
	uint64_t count;
	bool mail;
};

struct survey_big {
	char *folder, *subject;
	uint64_t nid, bytes; /* nid: or the UID, or the number */
};

/* A server, beside what it holds. */
struct survey_server {
	char *software;	    /* ID's name and version, or the greeting */
	char *capabilities; /* as it says them */
	char *security;	    /* "TLSv1.3 ..., verified" */
	bool has_quota;
	uint64_t quota_used, quota_limit; /* bytes */
};

/* Fetching some messages, to know how long all of them will take. */
struct survey_sample {
	uint64_t messages, bytes;
	double seconds;	 /* 0: none was taken */
	double estimate; /* seconds for all of the mail */
};

/* Something that needs a decision before the migration. */
struct survey_risk {
	const char *id; /* "large-mailbox": stable, for scripts */
	char *text, *hint;
};

/* All strings are UTF-8 and may hold anything else: escape them. */
struct survey {
	const char *kind; /* "pst", "imap", "pop3", "mbox", ... */
	/* a PST's */
	const char *format, *encryption;
	bool ost, password;
	uint64_t bytes, promised; /* of the file; what its header says */
	/* a server's */
	struct survey_server server;
	struct survey_sample sample;
	char **keywords; /* in use, sorted; the first 1,000 */
	size_t n_keywords;

	struct survey_folder *folders;
	size_t n_folders, last_folder;
	uint64_t folders_more; /* too many to list; in total */
	struct survey_folder total;
	uint64_t too_big; /* messages over want->max_size */
	struct survey_class *classes;
	size_t n_classes;
	struct survey_big *big; /* biggest first */
	size_t n_big;
	char **damage, **notes;
	size_t n_damage, n_notes;
	uint64_t damage_more; /* told, but not kept */
};

struct survey_want {
	uint64_t max_size; /* a destination's limit; 0: none */
	unsigned sample_s; /* fetch this long; 0: take no sample */
};

/*
 * Look through the source.  Needs survey_free() in both cases.  0, or -1 with
 * SCOPE_STORE or SCOPE_RUN: as source_open().
 */
int survey_read(struct survey *s_r, const struct source_spec *spec,
    const struct survey_want *want, struct err *err);
void survey_free(struct survey *s);

/* ---- survey_risk.c */

struct survey_limits {
	uint64_t large, large_deleted; /* bytes; 0: 50 and 30 GB */
	uint64_t max_size;	       /* as in survey_want */
	uint64_t bad_names; /* folders whose names will need fixing */
	/* what the mail program has of this account, in a file; or NULL */
	const struct survey *local;
};

/* What of it is a risk, in *risks_r, *n_r of them, for survey_risks_free().
 * 'now': seconds, for what has not been used for long. */
void survey_risks(const struct survey *s, const struct survey_limits *limits,
    int64_t now, struct survey_risk **risks_r, size_t *n_r);
void survey_risks_free(struct survey_risk *risks, size_t n);

#endif
