/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Arguments of IMAP commands by type (RFC 3501 section 9), what can never
 * become one, UID sets, and what a server's words mean.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "wire/imap_cmd.h"
#include "wire/imap_impl.h"

/* A copy in a block of just its size. */
static struct slice
exact(const char *s, size_t n, char **block)
{
	*block = malloc(n == 0 ? 1 : n);
	assert_non_null(*block);
	if (n > 0)
		memcpy(*block, s, n);
	return slice_of(*block, n);
}

static void
test_astring(void **state)
{
	static const struct {
		const char *in;
		size_t n;
		const char *want; /* NULL: refused */
		size_t literals;
	} t[] = {
		{ "INBOX", 5, "X INBOX", 0 },
		{ "a/b.c-d_e&AMQ-", 14, "X a/b.c-d_e&AMQ-", 0 },
		{ "INBOX.~x", 8, "X \"INBOX.~x\"", 0 }, /* Courier */
		{ "a]", 2, "X \"a]\"", 0 },
		{ "", 0, "X \"\"", 0 },
		{ "NIL", 3, "X \"NIL\"", 0 },
		{ "nil", 3, "X \"nil\"", 0 },
		{ "a b", 3, "X \"a b\"", 0 },
		{ "a\"b", 3, "X \"a\\\"b\"", 0 },
		{ "a\\b", 3, "X \"a\\\\b\"", 0 },
		{ "a{5}", 4, "X \"a{5}\"", 0 },
		{ "%*()", 4, "X \"%*()\"", 0 },
		{ "a\tb", 3, "X a\tb", 1 },
		{ "\x7f", 1, "X \x7f", 1 },
		{ "\xc3\xa4", 2, "X \xc3\xa4", 1 },
		{ "a\r\nb", 4, NULL, 0 },
		{ "a\nb", 3, NULL, 0 },
		{ "a\rb", 3, NULL, 0 },
		{ "a\0b", 3, NULL, 0 },
	};
	struct imap_cmd c = { 0 };
	struct err err;
	char *block;
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		memset(&err, 0, sizeof(err));
		imap_cmd_word(&c, "X");
		rc = imap_cmd_astring(&c, exact(t[i].in, t[i].n, &block), &err);
		if (t[i].want == NULL) {
			assert_int_equal(rc, -1);
			assert_int_equal(err.scope, SCOPE_MSG);
			assert_string_equal(buf_str(&c.text), "X");
		} else {
			assert_int_equal(rc, 0);
			assert_string_equal(buf_str(&c.text), t[i].want);
			assert_int_equal(c.n_literals, t[i].literals);
		}
		if (t[i].literals > 0) {
			assert_int_equal(c.literal_at[0], 2);
			assert_int_equal(c.literal_len[0], t[i].n);
		}
		free(block);
		imap_cmd_free(&c);
	}
}

static void
test_flags(void **state)
{
	static const struct {
		const char *in, *want;
	} t[] = {
		{ "", "()" },
		{ "\\Seen", "(\\Seen)" },
		{ "\\Seen \\Flagged $Forwarded x",
		    "(\\Seen \\Flagged "
		    "$Forwarded x)" },
		{ "  a   b  ", "(a b)" },
		{ "$a.b-c/d:e", "($a.b-c/d:e)" },
		{ "\\Recent", NULL },
		{ "\\rECENT", NULL },
		{ "a)", NULL },
		{ "a(b", NULL },
		{ "a{5}", NULL },
		{ "a\"b", NULL },
		{ "a%", NULL },
		{ "a*", NULL },
		{ "\\*", NULL },
		{ "\\", NULL },
		{ "a\\b", NULL },
		{ "\\\\Seen", NULL },
		{ "a]b", NULL },
		{ "a\r\nb", NULL },
		{ "a\tb", NULL },
		{ "\xc3\xa4", NULL },
	};
	struct imap_cmd c = { 0 };
	struct err err;
	char *block;
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		rc = imap_cmd_flags(&c, exact(t[i].in, strlen(t[i].in), &block),
		    &err);
		if (t[i].want == NULL) {
			if (rc == 0)
				fail_msg("accepted: %s", t[i].in);
			assert_int_equal(err.scope, SCOPE_MSG);
		} else {
			if (rc < 0)
				fail_msg("refused: %s", t[i].in);
			assert_string_equal(buf_str(&c.text), t[i].want);
		}
		free(block);
		imap_cmd_free(&c);
	}
}

