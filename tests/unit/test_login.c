/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which way to log in: the best of both sides, never a weaker one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "wire/login.h"
#include "wire/provider.h"

#define EXT   LOGIN_BIT(LOGIN_EXTERNAL)
#define OAB   LOGIN_BIT(LOGIN_OAUTHBEARER)
#define XO2   LOGIN_BIT(LOGIN_XOAUTH2)
#define S256  LOGIN_BIT(LOGIN_SCRAM_SHA_256)
#define S1    LOGIN_BIT(LOGIN_SCRAM_SHA_1)
#define CRAM  LOGIN_BIT(LOGIN_CRAM_MD5)
#define APOP  LOGIN_BIT(LOGIN_APOP)
#define PLAIN LOGIN_BIT(LOGIN_PLAIN)
#define LOGIN LOGIN_BIT(LOGIN_LOGIN)
#define CMD   LOGIN_BIT(LOGIN_COMMAND)
#define ALL   ((1u << LOGIN_WAYS) - 1)

enum { PASSWORD = 1, TOKEN = 2, CERT = 4 };

static const struct choice {
	unsigned means, offered;
	const char *auth, *authzid;
	enum login_way after, want; /* LOGIN_NO_WAY: refused */
} choices[] = {
	/* the best of what both have */
	{ PASSWORD, ALL, NULL, NULL, LOGIN_NO_WAY, LOGIN_SCRAM_SHA_256 },
	{ PASSWORD, S1 | CRAM | PLAIN, NULL, NULL, LOGIN_NO_WAY,
	    LOGIN_SCRAM_SHA_1 },
	{ PASSWORD, CRAM | APOP | CMD, NULL, NULL, LOGIN_NO_WAY,
	    LOGIN_CRAM_MD5 },
	{ PASSWORD, APOP | PLAIN, NULL, NULL, LOGIN_NO_WAY, LOGIN_APOP },
	{ PASSWORD, PLAIN | LOGIN | CMD, NULL, NULL, LOGIN_NO_WAY,
	    LOGIN_PLAIN },
	{ PASSWORD, LOGIN | CMD, NULL, NULL, LOGIN_NO_WAY, LOGIN_LOGIN },
	{ PASSWORD, CMD, NULL, NULL, LOGIN_NO_WAY, LOGIN_COMMAND },
	{ TOKEN, ALL, NULL, NULL, LOGIN_NO_WAY, LOGIN_OAUTHBEARER },
	{ TOKEN, XO2 | PLAIN, NULL, NULL, LOGIN_NO_WAY, LOGIN_XOAUTH2 },
	{ CERT | PASSWORD, ALL, NULL, NULL, LOGIN_NO_WAY, LOGIN_EXTERNAL },
	{ CERT | PASSWORD, PLAIN, NULL, NULL, LOGIN_NO_WAY, LOGIN_PLAIN },
	/* what one side does not have */
	{ PASSWORD, EXT | OAB | XO2, NULL, NULL, LOGIN_NO_WAY, LOGIN_NO_WAY },
	{ TOKEN, ALL & ~(OAB | XO2), NULL, NULL, LOGIN_NO_WAY, LOGIN_NO_WAY },
	{ CERT, ALL & ~EXT, NULL, NULL, LOGIN_NO_WAY, LOGIN_NO_WAY },
	{ PASSWORD, 0, NULL, NULL, LOGIN_NO_WAY, LOGIN_NO_WAY },
	/* what was asked for, and nothing else */
	{ PASSWORD, ALL, "plain", NULL, LOGIN_NO_WAY, LOGIN_PLAIN },
	{ PASSWORD, ALL, "plain,CRAM-MD5", NULL, LOGIN_NO_WAY, LOGIN_CRAM_MD5 },
	{ PASSWORD, ALL & ~S256, "scram-sha-256", NULL, LOGIN_NO_WAY,
	    LOGIN_NO_WAY },
	{ PASSWORD, CMD, "login", NULL, LOGIN_NO_WAY, LOGIN_COMMAND },
	{ PASSWORD, LOGIN, "command", NULL, LOGIN_NO_WAY, LOGIN_NO_WAY },
	/* for somebody else */
	{ PASSWORD, CRAM | PLAIN, NULL, "joe", LOGIN_NO_WAY, LOGIN_PLAIN },
	{ PASSWORD, CRAM | APOP | LOGIN | CMD, NULL, "joe", LOGIN_NO_WAY,
	    LOGIN_NO_WAY },
	{ TOKEN, OAB | XO2, NULL, "joe", LOGIN_NO_WAY, LOGIN_OAUTHBEARER },
	{ TOKEN, XO2, NULL, "joe", LOGIN_NO_WAY, LOGIN_NO_WAY },
	/* after one that was not understood: as good, not worse */
	{ PASSWORD, ALL, NULL, NULL, LOGIN_SCRAM_SHA_256, LOGIN_SCRAM_SHA_1 },
	{ PASSWORD, ALL, NULL, NULL, LOGIN_SCRAM_SHA_1, LOGIN_NO_WAY },
	{ PASSWORD, ALL, NULL, NULL, LOGIN_CRAM_MD5, LOGIN_APOP },
	{ PASSWORD, ALL, NULL, NULL, LOGIN_APOP, LOGIN_NO_WAY },
	{ PASSWORD, ALL, NULL, NULL, LOGIN_PLAIN, LOGIN_LOGIN },
	{ PASSWORD, ALL, NULL, NULL, LOGIN_COMMAND, LOGIN_NO_WAY },
	{ TOKEN, ALL, NULL, NULL, LOGIN_OAUTHBEARER, LOGIN_XOAUTH2 },
	{ CERT | PASSWORD, ALL, NULL, NULL, LOGIN_EXTERNAL, LOGIN_NO_WAY },
};

