/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the PST child says in a survey, checked and kept; see survey_impl.h. */
#include <stdio.h>

#include "core/mem.h"
#include "core/sandbox.h"
#include "core/text.h"
#include "extract/pst_survey.h"
#include "extract/survey_impl.h"
#include "formats/folder.h"

#define TEXT_MAX   ((size_t)8 << 20) /* of names and folders in all */
#define DAMAGE_MAX 200

/* ------------------------------------------------------- what is kept */

static char *
keep(struct survey_look *l, struct slice text)
{
	struct buf b = { 0 };
	char *s;

	text_repair(&b, text);
	s = mem_strn(buf_str(&b), b.n);
	l->text += b.n;
	buf_free(&b);
	return s;
}

static void
add_text(struct survey_look *l, char ***v, size_t *n, struct slice text)
{
	*v = mem_grow(*v, *n + 1, sizeof(**v));
	(*v)[(*n)++] = keep(l, text);
}

static void
add_damage(struct survey_look *l, struct slice text)
{
	if (l->s->n_damage < DAMAGE_MAX)
		add_text(l, &l->s->damage, &l->s->n_damage, text);
	else
		l->s->damage_more++;
}

void
survey_damage(struct survey_look *l, const char *text)
{
	add_damage(l, slice_str(text));
}

static void
add_note(struct survey_look *l, const char *text)
{
	if (l->s->n_notes < DAMAGE_MAX)
		add_text(l, &l->s->notes, &l->s->n_notes, slice_str(text));
}

/* ------------------------------------------------------ frames understood */

static bool
on_hello(struct survey_look *l, struct slice p)
{
	bool bad = false;
	uint32_t version = frame_u32(&p, &bad);
	uint32_t missing = frame_u32(&p, &bad);
	char names[64], text[160];

	if (bad || l->hello || version != PST_PROTOCOL || missing > SANDBOX_ALL)
		return false;
	l->hello = true;
	if (missing != 0) {
		snprintf(text, sizeof(text),
		    "the PST reader runs without %s: this system has none",
		    sandbox_names(names, missing));
		add_note(l, text);
	}
	return true;
}

static bool
on_phase(struct survey_look *l, struct slice p)
{
	bool bad = false;
	uint32_t phase = frame_u32(&p, &bad);

	if (bad || phase >= PST_PHASES)
		return false;
	l->phase = (enum pst_phase)phase;
	return true;
}

static bool
on_at(struct survey_look *l, struct slice p)
{
	bool bad = false;

	l->at = frame_u64(&p, &bad);
	return !bad;
}

static bool
on_facts(struct survey_look *l, struct slice p)
{
	static const char *const formats[] = { [PST_ANSI] = "ansi",
		[PST_UNICODE] = "unicode",
		[PST_4K] = "4k" };
	static const char *const crypts[] = { [PST_CRYPT_NONE] = "none",
		[PST_CRYPT_PERMUTE] = "compressible",
		[PST_CRYPT_CYCLIC] = "high" };
	bool bad = false;
	uint32_t format = frame_u32(&p, &bad), crypt = frame_u32(&p, &bad);

	l->s->ost = frame_u32(&p, &bad) != 0;
	l->s->password = frame_u32(&p, &bad) != 0;
	l->s->promised = frame_u64(&p, &bad);
	if (bad || l->facts || format > PST_4K || crypt > PST_CRYPT_CYCLIC)
		return false;
	l->s->format = formats[format];
	l->s->encryption = crypts[crypt];
	l->facts = true;
	return true;
}

/* An OST may rightly hold a part only. */
static void
check_counts(struct survey_look *l, const struct survey_folder *f,
    uint64_t lost, int64_t says)
{
	const char *name = f->path != NULL ? f->path : f->name;
	char text[FRAME_TEXT_MAX], count[80];

	if (lost > 0) {
		snprintf(text, sizeof(text),
		    "folder '%.400s': %s cannot be read", name,
		    text_number(count, lost, "item", "items"));
		survey_damage(l, text);
	}
	if (l->s->ost || says < 0 || f->items >= (uint64_t)says)
		return;
	snprintf(text, sizeof(text),
	    "folder '%.400s' says that it holds %lld items, %llu are there",
	    name, (long long)says, (unsigned long long)f->items);
	survey_damage(l, text);
}

static char *
name_of(struct survey_look *l, struct slice path, struct slice name)
{
	struct buf b = { 0 };
	char *s;

	if (name.n == 0)
		folder_decode(&b, path);
	s = keep(l, name.n > 0 ? name : buf_slice(&b));
	buf_free(&b);
	return s;
}

