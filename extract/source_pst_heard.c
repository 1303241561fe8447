/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a PST child says, understood and doubted; see source_pst_impl.h. */
#include "extract/source_pst_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/sandbox.h"
#include "core/text.h"
#include "formats/folder.h"

#define CLASSES_MAX 100 /* kinds of items counted by their own name */
#define NOTES_MAX   50

void
pst_name_problem(struct source_pst *s, uint64_t nid, const char *folder,
    const char *subject, const char *text)
{
	struct err err;
	char source[64] = "";
	bool block = (nid & PST_NID_BLOCK) != 0;
	struct problem p = { .folder = folder[0] != '\0' ? folder : NULL,
		.subject = subject,
		.err = &err };

	if (s->spec->facts)
		return;
	err_set(&err, SCOPE_MSG, EX_DATAERR, "%s", text);
	if (nid != 0) {
		snprintf(source, sizeof(source),
		    "{\"kind\":\"pst\",\"%s\":%llu}", block ? "block" : "nid",
		    (unsigned long long)(nid & ~PST_NID_BLOCK));
		p.source = source;
	}
	report_problem(s->spec->report, &p);
}

/* The message 'nid' in 's->folder', as source_next() names it. */
static void
put_item(struct source_pst *s, struct source_item *item_r, uint64_t nid)
{
	bool block = (nid & PST_NID_BLOCK) != 0;
	unsigned long long id = nid & ~PST_NID_BLOCK;

	snprintf(s->key, sizeof(s->key), "%c%llx", block ? 'b' : 'p', id);
	buf_clear(&s->source);
	buf_putf(&s->source, "{\"kind\":\"pst\",\"%s\":%llu}",
	    block ? "block" : "nid", id);
	item_r->what = SOURCE_MSG;
	item_r->folder = buf_str(&s->folder);
	item_r->msg.key = s->key;
	item_r->msg.folder = item_r->folder;
	item_r->msg.source = buf_str(&s->source);
	item_r->msg.keywords = buf_str(&s->keywords);
	item_r->subject = s->subject.n > 0 ? buf_str(&s->subject) : NULL;
}

int
pst_refuse_item(struct source_pst *s, struct source_item *item_r, uint64_t nid,
    const char *why, struct err *err)
{
	put_item(s, item_r, nid);
	return err_set(err, SCOPE_MSG, EX_DATAERR, "%s %llx: %s",
	    (nid & PST_NID_BLOCK) != 0 ? "block" : "item",
	    (unsigned long long)(nid & ~PST_NID_BLOCK), why);
}

void
pst_keep(struct buf *b, struct slice s)
{
	buf_clear(b);
	text_repair(b, s);
}

static bool
keep_path(struct buf *b, struct slice s)
{
	buf_clear(b);
	buf_put(b, s.p, s.n);
	return folder_is_path(s);
}

/* Each child says it. */
static void
note_once(struct source_pst *s, const char *text)
{
	size_t n = strlen(text) + 1; /* its NUL ends it in the list */

	if (s->notes == NOTES_MAX ||
	    (s->noted.n > 0 && memmem(s->noted.p, s->noted.n, text, n) != NULL))
		return;
	s->notes++;
	buf_put(&s->noted, text, n);
	report_note(s->spec->report, "%s", text);
}

static bool
on_hello(struct source_pst *s, struct slice p)
{
	bool bad = false;
	uint32_t version = frame_u32(&p, &bad);
	uint32_t missing = frame_u32(&p, &bad);
	char names[64], *text;

	if (bad || version != PST_PROTOCOL || missing > SANDBOX_ALL)
		return false;
	if (missing != 0) {
		text = mem_fmt("the PST reader runs without %s: this system "
			       "has none",
		    sandbox_names(names, missing));
		note_once(s, text);
		free(text);
	}
	return true;
}

static bool
on_store(struct source_pst *s, struct slice p)
{
	char hex[2 * FRAME_KEY_MAX + 1];
	bool bad = false;
	struct slice key = frame_str(&p, FRAME_KEY_MAX, &bad);
	uint64_t recovered;
	uint32_t password;

	s->messages = frame_u64(&p, &bad);
	password = frame_u32(&p, &bad);
	recovered = frame_u64(&p, &bad);
	if (bad)
		return false;
	s->messages += recovered;
	if (s->pub.identity == NULL && key.n > 0)
		s->pub.identity =
		    mem_str(digest_hex(hex, (const uint8_t *)key.p, key.n));
	if (password != 0)
		note_once(s,
		    "the store has a password, which protects nothing in it");
	s->l->state = BETWEEN;
	return true;
}

