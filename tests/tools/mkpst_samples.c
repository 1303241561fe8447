/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes the PSTs among the samples, with the project's own writer; run by
 * mksamples.sh, which knows what must come out of them:
 *
 *	mkpst_samples office OUT.pst PARTS	mail
 *	mkpst_samples organizer OUT.pst PARTS	everything else
 *
 * PARTS is a directory with the attachments: figures.csv, notes.txt,
 * logo.png, photo.png.  The same files give the same bytes.  ENCODE=0: not
 * encoded.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "formats/contact.h"
#include "formats/event.h"
#include "formats/pst/store_items.h"

#define S(text)                                                                \
	{                                                                      \
		(text), sizeof(text) - 1                                       \
	}
#define PART_MAX 4096
#define MINUTE	 60
#define HOUR	 (60 * MINUTE)
#define DAY	 (24 * HOUR)
#define MAY_2012 ((int64_t)1335830400) /* 2012-05-01T00:00:00Z, a Tuesday */

static struct err err;
static const char *parts;

static void
check(int rc)
{
	if (rc < 0) {
		fprintf(stderr, "mkpst_samples: %s\n", err.text);
		exit(1);
	}
}

/* --------------------------------------------------------------- streams */

static int
copy_text(void *arg, const struct item_sink *to, struct err *e)
{
	const char *s = arg;

	return to->put(to->arg, s, strlen(s), e) < 0 ? -1 : 1;
}

static int
copy_part(void *arg, const struct item_sink *to, struct err *e)
{
	char path[PART_MAX], data[PART_MAX];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", parts, (const char *)arg);
	f = fopen(path, "rb");
	if (f == NULL) {
		perror(path);
		exit(66);
	}
	n = fread(data, 1, sizeof(data), f);
	fclose(f);
	return to->put(to->arg, data, n, e) < 0 ? -1 : 1;
}

static struct item_stream
text_stream(char *s)
{
	return (struct item_stream){ copy_text, s, strlen(s) };
}

static struct item_attach
part(char *file, const char *name, const char *mime)
{
	return (struct item_attach){ .method = ITEM_ATTACH_DATA,
		.name = slice_str(name),
		.mime = slice_str(mime),
		.position = -1,
		.data = { copy_part, file, 0 } };
}

/* ------------------------------------------------------------------ mail */

static void
no_close(struct item *item)
{
	(void)item;
}

static const struct item_person desk = { .name = S("Front Desk"),
	.smtp = S("desk@example.org") };
static const struct item_person accounts = { .name = S("Accounts"),
	.smtp = S("accounts@example.org") };
static struct item_recipient all[] = {
	{ .type = ITEM_TO,
	    .who = { .name = S("Sales"), .smtp = S("sales@example.org") } },
	{ .type = ITEM_CC,
	    .who = { .name = S("Front Desk"), .smtp = S("desk@example.org") } },
	{ .type = ITEM_BCC,
	    .who = { .name = S("Audit"), .smtp = S("audit@example.org") } },
};

/* Mail number 'n' of the sample, received on the n-th of May 2012. */
static void
begin(struct item *m, int n, const char *id, const char *subject, char *text)
{
	item_init(m);
	m->close = no_close;
	m->class = slice_str("IPM.Note");
	m->uid = m->message_id = slice_str(id);
	m->subject = slice_str(subject);
	m->from = accounts;
	m->submitted = MAY_2012 + (n - 1) * DAY + 9 * HOUR;
	m->delivered = m->submitted + 30;
	m->created = m->delivered;
	m->recipients = all;
	m->n_recipients = 2;
	m->flags = ITEM_READ;
	if (text != NULL) {
		m->plain.stream = text_stream(text);
		m->plain.codepage = 65001;
	}
}

static void
put(struct pst_store_out *s, struct item *m)
{
	uint32_t nid;

	check(pst_store_message(s, m, &nid, &err));
}

static uint32_t
folder(struct pst_store_out *s, uint32_t parent, const char *name,
    const char *class)
{
	uint32_t nid =
	    pst_store_folder(s, parent, slice_str(name), class, &err);

	if (nid == 0)
		check(-1);
	return nid;
}

