/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The names that servers want from an administrator who opens somebody
 * else's mailbox; see login.h.
 */
#include <string.h>

#include "wire/login.h"

enum how { BY_NAME, BY_AUTHZID, BY_PROXYAUTH, BY_FOLDERS };

static const struct kind {
	const char *name;
	enum how how;
	const char *form;
	const char *separators; /* that no name may have in it */
} kinds[] = {
	{ "exchange", BY_NAME, "%D/%a/%u", "/" },
	{ "exchange-backslash", BY_NAME, "%D\\%a\\%u", "\\" },
	{ "dovecot", BY_NAME, "%u*%a", "*" },
	{ "mirapoint", BY_NAME, "#%u#%a#", "#" },
	{ "cyrus", BY_AUTHZID, "%a", "" },
	{ "authzid", BY_AUTHZID, "%a", "" },
	{ "proxyauth", BY_PROXYAUTH, "%a", "" },
	{ "courier", BY_FOLDERS, "%a", "" },
};

/* The administrator's domain and name: "DOMAIN/name", "DOMAIN\name"; else
 * "name@domain", whose parts Exchange wants apart; else the user's domain. */
struct names {
	struct slice user, local, domain;
	struct slice admin, admin_domain;
};

static void
split_at(struct slice s, char c, struct slice *before_r, struct slice *behind_r)
{
	const char *at = s.n == 0 ? NULL : memrchr(s.p, c, s.n);

	*before_r = s;
	*behind_r = slice_of(s.p, 0);
	if (at == NULL)
		return;
	before_r->n = (size_t)(at - s.p);
	*behind_r = slice_from(s, before_r->n + 1);
}

static struct names
names_of(const struct admin_spec *spec, bool by_domain)
{
	struct names n = { .user = slice_str(spec->user) };
	size_t at;

	split_at(n.user, '@', &n.local, &n.domain);
	n.admin = slice_str(spec->admin == NULL ? "" : spec->admin);
	if (!by_domain)
		return n;
	at = strcspn(n.admin.p, "/\\");
	if (at < n.admin.n) {
		n.admin_domain = slice_of(n.admin.p, at);
		n.admin = slice_from(n.admin, at + 1);
		return n;
	}
	split_at(slice_str(n.admin.p), '@', &n.admin, &n.admin_domain);
	if (n.admin_domain.n == 0)
		n.admin_domain = n.domain;
	return n;
}

static int
put_name(struct buf *out, struct slice s, char letter, struct err *err)
{
	static const struct {
		char letter;
		const char *what;
	} what[] = { { 'd', "a domain in the user name, as in user@DOMAIN" },
		{ 'a', "an administrator: --admin-user" },
		{ 'D',
		    "the administrator's domain: --admin-user DOMAIN/ADMIN" } };
	size_t i;

	if (s.n > 0) {
		buf_put(out, s.p, s.n);
		return 0;
	}
	for (i = 0; i < 2 && what[i].letter != letter; i++)
		;
	return err_set(err, SCOPE_RUN, EX_USAGE, "--admin needs %s",
	    what[i].what);
}

/* Fill in a template.  *has_user_r: it names the mailbox's user. */
static int
fill_in(struct buf *out, const char *form, const struct names *n,
    bool *has_user_r, const char *option, struct err *err)
{
	static const char letters[] = "undaD";
	const struct slice value[] = { n->user, n->local, n->domain, n->admin,
		n->admin_domain };
	const char *at;

	*has_user_r = false;
	for (; *form != '\0'; form++) {
		if (*form != '%' || *++form == '%') {
			buf_putc(out, *form);
			continue;
		}
		at = *form == '\0' ? NULL : strchr(letters, *form);
		if (at == NULL)
			return err_set(err, SCOPE_RUN, EX_USAGE,
			    "%s: a template has %%u %%n %%d %%a %%D and %%%%, "
			    "no other '%%'",
			    option);
		*has_user_r |= at - letters < 2;
		if (put_name(out, value[at - letters], *at, err) < 0)
			return -1;
	}
	return 0;
}

