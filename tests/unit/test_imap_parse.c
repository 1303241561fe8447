/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The response parser against the grammar of RFC 3501 and 9051, the quirks
 * of real servers, and hostile sizes.  Every input goes in whole, byte by
 * byte and in threes, in blocks of exactly its size.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/date.h"
#include "core/limits.h"
#include "wire/imap_parse.h"

struct log {
	struct buf text;
	uint64_t body_bytes, numbers, responses;
	size_t line_max;
	bool quiet;
};

static const char *const kinds[] = { "tagged", "+", "state", "CAPABILITY",
	"LIST", "LSUB", "STATUS", "SEARCH", "ESEARCH", "FLAGS", "EXISTS",
	"RECENT", "EXPUNGE", "NAMESPACE", "ENABLED", "QUOTA", "QUOTAROOT",
	"VANISHED", "other" };
static const char *const states[] = { "-", "OK", "NO", "BAD", "BYE",
	"PREAUTH" };

static void
put(struct buf *b, const char *name, struct slice s)
{
	if (s.n > 0)
		buf_putf(b, " %s=%.*s", name, (int)s.n, s.p);
}

static int
on_response(void *arg, const struct imap_resp *r, struct err *err)
{
	struct log *l = arg;
	struct slice args = r->args;
	uint32_t n;

	(void)err;
	l->responses++;
	if (r->args.n > l->line_max)
		l->line_max = r->args.n;
	if (r->kind == IMAP_SEARCH)
		while (imap_number_next(&args, &n))
			l->numbers++;
	if (l->quiet)
		return 0;
	buf_puts(&l->text, kinds[r->kind]);
	put(&l->text, "tag", r->tag);
	if (r->status != IMAP_NOTHING)
		buf_putf(&l->text, " %s", states[r->status]);
	if (r->code == IMAP_CODE_OTHER)
		buf_puts(&l->text, " other");
	put(&l->text, "code", r->code_name);
	put(&l->text, "code_args", r->code_args);
	put(&l->text, "text", r->text);
	if (r->kind >= IMAP_EXISTS && r->kind <= IMAP_EXPUNGE)
		buf_putf(&l->text, " n=%llu", (unsigned long long)r->number);
	if (r->status == IMAP_NOTHING && r->kind != IMAP_CONTINUE)
		put(&l->text, "args", r->args);
	buf_putc(&l->text, '\n');
	return 0;
}

static int
on_fetch(void *arg, const struct imap_fetch *f, struct err *err)
{
	struct log *l = arg;
	struct slice flags = f->flags, flag;

	(void)err;
	buf_putf(&l->text, "fetch %u uid=%u", (unsigned)f->seq,
	    (unsigned)f->uid);
	if (f->has_flags) {
		buf_puts(&l->text, " flags=");
		while (imap_flag_next(&flags, &flag))
			buf_putf(&l->text, "%.*s,", (int)flag.n, flag.p);
	}
	if (f->has_size)
		buf_putf(&l->text, " size=%llu", (unsigned long long)f->size);
	if (f->has_date)
		buf_putf(&l->text, " date=%lld", (long long)f->internaldate);
	if (f->modseq != 0)
		buf_putf(&l->text, " modseq=%llu",
		    (unsigned long long)f->modseq);
	if (f->gm_msgid != 0)
		buf_putf(&l->text, " gm=%llu", (unsigned long long)f->gm_msgid);
	if (f->body_is_nil)
		buf_puts(&l->text, " nil");
	if (!f->has_body)
		buf_puts(&l->text, " nobody");
	buf_putc(&l->text, '\n');
	return 0;
}

static int
on_body(void *arg, const struct imap_body *b, const void *p, size_t n,
    struct err *err)
{
	struct log *l = arg;

	(void)err;
	l->body_bytes += n;
	assert_true(b->at + n <= b->size);
	if (l->quiet)
		return 0;
	if (b->at == 0) {
		buf_putf(&l->text, "body uid=%u [%.*s] ", (unsigned)b->uid,
		    (int)b->section.n, b->section.p);
		if (b->has_origin)
			buf_putf(&l->text, "<%llu> ",
			    (unsigned long long)b->origin);
		buf_putf(&l->text, "%llu:", (unsigned long long)b->size);
	}
	buf_put(&l->text, p, n);
	if (b->at + n == b->size)
		buf_putc(&l->text, '\n');
	return 0;
}

