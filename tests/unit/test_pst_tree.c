/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the folders of a PST come to lie, over a store made of a table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "extract/pst_tree.h"

struct row {
	uint64_t nid, parent;
	const char *name;
	bool mail;	  /* it holds a message */
	const char *want; /* "path role", "path", or "-": not there */
};

static const struct row *rows;
static size_t n_rows;
static struct pst_store store;

static const struct pst_store *
get_store(struct pst_reader *r)
{
	(void)r;
	return &store;
}

static int
get_child(struct pst_reader *r, uint64_t nid, size_t i, uint64_t *child_r)
{
	size_t k;

	(void)r;
	for (k = 0; k < n_rows; k++)
		if (rows[k].parent == nid && rows[k].nid != nid && i-- == 0) {
			*child_r = rows[k].nid;
			return 1;
		}
	return 0;
}

static void
get_name(void *arg, uint64_t nid, bool early, struct buf *name)
{
	size_t k;

	(void)arg;
	(void)early;
	for (k = 0; k < n_rows; k++)
		if (rows[k].nid == nid)
			buf_puts(name, rows[k].name);
}

static void
check(const struct row *r, size_t n)
{
	static const struct pst_reader_ops ops = { .store = get_store,
		.child = get_child };
	struct pst_tree_in in = { .ops = &ops, .name = get_name };
	struct pst_tree *t = pst_tree_new(&in);
	struct pst_place p;
	char got[500];
	size_t i;

	rows = r;
	n_rows = n;
	for (i = 0; i < n; i++) {
		struct pst_node node = { PST_NODE_FOLDER, r[i].nid, r[i].parent,
			false };

		p = pst_tree_enter(t, &node);
		if (r[i].mail) {
			node = (struct pst_node){ PST_NODE_MESSAGE, 4, r[i].nid,
				false };
			p = pst_tree_mail(t, &node);
		}
		snprintf(got, sizeof(got), "%s%s%s",
		    p.path != NULL ? p.path : "-",
		    p.special_use != NULL ? " " : "",
		    p.special_use != NULL ? p.special_use : "");
		assert_string_equal(got, r[i].want);
	}
	pst_tree_free(&t);
}

#define CHECK(r) check(r, sizeof(r) / sizeof((r)[0]))

static void
test_plain(void **state)
{
	static const struct row r[] = {
		{ 0x122, 0, "", false, "-" },
		{ 0x8022, 0x122, "Top of Outlook data file", false, "-" },
		{ 0x8062, 0x8022, "Deleted Items", false,
		    "Deleted Items \\Trash" },
		{ 0x8082, 0x8022, "Inbox", false, "INBOX" },
		{ 0x80a2, 0x8082, "a/b", false, "INBOX/a%2Fb" },
		{ 0x80c2, 0x80a2, "Inbox", false, "INBOX/a%2Fb/Inbox" },
		{ 0x80e2, 0x8022, "Odd Sent", true, "Odd Sent \\Sent" },
		{ 0x8102, 0x8022, "Sent Items", false, "Sent Items" },
		{ 0x8042, 0x122, "Search Root", false, "-" },
		{ 0x8122, 0x8042, "Elsewhere", true, "Search Root/Elsewhere" },
	};

	(void)state;
	store = (struct pst_store){ .root = 0x122,
		.ipm = 0x8022,
		.trash = 0x8062,
		.sent = 0x80e2 };
	CHECK(r);
}

/* Localized names, mail at the very top, a folder that hangs from nothing. */
static void
test_localized(void **state)
{
	static const struct row r[] = {
		{ 0x122, 0, "", true, "Root" },
		{ 0x8022, 0x122, "Anfang der Datei", true, "Anfang der Datei" },
		{ 0x8082, 0x8022, "Posteingang", true, "INBOX" },
		{ 0x80a2, 0x8022, "Entwürfe", true, "Entwürfe \\Drafts" },
		{ 0x80c2, 0x8022, "迷惑メール", true, "迷惑メール \\Junk" },
		{ 0x80e2, 0x8022, "Brouillons", true, "Brouillons" },
		{ 0x8102, 0x8022, "", true, "folder-8102" },
		{ 0x8122, 0, "Lost", true, "Lost" },
		{ 0x8142, 0x8122, "Below", true, "Lost/Below" },
	};

	(void)state;
	store = (struct pst_store){ .root = 0x122, .ipm = 0x8022 };
	CHECK(r);
}

/* Inbox by that very name before any translation of it. */
static void
test_two_inboxes(void **state)
{
	static const struct row r[] = {
		{ 0x122, 0, "", false, "-" },
		{ 0x2002, 0x122, "Root - Mailbox", false, "-" },
		{ 0x2022, 0x2002, "IPM_SUBTREE", false, "-" },
		{ 0x2042, 0x2022, "Posteingang", false, "Posteingang" },
		{ 0x2062, 0x2022, "Inbox", false, "INBOX" },
	};

	(void)state;
	store = (struct pst_store){ .root = 0x122 };
	CHECK(r);
}

/* Deeper than a spool can be: the mail is kept in the last that can. */
static void
test_deep(void **state)
{
	static struct row r[203];
	static char want[203][600];
	size_t i;

	(void)state;
	store = (struct pst_store){ .root = 0x122, .ipm = 0x8022 };
	r[0] = (struct row){ 0x122, 0, "", false, "-" };
	r[1] = (struct row){ 0x8022, 0x122, "Top", false, "-" };
	for (i = 2; i < 203; i++) {
		r[i] = (struct row){ 0x10000 + 32 * i,
			i == 2 ? 0x8022 : 0x10000 + 32 * (i - 1), "d", true,
			want[i] };
		if (i < 102)
			snprintf(want[i], sizeof(want[i]), "%s%sd",
			    i > 2 ? want[i - 1] : "", i > 2 ? "/" : "");
		else
			snprintf(want[i], sizeof(want[i]), "%s", want[101]);
	}
	CHECK(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_localized),
		cmocka_unit_test(test_two_inboxes),
		cmocka_unit_test(test_deep),
	};

	return cmocka_run_group_tests_name("pst_tree", tests, NULL, NULL);
}
