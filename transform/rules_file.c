/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rules file; see rules_file.h.  Tables say which keys there are; each
 * has a function that takes its value.
 */
#include "transform/rules_file.h"

#include <stdlib.h>

#include "core/date.h"
#include "core/mem.h"
#include "core/num.h"
#include "core/conf.h"

struct reader {
	struct conf *c;
	struct rules *rs;
	struct rules_settings *s;
	struct rule *rule; /* being read */
	const char *name;  /* of the rule, or NULL */
};

struct key {
	const char *name;
	int (*take)(struct reader *rd, const struct conf_node *n,
	    struct err *err);
};

/* Find the keys of a map in a table and let each take its value. */
static int
take_map(struct reader *rd, const struct conf_node *map, const struct key *keys,
    struct err *err)
{
	const struct conf_node *n;
	const struct key *k;

	if (map->kind != CONF_MAP)
		return conf_error(rd->c, map, err,
		    "'%s' must be a map of 'key: value'",
		    map->key == NULL ? "rules" : map->key);
	for (n = map->child; n != NULL; n = n->next) {
		for (k = keys; k->name != NULL; k++)
			if (strcmp(k->name, n->key) == 0)
				break;
		if (k->name == NULL)
			return conf_error(rd->c, n, err, "unknown key '%s'",
			    n->key);
		if (k->take(rd, n, err) < 0)
			return -1;
	}
	return 0;
}

static int
need_text(struct reader *rd, const struct conf_node *n, struct err *err)
{
	if (n->kind == CONF_TEXT && (n->quoted || n->text[0] != '\0'))
		return 0;
	return conf_error(rd->c, n, err, "'%s' must be a text", n->key);
}

static int
need_bool(struct reader *rd, const struct conf_node *n, bool *out,
    struct err *err)
{
	if (n->kind == CONF_TEXT && !n->quoted) {
		*out = strcmp(n->text, "true") == 0;
		if (*out || strcmp(n->text, "false") == 0)
			return 0;
	}
	return conf_error(rd->c, n, err, "'%s' must be true or false", n->key);
}

/* Call 'fn' for a text, or for each text of a list. */
static int
each_text(struct reader *rd, const struct conf_node *n,
    int (*fn)(struct rule *r, const char *text, struct err *err),
    struct err *err)
{
	const struct conf_node *item = n->kind == CONF_LIST ? n->child : n;

	if (item == NULL)
		return conf_error(rd->c, n, err, "'%s' is an empty list",
		    n->key);
	for (; item != NULL; item = item == n ? NULL : item->next) {
		if (item->kind != CONF_TEXT ||
		    (!item->quoted && item->text[0] == '\0'))
			return conf_error(rd->c, item, err,
			    "'%s' must be a text or a list of texts", n->key);
		if (fn(rd->rule, item->text, err) < 0)
			return conf_at(rd->c, item, err);
	}
	return 0;
}

/* ----------------------------------------------------------- conditions */

static int
take_folder(struct reader *rd, const struct conf_node *n, struct err *err)
{
	return each_text(rd, n, rule_folder, err);
}

static int
take_regex(struct reader *rd, const struct conf_node *n, struct err *err)
{
	return each_text(rd, n, rule_folder_regex, err);
}

static int
take_role(struct reader *rd, const struct conf_node *n, struct err *err)
{
	return each_text(rd, n, rule_role, err);
}

static int
take_flag(struct reader *rd, const struct conf_node *n, struct err *err)
{
	return each_text(rd, n, rule_flag, err);
}

static int
need_date(struct reader *rd, const struct conf_node *n, int64_t *t,
    struct err *err)
{
	if (n->kind == CONF_TEXT && date_parse_iso(slice_str(n->text), t))
		return 0;
	return conf_error(rd->c, n, err,
	    "'%s' must be a date: 2012-12-31, or 2012-12-31T23:59:59Z", n->key);
}

static int
take_before(struct reader *rd, const struct conf_node *n, struct err *err)
{
	int64_t t;

	if (need_date(rd, n, &t, err) < 0)
		return -1;
	rule_before(rd->rule, t);
	return 0;
}

static int
take_since(struct reader *rd, const struct conf_node *n, struct err *err)
{
	int64_t t;

	if (need_date(rd, n, &t, err) < 0)
		return -1;
	rule_since(rd->rule, t);
	return 0;
}

/* After a day is from the next one on, after an instant from the next second
 * on. */
