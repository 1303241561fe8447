/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which kind of survey it is, and what all share; see survey.h. */
#include "extract/survey.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"
#include "extract/survey_impl.h"
#include "formats/folder.h"
#include "wire/account.h"

#define KEYWORDS_MAX 1000
#define FOLDERS_MAX  200000

static void
free_strings(char **v, size_t n)
{
	while (n > 0)
		free(v[--n]);
	free(v);
}

void
survey_free(struct survey *s)
{
	size_t i;

	for (i = 0; i < s->n_folders; i++) {
		free(s->folders[i].path);
		free(s->folders[i].name);
		free(s->folders[i].special_use);
	}
	for (i = 0; i < s->n_classes; i++)
		free(s->classes[i].class);
	for (i = 0; i < s->n_big; i++) {
		free(s->big[i].folder);
		free(s->big[i].subject);
	}
	free_strings(s->damage, s->n_damage);
	free_strings(s->notes, s->n_notes);
	free_strings(s->keywords, s->n_keywords);
	free(s->server.software);
	free(s->server.capabilities);
	free(s->server.security);
	free(s->folders);
	free(s->classes);
	free(s->big);
	*s = (struct survey){ 0 };
}

void
survey_text(char ***v, size_t *n, const char *text)
{
	struct buf b = { 0 };

	text_repair(&b, slice_str(text));
	*v = mem_grow(*v, *n + 1, sizeof(**v));
	(*v)[(*n)++] = mem_str(buf_str(&b));
	buf_free(&b);
}

void
survey_add_up(struct survey_folder *total, const struct survey_folder *f)
{
	total->items += f->items;
	total->mail += f->mail;
	total->bytes += f->bytes;
	if (f->oldest != DATE_UNKNOWN &&
	    (total->oldest == DATE_UNKNOWN || f->oldest < total->oldest))
		total->oldest = f->oldest;
	if (f->newest > total->newest)
		total->newest = f->newest;
}

struct survey_folder *
survey_folder(struct survey *s, const char *path)
{
	struct survey_folder *f;
	struct buf name = { 0 };
	size_t i;

	if (s->last_folder < s->n_folders &&
	    strcmp(s->folders[s->last_folder].path, path) == 0)
		return &s->folders[s->last_folder];
	for (i = 0; i < s->n_folders; i++)
		if (strcmp(s->folders[i].path, path) == 0) {
			s->last_folder = i;
			return &s->folders[i];
		}
	if (s->n_folders % 64 == 0)
		s->folders = mem_grow(s->folders, s->n_folders + 64,
		    sizeof(*s->folders));
	folder_decode(&name, slice_str(path));
	f = &s->folders[s->n_folders];
	*f = (struct survey_folder){ .path = mem_str(path),
		.name = mem_str(buf_str(&name)),
		.oldest = DATE_UNKNOWN,
		.newest = DATE_UNKNOWN };
	s->last_folder = s->n_folders++;
	buf_free(&name);
	return f;
}

void
survey_count(struct survey *s, const struct survey_want *want,
    struct survey_folder *f, uint64_t bytes, int64_t received)
{
	struct survey_folder one = { .items = 1,
		.mail = 1,
		.bytes = bytes,
		.oldest = received,
		.newest = received };

	survey_add_up(f, &one);
	if (want->max_size != 0 && bytes > want->max_size)
		s->too_big++;
}

bool
survey_big(struct survey *s, uint64_t bytes, struct survey_big **b_r)
{
	size_t at = s->n_big;

	if (s->n_big == SURVEY_BIG &&
	    (bytes == 0 || s->big[SURVEY_BIG - 1].bytes >= bytes))
		return false;
	if (s->big == NULL)
		s->big = mem_alloc(SURVEY_BIG, sizeof(*s->big));
	if (s->n_big == SURVEY_BIG) {
		at--;
		free(s->big[at].folder);
		free(s->big[at].subject);
	} else {
		s->n_big++;
	}
	for (; at > 0 && s->big[at - 1].bytes < bytes; at--)
		s->big[at] = s->big[at - 1];
	s->big[at] = (struct survey_big){ .bytes = bytes };
	*b_r = &s->big[at];
	return true;
}

void
survey_keyword(struct survey *s, struct slice word)
{
	size_t lo = 0, hi = s->n_keywords, mid;
	char *text;
	int c;

	if (s->n_keywords == KEYWORDS_MAX)
		return;
	text = mem_strn(word.p, word.n);
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		c = strcasecmp(s->keywords[mid], text);
		if (c == 0) {
			free(text);
			return;
		}
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	s->keywords =
	    mem_grow(s->keywords, s->n_keywords + 1, sizeof(*s->keywords));
	memmove(s->keywords + lo + 1, s->keywords + lo,
	    (s->n_keywords - lo) * sizeof(*s->keywords));
	s->keywords[lo] = text;
	s->n_keywords++;
}

/* By bytes and by messages, whichever takes longer. */
static void
estimate(struct survey *s)
{
	double by_bytes, by_messages;

	if (s->sample.messages == 0 || s->sample.bytes == 0)
		return;
	by_bytes = s->sample.seconds * (double)s->total.bytes /
	    (double)s->sample.bytes;
	by_messages = s->sample.seconds * (double)s->total.mail /
	    (double)s->sample.messages;
	s->sample.estimate = by_bytes > by_messages ? by_bytes : by_messages;
}

int
survey_read(struct survey *s_r, const struct source_spec *spec,
    const struct survey_want *want, struct err *err)
{
	static const struct survey_want nothing;
	size_t i;
	int rc;

	if (want == NULL)
		want = &nothing;
	*s_r = (struct survey){ 0 };
	s_r->total.oldest = s_r->total.newest = DATE_UNKNOWN;
	if (survey_is_pst(spec))
		return survey_pst(s_r, spec, want, err);
	s_r->kind = spec->kind;
	if (spec->account == NULL)
		rc = survey_files(s_r, spec, want, err);
	else if (url_is_imap(&spec->account->url))
		rc = survey_imap(s_r, spec, want, err);
	else
		rc = survey_pop3(s_r, spec, want, err);
	for (i = 0; i < s_r->n_folders; i++)
		if (s_r->folders[i].left == NULL)
			survey_add_up(&s_r->total, &s_r->folders[i]);
	estimate(s_r);
	return rc;
}
