/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See pst_checking.h. */
#include "extract/pst_checking.h"

#include <sysexits.h>

#include "extract/check.h"
#include "formats/pst/check.h"

struct checking {
	struct buf *out;
	bool (*send)(void *arg, enum pst_frame_type type, uint64_t nid);
	void *arg;
	uint64_t findings, remarks;
	bool gone;
};

static void
tell(struct checking *c, enum pst_frame_type type, uint64_t nid)
{
	if (!c->gone && !c->send(c->arg, type, nid))
		c->gone = true;
}

static bool
found(void *arg, const struct pst_finding *f)
{
	struct checking *c = arg;

	/* the others are counted */
	if (f->remark ? c->remarks++ >= CHECK_MAX : c->findings++ >= CHECK_MAX)
		return !c->gone;
	frame_put_u32(c->out, f->remark);
	frame_put_str(c->out, slice_str(f->rule), FRAME_KEY_MAX);
	frame_put_u64(c->out, f->at);
	frame_put_u32(c->out, f->node);
	frame_put_u32(c->out, f->sub);
	frame_put_str(c->out, slice_str(f->what), FRAME_CLASS_MAX);
	frame_put_str(c->out, slice_str(f->found), FRAME_CLASS_MAX);
	frame_put_str(c->out, slice_str(f->expected), FRAME_CLASS_MAX);
	tell(c, PST_FINDING, 0);
	return !c->gone;
}

static bool
is_at(void *arg, enum pst_check_phase phase, uint64_t nid)
{
	struct checking *c = arg;

	frame_put_u64(c->out, nid);
	frame_put_u32(c->out, (uint32_t)phase);
	tell(c, PST_AT, nid);
	return !c->gone;
}

static void
tell_all(struct checking *c, const struct pst_checked *r)
{
	frame_put_str(c->out, slice_str(r->format), FRAME_KEY_MAX);
	frame_put_u64(c->out, r->findings);
	frame_put_u64(c->out, r->remarks);
	frame_put_u64(c->out, r->pages);
	frame_put_u64(c->out, r->blocks);
	frame_put_u64(c->out, r->nodes);
	frame_put_u64(c->out, r->folders);
	frame_put_u64(c->out, r->messages);
	tell(c, PST_CHECKED, 0);
	tell(c, PST_BYE, 0);
}

int
pst_checking(int fd, struct buf *out,
    bool (*send)(void *arg, enum pst_frame_type type, uint64_t nid), void *arg)
{
	struct checking c = { .out = out, .send = send, .arg = arg };
	struct pst_check_in in = { .fd = fd,
		.found = found,
		.at = is_at,
		.arg = &c };
	struct pst_checked r;
	struct err err = { 0 };

	if (pst_check(&in, &r, &err) != 0) {
		frame_put_str(out, slice_str(err.text), FRAME_TEXT_MAX);
		tell(&c, PST_FAIL, 0);
		return EX_DATAERR;
	}
	tell_all(&c, &r);
	return 0;
}
