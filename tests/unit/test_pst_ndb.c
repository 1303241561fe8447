/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checksums, encodings, pages, blocks and nodes, from constructed bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <sys/mman.h>
#include <unistd.h>

#include "core/io.h"
#include "formats/pst/ltp.h"
#include "tests/tools/pst_make.h"

/* Computed bit by bit with the polynomial of [MS-PST] 5.3. */
static void
test_crc(void **state)
{
	(void)state;
	assert_int_equal(pst_crc(0, "", 0), 0);
	assert_int_equal(pst_crc(0, "123456789", 9), 0x2dfd2d88);
	assert_int_equal(pst_crc(pst_crc(0, "1234", 4), "56789", 5),
	    0x2dfd2d88);
}

static void
test_permute(void **state)
{
	/* the first entries of mpbbR, and what encodes to them */
	uint8_t b[256], head[] = { 65, 54, 19, 98, 168, 33, 110, 187 };
	int i;

	(void)state;
	pst_permute_decode(head, sizeof(head));
	for (i = 0; i < 8; i++)
		assert_int_equal(head[i], i);
	for (i = 0; i < 256; i++)
		b[i] = (uint8_t)i;
	pst_permute_encode(b, sizeof(b));
	pst_permute_decode(b, sizeof(b));
	for (i = 0; i < 256; i++)
		assert_int_equal(b[i], i);
}

static void
test_cyclic(void **state)
{
	uint8_t b[1000];
	size_t i, same = 0;

	(void)state;
	for (i = 0; i < sizeof(b); i++)
		b[i] = (uint8_t)(i * 7);
	pst_cyclic(b, sizeof(b), 0x12345678);
	for (i = 0; i < sizeof(b); i++)
		same += b[i] == (uint8_t)(i * 7);
	assert_true(same < sizeof(b) / 10);
	pst_cyclic(b, sizeof(b), 0x12345678);
	for (i = 0; i < sizeof(b); i++)
		assert_int_equal(b[i], (uint8_t)(i * 7));
}

/* ------------------------------------------------------- files made here */

static unsigned notes;

static void
on_note(void *arg, bool bad, const char *text)
{
	(void)arg;
	(void)text;
	notes += bad;
}

