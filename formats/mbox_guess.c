/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which dialect an mbox is in.  No mbox says so; what is known is who writes
 * what: Netscape, Thunderbird and mailman quote "From " only (mboxo), Google
 * Takeout quotes the quoted ones too (mboxrd), and a Content-Length that is
 * true nearly everywhere was put there by what wrote the mbox (mboxcl).
 */
#include <string.h>

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

/* Where Content-Length tells the end, nobody has looked for "From " yet. */
static void
look_at_body(struct mbox *m, struct slice text)
{
	if (text.n > 0 && memmem(text.p, text.n, "\nFrom ", 6) != NULL)
		m->seen_bare = true;
}

static int
take_sample(struct mbox *m, struct tally *t, struct err *err)
{
	struct mbox_item it;
	struct slice text;
	int n;

	*t = (struct tally){ 0 };
	if (mbox_restart(m, err) < 0)
		return -1;
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
		text = mbox_rest(m, m->start);
		if (text.n > it.size)
			text.n = (size_t)it.size;
		if (m->trust_lengths)
			look_at_body(m, text);
		if (text.n > LIMIT_HEAD_BYTES)
			text.n = LIMIT_HEAD_BYTES;
		look_at_head(m, t, text);
	}
	return n;
}

/* Are the Content-Lengths true, all but a few? */
static bool
lengths_are_true(const struct mbox *m, const struct tally *t)
{
	return m->eol == '\n' && t->lengths > 0 &&
	    t->true_lengths >= t->lengths - t->lengths / 4;
}

static void
decide(struct mbox *m, const struct tally *t, enum mbox_dialect want)
{
	m->separated = t->ends == 0 || t->blank_ends * 2 >= t->ends;
	m->trust_lengths = lengths_are_true(m, t);
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

/*
 * The first look trusts Content-Length where it ends at a postmark, so that
 * an mbox attached to a message of a mboxcl2 is not taken for messages.
 */
int
mbox_guess(struct mbox *m, enum mbox_dialect want, struct err *err)
{
	struct tally t;
	int n;

	m->separated = true;
	if (m->size > MBOX_SAMPLE)
		m->size = MBOX_SAMPLE;
	m->trust_lengths = want != MBOX_O && want != MBOX_RD && m->eol == '\n';
	n = take_sample(m, &t, err);
	if (n == 0 && m->trust_lengths && !lengths_are_true(m, &t) &&
	    t.lengths > 0) {
		m->trust_lengths = false;
		n = take_sample(m, &t, err);
	}
	m->size = m->full;
	decide(m, &t, want);
	return n < 0 ? -1 : 0;
}