static int
expand_root(const struct admin_spec *spec, struct admin_names *out,
    struct err *err)
{
	struct names n = names_of(spec, false);
	bool ignored;

	if (spec->root == NULL)
		return 0;
	if (fill_in(&out->root, spec->root, &n, &ignored, "--user-root", err) <
	    0)
		return -1;
	while (out->root.n > 0 && out->root.p[0] == '/')
		buf_eat(&out->root, 1);
	while (out->root.n > 0 && out->root.p[out->root.n - 1] == '/')
		out->root.p[--out->root.n] = '\0';
	if (out->root.n > 0)
		return 0;
	return err_set(err, SCOPE_RUN, EX_USAGE,
	    "--user-root wants the name of a folder");
}

static int
unknown(const char *kind, struct err *err)
{
	err_set(err, SCOPE_RUN, EX_USAGE,
	    "--admin: '%s' is neither a known form nor a template with %%u",
	    kind);
	return err_hint(err,
	    "exchange, exchange-backslash, dovecot, cyrus (authzid), "
	    "mirapoint, courier, proxyauth, or a template such as '%%u*%%a'");
}

static int
check_separators(const struct kind *k, const struct names *n, struct err *err)
{
	if (k->separators[0] == '\0' ||
	    (memchr(n->user.p, k->separators[0], n->user.n) == NULL &&
		(n->admin.n == 0 ||
		    memchr(n->admin.p, k->separators[0], n->admin.n) == NULL)))
		return 0;
	return err_set(err, SCOPE_RUN, EX_USAGE,
	    "--admin %s: a name with '%s' in it would be taken for two",
	    k->name, k->separators);
}

static int
expand_kind(const struct kind *k, const struct admin_spec *spec,
    struct admin_names *out, struct err *err)
{
	struct names n = names_of(spec, strstr(k->form, "%D") != NULL);
	bool has_user;

	if (n.admin.n == 0)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--admin %s needs --admin-user", k->name);
	if (check_separators(k, &n, err) < 0 ||
	    fill_in(&out->user, k->form, &n, &has_user, "--admin", err) < 0)
		return -1;
	if (k->how == BY_AUTHZID)
		buf_puts(&out->authzid, spec->user);
	if (k->how == BY_PROXYAUTH)
		buf_puts(&out->proxyauth, spec->user);
	if (k->how != BY_FOLDERS || spec->root != NULL)
		return 0;
	err_set(err, SCOPE_RUN, EX_USAGE,
	    "--admin courier needs --user-root: Courier has no login for an "
	    "administrator");
	return err_hint(err,
	    "share the mailboxes with the administrator as virtual shared "
	    "folders, and name the folder that a user's folders are under, "
	    "such as --user-root '#shared/%%u'");
}

int
admin_expand(const struct admin_spec *spec, struct admin_names *out,
    struct err *err)
{
	struct names n = names_of(spec, true);
	bool has_user;
	size_t i;

	if (expand_root(spec, out, err) < 0)
		return -1;
	if (spec->kind == NULL) {
		if (spec->admin != NULL)
			return err_set(err, SCOPE_RUN, EX_USAGE,
			    "--admin-user needs --admin, which says how the "
			    "server wants it");
		buf_puts(&out->user, spec->user);
		return 0;
	}
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(spec->kind, kinds[i].name) == 0)
			return expand_kind(&kinds[i], spec, out, err);
	if (strchr(spec->kind, '%') == NULL)
		return unknown(spec->kind, err);
	if (strstr(spec->kind, "%D") == NULL)
		n = names_of(spec, false);
	if (fill_in(&out->user, spec->kind, &n, &has_user, "--admin", err) < 0)
		return -1;
	return has_user ? 0 : unknown(spec->kind, err);
}

void
admin_free(struct admin_names *n)
{
	buf_free(&n->user);
	buf_free(&n->authzid);
	buf_free(&n->proxyauth);
	buf_free(&n->root);
}