static void
log_free(struct log *l)
{
	buf_free(&l->text);
}

/* Feed it in pieces of 'piece' bytes, each a block of its own. */
static int
feed(struct log *l, const char *data, size_t n, size_t piece, struct err *err)
{
	struct imap_sink sink = { .response = on_response,
		.fetch = on_fetch,
		.body = on_body,
		.arg = l };
	struct imap_parser *p = imap_parser_new(&sink);
	size_t at, k;
	char *block;
	ssize_t rc = 0;

	for (at = 0; at < n && rc >= 0; at += k) {
		k = n - at < piece ? n - at : piece;
		block = malloc(k);
		assert_non_null(block);
		memcpy(block, data + at, k);
		rc = imap_parser_feed(p, block, k, false, err);
		if (rc >= 0)
			assert_int_equal(rc, k);
		free(block);
	}
	if (rc >= 0 && imap_parser_is_inside(p))
		buf_puts(&l->text, "inside\n");
	imap_parser_free(&p);
	return rc < 0 ? -1 : 0;
}

struct row {
	const char *in;
	const char *want; /* NULL: a protocol error */
};

static void
run(const struct row *t, size_t rows)
{
	static const size_t pieces[] = { 100000, 1, 3 };
	struct err err;
	struct log l;
	size_t i, k;
	int rc;

	for (i = 0; i < rows; i++) {
		for (k = 0; k < 3; k++) {
			memset(&l, 0, sizeof(l));
			memset(&err, 0, sizeof(err));
			rc =
			    feed(&l, t[i].in, strlen(t[i].in), pieces[k], &err);
			if (t[i].want == NULL) {
				if (rc == 0)
					fail_msg("row %zu accepted: %s", i,
					    t[i].in);
				assert_int_equal(err.status, EX_PROTOCOL);
				assert_int_equal(err.scope, SCOPE_STORE);
			} else if (rc < 0) {
				fail_msg("row %zu: %s: %s", i, t[i].in,
				    err.text);
			} else if (strcmp(buf_str(&l.text), t[i].want) != 0) {
				fail_msg("row %zu, pieces of %zu: %s\n"
					 "got:\n%swant:\n%s",
				    i, pieces[k], t[i].in, buf_str(&l.text),
				    t[i].want);
			}
			log_free(&l);
		}
	}
}

#define RUN(t) run(t, sizeof(t) / sizeof((t)[0]))

