/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vCards: what is written is read back, field by field, in both versions;
 * the text itself follows RFC 6350 (and RFC 2426): folding, escapes, URIs;
 * cards that others wrote are understood; notes likewise.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "core/arena.h"
#include "core/base64.h"
#include "core/io.h"
#include "core/mem.h"
#include "formats/item_note.h"
#include "formats/vcard.h"

#define NASTY "a,b;c\\d \"e\" ^f\nline two \xc3\xbc\xe6\x97\xa5 "

static int
to_buf(void *arg, const void *data, size_t len, struct err *err)
{
	(void)err;
	buf_put(arg, data, len);
	return 0;
}

static int
copy_slice(void *arg, const struct item_sink *to, struct err *err)
{
	const struct slice *s = arg;
	size_t at, n;

	/* in pieces of an odd size */
	for (at = 0; at < s->n; at += n) {
		n = s->n - at < 7 ? s->n - at : 7;
		if (to->put(to->arg, s->p + at, n, err) != 0)
			return -1;
	}
	return 1;
}

static struct item_stream
stream_of(struct slice *s)
{
	return (
	    struct item_stream){ .copy = copy_slice, .arg = s, .size = s->n };
}

static void
take(const struct item_stream *s, struct buf *out)
{
	struct item_sink to = { to_buf, out };
	struct err err = { 0 };

	assert_non_null(s->copy);
	if (s->copy(s->arg, &to, &err) != 1)
		fail_msg("stream: %s", err.text);
}

static int
file_of(struct slice s)
{
	FILE *f = tmpfile();
	int fd;

	assert_non_null(f);
	fd = dup(fileno(f));
	fclose(f);
	assert_int_equal(io_write_all(fd, s.p, s.n), 0);
	return fd;
}

/* ------------------------------------------------------------ round trips */

static struct arena mem;

static struct slice
made(const char *what, size_t i)
{
	return slice_str(arena_fmt(&mem, "%s%zu " NASTY "end", what, i));
}

static void
fill(struct contact *c)
{
	static struct slice children[2], keys[2];
	static struct contact_extra extra[2];
	size_t i;

	memset(c, 0, sizeof(*c));
	for (i = 0; i < CONTACT_TEXTS; i++)
		c->text[i] = made("text", i);
	/* URIs have no line ends */
	c->text[CONTACT_WEB_WORK] = slice_str("https://example.com/a,b;c?d=e");
	c->text[CONTACT_WEB_HOME] = slice_str("https://example.org/~jane");
	c->text[CONTACT_WEB] = slice_str("my page, at home");
	c->text[CONTACT_FREEBUSY] = slice_str("https://example.com/fb");
	c->text[CONTACT_IM] = slice_str("sip:jane@example.org");
	for (i = 0; i < CONTACT_PHONES; i++)
		c->phone[i] = slice_str(arena_fmt(&mem, "+1 555 %04zu", i));
	for (i = 0; i < CONTACT_WHERES; i++) {
		struct contact_address *a = &c->address[i];

		a->street = made("street", i);
		a->city = made("city", i);
		a->region = made("region", i);
		a->code = made("code", i);
		a->country = made("country", i);
		a->box = made("box", i);
		a->label = made("label", i);
	}
	c->mailing = WHERE_WORK;
	for (i = 0; i < CONTACT_EMAILS; i++) {
		struct contact_email *e = &c->email[i];

		e->smtp = slice_str(arena_fmt(&mem, "jane%zu@example.org", i));
		e->display = made("Jane", i);
		e->type = slice_str("SMTP");
		e->address = e->smtp;
	}
	c->email[1].type = slice_str("EX");
	c->email[1].address = slice_str("/o=Example/ou=First/cn=JANE");
	children[0] = slice_str("Ann");
	children[1] = made("child", 1);
	c->children = children;
	c->n_children = 2;
	c->birthday = (struct contact_day){ 1931, 2, 28 };
	c->anniversary = (struct contact_day){ 0, 12, 1 };
	c->gender = 1;
	keys[0] =
	    slice_of("\x01\0\x08\0\1\0\0\0\x03\0\x0b\0\x30\x05\1\2\3\4\5", 19);
	keys[1] = slice_of("\0\0\0", 3);
	c->certificates = keys;
	c->n_certificates = 2;
	extra[0] = (struct contact_extra){ slice_str("My field: \"x\""),
		made("extra", 0) };
	extra[1] =
	    (struct contact_extra){ slice_str("Other"), made("extra", 1) };
	c->extra = extra;
	c->n_extra = 2;
}

