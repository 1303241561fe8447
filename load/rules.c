/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a destination is known to refuse; see rules.h. */
#include "load/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/glob.h"
#include "core/limits.h"
#include "core/mem.h"
#include "core/text.h"
#include "formats/msg.h"
#include "formats/folder.h"

/* What servers say of themselves, in the greeting, ID or capabilities. */
static const char *
by_greeting(const struct imap *im)
{
	static const struct {
		const char *word, *profile;
	} known[] = { { "Microsoft Exchange", "microsoft" },
		{ "Gimap ready", "google" }, { "Dovecot", "dovecot" },
		{ "Cyrus IMAP", "cyrus" }, { "Courier-IMAP", "courier" } };
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strstr(imap_greeting(im), known[i].word) != NULL ||
		    strstr(imap_software(im), known[i].word) != NULL)
			return known[i].profile;
	return imap_has(im, IMAP_CAP_GMAIL) ? "google" : NULL;
}

static int
use(struct load_rules *r, const char *name, const struct account *a,
    struct err *err)
{
	const struct provider *p;

	if (providers_open(&r->providers, a->providers, err) < 0)
		return -1;
	if (providers_find(r->providers, name, &p, err) < 0)
		return err_within(err, "--dest-profile");
	r->name = p->name;
	r->limits = &p->limits;
	return 0;
}

int
load_rules_find(struct load_rules *r, const char *name, const struct account *a,
    struct imap *im, struct err *err)
{
	const char *guess =
	    name == NULL && a->preset == NULL ? by_greeting(im) : NULL;
	int rc = 0;

	load_rules_free(r);
	if (name != NULL && strcmp(name, "generic") != 0) {
		rc = use(r, name, a, err);
	} else if (guess != NULL) {
		rc = use(r, guess, a, err);
	} else if (name == NULL && a->preset != NULL) {
		r->name = a->preset->name;
		r->limits = &a->preset->limits;
	}
	if (rc == 0)
		rc = imap_quota(im, &r->quota, err);
	r->left = r->quota.limit - r->quota.used;
	return rc;
}

void
load_rules_free(struct load_rules *r)
{
	providers_close(&r->providers);
	*r = (struct load_rules){ 0 };
}

/* ------------------------------------------------------------- messages */

/* What a look through all of a message tells. */
struct look {
	uint64_t lines;	  /* ended so far */
	uint64_t longest; /* with its end */
	uint64_t bare_lf; /* the first line with one, from 1; 0: none */
	uint64_t bare_cr;
	uint64_t nul;
	uint64_t bad_header;
	/* where it is */
	uint64_t line;	  /* bytes of the line so far */
	bool in_body, cr; /* the last byte was a CR */
	char head[128];	  /* how the line begins */
};

/* Is it what a strict server takes for a line of a header: a name without
 * blanks before the colon, or a continued one?  A postmark is let pass. */
static bool
is_header_line(const struct look *k)
{
	size_t n = k->line < sizeof(k->head) ? (size_t)k->line
					     : sizeof(k->head),
	       i;

	if (k->head[0] == ' ' || k->head[0] == '\t' ||
	    strncmp(k->head, "From ", 5) == 0)
		return true;
	for (i = 0; i < n && k->head[i] != ':'; i++)
		if ((unsigned char)k->head[i] <= ' ')
			return false;
	return i > 0;
}

static void
end_line(struct look *k)
{
	k->lines++;
	if (k->line > k->longest)
		k->longest = k->line;
	if (!k->in_body) {
		if (k->line <= 2 && (k->head[0] == '\r' || k->head[0] == '\n'))
			k->in_body = true;
		else if (!is_header_line(k) && k->bad_header == 0)
			k->bad_header = k->lines;
	}
	k->line = 0;
}

/* A stretch without an LF but as its last byte. */
static void
look_at(struct look *k, const char *p, size_t n)
{
	uint64_t number = k->lines + 1;
	const char *end = p + n, *at;
	size_t room;

	if (k->line < sizeof(k->head)) {
		room = sizeof(k->head) - (size_t)k->line;
		memcpy(k->head + k->line, p, n < room ? n : room);
	}
	if (k->nul == 0 && memchr(p, '\0', n) != NULL)
		k->nul = number;
	if (k->cr && *p != '\n' && k->bare_cr == 0)
		k->bare_cr = number;
	for (at = p; k->bare_cr == 0 && at < end; at++) {
		at = memchr(at, '\r', (size_t)(end - at));
		if (at == NULL)
			break;
		if (at + 1 < end && at[1] != '\n')
			k->bare_cr = number;
	}
	if (end[-1] == '\n' && (n > 1 ? end[-2] != '\r' : !k->cr) &&
	    k->bare_lf == 0)
		k->bare_lf = number;
	k->cr = end[-1] == '\r';
	k->line += n;
	if (end[-1] == '\n')
		end_line(k);
}

