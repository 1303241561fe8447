/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Does a PST keep to [MS-PST]?  Every rule that can be seen in the file is
 * looked at, layer by layer: header, maps of what is allocated, B-trees,
 * blocks (2.2), heaps, trees in them, properties, tables (2.3), store, names
 * of properties, folders, messages (2.4, 2.7).  Nothing is mended, and nothing
 * is believed: the walk is bounded by the size of the file.
 *
 * A finding is what the specification forbids (MUST); a remark is what it
 * advises against, or what writers other than Outlook do and readers bear.
 * ANSI files and those of 4096-byte pages are held to the rules that are known
 * for them: of the latter's maps none are.
 *
 * Memory: 24 bytes a block and 32 a node: some 40 MiB for 10 GB of mail with
 * attachments, for small messages three times that.
 */
#ifndef FORMATS_PST_CHECK_H
#define FORMATS_PST_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

#define PST_NOWHERE UINT64_MAX

struct pst_finding {
	bool remark;
	const char *rule;     /* section of [MS-PST]: "2.2.2.7.1" */
	uint64_t at;	      /* offset in the file, or PST_NOWHERE */
	uint32_t node, sub;   /* node, and subnode of it; 0: none */
	const char *what;     /* "dwCRC of a page" */
	const char *found;    /* "0x1234abcd" */
	const char *expected; /* "0x5678abcd" */
};

/* What is being looked at; also a sign of life. */
enum pst_check_phase {
	PST_CHECK_HEADER,
	PST_CHECK_TREES,
	PST_CHECK_BLOCKS,
	PST_CHECK_MAPS,
	PST_CHECK_NODES,
	PST_CHECK_STORE,
	PST_CHECK_PHASES
};

struct pst_check_in {
	int fd; /* the PST, O_RDONLY; stays the caller's */
	/* Strings live until it returns.  False: enough. */
	bool (*found)(void *arg, const struct pst_finding *f);
	bool (*at)(void *arg, enum pst_check_phase phase, uint64_t nid);
	void *arg;
};

/* What was looked at. */
struct pst_checked {
	const char *format; /* "ansi", "unicode", "4k" */
	uint64_t findings, remarks;
	uint64_t pages, blocks, nodes, folders, messages;
};

/* 0, or -1 with SCOPE_STORE: EX_DATAERR, it is no PST at all. */
int pst_check(const struct pst_check_in *in, struct pst_checked *r_r,
    struct err *err);

#endif
