/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --folder-map; see foldermap.h. */
#include "load/foldermap.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/glob.h"
#include "core/io.h"
#include "core/mem.h"
#include "core/newname.h"
#include "core/text.h"
#include "formats/folder.h"
#include "formats/roles.h"

#define RULES_MAX 10000
#define FILE_MAX  ((size_t)1 << 20)

struct map_rule {
	char *text;
	struct glob *glob; /* NULL: a role */
	const char *role;
	struct newname *to; /* NULL: a role */
	const char *to_role;
	bool used;
};

struct foldermap {
	struct map_rule *v;
	size_t n;
};

/* The '=' between the two names: the first that is not behind a '\'. */
static const char *
find_equals(const char *text)
{
	const char *p;

	for (p = text; *p != '\0' && *p != '='; p++)
		if (*p == '\\' && p[1] != '\0')
			p++;
	return *p == '=' ? p : NULL;
}

static const char *
role_of(const char *word)
{
	return word[0] == '\\' ? roles_find(slice_str(word)) : NULL;
}

/* Fill in r->glob and r->to, or their roles. */
static int
compile(struct map_rule *r, const char *from, const char *to, struct err *err)
{
	char kinds[GLOB_CAPTURES];
	size_t n = 0;

	if (*from == '\0' || *to == '\0')
		return err_set(err, SCOPE_RUN, EX_CONFIG,
		    "a name is empty; write FROM=TO");
	r->role = role_of(from);
	r->to_role = role_of(to);
	if (to[0] == '\\' && isalpha((unsigned char)to[1]) &&
	    r->to_role == NULL) {
		err_set(err, SCOPE_RUN, EX_CONFIG,
		    "'%s' is no special-use role", to);
		return err_hint(err,
		    "\\Archive \\Drafts \\Junk \\Sent \\Trash");
	}
	if (r->role == NULL) {
		if (glob_new(&r->glob, slice_str(from), 0, err) < 0)
			return -1;
		n = glob_wildcards(r->glob, kinds);
	}
	return r->to_role != NULL ? 0 : newname_new(&r->to, to, kinds, n, err);
}

static int
add_rule(struct foldermap *m, struct slice text, struct err *err)
{
	struct map_rule *r;
	const char *equals;
	char *from;
	int rc;

	if (m->n >= RULES_MAX)
		return err_set(err, SCOPE_RUN, EX_CONFIG, "more than %d rules",
		    RULES_MAX);
	if (memchr(text.p, '\0', text.n) != NULL)
		return err_set(err, SCOPE_RUN, EX_CONFIG, "a NUL in a rule");
	m->v = mem_grow(m->v, m->n + 1, sizeof(*m->v));
	r = &m->v[m->n++];
	*r = (struct map_rule){ .text = mem_strn(text.p, text.n) };
	equals = find_equals(r->text);
	if (equals == NULL)
		return err_set(err, SCOPE_RUN, EX_CONFIG,
		    "'%s' has no '=' between FROM and TO", r->text);
	from = mem_strn(r->text, (size_t)(equals - r->text));
	rc = compile(r, from, equals + 1, err);
	free(from);
	return rc;
}

/* --------------------------------------------------------------- a file */

static int
add_file(struct foldermap *m, const char *path, struct err *err)
{
	struct buf text = { 0 };
	struct slice rest, line;
	unsigned number = 0;
	int rc = io_read_file(path, FILE_MAX, &text, err);

	if (rc < 0) {
		if (err->sys == ENOENT)
			err_hint(err,
			    "--folder-map takes 'FROM=TO', or a file of such "
			    "lines");
		return -1;
	}
	rest = buf_slice(&text);
	if (slice_starts(rest, "\xef\xbb\xbf"))
		rest = slice_from(rest, 3);
	while (rc == 0 && slice_next_line(&rest, &line)) {
		number++;
		line = slice_trim(line);
		if (line.n == 0 || line.p[0] == '#')
			continue;
		rc = add_rule(m, line, err);
		if (rc < 0)
			err_within(err, "%s:%u", path, number);
	}
	buf_free(&text);
	return rc;
}