static int
take_after(struct reader *rd, const struct conf_node *n, struct err *err)
{
	int64_t t;

	if (need_date(rd, n, &t, err) < 0)
		return -1;
	rule_since(rd->rule, t + (strchr(n->text, 'T') == NULL ? 86400 : 1));
	return 0;
}

static int
need_size(struct reader *rd, const struct conf_node *n, uint64_t *size,
    struct err *err)
{
	if (n->kind == CONF_TEXT && num_size(slice_str(n->text), size))
		return 0;
	return conf_error(rd->c, n, err,
	    "'%s' must be a size: 17, 200k, 10M, 1.5G, 35Mi", n->key);
}

static int
take_larger(struct reader *rd, const struct conf_node *n, struct err *err)
{
	uint64_t size;

	if (need_size(rd, n, &size, err) < 0)
		return -1;
	rule_larger(rd->rule, size);
	return 0;
}

static int
take_smaller(struct reader *rd, const struct conf_node *n, struct err *err)
{
	uint64_t size;

	if (need_size(rd, n, &size, err) < 0)
		return -1;
	rule_smaller(rd->rule, size);
	return 0;
}

/* { name: Subject, is: '*offer*' } or regex: instead of is:. */
static int
take_header(struct reader *rd, const struct conf_node *n, struct err *err)
{
	const char *name = NULL, *is = NULL, *regex = NULL, **where;
	const struct conf_node *c;

	if (n->kind != CONF_MAP)
		return conf_error(rd->c, n, err,
		    "'header' must be a map: { name: Subject, is: '*offer*' "
		    "}");
	for (c = n->child; c != NULL; c = c->next) {
		where = strcmp(c->key, "name") == 0 ? &name
		    : strcmp(c->key, "is") == 0	    ? &is
		    : strcmp(c->key, "regex") == 0  ? &regex
						    : NULL;
		if (where == NULL)
			return conf_error(rd->c, c, err,
			    "unknown key '%s' in 'header'", c->key);
		if (need_text(rd, c, err) < 0)
			return -1;
		*where = c->text;
	}
	if (name == NULL || (is != NULL && regex != NULL))
		return conf_error(rd->c, n, err,
		    name == NULL ? "'header' needs a 'name'"
				 : "'header' takes 'is' or 'regex', not "
				   "both");
	if (rule_header(rd->rule, name, is, regex, err) < 0)
		return conf_at(rd->c, n, err);
	return 0;
}

/* bytes, message-id, or { by: bytes, within: folder } */
static int
take_duplicate(struct reader *rd, const struct conf_node *n, struct err *err)
{
	const char *by = "bytes", *within = "mailbox", **where;
	const struct conf_node *c = n->kind == CONF_MAP ? n->child : n;
	bool id;

	for (; c != NULL; c = c == n ? NULL : c->next) {
		where = c == n || strcmp(c->key, "by") == 0 ? &by
		    : strcmp(c->key, "within") == 0	    ? &within
							    : NULL;
		if (where == NULL)
			return conf_error(rd->c, c, err,
			    "unknown key '%s' in 'duplicate'", c->key);
		if (need_text(rd, c, err) < 0)
			return -1;
		*where = c->text;
	}
	id = strcmp(by, "message-id") == 0;
	if (!id && strcmp(by, "bytes") != 0)
		return conf_error(rd->c, n, err,
		    "'duplicate' must be bytes or message-id");
	if (strcmp(within, "folder") != 0 && strcmp(within, "mailbox") != 0)
		return conf_error(rd->c, n, err,
		    "'within' must be folder or mailbox");
	rule_twin(rd->rule, id ? RULE_TWINS_MESSAGE_ID : RULE_TWINS_BYTES,
	    within[0] == 'f');
	return 0;
}

static int
take_to(struct reader *rd, const struct conf_node *n, struct err *err)
{
	if (need_text(rd, n, err) < 0)
		return -1;
	if (rule_to(rd->rule, n->text, err) < 0)
		return conf_at(rd->c, n, err);
	return 0;
}

static int
take_as(struct reader *rd, const struct conf_node *n, struct err *err)
{
	if (need_text(rd, n, err) < 0)
		return -1;
	if (rule_to_role(rd->rule, n->text, err) < 0)
		return conf_at(rd->c, n, err);
	return 0;
}

/* --------------------------------------------------------------- rules */

static int
begin_rule(struct reader *rd, const struct conf_node *n,
    enum rule_action action, struct err *err)
{
	char *label = NULL;

