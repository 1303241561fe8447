/* SPDX-License-Identifier: GPL-3.0-or-later */
/* postroad transform SPOOL_IN SPOOL_OUT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/commands.h"
#include "cli/stages.h"
#include "core/date.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/num.h"
#include "core/text.h"
#include "formats/folder.h"

#define ITEM(name, arg, help)                                                  \
	{                                                                      \
		name, 0, OPT_ITEM, arg, help,                                  \
		    OPT_AT(struct stage_transform, items)                      \
	}

const struct opt stage_transform_options[] = {
	{ "rules", 0, OPT_STR, "FILE", "rules from a file, before the others",
	    OPT_AT(struct stage_transform, rules) },
	ITEM("exclude", "GLOB", "leave folders out, by name or \\Role"),
	ITEM("exclude-regex", "REGEX", "the same by regular expression"),
	ITEM("exclude-role", "ROLE", "the same by special use: Junk, Trash"),
	ITEM("exclude-before", "DATE", "leave out what was received before"),
	ITEM("exclude-since", "DATE", "... from then on"),
	ITEM("exclude-after", "DATE", "... after that day"),
	ITEM("exclude-larger", "SIZE", "leave out what is larger: 25M"),
	ITEM("exclude-smaller", "SIZE", "... smaller"),
	ITEM("exclude-flag", "FLAG", "... flagged so: seen, !seen, $Junk"),
	ITEM("exclude-header", "NAME:GLOB", "... with such a header field"),
	ITEM("exclude-duplicates", "HOW",
	    "leave copies out: by bytes or message-id"),
	ITEM("rename", "FROM=TO", "rename folders, with those below"),
	ITEM("rename-regex", "REGEX=TO", "the same by regular expression"),
	{ "ignore-case", 0, OPT_FLAG, NULL,
	    "names and patterns match in any case",
	    OPT_AT(struct stage_transform, ignore_case) },
	{ "fix-names", 0, OPT_FLAG, NULL,
	    "clean folder names: odd spaces, controls, ends",
	    OPT_AT(struct stage_transform, fix_names) },
	{ "double-byte-space", 0, OPT_STR, "TEXT",
	    "what U+3000 becomes (a space)",
	    OPT_AT(struct stage_transform, wide_space) },
	{ "for", 0, OPT_STR, "SERVER",
	    "clean what it refuses: dovecot, cyrus, courier, ...",
	    OPT_AT(struct stage_transform, dest) },
	{ "on-collision", 0, OPT_STR, "HOW",
	    "names that become equal: suffix (default) or merge",
	    OPT_AT(struct stage_transform, collision) },
	FIX_OPTIONS(struct stage_transform, fix),
	{ "dry-run", 'n', OPT_FLAG, NULL, "print the plan, write nothing",
	    OPT_AT(struct stage_transform, dry_run) },
	{ "force", 0, OPT_FLAG, NULL,
	    "write the spool on a network file system all the same",
	    OPT_AT(struct stage_transform, force) },
	{ 0 },
};

/* -------------------------------------------------- rules from options */

/* The '=' between old and new name: the first for a glob, the last for a
 * regex (which has its own uses for it); never one behind a '\'. */
static const char *
find_equals(const char *text, bool last)
{
	const char *p, *found = NULL;

	for (p = text; *p != '\0'; p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
		else if (*p == '=' && (found == NULL || last))
			found = p;
	}
	return found;
}

static int
add_rename(struct rule *r, const char *value, bool regex, struct err *err)
{
	const char *equals = find_equals(value, regex);
	char *from;
	int rc;

	if (equals == NULL)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "'%s' has no '=' between old and new name", value);
	from = mem_strn(value, (size_t)(equals - value));
	rc =
	    regex ? rule_folder_regex(r, from, err) : rule_folder(r, from, err);
	free(from);
	return rc < 0 ? -1 : rule_to(r, equals + 1, err);
}

static int
add_header(struct rule *r, const char *value, struct err *err)
{
	const char *colon = strchr(value, ':'), *glob;
	char *name;
	int rc;

	name = colon == NULL ? mem_str(value)
			     : mem_strn(value, (size_t)(colon - value));
	glob = colon == NULL ? NULL : colon + 1 + strspn(colon + 1, " \t");
	rc = rule_header(r, name, glob, NULL, err);
	free(name);
	return rc;
}

