/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small mailbox for tests, on top of pst_make.h: store, names, root and
 * Inbox; one message in it with two recipients, categories, flags, compressed
 * RTF, a file and an embedded message; and one whose folder is gone.
 */
#ifndef TESTS_TOOLS_PST_BOX_H
#define TESTS_TOOLS_PST_BOX_H

#include "tests/tools/pst_make.h"

#define BOX_ROOT    0x122
#define BOX_INBOX   0x8022
#define BOX_MESSAGE 0x200024
#define BOX_ORPHAN  0x200044
#define BOX_LOST    0x200064 /* only the contents table knows it */

/* A string property; U() in ASCII, as UTF-16LE. */
#define BOX_TEXT(i, s)                                                         \
	{                                                                      \
		.id = (i), .type = 0x1f, .bytes = s, .n = sizeof(s) - 1        \
	}
#define BOX_LONG(i, v)                                                         \
	{                                                                      \
		.id = (i), .type = 3, .number = (v)                            \
	}

static void
box_props(struct make *m, uint64_t bid, const struct make_prop *p, unsigned n)
{
	struct buf b = { 0 };

	make_props(&b, p, n);
	make_block(m, bid, buf_slice(&b));
	buf_free(&b);
}

/*
 * A table ([MS-PST] 2.3.4) of rows with an id, a number and a string: columns
 * 0x67f2, 0x0c15, 0x3003.  Rows are { id, number, string }.
 */
struct box_row {
	uint32_t id, number;
	const char *s;
	size_t n;
};

static void
box_table(struct make *m, uint64_t bid, const struct box_row *r, unsigned n)
{
	static const unsigned columns[3][4] = { { 0x67f20003, 0, 4, 0 },
		{ 0x0c150003, 4, 4, 1 }, { 0x3003001f, 8, 4, 2 } };
	struct buf info = { 0 }, index = { 0 }, head = { 0 }, rows = { 0 };
	struct make_heap h;
	unsigned i;

	make_heap_begin(&h, 0x7c);
	make_put(&info, 0x7c | 3 << 8, 2);
	make_put(&info, 12, 2); /* 4-byte cells end, 2-byte, 1-byte, bits */
	make_put(&info, 12, 2);
	make_put(&info, 12, 2);
	make_put(&info, 13, 2);
	make_put(&info, 0x40, 4); /* the row index: allocation 2 */
	make_put(&info, n == 0 ? 0 : 0x80, 4);
	make_put(&info, 0, 4);
	for (i = 0; i < 3; i++) {
		make_put(&info, columns[i][0], 4);
		make_put(&info, columns[i][1], 2);
		make_put(&info, columns[i][2], 1);
		make_put(&info, columns[i][3], 1);
	}
	make_put(&head, 0x04b5, 2);
	make_put(&head, m->ansi ? 2 : 4, 1);
	make_put(&head, 0, 1);
	make_put(&head, n == 0 ? 0 : 0x60, 4);
	for (i = 0; i < n; i++) {
		make_put(&index, r[i].id, 4);
		make_put(&index, i, m->ansi ? 2 : 4);
		make_put(&rows, r[i].id, 4);
		make_put(&rows, r[i].number, 4);
		make_put(&rows, 0xa0 + 0x20 * i, 4);
		make_put(&rows, 0xe0, 1);
	}
	make_heap_add(&h, buf_slice(&info));
	make_heap_add(&h, buf_slice(&head));
	make_heap_add(&h, buf_slice(&index));
	make_heap_add(&h, buf_slice(&rows));
	for (i = 0; i < n; i++)
		make_heap_add(&h, slice_of(r[i].s, r[i].n));
	make_heap_end(&h);
	make_block(m, bid, buf_slice(&h.b));
	buf_free(&h.b);
	buf_free(&info);
	buf_free(&index);
	buf_free(&head);
	buf_free(&rows);
}

/* A leaf of subnodes: { nid, data, subnodes }, [MS-PST] 2.2.2.8.3.3.1 */
static void
box_subnodes(struct make *m, uint64_t bid, const uint64_t (*s)[3], unsigned n)
{
	unsigned id = make_id(m), i;
	struct buf b = { 0 };

	make_put(&b, 2, 2);
	make_put(&b, n, 2);
	make_put(&b, 0, m->ansi ? 0 : 4);
	for (i = 0; i < n; i++) {
		make_put(&b, s[i][0], id);
		make_put(&b, s[i][1], id);
		make_put(&b, s[i][2], id);
	}
	make_block(m, bid, buf_slice(&b));
	buf_free(&b);
}

#define BOX_RTF                                                                \
	"\x2d\x00\x00\x00\x2b\x00\x00\x00\x4c\x5a\x46\x75\xf1\xc5\xc7\xa7"     \
	"\x03\x00\x0a\x00\x72\x63\x70\x67\x31\x32\x35\x42\x32\x0a\xf3\x20"     \
	"\x68\x65\x6c\x09\x00\x20\x62\x77\x05\xb0\x6c\x64\x7d\x0a\x80\x0f\xa0"