static int
look_through(int fd, struct look *k, struct err *err)
{
	char *block = mem_alloc(1, LIMIT_BLOCK), *at, *nl;
	uint64_t offset = 0;
	ssize_t n;

	while ((n = pread(fd, block, LIMIT_BLOCK, (off_t)offset)) > 0) {
		offset += (uint64_t)n;
		for (at = block; at < block + n; at = nl) {
			nl = memchr(at, '\n', (size_t)(block + n - at));
			nl = nl == NULL ? block + n : nl + 1;
			look_at(k, at, (size_t)(nl - at));
		}
	}
	free(block);
	/* Cyrus wants an end to the last line of a header */
	if (k->line > 0 && !k->in_body && k->bad_header == 0)
		k->bad_header = k->lines + 1;
	if (k->line > 0)
		end_line(k);
	if (k->cr && k->bare_cr == 0)
		k->bare_cr = k->lines;
	return n < 0 ? err_sys(err, SCOPE_MSG, EX_IOERR, "reading it") : 0;
}

static bool
asks_bytes(const struct provider_limits *l, uint64_t size)
{
	return (l->line_bytes != 0 && size > l->line_bytes) ||
	    l->refuses_bare_lf || l->refuses_bare_cr || l->refuses_nul ||
	    l->strict_header;
}

bool
load_rules_read(const struct load_rules *r, uint64_t size)
{
	return r->limits != NULL && asks_bytes(r->limits, size);
}

static int
refuse_bytes(const struct load_rules *r, const struct look *k, struct err *err)
{
	const struct provider_limits *l = r->limits;
	const struct {
		bool refused;
		uint64_t line;
		const char *what, *hint;
	} rows[] = {
		{ l->refuses_nul, k->nul, "a NUL",
		    "'postroad transform --fix-newlines' encodes it" },
		{ l->refuses_bare_lf, k->bare_lf, "an LF without a CR",
		    "'postroad transform --fix-newlines' mends it" },
		{ l->refuses_bare_cr, k->bare_cr, "a CR without an LF",
		    "'postroad transform --fix-newlines' mends it" },
		{ l->strict_header, k->bad_header,
		    "something in its header that is no header field",
		    "keep it as a file: 'postroad export'" },
	};
	size_t i;

	if (l->line_bytes != 0 && k->longest > l->line_bytes) {
		err_set(err, SCOPE_MSG, EX_DATAERR,
		    "it has a line of %llu bytes, and %s takes %llu at most",
		    (unsigned long long)k->longest, r->name,
		    (unsigned long long)l->line_bytes);
		return err_hint(err,
		    "'postroad transform --fix-lines' encodes it anew; or "
		    "keep it as a file: 'postroad export'");
	}
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!rows[i].refused || rows[i].line == 0)
			continue;
		err_set(err, SCOPE_MSG, EX_DATAERR,
		    "it has %s (line %llu), and %s does not take that",
		    rows[i].what, (unsigned long long)rows[i].line, r->name);
		return err_hint(err, "%s", rows[i].hint);
	}
	return 0;
}

int
load_rules_message(const struct load_rules *r, int fd, uint64_t size,
    struct err *err)
{
	const struct provider_limits *l = r->limits;
	char have[32], most[32];
	struct look k = { 0 };

	if (l == NULL)
		return 0;
	if (l->message_bytes != 0 && size > l->message_bytes) {
		err_set(err, SCOPE_MSG, EX_DATAERR,
		    "it has %s, and %s takes %s at most", text_size(have, size),
		    r->name, text_size(most, l->message_bytes));
		return err_hint(err,
		    "'postroad transform --strip-attachments' makes it "
		    "smaller, or deliver it by other means; if the limit was "
		    "raised there, say so with --providers, or use "
		    "--dest-profile generic");
	}
	if (size == 0 && l->refuses_empty) {
		err_set(err, SCOPE_MSG, EX_DATAERR,
		    "it is empty, and %s does not take that", r->name);
		return err_hint(err, "keep it as a file: 'postroad export'");
	}
	if (!asks_bytes(l, size))
		return 0;
	return look_through(fd, &k, err) < 0 ? -1 : refuse_bytes(r, &k, err);
}

int
load_rules_one_more(struct load_rules *r, struct err *err)
{
	if (r->limits == NULL || r->limits->items == 0)
		return 0;
	if (r->room > 0) {
		r->room--;
		return 0;
	}
	err_set(err, SCOPE_MSG, EX_CANTCREAT, "%s holds %llu messages at most",
	    r->name, (unsigned long long)r->limits->items);
	return err_hint(err,
	    "make room there, or load a part: 'postroad transform --exclude'; "
	    "if the limit was raised, say so with --providers");
}

bool
load_rules_refuse(const struct load_rules *r)
{
	const struct provider_limits *l = r->limits;

	return l != NULL &&
	    (l->message_bytes != 0 || l->items != 0 || l->no_keywords ||
		l->folder_names != NULL || l->folder_refused != NULL ||
		l->upload_bytes_per_day != 0 || asks_bytes(l, UINT64_MAX));
}

bool
load_rules_no_keyword(const struct load_rules *r, const char *word)
{
	return r->limits != NULL && r->limits->no_keywords && word[0] != '\\';
}

