/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the parent of a PST child begins; see pst_frame.h. */
#include "extract/pst_frame.h"

void
frame_put_start(struct buf *b, const struct pst_start *s)
{
	size_t i;

	frame_put_u32(b, s->leave);
	frame_put_u32(b, s->codepage);
	frame_put_u32(b, s->keep_rtf);
	frame_put_u32(b, s->vcard);
	frame_put_u64(b, s->memory);
	frame_put_u32(b, (uint32_t)s->at);
	frame_put_u64(b, s->at_nid);
	frame_put_u32(b, s->child);
	frame_put_u32(b, s->children == 0 ? 1 : s->children);
	frame_put_u64(b, s->too_big);
	frame_put_u32(b, (uint32_t)s->n_poison);
	for (i = 0; i < s->n_poison; i++)
		frame_put_u64(b, s->poison[i]);
}
