/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PST and OST files.  A sandboxed child (extract/pst_child.h) reads the file
 * and sends messages; this side believes nothing of what it says, and when it
 * dies, goes silent or talks nonsense, starts another behind the item that
 * did it.
 */
#include "extract/source_pst_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/io.h"
#include "core/mem.h"
#include "formats/pst/codepage.h"

#define ITEM_TIMEOUT_S 30
#define RESTARTS_MAX   500
#define HANGS_MAX      20 /* each costs a whole timeout */
#define MEMORY_MIN     ((uint64_t)224 << 20)
#define JOBS	       1 /* more do not help: files are made by one */
#define OPEN_TIMEOUT_X 4 /* opening may take that many timeouts */

/* ------------------------------------------------------------ the child */

/* The index of a PST is held whole: some bytes for each block. */
static uint64_t
memory_for(const struct source_pst *s)
{
	return MEMORY_MIN + (uint64_t)s->st.st_size / 64;
}

static int
start_child(struct source_pst *s, struct err *err)
{
	const char *cp = s->spec->codepage;
	struct pst_start start = { .leave = s->l->leave,
		.child = (uint32_t)(s->l - s->lanes),
		.children = s->n_lanes,
		.codepage = cp == NULL ? 0 : codepage_of(slice_str(cp)),
		.keep_rtf = s->spec->keep_rtf,
		.vcard = s->spec->vcard,
		.memory = memory_for(s),
		.at = s->l->at,
		.at_nid = s->l->at_nid,
		.poison = s->poison,
		.n_poison = s->n_poison };

	if (proc_start(&s->l->proc, PST_CHILD_ARG, s->fd, err) != 0)
		return -1;
	buf_clear(&s->out);
	frame_put_start(&s->out, &start);
	proc_tell(&s->l->proc, PST_START, &s->out);
	s->l->state = BEFORE;
	s->l->phase = PST_PHASE_OPEN;
	s->l->eager = s->l->doubts = false;
	return 0;
}

static unsigned
timeout_ms(const struct source_pst *s)
{
	uint64_t t = s->spec->item_timeout_s != 0 ? s->spec->item_timeout_s
						  : ITEM_TIMEOUT_S;

	/* opening reads all of the index, libpst in more than linear time */
	if (s->l->state == BEFORE)
		t = t * OPEN_TIMEOUT_X + (uint64_t)s->st.st_size / (4u << 20);
	t *= 1000;
	return t > INT_MAX ? INT_MAX : (unsigned)t;
}

static void
add_poison(struct source_pst *s, uint64_t nid)
{
	size_t i;

	for (i = 0; i < s->n_poison; i++)
		if (s->poison[i] == nid)
			return;
	if (s->n_poison == FRAME_FOLDERS_MAX)
		return;
	s->poison = mem_grow(s->poison, s->n_poison + 1, sizeof(*s->poison));
	s->poison[s->n_poison++] = nid;
}

/* ----------------------------------------------- a file that others write */

/* By its size, its time and its header: who writes with mmap(2) or sets times
 * back is found out, too. */
static bool
is_changed(const struct source_pst *s)
{
	char head[PST_HEAD] = { 0 };
	struct stat now;

	return fstat(s->fd, &now) != 0 || now.st_size != s->st.st_size ||
	    now.st_mtim.tv_sec != s->st.st_mtim.tv_sec ||
	    now.st_mtim.tv_nsec != s->st.st_mtim.tv_nsec ||
	    io_pread_full(s->fd, head, sizeof(head), 0) < 0 ||
	    memcmp(head, s->head, sizeof(head)) != 0;
}

/* What was read to the end is the old file; is it there still? */
static bool
is_replaced(const struct source_pst *s)
{
	struct stat now;

	return stat(s->spec->path, &now) == 0 &&
	    (now.st_ino != s->st.st_ino || now.st_dev != s->st.st_dev);
}

static void
check_changed(struct source_pst *s)
{
	struct err err = { 0 };
	struct problem p = { .err = &err };

	if (s->spec->facts)
		return;
	if (is_changed(s))
		err_set(&err, SCOPE_STORE, EX_TEMPFAIL,
		    "the file was changed while it was read: some of its mail "
		    "may be missing");
	else if (is_replaced(s))
		err_set(&err, SCOPE_STORE, EX_TEMPFAIL,
		    "the file was replaced by another while it was read: this "
		    "is the old one's mail");
	else
		return;
	err_hint(&err, "close the program that has it open, then run it again");
	report_problem(s->spec->report, &p);
}

