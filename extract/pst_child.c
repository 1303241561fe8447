/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sandboxed reader of a PST: walks it, says what it is about to touch,
 * builds what the parent wants.  See pst_child.h, pst_frame.h.
 *
 * After a message was wanted the next is sent without asking, so that both
 * processes have work; the parent may call it off.  After one that was not
 * wanted, it asks.
 */
#include "extract/pst_child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/io.h"
#include "core/mem.h"
#include "core/sandbox.h"
#include "core/text.h"
#include "extract/pst_checking.h"
#include "extract/pst_class.h"
#include "extract/pst_facts.h"
#include "extract/pst_frame.h"
#include "extract/pst_say.h"
#include "extract/pst_survey.h"
#include "extract/pst_tree.h"
#include "formats/item_out.h"
#include "formats/mime_build.h"
#include "formats/msg.h"

#define SUBJECT_MAX 500
#define HOLD_BYTES  16384

struct child {
	const struct pst_reader_ops *ops;
	struct pst_reader *reader;
	struct pst_tree *tree;
	struct frames in;
	struct buf out;	       /* a payload being made */
	uint32_t me, children; /* who shares the work */
	uint64_t passed;       /* messages that the walk has met */
	bool gone;	       /* the parent is: end quietly */
	struct buf held;       /* a small message: its end goes with it */

	/* what START said */
	uint32_t leave, codepage;
	bool keep_rtf;
	uint32_t vcard; /* version */
	uint64_t memory;
	enum pst_at resume;
	uint64_t resume_at, too_big;
	uint64_t *poison;
	size_t n_poison;

	bool quiet; /* behind the point to resume at not yet */
	bool ask;   /* wait for WANT or SKIP */
	bool skip;  /* the current message was called off */
	bool said_lacks, said_rtf, said_guess, said_mail;
	bool in_message;	 /* one is being read */
	const struct item *item; /* being built */
	const char *path;
	uint64_t nid, size;
	uint64_t damage, damage_before; /* met so far, and before the item */

	/* the current folder: what it says it holds, and what was found */
	uint64_t folder;
	int64_t promised, found;
};

/* Is what the walk is at ours to tell? */
static bool
is_mine(const struct child *c)
{
	return c->passed / PST_SHARE_MSGS % c->children == c->me;
}

/* ------------------------------------------------------------- sending */

static void
send_held(struct child *c)
{
	if (!c->gone && c->held.n > 0 &&
	    io_write_all(PST_CHILD_OUT, c->held.p, c->held.n) != 0)
		c->gone = true;
	buf_clear(&c->held);
}

static void
send_frame(struct child *c, enum pst_frame_type type)
{
	if (c->held.n > 0) {
		frame_put(&c->held, type, c->out.p, c->out.n);
		send_held(c);
	} else if (!c->gone &&
	    frame_send(PST_CHILD_OUT, type, c->out.p, c->out.n) != 0) {
		c->gone = true;
	}
	buf_clear(&c->out);
}

static void
send_note(struct child *c, const char *text)
{
	frame_put_str(&c->out, slice_str(text), FRAME_TEXT_MAX);
	send_frame(c, PST_NOTE);
}

/* PST_REFUSED and PST_PROBLEM are alike. */
static void
send_trouble(struct child *c, enum pst_frame_type type, uint64_t nid,
    const char *path, struct slice subject, const char *text)
{
	frame_put_u64(&c->out, nid);
	frame_put_str(&c->out, slice_str(path), LIMIT_PATH_BYTES);
	frame_put_str(&c->out, subject, SUBJECT_MAX);
	frame_put_str(&c->out, slice_str(text), FRAME_TEXT_MAX);
	send_frame(c, type);
}

static void
send_place(struct child *c, uint64_t nid, const struct pst_place *p)
{
	if (!p->announce || c->quiet || !is_mine(c))
		return;
	frame_put_u64(&c->out, nid);
	frame_put_str(&c->out, slice_str(p->path), LIMIT_PATH_BYTES);
	frame_put_str(&c->out, slice_str(p->name), FRAME_TEXT_MAX);
	frame_put_str(&c->out, slice_str(p->special_use), FRAME_TEXT_MAX);
	send_frame(c, PST_FOLDER);
}

/* In the test build, PST_CHILD_HOOK="crash:200024" shows what dying at a node
 * costs. */