	if (rd->rule != NULL)
		return conf_error(rd->c, n, err,
		    "one rule is either 'exclude' or 'rename'");
	if (rd->name != NULL)
		label = mem_fmt("rule '%s'", rd->name);
	rd->rule = rules_add(rd->rs, action, label, err);
	free(label);
	return rd->rule == NULL ? conf_at(rd->c, n, err) : 0;
}

static int
end_rule(struct reader *rd, const struct conf_node *n, struct err *err)
{
	return rule_finish(rd->rule, err) < 0 ? conf_at(rd->c, n, err) : 0;
}

static int
take_exclude(struct reader *rd, const struct conf_node *n, struct err *err)
{
	static const struct key keys[] = {
		{ "folder", take_folder },
		{ "folder-regex", take_regex },
		{ "role", take_role },
		{ "before", take_before },
		{ "since", take_since },
		{ "after", take_after },
		{ "larger", take_larger },
		{ "smaller", take_smaller },
		{ "flag", take_flag },
		{ "header", take_header },
		{ "duplicate", take_duplicate },
		{ NULL, NULL },
	};

	if (begin_rule(rd, n, RULE_EXCLUDE, err) < 0)
		return -1;
	if (n->kind == CONF_MAP ? take_map(rd, n, keys, err)
				: take_folder(rd, n, err))
		return -1;
	return end_rule(rd, n, err);
}

static int
take_rename(struct reader *rd, const struct conf_node *n, struct err *err)
{
	static const struct key keys[] = {
		{ "folder", take_folder },
		{ "folder-regex", take_regex },
		{ "role", take_role },
		{ "to", take_to },
		{ "as", take_as },
		{ NULL, NULL },
	};

	if (begin_rule(rd, n, RULE_RENAME, err) < 0 ||
	    take_map(rd, n, keys, err) < 0)
		return -1;
	return end_rule(rd, n, err);
}

/* For keys that were read before the others, wherever they stand. */
static int
take_nothing(struct reader *rd, const struct conf_node *n, struct err *err)
{
	(void)rd;
	(void)n;
	(void)err;
	return 0;
}

static int
find_name(struct reader *rd, const struct conf_node *rule, struct err *err)
{
	const struct conf_node *n;

	rd->rule = NULL;
	rd->name = NULL;
	if (rule->kind != CONF_MAP)
		return conf_error(rd->c, rule, err,
		    "a rule must be a map with 'exclude' or 'rename'");
	for (n = rule->child; n != NULL; n = n->next) {
		if (strcmp(n->key, "name") != 0)
			continue;
		if (need_text(rd, n, err) < 0)
			return -1;
		if (strlen(n->text) > 100)
			return conf_error(rd->c, n, err,
			    "a name of more than 100 bytes");
		rd->name = n->text;
	}
	return 0;
}

static int
take_rules(struct reader *rd, const struct conf_node *n, struct err *err)
{
	static const struct key keys[] = {
		{ "name", take_nothing },
		{ "exclude", take_exclude },
		{ "rename", take_rename },
		{ NULL, NULL },
	};
	const struct conf_node *rule;

	if (n->kind != CONF_LIST)
		return conf_error(rd->c, n, err,
		    "'rules' must be a list ('- exclude: ...')");
	for (rule = n->child; rule != NULL; rule = rule->next) {
		if (find_name(rd, rule, err) < 0 ||
		    take_map(rd, rule, keys, err) < 0)
			return -1;
		if (rd->rule == NULL)
			return conf_error(rd->c, rule, err,
			    "a rule needs 'exclude' or 'rename'");
	}
	return 0;
}

/* ------------------------------------------------------------- settings */

static int
take_wide(struct reader *rd, const struct conf_node *n, struct err *err)
{
	if (need_text(rd, n, err) < 0)
		return -1;
	if (names_check_wide(n->text, err) < 0) {
		err->status = EX_CONFIG;
		return conf_at(rd->c, n, err);
	}
	rd->s->wide_space = mem_str(n->text);
	return 0;
}

static int
take_for(struct reader *rd, const struct conf_node *n, struct err *err)
{
	if (need_text(rd, n, err) < 0)
		return -1;
	rd->s->dest = names_dest_find(n->text);
	if (rd->s->dest != NULL)
		return 0;
	return conf_error(rd->c, n, err, "'%s' is no destination we know",
	    n->text);
}

static int
take_collision(struct reader *rd, const struct conf_node *n, struct err *err)
{
	if (need_text(rd, n, err) < 0)
		return -1;
	rd->s->merge = strcmp(n->text, "merge") == 0;
	if (rd->s->merge || strcmp(n->text, "suffix") == 0)
		return 0;
	return conf_error(rd->c, n, err,
	    "'on-collision' must be suffix or merge");
}