static void
same(const char *what, size_t i, struct slice want, struct slice got)
{
	if (!slice_eq(want, got))
		fail_msg("%s %zu: '%.*s', not '%.*s'", what, i, (int)got.n,
		    got.p, (int)want.n, want.p);
}

static void
same_day(struct contact_day a, struct contact_day b)
{
	assert_int_equal(a.year, b.year);
	assert_int_equal(a.month, b.month);
	assert_int_equal(a.day, b.day);
}

static void
compare(const struct contact *a, const struct contact *b)
{
	size_t i;

	for (i = 0; i < CONTACT_TEXTS; i++)
		same("text", i, a->text[i], b->text[i]);
	for (i = 0; i < CONTACT_PHONES; i++)
		same("phone", i, a->phone[i], b->phone[i]);
	for (i = 0; i < CONTACT_WHERES; i++) {
		same("street", i, a->address[i].street, b->address[i].street);
		same("city", i, a->address[i].city, b->address[i].city);
		same("region", i, a->address[i].region, b->address[i].region);
		same("code", i, a->address[i].code, b->address[i].code);
		same("land", i, a->address[i].country, b->address[i].country);
		same("box", i, a->address[i].box, b->address[i].box);
		same("label", i, a->address[i].label, b->address[i].label);
	}
	assert_int_equal(a->mailing, b->mailing);
	for (i = 0; i < CONTACT_EMAILS; i++) {
		same("smtp", i, a->email[i].smtp, b->email[i].smtp);
		same("display", i, a->email[i].display, b->email[i].display);
		same("type", i, a->email[i].type, b->email[i].type);
		same("address", i, a->email[i].address, b->email[i].address);
	}
	assert_int_equal(a->n_children, b->n_children);
	for (i = 0; i < a->n_children; i++)
		same("child", i, a->children[i], b->children[i]);
	assert_int_equal(a->n_certificates, b->n_certificates);
	for (i = 0; i < a->n_certificates; i++)
		same("certificate", i, a->certificates[i], b->certificates[i]);
	same_day(a->birthday, b->birthday);
	same_day(a->anniversary, b->anniversary);
	assert_int_equal(a->gender, b->gender);
	assert_int_equal(a->n_extra, b->n_extra);
	for (i = 0; i < a->n_extra; i++) {
		same("extra", i, a->extra[i].name, b->extra[i].name);
		same("extra value", i, a->extra[i].value, b->extra[i].value);
	}
}

/* No line over 75 octets, none cut inside a character, each with CRLF. */
static void
check_lines(struct slice text)
{
	struct slice line;

	while (slice_next_line(&text, &line)) {
		assert_true(line.n >= 2 && line.n <= 77);
		assert_memory_equal(line.p + line.n - 2, "\r\n", 2);
		if (line.p[0] == ' ')
			assert_true(((unsigned char)line.p[1] & 0xc0) != 0x80);
	}
}

static void
write_card(const struct item *it, unsigned version, struct buf *out)
{
	struct vcard_opts opts = { .version = version };
	struct item_sink to = { to_buf, out };
	struct err err = { 0 };

	if (vcard_write(it, &opts, &to, &err) != 0)
		fail_msg("write: %s", err.text);
	check_lines(buf_slice(out));
}

