/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The throw-away server's folders and messages. */
#include <stdlib.h>
#include <string.h>

#include "core/fold.h"
#include "core/glob.h"
#include "core/mem.h"
#include "core/text.h"
#include "wire/imap_parse.h"
#include "wire/mutf7.h"
#include "wire/serve/impl.h"

/* -------------------------------------------------------------- folders */

/* What makes two names the same: INBOX in any case, and where the provider
 * does not care for case, all of it. */
static void
fold_name(const struct serve *s, struct slice name, struct buf *out)
{
	struct buf text = { 0 };
	bool inbox = name.n >= 5 && strncasecmp(name.p, "INBOX", 5) == 0 &&
	    (name.n == 5 || name.p[5] == s->w->delimiter);

	if (s->w->fold || s->limits.ignores_case) {
		if (mutf7_decode(&text, name))
			fold_put(out, buf_slice(&text));
		else
			buf_put(out, name.p, name.n);
	} else if (inbox) {
		buf_puts(out, "INBOX");
		buf_put(out, name.p + 5, name.n - 5);
	} else {
		buf_put(out, name.p, name.n);
	}
	buf_free(&text);
}

struct serve_box *
serve_box_find(struct serve *s, struct slice name)
{
	struct buf key = { 0 };
	struct serve_box *b = NULL;
	size_t i;

	fold_name(s, name, &key);
	for (i = 0; i < s->n_boxes && b == NULL; i++)
		if (slice_is(buf_slice(&key), s->boxes[i]->folded))
			b = s->boxes[i];
	buf_free(&key);
	return b;
}

static struct serve_box *
add_box(struct serve *s, struct slice name, const char *use, bool noselect)
{
	struct serve_box *b = mem_alloc(1, sizeof(*b));
	struct buf key = { 0 };

	fold_name(s, name, &key);
	b->name = mem_strn(name.p, name.n);
	b->folded = mem_str(buf_str(&key));
	buf_free(&key);
	b->use = use;
	b->noselect = noselect;
	b->uidvalidity = ++s->next_validity;
	b->uidnext = 1;
	if ((s->n_boxes & (s->n_boxes - 1)) == 0)
		s->boxes = mem_grow(s->boxes,
		    s->n_boxes == 0 ? 1 : 2 * s->n_boxes, sizeof(*s->boxes));
	s->boxes[s->n_boxes++] = b;
	return b;
}

void
serve_boxes_init(struct serve *s)
{
	const struct serve_folder *f;

	s->next_validity = 1000;
	for (f = s->w->folders; f->name != NULL; f++)
		add_box(s, slice_str(f->name), f->use, f->noselect);
}

static void
free_box(struct serve_box *b)
{
	size_t i;

	for (i = 0; i < b->n_keywords; i++)
		free(b->keywords[i]);
	free(b->name);
	free(b->folded);
	free(b->v);
	free(b);
}

void
serve_boxes_free(struct serve *s)
{
	while (s->n_boxes > 0)
		free_box(s->boxes[--s->n_boxes]);
	free(s->boxes);
}

/* Names that the provider keeps for itself, by the data. */
static bool
is_reserved(const struct serve *s, struct slice name)
{
	const struct conf_node *n = s->limits.folder_names == NULL
	    ? NULL
	    : s->limits.folder_names->child;
	struct slice top = name;
	const char *at = memchr(name.p, '/', name.n);

	if (at != NULL)
		top.n = (size_t)(at - name.p);
	for (; n != NULL; n = n->next)
		if (n->text != NULL &&
		    (glob_match(slice_str(n->text), name, GLOB_ICASE) ||
			glob_match(slice_str(n->text), top, GLOB_ICASE)))
			return true;
	return false;
}