static int
take_fix_names(struct reader *rd, const struct conf_node *n, struct err *err)
{
	static const struct key keys[] = {
		{ "double-byte-space", take_wide },
		{ "for", take_for },
		{ "on-collision", take_collision },
		{ NULL, NULL },
	};

	if (n->kind != CONF_MAP)
		return need_bool(rd, n, &rd->s->fix_names, err);
	rd->s->fix_names = true;
	return take_map(rd, n, keys, err);
}

/* true: as long as the destination takes; or a number of bytes. */
static int
take_lines(struct reader *rd, const struct conf_node *n, struct err *err)
{
	uint64_t *line = &rd->s->fixes.want.line;

	if (n->kind != CONF_TEXT || !num_size(slice_str(n->text), line))
		return need_bool(rd, n, &rd->s->fix_lines, err);
	if (*line >= FIX_LINE_MIN)
		return 0;
	return conf_error(rd->c, n, err, "lines of %d bytes must be possible",
	    FIX_LINE_MIN);
}

static int
take_newlines(struct reader *rd, const struct conf_node *n, struct err *err)
{
	return need_bool(rd, n, &rd->s->fixes.want.newlines, err);
}

static int
take_receipts(struct reader *rd, const struct conf_node *n, struct err *err)
{
	return need_bool(rd, n, &rd->s->fixes.want.receipts, err);
}

static int
take_signed(struct reader *rd, const struct conf_node *n, struct err *err)
{
	return need_bool(rd, n, &rd->s->fixes.want.break_signed, err);
}

static int
take_strip(struct reader *rd, const struct conf_node *n, struct err *err)
{
	return need_size(rd, n, &rd->s->fixes.want.strip, err);
}

static int
take_dir(struct reader *rd, const struct conf_node *n, struct err *err)
{
	if (need_text(rd, n, err) < 0)
		return -1;
	free(rd->s->attachments_dir);
	rd->s->attachments_dir = mem_str(n->text);
	return 0;
}

static int
take_fix_messages(struct reader *rd, const struct conf_node *n, struct err *err)
{
	static const struct key keys[] = {
		{ "lines", take_lines },
		{ "newlines", take_newlines },
		{ "receipts", take_receipts },
		{ "strip-attachments", take_strip },
		{ "attachments-dir", take_dir },
		{ "signed", take_signed },
		{ NULL, NULL },
	};

	return take_map(rd, n, keys, err);
}

/* Before the rules, wherever it stands. */
static int
find_ignore_case(struct reader *rd, const struct conf_node *root,
    struct err *err)
{
	const struct conf_node *n;
	bool yes = false;

	for (n = root->child; n != NULL; n = n->next)
		if (strcmp(n->key, "ignore-case") == 0 &&
		    need_bool(rd, n, &yes, err) < 0)
			return -1;
	if (yes)
		rules_ignore_case(rd->rs);
	return 0;
}

static int
read_root(struct reader *rd, struct err *err)
{
	static const struct key keys[] = {
		{ "ignore-case", take_nothing },
		{ "fix-names", take_fix_names },
		{ "fix-messages", take_fix_messages },
		{ "rules", take_rules },
		{ NULL, NULL },
	};
	const struct conf_node *root = conf_root(rd->c);

	if (find_ignore_case(rd, root, err) < 0)
		return -1;
	return take_map(rd, root, keys, err);
}

void
rules_settings_free(struct rules_settings *s)
{
	free(s->wide_space);
	free(s->attachments_dir);
	*s = (struct rules_settings){ 0 };
}

static int
finish(struct conf *c, struct rules *rs, struct rules_settings *s,
    struct err *err)
{
	struct reader rd = { .c = c, .rs = rs, .s = s };
	int rc = read_root(&rd, err);

	conf_free(&c);
	if (rc < 0)
		rules_settings_free(s);
	return rc;
}

int
rules_file_read(struct rules *rs, struct rules_settings *s, const char *file,
    struct err *err)
{
	struct conf *c;

	*s = (struct rules_settings){ 0 };
	if (conf_read(&c, file, err) < 0)
		return -1;
	return finish(c, rs, s, err);
}

int
rules_file_parse(struct rules *rs, struct rules_settings *s, const char *file,
    struct slice text, struct err *err)
{
	struct conf *c;

	*s = (struct rules_settings){ 0 };
	if (conf_parse(&c, file, text, err) < 0)
		return -1;
	return finish(c, rs, s, err);
}
