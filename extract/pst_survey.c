/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A survey, in the child; see pst_survey.h. */
#include "extract/pst_survey.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/date.h"
#include "core/mem.h"
#include "core/text.h"
#include "extract/pst_class.h"

struct class
{
	char name[FRAME_CLASS_MAX];
	uint64_t count;
	bool mail;
};

struct big {
	char *path, *subject;
	uint64_t nid;
	int64_t size;
};

struct survey {
	const struct pst_survey_in *in;
	struct class *classes;
	size_t n_classes, last; /* the class met last: mostly the next, too */
	struct big big[PST_SURVEY_BIG]; /* biggest first */
	size_t n_big;

	/* the folder at hand */
	struct pst_node node;
	struct pst_place place;
	struct pst_rows rows;
	uint64_t items, mail, bytes, lost, too_big;
	int64_t oldest, newest;
};

void
pst_survey_facts(const struct pst_survey_in *in)
{
	const struct pst_store *s = in->ops->store(in->reader);

	frame_put_u32(in->out, (uint32_t)s->format);
	frame_put_u32(in->out, (uint32_t)s->crypt);
	frame_put_u32(in->out, s->ost);
	frame_put_u32(in->out, s->password && !s->ost);
	frame_put_u64(in->out, s->promised);
	in->send(in->arg, PST_FACTS);
}

/* ------------------------------------------------------------- one item */

static struct class *
class_of(struct survey *s, struct slice name)
{
	char text[FRAME_CLASS_MAX];
	bool mail = pst_class_is_mail(name);
	size_t i;

	text_escape_into(text, sizeof(text), name.p, name.n);
	if (s->last < s->n_classes &&
	    strcasecmp(s->classes[s->last].name, text) == 0)
		return &s->classes[s->last];
	for (i = 0; i < s->n_classes; i++)
		if (strcasecmp(s->classes[i].name, text) == 0)
			break;
	/* two more: all others, mail and not */
	if (i == s->n_classes && i >= PST_SURVEY_CLASSES) {
		snprintf(text, sizeof(text), "%s",
		    mail ? "other mail" : "others");
		for (i = PST_SURVEY_CLASSES; i < s->n_classes; i++)
			if (strcmp(s->classes[i].name, text) == 0)
				break;
	}
	if (i == s->n_classes) {
		snprintf(s->classes[i].name, sizeof(text), "%s", text);
		s->classes[i].mail = mail;
		s->n_classes++;
	}
	s->last = i;
	return &s->classes[i];
}

static const char *
path_of(struct survey *s, bool mail)
{
	if (s->place.path == NULL && mail)
		s->place = pst_tree_mail(s->in->tree, &s->node);
	return s->place.path;
}

/* Among the biggest?  Only mail is: nothing else travels. */
static void
put_big(struct survey *s, const struct pst_row *row)
{
	struct big *b = s->big;
	size_t at = 0;

	while (at < s->n_big && b[at].size >= row->size)
		at++;
	if (at == PST_SURVEY_BIG)
		return;
	if (s->n_big == PST_SURVEY_BIG) {
		s->n_big--;
		free(b[s->n_big].path);
		free(b[s->n_big].subject);
	}
	memmove(&b[at + 1], &b[at], (s->n_big - at) * sizeof(*b));
	s->n_big++;
	b[at].path = mem_str(path_of(s, true));
	b[at].subject = mem_strn(row->subject.p, row->subject.n);
	b[at].nid = row->nid;
	b[at].size = row->size;
	if (s->n_big == PST_SURVEY_BIG)
		s->rows.big = b[PST_SURVEY_BIG - 1].size + 1;
}

static void
on_row(void *arg, const struct pst_row *row)
{
	struct survey *s = arg;
	struct class *c;

	s->items++;
	if (row->lost) {
		s->lost++;
		return;
	}
	c = class_of(s, row->class);
	c->count++;
	s->mail += c->mail;
	if (row->size > 0)
		s->bytes += (uint64_t)row->size;
	if (c->mail && s->in->too_big != 0 && row->size > 0)
		s->too_big += (uint64_t)row->size > s->in->too_big;
	if (row->date != DATE_UNKNOWN &&
	    (s->oldest == DATE_UNKNOWN || row->date < s->oldest))
		s->oldest = row->date;
	if (row->date != DATE_UNKNOWN && row->date > s->newest)
		s->newest = row->date;
	if (c->mail && row->size >= s->rows.big)
		put_big(s, row);
}