static int
add_date(struct rule *r, const char *name, const char *value, struct err *err)
{
	int64_t t;

	if (!date_parse_iso(slice_str(value), &t))
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "'%s' is no date: 2012-12-31, or 2012-12-31T23:59:59Z",
		    value);
	if (strcmp(name, "exclude-before") == 0)
		rule_before(r, t);
	else if (strcmp(name, "exclude-since") == 0)
		rule_since(r, t);
	else
		rule_since(r, t + (strchr(value, 'T') == NULL ? 86400 : 1));
	return 0;
}

static int
add_size(struct rule *r, const char *name, const char *value, struct err *err)
{
	uint64_t size;

	if (!num_size(slice_str(value), &size))
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "'%s' is no size: 17, 200k, 10M, 1.5G, 35Mi", value);
	if (strcmp(name, "exclude-larger") == 0)
		rule_larger(r, size);
	else
		rule_smaller(r, size);
	return 0;
}

static int
add_twins(struct rule *r, const char *value, struct err *err)
{
	if (strcmp(value, "bytes") != 0 && strcmp(value, "message-id") != 0)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "'%s' is neither 'bytes' nor 'message-id'", value);
	rule_twin(r, value[0] == 'b' ? RULE_TWINS_BYTES : RULE_TWINS_MESSAGE_ID,
	    false);
	return 0;
}

static int
fill_rule(struct rule *r, const struct opt_item *item, struct err *err)
{
	const char *name = item->name, *value = item->value;

	if (strncmp(name, "rename", 6) == 0)
		return add_rename(r, value, name[6] != '\0', err);
	if (strcmp(name, "exclude") == 0)
		return rule_folder(r, value, err);
	if (strcmp(name, "exclude-regex") == 0)
		return rule_folder_regex(r, value, err);
	if (strcmp(name, "exclude-role") == 0)
		return rule_role(r, value, err);
	if (strcmp(name, "exclude-flag") == 0)
		return rule_flag(r, value, err);
	if (strcmp(name, "exclude-header") == 0)
		return add_header(r, value, err);
	if (strcmp(name, "exclude-duplicates") == 0)
		return add_twins(r, value, err);
	if (strcmp(name, "exclude-larger") == 0 ||
	    strcmp(name, "exclude-smaller") == 0)
		return add_size(r, name, value, err);
	return add_date(r, name, value, err);
}

static int
add_item(struct rules *rs, const struct opt_item *item, struct err *err)
{
	char *label = mem_fmt("--%s '%s'", item->name, item->value);
	struct rule *r = rules_add(rs,
	    strncmp(item->name, "rename", 6) == 0 ? RULE_RENAME : RULE_EXCLUDE,
	    label, err);
	int rc = -1;

	if (r != NULL && fill_rule(r, item, err) == 0)
		rc = rule_finish(r, err);
	if (rc < 0) {
		if (strstr(err->text, label) == NULL)
			err_within(err, "%s", label);
		err->status = EX_USAGE;
	}
	free(label);
	return rc;
}

/* The file's rules and settings, then the options' on top. */
static int
read_rules(const struct stage_transform *o, struct rules *rs,
    struct rules_settings *s, struct err *err)
{
	size_t i;

	if (o->ignore_case)
		rules_ignore_case(rs);
	if (o->rules != NULL && rules_file_read(rs, s, o->rules, err) < 0)
		return -1;
	for (i = 0; i < o->items.n; i++)
		if (add_item(rs, &o->items.v[i], err) < 0)
			return -1;
	return 0;
}

static int
read_names(const struct stage_transform *o, struct rules_settings *s,
    struct err *err)
{
	if (o->fix_names || o->wide_space != NULL || o->dest != NULL ||
	    o->collision != NULL)
		s->fix_names = true;
	if (o->wide_space != NULL) {
		if (names_check_wide(o->wide_space, err) < 0)
			return err_within(err, "--double-byte-space");
		free(s->wide_space);
		s->wide_space = mem_str(o->wide_space);
	}
	if (o->dest != NULL && (s->dest = names_dest_find(o->dest)) == NULL)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--for: '%s' is none of dovecot, cyrus, courier, "
		    "microsoft, google, generic",
		    o->dest);
	if (o->collision == NULL)
		return 0;
	s->merge = strcmp(o->collision, "merge") == 0;
	if (!s->merge && strcmp(o->collision, "suffix") != 0)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--on-collision: '%s' is neither suffix nor merge",
		    o->collision);
	return 0;
}