static void
test_choose(void **state)
{
	struct secret *s = secret_new(16);
	size_t i;

	(void)state;
	secret_put(s, "word", 4);
	for (i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		const struct choice *c = &choices[i];
		struct login l = { .user = "mary",
			.authzid = c->authzid,
			.auth = c->auth,
			.password = c->means & PASSWORD ? s : NULL,
			.token = c->means & TOKEN ? s : NULL,
			.client_cert = c->means & CERT };
		enum login_way got = LOGIN_NO_WAY;
		struct err err = { 0 };
		int rc = login_choose(&l, c->offered, c->after, &got, &err);

		if (got != c->want || (rc == 0) != (got != LOGIN_NO_WAY))
			fail_msg("row %zu: %s, not %s", i, login_way_name(got),
			    login_way_name(c->want));
		if (rc < 0 && (err.status != EX_NOPERM || err.hint[0] == '\0'))
			fail_msg("row %zu: %s", i, err.text);
	}
	secret_free(&s);
}

static void
test_auth(void **state)
{
	static const char *const good[] = { "plain", "PLAIN", "login,plain",
		"external", "apop", "command" };
	static const char *const bad[] = { "", ",", "plain,", ",plain", "x",
		"plain, login", "AUTH=PLAIN" };
	struct err err = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (login_auth_check(good[i], &err) < 0)
			fail_msg("'%s'", good[i]);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (login_auth_check(bad[i], &err) == 0 ||
		    err.status != EX_USAGE)
			fail_msg("'%s'", bad[i]);
	assert_int_equal(login_way_of(slice_str("scram-sha-1")),
	    LOGIN_SCRAM_SHA_1);
	assert_int_equal(login_way_of(slice_str("SCRAM-SHA-1-PLUS")),
	    LOGIN_NO_WAY);
	assert_int_equal(login_way_of(slice_str("")), LOGIN_NO_WAY);
}

/* ------------------------------------------------------------------ admin */