static void
test_states(void **state)
{
	static const struct row t[] = {
		{ "* OK [CAPABILITY IMAP4rev1 LITERAL+] ready\r\n",
		    "state OK code=CAPABILITY "
		    "code_args=IMAP4rev1 LITERAL+ text=ready\n" },
		{ "* BYE Autologout; idle for too long\r\n",
		    "state BYE text=Autologout; idle for too long\n" },
		{ "* PREAUTH logged in as Smith\r\n",
		    "state PREAUTH text=logged in as Smith\n" },
		{ "A1 OK [APPENDUID 38505 3955] APPEND completed\r\n",
		    "tagged tag=A1 OK code=APPENDUID "
		    "code_args=38505 3955 text=APPEND completed\n" },
		{ "A1 NO [TRYCREATE] no such mailbox\r\n",
		    "tagged tag=A1 NO code=TRYCREATE "
		    "text=no such mailbox\n" },
		{ "A1 BAD Command Argument Error. 11\r\n",
		    "tagged tag=A1 BAD text=Command Argument Error. 11\n" },
		{ "a1 ok done\r\n", "tagged tag=a1 OK text=done\n" },
		{ "A1 OK\r\n", "tagged tag=A1 OK\n" },
		{ "*  OK two spaces\r\n", "state OK text=two spaces\n" },
		{ "* OK [UIDVALIDITY 3857529045] UIDs valid\r\n",
		    "state OK code=UIDVALIDITY code_args=3857529045 "
		    "text=UIDs valid\n" },
		{ "* OK [PERMANENTFLAGS (\\Deleted \\Seen \\*)] Limited\r\n",
		    "state OK code=PERMANENTFLAGS "
		    "code_args=(\\Deleted \\Seen \\*) text=Limited\n" },
		/* Gmail: a ']' in a flag */
		{ "* OK [PERMANENTFLAGS (\\Seen [Foo] \\*)] Flags.\r\n",
		    "state OK code=PERMANENTFLAGS "
		    "code_args=(\\Seen [Foo] \\*) text=Flags.\n" },
		{ "* OK [X-UNKNOWN a b] hm\r\n",
		    "state OK other code=X-UNKNOWN code_args=a b text=hm\n" },
		{ "* OK [no end of it\r\n", "state OK text=[no end of it\n" },
		{ "* OK [HIGHESTMODSEQ] none\r\n",
		    "state OK code=HIGHESTMODSEQ text=none\n" },
		{ "+ idling\r\n", "+ text=idling\n" },
		{ "+\r\n", "+\n" },
		{ "+ \r\n", "+\n" },
		{ "\r\n* OK x\r\n", "state OK text=x\n" },
		/* no literal can stand in words */
		{ "* OK see {5}\r\nA1 NO {3}\r\n",
		    "state OK text=see {5}\ntagged tag=A1 NO text={3}\n" },
		{ "* OK half", "inside\n" },
		{ "garbage\r\n", NULL },
		{ "A1 PREAUTH x\r\n", NULL },
		{ "A1 MAYBE x\r\n", NULL },
		{ "HTTP/1.1 400 Bad Request\r\n", NULL },
		{ "SSH-2.0-OpenSSH_9.2\r\n", NULL },
		{ "* OK bare\nA1 OK x\r\n", NULL },
		{ "* OK bare\rcr\r\n", NULL },
		{ "* OK bare\r\r\n", NULL },
	};

	(void)state;
	RUN(t);
}

static int
on_code(void *arg, const struct imap_resp *r, struct err *err)
{
	(void)err;
	*(enum imap_code *)arg = r->code;
	return 0;
}

static void
test_codes(void **state)
{
	static const struct {
		const char *name;
		enum imap_code code;
	} t[] = {
		{ "[ALERT]", IMAP_CODE_ALERT },
		{ "[alreadyexists]", IMAP_CODE_ALREADYEXISTS },
		{ "[APPENDUID 1 2]", IMAP_CODE_APPENDUID },
		{ "[AUTHENTICATIONFAILED]", IMAP_CODE_AUTHENTICATIONFAILED },
		{ "[CAPABILITY X]", IMAP_CODE_CAPABILITY },
		{ "[LIMIT]", IMAP_CODE_LIMIT },
		{ "[OVERQUOTA]", IMAP_CODE_OVERQUOTA },
		{ "[READ-ONLY]", IMAP_CODE_READ_ONLY },
		{ "[THROTTLED]", IMAP_CODE_THROTTLED },
		{ "[TOOBIG]", IMAP_CODE_TOOBIG },
		{ "[TRYCREATE]", IMAP_CODE_TRYCREATE },
		{ "[UIDNEXT 4]", IMAP_CODE_UIDNEXT },
		{ "[UIDVALIDITY 4]", IMAP_CODE_UIDVALIDITY },
		{ "[UNAVAILABLE]", IMAP_CODE_UNAVAILABLE },
		{ "[TOO]", IMAP_CODE_OTHER },
		{ "[]", IMAP_CODE_OTHER },
		{ "words", IMAP_CODE_NONE },
	};
	enum imap_code got;
	struct imap_sink sink = { .response = on_code, .arg = &got };
	struct imap_parser *p = imap_parser_new(&sink);
	struct buf line = { 0 };
	struct err err = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		buf_clear(&line);
		buf_putf(&line, "A NO %s x\r\n", t[i].name);
		assert_true(
		    imap_parser_feed(p, line.p, line.n, false, &err) > 0);
		if (got != t[i].code)
			fail_msg("%s is %d", t[i].name, (int)got);
	}
	buf_free(&line);
	imap_parser_free(&p);
}