/* A component, by the data. */
static bool
is_refused(const struct provider_limits *l, struct slice c)
{
	uint64_t chars = 0;
	uint32_t cp, before = 0;
	size_t i, n;

	if (l->folder_trimmed && c.n > 0 &&
	    (c.p[0] == ' ' || c.p[c.n - 1] == ' '))
		return true;
	if (l->folder_leading != NULL && c.n > 0 &&
	    strchr(l->folder_leading, c.p[0]) != NULL)
		return true;
	for (i = 0; i < c.n; i += n, chars++) {
		n = text_utf8(c.p + i, c.n - i, &cp);
		if (n == 0)
			return true;
		if (cp < 128 && l->folder_refused != NULL &&
		    strchr(l->folder_refused, (int)cp) != NULL)
			return true;
		if ((cp > 0xffff && l->folder_bmp_only) ||
		    (cp == ' ' && before == ' ' && l->folder_single_spaces))
			return true;
		before = cp;
	}
	return l->folder_chars != 0 && chars > l->folder_chars;
}

/* Component by component; 'text' is decoded. */
static bool
has_refused_part(const struct serve *s, struct slice text)
{
	struct slice part;
	const char *at;

	for (;;) {
		at = text.n == 0 ? NULL
				 : memchr(text.p, s->w->delimiter, text.n);
		part = slice_of(text.p,
		    at == NULL ? text.n : (size_t)(at - text.p));
		if (part.n == 0 || is_refused(&s->limits, part))
			return true;
		if (at == NULL)
			return false;
		text = slice_from(text, part.n + 1);
	}
}

static const char *
check_name(const struct serve *s, struct slice name)
{
	const char *why = NULL;
	struct buf text = { 0 };
	size_t n = strlen(s->w->prefix);

	if (name.n == 0 || name.n > 1000 || !mutf7_decode(&text, name))
		why = "NO [CANNOT] Invalid mailbox name";
	else if (n > 0 &&
	    (name.n < n || strncasecmp(name.p, s->w->prefix, n) != 0))
		why = "NO [CANNOT] Not in a namespace of yours";
	else if (s->w->refuses != NULL)
		why = s->w->refuses(buf_slice(&text));
	if (why == NULL &&
	    (is_reserved(s, slice_from(buf_slice(&text), n)) ||
		has_refused_part(s, buf_slice(&text))))
		why = s->w->name_refused;
	buf_free(&text);
	return why;
}

/* The folders above come with it. */
static void
add_parents(struct serve *s, struct slice name)
{
	size_t i;

	for (i = 1; i < name.n; i++)
		if (name.p[i] == s->w->delimiter &&
		    serve_box_find(s, slice_of(name.p, i)) == NULL)
			add_box(s, slice_of(name.p, i), NULL, false);
}

const char *
serve_box_create(struct serve *s, struct slice name, const char *use)
{
	const char *why;

	if (name.n > 1 && name.p[name.n - 1] == s->w->delimiter)
		name.n--;
	if (serve_box_find(s, name) != NULL)
		return s->w->exists;
	why = check_name(s, name);
	if (why != NULL)
		return why;
	if (s->n_boxes >= SERVE_BOXES)
		return "NO [LIMIT] Too many folders";
	add_parents(s, name);
	add_box(s, name, use, false);
	return NULL;
}

void
serve_box_rename(struct serve *s, struct serve_box *b, struct slice name)
{
	struct buf key = { 0 };

	fold_name(s, name, &key);
	free(b->name);
	free(b->folded);
	b->name = mem_strn(name.p, name.n);
	b->folded = mem_str(buf_str(&key));
	buf_free(&key);
}

void
serve_box_delete(struct serve *s, struct serve_box *b)
{
	size_t i;

	for (i = 0; i < SERVE_CONNECTIONS; i++) {
		if (s->conn[i] == NULL)
			continue;
		if (s->conn[i]->box == b) {
			s->conn[i]->box = NULL;
			serve_bye(s->conn[i], "The folder was deleted");
		}
		if (s->conn[i]->a.box == b)
			s->conn[i]->a.box = NULL;
	}
	for (i = 0; i < s->n_boxes; i++)
		if (s->boxes[i] == b)
			break;
	memmove(s->boxes + i, s->boxes + i + 1,
	    (s->n_boxes - i - 1) * sizeof(*s->boxes));
	s->n_boxes--;
	free_box(b);
}

/* ------------------------------------------------------------- messages */

