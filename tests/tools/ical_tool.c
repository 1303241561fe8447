/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The calendar code by hand, for tests:
 *
 *	ical_tool pst FILE.pst DIR	each event, task and journal entry of a
 *					PST as DIR/NID.ics, what is told of it
 *					on stderr
 *	ical_tool blobs			lines on stdin, NAME RECUR ZONE START
 *					END FLAGS, blobs in hexadecimal or '-',
 *					times in UTC, "allday,task", become
 *					iCalendar on stdout; then a line "BACK
 *					NAME HEX": what comes out when that is
 *					read and its rule encoded again
 *	ical_tool again			iCalendar on stdin, read and written
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "formats/ical.h"
#include "formats/pst/reader.h"
#include "formats/pst/recur.h"

static void
on_problem(void *arg, const char *text)
{
	fprintf(stderr, "%s: %s\n", (const char *)arg, text);
}

static void
on_note(void *arg, bool bad, const char *text)
{
	(void)arg;
	fprintf(stderr, "%s: %s\n", bad ? "lost" : "note", text);
}

static int
put_one(struct buf *out, const struct event *e, const struct task *t,
    const struct journal *j, const struct ical_opts *opts, struct err *err)
{
	return e != NULL ? ical_put_event(out, e, opts, err)
	    : t != NULL	 ? ical_put_task(out, t, opts, err)
			 : ical_put_journal(out, j, opts, err);
}

/* -------------------------------------------------------------------- pst */

static void
write_item(const struct item *it, const char *dir)
{
	char name[4096], nid[32];
	struct ical_opts opts = { .stamp = DATE_UNKNOWN,
		.problem = on_problem,
		.arg = nid };
	struct buf out = { 0 };
	struct err err = { 0 };
	FILE *f;

	snprintf(nid, sizeof(nid), "%llx", (unsigned long long)it->nid);
	snprintf(name, sizeof(name), "%s/%s.ics", dir, nid);
	if (put_one(&out, it->event, it->task, it->journal, &opts, &err) != 0)
		fprintf(stderr, "%s: %s\n", nid, err.text);
	f = fopen(name, "w");
	if (f == NULL) {
		perror(name);
		exit(1);
	}
	fwrite(out.p, 1, out.n, f);
	fclose(f);
	buf_free(&out);
}

static int
read_pst(const char *path, const char *dir)
{
	struct pst_open in = { .fd = open(path, O_RDONLY), .note = on_note };
	struct pst_reader *r;
	struct pst_node node;
	struct item *it;
	struct err err = { 0 };

	if (in.fd < 0 || pst_own_ops.open(&r, &in, &err) != 0) {
		fprintf(stderr, "%s: %s\n", path, err.text);
		return 1;
	}
	while (pst_own_ops.next(r, &node)) {
		if (node.what != PST_NODE_MESSAGE)
			continue;
		if (pst_own_ops.item(r, node.nid, &it, &err) != 0) {
			fprintf(stderr, "%s\n", err.text);
			continue;
		}
		if (it->event != NULL || it->task != NULL ||
		    it->journal != NULL)
			write_item(it, dir);
		item_close(&it);
	}
	pst_own_ops.close(&r);
	close(in.fd);
	return 0;
}

/* ------------------------------------------------------------------ blobs */