static bool
on_at(struct source_pst *s, struct slice p)
{
	bool bad = false;
	uint64_t nid = frame_u64(&p, &bad);
	uint32_t what = frame_u32(&p, &bad);
	struct slice path = frame_str(&p, LIMIT_PATH_BYTES, &bad);

	s->l->peek_nid = 0;
	if (bad || what == PST_AT_NOTHING || what > PST_AT_PEEK)
		return false;
	if (what == PST_AT_PEEK) {
		s->l->peek_nid = nid;
		return true;
	}
	s->l->at = (enum pst_at)what;
	s->l->at_nid = nid;
	s->l->at_open = true;
	if (what != PST_AT_MESSAGE)
		return true;
	s->seen++;
	s->pub.done = s->messages == 0
	    ? 0
	    : (uint64_t)((double)s->pub.total * (double)s->seen /
		  (double)s->messages);
	buf_clear(&s->subject);
	buf_clear(&s->keywords);
	return keep_path(&s->l->at_folder, path);
}

bool
pst_on_folder(struct source_pst *s, struct slice p, struct source_item *item_r)
{
	bool bad = false;
	struct slice path, name, role;

	frame_u64(&p, &bad);
	path = frame_str(&p, LIMIT_PATH_BYTES, &bad);
	name = frame_str(&p, FRAME_TEXT_MAX, &bad);
	role = frame_str(&p, FRAME_TEXT_MAX, &bad);
	if (bad || !keep_path(&s->folder, path))
		return false;
	pst_keep(&s->name, name);
	pst_keep(&s->role, role);
	if (role.n > 0 && role.p[0] != '\\')
		return false;
	item_r->what = SOURCE_FOLDER;
	item_r->folder = buf_str(&s->folder);
	item_r->folder_name = name.n > 0 ? buf_str(&s->name) : NULL;
	item_r->delimiter = name.n > 0 ? '/' : '\0';
	item_r->special_use = role.n > 0 ? buf_str(&s->role) : NULL;
	item_r->subscribed = -1;
	return true;
}

/* Is a list of keywords what msg_keyword_add() makes? */
static bool
keywords_ok(struct slice words)
{
	struct buf made = { 0 };
	struct slice rest = words, word;
	uint32_t flags = 0;
	bool same;

	while (msg_keyword_next(&rest, &word))
		msg_keyword_add(&made, &flags, word);
	same = slice_eq(buf_slice(&made), words);
	buf_free(&made);
	return same;
}

static void
begin_item(struct source_pst *s)
{
	s->l->at_open = false;
	s->pub.incomplete = NULL;
	s->wanted = false;
	s->data.n = 0;
	s->l->state = IN_ITEM;
}

bool
pst_on_item(struct source_pst *s, struct slice p, struct source_item *item_r)
{
	const uint32_t known =
	    MSG_SEEN | MSG_DRAFT | MSG_ANSWERED | MSG_FORWARDED | MSG_FLAGGED;
	bool bad = false;
	struct slice path, words, subject;
	uint32_t flags;
	int64_t received;

	s->nid = frame_u64(&p, &bad);
	path = frame_str(&p, LIMIT_PATH_BYTES, &bad);
	flags = frame_u32(&p, &bad);
	received = (int64_t)frame_u64(&p, &bad);
	words = frame_str(&p, FRAME_KEYWORDS_MAX, &bad);
	subject = frame_str(&p, FRAME_TEXT_MAX, &bad);
	if (bad || s->l->at != PST_AT_MESSAGE || s->l->at_nid != s->nid ||
	    !s->l->at_open || !keep_path(&s->folder, path) ||
	    (flags & ~known) != 0 || !keywords_ok(words))
		return false;
	pst_keep(&s->subject, subject);
	pst_keep(&s->keywords, words);
	s->recovered += memmem(words.p, words.n, PST_RECOVERED,
			    strlen(PST_RECOVERED)) != NULL;
	put_item(s, item_r, s->nid);
	item_r->msg.flags = flags;
	if (received >= 0) {
		item_r->msg.received = received;
		item_r->msg.received_how = RECEIVED_SOURCE;
	}
	begin_item(s);
	return true;
}

