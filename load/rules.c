/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a destination is known to refuse; see rules.h. */
#include "load/rules.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/limits.h"
#include "core/mem.h"
#include "core/text.h"

/* What servers say of themselves, in the greeting, ID or capabilities. */
static const char *
by_greeting(const struct imap *im)
{
	static const struct {
		const char *word, *profile;
	} known[] = { { "Microsoft Exchange", "microsoft" },
		{ "Gimap ready", "google" } };
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
		rc = imap_quota(im, slice_str("INBOX"), &r->quota, err);
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

/* The longest line with its end, or 0 with *err. */
static uint64_t
longest_line(int fd, struct err *err)
{
	char *block = mem_alloc(1, LIMIT_BLOCK), *at, *nl;
	uint64_t offset = 0, line = 0, longest = 0;
	ssize_t n;

	while ((n = pread(fd, block, LIMIT_BLOCK, (off_t)offset)) > 0) {
		offset += (uint64_t)n;
		for (at = block; at < block + n; at = nl + 1) {
			nl = memchr(at, '\n', (size_t)(block + n - at));
			if (nl == NULL) {
				line += (uint64_t)(block + n - at);
				break;
			}
			line += (uint64_t)(nl - at) + 1;
			longest = line > longest ? line : longest;
			line = 0;
		}
	}
	free(block);
	if (n < 0)
		err_sys(err, SCOPE_MSG, EX_IOERR, "reading it");
	return n < 0 ? 0 : line > longest ? line : longest;
}

int
load_rules_message(const struct load_rules *r, int fd, uint64_t size,
    struct err *err)
{
	const struct provider_limits *l = r->limits;
	char have[32], most[32];
	uint64_t line;

	if (l == NULL)
		return 0;
	if (l->message_bytes != 0 && size > l->message_bytes) {
		err_set(err, SCOPE_MSG, EX_DATAERR,
		    "it has %s, and %s takes %s at most", text_size(have, size),
		    r->name, text_size(most, l->message_bytes));
		return err_hint(err,
		    "deliver it by other means; if the limit was raised there, "
		    "say so with --providers, or use --dest-profile generic");
	}
	if (l->line_bytes == 0 || size <= l->line_bytes)
		return 0;
	line = longest_line(fd, err);
	if (line == 0)
		return -1;
	if (line <= l->line_bytes)
		return 0;
	err_set(err, SCOPE_MSG, EX_DATAERR,
	    "it has a line of %llu bytes, and %s takes %llu at most",
	    (unsigned long long)line, r->name,
	    (unsigned long long)l->line_bytes);
	return err_hint(err, "keep it as a file: 'postroad export'");
}

bool
load_rules_no_keyword(const struct load_rules *r, const char *word)
{
	return r->limits != NULL && r->limits->no_keywords && word[0] != '\\';
}

/* -------------------------------------------------------------- folders */

int
load_rules_folder(const struct load_rules *r, const char *name, struct err *err)
{
	const struct conf_node *n;
	size_t top = strcspn(name, "/");

	if (r->limits == NULL || r->limits->folder_names == NULL)
		return 0;
	for (n = r->limits->folder_names->child; n != NULL; n = n->next) {
		if (n->text == NULL || strlen(n->text) != top ||
		    strncasecmp(n->text, name, top) != 0)
			continue;
		err_set(err, SCOPE_FOLDER, EX_CANTCREAT,
		    "%s keeps the name '%s' for itself", r->name, n->text);
		return err_hint(err,
		    "postroad transform --rename '%s=Other name', then load",
		    n->text);
	}
	return 0;
}
