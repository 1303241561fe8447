/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Our reader of PST files over a mailbox made byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <sys/mman.h>
#include <unistd.h>

#include "core/io.h"
#include "tests/tools/pst_box.h"
#include "tests/tools/pst_feast.h"

static const struct pst_reader_ops *const ops = &pst_own_ops;
static unsigned bad_notes;

static void
on_note(void *arg, bool bad, const char *text)
{
	(void)arg;
	(void)text;
	bad_notes += bad;
}

static int
fd_of(struct make *m)
{
	int fd = memfd_create("pst", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(io_write_all(fd, m->file.p, m->file.n), 0);
	buf_free(&m->file);
	return fd;
}

static int
put_buf(void *arg, const void *data, size_t len, struct err *err)
{
	(void)err;
	buf_put(arg, data, len);
	return 0;
}

static void
is_stream(const struct item_stream *s, const char *want)
{
	struct buf b = { 0 };
	struct item_sink to = { put_buf, &b };
	struct err err = { 0 };

	assert_non_null(s->copy);
	assert_int_equal(s->copy(s->arg, &to, &err), 1);
	assert_string_equal(buf_str(&b), want);
	buf_free(&b);
}

static void
is_text(struct slice s, const char *want)
{
	if (!slice_is(s, want))
		fail_msg("'%.*s' is not '%s'", (int)s.n, s.p, want);
}

static void
check_message(struct item *it)
{
	struct item *in = NULL;
	struct err err = { 0 };

	is_text(it->class, "IPM.Note");
	is_text(it->subject, "Re: H\u00e9");
	assert_int_equal(it->delivered, 985219200); /* 2001-03-22 */
	assert_int_equal(it->flags, ITEM_READ | ITEM_ANSWERED | ITEM_FLAGGED);
	assert_int_equal(it->n_recipients, 2);
	assert_int_equal(it->recipients[0].type, ITEM_TO);
	is_text(it->recipients[0].who.smtp, "a@b.c");
	assert_int_equal(it->recipients[1].type, ITEM_BCC);
	is_text(it->recipients[1].who.smtp, "d@e.f");
	assert_int_equal(it->n_categories, 2);
	is_text(it->categories[0], "A");
	is_text(it->categories[1], "BC");
	is_stream(&it->rtf,
	    "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}"
	    "\r\n");
	is_stream(&it->plain.stream, "hello world");
	/* true RTF: as HTML, too */
	assert_non_null(it->html.stream.copy);
	assert_int_equal(it->n_attachments, 2);
	is_text(it->attachments[0].name, "a.b");
	is_stream(&it->attachments[0].data, "bytes");
	assert_int_equal(it->attachments[0].data.size, 5);
	assert_int_equal(it->attachments[1].method, ITEM_ATTACH_ITEM);
	assert_int_equal(
	    it->attachments[1].open(it->attachments[1].arg, &in, &err), 0);
	is_text(in->subject, "in");
	is_stream(&in->plain.stream, "body");
	item_close(&in);
}

static void
check_box(struct pst_reader *r)
{
	static const struct {
		enum pst_node_what what;
		uint32_t nid, parent;
	} want[] = {
		{ PST_NODE_FOLDER, BOX_ROOT, 0 },
		{ PST_NODE_FOLDER, BOX_INBOX, BOX_ROOT },
		{ PST_NODE_MESSAGE, BOX_MESSAGE, BOX_INBOX },
		{ PST_NODE_MESSAGE, BOX_LOST, BOX_INBOX },
		{ PST_NODE_MESSAGE, BOX_ORPHAN, 0 },
	};
	struct pst_folder f;
	struct pst_node node;
	struct item *it = NULL;
	struct err err = { 0 };
	size_t i;

	for (i = 0; i < 5; i++) {
		assert_int_equal(ops->next(r, &node), 1);
		assert_int_equal(node.what, want[i].what);
		assert_int_equal(node.nid, want[i].nid);
		assert_int_equal(node.parent, want[i].parent);
		if (node.nid == BOX_INBOX) {
			assert_int_equal(ops->folder(r, node.nid, &f, &err), 0);
			is_text(f.name, "In\u3000");
			assert_int_equal(f.messages, 1);
		} else if (node.nid == BOX_MESSAGE) {
			assert_int_equal(ops->item(r, node.nid, &it, &err), 0);
			check_message(it);
			item_close(&it);
		} else if (node.nid == BOX_LOST) {
			assert_int_equal(ops->item(r, node.nid, &it, &err), -1);
			assert_int_equal(err.scope, SCOPE_MSG);
		} else if (node.nid == BOX_ORPHAN) {
			assert_int_equal(ops->item(r, node.nid, &it, &err), 0);
			is_text(it->subject, "8 bit");
			item_close(&it);
		}
	}
	assert_int_equal(ops->next(r, &node), 0);
	assert_int_equal(ops->next(r, &node), 0);
}

static void
test_box(void **state)
{
	struct pst_open in = { .note = on_note };
	const struct pst_store *s;
	struct pst_reader *r = NULL;
	struct make m;
	struct err err = { 0 };
	uint64_t child;
	int i;

	(void)state;
	for (i = 0; i < 6; i++) {
		bad_notes = 0;
		box_make(&m, i >= 3, (enum pst_crypt)(i % 3));
		in.fd = fd_of(&m);
		assert_int_equal(ops->open(&r, &in, &err), 0);
		s = ops->store(r);
		assert_int_equal(s->format, i >= 3 ? PST_ANSI : PST_UNICODE);
		assert_true(s->password);
		assert_int_equal(s->ipm, BOX_INBOX);
		assert_int_equal(s->messages, 2);
		assert_int_equal(ops->child(r, BOX_ROOT, 0, &child), 1);
		assert_int_equal(child, BOX_INBOX);
		assert_int_equal(ops->child(r, BOX_ROOT, 1, &child), 0);
		check_box(r);
		/* the lost message, and nothing else */
		assert_int_equal(bad_notes, 1);
		ops->close(&r);
		assert_null(r);
		close(in.fd);
	}
}

/* Each byte in its turn, and each length: nothing but the outcome differs. */
static void
test_damage(void **state)
{
	struct feast f = { 0 };
	struct make m;
	size_t i, n;
	char c;
	int fd;

	(void)state;
	box_make(&m, false, PST_CRYPT_NONE);
	n = m.file.n;
	fd = fd_of(&m);
	for (i = 0; i < n; i++) {
		assert_int_equal(pread(fd, &c, 1, (off_t)i), 1);
		c = (char)~c;
		assert_int_equal(pwrite(fd, &c, 1, (off_t)i), 1);
		feast_on(fd, &f);
		c = (char)~c;
		assert_int_equal(pwrite(fd, &c, 1, (off_t)i), 1);
	}
	assert_true(f.items > n);
	for (; n > 0; n -= n > 64 ? 64 : n) {
		assert_int_equal(ftruncate(fd, (off_t)n), 0);
		feast_on(fd, &f);
	}
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_box),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