static void
round_trip(unsigned version)
{
	struct slice note = slice_str("one, two; three\\\r\nfour \xe6\x97\xa5");
	struct slice photo = slice_of("\xff\xd8\xff\0\1\2\3\4", 8), file;
	struct slice cats[2] = { slice_str("Red, dark"), slice_str("Blue") };
	struct item_attach at[2];
	struct contact c;
	struct item it, *got;
	struct buf text = { 0 }, bytes = { 0 };
	struct err err = { 0 };
	char *big = mem_alloc(1, 200000);
	size_t i;
	int fd;

	for (i = 0; i < 200000; i++)
		big[i] = (char)(i * 7 + i / 256);
	file = slice_of(big, 200000);
	fill(&c);
	item_init(&it);
	it.class = slice_str("IPM.Contact.Special");
	it.uid = slice_str("200024.0123456789abcdef");
	it.contact = &c;
	it.plain.stream = stream_of(&note);
	it.plain.codepage = 65001;
	it.categories = cats;
	it.n_categories = 2;
	it.sensitivity = 2;
	it.importance = 2;
	it.modified = 1355519430;
	memset(at, 0, sizeof(at));
	at[0].method = at[1].method = ITEM_ATTACH_DATA;
	at[0].photo = true;
	at[0].name = slice_str("ContactPicture.jpg");
	at[0].data = stream_of(&photo);
	at[1].name = slice_str("a plan; of \"it\".pdf");
	at[1].data = stream_of(&file);
	it.attachments = at;
	it.n_attachments = 2;
	write_card(&it, version, &text);
	assert_non_null(strstr(buf_str(&text),
	    version == 3 ? "\r\nKEY;ENCODING=b;TYPE=X509:MAUBAgMEBQ==\r\n"
			 : "\r\nKEY:data:application/"
			   "pkix-cert;base64,MAUBAgMEBQ==\r\n"));
	fd = file_of(buf_slice(&text));
	if (vcard_read(fd, &got, &err) != 0)
		fail_msg("read: %s", err.text);
	assert_non_null(got->contact);
	compare(&c, got->contact);
	assert_true(slice_is(got->class, "IPM.Contact.Special"));
	assert_int_equal(got->sensitivity, 2);
	assert_int_equal(got->importance, 2);
	assert_int_equal(got->modified, 1355519430);
	assert_int_equal(got->n_categories, 2);
	same("category", 0, cats[0], got->categories[0]);
	take(&got->plain.stream, &bytes);
	same("note", 0, note, buf_slice(&bytes));
	buf_clear(&bytes);
	assert_int_equal(got->n_attachments, 2);
	assert_true(got->attachments[0].photo);
	take(&got->attachments[0].data, &bytes);
	same("photo", 0, photo, buf_slice(&bytes));
	buf_clear(&bytes);
	same("file", 0, at[1].name, got->attachments[1].name);
	assert_true(slice_is(got->attachments[1].mime, "application/pdf"));
	take(&got->attachments[1].data, &bytes);
	assert_true(slice_eq(file, buf_slice(&bytes)));
	item_close(&got);
	close(fd);
	buf_free(&bytes);
	buf_free(&text);
	free(big);
	arena_reset(&mem);
}

static void
test_round_trip_4(void **state)
{
	(void)state;
	round_trip(4);
}

/* Version 3 has no numbers for what is preferred, but the order tells. */
static void
test_round_trip_3(void **state)
{
	(void)state;
	round_trip(3);
}