static void
test_untagged(void **state)
{
	static const struct row t[] = {
		{ "* CAPABILITY IMAP4rev1 STARTTLS\r\n",
		    "CAPABILITY args=IMAP4rev1 STARTTLS\n" },
		{ "* 23 EXISTS\r\n* 5 RECENT\r\n* 44 EXPUNGE\r\n",
		    "EXISTS n=23\nRECENT n=5\nEXPUNGE n=44\n" },
		{ "* 4294967295 EXISTS\r\n", "EXISTS n=4294967295\n" },
		{ "* 4294967296 EXISTS\r\n", NULL },
		{ "* SEARCH 2 3 6\r\n", "SEARCH args=2 3 6\n" },
		{ "* SEARCH\r\n", "SEARCH\n" },
		{ "* ESEARCH (TAG \"A1\") UID ALL 1:3,5\r\n",
		    "ESEARCH args=(TAG \"A1\") UID ALL 1:3,5\n" },
		{ "* ID (\"name\" {5}\r\nCyrus)\r\n",
		    "other args=(\"name\" {5}\r\nCyrus)\n" },
		{ "* VANISHED (EARLIER) 41,43:116\r\n",
		    "VANISHED args=(EARLIER) 41,43:116\n" },
		{ "* LIST () \"/\" {3}\r\n{4}\r\n",
		    "LIST args=() \"/\" {3}\r\n{4}\n" },
		{ "* LIST () \"/\" {0}\r\n\r\n",
		    "LIST args=() \"/\" {0}\r\n\n" },
		{ "* LIST () \"/\" {10}\r\na\r\n", "inside\n" },
		{ "* LIST () \"/\" foo}\r\n", "LIST args=() \"/\" foo}\n" },
		/* no size, or none that a name can have (I1, I2) */
		{ "* LIST () \"/\" {4294967295}\r\n", NULL },
		{ "* LIST () \"/\" {4294967296}\r\n", NULL },
		{ "* LIST () \"/\" {18446744073709551616}\r\n", NULL },
		{ "* LIST () \"/\" {524289}\r\n", NULL },
		{ "* LIST () \"/\" {-1}\r\n", NULL },
		{ "* LIST () \"/\" {01}\r\n", NULL },
		{ "* LIST () \"/\" { 5}\r\n", NULL },
		{ "* LIST () \"/\" {5+}\r\n", NULL },
		{ "* LIST () \"/\" {}\r\n", NULL },
	};

	(void)state;
	RUN(t);
}

