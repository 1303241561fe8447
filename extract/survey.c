/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A survey of a PST, in the parent (survey.h).  The child that reads it is
 * not believed; when it dies, the survey begins again without the folder that
 * it died of.
 */
#include "extract/survey.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/io.h"
#include "core/mem.h"
#include "core/sandbox.h"
#include "core/text.h"
#include "extract/pst_proc.h"
#include "extract/pst_survey.h"
#include "formats/folder.h"
#include "formats/pst_codepage.h"

#define TIMEOUT_S   30
#define RESTARTS    20
#define MEMORY_MIN  ((uint64_t)224 << 20)
#define TEXT_MAX    ((size_t)8 << 20) /* of names and folders in all */
#define DAMAGE_MAX  200
#define BYTES_PER_S (4u << 20)

/* One go of a child. */
struct look {
	struct survey *s;
	const struct source_spec *spec;
	int fd;
	struct stat st;
	struct pst_proc proc;
	uint32_t leave;
	enum pst_phase phase;
	uint64_t at; /* the folder it is reading */
	uint64_t poison[RESTARTS];
	size_t n_poison;
	size_t text;	   /* kept so far */
	uint64_t patience; /* frames that a file of this size can be worth */
	bool hello, facts;
};

/* ------------------------------------------------------------ what is kept */

static void
free_strings(char **v, size_t n)
{
	while (n > 0)
		free(v[--n]);
	free(v);
}

void
survey_free(struct survey *s)
{
	size_t i;

	for (i = 0; i < s->n_folders; i++) {
		free(s->folders[i].path);
		free(s->folders[i].name);
		free(s->folders[i].special_use);
	}
	for (i = 0; i < s->n_classes; i++)
		free(s->classes[i].class);
	for (i = 0; i < s->n_big; i++) {
		free(s->big[i].folder);
		free(s->big[i].subject);
	}
	free_strings(s->damage, s->n_damage);
	free_strings(s->notes, s->n_notes);
	free(s->folders);
	free(s->classes);
	free(s->big);
	*s = (struct survey){ 0 };
}

static char *
keep(struct look *l, struct slice text)
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
add_text(struct look *l, char ***v, size_t *n, struct slice text)
{
	*v = mem_grow(*v, *n + 1, sizeof(**v));
	(*v)[(*n)++] = keep(l, text);
}

static void
add_damage(struct look *l, struct slice text)
{
	if (l->s->n_damage < DAMAGE_MAX)
		add_text(l, &l->s->damage, &l->s->n_damage, text);
	else
		l->s->damage_more++;
}

static void
add_damage_str(struct look *l, const char *text)
{
	add_damage(l, slice_str(text));
}

static void
add_note(struct look *l, const char *text)
{
	if (l->s->n_notes < DAMAGE_MAX)
		add_text(l, &l->s->notes, &l->s->n_notes, slice_str(text));
}

static void
add_up(struct survey_folder *total, const struct survey_folder *f)
{
	total->items += f->items;
	total->mail += f->mail;
	total->bytes += f->bytes;
	if (f->oldest != DATE_UNKNOWN &&
	    (total->oldest == DATE_UNKNOWN || f->oldest < total->oldest))
		total->oldest = f->oldest;
	if (f->newest > total->newest)
		total->newest = f->newest;
}

/* ------------------------------------------------------ frames understood */

static bool
on_hello(struct look *l, struct slice p)
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
on_phase(struct look *l, struct slice p)
{
	bool bad = false;
	uint32_t phase = frame_u32(&p, &bad);

	if (bad || phase >= PST_PHASES)
		return false;
	l->phase = (enum pst_phase)phase;
	return true;
}

static bool
on_at(struct look *l, struct slice p)
{
	bool bad = false;

	l->at = frame_u64(&p, &bad);
	return !bad;
}

static bool
on_facts(struct look *l, struct slice p)
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
check_counts(struct look *l, const struct survey_folder *f, uint64_t lost,
    int64_t says)
{
	const char *name = f->path != NULL ? f->path : f->name;
	char text[FRAME_TEXT_MAX];

	if (lost > 0) {
		snprintf(text, sizeof(text),
		    "folder '%.400s': %llu items cannot be read", name,
		    (unsigned long long)lost);
		add_damage_str(l, text);
	}
	if (l->s->ost || says < 0 || f->items >= (uint64_t)says)
		return;
	snprintf(text, sizeof(text),
	    "folder '%.400s' says that it holds %lld items, %llu are there",
	    name, (long long)says, (unsigned long long)f->items);
	add_damage_str(l, text);
}

