/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The stages as the command line asks for them: each has a table of options
 * that fills in its struct, a check of what was asked, and a run.  Its own
 * command is made of these, and so is migrate.
 *
 *	options_parse -> stage_x_check -> stage_x_run -> stage_x_free
 *
 * Checks open nothing and change nothing: -1 with SCOPE_RUN, EX_USAGE or
 * EX_CONFIG.  Runs count in 'r' and fail as the stage's header says.
 */
#ifndef CLI_STAGES_H
#define CLI_STAGES_H

#include "cli/fix_options.h"
#include "cli/options.h"
#include "core/report.h"
#include "extract/extract.h"
#include "load/load.h"
#include "transform/rules_file.h"
#include "transform/transform.h"
#include "wire/account.h"

struct stage_extract {
	/* the options */
	struct opt_list exclude;
	bool ignore_case, force, rebind, keep_rtf, cross_check, carve;
	const char *dialect, *labels, *codepage, *reader;
	uint64_t item_timeout, jobs, vcard;
	const char *only;
	bool no_items;
	bool shared, virtual, quick, mirror;
	uint64_t connections, max_wait;
	/* what they mean, once checked */
	struct source_spec spec;
	struct extract_options eo;
	char only_words[240];
};

extern const struct opt stage_extract_options[];
int stage_extract_check(struct stage_extract *s, struct account *a,
    const char *source, const char *spool, struct err *err);
int stage_extract_run(struct stage_extract *s, struct report *r,
    struct err *err);

struct stage_transform {
	/* the options */
	const char *rules;
	struct opt_items items;
	bool fix_names, ignore_case, dry_run, force;
	const char *wide_space, *dest, *collision;
	struct fix_options fix;
	/* what they mean, once checked */
	struct rules_settings settings;
	struct rules *set;
	const char *in, *out;
};

extern const struct opt stage_transform_options[];
/* Is any rule or fix asked for? */
bool stage_transform_is_asked(const struct stage_transform *s);
int stage_transform_check(struct stage_transform *s, const char *in,
    const char *out, struct err *err);
int stage_transform_run(struct stage_transform *s, struct report *r,
    struct transform_plan *plan_r, struct err *err);
void stage_transform_free(struct stage_transform *s);

struct stage_load {
	/* the options */
	const char *existing, *into;
	bool dry_run, force, restore;
	uint64_t max_wait_s, limit_messages, daily_budget, connections;
	const char *dest_profile, *window, *same_names;
	bool sync_flags, mirror;
	uint64_t mirror_limit;
	struct opt_list folder_map;
	/* what they mean, once checked */
	struct load_options lo;
};

extern const struct opt stage_load_options[];
/* The check without a destination: what the options mean is in 'lo'. */
int stage_load_settle(struct stage_load *s, const char *spool, struct err *err);
int stage_load_check(struct stage_load *s, struct account *a, const char *spool,
    const char *dest, struct err *err);
int stage_load_run(struct stage_load *s, struct report *r, struct err *err);

#endif