static struct slice
bytes(const char *hex, struct arena *a)
{
	size_t n = strlen(hex) / 2, i;
	char *p = arena_alloc(a, n + 1);

	if (strcmp(hex, "-") == 0)
		return slice_of("", 0);
	for (i = 0; i < n; i++) {
		char two[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

		p[i] = (char)strtoul(two, NULL, 16);
	}
	return slice_of(p, n);
}

static void
put_back(const char *name, const struct event *e, const struct task *t)
{
	const struct event_recur *r = e != NULL ? e->recur : t->recur;
	struct buf b = { 0 };
	struct err err = { 0 };
	size_t i;

	printf("BACK %s ", name);
	if (r == NULL)
		printf("-");
	else if (pst_recur_encode(&b, r,
		     e != NULL ? PST_RECUR_EVENT : PST_RECUR_TASK, &err) != 0)
		printf("%s", err.text);
	for (i = 0; i < b.n; i++)
		printf("%02x", (unsigned char)b.p[i]);
	printf("\n");
	buf_free(&b);
}

static int
one_line(char *line, struct arena *a)
{
	char *f[6], *at = line;
	struct event_recur recur;
	struct event_zone zone;
	struct event e;
	struct task t;
	struct ical_opts opts = { .stamp = 0, .problem = on_problem };
	struct ical_file file;
	struct buf out = { 0 };
	struct err err = { 0 };
	bool task;
	int i;

	for (i = 0; i < 6; i++)
		f[i] = strsep(&at, " \n");
	if (f[5] == NULL)
		return 1;
	opts.arg = f[0];
	task = strstr(f[5], "task") != NULL;
	event_init(&e);
	task_init(&t);
	e.about.uid = t.about.uid = slice_str(f[0]);
	e.start = strtoll(f[3], NULL, 10);
	e.end = strtoll(f[4], NULL, 10);
	e.all_day = strstr(f[5], "allday") != NULL;
	if (strcmp(f[2], "-") != 0) {
		if (pst_zone_def_decode(bytes(f[2], a), a, &zone, &err) != 0)
			on_problem(f[0], err.text);
		else
			e.zone = &zone;
	}
	if (strcmp(f[1], "-") != 0) {
		if (pst_recur_decode(bytes(f[1], a),
			task ? PST_RECUR_TASK : PST_RECUR_EVENT, 1252, a,
			&recur, &err) < 1)
			on_problem(f[0], err.text);
		else
			e.recur = t.recur = &recur;
	}
	if (put_one(&out, task ? NULL : &e, &t, NULL, &opts, &err) != 0 ||
	    ical_parse(buf_slice(&out), a, &opts, &file, &err) != 0) {
		on_problem(f[0], err.text);
		return 1;
	}
	fwrite(out.p, 1, out.n, stdout);
	put_back(f[0], file.things->event, file.things->task);
	buf_free(&out);
	return 0;
}

static int
read_blobs(void)
{
	struct arena a = { 0 };
	char *line = NULL;
	size_t cap = 0;
	int bad = 0;

	while (getline(&line, &cap, stdin) > 0) {
		bad |= one_line(line, &a);
		arena_reset(&a);
	}
	free(line);
	arena_free(&a);
	return bad;
}

static int
read_again(void)
{
	char none[] = "stdin";
	struct ical_opts opts = { .stamp = DATE_UNKNOWN,
		.problem = on_problem,
		.arg = none };
	struct ical_file file;
	struct ical_thing *t;
	struct arena a = { 0 };
	struct buf in = { 0 }, out = { 0 };
	struct err err = { 0 };
	size_t n;
	int bad;

	while ((n = fread(buf_room(&in, 65536), 1, 65536, stdin)) > 0)
		in.n += n;
	bad = ical_parse(buf_slice(&in), &a, &opts, &file, &err);
	opts.method = file.method;
	for (t = file.things; bad == 0 && t != NULL; t = t->next)
		bad = put_one(&out, t->event, t->task, t->journal, &opts, &err);
	if (bad != 0)
		on_problem(none, err.text);
	fwrite(buf_str(&out), 1, out.n, stdout);
	buf_free(&in);
	buf_free(&out);
	arena_free(&a);
	return bad != 0;
}

int
main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "pst") == 0)
		return read_pst(argv[2], argv[3]);
	if (argc == 2 && strcmp(argv[1], "blobs") == 0)
		return read_blobs();
	if (argc == 2 && strcmp(argv[1], "again") == 0)
		return read_again();
	fprintf(stderr, "usage: ical_tool pst FILE DIR | blobs | again\n");
	return 64;
}