/* ------------------------------------------------------ when a child dies */

static const char *
phase_name(enum pst_phase phase)
{
	static const char *const names[PST_PHASES] = {
		[PST_PHASE_OPEN] = "the header",
		[PST_PHASE_INDEX] = "the index",
		[PST_PHASE_NAMES] = "the named properties",
		[PST_PHASE_STORE] = "the message store object",
		[PST_PHASE_CARVE] = "the search for lost items",
		[PST_PHASE_WALK] = "the folders",
	};

	return names[phase];
}

/* It died before the walk began: leave out what it died of, if it can be. */
static int
died_early(struct source_pst *s, struct err *err)
{
	char text[300];
	uint32_t leave = 0;

	if (s->l->phase == PST_PHASE_NAMES)
		leave = PST_LEAVE_NAMES;
	else if (s->l->phase == PST_PHASE_STORE)
		leave = PST_LEAVE_STORE;
	/* the trees alone, then */
	if (s->l->phase == PST_PHASE_CARVE && (s->l->leave & PST_CARVE) != 0) {
		s->leave &= ~(uint32_t)PST_CARVE;
		s->l->leave = s->leave;
	} else if (leave == 0 || (s->l->leave & leave) != 0)
		return err_set(err, SCOPE_STORE, EX_DATAERR,
		    "'%s': nothing can be read: the PST reader %s at %s",
		    s->spec->path, s->why, phase_name(s->l->phase));
	snprintf(text, sizeof(text), "%s cannot be read: the PST reader %s",
	    phase_name(s->l->phase), s->why);
	if ((s->leave & leave) == 0)
		pst_name_problem(s, 0, "", NULL, text);
	s->leave |= leave;
	s->l->leave |= leave;
	return start_child(s, err);
}

/*
 * The child is gone.  Start another behind what it was at.  Returns 1 when
 * there is one, 0 when it is no use any more, -1 with *err.
 */
static int
revive(struct source_pst *s, struct err *err)
{
	bool stuck;

	if (s->l->state == BEFORE && s->l->phase != PST_PHASE_WALK)
		return died_early(s, err) == 0 ? 1 : -1;
	if (s->l->peek_nid != 0)
		add_poison(s, s->l->peek_nid);
	else if (s->l->at == PST_AT_FOLDER)
		add_poison(s, s->l->at_nid);
	s->l->peek_nid = 0;
	stuck = s->l->died && s->l->at == s->l->died_at &&
	    s->l->at_nid == s->l->died_nid && s->n_poison == s->l->died_poison;
	s->l->died = true;
	s->l->died_at = s->l->at;
	s->l->died_nid = s->l->at_nid;
	s->l->died_poison = s->n_poison;
	if (stuck || s->restarts++ >= RESTARTS_MAX || s->hangs >= HANGS_MAX) {
		pst_name_problem(s, 0, "", NULL,
		    "the rest of it is not read: the "
		    "PST reader failed too often");
		check_changed(s);
		s->l->state = OVER;
		return 0;
	}
	return start_child(s, err) == 0 ? 1 : -1;
}

/* Why there is no frame, into s->why, and the child ended. */
static void
bury(struct source_pst *s, enum proc_heard heard)
{
	if (heard == PROC_HEARD_NOTHING) {
		s->hangs++;
		snprintf(s->why, sizeof(s->why), "made no progress for %u s",
		    timeout_ms(s) / 1000);
		proc_end(&s->l->proc, NULL, 0);
	} else if (heard == PROC_HEARD_GARBAGE) {
		snprintf(s->why, sizeof(s->why), "sent nonsense");
		proc_end(&s->l->proc, NULL, 0);
	} else {
		proc_end(&s->l->proc, s->why, sizeof(s->why));
	}
}

/* ------------------------------------------------------------ the source */

static void
tell_recovered(struct source_pst *s)
{
	if (!s->spec->carve || s->spec->facts)
		return;
	report_add(s->spec->report, "recovered", s->recovered);
	report_note(s->spec->report,
	    s->recovered == 0
		? "--carve found no message that the store's lists do not have"
		: "--carve: messages that no list of the store has any more "
		  "came out of it: %llu, with the keyword " PST_RECOVERED,
	    (unsigned long long)s->recovered);
}