static int
fd_of(const struct make *m)
{
	int fd = memfd_create("pst", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(io_write_all(fd, m->file.p, m->file.n), 0);
	return fd;
}

static struct ndb *
open_made(struct make *m, int *fd_r)
{
	struct ndb_watch watch = { on_note, NULL };
	struct ndb *n = NULL;
	struct err err = { 0 };

	notes = 0;
	*fd_r = fd_of(m);
	if (ndb_open(&n, *fd_r, &watch, false, &err) != 0)
		return NULL;
	return n;
}

static void
close_made(struct make *m, struct ndb **n, int fd)
{
	ndb_close(n);
	close(fd);
	buf_free(&m->file);
}

static void
make_three(struct make *m, bool ansi, enum pst_crypt crypt)
{
	make_begin(m, ansi, crypt);
	make_block(m, 0x4, slice_str("the first"));
	make_block(m, 0x8, slice_str("the second"));
	make_node(m, 0x21, 0x4, 0, 0);
	make_node(m, 0x122, 0x8, 0, 0x122);
	make_node(m, 0x200024, 0xc, 0, 0x122);
	make_end(m);
}

static void
test_find(void **state)
{
	static const enum pst_crypt crypts[] = { PST_CRYPT_NONE,
		PST_CRYPT_PERMUTE, PST_CRYPT_CYCLIC };
	struct ndb_node node;
	struct ndb_data d;
	struct make m;
	struct ndb *n;
	struct slice s;
	struct err err = { 0 };
	int i, fd;

	(void)state;
	for (i = 0; i < 6; i++) {
		make_three(&m, i >= 3, crypts[i % 3]);
		n = open_made(&m, &fd);
		assert_non_null(n);
		assert_int_equal(ndb_info(n)->format,
		    i >= 3 ? NDB_ANSI : NDB_UNICODE);
		assert_int_equal(ndb_find(n, 0x122, &node, &err), 1);
		assert_int_equal(node.parent, 0x122);
		assert_int_equal(ndb_data_open(n, node.data, &d, &err), 0);
		assert_int_equal(d.size, 10);
		assert_int_equal(ndb_data_block(n, &d, 0, &s, &err), 1);
		assert_true(slice_is(s, "the second"));
		assert_int_equal(ndb_data_block(n, &d, 1, &s, &err), 0);
		assert_int_equal(ndb_find(n, 0x123, &node, &err), 0);
		/* a node whose block is not there */
		assert_int_equal(ndb_find(n, 0x200024, &node, &err), 1);
		assert_int_equal(ndb_data_open(n, node.data, &d, &err), -1);
		assert_int_equal(err.scope, SCOPE_MSG);
		assert_int_equal(notes, 0);
		close_made(&m, &n, fd);
	}
}

static void
test_walk(void **state)
{
	static const uint32_t want[] = { 0x21, 0x122, 0x200024 };
	struct ndb_walk w = { 0 };
	struct ndb_node node;
	struct make m;
	struct ndb *n;
	int fd, i = 0;

	(void)state;
	make_three(&m, false, PST_CRYPT_PERMUTE);
	n = open_made(&m, &fd);
	while (ndb_walk(n, &w, &node) > 0) {
		assert_true(i < 3);
		assert_int_equal(node.nid, want[i++]);
	}
	assert_int_equal(i, 3);
	close_made(&m, &n, fd);
}

/* A bit of a block: told, and the block is read all the same. */
static void
test_bad_block(void **state)
{
	struct ndb_node node;
	struct ndb_data d;
	struct make m;
	struct slice s;
	struct ndb *n;
	struct err err = { 0 };
	int fd;

	(void)state;
	make_three(&m, false, PST_CRYPT_NONE);
	m.file.p[MAKE_FIRST_DATA] ^= 1;
	n = open_made(&m, &fd);
	assert_int_equal(ndb_find(n, 0x21, &node, &err), 1);
	assert_int_equal(ndb_data_open(n, node.data, &d, &err), 0);
	assert_int_equal(ndb_data_block(n, &d, 0, &s, &err), 1);
	assert_true(slice_is(s, "uhe first"));
	assert_int_equal(notes, 1);
	/* told once */
	assert_int_equal(ndb_data_block(n, &d, 0, &s, &err), 1);
	assert_int_equal(notes, 1);
	close_made(&m, &n, fd);
}

static void
test_cut(void **state)
{
	struct make m, cut;
	struct ndb *n;
	struct err err = { 0 };
	struct ndb_node node;
	struct ndb_data d;
	struct slice s;
	size_t i;
	int fd;

	(void)state;
	make_three(&m, false, PST_CRYPT_PERMUTE);
	for (i = 0; i <= m.file.n; i += 16) {
		cut = m;
		cut.file.n = i;
		n = open_made(&cut, &fd);
		assert_true(n == NULL || i >= MAKE_BLOCKS_AT);
		if (n != NULL && ndb_find(n, 0x122, &node, &err) == 1 &&
		    ndb_data_open(n, node.data, &d, &err) == 0)
			ndb_data_block(n, &d, 0, &s, &err);
		ndb_close(&n);
		close(fd);
	}
	buf_free(&m.file);
}

/* Each tree's only page is gone: the blocks say who they are; an older copy
 * of the nodes' page lies elsewhere. */
static void
test_rescue(void **state)
{
	struct ndb_walk w = { 0 };
	struct ndb_node node;
	struct ndb_data d;
	struct make m;
	struct slice s;
	struct ndb *n;
	struct err err = { 0 };
	struct buf copy = { 0 };
	int fd, i, walked = 0;

	(void)state;
	for (i = 0; i < 2; i++) {
		make_three(&m, i > 0, PST_CRYPT_CYCLIC);
		/* what stood at the root's place, signed for another one */
		make_fill(&m.file, 0xc00);
		m.file.n = 0xc00;
		buf_put(&copy, m.file.p + MAKE_NODES_AT, 512);
		copy.n = i > 0 ? 496 : 488;
		make_put(&copy, 3, 1);
		make_put(&copy, 15, 1);
		make_put(&copy, i > 0 ? 16 : 32, 1);
		make_put(&copy, 0, i > 0 ? 1 : 5);
		make_fill(&m.file, 0xe00);
		make_page_at(&m, &copy, 0x81, 0xc00, 0x20);
		memset(m.file.p + MAKE_NODES_AT, 0, 512);
		memset(m.file.p + MAKE_BLOCKS_AT, 0, 512);
		n = open_made(&m, &fd);
		assert_non_null(n);
		assert_true(notes > 0);
		memset(&w, 0, sizeof(w));
		while (ndb_walk(n, &w, &node) > 0)
			walked++;
		assert_int_equal(ndb_find(n, 0x122, &node, &err), 1);
		assert_int_equal(ndb_data_open(n, node.data, &d, &err), 0);
		assert_int_equal(ndb_data_block(n, &d, 0, &s, &err), 1);
		assert_true(slice_is(s, "the second"));
		assert_int_equal(ndb_find(n, 0x123, &node, &err), -1);
		close_made(&m, &n, fd);
	}
	assert_int_equal(walked, 6);
}

/* An XBLOCK over an XBLOCK, and one that names itself. */
static void
test_lists(void **state)
{
	struct buf x = { 0 };
	struct ndb_node node;
	struct ndb_data d;
	struct make m;
	struct slice s;
	struct ndb *n;
	struct err err = { 0 };
	int fd;

	(void)state;
	make_begin(&m, false, PST_CRYPT_PERMUTE);
	make_block(&m, 0x4, slice_str("one, "));
	make_block(&m, 0x8, slice_str("two"));
	make_put(&x, 0x00020101, 4); /* XBLOCK, level 1, two of them */
	make_put(&x, 8, 4);
	make_put(&x, 0x4, 8);
	make_put(&x, 0x8, 8);
	make_block(&m, 0xe, buf_slice(&x));
	buf_clear(&x);
	make_put(&x, 0x00010201, 4); /* XXBLOCK */
	make_put(&x, 8, 4);
	make_put(&x, 0xe, 8);
	make_block(&m, 0x12, buf_slice(&x));
	buf_clear(&x);
	make_put(&x, 0x00010101, 4);
	make_put(&x, 8, 4);
	make_put(&x, 0x16, 8);
	make_block(&m, 0x16, buf_slice(&x));
	buf_free(&x);
	make_node(&m, 0x21, 0xe, 0, 0);
	make_node(&m, 0x41, 0x12, 0, 0);
	make_node(&m, 0x61, 0x16, 0, 0);
	make_end(&m);
	n = open_made(&m, &fd);
	assert_int_equal(ndb_find(n, 0x21, &node, &err), 1);
	assert_int_equal(ndb_data_open(n, node.data, &d, &err), 0);
	assert_int_equal(d.size, 8);
	assert_int_equal(ndb_data_block(n, &d, 1, &s, &err), 1);
	assert_true(slice_is(s, "two"));
	assert_int_equal(ndb_data_block(n, &d, 2, &s, &err), 0);
	assert_int_equal(ndb_find(n, 0x41, &node, &err), 1);
	assert_int_equal(ndb_data_open(n, node.data, &d, &err), 0);
	assert_int_equal(ndb_data_block(n, &d, 0, &s, &err), 1);
	assert_true(slice_is(s, "one, "));
	assert_int_equal(ndb_data_block(n, &d, 1, &s, &err), 1);
	assert_int_equal(ndb_data_block(n, &d, 2, &s, &err), 0);
	assert_int_equal(ndb_find(n, 0x61, &node, &err), 1);
	assert_int_equal(ndb_data_open(n, node.data, &d, &err), 0);
	assert_int_equal(ndb_data_block(n, &d, 0, &s, &err), -1);
	close_made(&m, &n, fd);
}

static bool
count_each(void *arg, const struct ndb_node *node)
{
	(void)node;
	++*(int *)arg;
	return true;
}

static void
test_subnodes(void **state)
{
	struct buf x = { 0 };
	struct ndb_node sub;
	struct make m;
	struct ndb *n;
	struct err err = { 0 };
	int fd, count = 0;

	(void)state;
	make_begin(&m, true, PST_CRYPT_NONE);
	make_block(&m, 0x4, slice_str("recipients"));
	make_put(&x, 0x00020002, 4); /* SLBLOCK: two, no padding in ANSI */
	make_put(&x, 0x671, 4);
	make_put(&x, 0x4, 4);
	make_put(&x, 0, 4);
	make_put(&x, 0x692, 4);
	make_put(&x, 0x4, 4);
	make_put(&x, 0, 4);
	make_block(&m, 0xa, buf_slice(&x));
	buf_clear(&x);
	make_put(&x, 0x00010102, 4); /* SIBLOCK */
	make_put(&x, 0x671, 4);
	make_put(&x, 0xa, 4);
	make_block(&m, 0xe, buf_slice(&x));
	buf_free(&x);
	make_node(&m, 0x200024, 0x4, 0xe, 0);
	make_end(&m);
	n = open_made(&m, &fd);
	assert_int_equal(ndb_sub_find(n, 0xe, 0x692, &sub, &err), 1);
	assert_int_equal(sub.data, 0x4);
	assert_int_equal(ndb_sub_find(n, 0xe, 0x693, &sub, &err), 0);
	assert_int_equal(ndb_sub_find(n, 0xa, 0x671, &sub, &err), 1);
	assert_int_equal(ndb_sub_each(n, 0xe, count_each, &count, &err), 0);
	assert_int_equal(count, 2);
	assert_int_equal(ndb_sub_find(n, 0x4, 0x671, &sub, &err), -1);
	close_made(&m, &n, fd);
}

static void
test_refused(void **state)
{
	static const struct {
		unsigned at;
		char value;
		const char *what;
	} rows[] = {
		{ 0, 'X', "magic" },
		{ 10, 16, "version 16" },
		{ 10, 37, "protected" },
		{ 10, 99, "version 99" },
		{ 513, 3, "encryption 3" },
		{ 513, 16, "encryption 16" },
	};
	struct make m;
	struct ndb *n;
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		make_three(&m, false, PST_CRYPT_PERMUTE);
		m.file.p[rows[i].at] = rows[i].value;
		n = open_made(&m, &fd);
		if (n != NULL)
			fail_msg("%s", rows[i].what);
		close_made(&m, &n, fd);
	}
}