bool
pst_on_thing(struct source_pst *s, struct slice p, struct source_item *item_r)
{
	bool bad = false;
	struct slice path, class, title;
	uint32_t kind;
	int64_t modified;

	s->nid = frame_u64(&p, &bad);
	path = frame_str(&p, LIMIT_PATH_BYTES, &bad);
	kind = frame_u32(&p, &bad);
	modified = (int64_t)frame_u64(&p, &bad);
	class = frame_str(&p, FRAME_CLASS_MAX, &bad);
	title = frame_str(&p, FRAME_TEXT_MAX, &bad);
	if (bad || s->l->at != PST_AT_MESSAGE || s->l->at_nid != s->nid ||
	    !s->l->at_open || !keep_path(&s->folder, path) ||
	    kind == KIND_MAIL || kind >= ITEM_KINDS)
		return false;
	pst_keep(&s->subject, title);
	pst_keep(&s->class, class);
	buf_clear(&s->keywords);
	put_item(s, item_r, s->nid);
	item_r->what = SOURCE_ITEM;
	item_r->kind = (enum item_kind)kind;
	item_r->class = buf_str(&s->class);
	if (modified >= 0) {
		item_r->msg.received = modified;
		item_r->msg.received_how = RECEIVED_SOURCE;
	}
	begin_item(s);
	return true;
}

bool
pst_on_trouble(struct source_pst *s, struct slice p, uint64_t *nid_r)
{
	bool bad = false;
	struct slice path, subject, text;

	*nid_r = frame_u64(&p, &bad);
	path = frame_str(&p, LIMIT_PATH_BYTES, &bad);
	subject = frame_str(&p, FRAME_TEXT_MAX, &bad);
	text = frame_str(&p, FRAME_TEXT_MAX, &bad);
	if (bad || (path.n > 0 && !folder_is_path(path)))
		return false;
	pst_keep(&s->said_path, path);
	pst_keep(&s->said_subject, subject);
	text_escape_into(s->why, sizeof(s->why), text.p, text.n);
	return true;
}

static bool
on_problem(struct source_pst *s, struct slice p)
{
	uint64_t nid;

	if (!pst_on_trouble(s, p, &nid))
		return false;
	if (s->l->state == IN_ITEM && nid == s->nid &&
	    s->pub.incomplete == NULL) {
		buf_clear(&s->lost);
		buf_puts(&s->lost, s->why);
		s->pub.incomplete = buf_str(&s->lost);
	}
	pst_name_problem(s, nid, buf_str(&s->said_path),
	    s->said_subject.n > 0 ? buf_str(&s->said_subject) : NULL, s->why);
	return true;
}

static bool
on_note(struct source_pst *s, struct slice p)
{
	bool bad = false;

	pst_keep(&s->name, frame_str(&p, FRAME_TEXT_MAX, &bad));
	if (!bad && !s->spec->facts)
		note_once(s, buf_str(&s->name));
	return !bad;
}

/* An item that is no mail.  Each new class costs memory. */
static bool
on_other(struct source_pst *s, struct slice p)
{
	bool bad = false;
	struct slice class = frame_str(&p, FRAME_CLASS_MAX, &bad);

	s->l->at_open = false;
	buf_clear(&s->name);
	buf_put(&s->name, "\n", 1);
	text_repair(&s->name, class);
	buf_put(&s->name, "\n", 1);
	if (bad || memchr(class.p, '\n', class.n) != NULL)
		return false;
	if (s->known.n == 0 ||
	    memmem(s->known.p, s->known.n, s->name.p, s->name.n) == NULL) {
		if (s->classes == CLASSES_MAX) {
			report_not_carried(s->spec->report, "others", 1);
			return true;
		}
		s->classes++;
		buf_put(&s->known, s->name.p, s->name.n);
	}
	s->name.p[s->name.n - 1] = '\0';
	report_not_carried(s->spec->report, s->name.p + 1, 1);
	return true;
}

bool
pst_on_aside(struct source_pst *s, const struct frame *f)
{
	struct slice p = f->payload;
	bool bad = false;
	uint32_t phase;

	if (s->patience == 0)
		return false;
	s->patience--;
	switch (f->type) {
	case PST_HELLO:
		return s->l->state == BEFORE && on_hello(s, p);
	case PST_PHASE:
		phase = frame_u32(&p, &bad);
		s->l->phase =
		    phase < PST_PHASES ? (enum pst_phase)phase : PST_PHASE_OPEN;
		return !bad && s->l->state == BEFORE && phase < PST_PHASES;
	case PST_STORE:
		return s->l->state == BEFORE && on_store(s, p);
	case PST_AT:
		return s->l->state == BETWEEN && on_at(s, p);
	case PST_PROBLEM:
		return on_problem(s, p);
	case PST_OTHER:
		return s->l->state == BETWEEN && on_other(s, p);
	case PST_NOTE:
		return on_note(s, p);
	default:
		return false;
	}
}