static int
open_minutes(void *arg, struct item **item_r, struct err *e)
{
	static char text[] = "Present: all.\n";
	static struct item m;

	(void)arg;
	(void)e;
	begin(&m, 1, "<pst.inner@example.org>", "Minutes", text);
	m.from = desk;
	m.n_recipients = 1;
	*item_r = &m;
	return 0;
}

static void
put_inbox(struct pst_store_out *s)
{
	static struct slice categories[] = { S("Red Category"),
		S("\xc3\x84rger") };
	static char html[] = "<html><body><p>Our <b>logo</b>: "
			     "<img src=\"cid:logo@example.org\"></p></body>"
			     "</html>\r\n";
	static char rtf[] = "{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl"
			    "{\\f0\\fswiss Arial;}}\\pard\\f0\\fs20 "
			    "Signed, \\b and sealed\\b0 .\\par}";
	struct item_attach a[2];
	struct item m;

	begin(&m, 2, "<pst.1@example.org>", "Quarterly figures",
	    (char[]){ "Two files are attached.\n" });
	m.flags |= ITEM_FLAGGED;
	m.categories = categories;
	m.n_categories = 2;
	m.importance = 2;
	a[0] = part((char[]){ "figures.csv" }, "figures.csv", "text/csv");
	a[1] = part((char[]){ "notes.txt" },
	    "R\xc3\xa9sum\xc3\xa9 \xe5\xb1\xa5\xe6\xad\xb4.txt", "text/plain");
	m.attachments = a;
	m.n_attachments = 2;
	put(s, &m);

	begin(&m, 3, "<pst.2@example.org>", "Minutes to pass on",
	    (char[]){ "See the message attached.\n" });
	m.flags |= ITEM_ANSWERED;
	a[0] = (struct item_attach){ .method = ITEM_ATTACH_ITEM,
		.name = slice_str("Minutes"),
		.position = -1,
		.open = open_minutes };
	m.attachments = a;
	m.n_attachments = 1;
	put(s, &m);

	begin(&m, 4, "<pst.3@example.org>", "In RTF", NULL);
	m.flags = 0;
	m.rtf = text_stream(rtf);
	put(s, &m);

	begin(&m, 5, "<pst.4@example.org>", "With a picture",
	    (char[]){ "Our logo: [logo]\n" });
	m.html.stream = text_stream(html);
	m.html.codepage = 65001;
	a[0] = part((char[]){ "logo.png" }, "logo.png", "image/png");
	a[0].cid = slice_str("logo@example.org");
	a[0].hidden = a[0].related = true;
	m.attachments = a;
	m.n_attachments = 1;
	put(s, &m);
}

static void
make_office(struct pst_store_out *s)
{
	static const char *const odd[] = { "Team\xe3\x80\x80"
					   "A",			    /* U+3000 */
		"\xe9\x80\x81\xe4\xbf\xa1\xe6\xb8\x88\xe3\x81\xbf", /* ja */
		"\xd7\xa2\xd7\x91\xd7\xa8\xd7\x99\xd7\xaa",	    /* he */
		"In/Out", "\xf0\x9f\x93\xac post" };
	struct item m;
	uint32_t nid;
	char id[40];
	int i;

	nid = folder(s, PST_STORE_TOP, "Inbox", NULL);
	pst_store_role(s, PST_STORE_INBOX, nid);
	put_inbox(s);
	nid = folder(s, PST_STORE_TOP, "Sent Items", NULL);
	pst_store_role(s, PST_STORE_SENT, nid);
	begin(&m, 6, "<pst.5@example.org>", "With a blind copy",
	    (char[]){ "One reader is not named to the others.\n" });
	m.from = desk;
	m.flags |= ITEM_FROM_ME;
	m.n_recipients = 3;
	put(s, &m);
	nid = folder(s, PST_STORE_TOP, "Projects", NULL);
	for (i = 0; i < 5; i++) {
		folder(s, nid, odd[i], NULL);
		snprintf(id, sizeof(id), "<pst.%d@example.org>", 6 + i);
		begin(&m, 7 + i, id, odd[i],
		    (char[]){ "In a folder of this name.\n" });
		m.n_recipients = 1;
		put(s, &m);
	}
	folder(s, PST_STORE_TOP, "Empty", NULL);
}