/* ------------------------------------------------------------ properties */

static void
test_props(void **state)
{
	static const struct make_prop props[] = {
		{ .id = 0x0017, .type = 3, .number = 2 },
		{ .id = 0x001a, .type = 0x1f, .bytes = "I\0P\0M\0", .n = 6 },
		{ .id = 0x0e06,
		    .type = 0x40,
		    .bytes = "\1\2\3\4\5\6\7\10",
		    .n = 8 },
		{ .id = 0x0e07, .type = 3, .number = 0xffffffff },
		{ .id = 0x1000, .type = 0x1f, .number = 0x60 << 16 | 0x20 },
		{ .id = 0x1013, .type = 0x102, .number = 0x7f },
	};
	struct buf b = { 0 }, text = { 0 };
	struct ndb_node node;
	struct arena a = { 0 };
	struct ltp_props p;
	struct make m;
	struct ndb *n;
	struct err err = { 0 };
	int fd;

	(void)state;
	make_props(&b, props, 6);
	make_begin(&m, false, PST_CRYPT_PERMUTE);
	make_block(&m, 0x4, buf_slice(&b));
	make_node(&m, 0x21, 0x4, 0, 0);
	make_end(&m);
	n = open_made(&m, &fd);
	assert_int_equal(ndb_find(n, 0x21, &node, &err), 1);
	assert_int_equal(ltp_props_open(&p, n, &node, &a, &err), 0);
	assert_int_equal(p.n, 6);
	assert_int_equal(ltp_number(&p.heap, ltp_prop(&p, 0x17), -7), 2);
	assert_int_equal(ltp_number(&p.heap, ltp_prop(&p, 0xe07), -7), -1);
	assert_int_equal(ltp_number(&p.heap, ltp_prop(&p, 0xe06), -7),
	    0x0807060504030201);
	assert_int_equal(ltp_number(&p.heap, ltp_prop(&p, 0x1a), -7), -7);
	assert_null(ltp_prop(&p, 0x18));
	assert_int_equal(ltp_bytes(&p.heap, ltp_prop(&p, 0x1a), 6, &text, &err),
	    1);
	assert_int_equal(text.n, 6);
	assert_int_equal(ltp_bytes(&p.heap, ltp_prop(&p, 0x1a), 5, &text, &err),
	    0);
	/* a block of the heap, and a subnode, that are not there */
	assert_int_equal(
	    ltp_bytes(&p.heap, ltp_prop(&p, 0x1000), 99, &text, &err), -1);
	assert_int_equal(
	    ltp_bytes(&p.heap, ltp_prop(&p, 0x1013), 99, &text, &err), -1);
	buf_free(&b);
	buf_free(&text);
	arena_free(&a);
	close_made(&m, &n, fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crc),
		cmocka_unit_test(test_permute),
		cmocka_unit_test(test_cyclic),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_bad_block),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_rescue),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_subnodes),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_props),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
