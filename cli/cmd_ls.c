/* SPDX-License-Identifier: GPL-3.0-or-later */
/* postroad ls [--messages] SPOOL */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "cli/commands.h"
#include "cli/entry.h"
#include "core/glob.h"
#include "core/text.h"
#include "formats/folder.h"
#include "formats/spool_items.h"

struct options {
	bool messages, items, left_out;
	const char *folder;
};

static const struct opt options[] = {
	{ "messages", 'm', OPT_FLAG, NULL, "list messages, not folders",
	    OPT_AT(struct options, messages) },
	{ "items", 0, OPT_FLAG, NULL,
	    "list contacts, appointments and all else that is no mail",
	    OPT_AT(struct options, items) },
	{ "left-out", 0, OPT_FLAG, NULL,
	    "list messages that are not here, and why: duplicates, refused",
	    OPT_AT(struct options, left_out) },
	{ "folder", 0, OPT_STR, "GLOB", "only these folders",
	    OPT_AT(struct options, folder) },
	{ 0 },
};

struct list {
	struct spool *sp;
	struct glob *glob; /* or NULL: all */
	bool json;
	uint64_t folders, messages, bytes; /* shown so far */
};

static bool
is_wanted(const struct list *l, const char *path)
{
	struct buf name = { 0 };
	bool yes;

	if (l->glob == NULL)
		return true;
	folder_decode(&name, slice_str(path));
	yes = glob_test(l->glob, buf_slice(&name));
	buf_free(&name);
	return yes;
}

static void
print_folder(const struct list *l, const struct spool_folder *f)
{
	char count[32], size[32];
	struct buf line = { 0 };
	struct js *o;

	if (l->json) {
		o = entry_folder_json(f);
		js_put(&line, o);
		js_free(&o);
	} else {
		buf_putf(&line, "%10s %10s  ", text_count(count, f->messages),
		    text_size(size, f->bytes));
		entry_put_name(&line, f->path);
		if (f->special_use != NULL)
			buf_putf(&line, "  [%s]", f->special_use);
	}
	puts(buf_str(&line));
	buf_free(&line);
}

/* For people: what the folders come to, where there are several. */
static void
print_total(const struct list *l)
{
	char count[32], size[32], folders[32];

	if (!l->json && l->folders > 1)
		printf("%10s %10s  in %s folders\n",
		    text_count(count, l->messages), text_size(size, l->bytes),
		    text_count(folders, l->folders));
}

/* For people: what there is besides mail. */
static int
print_places(const struct list *l, struct err *err)
{
	struct spool_item_counts c;
	char count[32], size[32];
	size_t i;

	if (l->json || l->glob != NULL)
		return 0;
	if (spool_item_count(l->sp, &c, err) < 0)
		return -1;
	for (i = PLACE_MAIL + 1; i < ITEM_PLACES; i++)
		if (c.n[i] > 0)
			printf("%10s %10s  %s\n", text_count(count, c.n[i]),
			    text_size(size, c.bytes[i]),
			    item_place_path((enum item_place)i));
	return 0;
}

static int
list_folders(struct list *l, struct err *err)
{
	struct spool_folder f;
	int64_t id = 0;
	int rc;

	while ((rc = spool_folder_next(l->sp, &id, &f, err)) == 1) {
		if (!is_wanted(l, f.path))
			continue;
		print_folder(l, &f);
		l->folders++;
		l->messages += f.messages;
		l->bytes += f.bytes;
	}
	if (rc == 0)
		print_total(l);
	return rc < 0 ? -1 : print_places(l, err);
}

static void
print_item(const struct list *l, const struct spool_item *it)
{
	char date[32], size[32];
	struct buf line = { 0 };
	struct js *o;

	if (l->json) {
		o = entry_item_json(it);
		js_put(&line, o);
		js_free(&o);
	} else {
		date_format_iso(date, it->modified);
		buf_putf(&line, "%.10s %.5s %-7s %9s  ", date, date + 11,
		    item_kind_name(it->kind), text_size(size, it->size));
		text_escape(&line, slice_str(it->file));
		buf_puts(&line, it->lost ? " (LOST)" : "");
	}
	puts(buf_str(&line));
	buf_free(&line);
}

