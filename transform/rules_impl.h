/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the rules*.c files share; for them only.
 *
 *	rules.c		building
 *	rules_match.c	asking
 *	rename.c	new names
 */
#ifndef TRANSFORM_RULES_IMPL_H
#define TRANSFORM_RULES_IMPL_H

#include "core/arena.h"
#include "core/glob.h"
#include "core/newname.h"
#include "core/regex.h"
#include "transform/rules.h"

/* A rule whose regex gives up this often is not tried any more. */
#define DOUBTS_MAX 100

/* A glob or a regex; one of them is NULL. */
struct pattern {
	struct glob *glob;
	struct regex *regex;
};

struct header_cond {
	const char *name;
	struct pattern value; /* both NULL: any */
};

struct rule {
	struct rules *rs;
	enum rule_action action;
	const char *label;
	struct pattern *folder;
	size_t nfolder;
	const char **role;
	size_t nrole;
	bool has_before, has_since, has_larger, has_smaller;
	int64_t before, since;
	uint64_t larger, smaller;
	uint32_t flags, not_flags;
	const char **keyword, **not_keyword;
	size_t nkeyword, nnot_keyword;
	struct header_cond *header;
	size_t nheader;
	bool twin, within_folder;
	enum rule_twins how;
	const char *to;
	struct newname *newname;
	const char *to_role;
	unsigned doubts;
};

struct rules {
	struct arena arena;
	struct rule **rule;
	size_t n;
	bool ignore_case;
	struct buf head, text; /* for rules_match.c */
	struct buf key;
};

/* Does its answer depend on the message, not only on the folder? */
bool rule_asks_message(const struct rule *r);

/* Take the text of rule_to() apart, once the rule's pattern is known. */
int rename_compile(struct rule *r, struct err *err);

/*
 * The new name of a folder: 1 with it appended to 'out', 0 if the rule's
 * pattern does not match or nothing changes, -1 when a regex gave up.
 */
int rename_apply(const struct rule *r, struct slice name, struct buf *out,
    struct err *err);

#endif