static char *
name_of(struct look *l, struct slice path, struct slice name)
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
on_counts(struct look *l, struct slice p)
{
	struct survey_folder f = { 0 };
	struct slice path, name, role;
	struct survey *s = l->s;
	bool bad = false;
	uint64_t lost;
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
	if (bad || !l->facts || (path.n > 0 && !folder_is_path(path)) ||
	    f.oldest < DATE_UNKNOWN || f.newest < DATE_UNKNOWN)
		return false;
	add_up(&s->total, &f);
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
on_class(struct look *l, struct slice p)
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
on_big(struct look *l, struct slice p)
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
on_trouble(struct look *l, struct slice p)
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
on_note(struct look *l, struct slice p)
{
	bool bad = false;
	struct slice text = frame_str(&p, FRAME_TEXT_MAX, &bad);

	if (!bad && l->s->n_notes < DAMAGE_MAX)
		add_text(l, &l->s->notes, &l->s->n_notes, text);
	return !bad;
}

static bool
on_frame(struct look *l, const struct pst_frame *f)
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

/* ---------------------------------------------------------- the child's life */

static int
start_child(struct look *l, struct err *err)
{
	const char *cp = l->spec->codepage;
	struct buf out = { 0 };
	struct pst_start start = { .leave = l->leave | PST_SURVEY,
		.codepage = cp == NULL ? 0 : codepage_of(slice_str(cp)),
		.memory = MEMORY_MIN + (uint64_t)l->st.st_size / 64,
		.poison = l->poison,
		.n_poison = l->n_poison };

	if (proc_start(&l->proc, l->fd, err) != 0)
		return -1;
	frame_put_start(&out, &start);
	proc_tell(&l->proc, PST_START, &out);
	buf_free(&out);
	return 0;
}

/* Nothing of what the last child said stays. */
static void
begin(struct look *l)
{
	survey_free(l->s);
	l->s->bytes = (uint64_t)l->st.st_size;
	l->s->total.oldest = l->s->total.newest = DATE_UNKNOWN;
	l->phase = PST_PHASE_OPEN;
	l->at = 0;
	l->text = 0;
	l->patience = l->s->bytes / 8 + 10000;
	l->hello = l->facts = false;
}

/* What the next child leaves out, since this one died of it.  0, or -1. */
static int
leave_out(struct look *l, const char *why, struct err *err)
{
	uint32_t leave = 0;

	if (l->phase == PST_PHASE_NAMES)
		leave = PST_LEAVE_NAMES;
	else if (l->phase == PST_PHASE_STORE)
		leave = PST_LEAVE_STORE;
	if (leave != 0 && (l->leave & leave) == 0) {
		l->leave |= leave;
		return 0;
	}
	if (l->phase != PST_PHASE_WALK || l->at == 0 || l->n_poison == RESTARTS)
		return err_set(err, SCOPE_STORE, EX_DATAERR,
		    "'%s': the PST reader %s", l->spec->path, why);
	l->poison[l->n_poison++] = l->at;
	return 0;
}

/* All that one child says.  1: all is told, 0: it died, look again, -1. */
static int
listen(struct look *l, struct err *err)
{
	uint64_t wait = TIMEOUT_S + l->s->bytes / BYTES_PER_S;
	enum pst_heard heard;
	struct pst_frame f;
	struct slice text;
	char why[200];
	bool bad = false;

	if (wait > INT_MAX / 1000)
		wait = INT_MAX / 1000;
	while ((heard = proc_hear(&l->proc, (unsigned)wait * 1000, &f, err)) ==
	    PST_HEARD_FRAME) {
		if (f.type == PST_BYE && l->facts)
			return 1;
		if (f.type == PST_FAIL) {
			text = frame_str(&f.payload, FRAME_TEXT_MAX, &bad);
			return err_set(err, SCOPE_STORE, EX_DATAERR,
			    "'%s': %.*s", l->spec->path, (int)text.n, text.p);
		}
		if (!on_frame(l, &f)) {
			heard = PST_HEARD_GARBAGE;
			break;
		}
	}
	if (heard == PST_HEARD_STOP)
		return -1;
	if (heard == PST_HEARD_END)
		proc_end(&l->proc, why, sizeof(why));
	else
		snprintf(why, sizeof(why), "%s",
		    heard == PST_HEARD_NOTHING ? "made no progress"
					       : "sent nonsense");
	return leave_out(l, why, err);
}

/* What had to be left out is damage, too. */
static void
say_left_out(struct look *l)
{
	char text[120];
	size_t i;

	if ((l->leave & PST_LEAVE_STORE) != 0)
		add_damage_str(l,
		    "the message store object is not read: the "
		    "PST reader died of it");
	if ((l->leave & PST_LEAVE_NAMES) != 0)
		add_damage_str(l,
		    "the named properties are not read: the "
		    "PST reader died of them");
	for (i = 0; i < l->n_poison; i++) {
		snprintf(text, sizeof(text),
		    "folder 0x%llx is not read: the PST reader died of it",
		    (unsigned long long)l->poison[i]);
		add_damage_str(l, text);
	}
}

static void
check_changed(struct look *l)
{
	struct stat now;

	if (fstat(l->fd, &now) == 0 &&
	    (now.st_size != l->st.st_size ||
		now.st_mtim.tv_sec != l->st.st_mtim.tv_sec ||
		now.st_mtim.tv_nsec != l->st.st_mtim.tv_nsec))
		add_damage_str(l, "the file was changed while it was read");
}

/* ----------------------------------------------------------------- the file */

/* Is it a PST by its first bytes?  1, 0, or -1 with *err. */
static int
open_pst(struct look *l, struct err *err)
{
	const char *path = l->spec->path;
	int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	char head[4];

	l->fd = open(path, flags | O_NOATIME);
	if (l->fd < 0 && errno == EPERM)
		l->fd = open(path, flags);
	if (l->fd < 0 || fstat(l->fd, &l->st) != 0)
		return err_sys(err, SCOPE_STORE,
		    errno == EACCES ? EX_NOPERM : EX_NOINPUT, "'%s'", path);
	if (!S_ISREG(l->st.st_mode))
		return 0;
	return io_pread_full(l->fd, head, sizeof(head), 0) == sizeof(head) &&
	    memcmp(head, "!BDN", sizeof(head)) == 0;
}

/* Some other kind of source, or none at all: source_open() knows. */
static int
refuse(const struct source_spec *spec, struct err *err)
{
	struct source *src;

	if (source_open(&src, spec, err) != 0)
		return -1;
	err_set(err, SCOPE_RUN, EX_USAGE,
	    "'%s' is of kind %s: only PST and OST files can be surveyed",
	    spec->path, source_kind(src));
	source_close(&src);
	return err_hint(err, "extract it, and 'postroad ls' shows what it has");
}

int
survey_read(struct survey *s_r, const struct source_spec *spec, struct err *err)
{
	struct look *l = mem_alloc(1, sizeof(*l));
	int rc;

	*s_r = (struct survey){ 0 };
	l->s = s_r;
	l->spec = spec;
	l->fd = l->proc.to = l->proc.from = -1;
	rc = open_pst(l, err);
	if (rc == 1 && spec->kind != NULL && strcmp(spec->kind, "pst") != 0)
		rc = 0;
	if (rc == 0)
		rc = refuse(spec, err);
	else if (rc == 1 && spec->codepage != NULL &&
	    codepage_of(slice_str(spec->codepage)) == 0)
		rc = err_set(err, SCOPE_RUN, EX_USAGE,
		    "--codepage %s: there is no such code page",
		    spec->codepage);
	for (rc = rc < 0 ? -1 : 0; rc == 0;) {
		begin(l);
		rc = start_child(l, err) != 0 ? -1 : listen(l, err);
		proc_end(&l->proc, NULL, 0);
	}
	if (rc == 1) {
		say_left_out(l);
		check_changed(l);
	}
	if (l->fd >= 0)
		close(l->fd);
	free(l);
	return rc == 1 ? 0 : -1;
}
