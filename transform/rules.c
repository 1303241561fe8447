/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Building the list of rules; see rules.h. */
#include "transform/rules.h"

#include <stdlib.h>

#include "core/mem.h"
#include "formats/roles.h"
#include "transform/rules_impl.h"

struct rules *
rules_new(void)
{
	return mem_alloc(1, sizeof(struct rules));
}

static void
pattern_free(struct pattern *p)
{
	glob_free(&p->glob);
	regex_free(&p->regex);
}

static void
rule_free(struct rule *r)
{
	size_t i;

	for (i = 0; i < r->nfolder; i++)
		pattern_free(&r->folder[i]);
	for (i = 0; i < r->nheader; i++)
		pattern_free(&r->header[i].value);
	free(r->folder);
	free(r->role);
	free(r->keyword);
	free(r->not_keyword);
	free(r->header);
	newname_free(&r->newname);
	free(r);
}

void
rules_free(struct rules **rsp)
{
	struct rules *rs = *rsp;
	size_t i;

	if (rs == NULL)
		return;
	for (i = 0; i < rs->n; i++)
		rule_free(rs->rule[i]);
	free(rs->rule);
	buf_free(&rs->head);
	buf_free(&rs->text);
	buf_free(&rs->key);
	arena_free(&rs->arena);
	free(rs);
	*rsp = NULL;
}

void
rules_ignore_case(struct rules *rs)
{
	rs->ignore_case = true;
}

struct rule *
rules_add(struct rules *rs, enum rule_action action, const char *label,
    struct err *err)
{
	struct rule *r;

	if (rs->n == RULES_MAX) {
		err_set(err, SCOPE_RUN, EX_CONFIG, "more than %d rules",
		    RULES_MAX);
		return NULL;
	}
	r = mem_alloc(1, sizeof(*r));
	r->rs = rs;
	r->action = action;
	r->label = label != NULL ? arena_str(&rs->arena, label)
				 : arena_fmt(&rs->arena, "rule %zu", rs->n + 1);
	if (rs->n % 16 == 0)
		rs->rule = mem_grow(rs->rule, rs->n + 16, sizeof(*rs->rule));
	rs->rule[rs->n++] = r;
	return r;
}

static int
within(const struct rule *r, struct err *err)
{
	return err_within(err, "%s", r->label);
}

static int
compile_glob(const struct rule *r, struct glob **g_r, const char *glob,
    unsigned flags, struct err *err)
{
	if (r->rs->ignore_case)
		flags |= GLOB_ICASE;
	return glob_new(g_r, slice_str(glob), flags, err) < 0 ? within(r, err)
							      : 0;
}

static int
compile_regex(const struct rule *r, struct regex **x_r, const char *regex,
    struct err *err)
{
	return regex_new(x_r, slice_str(regex),
		   r->rs->ignore_case ? REGEX_ICASE : 0, err) < 0
	    ? within(r, err)
	    : 0;
}

static struct pattern *
add_folder(struct rule *r)
{
	r->folder = mem_grow(r->folder, r->nfolder + 1, sizeof(*r->folder));
	r->folder[r->nfolder] = (struct pattern){ NULL, NULL };
	return &r->folder[r->nfolder++];
}

int
rule_folder(struct rule *r, const char *glob, struct err *err)
{
	if (glob[0] == '\\' && roles_find(slice_str(glob)) != NULL)
		return rule_role(r, glob, err);
	if (glob[0] == '\0') {
		err_set(err, SCOPE_RUN, EX_CONFIG, "an empty folder name");
		return within(r, err);
	}
	return compile_glob(r, &add_folder(r)->glob, glob, 0, err);
}

int
rule_folder_regex(struct rule *r, const char *regex, struct err *err)
{
	return compile_regex(r, &add_folder(r)->regex, regex, err);
}

static int
find_role(const struct rule *r, const char *word, const char **role_r,
    struct err *err)
{
	*role_r = roles_find(slice_str(word));
	if (*role_r != NULL)
		return 0;
	err_set(err, SCOPE_RUN, EX_CONFIG, "'%s' is no special-use role", word);
	err_hint(err,
	    "\\All \\Archive \\Drafts \\Flagged \\Important \\Junk "
	    "\\Sent \\Trash");
	return within(r, err);
}

int
rule_role(struct rule *r, const char *role, struct err *err)
{
	r->role = mem_grow(r->role, r->nrole + 1, sizeof(*r->role));
	return find_role(r, role, &r->role[r->nrole++], err);
}

void
rule_before(struct rule *r, int64_t t)
{
	r->has_before = true;
	r->before = t;
}

void
rule_since(struct rule *r, int64_t t)
{
	r->has_since = true;
	r->since = t;
}

void
rule_larger(struct rule *r, uint64_t size)
{
	r->has_larger = true;
	r->larger = size;
}