static void
test_date_and_set(void **state)
{
	static const struct {
		int64_t t;
		const char *want;
	} dates[] = {
		{ 0, "\" 1-Jan-1970 00:00:00 +0000\"" },
		{ 837596665, "\"17-Jul-1996 09:44:25 +0000\"" },
		{ INT64_C(253402300799), "\"31-Dec-9999 23:59:59 +0000\"" },
		{ INT64_C(253402300800), NULL },
		{ -1, NULL },
		{ INT64_MIN, NULL },
		{ INT64_MAX, NULL },
	};
	static const struct {
		const char *set;
		int rc;
	} sets[] = { { "1:5,7,9:*", 0 }, { "", -1 }, { "1 2", -1 },
		{ "1\r\n", -1 }, { "a", -1 }, { "$", -1 } };
	struct imap_cmd c = { 0 };
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		assert_int_equal(imap_cmd_date(&c, dates[i].t, &err),
		    dates[i].want == NULL ? -1 : 0);
		if (dates[i].want != NULL)
			assert_string_equal(buf_str(&c.text), dates[i].want);
		imap_cmd_free(&c);
	}
	for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		assert_int_equal(imap_cmd_set(&c, slice_str(sets[i].set), &err),
		    sets[i].rc);
		imap_cmd_free(&c);
	}
}

static void
test_uid_set(void **state)
{
	static const uint32_t uids[] = { 1, 2, 3, 5, 7, 8, 4294967294u,
		4294967295u };
	struct imap_set s = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(imap_set_text(&s).n, 0);
	for (i = 0; i < sizeof(uids) / sizeof(uids[0]); i++)
		imap_set_add(&s, uids[i]);
	assert_true(
	    slice_is(imap_set_text(&s), "1:3,5,7:8,4294967294:4294967295"));
	imap_set_clear(&s);
	imap_set_add(&s, 9);
	assert_true(slice_is(imap_set_text(&s), "9"));
	imap_set_free(&s);
}

struct said {
	const char *words;
	enum imap_status status;
	enum imap_code code;
	enum imap_trouble trouble;
	int exit_status;
	enum scope scope; /* asked for SCOPE_MSG */
	bool retry;
	uint64_t backoff_ms;
};

static const struct said said[] = {
	{ "Request is throttled. Suggested Backoff Time: 299609 milliseconds",
	    IMAP_NO, 0, IMAP_THROTTLED, EX_TEMPFAIL, SCOPE_MSG, true, 299609 },
	{ "Request is throttled. Suggested Backoff Time: 299609 milliseconds",
	    IMAP_BAD, 0, IMAP_THROTTLED, EX_TEMPFAIL, SCOPE_MSG, true, 299609 },
	{ "Suggested Backoff Time: 99999999999999999999 milliseconds", IMAP_NO,
	    0, IMAP_THROTTLED, EX_TEMPFAIL, SCOPE_MSG, true, 0 },
	{ "slow down", IMAP_NO, IMAP_CODE_THROTTLED, IMAP_THROTTLED,
	    EX_TEMPFAIL, SCOPE_MSG, true, 0 },
	{ "Authentication failed.", IMAP_NO, IMAP_CODE_AUTHENTICATIONFAILED,
	    IMAP_AUTH_FAILED, EX_NOPERM, SCOPE_STORE, false, 0 },
	{ "LOGIN failed.", IMAP_NO, 0, IMAP_AUTH_FAILED, EX_NOPERM, SCOPE_STORE,
	    false, 0 },
	{ "Invalid credentials (Failure)", IMAP_NO, 0, IMAP_AUTH_FAILED,
	    EX_NOPERM, SCOPE_STORE, false, 0 },
	{ "User is authenticated but not connected.", IMAP_BAD, 0,
	    IMAP_NOT_CONNECTED, EX_NOPERM, SCOPE_STORE, false, 0 },
	{ "Internal error", IMAP_NO, IMAP_CODE_UNAVAILABLE, IMAP_UNAVAILABLE,
	    EX_TEMPFAIL, SCOPE_MSG, true, 0 },
	{ "Temporary authentication failure", IMAP_NO, 0, IMAP_UNAVAILABLE,
	    EX_TEMPFAIL, SCOPE_MSG, true, 0 },
	{ "locked", IMAP_NO, IMAP_CODE_INUSE, IMAP_UNAVAILABLE, EX_TEMPFAIL,
	    SCOPE_MSG, true, 0 },
	{ "Too many simultaneous connections. (Failure)", IMAP_NO, 0,
	    IMAP_UNAVAILABLE, EX_TEMPFAIL, SCOPE_MSG, true, 0 },
	{ "Server Unavailable. 15", IMAP_NO, 0, IMAP_OVERQUOTA, EX_UNAVAILABLE,
	    SCOPE_STORE, false, 0 },
	{ "Quota exceeded (mailbox for user is full)", IMAP_NO,
	    IMAP_CODE_OVERQUOTA, IMAP_OVERQUOTA, EX_UNAVAILABLE, SCOPE_STORE,
	    false, 0 },
	{ "Maximum size of appendable message has been exceeded", IMAP_NO, 0,
	    IMAP_TOO_BIG, EX_DATAERR, SCOPE_MSG, false, 0 },
	{ "too big", IMAP_NO, IMAP_CODE_TOOBIG, IMAP_TOO_BIG, EX_DATAERR,
	    SCOPE_MSG, false, 0 },
	{ "Message contains bare newlines", IMAP_NO, 0, IMAP_BAD_MESSAGE,
	    EX_DATAERR, SCOPE_MSG, false, 0 },
	{ "Message contains NUL characters", IMAP_NO, 0, IMAP_BAD_MESSAGE,
	    EX_DATAERR, SCOPE_MSG, false, 0 },
	{ "Message contains invalid header", IMAP_NO, 0, IMAP_BAD_MESSAGE,
	    EX_DATAERR, SCOPE_MSG, false, 0 },
	{ "Mailbox doesn't exist: x", IMAP_NO, IMAP_CODE_TRYCREATE,
	    IMAP_TRYCREATE, EX_UNAVAILABLE, SCOPE_MSG, false, 0 },
	{ "Mailbox already exists", IMAP_NO, 0, IMAP_ALREADY_EXISTS,
	    EX_UNAVAILABLE, SCOPE_MSG, false, 0 },
	{ "you may not", IMAP_NO, IMAP_CODE_NOPERM, IMAP_FORBIDDEN, EX_NOPERM,
	    SCOPE_MSG, false, 0 },
	{ "Command Argument Error. 11", IMAP_BAD, 0, IMAP_BAD_COMMAND,
	    EX_PROTOCOL, SCOPE_MSG, false, 0 },
	{ "Session expired, please login again.", IMAP_BYE, 0, IMAP_THROTTLED,
	    EX_TEMPFAIL, SCOPE_MSG, true, 0 },
	{ "Server shutting down.", IMAP_BYE, 0, IMAP_UNAVAILABLE, EX_TEMPFAIL,
	    SCOPE_MSG, true, 0 },
	{ "so long", IMAP_BYE, 0, IMAP_UNAVAILABLE, EX_TEMPFAIL, SCOPE_MSG,
	    true, 0 },
	{ "no", IMAP_NO, 0, IMAP_TROUBLE, EX_UNAVAILABLE, SCOPE_MSG, false, 0 },
	{ "Quota is fine, thanks", IMAP_OK, 0, IMAP_FINE, 0, SCOPE_NONE, false,
	    0 },
};