static void
box_message(struct make *m)
{
	static const struct make_prop outer[] = {
		BOX_TEXT(0x001a, "I\0P\0M\0.\0N\0o\0t\0e\0"),
		/* the subject's mark, and what is behind it */
		BOX_TEXT(0x0037, "\1\0\5\0R\0e\0:\0 \0H\0\xe9\0"),
		{ .id = 0x0e06,
		    .type = 0x40,
		    .n = 8,
		    .bytes = "\x00\xc0\xa9\x09\x63\xb2\xc0\x01" },
		BOX_LONG(0x0e07, 1),
		{ .id = 0x1009,
		    .type = 0x102,
		    .n = sizeof(BOX_RTF) - 1,
		    .bytes = BOX_RTF },
		BOX_LONG(0x1081, 102),
		BOX_LONG(0x1090, 2),
		/* Keywords: two strings, at 12 and at 14 */
		{ .id = 0x8000,
		    .type = 0x101f,
		    .n = 18,
		    .bytes = "\2\0\0\0\14\0\0\0\16\0\0\0A\0B\0C\0" },
	};
	static const struct make_prop file[] = {
		{ .id = 0x3701, .type = 0x102, .bytes = "bytes", .n = 5 },
		BOX_LONG(0x3705, 1),
		BOX_TEXT(0x3707, "a\0.\0b\0"),
	};
	static const struct make_prop inner[] = {
		{ .id = 0x3701,
		    .type = 0x0d,
		    .n = 8,
		    .bytes = "\x64\x00\x20\x00\0\0\0\0" },
		BOX_LONG(0x3705, 5),
	};
	static const struct make_prop message[] = {
		BOX_TEXT(0x0037, "i\0n\0"),
		BOX_TEXT(0x1000, "b\0o\0d\0y\0"),
	};
	static const struct box_row to[] = {
		{ 0, 1, "a\0@\0b\0.\0c\0", 10 },
		{ 1, 3, "d\0@\0e\0.\0f\0", 10 },
	};
	static const uint64_t below[][3] = { { 0x692, 0x24, 0 },
		{ 0x8025, 0x28, 0 }, { 0x8045, 0x2c, 0x32 } };
	static const uint64_t deeper[][3] = { { 0x200064, 0x30, 0 } };

	box_props(m, 0x20, outer, 8);
	box_table(m, 0x24, to, 2);
	box_props(m, 0x28, file, 3);
	box_props(m, 0x2c, inner, 2);
	box_props(m, 0x30, message, 2);
	box_subnodes(m, 0x32, deeper, 1);
	box_subnodes(m, 0x36, below, 3);
}

static void
box_make(struct make *m, bool ansi, enum pst_crypt crypt)
{
	static const struct make_prop store[] = {
		{ .id = 0x0ff9,
		    .type = 0x102,
		    .bytes = "0123456789abcdef",
		    .n = 16 },
		{ .id = 0x35e0,
		    .type = 0x102,
		    .n = 24,
		    .bytes = "\0\0\0\0"
			     "0123456789abcdef"
			     "\x22\x80\0\0" },
		BOX_LONG(0x67ff, 7),
	};
	static const struct make_prop names[] = {
		{ .id = 2,
		    .type = 0x102,
		    .bytes = "0123456789abcdef",
		    .n = 16 },
		{ .id = 3, .type = 0x102, .bytes = "\0\0\0\0\5\0\0\0", .n = 8 },
		{ .id = 4,
		    .type = 0x102,
		    .n = 20,
		    .bytes = "\x10\0\0\0K\0e\0y\0w\0o\0r\0d\0s\0" },
	};
	static const struct make_prop root[] = { BOX_TEXT(0x3001, "") };
	static const struct make_prop inbox[] = {
		BOX_TEXT(0x3001, "I\0n\0\x00\x30"),
		BOX_LONG(0x3602, 1),
	};
	static const struct make_prop orphan[] = {
		{ .id = 0x0037, .type = 0x1e, .bytes = "8 bit", .n = 5 },
	};
	static const struct box_row listed[] = { { BOX_MESSAGE, 0, "", 0 },
		{ BOX_LOST, 0, "", 0 } };

	make_begin(m, ansi, crypt);
	box_props(m, 0x4, store, 3);
	box_props(m, 0x8, names, 3);
	box_props(m, 0xc, root, 1);
	box_props(m, 0x10, inbox, 2);
	box_table(m, 0x14, listed, 2);
	box_props(m, 0x18, orphan, 1);
	box_message(m);
	make_node(m, 0x21, 0x4, 0, 0);
	make_node(m, 0x61, 0x8, 0, 0);
	make_node(m, BOX_ROOT, 0xc, 0, BOX_ROOT);
	make_node(m, BOX_INBOX, 0x10, 0, BOX_ROOT);
	make_node(m, (BOX_INBOX & ~0x1fu) | 0xe, 0x14, 0, BOX_INBOX);
	make_node(m, BOX_MESSAGE, 0x20, 0x36, BOX_INBOX);
	make_node(m, BOX_ORPHAN, 0x18, 0, 0x9922);
	make_end(m);
}

#endif