struct serve_msg *
serve_box_add(struct serve_box *b, const struct serve_msg *m)
{
	if (b->n == b->cap) {
		b->cap = b->cap == 0 ? 16 : b->cap + b->cap / 2;
		b->v = mem_grow(b->v, b->cap, sizeof(*b->v));
	}
	b->v[b->n] = *m;
	b->v[b->n].uid = b->uidnext++;
	return &b->v[b->n++];
}

bool
serve_visible(const struct serve_conn *c, size_t i)
{
	const struct serve_msg *m = &c->box->v[i];

	return i < c->seen && (m->gone == 0 || m->gone > c->epoch);
}

void
serve_box_tidy(struct serve *s, struct serve_box *b)
{
	size_t i, k, to = 0, before;

	for (i = 0; i < SERVE_CONNECTIONS; i++)
		if (s->conn[i] != NULL && s->conn[i]->box == b &&
		    s->conn[i]->epoch != b->epoch)
			return;
	if (b->n_gone == 0)
		return;
	for (k = 0; k < SERVE_CONNECTIONS; k++) {
		struct serve_conn *c = s->conn[k];

		if (c == NULL || c->box != b)
			continue;
		for (i = before = 0; i < c->seen; i++)
			before += b->v[i].gone != 0;
		c->seen -= before;
	}
	for (i = 0; i < b->n; i++)
		if (b->v[i].gone == 0)
			b->v[to++] = b->v[i];
	b->n = to;
	b->n_gone = 0;
}

/* ----------------------------------------------------------------- flags */

static const char *const system_flags[SERVE_SYSTEM] = { "\\Seen", "\\Answered",
	"\\Flagged", "\\Deleted", "\\Draft" };

bool
serve_takes_any(const struct serve *s)
{
	return strstr(s->w->flags, "\\*") != NULL && !s->limits.no_keywords;
}

/* Among those that it takes by name? */
static bool
is_listed(const struct serve *s, struct slice word)
{
	struct slice rest = slice_str(s->w->flags), have;

	while (imap_flag_next(&rest, &have))
		if (have.n == word.n &&
		    strncasecmp(have.p, word.p, word.n) == 0)
			return true;
	return false;
}

uint64_t
serve_flag_bit(struct serve *s, struct serve_box *b, struct slice word,
    bool make)
{
	size_t i;

	for (i = 0; i < SERVE_SYSTEM; i++)
		if (slice_is_nocase(word, system_flags[i]))
			return 1ULL << i;
	for (i = 0; i < b->n_keywords; i++)
		if (slice_is_nocase(word, b->keywords[i]))
			return 1ULL << (SERVE_SYSTEM + i);
	if (!make || word.n == 0 || word.n > 255 || word.p[0] == '\\' ||
	    b->n_keywords == SERVE_KEYWORDS)
		return 0;
	if (!serve_takes_any(s) && !is_listed(s, word))
		return 0;
	b->keywords[b->n_keywords] = mem_strn(word.p, word.n);
	return 1ULL << (SERVE_SYSTEM + b->n_keywords++);
}

void
serve_put_flags(struct buf *b, const struct serve_box *box, uint64_t flags)
{
	size_t i;
	bool first = true;

	buf_putc(b, '(');
	for (i = 0; i < SERVE_SYSTEM + box->n_keywords; i++) {
		if ((flags >> i & 1) == 0)
			continue;
		if (!first)
			buf_putc(b, ' ');
		first = false;
		buf_puts(b,
		    i < SERVE_SYSTEM ? system_flags[i]
				     : box->keywords[i - SERVE_SYSTEM]);
	}
	buf_putc(b, ')');
}

const char *
serve_flags_read(struct serve *s, struct serve_box *b, struct slice list,
    uint64_t *flags_r)
{
	struct slice word;
	uint64_t bit;

	*flags_r = 0;
	while (imap_flag_next(&list, &word)) {
		bit = serve_flag_bit(s, b, word, true);
		if (bit == 0)
			return b->n_keywords == SERVE_KEYWORDS
			    ? "NO [LIMIT] Too many keywords"
			    : s->w->keyword;
		*flags_r |= bit;
	}
	return NULL;
}