static void
test_list(void **state)
{
	struct contact_member members[] = {
		{ .name = slice_str("Jane \"J\" Doe"),
		    .smtp = slice_str("jane@example.org"),
		    .type = slice_str("SMTP"),
		    .address = slice_str("jane@example.org"),
		    .uid = slice_str("200024.x") },
		{ .name = slice_str("John"),
		    .type = slice_str("EX"),
		    .address = slice_str("/o=Example/cn=john") },
		{ .smtp = slice_str("x@example.org"),
		    .type = slice_str("SMTP"),
		    .address = slice_str("x@example.org") },
	};
	struct contact_list l = { slice_str("Friends; all"), members, 3 };
	struct item it, *got;
	struct buf text = { 0 };
	struct err err = { 0 };
	char uid[46];
	unsigned version;
	size_t i;
	int fd;

	(void)state;
	for (version = 3; version <= 4; version++) {
		item_init(&it);
		it.class = slice_str("IPM.DistList");
		it.list = &l;
		write_card(&it, version, &text);
		fd = file_of(buf_slice(&text));
		assert_int_equal(vcard_read(fd, &got, &err), 0);
		assert_null(got->contact);
		assert_true(slice_is(got->class, "IPM.DistList"));
		same("name", 0, l.name, got->list->name);
		assert_int_equal(got->list->n_members, 3);
		for (i = 0; i < 3; i++) {
			const struct contact_member *m = &got->list->members[i];

			same("member", i, members[i].name, m->name);
			same("smtp", i, members[i].smtp, m->smtp);
			same("address", i, members[i].address, m->address);
			same("type", i, members[i].type, m->type);
		}
		assert_true(slice_is(got->list->members[0].uid,
		    vcard_uid(uid, slice_str("200024.x"))));
		item_close(&got);
		close(fd);
		buf_clear(&text);
	}
	buf_free(&text);
}

/* ------------------------------------------------------------------- text */

static void
has(const struct buf *text, const char *line)
{
	char *want = mem_fmt("\r\n%s\r\n", line);

	if (strstr(buf_str(text), want) == NULL)
		fail_msg("no line '%s' in\n%s", line, buf_str(text));
	free(want);
}

/* Line by line what the RFCs ask for. */
static void
test_text(void **state)
{
	struct contact c = { .mailing = -1 };
	struct slice blank = slice_str(" \r\n\r\n");
	struct item it;
	struct buf text = { 0 };

	(void)state;
	item_init(&it);
	it.class = slice_str("IPM.Contact");
	it.contact = &c;
	it.uid = slice_str("x");
	it.modified = 1355519430;
	it.plain.stream = stream_of(&blank);
	it.plain.codepage = 65001;
	c.text[CONTACT_GIVEN] = slice_str("Jane");
	c.text[CONTACT_FAMILY] = slice_str("Doe; Sr.");
	c.text[CONTACT_COMPANY] = slice_str("A, B\\C");
	c.email[0].smtp = slice_str("jane@example.org");
	c.birthday = (struct contact_day){ 1970, 1, 31 };
	c.phone[PHONE_HOME_FAX] = slice_str("1");
	c.address[WHERE_HOME].street = slice_str("Way 1\nRear");
	c.text[CONTACT_WEB_WORK] = slice_str("www.example.org/x");
	c.text[CONTACT_WEB_HOME] = slice_str("https://example.org");
	c.gender = 2;
	write_card(&it, 4, &text);
	assert_memory_equal(text.p, "BEGIN:VCARD\r\nVERSION:4.0\r\n", 26);
	has(&text, "FN:Jane Doe\\; Sr.");
	has(&text, "N:Doe\\; Sr.;Jane;;;");
	has(&text, "ORG:A\\, B\\\\C");
	has(&text, "EMAIL;PREF=1:jane@example.org");
	has(&text, "BDAY:19700131");
	has(&text, "TEL;TYPE=home,fax:1");
	has(&text, "ADR;TYPE=home:;;Way 1\\nRear;;;;");
	has(&text, "GENDER:M");
	has(&text, "URL;TYPE=work:http://www.example.org/x");
	has(&text, "URL;TYPE=home:https://example.org");
	has(&text, "REV:20121214T211030Z");
	/* blanks are no note */
	assert_null(strstr(buf_str(&text), "NOTE"));
	assert_memory_equal(text.p + text.n - 11, "END:VCARD\r\n", 11);
	buf_clear(&text);
	write_card(&it, 3, &text);
	has(&text, "VERSION:3.0");
	has(&text, "BDAY:1970-01-31");
	has(&text, "EMAIL;TYPE=internet;TYPE=pref:jane@example.org");
	has(&text, "REV:2012-12-14T21:10:30Z");
	buf_clear(&text);
	/* nothing at all is known: still a card */
	memset(&c, 0, sizeof(c));
	it.plain.stream.copy = NULL;
	write_card(&it, 3, &text);
	has(&text, "FN:");
	has(&text, "N:;;;;");
	buf_free(&text);
}

