/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rules of a transformation: one list, in order.  A rule either excludes
 * messages or renames folders.
 *
 *	- Rules are tried from the first to the last; those from a file come
 *	  before those from options.
 *	- "rename" changes the folder's name, and later rules see the new one.
 *	  It takes the folders below along.
 *	- "exclude" ends: the message is left out, and that rule is named.
 *	- A rule's conditions must all hold; several values of one condition
 *	  are alternatives (of "flag" all must hold).
 *
 * Building: rules_new, then for each rule rules_add, conditions, rule_finish.
 * Using: rules_of_folder once a folder, rules_of_message once a message.
 * Strings are copied.  Whatever is wrong with a rule is -1 with SCOPE_RUN,
 * EX_CONFIG, and names the rule.
 */
#ifndef TRANSFORM_RULES_H
#define TRANSFORM_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "formats/spool.h"
#include "transform/names.h"

#define RULES_MAX 1000

struct rules;
struct rule;

enum rule_action { RULE_EXCLUDE, RULE_RENAME };
enum rule_twins { RULE_TWINS_BYTES, RULE_TWINS_MESSAGE_ID };

struct rules *rules_new(void);
void rules_free(struct rules **rs);

/* Case never matters in patterns added from now on. */
void rules_ignore_case(struct rules *rs);

/*
 * Begin a rule.  'label' is how fates and reports call it: "rule 'no-junk'",
 * "--exclude Junk"; NULL: "rule 3".  Borrowed from 'rs'; NULL with err when
 * there are RULES_MAX.
 */
struct rule *rules_add(struct rules *rs, enum rule_action action,
    const char *label, struct err *err);

/* Conditions on the folder, for both actions.  A glob that is a role's name
 * with its backslash ("\Junk") means that role. */
int rule_folder(struct rule *r, const char *glob, struct err *err);
int rule_folder_regex(struct rule *r, const char *regex, struct err *err);
int rule_role(struct rule *r, const char *role, struct err *err);

/* Conditions on the message, for RULE_EXCLUDE.  Dates are instants: before
 * 't', at or after 't'.  Sizes in bytes. */
void rule_before(struct rule *r, int64_t t);
void rule_since(struct rule *r, int64_t t);
void rule_larger(struct rule *r, uint64_t size);
void rule_smaller(struct rule *r, uint64_t size);
/* "seen", "\\Seen", "$Junk", or "!seen": without it. */
int rule_flag(struct rule *r, const char *flag, struct err *err);
/* Any field called 'name' whose decoded value matches; both patterns NULL:
 * that there is such a field. */
int rule_header(struct rule *r, const char *name, const char *glob,
    const char *regex, struct err *err);
/* A copy of an earlier message that meets the rule's other conditions. */
void rule_twin(struct rule *r, enum rule_twins how, bool within_folder);

/* For RULE_RENAME: the new name, with "*", "**" and "?" for what the glob's
 * had stood for, or "$1", "${1}" for any wildcard or group; "$0" all. */
int rule_to(struct rule *r, const char *to, struct err *err);
/* The folder's special use becomes this. */
int rule_to_role(struct rule *r, const char *role, struct err *err);

/* The rule is complete, or -1. */
int rule_finish(struct rule *r, struct err *err);

size_t rules_count(const struct rules *rs);
const char *rules_label(const struct rules *rs, size_t i);
bool rules_renames(const struct rules *rs, size_t i);
/* Does any rule look for copies? */
bool rules_want_twins(const struct rules *rs);

/* ------------------------------------------------------------- applying */

/* What the rules say of one folder.  Zero it first, free it after. */
struct rule_plan {
	struct buf name;  /* transform/names.h, after all renames */
	const char *role; /* the special use given by a rule, or NULL */
	bool no_role;	  /* a rule gave it a name that is not its role's */
	size_t *ask;	  /* rules whose answer depends on the message */
	size_t nask;
	size_t stop;	 /* the rule that excludes all others, or
			       * RULES_NONE */
	size_t *renamed; /* the rules that changed its name */
	size_t nrenamed;
};
#define RULES_NONE ((size_t)-1)

void rule_plan_free(struct rule_plan *p);

/* Called when a rule cannot be decided (a regex gave up, a header cannot be
 * read): then it does not apply.  'err' names the rule. */
struct rules_doubt {
	void (*fn)(void *arg, const struct err *err);
	void *arg;
};

/* 'name' (transform/names.h) and the special use the source told, or NULL:
 * then one is guessed from the name. */
void rules_of_folder(struct rules *rs, struct slice name, const char *role,
    struct rule_plan *plan, const struct rules_doubt *doubt);

/* How a rule finds earlier copies; transform/doubles.h. */
struct doubles;

/* The answer for one message. */
struct rule_verdict {
	size_t rule;	  /* RULES_NONE: it stays */
	const char *twin; /* key of the message it is a copy of, or NULL;
			    * valid until the next call */
};

/*
 * Ask the plan's rules about a message of that folder.  'from' is the spool
 * that holds it; its header is read only if a rule asks for it.  Returns 0,
 * or -1 with SCOPE_RUN (the table of copies) or with SCOPE_MSG: the message
 * cannot be read.
 */
int rules_of_message(struct rules *rs, const struct rule_plan *plan,
    struct spool *from, const struct spool_entry *e, struct doubles *twins,
    const struct rules_doubt *doubt, struct rule_verdict *v, struct err *err);

#endif