static int
list_items(const struct list *l, struct err *err)
{
	struct spool_item it;
	int64_t after = 0;
	int rc;

	while ((rc = spool_item_next(l->sp, &after, &it, err)) == 1 &&
	    !ferror(stdout))
		if (is_wanted(l, it.folder))
			print_item(l, &it);
	return rc < 0 ? -1 : 0;
}

static void
print_message(const struct list *l, const struct spool_entry *e)
{
	char date[32], size[32], letters[8];
	struct buf line = { 0 }, subject = { 0 };
	struct js *o;

	entry_subject(l->sp, e, &subject);
	if (l->json) {
		o = entry_json(e, buf_str(&subject));
		js_put(&line, o);
		js_free(&o);
	} else {
		date_format_iso(date, e->msg.received);
		buf_putf(&line, "%.10s %.5s %-6s %9s  ", date, date + 11,
		    msg_flag_letters(letters, e->msg.flags),
		    text_size(size, e->msg.size));
		entry_put_name(&line, e->msg.folder);
		buf_puts(&line, e->lost ? ": (LOST) " : ": ");
		text_escape(&line, buf_slice(&subject));
	}
	puts(buf_str(&line));
	buf_free(&line);
	buf_free(&subject);
}

static int
list_messages(const struct list *l, struct err *err)
{
	struct spool_iter *it;
	struct spool_entry e;
	int rc;

	if (spool_iter_open(l->sp, NULL, &it, err) < 0)
		return -1;
	while ((rc = spool_iter_next(it, &e, err)) == 1 && !ferror(stdout))
		if (is_wanted(l, e.msg.folder))
			print_message(l, &e);
	spool_iter_close(&it);
	return rc < 0 ? -1 : 0;
}

static void
print_fate(const struct list *l, const struct spool_fate *f)
{
	char size[32];
	struct buf line = { 0 };
	struct js *o;

	if (l->json) {
		o = entry_fate_json(f);
		js_put(&line, o);
		js_free(&o);
	} else {
		buf_putf(&line, "%-9s %9s  ", entry_fate_word(f->fate),
		    text_size(size, f->size));
		entry_put_name(&line, f->folder);
		buf_puts(&line, ": ");
		text_escape(&line,
		    slice_str(
			f->message_id[0] == '\0' ? f->key : f->message_id));
		buf_puts(&line, ": ");
		text_escape(&line, slice_str(f->why));
	}
	puts(buf_str(&line));
	buf_free(&line);
}

static int
list_left_out(const struct list *l, struct err *err)
{
	struct spool_fate f;
	int64_t row = 0;
	int rc;

	while ((rc = spool_fate_next(l->sp, &row, &f, err)) == 1 &&
	    !ferror(stdout))
		if (is_wanted(l, f.folder))
			print_fate(l, &f);
	return rc < 0 ? -1 : 0;
}

static int
run(const struct cmd *cmd, int argc, char **argv)
{
	struct options o = { 0 };
	struct common co = { 0 };
	void *into[OPT_TABLES] = { &o, &co };
	struct list l = { 0 };
	struct err err = { 0 };
	int at, rc;

	at = options_parse(cmd, into, argc, argv, 1, 1, &err);
	if (at < 0 || common_begin(&co, &err) < 0)
		return cmd_fail(&co, &err);
	l.json = co.json;
	if (o.items + o.messages + o.left_out > 1) {
		err_set(&err, SCOPE_RUN, EX_USAGE,
		    "--messages, --items and --left-out: give one of them");
		return cmd_fail(&co, &err);
	}
	if ((o.folder != NULL &&
		glob_new(&l.glob, slice_str(o.folder), 0, &err) < 0) ||
	    spool_open(&l.sp, argv[at], SPOOL_READ, 0, &err) < 0) {
		glob_free(&l.glob);
		return cmd_fail(&co, &err);
	}
	rc = o.items	 ? list_items(&l, &err)
	    : o.messages ? list_messages(&l, &err)
	    : o.left_out ? list_left_out(&l, &err)
			 : list_folders(&l, &err);
	spool_close(&l.sp);
	glob_free(&l.glob);
	return rc < 0 ? cmd_fail(&co, &err) : cmd_flush(0);
}

const struct cmd cmd_ls = {
	.name = "ls",
	.operands = "SPOOL",
	.summary = "List a spool's folders, its messages, or its items",
	.text = "With --json, one JSON object a line (JSON Lines).",
	.tables = { options, common_options },
	.run = run,
};