uint32_t
load_rules_flags_behind(const struct load_rules *r)
{
	return r->limits != NULL && r->limits->store_flagged ? MSG_FLAGGED : 0;
}

/* -------------------------------------------------------------- folders */

/* The word that transform --for has for this destination. */
static const char *
for_word(const struct load_rules *r)
{
	static const char *const words[] = { "dovecot", "cyrus", "courier",
		"microsoft", "google" };
	size_t i;

	for (i = 0; r->name != NULL && i < sizeof(words) / sizeof(words[0]);
	     i++)
		if (strcmp(r->name, words[i]) == 0)
			return words[i];
	return "generic";
}

int
load_rules_hint_name(const struct load_rules *r, struct err *err)
{
	if (err->scope == SCOPE_FOLDER && err->hint[0] == '\0')
		err_hint(err,
		    "'postroad transform --fix-names --for %s' gives it "
		    "another name, or --folder-map here",
		    for_word(r));
	return -1;
}

/* Globs: what is there already may be used, but not a name as it stands. */
static const char *
find_reserved(const struct provider_limits *l, struct slice name, bool is_there)
{
	const struct conf_node *n =
	    l->folder_names == NULL ? NULL : l->folder_names->child;

	for (; n != NULL; n = n->next) {
		if (is_there && strpbrk(n->text, "*?") != NULL)
			continue;
		if (glob_match(slice_str(n->text), name, GLOB_ICASE))
			return n->text;
	}
	return NULL;
}

static bool
has_char(const char *set, char c)
{
	return set != NULL && c != '\0' && strchr(set, c) != NULL;
}

/* What is wrong with one component, or NULL. */
static const char *
find_fault(const struct provider_limits *l, struct slice c, char what[64])
{
	uint64_t chars = 0;
	uint32_t cp;
	size_t i, len;

	for (i = 0; i < c.n; i += len, chars++) {
		len = text_utf8(c.p + i, c.n - i, &cp);
		len = len == 0 ? 1 : len;
		if (cp == GLOB_INNER_SLASH && len == 4 &&
		    has_char(l->folder_refused, '/'))
			return "'/' in it";
		if (has_char(l->folder_refused, c.p[i]) ||
		    (i == 0 && has_char(l->folder_leading, c.p[0]))) {
			snprintf(what, 64, "'%c' %s", c.p[i],
			    i == 0 ? "in front" : "in it");
			return what;
		}
		if (len == 4 && l->folder_bmp_only && cp != GLOB_INNER_SLASH)
			return "a character beyond U+FFFF in it";
		if (i > 0 && c.p[i] == ' ' && c.p[i - 1] == ' ' &&
		    l->folder_single_spaces)
			return "two spaces in a row in it";
	}
	if (c.n > 0 && l->folder_trimmed &&
	    (c.p[0] == ' ' || c.p[c.n - 1] == ' '))
		return "a space at its end or in front";
	if (l->folder_chars != 0 && chars > l->folder_chars) {
		snprintf(what, 64, "more than %llu characters",
		    (unsigned long long)l->folder_chars);
		return what;
	}
	return NULL;
}

int
load_rules_folder(const struct load_rules *r, struct slice name, bool is_there,
    struct err *err)
{
	struct slice rest = name, top = { 0 }, c;
	const char *fault = NULL, *reserved;
	char what[64];

	if (r->limits == NULL)
		return 0;
	while (fault == NULL && folder_next(&rest, &c)) {
		top = top.p == NULL ? c : top;
		fault = is_there ? NULL : find_fault(r->limits, c, what);
	}
	reserved = find_reserved(r->limits, name, is_there);
	if (reserved == NULL && top.n < name.n && !is_there)
		reserved = find_reserved(r->limits, top, true);
	if (reserved != NULL) {
		err_set(err, SCOPE_FOLDER, EX_CANTCREAT,
		    "%s keeps the name '%s' for itself", r->name, reserved);
		return err_hint(err,
		    "load --folder-map '%s=Other name', or transform --rename",
		    strpbrk(reserved, "*?") == NULL ? reserved : "FOLDER");
	}
	if (fault == NULL)
		return 0;
	err_set(err, SCOPE_FOLDER, EX_CANTCREAT, "%s takes no folder with %s",
	    r->name, fault);
	return load_rules_hint_name(r, err);
}

int
load_rules_wire(const struct load_rules *r, struct slice name, char delimiter,
    struct err *err)
{
	uint64_t most = r->limits == NULL ? 0 : r->limits->folder_bytes;
	const char *at;
	size_t n;

	while (most != 0 && name.n > 0) {
		at = delimiter == '\0' ? NULL
				       : memchr(name.p, delimiter, name.n);
		n = at == NULL ? name.n : (size_t)(at - name.p);
		if (n > most) {
			err_set(err, SCOPE_FOLDER, EX_CANTCREAT,
			    "%s takes no folder with a name of more than %llu "
			    "bytes (modified UTF-7)",
			    r->name, (unsigned long long)most);
			return load_rules_hint_name(r, err);
		}
		name = slice_from(name, n + (at != NULL));
	}
	return 0;
}