/* -------------------------------------------------------- everything else */

static void
begin_item(struct item *m, const char *uid, int day)
{
	item_init(m);
	m->close = no_close;
	m->uid = slice_str(uid);
	m->created = m->modified = MAY_2012 + (day - 1) * DAY;
	m->flags = ITEM_READ;
}

static void
put_contacts(struct pst_store_out *s)
{
	static struct contact jane, ren;
	static struct contact_member members[] = {
		{ .name = S("Jane Doe"),
		    .smtp = S("jane@example.org"),
		    .type = S("SMTP"),
		    .address = S("jane@example.org") },
		{ .name = S("\xe5\xb1\xb1\xe7\x94\xb0 \xe8\x93\xae"),
		    .smtp = S("ren@example.com"),
		    .type = S("SMTP"),
		    .address = S("ren@example.com") },
	};
	static struct contact_list board = { .name = S("Board"),
		.members = members,
		.n_members = 2 };
	struct item_attach photo;
	struct item m;

	folder(s, PST_STORE_TOP, "Contacts", PST_CLASS_CONTACTS);
	begin_item(&m, "contact.1", 1);
	m.contact = &jane;
	m.plain.stream = text_stream((char[]){ "Met in Bern.\n" });
	m.plain.codepage = 65001;
	jane.text[CONTACT_DISPLAY] = slice_str("Jane Doe");
	jane.text[CONTACT_GIVEN] = slice_str("Jane");
	jane.text[CONTACT_FAMILY] = slice_str("Doe");
	jane.text[CONTACT_FILE_AS] = slice_str("Doe, Jane");
	jane.text[CONTACT_COMPANY] = slice_str("Example Ltd");
	jane.text[CONTACT_TITLE] = slice_str("Director");
	jane.phone[PHONE_WORK] = slice_str("+41 31 555 01 01");
	jane.phone[PHONE_MOBILE] = slice_str("+41 79 555 01 02");
	jane.email[0].display = slice_str("Jane Doe");
	jane.email[0].smtp = slice_str("jane@example.org");
	jane.email[1].smtp = slice_str("jane.doe@example.com");
	jane.address[WHERE_WORK].street = slice_str("Bundesplatz 3");
	jane.address[WHERE_WORK].city = slice_str("Bern");
	jane.address[WHERE_WORK].code = slice_str("3003");
	jane.address[WHERE_WORK].country = slice_str("Switzerland");
	jane.mailing = WHERE_WORK;
	jane.birthday = (struct contact_day){ 1971, 2, 28 };
	photo =
	    part((char[]){ "photo.png" }, "ContactPicture.png", "image/png");
	photo.photo = true;
	m.attachments = &photo;
	m.n_attachments = 1;
	put(s, &m);

	begin_item(&m, "contact.2", 2);
	m.contact = &ren;
	ren.mailing = -1;
	ren.text[CONTACT_DISPLAY] = members[1].name;
	ren.text[CONTACT_GIVEN] = slice_str("\xe8\x93\xae");
	ren.text[CONTACT_FAMILY] = slice_str("\xe5\xb1\xb1\xe7\x94\xb0");
	ren.text[CONTACT_YOMI_GIVEN] = slice_str("\xe3\x82\x8c\xe3\x82\x93");
	ren.text[CONTACT_YOMI_FAMILY] =
	    slice_str("\xe3\x82\x84\xe3\x81\xbe\xe3\x81\xa0");
	ren.email[0].smtp = members[1].smtp;
	ren.birthday = (struct contact_day){ 0, 12, 24 };
	put(s, &m);

	begin_item(&m, "list.1", 3);
	m.list = &board;
	put(s, &m);
}

