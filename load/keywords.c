/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keywords that a server refuses although it said that it takes them: the
 * message is sent again without, which is recorded as with those that
 * PERMANENTFLAGS forbids.  A keyword that was alone and without which the
 * message was taken is not tried again in this run.
 */
#include <string.h>

#include "load/load_impl.h"

#define TOLD_BYTES 600 /* words that are named, about */

static bool
may_be_it(const struct imap_result *res)
{
	switch (res->trouble) {
	case IMAP_BAD_COMMAND:
	case IMAP_BAD_MESSAGE:
	case IMAP_TROUBLE:
	case IMAP_FORBIDDEN:
	case IMAP_LIMIT_REACHED:
		return true;
	default:
		return false;
	}
}

bool
keywords_leave_out(struct batch *b, struct item *it,
    const struct imap_result *res)
{
	struct buf flags = { 0 }, dropped = { 0 };
	struct slice rest = slice_str(it->flags), word;

	if (!may_be_it(res))
		return false;
	if (it->dropped != NULL)
		buf_puts(&dropped, it->dropped);
	it->refused_words = 0;
	while (imap_flag_next(&rest, &word)) {
		struct buf *to = word.p[0] == '\\' ? &flags : &dropped;

		if (to == &dropped) {
			it->refused_words++;
			it->refused_word = arena_slice(&b->arena, word);
		}
		if (to->n > 0)
			buf_putc(to, ' ');
		buf_put(to, word.p, word.n);
	}
	if (it->refused_words > 0) {
		it->flags = arena_str(&b->arena, buf_str(&flags));
		it->dropped = arena_str(&b->arena, buf_str(&dropped));
	}
	buf_free(&flags);
	buf_free(&dropped);
	return it->refused_words > 0;
}

void
keywords_learn(struct load *l, const struct item *it)
{
	if (it->refused_words != 1 || keywords_is_refused(l, it->refused_word))
		return;
	if (l->refused_words.n > 0)
		buf_putc(&l->refused_words, ' ');
	buf_puts(&l->refused_words, it->refused_word);
}

static bool
has_word(const struct buf *words, const char *word)
{
	struct slice rest = buf_slice(words), have;

	while (imap_flag_next(&rest, &have))
		if (slice_is_nocase(have, word))
			return true;
	return false;
}

bool
keywords_is_refused(const struct load *l, const char *word)
{
	return has_word(&l->refused_words, word);
}

void
keywords_count_dropped(struct load *l, const struct item *it)
{
	struct slice rest, word;
	struct buf one = { 0 };

	if (it->dropped == NULL)
		return;
	report_add(l->report, "keywords_dropped", 1);
	rest = slice_str(it->dropped);
	while (
	    l->dropped_words.n <= TOLD_BYTES && imap_flag_next(&rest, &word)) {
		buf_clear(&one);
		buf_put(&one, word.p, word.n);
		if (has_word(&l->dropped_words, buf_str(&one)))
			continue;
		if (l->dropped_words.n > 0)
			buf_putc(&l->dropped_words, ' ');
		buf_puts(&l->dropped_words, buf_str(&one));
	}
	buf_free(&one);
}

void
keywords_tell_dropped(struct load *l)
{
	if (l->dropped_words.n > 0)
		report_note(l->report,
		    "flags and keywords that the server does not keep, so that "
		    "messages go without: %s%s",
		    buf_str(&l->dropped_words),
		    l->dropped_words.n > TOLD_BYTES ? " ..." : "");
}