static int
on_fail(struct source_pst *s, struct slice p, struct err *err)
{
	bool bad = false;
	struct slice why = frame_str(&p, FRAME_TEXT_MAX, &bad);

	err_set(err, SCOPE_STORE, EX_DATAERR, "'%s': %.*s", s->spec->path,
	    (int)why.n, why.p);
	if (!s->spec->carve)
		err_hint(err,
		    "--carve searches the whole file for what is left of its "
		    "messages");
	return -1;
}

/*
 * The child died between nodes or in one.  What it was at is lost; say so,
 * and go on with another.  1: look again, else what next() returns.
 */
static int
go_on(struct source_pst *s, enum proc_heard heard, struct source_item *item_r,
    struct err *err)
{
	struct err fresh = { 0 };
	bool lost = s->l->state != BEFORE && s->l->at == PST_AT_MESSAGE &&
	    s->l->at_open && s->l->peek_nid == 0;
	uint64_t nid = s->l->at_nid;
	char text[260];
	int rc;

	if (heard == PROC_HEARD_STOP)
		return -1;
	bury(s, heard);
	if (lost)
		snprintf(text, sizeof(text), "the PST reader %s there", s->why);
	s->l->at_open = false;
	rc = revive(s, &fresh);
	if (rc < 0) {
		*err = fresh;
		return -1;
	}
	if (!lost)
		return 1;
	pst_keep(&s->folder, buf_slice(&s->l->at_folder));
	return pst_refuse_item(s, item_r, nid, text, err);
}

/* Behind an item: tell the child, and let what it has sent of it pass. */
static int
leave_item(struct source_pst *s, struct err *err)
{
	struct frame f;
	enum proc_heard heard;
	struct source_item ignored;

	buf_clear(&s->out);
	frame_put_u64(&s->out, s->nid);
	if (s->l->state == IN_ITEM) {
		proc_tell(&s->l->proc, PST_SKIP, &s->out);
		s->l->doubts = true;
	}
	while (s->l->state == IN_ITEM) {
		heard = proc_hear(&s->l->proc, timeout_ms(s), &f, err);
		if (heard != PROC_HEARD_FRAME)
			return go_on(s, heard, &ignored, err) < 0 ? -1 : 0;
		/* what is wrong with an item nobody wants is said when
		 * somebody does */
		if (f.type == PST_END)
			s->l->state = BETWEEN;
		else if (f.type != PST_DATA && f.type != PST_PROBLEM &&
		    f.type != PST_REFUSED && !pst_on_aside(s, &f))
			return go_on(s, PROC_HEARD_GARBAGE, &ignored, err) < 0
			    ? -1
			    : 0;
	}
	s->l->state = s->l->state == ITEM_DONE ? BETWEEN : s->l->state;
	return 0;
}

/* Behind a share.  One that was heard already is said again by a child that
 * was started again. */
static bool
on_turn(struct source_pst *s, struct slice p)
{
	bool bad = false;
	uint64_t turn = frame_u64(&p, &bad);

	if (bad || s->l->state != BETWEEN || turn > s->turn ||
	    s->n_lanes == 1 || s->patience == 0)
		return false;
	s->patience--;
	if (turn < s->turn)
		return true;
	s->l = &s->lanes[++s->turn % s->n_lanes];
	return true;
}

/* One frame between items.  1: an item, 2: nothing for the caller, 0: the
 * end, -1. */
static int
take_frame(struct source_pst *s, struct source_item *item_r, struct err *err)
{
	enum proc_heard heard;
	struct frame f;
	uint64_t nid;
	bool good;

	heard = proc_hear(&s->l->proc, timeout_ms(s), &f, err);
	if (heard != PROC_HEARD_FRAME)
		return go_on(s, heard, item_r, err) < 0 ? -1 : 2;
	if (f.type == PST_FAIL)
		return on_fail(s, f.payload, err);
	if (f.type == PST_TURN && on_turn(s, f.payload))
		return 2;
	if (f.type == PST_BYE) {
		proc_end(&s->l->proc, NULL, 0);
		s->l->state = OVER;
		s->pub.done = s->pub.total;
		check_changed(s);
		tell_recovered(s);
		return 0;
	}
	if (f.type == PST_FOLDER || f.type == PST_ITEM || f.type == PST_THING) {
		good = s->l->state == BETWEEN &&
		    (f.type == PST_FOLDER ? pst_on_folder
			    : f.type == PST_ITEM
			    ? pst_on_item
			    : pst_on_thing)(s, f.payload, item_r);
		if (good)
			return 1;
	} else if (f.type == PST_REFUSED) {
		if (pst_on_trouble(s, f.payload, &nid) && nid == s->l->at_nid &&
		    s->l->at_open) {
			s->l->at_open = false;
			pst_keep(&s->folder, buf_slice(&s->l->at_folder));
			return pst_refuse_item(s, item_r, nid, s->why, err);
		}
	} else if (pst_on_aside(s, &f)) {
		return 2;
	}
	return go_on(s, PROC_HEARD_GARBAGE, item_r, err) < 0 ? -1 : 2;
}