/* What other programs write. */
static void
test_foreign(void **state)
{
	static const char text[] =
	    "BEGIN:VCARD\nVERSION:3.0\nN:Perreault;Simon;;;ing. jr,M.Sc.\n"
	    "FN:Simon Perreault\nitem1.EMAIL;TYPE=INTERNET;TYPE=WORK:s@\n"
	    " example.org\nTEL;TYPE=CELL;TYPE=pref:+1-418-262-6501\n"
	    "TEL;TYPE=\"home,voice\":tel:+1 555\nTEL;TYPE=weird:7\n"
	    "ADR;TYPE=WORK:;Suite D2-630;2875 Laurier;Quebec;QC;G1V "
	    "2M2;Canada\n"
	    "NOTE:a\\,b\\nc\nBDAY:1980-07-14T00:00:00Z\n"
	    "PHOTO;ENCODING=b;TYPE=PNG:iVBO\n Rw0K\nX-FOO;X=1:bar\n"
	    "CATEGORIES:one,two\\,three\nEND:VCARD\nBEGIN:VCARD\nFN:B\nEND:"
	    "VCARD\n";
	struct item *it;
	struct buf bytes = { 0 };
	struct err err = { 0 };
	const struct contact *c;
	int fd = file_of(slice_of(text, sizeof(text) - 1));

	(void)state;
	assert_int_equal(vcard_read(fd, &it, &err), 0);
	c = it->contact;
	assert_true(slice_is(c->text[CONTACT_DISPLAY], "Simon Perreault"));
	assert_true(slice_is(c->text[CONTACT_SUFFIX], "ing. jr,M.Sc."));
	assert_true(slice_is(c->email[0].smtp, "s@example.org"));
	assert_true(slice_is(c->phone[PHONE_MOBILE], "+1-418-262-6501"));
	assert_true(slice_is(c->phone[PHONE_HOME], "+1 555"));
	assert_true(slice_is(c->phone[PHONE_OTHER], "7"));
	assert_true(slice_is(c->address[WHERE_WORK].street,
	    "2875 Laurier\nSuite D2-630"));
	assert_true(slice_is(c->address[WHERE_WORK].country, "Canada"));
	assert_int_equal(c->birthday.year, 1980);
	assert_int_equal(c->birthday.day, 14);
	assert_int_equal(c->n_extra, 1);
	assert_true(slice_is(c->extra[0].name, "X-FOO"));
	assert_int_equal(it->n_categories, 2);
	assert_true(slice_is(it->categories[1], "two,three"));
	take(&it->plain.stream, &bytes);
	assert_true(slice_is(buf_slice(&bytes), "a,b\r\nc"));
	buf_clear(&bytes);
	assert_int_equal(it->n_attachments, 1);
	assert_true(slice_is(it->attachments[0].mime, "image/png"));
	take(&it->attachments[0].data, &bytes);
	assert_true(slice_is(buf_slice(&bytes), "\x89PNG\r\n"));
	buf_free(&bytes);
	item_close(&it);
	close(fd);
}

static void
test_no_card(void **state)
{
	static const char *const texts[] = { "", "\n\n", "hello", "BEGIN:X\n",
		"BEGIN:VCALENDAR\nEND:VCALENDAR\n", ":::\n", "BEGIN\n" };
	struct item *it;
	struct err err = { 0 };
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		fd = file_of(slice_str(texts[i]));
		if (vcard_read(fd, &it, &err) != -1)
			fail_msg("'%s' was read", texts[i]);
		close(fd);
	}
	/* an end that is missing, params without end, a fold at the end */
	fd = file_of(slice_str("BEGIN:VCARD\nFN;A=\"b:c\nTEL;;;:\nN:\\"));
	assert_int_equal(vcard_read(fd, &it, &err), 0);
	item_close(&it);
	close(fd);
}