static void
test_fetch(void **state)
{
	static const struct row t[] = {
		/* RFC 3501's examples */
		{ "* 12 FETCH (FLAGS (\\Seen) INTERNALDATE "
		  "\"17-Jul-1996 02:44:25 -0700\" RFC822.SIZE 4286 UID 7)\r\n",
		    "fetch 12 uid=7 flags=\\Seen, size=4286 date=837596665 "
		    "nobody\n" },
		{ "* 23 FETCH (FLAGS (\\Seen) UID 4827313)\r\n",
		    "fetch 23 uid=4827313 flags=\\Seen, nobody\n" },
		{ "* 1 FETCH (UID 5 BODY[] {5}\r\nhe\r\no)\r\n",
		    "body uid=5 [] 5:he\r\no\nfetch 1 uid=5\n" },
		/* the UID behind the body; a body that looks like protocol */
		{ "* 1 FETCH (BODY[] {13}\r\nA1 OK {9}\r\n)\r FLAGS (\\Seen "
		  "$a) UID 5)\r\n",
		    "body uid=0 [] 13:A1 OK {9}\r\n)\r\n"
		    "fetch 1 uid=5 flags=\\Seen,$a,\n" },
		{ "* 1 FETCH (UID 5 BODY[] {0}\r\n FLAGS ())\r\n",
		    "body uid=5 [] 0:\nfetch 1 uid=5 flags=\n" },
		{ "* 1 FETCH (UID 5 BODY[] \"a\\\"b\\\\\")\r\n",
		    "body uid=5 [] 4:a\"b\\\nfetch 1 uid=5\n" },
		{ "* 1 FETCH (UID 5 BODY[] \"\")\r\n",
		    "body uid=5 [] 0:\nfetch 1 uid=5\n" },
		{ "* 1 FETCH (UID 5 BODY[] NIL)\r\n",
		    "fetch 1 uid=5 nil nobody\n" },
		{ "* 1 FETCH (UID 5 BODY[HEADER.FIELDS (DATE \"X-A]\")] "
		  "{2}\r\n\r\n BODY[TEXT]<10> {1}\r\nx)\r\n",
		    "body uid=5 [HEADER.FIELDS (DATE \"X-A]\")] 2:\r\n\n"
		    "body uid=5 [TEXT] <10> 1:x\nfetch 1 uid=5\n" },
		{ "* 1 FETCH (UID 5 RFC822.HEADER {1}\r\nh RFC822.TEXT {1}\r\n"
		  "t RFC822 {2}\r\nht)\r\n",
		    "body uid=5 [HEADER] 1:h\nbody uid=5 [TEXT] 1:t\n"
		    "body uid=5 [] 2:ht\nfetch 1 uid=5\n" },
		{ "* 1 FETCH (UID 5 BINARY[] ~{3}\r\na\tb)\r\n",
		    "body uid=5 [] 3:a\tb\nfetch 1 uid=5\n" },
		{ "* 1 fetch (uid 5 body[] {1}\r\nx flags (\\SEEN))\r\n",
		    "body uid=5 [] 1:x\nfetch 1 uid=5 flags=\\SEEN,\n" },
		/* what we do not ask for is stepped over */
		{ "* 1 FETCH (ENVELOPE (\"d\" {4}\r\n(\"x) ((NIL)) NIL) "
		  "BODYSTRUCTURE (\"TEXT\" (\"A\" {1}\r\n)) 1) UID 5 "
		  "BODY (\"TEXT\" \"PLAIN\") EMAILID (M1))\r\n",
		    "fetch 1 uid=5 nobody\n" },
		{ "* 1 FETCH (UID 5 MODSEQ (624140003))\r\n",
		    "fetch 1 uid=5 modseq=624140003 nobody\n" },
		{ "* 1 FETCH (X-GM-MSGID 1278455344230334865 X-GM-LABELS "
		  "(\\Inbox \"a b\") UID 5)\r\n",
		    "fetch 1 uid=5 gm=1278455344230334865 nobody\n" },
		/* quirks */
		{ "* 0 FETCH (UID 5)\r\n", "fetch 0 uid=5 nobody\n" },
		{ "* 1 FETCH (UID 5 FLAGS NIL)\r\n",
		    "fetch 1 uid=5 flags= nobody\n" },
		{ "* 1 FETCH (UID 5 FLAGS \"\\\\Seen\")\r\n",
		    "fetch 1 uid=5 flags=\\Seen, nobody\n" },
		{ "* 1 FETCH (UID 5 FLAGS (\"\\Seen\" \"$x\"))\r\n",
		    "fetch 1 uid=5 flags=\\Seen,$x, nobody\n" },
		{ "* 1 FETCH (UID 5 FLAGS (a]b [x]))\r\n",
		    "fetch 1 uid=5 flags=a]b,[x], nobody\n" },
		{ "* 1 FETCH (UID 5 RFC822.SIZE 123.0)\r\n",
		    "fetch 1 uid=5 size=123 nobody\n" },
		{ "* 1 FETCH (UID 5 RFC822.SIZE NIL)\r\n",
		    "fetch 1 uid=5 nobody\n" },
		{ "* 1 FETCH (UID 5 INTERNALDATE \"00-Jan-0000 00:00:00 "
		  "+0000\")\r\n",
		    "fetch 1 uid=5 date=-1 nobody\n" },
		{ "* 1 FETCH (UID 5 INTERNALDATE NIL)\r\n",
		    "fetch 1 uid=5 date=-1 nobody\n" },
		{ "* 1 FETCH (UID 5 INTERNALDATE \" 1-Jan-2020 00:00:00 "
		  "+0000\")\r\n",
		    "fetch 1 uid=5 date=1577836800 nobody\n" },
		{ "*  1  FETCH  ( UID  5  BODY[]  {1}\r\nx )\r\n",
		    "body uid=5 [] 1:x\nfetch 1 uid=5\n" },
		{ "* 1 FETCH ((UID 5 BODY[] {1}\r\nx))\r\n",
		    "body uid=5 [] 1:x\nfetch 1 uid=5\n" },
		{ "* 1 FETCH (UID 0)\r\n", "fetch 1 uid=0 nobody\n" },
		{ "* 1 FETCH ()\r\n", "fetch 1 uid=0 nobody\n" },
		{ "* 1 FETCH (UID 5 BODY[] {5}\r\nab",
		    "body uid=5 [] 5:ab"
		    "inside\n" },
		{ "* 1 FETCH (UID 5 FLAGS (", "inside\n" },
		/* sizes that no body can have, and broken structure */
		{ "* 1 FETCH (BODY[] {18446744073709551616}\r\n", NULL },
		{ "* 1 FETCH (BODY[] {9223372036854775808}\r\n", NULL },
		{ "* 1 FETCH (BODY[] {-1}\r\n", NULL },
		{ "* 1 FETCH (BODY[] {01}\r\n", NULL },
		{ "* 1 FETCH (BODY[] { 5}\r\n", NULL },
		{ "* 1 FETCH (BODY[] {}\r\n", NULL },
		{ "* 1 FETCH (UID 4294967296)\r\n", NULL },
		{ "* 1 FETCH (UID -5)\r\n", NULL },
		{ "* 1 FETCH (UID x)\r\n", NULL },
		{ "* 1 FETCH (UID)\r\n", NULL },
		{ "* 1 FETCH (BODY[])\r\n", NULL },
		{ "* 1 FETCH (BODY[ {1}\r\nx)\r\n", NULL },
		{ "* 1 FETCH (FLAGS (\\Seen)\r\n",
		    "fetch 1 uid=0 flags=\\Seen, nobody\n" },
		{ "* 1 FETCH (FLAGS (\\Seen\r\n", NULL },
		{ "* 1 FETCH (BODY[] \"open)\r\n", NULL },
		{ "* 1 FETCH (UID 5 ENVELOPE {600000}\r\n", NULL },
	};

	(void)state;
	RUN(t);
}

