/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See check.h.  The child that reads the file is not believed; when it dies,
 * that is the end of it. */
#include "extract/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/sandbox.h"
#include "core/text.h"
#include "extract/survey_impl.h"
#include "formats/pst/check.h"

#define TIMEOUT_MS 120000u
#define MEMORY_MIN ((uint64_t)224 << 20)

struct looking {
	struct check_report *r;
	struct proc proc;
	bool hello, done;
};

void
check_free(struct check_report *r)
{
	struct check_finding *v[2] = { r->findings, r->remarks };
	size_t n[2] = { r->n_findings, r->n_remarks }, i, k;

	for (k = 0; k < 2; k++)
		for (i = 0; i < n[k]; i++) {
			free(v[k][i].rule);
			free(v[k][i].what);
			free(v[k][i].found);
			free(v[k][i].expected);
		}
	free(r->findings);
	free(r->remarks);
	free(r->sandbox);
	*r = (struct check_report){ 0 };
}

static char *
keep(struct slice text)
{
	struct buf b = { 0 };
	char *s;

	text_repair(&b, text);
	s = mem_strn(buf_str(&b), b.n);
	buf_free(&b);
	return s;
}

static bool
on_hello(struct looking *l, struct slice p)
{
	bool bad = false;
	uint32_t version = frame_u32(&p, &bad);
	uint32_t missing = frame_u32(&p, &bad);
	char names[64];

	if (bad || l->hello || version != PST_PROTOCOL || missing > SANDBOX_ALL)
		return false;
	l->hello = true;
	if (missing != 0)
		l->r->sandbox = mem_str(sandbox_names(names, missing));
	return true;
}

static bool
on_finding(struct looking *l, struct slice p)
{
	bool bad = false, remark = frame_u32(&p, &bad) != 0;
	struct slice rule = frame_str(&p, FRAME_KEY_MAX, &bad);
	struct check_finding f = { .at = frame_u64(&p, &bad),
		.node = frame_u32(&p, &bad),
		.sub = frame_u32(&p, &bad) };
	struct slice what = frame_str(&p, FRAME_CLASS_MAX, &bad);
	struct slice found = frame_str(&p, FRAME_CLASS_MAX, &bad);
	struct slice expected = frame_str(&p, FRAME_CLASS_MAX, &bad);
	struct check_finding **v = remark ? &l->r->remarks : &l->r->findings;
	size_t *n = remark ? &l->r->n_remarks : &l->r->n_findings;

	if (bad || *n == CHECK_MAX)
		return false;
	f.placed = f.at != PST_NOWHERE;
	f.rule = keep(rule);
	f.what = keep(what);
	f.found = keep(found);
	f.expected = keep(expected);
	if ((*n & 31) == 0)
		*v = mem_grow(*v, *n + 32, sizeof(**v));
	(*v)[(*n)++] = f;
	return true;
}

static bool
on_checked(struct looking *l, struct slice p)
{
	static const char *const formats[] = { "ansi", "unicode", "4k" };
	struct check_report *r = l->r;
	bool bad = false;
	struct slice format = frame_str(&p, FRAME_KEY_MAX, &bad);
	size_t i;

	for (i = 0; i < 3; i++)
		if (slice_is(format, formats[i]))
			r->format = formats[i];
	r->all_findings = frame_u64(&p, &bad);
	r->all_remarks = frame_u64(&p, &bad);
	r->pages = frame_u64(&p, &bad);
	r->blocks = frame_u64(&p, &bad);
	r->nodes = frame_u64(&p, &bad);
	r->folders = frame_u64(&p, &bad);
	r->messages = frame_u64(&p, &bad);
	l->done = !bad && r->format != NULL &&
	    r->all_findings >= r->n_findings && r->all_remarks >= r->n_remarks;
	return l->done;
}

static bool
heard(struct looking *l, const struct frame *f)
{
	switch (f->type) {
	case PST_HELLO:
		return on_hello(l, f->payload);
	case PST_AT:
		return true;
	case PST_FINDING:
		return on_finding(l, f->payload);
	case PST_CHECKED:
		return on_checked(l, f->payload);
	default:
		return false;
	}
}

static int
listen(struct looking *l, const char *path, struct err *err)
{
	enum proc_heard h;
	struct frame f;
	struct slice text;
	char why[200];
	bool bad = false;

	while ((h = proc_hear(&l->proc, TIMEOUT_MS, &f, err)) ==
	    PROC_HEARD_FRAME) {
		if (f.type == PST_BYE && l->done)
			return 0;
		if (f.type == PST_FAIL) {
			text = frame_str(&f.payload, FRAME_TEXT_MAX, &bad);
			return err_set(err, SCOPE_STORE, EX_DATAERR,
			    "'%s': %.*s", path, (int)text.n, text.p);
		}
		if (!heard(l, &f)) {
			h = PROC_HEARD_GARBAGE;
			break;
		}
	}
	if (h == PROC_HEARD_STOP)
		return -1;
	if (h == PROC_HEARD_END)
		proc_end(&l->proc, why, sizeof(why));
	else
		snprintf(why, sizeof(why), "%s",
		    h == PROC_HEARD_NOTHING ? "made no progress"
					    : "sent nonsense");
	return err_set(err, SCOPE_STORE, EX_DATAERR,
	    "'%s': the checker of PSTs %s", path, why);
}

int
check_file(struct check_report *r_r, const struct source_spec *spec,
    struct err *err)
{
	struct looking l = { .r = r_r, .proc = { .to = -1, .from = -1 } };
	struct pst_start start = { .leave = PST_CHECK };
	struct buf out = { 0 };
	struct stat st, now;
	int fd, rc;

	*r_r = (struct check_report){ 0 };
	if (survey_open(spec, &fd, &st, err) != 0)
		return -1;
	r_r->bytes = (uint64_t)st.st_size;
	start.memory = MEMORY_MIN + r_r->bytes / 64;
	rc = proc_start(&l.proc, PST_CHILD_ARG, fd, err);
	if (rc == 0) {
		frame_put_start(&out, &start);
		proc_tell(&l.proc, PST_START, &out);
		buf_free(&out);
		rc = listen(&l, spec->path, err);
	}
	proc_end(&l.proc, NULL, 0);
	r_r->changed = rc == 0 && fstat(fd, &now) == 0 &&
	    (now.st_size != st.st_size ||
		now.st_mtim.tv_sec != st.st_mtim.tv_sec ||
		now.st_mtim.tv_nsec != st.st_mtim.tv_nsec);
	close(fd);
	return rc;
}