static void
test_note(void **state)
{
	struct slice body = slice_str("Buy milk\r\nand \xe6\x97\xa5\r\rend");
	struct slice cats[1] = { slice_str("Home") };
	struct buf text = { 0 }, bytes = { 0 };
	struct item_sink to = { to_buf, &text };
	struct item it, *got;
	struct err err = { 0 };
	int fd;

	(void)state;
	item_init(&it);
	it.class = slice_str("IPM.StickyNote");
	it.subject = slice_str("Buy milk");
	it.note_color = 1;
	it.created = 1355519430;
	it.categories = cats;
	it.n_categories = 1;
	it.plain.stream = stream_of(&body);
	it.plain.codepage = 65001;
	assert_int_equal(note_write(&it, NULL, NULL, &to, &err), 0);
	assert_string_equal(buf_str(&text),
	    "Categories: Home\nColor: green\nCreated: 2012-12-14T21:10:30Z\n\n"
	    "Buy milk\nand \xe6\x97\xa5\n\nend");
	fd = file_of(buf_slice(&text));
	assert_int_equal(note_read(fd, &got, &err), 0);
	assert_int_equal(got->note_color, 1);
	assert_int_equal(got->created, 1355519430);
	assert_int_equal(got->n_categories, 1);
	take(&got->plain.stream, &bytes);
	assert_string_equal(buf_str(&bytes),
	    "Buy milk\nand \xe6\x97\xa5\n\nend");
	item_close(&got);
	close(fd);
	/* a name of its own is told */
	buf_clear(&text);
	it.subject = slice_str("Errands");
	assert_int_equal(note_write(&it, NULL, NULL, &to, &err), 0);
	assert_memory_equal(text.p, "Subject: Errands\n", 17);
	buf_free(&text);
	buf_free(&bytes);
}

/* RFC 4648 10, in pieces of every size. */
static void
test_base64(void **state)
{
	static const struct {
		const char *plain, *coded;
	} rows[] = { { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" },
		{ "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
		{ "\xff\xfe\xfd\xfc", "//79/A==" } };
	static const char *const wrong[] = { "Z", "Zm9vY", "Zm9!", "Zg==Zg==" };
	struct buf out = { 0 };
	struct base64 b = { 0 };
	size_t i, step, at, n;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (step = 1; step < 8; step++) {
			n = strlen(rows[i].plain);
			buf_clear(&out);
			for (at = 0; at < n; at += step)
				base64_put(&b, &out, rows[i].plain + at,
				    n - at < step ? n - at : step);
			base64_end(&b, &out);
			assert_string_equal(buf_str(&out), rows[i].coded);
			n = strlen(rows[i].coded);
			buf_clear(&out);
			memset(&b, 0, sizeof(b));
			for (at = 0; at < n; at += step)
				assert_true(
				    base64_take(&b, &out, rows[i].coded + at,
					n - at < step ? n - at : step));
			assert_true(base64_done(&b, &out));
			assert_string_equal(buf_str(&out), rows[i].plain);
			memset(&b, 0, sizeof(b));
		}
	}
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		memset(&b, 0, sizeof(b));
		assert_false(
		    base64_take(&b, &out, wrong[i], strlen(wrong[i])) &&
		    base64_done(&b, &out));
	}
	buf_free(&out);
}

static int
free_mem(void **state)
{
	(void)state;
	arena_free(&mem);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip_4),
		cmocka_unit_test(test_round_trip_3),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_no_card),
		cmocka_unit_test(test_note),
		cmocka_unit_test(test_base64),
	};

	return cmocka_run_group_tests(tests, NULL, free_mem);
}