/* ----------------------------------------------------------- one folder */

/* One that extract makes no folder of still has a name. */
static void
put_name(struct survey *s)
{
	struct pst_folder f = { .messages = -1 };
	struct err err = { 0 };

	if (s->place.path == NULL && s->node.nid != 0 &&
	    s->in->ops->folder(s->in->reader, s->node.nid, &f, &err) == 0)
		frame_put_str(s->in->out, f.name, FRAME_TEXT_MAX);
	else
		frame_put_str(s->in->out, slice_str(s->place.name),
		    FRAME_TEXT_MAX);
}

static bool
do_folder(struct survey *s)
{
	struct buf *out = s->in->out;

	s->items = s->mail = s->bytes = s->lost = s->too_big = 0;
	s->oldest = s->newest = DATE_UNKNOWN;
	if (!s->in->skip(s->in->arg, s->node.nid))
		s->in->ops->rows(s->in->reader, &s->rows);
	path_of(s, s->mail + s->lost > 0);
	if (s->place.path == NULL && s->items == 0)
		return true;
	frame_put_u64(out, s->node.nid);
	frame_put_str(out, slice_str(s->place.path), LIMIT_PATH_BYTES);
	put_name(s);
	frame_put_str(out, slice_str(s->place.special_use), FRAME_TEXT_MAX);
	frame_put_u64(out, s->items);
	frame_put_u64(out, s->mail);
	frame_put_u64(out, s->bytes);
	frame_put_u64(out, s->lost);
	frame_put_u64(out, (uint64_t)s->oldest);
	frame_put_u64(out, (uint64_t)s->newest);
	frame_put_u64(out, (uint64_t)*s->in->promised);
	frame_put_u64(out, s->too_big);
	return s->in->send(s->in->arg, PST_COUNTS);
}

static void
send_rest(struct survey *s)
{
	struct buf *out = s->in->out;
	size_t i;

	for (i = 0; i < s->n_classes; i++) {
		frame_put_str(out, slice_str(s->classes[i].name),
		    FRAME_CLASS_MAX);
		frame_put_u64(out, s->classes[i].count);
		frame_put_u32(out, s->classes[i].mail);
		s->in->send(s->in->arg, PST_CLASS);
	}
	for (i = 0; i < s->n_big; i++) {
		frame_put_u64(out, s->big[i].nid);
		frame_put_str(out, slice_str(s->big[i].path), LIMIT_PATH_BYTES);
		frame_put_str(out, slice_str(s->big[i].subject),
		    FRAME_TEXT_MAX);
		frame_put_u64(out, (uint64_t)s->big[i].size);
		s->in->send(s->in->arg, PST_BIG);
		free(s->big[i].path);
		free(s->big[i].subject);
	}
}

void
pst_survey_walk(const struct pst_survey_in *in)
{
	struct survey s = { .in = in, .rows = { .each = on_row, .big = 1 } };
	bool orphans = false, go_on = true;
	struct pst_node n = { 0 };

	s.rows.arg = &s;
	s.classes = mem_alloc(PST_SURVEY_CLASSES + 2, sizeof(*s.classes));
	while (go_on && in->ops->next(in->reader, &n)) {
		/* messages are told with their folder, those that have none
		 * when the first of them comes */
		if (n.what == PST_NODE_MESSAGE && (n.parent != 0 || orphans))
			continue;
		s.node = n;
		s.place = (struct pst_place){ 0 };
		*in->promised = -1;
		if (n.what == PST_NODE_FOLDER) {
			s.place = pst_tree_enter(in->tree, &n);
		} else {
			orphans = true;
			s.node.nid = 0;
		}
		go_on = do_folder(&s);
	}
	send_rest(&s);
	free(s.classes);
}