/* What ran, for the ledger. */
static void
describe(const struct stage_transform *o, struct buf *out)
{
	size_t i;

	buf_puts(out, "transform");
	if (o->rules != NULL)
		buf_putf(out, " --rules %s", o->rules);
	for (i = 0; i < o->items.n; i++)
		buf_putf(out, " --%s '%s'", o->items.v[i].name,
		    o->items.v[i].value);
	if (o->fix_names)
		buf_puts(out, " --fix-names");
	if (o->wide_space != NULL)
		buf_putf(out, " --double-byte-space '%s'", o->wide_space);
	if (o->dest != NULL)
		buf_putf(out, " --for %s", o->dest);
	if (o->collision != NULL)
		buf_putf(out, " --on-collision %s", o->collision);
	if (o->ignore_case)
		buf_puts(out, " --ignore-case");
	fix_options_describe(&o->fix, out);
}

/* ------------------------------------------------------------- the plan */

static struct js *
plan_json(const struct transform_plan *plan)
{
	struct js *obj = js_obj(), *folders = js_arr(), *rules = js_arr();
	const struct transform_folder *f;
	const struct transform_rule *rule;
	struct js *one;

	for (f = plan->folder; f < plan->folder + plan->nfolder; f++) {
		one = js_obj();
		js_set_str(one, "from", f->from);
		js_set_str(one, "to", f->to);
		js_set_str(one, "rule", f->rule);
		js_set_bool(one, "suffixed", f->suffixed);
		js_set_int(one, "messages", (int64_t)f->messages);
		js_set_int(one, "kept", (int64_t)f->kept);
		js_push(folders, one);
	}
	for (rule = plan->rule; rule < plan->rule + plan->nrule; rule++) {
		one = js_obj();
		js_set_str(one, "rule", rule->label);
		js_set_int(one, rule->renames ? "folders" : "messages",
		    (int64_t)rule->hits);
		js_push(rules, one);
	}
	js_set(obj, "folders", folders);
	js_set(obj, "rules", rules);
	return obj;
}

static void
put_name(struct buf *out, const char *path)
{
	struct buf name = { 0 };

	folder_decode(&name, slice_str(path));
	buf_putc(out, '\'');
	text_escape(out, buf_slice(&name));
	buf_putc(out, '\'');
	buf_free(&name);
}

static void
print_folder(const struct transform_folder *f)
{
	struct buf line = { 0 }, label = { 0 };
	char count[32];

	text_escape(&label, slice_str(f->rule));
	buf_putf(&line, "%9s  ", text_count(count, f->messages));
	put_name(&line, f->from);
	if (f->to == NULL) {
		buf_puts(&line, "  is left out");
	} else if (strcmp(f->from, f->to) != 0) {
		buf_puts(&line, "  becomes ");
		put_name(&line, f->to);
	}
	if (f->rule != NULL)
		buf_putf(&line, "  (%s)", buf_str(&label));
	if (f->suffixed)
		buf_puts(&line, "  (its name was taken)");
	if (f->to != NULL && f->kept < f->messages)
		buf_putf(&line, "  %s left out",
		    text_count(count, f->messages - f->kept));
	printf("%s\n", buf_str(&line));
	buf_free(&line);
	buf_free(&label);
}

/* Did the rule decide about anything, an empty folder too? */
static bool
was_used(const struct transform_plan *plan, const struct transform_rule *rule)
{
	size_t i;

	for (i = 0; i < plan->nfolder && rule->hits == 0; i++)
		if (plan->folder[i].rule != NULL &&
		    strcmp(plan->folder[i].rule, rule->label) == 0)
			return true;
	return rule->hits > 0;
}

static void
print_plan(const struct transform_plan *plan)
{
	const struct transform_rule *rule;
	struct buf label = { 0 };
	char count[32];
	size_t i;

	printf(" Messages  Folder\n");
	for (i = 0; i < plan->nfolder; i++)
		print_folder(&plan->folder[i]);
	for (rule = plan->rule; rule < plan->rule + plan->nrule; rule++) {
		buf_clear(&label);
		text_escape(&label, slice_str(rule->label));
		printf("%9s  %s %s%s\n", text_count(count, rule->hits),
		    rule->renames ? "folders renamed by"
				  : "messages left out by",
		    buf_str(&label),
		    was_used(plan, rule) ? "" : "  (no match)");
	}
	buf_free(&label);
}

/* ------------------------------------------------------------------ run */

/* Does this option ask for something?  --exclude alone does not: extract
 * leaves such folders out by itself. */
