/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asking the rules; see rules.h.  A folder is asked once: what depends on
 * nothing else is settled there, and for each message only the rest is
 * asked, cheap conditions first.
 */
#include <stdlib.h>
#include <unistd.h>

#include "core/io.h"
#include "core/limits.h"
#include "core/mem.h"
#include "formats/head.h"
#include "formats/roles.h"
#include "formats/words.h"
#include "transform/rules_impl.h"
#include "transform/doubles.h"

/* A regex that could not say yes or no: tell, and take it for no. */
static bool
in_doubt(struct rule *r, const struct rules_doubt *doubt, struct err *err)
{
	if (r->doubts++ < DOUBTS_MAX) {
		err_within(err, "%s", r->label);
		doubt->fn(doubt->arg, err);
	}
	if (r->doubts == DOUBTS_MAX) {
		err_set(err, SCOPE_MSG, EX_CONFIG,
		    "%s: could not be decided %d times, not tried any more",
		    r->label, DOUBTS_MAX);
		doubt->fn(doubt->arg, err);
	}
	return false;
}

static bool
pattern_matches(struct rule *r, const struct pattern *p, struct slice name,
    struct slice plain, const struct rules_doubt *doubt)
{
	struct err err = { 0 };
	int rc;

	if (p->glob != NULL)
		return glob_test(p->glob, name);
	if (r->doubts >= DOUBTS_MAX)
		return false;
	rc = regex_match(p->regex, plain, NULL, &err);
	return rc < 0 ? in_doubt(r, doubt, &err) : rc == 1;
}

/* ------------------------------------------------------------- folders */

void
rule_plan_free(struct rule_plan *p)
{
	buf_free(&p->name);
	free(p->ask);
	free(p->renamed);
	*p = (struct rule_plan){ .stop = RULES_NONE };
}

/* Do the conditions on the folder hold? */
static bool
folder_matches(struct rule *r, struct slice name, const char *role,
    const struct rules_doubt *doubt)
{
	struct buf plain = { 0 };
	bool yes = r->nrole == 0;
	size_t i;

	for (i = 0; i < r->nrole; i++)
		if (role != NULL && strcmp(role, r->role[i]) == 0)
			yes = true;
	if (yes && r->nfolder > 0) {
		names_plain(&plain, name);
		yes = false;
		for (i = 0; i < r->nfolder && !yes; i++)
			yes = pattern_matches(r, &r->folder[i], name,
			    buf_slice(&plain), doubt);
		buf_free(&plain);
	}
	return yes;
}

/* Who calls the Sent folder "Old/2019" wants it there, and not in the folder
 * for sent mail that the destination has; "Sent Items" may go into that. */
static void
leave_role(struct rule_plan *plan, const char *role)
{
	struct buf plain = { 0 };
	const char *means;

	names_plain(&plain, buf_slice(&plan->name));
	means = roles_guess(buf_slice(&plain));
	buf_free(&plain);
	if (means != NULL && strcmp(means, role) == 0)
		return;
	plan->role = NULL;
	plan->no_role = true;
}

static void
rename_folder(struct rule *r, size_t i, struct rule_plan *plan,
    const char *role, const struct rules_doubt *doubt)
{
	struct buf name = { 0 };
	struct err err = { 0 };
	int rc = 0;
	/* folders below go along, but have no part in the role */
	bool itself = folder_matches(r, buf_slice(&plan->name), role, doubt);
	bool gets_role = r->to_role != NULL && itself;

	if (r->to != NULL && r->doubts < DOUBTS_MAX)
		rc = rename_apply(r, buf_slice(&plan->name), &name, &err);
	if (rc < 0)
		in_doubt(r, doubt, &err);
	if (rc == 1) {
		buf_clear(&plan->name);
		buf_put(&plan->name, name.p, name.n);
		if (itself && role != NULL)
			leave_role(plan, role);
	}
	if (gets_role &&
	    (plan->role == NULL || strcmp(plan->role, r->to_role) != 0)) {
		plan->role = r->to_role;
		plan->no_role = false;
		rc = 1;
	}
	if (rc == 1) {
		plan->renamed = mem_grow(plan->renamed, plan->nrenamed + 1,
		    sizeof(*plan->renamed));
		plan->renamed[plan->nrenamed++] = i;
	}
	buf_free(&name);
}

/* Does a rename concern this folder?  Its pattern is looked at by
 * rename_apply(), which goes up to the folders above; giving a role concerns
 * the folder alone. */
static bool
rename_matches(struct rule *r, struct slice name, const char *role,
    const struct rules_doubt *doubt)
{
	return (r->to != NULL && r->nfolder > 0) ||
	    folder_matches(r, name, role, doubt);
}

void
rules_of_folder(struct rules *rs, struct slice name, const char *role,
    struct rule_plan *plan, const struct rules_doubt *doubt)
{
	struct buf plain = { 0 };
	struct rule *r;
	size_t i;