static int
pst_next(struct source *src, struct source_item *item_r, struct err *err)
{
	struct source_pst *s = (struct source_pst *)src;
	int rc = 2;

	if ((s->l->state == IN_ITEM || s->l->state == ITEM_DONE) &&
	    leave_item(s, err) != 0)
		return -1;
	while (rc == 2)
		rc = s->l->state == OVER ? 0 : take_frame(s, item_r, err);
	return rc;
}

/* What came of the item while it was read; 1 go on, 0 its end, -1. */
static int
read_frame(struct source_pst *s, struct err *err)
{
	struct err fresh = { 0 };
	enum proc_heard heard;
	struct frame f;
	bool bad = false, whole;
	uint64_t nid;

	heard = proc_hear(&s->l->proc, timeout_ms(s), &f, err);
	if (heard == PROC_HEARD_STOP)
		return -1;
	if (heard == PROC_HEARD_FRAME && f.type == PST_DATA) {
		s->data = f.payload;
		return 1;
	}
	if (heard == PROC_HEARD_FRAME && f.type == PST_END) {
		frame_u64(&f.payload, &bad);
		whole = frame_u32(&f.payload, &bad) == 1;
		s->l->state = BETWEEN;
		return whole && !bad
		    ? 0
		    : err_set(err, SCOPE_MSG, EX_DATAERR, "item %llx: %s",
			  (unsigned long long)s->nid, s->why);
	}
	if (heard == PROC_HEARD_FRAME && f.type == PST_REFUSED &&
	    pst_on_trouble(s, f.payload, &nid))
		return 1;
	if (heard == PROC_HEARD_FRAME && pst_on_aside(s, &f))
		return 1;
	bury(s, heard == PROC_HEARD_FRAME ? PROC_HEARD_GARBAGE : heard);
	err_set(err, SCOPE_MSG, EX_DATAERR,
	    "item %llx: the PST reader %s there", (unsigned long long)s->nid,
	    s->why);
	if (revive(s, &fresh) < 0)
		*err = fresh;
	return -1;
}

static ssize_t
pst_read(struct source *src, void *buf, size_t cap, struct err *err)
{
	struct source_pst *s = (struct source_pst *)src;
	int rc = 1;

	if (!s->wanted && s->l->state == IN_ITEM) {
		buf_clear(&s->out);
		frame_put_u64(&s->out, s->nid);
		if (!s->l->eager || s->l->doubts)
			proc_tell(&s->l->proc, PST_WANT, &s->out);
		s->l->eager = s->wanted = true;
	}
	while (s->data.n == 0 && rc == 1)
		rc = s->l->state == IN_ITEM ? read_frame(s, err) : 0;
	if (rc < 1)
		return rc;
	if (cap > s->data.n)
		cap = s->data.n;
	memcpy(buf, s->data.p, cap);
	s->data = slice_from(s->data, cap);
	return (ssize_t)cap;
}

static void
pst_close(struct source *src)
{
	struct source_pst *s = (struct source_pst *)src;
	struct buf *bufs[] = { &s->known, &s->out, &s->folder, &s->name,
		&s->role, &s->keywords, &s->subject, &s->source, &s->noted,
		&s->class, &s->said_path, &s->said_subject, &s->lost };
	size_t i;

	for (i = 0; i < s->n_lanes; i++) {
		proc_end(&s->lanes[i].proc, NULL, 0);
		buf_free(&s->lanes[i].at_folder);
	}
	free(s->lanes);
	if (s->fd >= 0)
		close(s->fd);
	for (i = 0; i < sizeof(bufs) / sizeof(bufs[0]); i++)
		buf_free(bufs[i]);
	free(s->poison);
	free(s);
}