static bool
is_asked(const struct stage_transform *s, const struct opt *o)
{
	static const char *const manner[] = { "ignore-case", "dry-run",
		"force" };
	const char *at = (const char *)s + o->offset;
	size_t i;

	for (i = 0; i < sizeof(manner) / sizeof(manner[0]); i++)
		if (strcmp(o->name, manner[i]) == 0)
			return false;
	switch (o->type) {
	case OPT_FLAG:
		return *(const bool *)(const void *)at;
	case OPT_STR:
		return *(const char *const *)(const void *)at != NULL;
	case OPT_NUM:
	case OPT_SIZE:
		return *(const uint64_t *)(const void *)at != 0;
	case OPT_ITEM:
		for (i = 0; i < s->items.n; i++)
			if (strcmp(s->items.v[i].name, "exclude") != 0)
				return true;
		return false;
	default:
		return false;
	}
}

bool
stage_transform_is_asked(const struct stage_transform *s)
{
	const struct opt *o;

	for (o = stage_transform_options; o->name != NULL; o++)
		if (is_asked(s, o))
			return true;
	return false;
}

int
stage_transform_check(struct stage_transform *s, const char *in,
    const char *out, struct err *err)
{
	s->in = in;
	s->out = out;
	s->set = rules_new();
	return read_rules(s, s->set, &s->settings, err) < 0 ||
		read_names(s, &s->settings, err) < 0 ||
		fix_options_apply(&s->fix, &s->settings, err) < 0
	    ? -1
	    : 0;
}

int
stage_transform_run(struct stage_transform *s, struct report *r,
    struct transform_plan *plan_r, struct err *err)
{
	struct names_fix fix = { .wide_space = s->settings.wide_space,
		.dest = s->settings.dest };
	struct buf detail = { 0 };
	int rc;

	describe(s, &detail);
	rc = transform_run(&(struct transform_options){ .in = s->in,
			       .out = s->out,
			       .rules = s->set,
			       .fix = s->settings.fix_names ? &fix : NULL,
			       .merge = s->settings.merge,
			       .dry_run = s->dry_run,
			       .fixes = s->settings.fixes,
			       .flags = s->force ? SPOOL_FORCE : 0,
			       .detail = buf_str(&detail) },
	    r, plan_r, err);
	buf_free(&detail);
	return rc;
}

void
stage_transform_free(struct stage_transform *s)
{
	rules_settings_free(&s->settings);
	if (s->set != NULL)
		rules_free(&s->set);
}

static int
run_checked(struct stage_transform *s, const struct common *co)
{
	struct report *r = report_new(STAGE_TRANSFORM);
	struct transform_plan plan;
	struct err err = { 0 };
	int rc;

	progress_begin(co, r, "transforming");
	rc = stage_transform_run(s, r, &plan, &err);
	progress_end();
	report_set(r, "dry_run", js_bool(s->dry_run));
	report_set(r, "plan", plan_json(&plan));
	if (!co->json && plan.nfolder > 0 && (s->dry_run || co->verbose > 0))
		print_plan(&plan);
	if (!co->json && s->dry_run && rc == 0)
		printf("Nothing was written.  This run would do:\n");
	transform_plan_free(&plan);
	return cmd_finish(co, &r, rc < 0 ? &err : NULL);
}

static int
run(const struct cmd *cmd, int argc, char **argv)
{
	struct stage_transform s = { 0 };
	struct common co = { 0 };
	void *into[OPT_TABLES] = { &s, &co };
	struct err err = { 0 };
	int at, status;

	at = options_parse(cmd, into, argc, argv, 2, 2, &err);
	if (at < 0 || common_begin(&co, &err) < 0 ||
	    stage_transform_check(&s, argv[at], argv[at + 1], &err) < 0)
		status = cmd_fail(&co, &err);
	else
		status = run_checked(&s, &co);
	options_free(cmd, into);
	stage_transform_free(&s);
	return status;
}

const struct cmd cmd_transform = {
	.name = "transform",
	.operands = "SPOOL_IN SPOOL_OUT",
	.summary = "Apply rules to a spool, by hard link into another",
	.text = "Rules are tried in order, those of the file first.  A "
		"rename changes the name\nthat later rules see; an exclusion "
		"ends.  Globs match the whole folder name:\n* within a "
		"component, ** across, ?, [...]; in TO they stand for what "
		"they matched.\nRun again, only the difference is done.  No "
		"byte of a "
		"message changes but by\n--fix-..., --disarm-receipts and "
		"--strip-attachments.",
	.tables = { stage_transform_options, common_options },
	.run = run,
};