static void
test_nul(void **state)
{
	static const char in[] = "* OK a\0b\r\n";
	static const char body[] = "* 1 FETCH (UID 1 BODY[] {3}\r\na\0b)\r\n";
	struct err err = { 0 };
	struct log l = { 0 };

	(void)state;
	assert_int_equal(feed(&l, in, sizeof(in) - 1, 100, &err), -1);
	assert_int_equal(err.status, EX_PROTOCOL);
	assert_int_equal(feed(&l, body, sizeof(body) - 1, 2, &err), 0);
	assert_int_equal(l.body_bytes, 3);
	log_free(&l);
}

/* I10: a line without end is refused, early. */
static void
test_endless_line(void **state)
{
	static char block[65536];
	struct imap_sink sink = { 0 };
	struct imap_parser *p = imap_parser_new(&sink);
	struct err err = { 0 };
	uint64_t fed = 0;

	(void)state;
	memset(block, 'x', sizeof(block));
	while (imap_parser_feed(p, block, sizeof(block), false, &err) >= 0)
		fed += sizeof(block);
	assert_true(fed <= LIMIT_IMAP_LINE);
	assert_int_equal(err.status, EX_PROTOCOL);
	assert_true(imap_parser_feed(p, "* OK\r\n", 6, false, &err) < 0);
	imap_parser_free(&p);
}

/* A body of 3 GiB is no matter; nor is what follows it. */
static void
test_big_body(void **state)
{
	static char block[65536];
	static const char head[] = "* 1 FETCH (UID 9 BODY[] {3221225472}\r\n";
	struct log l = { .quiet = true };
	struct imap_sink sink = { .body = on_body,
		.fetch = on_fetch,
		.arg = &l };
	struct imap_parser *p = imap_parser_new(&sink);
	struct err err = { 0 };
	uint64_t i;

	(void)state;
	assert_true(
	    imap_parser_feed(p, head, sizeof(head) - 1, false, &err) > 0);
	for (i = 0; i < 3221225472u; i += sizeof(block))
		assert_true(
		    imap_parser_feed(p, block, sizeof(block), false, &err) > 0);
	assert_true(imap_parser_is_inside(p));
	assert_true(imap_parser_feed(p, ")\r\n", 3, false, &err) > 0);
	assert_false(imap_parser_is_inside(p));
	assert_int_equal(l.body_bytes, 3221225472u);
	assert_string_equal(buf_str(&l.text), "fetch 1 uid=9\n");
	log_free(&l);
	imap_parser_free(&p);
}

