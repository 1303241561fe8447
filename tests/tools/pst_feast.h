/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Read everything that our reader can get out of the PST at 'fd', to the last
 * byte of the last embedded message, and throw it away. */
#ifndef TESTS_TOOLS_PST_FEAST_H
#define TESTS_TOOLS_PST_FEAST_H

#include <string.h>

#include "formats/item_out.h"
#include "formats/mime_build.h"
#include "formats/pst/check.h"
#include "formats/pst/reader.h"

#define FEAST_DEPTH 6

struct feast {
	bool carve; /* set before: look for what no tree has, too */
	uint64_t bytes, items, folders, failed;
};

static int
feast_put(void *arg, const void *data, size_t len, struct err *err)
{
	struct feast *f = arg;

	(void)data;
	(void)err;
	f->bytes += len;
	return 0;
}

static void
feast_stream(struct feast *f, const struct item_stream *s)
{
	struct item_sink to = { feast_put, f };
	struct err err = { 0 };

	if (s->copy != NULL)
		s->copy(s->arg, &to, &err);
}

/* What is no mail, as the file that it becomes. */
static void
feast_file(struct feast *f, const struct item *it)
{
	static bool begun;
	enum item_kind kind = item_out_kind(it);
	struct item_sink to = { feast_put, f };
	struct item_out_opts opts = { .vcard = f->items % 2 ? 3 : 4 };
	struct err err = { 0 };

	if (!begun)
		mime_init();
	begun = true;
	if (kind != KIND_MAIL && item_kind_of(it->class) != KIND_MAIL)
		item_out(it, kind, &opts, &to, &err);
}

static void
feast_item(struct feast *f, struct item *it, int depth)
{
	struct item *in = NULL;
	struct err err = { 0 };
	size_t i;

	f->items++;
	if (depth == 0)
		feast_file(f, it);
	feast_stream(f, &it->plain.stream);
	feast_stream(f, &it->html.stream);
	feast_stream(f, &it->rtf);
	for (i = 0; i < it->n_attachments; i++) {
		feast_stream(f, &it->attachments[i].data);
		if (depth >= FEAST_DEPTH || it->attachments[i].open == NULL)
			continue;
		if (it->attachments[i].open(it->attachments[i].arg, &in,
			&err) == 0)
			feast_item(f, in, depth + 1);
		item_close(&in);
	}
}

static bool
feast_found(void *arg, const struct pst_finding *found)
{
	struct feast *f = arg;

	f->bytes += strlen(found->what) + strlen(found->found);
	return true;
}

static bool
feast_at(void *arg, enum pst_check_phase phase, uint64_t nid)
{
	(void)arg;
	(void)phase;
	(void)nid;
	return true;
}

/* Hold it to its specification; how much is wrong. */
static inline uint64_t
feast_check(int fd)
{
	struct feast f = { 0 };
	struct pst_check_in in = { .fd = fd,
		.found = feast_found,
		.at = feast_at,
		.arg = &f };
	struct pst_checked r;
	struct err err = { 0 };

	return pst_check(&in, &r, &err) != 0 ? 1 : r.findings;
}

/* 0, or -1 when it does not open. */
static int
feast_on(int fd, struct feast *f)
{
	struct pst_open in = { .fd = fd, .carve = f->carve };
	struct pst_reader *r = NULL;
	struct pst_folder folder;
	struct pst_node node;
	struct item *it = NULL;
	struct err err = { 0 };

	if (pst_own_ops.open(&r, &in, &err) != 0)
		return -1;
	while (pst_own_ops.next(r, &node) > 0) {
		if (node.what == PST_NODE_FOLDER) {
			f->folders++;
			if (pst_own_ops.folder(r, node.nid, &folder, &err))
				f->failed++;
		} else if (pst_own_ops.item(r, node.nid, &it, &err) == 0) {
			feast_item(f, it, 0);
			item_close(&it);
		} else {
			f->failed++;
		}
	}
	pst_own_ops.close(&r);
	return 0;
}

#endif