/* The file's place stands for a store that cannot say who it is. */
static char *
identity_of_path(const char *path)
{
	char *real = realpath(path, NULL);
	char *id = mem_str(real != NULL ? real : path);

	free(real);
	return id;
}

static int
open_file(struct source_pst *s, struct err *err)
{
	const char *path = s->spec->path;
	unsigned flags = O_RDONLY | O_CLOEXEC | O_NOCTTY;

	s->fd = open(path, (int)flags | O_NOATIME);
	if (s->fd < 0 && errno == EPERM)
		s->fd = open(path, (int)flags);
	if (s->fd < 0 || fstat(s->fd, &s->st) != 0)
		return err_sys(err, SCOPE_STORE,
		    errno == EACCES ? EX_NOPERM : EX_NOINPUT, "'%s'", path);
	if (!S_ISREG(s->st.st_mode))
		return err_set(err, SCOPE_STORE, EX_DATAERR, "'%s' is no file",
		    path);
	if (io_pread_full(s->fd, s->head, sizeof(s->head), 0) < 0)
		return err_sys(err, SCOPE_STORE, EX_IOERR, "'%s'", path);
	if (s->spec->codepage != NULL &&
	    codepage_of(slice_str(s->spec->codepage)) == 0)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--codepage %s: there is no such code page",
		    s->spec->codepage);
	s->pub.total = (uint64_t)s->st.st_size;
	s->patience = (s->pub.total / 8 + 10000) * s->n_lanes;
	return 0;
}

/* How many children read it. */
static uint32_t
count_lanes(const struct source_pst *s)
{
	unsigned jobs = s->spec->jobs == 0 ? JOBS : s->spec->jobs;

	/* libpst reads all of the index each time, carving all of the file;
	 * facts of two readers go side by side */
	if (s->spec->facts || (s->leave & (PST_USE_LIBPST | PST_CARVE)) != 0)
		return 1;
	return jobs < EXTRACT_JOBS_MAX ? jobs : EXTRACT_JOBS_MAX;
}

static void
make_lanes(struct source_pst *s)
{
	uint32_t i;

	s->n_lanes = count_lanes(s);
	s->lanes = mem_alloc(s->n_lanes, sizeof(*s->lanes));
	s->l = s->lanes;
	for (i = 0; i < s->n_lanes; i++)
		s->lanes[i].proc.to = s->lanes[i].proc.from = -1;
}

/* Until the first child has opened the store: then it is known which one it
 * is, and the others can start with what was learned. */
static int
open_store(struct source_pst *s, struct err *err)
{
	struct source_item ignored = { 0 };
	uint32_t i;
	int rc = 2;

	s->l->leave = s->leave;
	if (start_child(s, err) != 0)
		return -1;
	while (s->l->state == BEFORE && rc == 2)
		rc = take_frame(s, &ignored, err);
	if (rc != 2)
		return -1;
	for (i = 1; i < s->n_lanes; i++) {
		s->l = &s->lanes[i];
		s->l->leave = s->leave;
		if (start_child(s, err) != 0)
			return -1;
	}
	s->l = s->lanes;
	if (s->pub.identity == NULL)
		s->pub.identity = identity_of_path(s->spec->path);
	return 0;
}

static int
pst_source_open(struct source **src_r, const struct source_spec *spec,
    struct err *err)
{
	struct source_pst *s = mem_alloc(1, sizeof(*s));

	s->spec = spec;
	if (spec->pst_reader != NULL && !strcmp(spec->pst_reader, "libpst"))
		s->leave = PST_USE_LIBPST;
	s->leave |= spec->facts ? PST_SEND_FACTS : 0;
	s->leave |= spec->carve && !spec->facts ? PST_CARVE : 0;
	s->fd = -1;
	make_lanes(s);
	if (open_file(s, err) != 0 || open_store(s, err) != 0) {
		free(s->pub.identity);
		pst_close(&s->pub);
		*src_r = NULL;
		return -1;
	}
	*src_r = &s->pub;
	return 0;
}

static int
pst_probe(const char *path, int fd, bool is_dir, const void *head, size_t len)
{
	(void)path;
	(void)fd;
	return !is_dir && len >= 4 && memcmp(head, "!BDN", 4) == 0 ? 100 : 0;
}

const struct source_ops source_pst_ops = {
	.name = "pst",
	.probe = pst_probe,
	.open = pst_source_open,
	.next = pst_next,
	.read = pst_read,
	.close = pst_close,
};
