/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Account URLs: postroad-account(5), RFC 3986 syntax, what must be refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "wire/url.h"

struct good {
	const char *url;
	enum url_scheme scheme;
	const char *user, *host;
	unsigned port;
	const char *label, *again;
};

static const struct good good[] = {
	{ "imaps://mary@example.org/", URL_IMAPS, "mary", "example.org", 993,
	    "mary@example.org", "imaps://mary@example.org/" },
	{ "imaps://mary@example.org", URL_IMAPS, "mary", "example.org", 993,
	    "mary@example.org", "imaps://mary@example.org/" },
	{ "imaps://mary@example.org:993/", URL_IMAPS, "mary", "example.org",
	    993, "mary@example.org", "imaps://mary@example.org/" },
	{ "imap://mary@EXAMPLE.org.:1143", URL_IMAP, "mary", "example.org",
	    1143, "mary@example.org", "imap://mary@example.org:1143/" },
	{ "IMAPS://mary%40example.org@mail.example.net/", URL_IMAPS,
	    "mary@example.org", "mail.example.net", 993,
	    "mary@example.org@mail.example.net",
	    "imaps://mary@example.org@mail.example.net/" },
	{ "imaps://mary@example.org@mail.example.net/", URL_IMAPS,
	    "mary@example.org", "mail.example.net", 993,
	    "mary@example.org@mail.example.net",
	    "imaps://mary@example.org@mail.example.net/" },
	{ "pop3s://u@h/", URL_POP3S, "u", "h", 995, "u@h", "pop3s://u@h/" },
	{ "pop3://u@h/", URL_POP3, "u", "h", 110, "u@h", "pop3://u@h/" },
	{ "imap://u@[2001:DB8::1]:144/", URL_IMAP, "u", "2001:DB8::1", 144,
	    "u@2001:DB8::1", "imap://u@[2001:DB8::1]:144/" },
	{ "imap://u@[::1]", URL_IMAP, "u", "::1", 143, "u@::1",
	    "imap://u@[::1]/" },
	{ "imap://u@[fe80::1%25eth0]/", URL_IMAP, "u", "fe80::1%eth0", 143,
	    "u@fe80::1%eth0", "imap://u@[fe80::1%25eth0]/" },
	{ "imaps://a%3Ab%2fc%25@192.0.2.7/", URL_IMAPS, "a:b/c%", "192.0.2.7",
	    993, "a:b/c%@192.0.2.7", "imaps://a%3Ab%2Fc%25@192.0.2.7/" },
	/* an administrator's login: Domain/Admin/User */
	{ "imaps://dom/admin/user@h/", URL_IMAPS, "dom/admin/user", "h", 993,
	    "dom/admin/user@h", "imaps://dom%2Fadmin%2Fuser@h/" },
	{ "imaps://%E3%80%80x@h/", URL_IMAPS, "\xe3\x80\x80x", "h", 993,
	    "\xe3\x80\x80x@h", "imaps://%E3%80%80x@h/" },
};

static const char *const bad[] = {
	"imaps://mary:s3cret@example.org/", /* a password */
	"imaps://mary:@example.org/",
	"imaps://:s3cret@example.org/",
	"imaps://mary:s3cret", /* a password as port */
	"imaps://mary:pw@x@example.org/",
	"imaps://example.org/", /* no user */
	"imaps://@example.org/",
	"imaps://",
	"imaps:///",
	"imaps://mary@/",
	"imaps://mary@:993/",
	"imaps://mary@example.org:0/",
	"imaps://mary@example.org:65536/",
	"imaps://mary@example.org:+1/",
	"imaps://mary@example.org:s3cret/",
	"imaps://mary@example.org:/INBOX",
	"imaps://mary@example.org/INBOX", /* a folder */
	"imaps://mary@example.org/?x",
	"imaps://mary@example.org#x",
	"imaps://mary%@example.org/",
	"imaps://mary%4@example.org/",
	"imaps://mary%zz@example.org/",
	"imaps://mary%00@example.org/",
	"imaps://mary%0d%0a@example.org/",
	"imaps://mary\r\nA1 NOOP@example.org/",
	"imaps://mary@exa mple.org/",
	"imaps://mary@exa\r\nmple.org/",
	"imaps://mary@b\xc3\xbc"
	"cher.example/",
	"imaps://mary@-oProxyCommand/",
	"imaps://mary@a..b/",
	"imaps://mary@[::1/",
	"imaps://mary@[::1]x/",
	"imaps://mary@[::g]/",
	"imaps://mary@[]/",
	"imaps://mary@[::1%25]/",
	"imaps://mary@[::1%25a b]/",
	"http://mary@example.org/",
	"imapsx://mary@example.org/",
	"imap:/mary@example.org/",
	"mary@example.org",
	"",
};

static void
test_good(void **state)
{
	struct err err = { 0 };
	struct buf b = { 0 };
	struct url u;
	size_t i;
	char *s;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		s = mem_str(good[i].url);
		if (url_parse(&u, s, &err) < 0)
			fail_msg("row %zu: %s: %s", i, s, err.text);
		free(s);
		assert_int_equal(u.scheme, good[i].scheme);
		assert_string_equal(u.user, good[i].user);
		assert_string_equal(u.host, good[i].host);
		assert_int_equal(u.port, good[i].port);
		buf_clear(&b);
		url_label(&b, &u);
		assert_string_equal(buf_str(&b), good[i].label);
		buf_clear(&b);
		url_put(&b, &u);
		assert_string_equal(buf_str(&b), good[i].again);
		url_free(&u);
		assert_int_equal(url_parse(&u, buf_str(&b), &err), 0);
		assert_string_equal(u.user, good[i].user);
		assert_string_equal(u.host, good[i].host);
		url_free(&u);
	}
	buf_free(&b);
}

static void
test_bad(void **state)
{
	struct err err;
	struct url u;
	size_t i;
	char *s;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(&err, 0, sizeof(err));
		s = mem_str(bad[i]);
		if (url_parse(&u, s, &err) == 0)
			fail_msg("row %zu accepted: %s", i, s);
		free(s);
		assert_int_equal(err.status, EX_USAGE);
		assert_int_equal(err.scope, SCOPE_RUN);
		assert_string_not_equal(err.hint, "");
		assert_null(strstr(err.text, "s3cret"));
		assert_null(strstr(err.hint, "s3cret"));
		assert_null(u.user);
		assert_null(u.host);
	}
}

static void
test_long(void **state)
{
	struct err err = { 0 };
	struct buf b = { 0 };
	struct url u;
	int i, over;

	(void)state;
	for (over = 0; over < 2; over++) {
		buf_clear(&b);
		buf_puts(&b, "imaps://");
		for (i = 0; i < URL_USER_MAX + over; i++)
			buf_putc(&b, 'u');
		buf_puts(&b, "@h/");
		assert_int_equal(url_parse(&u, buf_str(&b), &err), -over);
		url_free(&u);
		buf_clear(&b);
		buf_puts(&b, "imaps://u@");
		for (i = 0; i < URL_HOST_MAX + over; i++)
			buf_putc(&b, 'h');
		assert_int_equal(url_parse(&u, buf_str(&b), &err), -over);
		url_free(&u);
	}
	buf_free(&b);
}

static void
test_is_url(void **state)
{
	(void)state;
	assert_true(url_is_url("imaps://x"));
	assert_true(url_is_url("foo+bar://"));
	assert_false(url_is_url("mbox:path//x"));
	assert_false(url_is_url("/tmp/imaps://x"));
	assert_false(url_is_url("://x"));
	assert_false(url_is_url(""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_is_url),
	};

	return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