static const struct event_zone_rule bern_rules[] = { { .year = 1996,
    .bias = -60,
    .dst_bias = -60,
    .std = { .month = 10, .day = 5, .hour = 3 },
    .dst = { .month = 3, .day = 5, .hour = 2 },
    .effective = true } };
static const struct event_zone bern = {
	.name = S("W. Europe Standard Time"),
	.shown = S("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, "
		   "Vienna"),
	.rules = bern_rules,
	.n_rules = 1,
};

/* Mondays at nine from 7 May 2012 on, ten times: the 21st is left out, the
 * 28th is at ten and called something else. */
static void
put_series(struct pst_store_out *s)
{
	static int64_t deleted[1];
	static struct event_change change;
	static struct event whole, e;
	static struct event_recur r;
	int64_t first = MAY_2012 + 6 * DAY;
	struct item m;

	event_init(&whole);
	event_init(&e);
	deleted[0] = first + 14 * DAY + 9 * HOUR;
	change.original = first + 21 * DAY + 9 * HOUR;
	change.start = change.original + HOUR;
	change.end = change.start + HOUR;
	change.differs = EVENT_SUBJECT | EVENT_LOCATION;
	change.subject = slice_str("Staff meeting (moved)");
	change.location = slice_str("Room 2");
	whole.about.uid = slice_str("series.1@example.org");
	whole.about.subject = change.subject;
	whole.about.created = MAY_2012;
	whole.about.plain = slice_str("An hour later, for the holiday.\n");
	whole.start = event_to_utc(&bern, change.start);
	whole.end = event_to_utc(&bern, change.end);
	whole.location = change.location;
	whole.zone = &bern;
	whole.replaces = change.original;
	whole.busy = EVENT_IS_BUSY;
	change.whole = &whole;
	r.rule = (struct event_rule){ .pattern = EVENT_WEEKLY,
		.every = 1,
		.weekdays = 1 << 1,
		.end = EVENT_AFTER,
		.count = 10 };
	r.first_day = first;
	r.start_min = 9 * 60;
	r.end_min = 10 * 60;
	r.deleted = deleted;
	r.n_deleted = 1;
	r.changes = &change;
	r.n_changes = 1;
	begin_item(&m, "series.1@example.org", 1);
	e.about.uid = m.uid;
	m.subject = slice_str("Staff meeting");
	m.plain.stream = text_stream((char[]){ "Every Monday.\n" });
	m.plain.codepage = 65001;
	e.start = event_to_utc(&bern, first + 9 * HOUR);
	e.end = e.start + HOUR;
	e.zone = &bern;
	e.location = slice_str("Room 1");
	e.busy = EVENT_IS_BUSY;
	e.reminder = true;
	e.reminder_min = 15;
	e.recur = &r;
	m.event = &e;
	put(s, &m);
}

static void
put_calendar(struct pst_store_out *s)
{
	static struct event_attendee who[] = {
		{ .who = { .name = S("Jane Doe"),
		      .smtp = S("jane@example.org") },
		    .role = EVENT_REQUIRED,
		    .answer = EVENT_ACCEPTED,
		    .answered = DATE_UNKNOWN },
		{ .who = { .name = S("Sales"), .smtp = S("sales@example.org") },
		    .role = EVENT_OPTIONAL,
		    .answered = DATE_UNKNOWN },
	};
	static struct event e;
	struct item m;

	folder(s, PST_STORE_TOP, "Calendar", PST_CLASS_CALENDAR);
	put_series(s);
	event_init(&e);
	begin_item(&m, "day.1@example.org", 2);
	m.subject = slice_str("Fair in Basel");
	e.about.uid = m.uid;
	e.all_day = true;
	e.start = MAY_2012 + 9 * DAY;
	e.end = MAY_2012 + 11 * DAY;
	e.zone = &bern;
	e.location = slice_str("Basel");
	e.busy = EVENT_AWAY;
	m.event = &e;
	put(s, &m);

	event_init(&e);
	begin_item(&m, "meeting.1@example.org", 3);
	m.subject = slice_str("Budget");
	e.about.uid = m.uid;
	e.start = MAY_2012 + 14 * DAY + 12 * HOUR;
	e.end = e.start + 2 * HOUR;
	e.zone = &bern;
	e.state = EVENT_STATE_MEETING;
	e.organizer = desk;
	e.attendees = who;
	e.n_attendees = 2;
	e.wants_answer = true;
	e.busy = EVENT_IS_BUSY;
	m.event = &e;
	put(s, &m);
}

