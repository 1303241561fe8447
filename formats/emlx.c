/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Apple Mail's .emlx; see emlx.h. */
#include "formats/emlx.h"

#include "core/limits.h"
#include "core/num.h"

bool
emlx_begin(struct slice head, uint64_t *at_r, uint64_t *size_r)
{
	struct slice rest = head, line;

	if (!slice_next_line(&rest, &line) || line.n > 32 ||
	    line.p[line.n - 1] != '\n')
		return false;
	*at_r = line.n;
	return num_u64(slice_trim(line), LIMIT_MSG_BYTES, size_r);
}

/* The last place of 'word' in 's', or s.n. */
static size_t
find_last(struct slice s, const char *word)
{
	size_t n = strlen(word), i;

	for (i = s.n < n ? 0 : s.n - n + 1; i > 0; i--)
		if (memcmp(s.p + i - 1, word, n) == 0)
			return i - 1;
	return s.n;
}

size_t
emlx_list(struct slice tail)
{
	size_t list = find_last(tail, "<plist"), xml;

	if (list == tail.n)
		return tail.n;
	xml = find_last(slice_of(tail.p, list), "<?xml");
	return xml == list ? list : xml;
}

/* The flags integer's bits, of which only these say what IMAP can say. */
static const struct {
	unsigned bit;
	uint32_t flag;
	const char *keyword;
} bits[] = {
	{ 0, MSG_SEEN, NULL },
	{ 1, MSG_DELETED, NULL },
	{ 2, MSG_ANSWERED, NULL },
	{ 4, MSG_FLAGGED, NULL },
	{ 6, MSG_DRAFT, NULL },
	{ 8, MSG_FORWARDED, NULL },
	{ 24, 0, "$Junk" },
	{ 25, 0, "$NotJunk" },
};

static bool
take(struct slice *s, const char *word)
{
	while (s->n > 0 && strchr(" \t\r\n", s->p[0]) != NULL)
		*s = slice_from(*s, 1);
	if (!slice_starts(*s, word))
		return false;
	*s = slice_from(*s, strlen(word));
	return true;
}

bool
emlx_flags(struct slice list, uint32_t *flags, struct buf *keywords)
{
	struct slice s = slice_from(list, find_last(list, "<key>flags</key>"));
	uint64_t value;
	size_t i;

	if (!take(&s, "<key>flags</key>") || !take(&s, "<integer>") ||
	    !num_take_u64(&s, (uint64_t)INT64_MAX, &value) ||
	    !take(&s, "</integer>"))
		return false;
	*flags = 0;
	for (i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		if ((value >> bits[i].bit & 1) == 0)
			continue;
		*flags |= bits[i].flag;
		if (bits[i].keyword != NULL)
			msg_keyword_put(keywords, slice_str(bits[i].keyword));
	}
	return true;
}
