/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which dialect an mbox is in.  No mbox says so; what is known is who writes
 * what: Netscape, Thunderbird and mailman quote "From " only (mboxo), Google
 * Takeout quotes the quoted ones too (mboxrd), and a Content-Length that is
 * true nearly everywhere was put there by what wrote the mbox (mboxcl).
 */
#include "core/num.h"
#include "formats/head.h"
#include "formats/mbox_impl.h"

/* What the sample had, in messages. */
struct tally {
	unsigned all;
	unsigned ends, blank_ends; /* postmarks behind; after a blank line */
	unsigned lengths, true_lengths;
	unsigned thunderbird, takeout, mailman;
};

static void
look_at_head(struct mbox *m, struct tally *t, struct slice head)
{
	struct slice name, value;
	uint64_t length, end, body = m->start + head_length(head);
	bool has_length = false, is_true = false;

	while (head_next(&head, &name, &value)) {
		if (slice_is_nocase(name, "X-Mozilla-Status"))
			t->thunderbird++;
		else if (slice_is_nocase(name, "X-GM-THRID"))
			t->takeout++;
		if (!slice_is_nocase(name, "Content-Length"))
			continue;
		has_length = true;
		if (num_u64(slice_trim(value), UINT64_MAX, &length) &&
		    mbox_length_lands(m, body, length, &end))
			is_true = true;
	}
	t->lengths += has_length;
	t->true_lengths += is_true;
}

static int
take_sample(struct mbox *m, struct tally *t, struct err *err)
{
	struct mbox_item it;
	struct slice head;
	int n;

	while ((n = mbox_next(m, &it, err)) > 0) {
		if (it.stray)
			continue;
		t->all++;
		t->thunderbird += m->mark.dash;
		t->takeout += m->mark.xxx;
		t->mailman += m->mark.at;
		if (m->next < m->size) {
			t->ends++;
			t->blank_ends += m->next > m->start + it.size;
		}
		if (mbox_need(m, m->start, m->start + LIMIT_HEAD_BYTES, err) <
		    0)
			return -1;
		head = mbox_rest(m, m->start);
		if (head.n > LIMIT_HEAD_BYTES)
			head.n = LIMIT_HEAD_BYTES;
		if (head.n > it.size)
			head.n = (size_t)it.size;
		look_at_head(m, t, head);
	}
	return n;
}

static void
decide(struct mbox *m, const struct tally *t, enum mbox_dialect want)
{
	m->separated = t->ends == 0 || t->blank_ends * 2 >= t->ends;
	m->trust_lengths = m->eol == '\n' && t->lengths > 0 &&
	    t->true_lengths >= t->lengths - t->lengths / 4;
	m->evidence = true;
	if (want != MBOX_BY_EVIDENCE) {
		m->dialect = want;
		m->trust_lengths = want == MBOX_CL || want == MBOX_CL2;
	} else if (m->trust_lengths && t->lengths * 2 >= t->all) {
		m->dialect = m->seen_bare ? MBOX_CL2 : MBOX_CL;
	} else if (t->thunderbird > t->all / 2 || t->mailman > t->all / 2) {
		m->dialect = MBOX_O;
	} else {
		m->dialect = MBOX_RD;
		m->evidence = t->takeout > t->all / 2 || m->seen_quoted_twice;
	}
}

int
mbox_guess(struct mbox *m, enum mbox_dialect want, struct err *err)
{
	struct tally t = { 0 };
	int n = 0;

	m->separated = true;
	if (m->size > MBOX_SAMPLE)
		m->size = MBOX_SAMPLE;
	if (mbox_restart(m, err) < 0)
		return -1;
	n = take_sample(m, &t, err);
	m->size = m->full;
	decide(m, &t, want);
	return n < 0 ? -1 : 0;
}