static void
put_tasks(struct pst_store_out *s)
{
	static struct task t;
	struct item m;

	folder(s, PST_STORE_TOP, "Tasks", PST_CLASS_TASKS);
	task_init(&t);
	begin_item(&m, "task.1", 1);
	m.subject = slice_str("Order paper");
	t.about.uid = m.uid;
	t.start = MAY_2012 + 2 * DAY;
	t.due = MAY_2012 + 4 * DAY;
	t.status = TASK_IN_PROGRESS;
	t.percent = 50;
	t.owner = slice_str("Front Desk");
	m.importance = 2;
	m.task = &t;
	put(s, &m);
	task_init(&t);
	begin_item(&m, "task.2", 2);
	m.subject = slice_str("Sort the archive");
	t.about.uid = m.uid;
	t.status = TASK_COMPLETE;
	t.complete = true;
	t.percent = 100;
	t.completed = MAY_2012 + 3 * DAY;
	m.task = &t;
	put(s, &m);
}

static void
put_rest(struct pst_store_out *s)
{
	static struct journal j;
	struct item m;

	folder(s, PST_STORE_TOP, "Journal", PST_CLASS_JOURNAL);
	journal_init(&j);
	begin_item(&m, "journal.1", 4);
	m.subject = slice_str("Call with the printer");
	m.plain.stream = text_stream((char[]){ "Paper comes on Friday.\n" });
	m.plain.codepage = 65001;
	j.about.uid = m.uid;
	j.type = slice_str("Phone call");
	j.start = MAY_2012 + 3 * DAY + 8 * HOUR;
	j.end = j.start + 12 * MINUTE;
	j.minutes = 12;
	m.journal = &j;
	put(s, &m);

	folder(s, PST_STORE_TOP, "Notes", PST_CLASS_NOTES);
	begin_item(&m, "note.1", 5);
	m.class = slice_str("IPM.StickyNote");
	m.subject = slice_str("Door code");
	m.plain.stream =
	    text_stream((char[]){ "Door code\r\nis changed every May.\r\n" });
	m.plain.codepage = 65001;
	put(s, &m);
}

static void
make_organizer(struct pst_store_out *s)
{
	struct item m;
	uint32_t nid = folder(s, PST_STORE_TOP, "Inbox", NULL);

	pst_store_role(s, PST_STORE_INBOX, nid);
	begin(&m, 12, "<pst.11@example.org>", "Budget on the 15th",
	    (char[]){ "It is in the calendar.\n" });
	put(s, &m);

	put_contacts(s);
	put_calendar(s);
	put_tasks(s);
	put_rest(s);
}

int
main(int argc, char **argv)
{
	struct pst_store_options o = { .key = "postroad sample" };
	const char *encode = getenv("ENCODE");
	struct pst_store_out *s;
	bool office;
	int fd;

	if (argc != 4) {
		fprintf(stderr,
		    "usage: mkpst_samples office|organizer OUT.pst PARTS\n");
		return 64;
	}
	office = strcmp(argv[1], "office") == 0;
	parts = argv[3];
	o.name = slice_str(office ? "Office" : "Organizer");
	o.key[15] = office ? 1 : 2;
	o.plain = encode != NULL && strcmp(encode, "0") == 0;
	fd = open(argv[2], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0) {
		perror(argv[2]);
		return 73;
	}
	check(pst_store_open(&s, fd, &o, &err));
	if (office)
		make_office(s);
	else
		make_organizer(s);
	check(pst_store_close(&s, &err));
	return close(fd) == 0 ? 0 : 74;
}