static double
cpu_s(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

/* I9, I12: many literals, many numbers, many lines: time is linear. */
static double
many(const char *head, const char *unit, const char *tail, size_t n,
    struct log *l)
{
	struct buf b = { 0 };
	struct err err = { 0 };
	double t;
	size_t i;

	l->quiet = true;
	buf_puts(&b, head);
	for (i = 0; i < n; i++)
		buf_puts(&b, unit);
	buf_puts(&b, tail);
	t = cpu_s();
	if (feed(l, b.p, b.n, 4096, &err) < 0)
		fail_msg("%s", err.text);
	t = cpu_s() - t;
	buf_free(&b);
	return t;
}

static void
test_linear(void **state)
{
	static const struct {
		const char *head, *unit, *tail;
		size_t n;
	} t[] = {
		{ "* 1 FETCH (UID 1", " BODY[1] {1}\r\nx", ")\r\n", 100000 },
		{ "* 1 FETCH (UID 1 ENVELOPE (", " {1}\r\nx", "))\r\n",
		    100000 },
		{ "* SEARCH", " 4294967295", "\r\n", 1000000 },
		{ "", "* 1 EXISTS\r\n", "", 1000000 },
	};
	struct log l;
	double s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		memset(&l, 0, sizeof(l));
		s = many(t[i].head, t[i].unit, t[i].tail, t[i].n, &l);
		/* quadratic would be minutes */
		if (s > 10)
			fail_msg("row %zu took %.1f s", i, s);
		if (i == 0)
			assert_int_equal(l.body_bytes, 100000);
		if (i == 2) {
			assert_int_equal(l.numbers, 1000000);
			assert_true(l.line_max < 200000);
		}
		if (i == 3)
			assert_int_equal(l.responses, 1000000);
		log_free(&l);
	}
}

/* What comes after the first response can be left alone. */
static void
test_one(void **state)
{
	static const char in[] = "A1 OK begin TLS\r\n* OK injected\r\n";
	struct log l = { 0 };
	struct imap_sink sink = { .response = on_response, .arg = &l };
	struct imap_parser *p = imap_parser_new(&sink);
	struct err err = { 0 };

	(void)state;
	assert_int_equal(imap_parser_feed(p, in, sizeof(in) - 1, true, &err),
	    17);
	assert_string_equal(buf_str(&l.text),
	    "tagged tag=A1 OK text=begin TLS\n");
	log_free(&l);
	imap_parser_free(&p);
}

static void
test_list(void **state)
{
	static const struct {
		const char *args, *name, *attrs, *use;
		char delimiter;
		bool noselect, subscribed, ok;
	} t[] = {
		{ "(\\Noselect) \"/\" \"\"", "", "\\Noselect", "", '/', true,
		    false, true },
		{ "(\\HasNoChildren) \".\" INBOX.Sent", "INBOX.Sent",
		    "\\HasNoChildren", "", '.', false, false, true },
		{ "() \"/\" \"a \\\"b\\\\\"", "a \"b\\", "", "", '/', false,
		    false, true },
		{ "() \"\\\\\" x", "x", "", "", '\\', false, false, true },
		{ "() \"\\\" x", "x", "", "", '\\', false, false, true },
		{ "() NIL INBOX", "INBOX", "", "", 0, false, false, true },
		{ "() \"\" INBOX", "INBOX", "", "", 0, false, false, true },
		{ "() NIL NIL", "NIL", "", "", 0, false, false, true },
		{ "(\\Sent \\Subscribed) \"/\" Sent (\"OLDNAME\" (\"x\"))",
		    "Sent", "\\Sent \\Subscribed", "\\Sent", '/', false, true,
		    true },
		{ "(\\NONEXISTENT) / {3}\r\na b", "a b", "\\NONEXISTENT", "",
		    '/', true, false, true },
		{ "() \"/\" Sent Items", "Sent Items", "", "", '/', false,
		    false, true },
		{ "() \"/\" {2}\r\n\r\n", "\r\n", "", "", '/', false, false,
		    true },
		{ "() \"/\"", "", "", "", 0, false, false, false },
		{ "() \"ab\" x", "", "", "", 0, false, false, false },
		{ "(a \"/\" x", "", "", "", 0, false, false, false },
		{ "", "", "", "", 0, false, false, false },
	};
	struct buf scratch = { 0 };
	struct imap_resp r = { .kind = IMAP_LIST };
	struct imap_list l;
	char *block;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		n = strlen(t[i].args);
		block = malloc(n + 1);
		assert_non_null(block);
		memcpy(block + 1, t[i].args, n);
		r.args = slice_of(block + 1, n);
		if (imap_list_read(&r, &scratch, &l) != t[i].ok)
			fail_msg("row %zu: %s", i, t[i].args);
		if (t[i].ok) {
			assert_true(slice_is(l.name, t[i].name));
			assert_true(slice_is(l.attrs, t[i].attrs));
			assert_true(
			    slice_is(imap_special_use(l.attrs), t[i].use));
			assert_int_equal(l.delimiter, t[i].delimiter);
			assert_int_equal(l.noselect, t[i].noselect);
			assert_int_equal(l.subscribed, t[i].subscribed);
		}
		free(block);
	}
	buf_free(&scratch);
}