#ifdef POSTROAD_STEPS
static void
hook(uint64_t nid)
{
	const char *what = getenv("PST_CHILD_HOOK");
	char at[40];

	snprintf(at, sizeof(at), ":%llx", (unsigned long long)nid);
	if (what == NULL || strstr(what, at) == NULL ||
	    strcmp(strstr(what, at), at) != 0)
		return;
	if (strncmp(what, "crash", 5) == 0)
		raise(SIGSEGV);
	while (strncmp(what, "hang", 4) == 0)
		pause();
	while (strncmp(what, "eat", 3) == 0)
		memset(mem_alloc(1, 1 << 20), 1, 1 << 20);
}
#else
#define hook(nid) ((void)0)
#endif

static void
send_at(struct child *c, uint64_t nid, enum pst_at what, const char *path)
{
	if (c->quiet && what != PST_AT_PEEK)
		what = PST_AT_PEEK;
	frame_put_u64(&c->out, nid);
	frame_put_u32(&c->out, (uint32_t)what);
	frame_put_str(&c->out, slice_str(path), LIMIT_PATH_BYTES);
	send_frame(c, PST_AT);
}

/* ------------------------------------------------------------ receiving */

/* The next frame from the parent.  1, 0 if none is there and 'wait' is
 * false, -1 when the parent is gone. */
static int
receive(struct child *c, struct frame *f, bool wait)
{
	struct pollfd pfd = { .fd = PST_CHILD_IN, .events = POLLIN };
	char *room;
	size_t cap;
	ssize_t n;
	int rc;

	while ((rc = frames_next(&c->in, f)) == 0) {
		if (!wait && poll(&pfd, 1, 0) <= 0)
			return 0;
		room = frames_room(&c->in, &cap);
		n = read(PST_CHILD_IN, room, cap);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		frames_came(&c->in, (size_t)n);
	}
	if (rc == 1)
		return 1;
	c->gone = true;
	return -1;
}

/* Answers that are there; with 'wait', until one for this message is. */
static void
hear(struct child *c, bool wait)
{
	struct frame f;
	bool bad = false, mine;

	while (receive(c, &f, wait) == 1) {
		mine = frame_u64(&f.payload, &bad) == c->nid;
		/* a late "skip" still means: do not go ahead any more */
		if (f.type == PST_SKIP)
			c->ask = true;
		if (f.type == PST_SKIP && mine)
			c->skip = true;
		if (f.type == PST_WANT && mine)
			c->ask = false;
		if (mine)
			return;
	}
}

static bool
hear_start(struct child *c)
{
	struct frame f;
	bool bad = false;
	size_t i;

	if (receive(c, &f, true) != 1 || f.type != PST_START)
		return false;
	c->leave = frame_u32(&f.payload, &bad);
	c->codepage = frame_u32(&f.payload, &bad);
	c->keep_rtf = frame_u32(&f.payload, &bad) != 0;
	c->vcard = frame_u32(&f.payload, &bad);
	c->memory = frame_u64(&f.payload, &bad);
	c->resume = (enum pst_at)frame_u32(&f.payload, &bad);
	c->resume_at = frame_u64(&f.payload, &bad);
	c->me = frame_u32(&f.payload, &bad);
	c->children = frame_u32(&f.payload, &bad);
	c->too_big = frame_u64(&f.payload, &bad);
	c->n_poison = frame_u32(&f.payload, &bad);
	if (bad || c->me >= c->children || c->n_poison > f.payload.n / 8)
		return false;
	c->poison = mem_alloc(c->n_poison, sizeof(*c->poison));
	for (i = 0; i < c->n_poison; i++)
		c->poison[i] = frame_u64(&f.payload, &bad);
	c->quiet = c->resume != PST_AT_NOTHING;
	return !bad;
}

/* -------------------------------------------------------------- reading */

static void
on_phase(void *arg, enum pst_phase phase)
{
	struct child *c = arg;

	frame_put_u32(&c->out, (uint32_t)phase);
	send_frame(c, PST_PHASE);
}

static void
on_note(void *arg, bool bad, const char *text)
{
	struct child *c = arg;

	c->damage += bad;
	/* the first time, or by another, it was said */
	if (c->resume != PST_AT_NOTHING || !is_mine(c))
		return;
	if (bad && c->in_message)
		send_trouble(c, PST_PROBLEM, c->nid, c->path,
		    c->item == NULL ? slice_of("", 0) : c->item->subject, text);
	else if (bad)
		send_trouble(c, PST_PROBLEM, 0, "", slice_of("", 0), text);
	else
		send_note(c, text);
}