	plan->stop = RULES_NONE;
	buf_put(&plan->name, name.p, name.n);
	names_plain(&plain, name);
	if (role != NULL)
		role = roles_find(slice_str(role));
	else
		role = roles_guess(buf_slice(&plain));
	buf_free(&plain);
	for (i = 0; i < rs->n && plan->stop == RULES_NONE; i++) {
		r = rs->rule[i];
		if (r->action == RULE_RENAME) {
			if (rename_matches(r, buf_slice(&plan->name), role,
				doubt))
				rename_folder(r, i, plan, role, doubt);
			if (plan->role != NULL || plan->no_role)
				role = plan->role;
		} else if (folder_matches(r, buf_slice(&plan->name), role,
			       doubt)) {
			if (rule_asks_message(r)) {
				plan->ask = mem_grow(plan->ask, plan->nask + 1,
				    sizeof(*plan->ask));
				plan->ask[plan->nask++] = i;
			} else {
				plan->stop = i;
			}
		}
	}
}

/* ------------------------------------------------------------ messages */

/* What is asked about, and the header once it was read. */
struct asked {
	struct rules *rs;
	struct spool *from;
	const struct spool_entry *e;
	bool has_head;
};

/* Read the header: block by block to the empty line, no further. */
static int
read_head(struct asked *a, struct err *err)
{
	struct buf *head = &a->rs->head;
	ssize_t n;
	int fd;

	if (a->has_head)
		return 0;
	fd = spool_body(a->from, a->e, err);
	if (fd < 0)
		return -1;
	buf_clear(head);
	do {
		n = io_pread_full(fd, buf_room(head, 8192), 8192, head->n);
		if (n < 0) {
			err_sys(err, SCOPE_MSG, EX_IOERR, "%s", a->e->file);
			close(fd);
			return -1;
		}
		head->n += (size_t)n;
	} while (n == 8192 && head->n < LIMIT_HEAD_BYTES &&
	    head_length(buf_slice(head)) == head->n);
	close(fd);
	head->n = head_length(buf_slice(head));
	a->has_head = true;
	return 0;
}

static bool
has_keyword(const char *keywords, const char *word)
{
	struct slice rest = slice_str(keywords), one;

	while (msg_keyword_next(&rest, &one))
		if (slice_is_nocase(one, word))
			return true;
	return false;
}

/* What the ledger knows of a message is enough for these. */
static bool
facts_match(const struct rule *r, const struct msg *m)
{
	bool dated = m->received_how != RECEIVED_UNKNOWN;
	size_t i;

	if ((r->has_before && !(dated && m->received < r->before)) ||
	    (r->has_since && !(dated && m->received >= r->since)) ||
	    (r->has_larger && m->size <= r->larger) ||
	    (r->has_smaller && m->size >= r->smaller) ||
	    (m->flags & r->flags) != r->flags || (m->flags & r->not_flags) != 0)
		return false;
	for (i = 0; i < r->nkeyword; i++)
		if (!has_keyword(m->keywords, r->keyword[i]))
			return false;
	for (i = 0; i < r->nnot_keyword; i++)
		if (has_keyword(m->keywords, r->not_keyword[i]))
			return false;
	return true;
}

static bool
header_matches(struct asked *a, struct rule *r, const struct header_cond *h,
    const struct rules_doubt *doubt)
{
	struct slice rest = buf_slice(&a->rs->head), name, value;
	struct buf *text = &a->rs->text;

	while (head_next(&rest, &name, &value)) {
		if (!slice_is_nocase(name, h->name))
			continue;
		if (h->value.glob == NULL && h->value.regex == NULL)
			return true;
		buf_clear(text);
		words_decode(text, value);
		if (pattern_matches(r, &h->value, buf_slice(text),
			buf_slice(text), doubt))
			return true;
	}
	return false;
}

/* 1 if it is a copy, 0 if not or the first, -1. */
static int
is_twin(struct asked *a, const struct rule *r, size_t i, struct doubles *twins,
    const char **first_r, struct err *err)
{
	struct slice mark;
	int rc;

	if (r->how == RULE_TWINS_BYTES) {
		if (!a->e->has_sha256)
			return 0;
		mark = slice_of(a->e->sha256, DIGEST_BYTES);
	} else {
		if (read_head(a, err) < 0)
			return -1;
		if (!doubles_mark(&a->rs->key, a->e->message_id,
			buf_slice(&a->rs->head)))
			return 0;
		mark = buf_slice(&a->rs->key);
	}
	rc = doubles_first(twins, i, r->within_folder ? a->e->folder_id : 0,
	    mark, a->e->msg.key, first_r, err);
	return rc < 0 ? -1 : rc == 0;
}

int
rules_of_message(struct rules *rs, const struct rule_plan *plan,
    struct spool *from, const struct spool_entry *e, struct doubles *twins,
    const struct rules_doubt *doubt, struct rule_verdict *v, struct err *err)
{
	struct asked a = { .rs = rs, .from = from, .e = e };
	struct rule *r;
	size_t i, j;
	int rc;

	*v = (struct rule_verdict){ .rule = RULES_NONE };
	for (i = 0; i < plan->nask; i++) {
		r = rs->rule[plan->ask[i]];
		if (!facts_match(r, &e->msg))
			continue;
		if (r->nheader > 0 && read_head(&a, err) < 0)
			return -1;
		for (j = 0; j < r->nheader; j++)
			if (!header_matches(&a, r, &r->header[j], doubt))
				break;
		if (j < r->nheader)
			continue;
		rc = r->twin
		    ? is_twin(&a, r, plan->ask[i], twins, &v->twin, err)
		    : 1;
		if (rc < 0)
			return -1;
		if (rc == 1) {
			v->rule = plan->ask[i];
			return 0;
		}
		v->twin = NULL;
	}
	v->rule = plan->stop;
	return 0;
}