static void
test_status(void **state)
{
	struct buf scratch = { 0 };
	struct imap_resp r = { .kind = IMAP_STATUS };
	struct imap_mailbox_status s;

	(void)state;
	r.args = slice_str("blurdybloop (MESSAGES 231 UIDNEXT 44292)");
	assert_true(imap_status_read(&r, &scratch, &s));
	assert_true(slice_is(s.name, "blurdybloop") && s.has_messages);
	assert_int_equal(s.messages, 231);
	assert_int_equal(s.uidnext, 44292);
	r.args = slice_str("\"a (b\" (UIDVALIDITY 0 SIZE 5000000000)");
	assert_true(imap_status_read(&r, &scratch, &s));
	assert_true(slice_is(s.name, "a (b") && !s.has_messages);
	assert_int_equal(s.uidvalidity, 0);
	assert_int_equal(s.size, 5000000000u);
	r.args = slice_str("x ()");
	assert_true(imap_status_read(&r, &scratch, &s));
	r.args = slice_str("x (MESSAGES 1 HIGHESTMODSEQ)");
	assert_true(imap_status_read(&r, &scratch, &s));
	assert_int_equal(s.messages, 1);
	r.args = slice_str("x");
	assert_true(imap_status_read(&r, &scratch, &s));
	r.args = slice_str("x (UIDNEXT 4294967296)");
	assert_true(imap_status_read(&r, &scratch, &s));
	assert_int_equal(s.uidnext, 0);
	buf_free(&scratch);
}

static void
test_uidset(void **state)
{
	static const struct {
		const char *set, *want;
	} t[] = {
		{ "3955", "3955-3955 " },
		{ "3955:3957", "3955-3957 " },
		{ "4:2", "2-4 " }, /* RFC 4315: the same as 2:4 */
		{ "7,3,5:6", "7-7 3-3 5-6 " },
		{ "1:4294967295", "1-4294967295 " },
		{ "", "" },
		{ "1:*", "bad" },
		{ "*", "bad" },
		{ "0", "bad" },
		{ "0:5", "bad" },
		{ "1,", "1-1 bad" },
		{ ",1", "bad" },
		{ "1:", "bad" },
		{ "1:2:3", "bad" },
		{ "1 2", "bad" },
		{ "4294967296", "bad" },
		{ "-1", "bad" },
	};
	struct buf got = { 0 };
	struct slice s;
	uint32_t lo, hi;
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		buf_clear(&got);
		s = slice_str(t[i].set);
		while ((rc = imap_uidset_next(&s, &lo, &hi)) > 0)
			buf_putf(&got, "%u-%u ", (unsigned)lo, (unsigned)hi);
		if (rc < 0)
			buf_puts(&got, "bad");
		if (strcmp(buf_str(&got), t[i].want) != 0 &&
		    !(rc < 0 && strstr(t[i].want, "bad") != NULL))
			fail_msg("%s: got %s", t[i].set, buf_str(&got));
	}
	buf_free(&got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_untagged),
		cmocka_unit_test(test_fetch),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_endless_line),
		cmocka_unit_test(test_big_body),
		cmocka_unit_test(test_linear),
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_uidset),
	};

	return cmocka_run_group_tests_name("imap_parse", tests, NULL, NULL);
}
