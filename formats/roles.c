/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Roles and their usual names; see roles.h. */
#include "formats/roles.h"

#include "core/buf.h"
#include "core/fold.h"
#include "core/text.h"

static const char *const roles[] = { "\\All", "\\Archive", "\\Drafts",
	"\\Flagged", "\\Important", "\\Junk", "\\Sent", "\\Trash" };

/* U+00E0 to U+017F without their accents; ' ' stands for the letter
 * itself. */
static const char bare_latin[] = "aaaaaa ceeeeiiii nooooo  uuuuy y"
				 "aaaaaaccccccccddddeeeeeeeeeegggggggghhhh"
				 "iiiiiiiiii  jjkk llllllllllnnnnnnn  oooo"
				 "oo  rrrrrrssssssssttttttuuuuuuuuuuuuwwyy"
				 "yzzzzzz ";

/* The letter without case and accent; 0: an accent by itself. */
static uint32_t
bare(uint32_t cp)
{
	cp = fold_cp(cp);
	if (cp >= 0xe0 && cp < 0xe0 + sizeof(bare_latin) - 1)
		return bare_latin[cp - 0xe0] == ' '
		    ? cp
		    : (unsigned char)bare_latin[cp - 0xe0];
	if ((cp >= 0x300 && cp < 0x370) || cp == 0x3099 || cp == 0x309a)
		return 0;
	if (cp == 0xa0 || cp == 0x3000)
		return ' ';
	switch (cp) { /* what has marks and is in our names */
	case 0x219:   /* Romanian */
		return 's';
	case 0x21b:
		return 't';
	case 0x439: /* Cyrillic short i */
		return 0x438;
	case 0x457: /* Ukrainian yi */
		return 0x456;
	case 0x3ac:
		return 0x3b1;
	case 0x3ad:
		return 0x3b5;
	case 0x3ae:
		return 0x3b7;
	case 0x3af:
		return 0x3b9;
	case 0x3cc:
		return 0x3bf;
	case 0x3cd:
		return 0x3c5;
	case 0x3ce:
		return 0x3c9;
	case 0x3054: /* Japanese GO, and the same in katakana; BU */
		return 0x3053;
	case 0x30b4:
		return 0x30b3;
	case 0x30d6:
		return 0x30d5;
	default:
		return cp;
	}
}

/* The next letter of 's', bare; 0 at the end. */
static uint32_t
next_bare(struct slice *s)
{
	uint32_t cp;
	size_t len;

	while (s->n > 0) {
		len = text_utf8(s->p, s->n, &cp);
		if (len == 0) {
			*s = slice_from(*s, 1);
			return 0xfffd;
		}
		*s = slice_from(*s, len);
		cp = bare(cp);
		if (cp != 0)
			return cp;
	}
	return 0;
}

static bool
is_same(struct slice a, struct slice b)
{
	uint32_t x, y;

	do {
		x = next_bare(&a);
		y = next_bare(&b);
	} while (x == y && x != 0);
	return x == y;
}

const char *
roles_find(struct slice word)
{
	size_t i;

	if (word.n > 0 && word.p[0] == '\\')
		word = slice_from(word, 1);
	for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (slice_is_nocase(word, roles[i] + 1))
			return roles[i];
	return NULL;
}

static const char *
find(struct slice name, int whose)
{
	const struct roles_names *r;
	const char *const *n;

	for (r = roles_names; r->role != NULL; r++)
		for (n = r->names; (int)r->whose == whose && *n != NULL; n++)
			if (is_same(name, slice_str(*n)))
				return r->role;
	return NULL;
}

const char *
roles_of_name(struct slice name, bool outlook)
{
	const char *role = find(name, ROLES_OUTLOOK);

	return role == NULL && !outlook ? find(name, ROLES_OTHER) : role;
}

const char *
roles_guess(struct slice name)
{
	static const char *const above[] = { "inbox/", "[gmail]/",
		"[google mail]/" };
	const char *role = NULL;
	size_t i, n;
	bool gmail = false;

	for (i = 0; i < 3; i++) {
		n = strlen(above[i]);
		if (name.n > n &&
		    slice_is_nocase(slice_of(name.p, n), above[i])) {
			name = slice_from(name, n);
			gmail = i > 0;
			break;
		}
	}
	if (gmail)
		role = find(name, ROLES_GMAIL);
	if (role == NULL)
		role = roles_of_name(name, false);
	return role == NULL || roles_find(slice_str(role)) == NULL ? NULL
								   : role;
}