static const struct form {
	const char *kind, *admin, *user, *root;
	const char *login, *authzid, *proxyauth, *below; /* login NULL: usage */
} forms[] = {
	{ NULL, NULL, "mary", NULL, "mary", "", "", "" },
	{ NULL, NULL, "mary", "a/b/", "mary", "", "", "a/b" },
	{ "exchange", "dom/adm", "usr", NULL, "dom/adm/usr", "", "", "" },
	{ "exchange", "dom\\adm", "usr", NULL, "dom/adm/usr", "", "", "" },
	{ "exchange", "adm@dom.example", "usr", NULL, "dom.example/adm/usr", "",
	    "", "" },
	{ "exchange", "adm", "usr@dom.example", NULL,
	    "dom.example/adm/usr@dom.example", "", "", "" },
	{ "exchange", "adm", "usr", NULL, NULL, NULL, NULL, NULL },
	{ "exchange", "dom/adm", "u/sr", NULL, NULL, NULL, NULL, NULL },
	{ "exchange-backslash", "d\\a@c.example", "u@c.example", NULL,
	    "d\\a@c.example\\u@c.example", "", "", "" },
	{ "dovecot", "root", "u@d", NULL, "u@d*root", "", "", "" },
	{ "dovecot", "root", "u*d", NULL, NULL, NULL, NULL, NULL },
	{ "dovecot", NULL, "u", NULL, NULL, NULL, NULL, NULL },
	{ "mirapoint", "adm", "u@d", NULL, "#u@d#adm#", "", "", "" },
	{ "cyrus", "adm", "u", NULL, "adm", "u", "", "" },
	{ "authzid", "adm@x", "u", NULL, "adm@x", "u", "", "" },
	{ "proxyauth", "adm", "u", NULL, "adm", "", "u", "" },
	{ "courier", "adm", "u@d", "/#shared/%n/", "adm", "", "", "#shared/u" },
	{ "courier", "adm", "u", NULL, NULL, NULL, NULL, NULL },
	{ "courier", "adm", "u", "/", NULL, NULL, NULL, NULL },
	{ "%u+%a", "adm", "u", NULL, "u+adm", "", "", "" },
	{ "%n%%%d/%D", "adm@b", "u@d", NULL, "u%d/b", "", "", "" },
	{ "%u!", NULL, "u", NULL, "u!", "", "", "" },
	{ "%a", "adm", "u", NULL, NULL, NULL, NULL, NULL }, /* nobody's */
	{ "%u%", "adm", "u", NULL, NULL, NULL, NULL, NULL },
	{ "%u%z", "adm", "u", NULL, NULL, NULL, NULL, NULL },
	{ "%u%d", "adm", "u", NULL, NULL, NULL, NULL, NULL },
	{ "nonsense", "adm", "u", NULL, NULL, NULL, NULL, NULL },
	{ NULL, "adm", "u", NULL, NULL, NULL, NULL, NULL },
};

static void
test_admin(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const struct form *f = &forms[i];
		struct admin_spec spec = { f->kind, f->admin, f->user,
			f->root };
		struct admin_names n = { 0 };
		struct err err = { 0 };
		int rc = admin_expand(&spec, &n, &err);

		if ((rc == 0) != (f->login != NULL) ||
		    (rc < 0 && err.status != EX_USAGE))
			fail_msg("row %zu: %s", i, err.text);
		if (rc == 0 &&
		    (strcmp(buf_str(&n.user), f->login) != 0 ||
			strcmp(buf_str(&n.authzid), f->authzid) != 0 ||
			strcmp(buf_str(&n.proxyauth), f->proxyauth) != 0 ||
			strcmp(buf_str(&n.root), f->below) != 0))
			fail_msg("row %zu: %s, %s, %s, %s", i, buf_str(&n.user),
			    buf_str(&n.authzid), buf_str(&n.proxyauth),
			    buf_str(&n.root));
		admin_free(&n);
	}
}

/* --------------------------------------------------------------- providers */

static void
test_providers(void **state)
{
	static const char *const names[] = { "microsoft", "m365", "GMAIL",
		"google", "godaddy", "yahoo", "icloud" };
	const struct provider *p;
	struct providers *all;
	struct err err = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(providers_open(&all, NULL, &err), 0);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(providers_find(all, names[i], &p, &err), 0);
		assert_non_null(p->title);
		assert_int_equal(p->imap.port, 993);
		assert_true(p->user_is_address);
		assert_int_equal(login_auth_check(p->auth, &err), 0);
		if (p->oauth != NULL)
			assert_non_null(
			    providers_oauth(all, p->oauth, "token_endpoint"));
	}
	assert_int_equal(providers_find(all, "microsoft", &p, &err), 0);
	assert_int_equal(p->limits.message_bytes, 36700160);
	assert_true(p->limits.no_keywords);
	assert_string_equal(p->limits.folder_names->child->text, "Files");
	assert_ptr_equal(providers_of_domain(all, "Outlook.com"), p);
	assert_null(providers_of_domain(all, "example.org"));
	assert_int_equal(providers_find(all, "nobody", &p, &err), -1);
	assert_int_equal(err.status, EX_USAGE);
	providers_close(&all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_auth),
		cmocka_unit_test(test_admin),
		cmocka_unit_test(test_providers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