static void
test_words(void **state)
{
	struct imap_resp r = { 0 };
	struct imap_result res;
	struct err err;
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		memset(&err, 0, sizeof(err));
		r.status = said[i].status;
		r.code = said[i].code;
		r.text = slice_str(said[i].words);
		imap_result_read(&res, &r);
		if (res.trouble != said[i].trouble)
			fail_msg("'%s' is %d, not %d", said[i].words,
			    (int)res.trouble, (int)said[i].trouble);
		assert_int_equal(res.backoff_ms, said[i].backoff_ms);
		rc = imap_result_err(&res, SCOPE_MSG, "APPEND", &err);
		assert_int_equal(rc, said[i].status == IMAP_OK ? 0 : -1);
		if (err.status != said[i].exit_status ||
		    err.scope != said[i].scope || err.retry != said[i].retry)
			fail_msg("'%s': status %d, scope %d, retry %d",
			    said[i].words, err.status, (int)err.scope,
			    err.retry);
		if (rc < 0)
			assert_non_null(strstr(err.text, said[i].words));
	}
	/* a caller's wider scope is never narrowed */
	r.status = IMAP_NO;
	r.code = IMAP_CODE_TOOBIG;
	imap_result_read(&res, &r);
	imap_result_err(&res, SCOPE_STORE, "X", &err);
	assert_int_equal(err.scope, SCOPE_STORE);
}

/* Words from outside reach people escaped. */
static void
test_escaped(void **state)
{
	struct imap_resp r = { .status = IMAP_NO,
		.code = IMAP_CODE_OTHER,
		.code_name = slice_str("X\x1b[2J"),
		.text = slice_str("\x1b[31mred\x07 \xff") };
	struct imap_result res;

	(void)state;
	imap_result_read(&res, &r);
	assert_null(strchr(res.text, 0x1b));
	assert_null(strchr(res.text, 7));
	assert_null(strchr(res.text, '\xff'));
	assert_non_null(strstr(res.text, "red"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_astring),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_date_and_set),
		cmocka_unit_test(test_uid_set),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_escaped),
	};

	return cmocka_run_group_tests_name("imap_cmd", tests, NULL, NULL);
}