static bool
is_poisoned(const struct child *c, uint64_t nid)
{
	size_t i;

	for (i = 0; i < c->n_poison; i++)
		if (c->poison[i] == nid)
			return true;
	return false;
}

/* Before a folder's contents table is read: it has a node of its own. */
static bool
folder_skips(void *arg, uint64_t folder)
{
	struct child *c = arg;
	uint64_t table = (folder & ~(uint64_t)0x1f) | 0xe;

	send_at(c, table, PST_AT_PEEK, "");
	if (!is_poisoned(c, table)) {
		hook(table);
		return false;
	}
	if (!c->quiet)
		send_trouble(c, PST_PROBLEM, folder,
		    c->path == NULL ? "" : c->path, slice_of("", 0),
		    "the list of its items is not read, for the PST reader "
		    "failed there: they are found without it");
	return true;
}

/* A folder's name for the tree, which asks for some before their turn. */
static void
on_name(void *arg, uint64_t nid, bool early, struct buf *name)
{
	struct child *c = arg;
	struct pst_folder f = { .messages = -1 };
	struct err err = { 0 };
	char text[160];

	send_at(c, nid, early ? PST_AT_PEEK : PST_AT_FOLDER, "");
	if (!is_poisoned(c, nid))
		hook(nid);
	if (is_poisoned(c, nid) ||
	    c->ops->folder(c->reader, nid, &f, &err) != 0) {
		if (early || c->quiet || !is_mine(c))
			return;
		snprintf(text, sizeof(text),
		    "the name of folder %llx cannot be read",
		    (unsigned long long)nid);
		send_trouble(c, PST_PROBLEM, nid, "", slice_of("", 0), text);
		return;
	}
	buf_put(name, f.name.p, f.name.n);
	if (!early)
		c->promised = f.messages;
	if (f.guessed && !c->said_guess) {
		c->said_guess = true;
		if (!is_mine(c))
			return;
		send_note(c,
		    "folder names are in a code page that the store "
		    "does not declare; --codepage tells which");
	}
}

/* ------------------------------------------------------------- building */

static int
on_bytes(void *arg, const void *data, size_t len, struct err *err)
{
	struct child *c = arg;

	hear(c, false);
	if (c->skip)
		return err_set(err, SCOPE_MSG, EX_OK, "not wanted");
	if (c->size == 0 && len <= HOLD_BYTES) {
		frame_put(&c->held, PST_DATA, data, len);
	} else {
		send_held(c);
		if (!c->gone &&
		    frame_send(PST_CHILD_OUT, PST_DATA, data, len) != 0)
			c->gone = true;
	}
	if (c->gone)
		return err_set(err, SCOPE_STORE, EX_OK, "nobody listens");
	c->size += len;
	return 0;
}

static void
on_problem(void *arg, const char *text)
{
	struct child *c = arg;

	send_trouble(c, PST_PROBLEM, c->nid, c->path, c->item->subject, text);
}

/* Things about the reader that are worth a word, once. */
static void
say_limits(struct child *c, const struct item *it)
{
	if (!c->said_lacks && c->ops->lacks != NULL)
		send_note(c, c->ops->lacks);
	c->said_lacks = true;
	if (c->said_rtf || it->rtf.copy == NULL ||
	    it->plain.stream.copy == NULL || it->html.stream.copy != NULL)
		return;
	c->said_rtf = true;
	send_note(c,
	    "some messages have their formatting only as RTF beside "
	    "plain text: the text is carried");
}

static int
send_facts(struct child *c, const struct item *it, const struct item_sink *sink,
    struct err *err)
{
	struct facts_in in = { .mail = pst_class_is_mail(it->class),
		.damage = c->damage_before,
		.damage_now = c->ops == &pst_own_ops ? &c->damage : NULL };

	return pst_facts(it, &in, sink, err);
}

