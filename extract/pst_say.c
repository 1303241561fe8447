/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the child says of an item; see pst_say.h. */
#include "extract/pst_say.h"

#include "core/limits.h"
#include "core/text.h"
#include "extract/pst_frame.h"
#include "formats/item_out.h"
#include "formats/msg.h"

#define SUBJECT_MAX 500

static uint32_t
flags_of(const struct item *it)
{
	uint32_t flags = 0;

	if (it->flags & ITEM_READ)
		flags |= MSG_SEEN;
	if (it->flags & ITEM_UNSENT)
		flags |= MSG_DRAFT;
	if (it->flags & ITEM_ANSWERED)
		flags |= MSG_ANSWERED;
	if (it->flags & ITEM_FORWARDED)
		flags |= MSG_FORWARDED;
	if (it->flags & ITEM_FLAGGED)
		flags |= MSG_FLAGGED;
	return flags;
}

static int64_t
received_of(const struct item *it)
{
	if (it->delivered != DATE_UNKNOWN)
		return it->delivered;
	return it->submitted != DATE_UNKNOWN ? it->submitted : it->created;
}

void
say_item(struct buf *out, const struct item *it, uint64_t nid, const char *path)
{
	struct buf keywords = { 0 };
	uint32_t flags = flags_of(it);
	size_t i;

	if (it->recovered)
		msg_keyword_add(&keywords, &flags, slice_str(PST_RECOVERED));
	for (i = 0; i < it->n_categories; i++)
		msg_keyword_add(&keywords, &flags, it->categories[i]);
	frame_put_u64(out, nid);
	frame_put_str(out, slice_str(path), LIMIT_PATH_BYTES);
	frame_put_u32(out, flags);
	frame_put_u64(out, (uint64_t)received_of(it));
	frame_put_str(out, buf_slice(&keywords),
	    keywords.n > FRAME_KEYWORDS_MAX ? 0 : FRAME_KEYWORDS_MAX);
	frame_put_str(out, it->subject, SUBJECT_MAX);
	buf_free(&keywords);
}

void
say_thing(struct buf *out, const struct item *it, enum item_kind kind,
    uint64_t nid, const char *path)
{
	int64_t t =
	    it->modified != DATE_UNKNOWN ? it->modified : received_of(it);
	char class[FRAME_CLASS_MAX];

	text_escape_into(class, sizeof(class), it->class.p, it->class.n);
	frame_put_u64(out, nid);
	frame_put_str(out, slice_str(path), LIMIT_PATH_BYTES);
	frame_put_u32(out, (uint32_t)kind);
	frame_put_u64(out, (uint64_t)t);
	frame_put_str(out, slice_str(class), FRAME_CLASS_MAX);
	frame_put_str(out, item_out_title(it), SUBJECT_MAX);
}