/* ----------------------------------------------------------------- entry */

int
foldermap_new(struct foldermap **m_r, const char *const *uses, size_t n,
    struct err *err)
{
	size_t i;
	int rc = 0;

	*m_r = mem_alloc(1, sizeof(**m_r));
	for (i = 0; rc == 0 && i < n; i++)
		rc = find_equals(uses[i]) != NULL
		    ? add_rule(*m_r, slice_str(uses[i]), err)
		    : add_file(*m_r, uses[i], err);
	if (rc == 0)
		return 0;
	foldermap_free(m_r);
	return err_within(err, "--folder-map");
}

void
foldermap_free(struct foldermap **m)
{
	size_t i;

	if (*m == NULL)
		return;
	for (i = 0; i < (*m)->n; i++) {
		free((*m)->v[i].text);
		glob_free(&(*m)->v[i].glob);
		newname_free(&(*m)->v[i].to);
	}
	free((*m)->v);
	free(*m);
	*m = NULL;
}

/* The name that globs see: decoded, a '/' inside a component told apart. */
static void
put_name(struct buf *name, struct slice path)
{
	struct buf one = { 0 };
	struct slice c;
	size_t i;

	while (folder_next(&path, &c)) {
		buf_clear(&one);
		folder_decode(&one, c);
		if (name->n > 0)
			buf_putc(name, '/');
		for (i = 0; i < one.n; i++)
			if (one.p[i] == '/')
				text_put_utf8(name, GLOB_INNER_SLASH);
			else
				buf_putc(name, one.p[i]);
	}
	buf_free(&one);
}

/* And back, as a spool path. */
static void
put_path(struct buf *path, struct slice name)
{
	struct buf one = { 0 }, inner = { 0 };
	struct slice c;
	const char *at;

	text_put_utf8(&inner, GLOB_INNER_SLASH);
	while (folder_next(&name, &c)) {
		buf_clear(&one);
		while (c.n >= inner.n &&
		    (at = memmem(c.p, c.n, inner.p, inner.n)) != NULL) {
			buf_put(&one, c.p, (size_t)(at - c.p));
			buf_putc(&one, '/');
			c = slice_from(c, (size_t)(at - c.p) + inner.n);
		}
		buf_put(&one, c.p, c.n);
		if (one.n > 0)
			folder_join(path, buf_slice(&one));
	}
	buf_free(&one);
	buf_free(&inner);
}

/* Does the rule decide for this name? */
static bool
apply(const struct map_rule *r, struct slice name, const char *role,
    struct buf *new_name)
{
	if (r->glob == NULL) {
		if (!slice_is_nocase(slice_str(role), r->role))
			return false;
		if (r->to != NULL)
			newname_put(r->to, &name, new_name);
		return true;
	}
	if (r->to == NULL)
		return glob_test(r->glob, name);
	return newname_apply(r->to, r->glob, name, new_name);
}

bool
foldermap_find(struct foldermap *m, struct slice path, const char *role,
    struct buf *to, const char **role_r)
{
	struct buf name = { 0 }, new_name = { 0 };
	size_t i, from = to->n;

	*role_r = NULL;
	put_name(&name, path);
	for (i = 0; i < m->n; i++) {
		buf_clear(&new_name);
		if (!apply(&m->v[i], buf_slice(&name), role, &new_name))
			continue;
		*role_r = m->v[i].to_role;
		if (*role_r == NULL)
			put_path(to, buf_slice(&new_name));
		if (*role_r == NULL && to->n == from)
			continue; /* a name is never taken away altogether */
		m->v[i].used = true;
		break;
	}
	buf_free(&name);
	buf_free(&new_name);
	return *role_r != NULL || to->n > from;
}

const char *
foldermap_rule(const struct foldermap *m, size_t i, bool *used_r)
{
	if (i >= m->n)
		return NULL;
	*used_r = m->v[i].used;
	return m->v[i].text;
}