/* Mail, facts of it, or what an item of 'kind' is kept as. */
static int
build_as(struct child *c, const struct item *it, enum item_kind kind,
    const struct item_sink *sink, struct err *err)
{
	struct mime_opts mail = { .problem = on_problem,
		.arg = c,
		.keep_rtf = c->keep_rtf };
	struct item_out_opts other = { .vcard = c->vcard,
		.problem = on_problem,
		.arg = c };

	if (c->leave & PST_SEND_FACTS)
		return send_facts(c, it, sink, err);
	return kind == KIND_MAIL ? mime_build(it, &mail, sink, err)
				 : item_out(it, kind, &other, sink, err);
}

static void
build(struct child *c, const struct item *it, enum item_kind kind)
{
	struct item_sink sink = { .put = on_bytes, .arg = c };
	struct err err = { 0 };
	int rc = -1;

	c->size = 0;
	c->skip = false;
	c->item = it;
	hear(c, c->ask);
	if (!c->skip && !c->gone)
		rc = build_as(c, it, kind, &sink, &err);
	if (rc != 0 && !c->skip)
		send_trouble(c, PST_REFUSED, c->nid, c->path, it->subject,
		    err.text);
	frame_put_u64(&c->out, c->size);
	frame_put_u32(&c->out, rc == 0);
	send_frame(c, PST_END);
}

/* A name for people; a store can put anything there. */
static void
send_class(struct child *c, struct slice class)
{
	char text[FRAME_CLASS_MAX];

	text_escape_into(text, sizeof(text), class.p, class.n);
	frame_put_str(&c->out, slice_str(text), FRAME_CLASS_MAX);
	send_frame(c, PST_OTHER);
}

static void
send_one(struct child *c, const struct pst_node *n, const struct item *it)
{
	struct pst_place place;
	enum item_kind kind;

	if (pst_class_is_mail(it->class) || (c->leave & PST_SEND_FACTS)) {
		place = pst_tree_mail(c->tree, n);
		send_place(c, n->parent, &place);
		say_limits(c, it);
		say_item(&c->out, it, c->nid, c->path);
		send_frame(c, PST_ITEM);
		build(c, it, KIND_MAIL);
		return;
	}
	kind = item_out_kind(it);
	if (kind == KIND_MAIL) {
		if (!c->said_mail)
			send_note(c,
			    "this reader carries mail only: contacts, "
			    "calendars and the like need --pst-reader own");
		c->said_mail = true;
		send_class(c, it->class);
		return;
	}
	say_thing(&c->out, it, kind, c->nid, c->path);
	send_frame(c, PST_THING);
	build(c, it, kind);
}

static void
do_message(struct child *c, const struct pst_node *n)
{
	struct pst_place place;
	struct item *it = NULL;
	struct err err = { 0 };

	c->nid = n->nid;
	c->path = pst_tree_path(c->tree, n);
	send_at(c, n->nid, PST_AT_MESSAGE, c->path);
	hook(n->nid);
	c->damage_before = c->damage;
	c->in_message = true;
	c->item = NULL;
	if (c->ops->item(c->reader, n->nid, &it, &err) != 0) {
		place = pst_tree_mail(c->tree, n);
		send_place(c, n->parent, &place);
		send_trouble(c, PST_REFUSED, n->nid, place.path,
		    slice_of("", 0), err.text);
		c->in_message = false;
		return;
	}
	send_one(c, n, it);
	c->in_message = false;
	c->item = NULL;
	item_close(&it);
}

/* A folder counts its messages itself: fewer nodes than that is a loss that
 * nothing else tells of.  An OST may rightly hold a part only. */
static void
leave_folder(struct child *c)
{
	char text[120];

	if (!c->quiet && is_mine(c) && !c->ops->store(c->reader)->ost &&
	    c->found < c->promised) {
		snprintf(text, sizeof(text),
		    "the folder says that it holds %lld items, %lld are there",
		    (long long)c->promised, (long long)c->found);
		send_trouble(c, PST_PROBLEM, c->folder, c->path,
		    slice_of("", 0), text);
	}
	c->promised = -1;
	c->found = 0;
}

static void
do_folder(struct child *c, const struct pst_node *n)
{
	struct pst_place place;

	if (c->quiet && c->resume == PST_AT_FOLDER && c->resume_at == n->nid) {
		c->quiet = false;
		c->promised = -1;
	}
	leave_folder(c);
	c->folder = n->nid;
	place = pst_tree_enter(c->tree, n);
	c->path = place.path == NULL ? "" : place.path;
	send_place(c, n->nid, &place);
}

