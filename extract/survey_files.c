/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A survey of files (mbox, Maildir, .eml): stepped through as extract does,
 * reading no more of a message than its source reads by itself.
 */
#include <string.h>

#include "core/mem.h"
#include "core/stop.h"
#include "extract/survey_impl.h"
#include "formats/words.h"

static void
take_message(struct survey *s, const struct survey_want *want,
    const struct source_item *item)
{
	struct survey_folder *f = survey_folder(s, item->msg.folder);
	struct slice rest = slice_str(item->msg.keywords), word;
	struct buf subject = { 0 };
	struct survey_big *b;

	survey_count(s, want, f, item->msg.size, item->msg.received);
	while (msg_keyword_next(&rest, &word))
		survey_keyword(s, word);
	if (!survey_big(s, item->msg.size, &b))
		return;
	if (item->subject != NULL)
		words_decode(&subject, slice_str(item->subject));
	b->folder = mem_str(item->msg.folder);
	b->subject = mem_str(buf_str(&subject));
	buf_free(&subject);
}

static void
take_folder(struct survey *s, const struct source_item *item)
{
	struct survey_folder *f = survey_folder(s, item->folder);

	if (f->special_use == NULL && item->special_use != NULL)
		f->special_use = mem_str(item->special_use);
}

static int
walk(struct survey *s, struct source *src, const struct survey_want *want,
    struct err *err)
{
	struct source_item item;
	int rc;

	for (;;) {
		if (stop_check(err) < 0)
			return -1;
		rc = source_next(src, &item, err);
		if (rc == 0)
			return 0;
		if (rc < 0 && err->scope >= SCOPE_STORE)
			return -1;
		if (rc < 0)
			survey_text(&s->damage, &s->n_damage, err->text);
		else if (item.what == SOURCE_MSG)
			take_message(s, want, &item);
		else if (item.what == SOURCE_FOLDER)
			take_folder(s, &item);
	}
}

int
survey_files(struct survey *s, const struct source_spec *spec,
    const struct survey_want *want, struct err *err)
{
	struct source *src;
	int rc;

	if (source_open(&src, spec, err) < 0)
		return -1;
	s->kind = source_kind(src);
	s->bytes = source_total(src);
	rc = walk(s, src, want, err);
	source_close(&src);
	return rc;
}