void
rule_smaller(struct rule *r, uint64_t size)
{
	r->has_smaller = true;
	r->smaller = size;
}

static void
add_word(struct arena *a, const char ***list, size_t *n, const char *word)
{
	*list = mem_grow(*list, *n + 1, sizeof(**list));
	(*list)[(*n)++] = arena_str(a, word);
}

int
rule_flag(struct rule *r, const char *flag, struct err *err)
{
	bool not = flag[0] == '!';
	const char *word = flag + not ;
	struct buf list = { 0 };
	uint32_t bits = 0, bit;

	for (bit = MSG_ANSWERED; bit <= MSG_SEEN; bit <<= 1)
		if (strcasecmp(word, msg_flag_name(bit)) == 0)
			bits = bit;
	if (bits == 0) /* "\Seen", "$Forwarded", or a keyword */
		msg_keyword_add(&list, &bits, slice_str(word));
	if (bits == 0 &&
	    (list.n == 0 || !slice_is_nocase(buf_slice(&list), word))) {
		buf_free(&list);
		err_set(err, SCOPE_RUN, EX_CONFIG,
		    "'%s' is no flag and no keyword", word);
		return within(r, err);
	}
	if (bits != 0)
		*(not ? &r->not_flags : &r->flags) |= bits;
	else if (not )
		add_word(&r->rs->arena, &r->not_keyword, &r->nnot_keyword,
		    word);
	else
		add_word(&r->rs->arena, &r->keyword, &r->nkeyword, word);
	buf_free(&list);
	return 0;
}

/* RFC 5322 2.2: printable ASCII without the colon. */
static bool
is_field_name(const char *s)
{
	size_t i;

	for (i = 0; s[i] > ' ' && s[i] < 0x7f && s[i] != ':'; i++)
		;
	return i > 0 && s[i] == '\0';
}

int
rule_header(struct rule *r, const char *name, const char *glob,
    const char *regex, struct err *err)
{
	struct header_cond *h;

	if (!is_field_name(name)) {
		err_set(err, SCOPE_RUN, EX_CONFIG,
		    "'%s' is no header field's name", name);
		return within(r, err);
	}
	r->header = mem_grow(r->header, r->nheader + 1, sizeof(*r->header));
	h = &r->header[r->nheader++];
	*h = (struct header_cond){ .name = arena_str(&r->rs->arena, name) };
	if (glob != NULL)
		return compile_glob(r, &h->value.glob, glob,
		    GLOB_PLAIN | GLOB_ICASE, err);
	if (regex != NULL)
		return compile_regex(r, &h->value.regex, regex, err);
	return 0;
}

void
rule_twin(struct rule *r, enum rule_twins how, bool within_folder)
{
	r->twin = true;
	r->how = how;
	r->within_folder = within_folder;
}

int
rule_to(struct rule *r, const char *to, struct err *err)
{
	if (to[0] == '\0') {
		err_set(err, SCOPE_RUN, EX_CONFIG, "an empty new name");
		return within(r, err);
	}
	r->to = arena_str(&r->rs->arena, to);
	return 0;
}

int
rule_to_role(struct rule *r, const char *role, struct err *err)
{
	return find_role(r, role, &r->to_role, err);
}

bool
rule_asks_message(const struct rule *r)
{
	return r->has_before || r->has_since || r->has_larger ||
	    r->has_smaller || r->flags != 0 || r->not_flags != 0 ||
	    r->nkeyword + r->nnot_keyword + r->nheader > 0 || r->twin;
}

int
rule_finish(struct rule *r, struct err *err)
{
	const char *wrong = NULL;

	if (r->action == RULE_EXCLUDE) {
		if (r->nfolder + r->nrole == 0 && !rule_asks_message(r))
			wrong = "no condition: it would exclude everything";
	} else if (r->to == NULL && r->to_role == NULL) {
		wrong = "no new name";
	} else if (r->nfolder + r->nrole != 1) {
		wrong = "a rename needs one folder, one regex or one role";
	} else if (rule_asks_message(r)) {
		wrong = "a rename can only ask for the folder";
	}
	if (wrong != NULL)
		err_set(err, SCOPE_RUN, EX_CONFIG, "%s", wrong);
	else if (r->to == NULL || rename_compile(r, err) == 0)
		return 0;
	return within(r, err);
}

size_t
rules_count(const struct rules *rs)
{
	return rs->n;
}

const char *
rules_label(const struct rules *rs, size_t i)
{
	return rs->rule[i]->label;
}

bool
rules_renames(const struct rules *rs, size_t i)
{
	return rs->rule[i]->action == RULE_RENAME;
}

bool
rules_want_twins(const struct rules *rs)
{
	size_t i;

	for (i = 0; i < rs->n; i++)
		if (rs->rule[i]->twin)
			return true;
	return false;
}