/* Behind a message: the last of a share of ours is told. */
static void
end_share(struct child *c)
{
	bool mine = is_mine(c);

	if (++c->passed % PST_SHARE_MSGS != 0 || !mine || c->quiet ||
	    c->children == 1)
		return;
	frame_put_u64(&c->out, c->passed / PST_SHARE_MSGS - 1);
	send_frame(c, PST_TURN);
}

static void
walk(struct child *c)
{
	struct pst_node n = { 0 };

	while (!c->gone && c->ops->next(c->reader, &n)) {
		if (n.what == PST_NODE_FOLDER) {
			do_folder(c, &n);
			continue;
		}
		if (n.parent != 0)
			c->found++;
		if (c->quiet)
			c->quiet = c->resume != PST_AT_MESSAGE ||
			    c->resume_at != n.nid;
		else if (is_mine(c))
			do_message(c, &n);
		end_share(c);
	}
	leave_folder(c);
}

static bool
survey_sends(void *arg, enum pst_frame_type type)
{
	struct child *c = arg;

	send_frame(c, type);
	return !c->gone;
}

static void
survey(struct child *c)
{
	struct pst_survey_in in = { .ops = c->ops,
		.reader = c->reader,
		.tree = c->tree,
		.promised = &c->promised,
		.too_big = c->too_big,
		.skip = folder_skips,
		.send = survey_sends,
		.out = &c->out,
		.arg = c };

	pst_survey_facts(&in);
	pst_survey_walk(&in);
}

static bool
check_sends(void *arg, enum pst_frame_type type, uint64_t nid)
{
	struct child *c = arg;

	(void)nid;
	hook(nid);
	send_frame(c, type);
	return !c->gone;
}

static int
run(struct child *c)
{
	struct pst_open in = { .fd = PST_CHILD_PST,
		.codepage = c->codepage,
		.no_names = (c->leave & PST_LEAVE_NAMES) != 0,
		.no_store = (c->leave & PST_LEAVE_STORE) != 0,
		.carve = (c->leave & PST_CARVE) != 0,
		.skip = folder_skips,
		.phase = on_phase,
		.note = on_note,
		.arg = c };
	struct pst_tree_in tree = { .ops = c->ops, .name = on_name, .arg = c };
	const struct pst_store *store;
	struct err err = { 0 };

	if (c->ops->open(&c->reader, &in, &err) != 0) {
		frame_put_str(&c->out, slice_str(err.text), FRAME_TEXT_MAX);
		send_frame(c, PST_FAIL);
		return EX_DATAERR;
	}
	store = c->ops->store(c->reader);
	frame_put_str(&c->out, store->record_key, FRAME_KEY_MAX);
	frame_put_u64(&c->out, store->messages);
	frame_put_u32(&c->out, store->password && !store->ost);
	frame_put_u64(&c->out, store->recovered);
	send_frame(c, PST_STORE);
	if (store->root == 0 && store->messages + store->recovered == 0) {
		frame_put_str(&c->out,
		    slice_str("nothing can be read: no "
			      "folder and no message is left in it"),
		    FRAME_TEXT_MAX);
		send_frame(c, PST_FAIL);
		return EX_DATAERR;
	}
	tree.reader = c->reader;
	c->tree = pst_tree_new(&tree);
	if ((c->leave & PST_SURVEY) != 0)
		survey(c);
	else
		walk(c);
	pst_tree_free(&c->tree);
	c->ops->close(&c->reader);
	send_frame(c, PST_BYE);
	return 0;
}

int
pst_child_main(void)
{
	struct child *c = mem_alloc(1, sizeof(*c));
	int rc = EX_PROTOCOL;

	c->ask = true;
	c->promised = -1;
	if (hear_start(c)) {
		c->ops =
		    c->leave & PST_USE_LIBPST ? &pst_libpst_ops : &pst_own_ops;
		mime_init();
		frame_put_u32(&c->out, PST_PROTOCOL);
		frame_put_u32(&c->out,
		    sandbox_enter_parser(PST_CHILD_PST, c->memory));
		send_frame(c, PST_HELLO);
		rc = c->leave & PST_CHECK
		    ? pst_checking(PST_CHILD_PST, &c->out, check_sends, c)
		    : run(c);
	}
	buf_free(&c->out);
	buf_free(&c->held);
	free(c->poison);
	free(c);
	return rc;
}
