/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * items2pst OUT.pst FILE...: a PST of vCards (.vcf), calendars (.ics), notes
 * (.txt) and messages that nobody knows (.class: the class, then the text),
 * each in the folder of its kind.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/io.h"
#include "formats/item_kind.h"
#include "formats/item_out.h"
#include "formats/pst/store_items.h"

static const struct {
	const char *name, *class;
	enum item_place place;
} folders[] = {
	{ "Contacts", PST_CLASS_CONTACTS, PLACE_CONTACTS },
	{ "Calendar", PST_CLASS_CALENDAR, PLACE_CALENDAR },
	{ "Tasks", PST_CLASS_TASKS, PLACE_TASKS },
	{ "Journal", PST_CLASS_JOURNAL, PLACE_JOURNAL },
	{ "Notes", PST_CLASS_NOTES, PLACE_NOTES },
	{ "Forms", PST_CLASS_MAIL, PLACE_OTHER },
};

static void
die(const char *what, const struct err *err)
{
	fprintf(stderr, "items2pst: %s: %s\n", what, err->text);
	exit(1);
}

static bool
ends(const char *name, const char *ending)
{
	size_t n = strlen(name), k = strlen(ending);

	return n > k && strcmp(name + n - k, ending) == 0;
}

static struct buf text;

static int
copy_text(void *arg, const struct item_sink *to, struct err *err)
{
	(void)arg;
	return to->put(to->arg, text.p, text.n, err) != 0 ? -1 : 1;
}

static void
keep_it(struct item *it)
{
	(void)it;
}

/* A class of its own, with a text. */
static struct item *
odd_item(const char *name)
{
	static struct item it;
	static char class[100];
	struct err err = { 0 };
	char *nl;

	buf_clear(&text);
	if (io_read_file(name, 65536, &text, &err) < 0)
		die(name, &err);
	item_init(&it);
	nl = strchr(text.p, '\n');
	snprintf(class, sizeof(class), "%.*s", (int)(nl - text.p), text.p);
	it.class = slice_str(class);
	it.subject = slice_str("An odd one");
	it.created = it.modified = 1355519430;
	it.plain.codepage = 65001;
	it.plain.stream =
	    (struct item_stream){ .copy = copy_text, .size = text.n };
	it.close = keep_it;
	return &it;
}

static struct item *
read_item(const char *name, int *fd_r)
{
	enum item_kind kind = ends(name, ".vcf") ? KIND_CONTACT
	    : ends(name, ".txt")		 ? KIND_NOTE
						 : KIND_EVENT;
	struct item *it = NULL;
	struct err err = { 0 };

	*fd_r = open(name, O_RDONLY);
	if (*fd_r < 0 || item_in(*fd_r, kind, NULL, &it, &err) != 0)
		die(name, &err);
	return it;
}

int
main(int argc, char **argv)
{
	struct pst_store_options o = { .name = slice_str("Items") };
	struct pst_store_out *s;
	struct item *it;
	struct err err = { 0 };
	uint32_t folder, nid;
	size_t f;
	int i, item_fd, fd;

	if (argc < 3)
		return 64;
	memset(o.key, 7, sizeof(o.key));
	fd = open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || pst_store_open(&s, fd, &o, &err) != 0)
		die(argv[1], &err);
	for (f = 0; f < sizeof(folders) / sizeof(folders[0]); f++) {
		folder = pst_store_folder(s, PST_STORE_TOP,
		    slice_str(folders[f].name), folders[f].class, &err);
		if (folder == 0)
			die(folders[f].name, &err);
		for (i = 2; i < argc; i++) {
			item_fd = -1;
			it = ends(argv[i], ".class")
			    ? odd_item(argv[i])
			    : read_item(argv[i], &item_fd);
			if (item_kind_place(item_kind_of(it->class)) ==
				folders[f].place &&
			    pst_store_message(s, it, &nid, &err) != 0)
				die(argv[i], &err);
			item_close(&it);
			if (item_fd >= 0)
				close(item_fd);
		}
	}
	if (pst_store_close(&s, &err) != 0)
		die(argv[1], &err);
	buf_free(&text);
	return 0;
}