static bool
on_counts(struct survey_look *l, struct slice p)
{
	struct survey_folder f = { 0 };
	struct slice path, name, role;
	struct survey *s = l->s;
	bool bad = false;
	uint64_t lost, too_big;
	int64_t says;

	f.nid = frame_u64(&p, &bad);
	path = frame_str(&p, LIMIT_PATH_BYTES, &bad);
	name = frame_str(&p, FRAME_TEXT_MAX, &bad);
	role = frame_str(&p, FRAME_TEXT_MAX, &bad);
	f.items = frame_u64(&p, &bad);
	f.mail = frame_u64(&p, &bad);
	f.bytes = frame_u64(&p, &bad);
	lost = frame_u64(&p, &bad);
	f.oldest = (int64_t)frame_u64(&p, &bad);
	f.newest = (int64_t)frame_u64(&p, &bad);
	says = (int64_t)frame_u64(&p, &bad);
	too_big = frame_u64(&p, &bad);
	if (bad || !l->facts || (path.n > 0 && !folder_is_path(path)) ||
	    f.oldest < DATE_UNKNOWN || f.newest < DATE_UNKNOWN)
		return false;
	survey_add_up(&s->total, &f);
	s->too_big += too_big;
	if (l->text > TEXT_MAX) {
		s->folders_more++;
		return true;
	}
	f.name = name_of(l, path, name);
	f.path = path.n > 0 ? keep(l, path) : NULL;
	f.special_use = role.n > 0 ? keep(l, role) : NULL;
	l->text += sizeof(f);
	check_counts(l, &f, lost, says);
	s->folders =
	    mem_grow(s->folders, s->n_folders + 1, sizeof(*s->folders));
	s->folders[s->n_folders++] = f;
	return true;
}

static bool
on_class(struct survey_look *l, struct slice p)
{
	struct survey *s = l->s;
	bool bad = false;
	struct slice class = frame_str(&p, FRAME_CLASS_MAX, &bad);
	uint64_t count = frame_u64(&p, &bad);
	bool mail = frame_u32(&p, &bad) != 0;

	if (bad || s->n_classes >= PST_SURVEY_CLASSES + 2)
		return false;
	s->classes =
	    mem_grow(s->classes, s->n_classes + 1, sizeof(*s->classes));
	s->classes[s->n_classes++] =
	    (struct survey_class){ .class = keep(l, class),
		    .count = count,
		    .mail = mail };
	return true;
}

static bool
on_big(struct survey_look *l, struct slice p)
{
	struct survey *s = l->s;
	struct survey_big b = { 0 };
	struct slice path, subject;
	bool bad = false;

	b.nid = frame_u64(&p, &bad);
	path = frame_str(&p, LIMIT_PATH_BYTES, &bad);
	subject = frame_str(&p, FRAME_TEXT_MAX, &bad);
	b.bytes = frame_u64(&p, &bad);
	if (bad || s->n_big >= PST_SURVEY_BIG || !folder_is_path(path))
		return false;
	b.folder = keep(l, path);
	b.subject = keep(l, subject);
	s->big = mem_grow(s->big, s->n_big + 1, sizeof(*s->big));
	s->big[s->n_big++] = b;
	return true;
}

static bool
on_trouble(struct survey_look *l, struct slice p)
{
	bool bad = false;
	struct slice text;

	frame_u64(&p, &bad);
	frame_str(&p, LIMIT_PATH_BYTES, &bad);
	frame_str(&p, FRAME_TEXT_MAX, &bad);
	text = frame_str(&p, FRAME_TEXT_MAX, &bad);
	if (!bad)
		add_damage(l, text);
	return !bad;
}

static bool
on_note(struct survey_look *l, struct slice p)
{
	bool bad = false;
	struct slice text = frame_str(&p, FRAME_TEXT_MAX, &bad);

	if (!bad && l->s->n_notes < DAMAGE_MAX)
		add_text(l, &l->s->notes, &l->s->n_notes, text);
	return !bad;
}

bool
survey_heard(struct survey_look *l, const struct frame *f)
{
	if (l->patience-- == 0)
		return false;
	switch (f->type) {
	case PST_HELLO:
		return on_hello(l, f->payload);
	case PST_PHASE:
		return on_phase(l, f->payload);
	case PST_STORE:
		return true;
	case PST_AT:
		return on_at(l, f->payload);
	case PST_FACTS:
		return on_facts(l, f->payload);
	case PST_COUNTS:
		return on_counts(l, f->payload);
	case PST_CLASS:
		return on_class(l, f->payload);
	case PST_BIG:
		return on_big(l, f->payload);
	case PST_PROBLEM:
		return on_trouble(l, f->payload);
	case PST_NOTE:
		return on_note(l, f->payload);
	default:
		return false;
	}
}
