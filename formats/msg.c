/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Flags and keywords; see msg.h. */
#include "formats/msg.h"

#include <string.h>

#include "core/limits.h"

static const struct {
	uint32_t bit;
	char letter;
	const char *name; /* ls --json */
	const char *imap;
} flag_table[] = {
	{ MSG_DRAFT, 'D', "draft", "\\Draft" },
	{ MSG_FLAGGED, 'F', "flagged", "\\Flagged" },
	{ MSG_FORWARDED, 'P', "forwarded", "$Forwarded" },
	{ MSG_ANSWERED, 'R', "answered", "\\Answered" },
	{ MSG_SEEN, 'S', "seen", "\\Seen" },
	{ MSG_DELETED, 'T', "deleted", "\\Deleted" },
};

#define FLAGS (sizeof(flag_table) / sizeof(flag_table[0]))

char *
msg_flag_letters(char out[8], uint32_t flags)
{
	size_t i, n = 0;

	for (i = 0; i < FLAGS; i++)
		if ((flags & flag_table[i].bit) != 0)
			out[n++] = flag_table[i].letter;
	out[n] = '\0';
	return out;
}

uint32_t
msg_flags_of_letters(struct slice letters)
{
	uint32_t flags = 0;
	size_t i, k;

	for (k = 0; k < letters.n; k++)
		for (i = 0; i < FLAGS; i++)
			if (letters.p[k] == flag_table[i].letter)
				flags |= flag_table[i].bit;
	return flags;
}

const char *
msg_flag_name(uint32_t one_flag)
{
	size_t i;

	for (i = 0; i < FLAGS; i++)
		if (flag_table[i].bit == one_flag)
			return flag_table[i].name;
	return "";
}

int
msg_keyword_next(struct slice *rest, struct slice *word_r)
{
	const char *sp;

	while (rest->n > 0 && rest->p[0] == ' ')
		*rest = slice_from(*rest, 1);
	if (rest->n == 0)
		return 0;
	sp = memchr(rest->p, ' ', rest->n);
	*word_r =
	    slice_of(rest->p, sp == NULL ? rest->n : (size_t)(sp - rest->p));
	*rest = slice_from(*rest, word_r->n);
	return 1;
}

static int
compare_nocase(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n == 0 ? 0 : strncasecmp(a.p, b.p, n);

	if (c != 0)
		return c;
	return a.n < b.n ? -1 : a.n > b.n;
}

static void
put_sanitised(struct buf *b, struct slice word)
{
	size_t i;
	char c;

	for (i = 0; i < word.n && i < LIMIT_KEYWORD_BYTES; i++) {
		c = word.p[i];
		if (c <= ' ' || c >= 0x7f || strchr("(){%*\"\\]", c) != NULL)
			c = '_';
		buf_putc(b, c);
	}
}

static void
put_word(struct buf *b, struct slice word)
{
	if (b->n > 0)
		buf_putc(b, ' ');
	buf_put(b, word.p, word.n);
}

void
msg_keyword_put(struct buf *list, struct slice word)
{
	struct buf clean = { 0 }, out = { 0 };
	struct slice rest, have;
	bool placed = false;
	size_t count = 0;
	int order;

	put_sanitised(&clean, word);
	rest = buf_slice(list);
	while (msg_keyword_next(&rest, &have)) {
		order = placed ? -1 : compare_nocase(have, buf_slice(&clean));
		if (order > 0)
			put_word(&out, buf_slice(&clean));
		placed = placed || order >= 0;
		put_word(&out, have);
		count++;
	}
	if (!placed && count < LIMIT_KEYWORDS)
		put_word(&out, buf_slice(&clean));
	buf_free(list);
	*list = out;
	buf_free(&clean);
}

void
msg_keyword_add(struct buf *list, uint32_t *flags, struct slice word)
{
	size_t i;

	for (i = 0; i < FLAGS; i++) {
		if (slice_is_nocase(word, flag_table[i].imap)) {
			*flags |= flag_table[i].bit;
			return;
		}
	}
	if (word.n == 0 || word.p[0] == '\\')
		return; /* \Recent and other flags that are no keywords */
	msg_keyword_put(list, word);
}
