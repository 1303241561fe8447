/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The spool follows its source; see refresh.h. */
#include "extract/refresh.h"

#include <string.h>

#include "core/step.h"
#include "formats/spool_moves.h"
#include "formats/spool_source.h"

#define GONE_FOLDER "gone-folder:" /* in meta: to go with --mirror */

static int
refresh_flags(struct refresh *f, const struct msg *m,
    const struct spool_entry *have, struct err *err)
{
	const char *keywords = m->keywords == NULL ? "" : m->keywords;
	struct buf key = { 0 };
	int rc;

	if (m->flags == have->source_flags &&
	    strcmp(keywords, have->source_keywords) == 0)
		return 0;
	report_add(f->r, "flags_changed", 1);
	buf_puts(&key, have->msg.key);
	rc = spool_set_flags(f->sp, buf_str(&key), m->flags, keywords, err);
	buf_free(&key);
	return rc;
}

/* A message that is known lies in another folder there now. */
static int
follow_folder(struct refresh *f, const char *key, const char *folder,
    struct err *err)
{
	report_add(f->r, "moved", 1);
	step("extract.move");
	return spool_folder_add(f->sp,
		   &(struct spool_folder){ .path = folder, .subscribed = -1 },
		   err) < 0
	    ? -1
	    : spool_move(f->sp, key, folder, err);
}

int
refresh_known(struct refresh *f, const struct msg *m,
    const struct spool_entry *have, bool follow, struct err *err)
{
	bool moved = follow && strcmp(have->msg.folder, m->folder) != 0;

	if (refresh_flags(f, m, have, err) < 0)
		return -1;
	if ((moved || spool_is_gone(have)) &&
	    spool_source_back(f->sp, m->key, m->source, err) < 0)
		return -1;
	return moved ? follow_folder(f, m->key, m->folder, err) : 0;
}

static int
take_flags(struct refresh *f, const struct source_item *item, struct err *err)
{
	struct spool_entry have;
	const char *key = spool_source_key(f->sp, item->msg.key, err);
	int rc = key == NULL ? -1 : spool_find(f->sp, key, &have, err);

	/* seen from another folder a Gmail message has other labels */
	if (rc <= 0 || have.lost ||
	    strcmp(have.msg.folder, item->msg.folder) != 0)
		return rc < 0 ? -1 : 0;
	return refresh_flags(f, &item->msg, &have, err);
}

/* Whether it was moved or is gone for good is told at the end. */
static int
gone(struct refresh *f, const char *key, struct err *err)
{
	int rc;

	step("extract.gone");
	if (spool_set_unsettled(f->sp, true, err) < 0)
		return -1;
	rc = spool_source_gone(f->sp, key, false, err);
	f->gone += rc > 0;
	return rc < 0 ? -1 : 0;
}

int
refresh_unmet(struct refresh *f, const char *key, struct err *err)
{
	return gone(f, key, err);
}

/* Folders that are gone there, once they are empty. */
static int
remove_folders(struct refresh *f, struct err *err)
{
	struct buf name = { 0 }, value = { 0 };
	int rc;

	while (
	    (rc = spool_meta_next(f->sp, GONE_FOLDER, &name, &value, err)) == 1)
		if (spool_folder_remove(f->sp,
			buf_str(&name) + strlen(GONE_FOLDER), err) < 0 ||
		    spool_meta_remove(f->sp, buf_str(&name), err) < 0) {
			rc = -1;
			break;
		}
	buf_free(&name);
	buf_free(&value);
	return rc;
}

static int
sweep(struct refresh *f, struct err *err)
{
	struct buf key = { 0 };
	int rc;

	while ((rc = spool_source_next_gone(f->sp, &key, err)) == 1) {
		step("extract.gone");
		rc = spool_source_gone(f->sp, buf_str(&key), true, err);
		if (rc < 0)
			break;
		report_add(f->r, "removed", 1);
	}
	buf_free(&key);
	return rc < 0 ? -1 : remove_folders(f, err);
}

int
refresh_end(struct refresh *f, bool whole, struct err *err)
{
	uint64_t moved, more;

	if (spool_moves_settle(f->sp, whole && !f->left_out, &moved, err) < 0)
		return -1;
	if (moved > 0)
		report_add(f->r, "moved", moved);
	f->gone -= moved < f->gone ? moved : f->gone;
	/* what is gone may lie where nobody looked */
	if (whole && f->left_out)
		whole = f->gone == 0 && !f->unsettled;
	if (whole && f->left_out &&
	    spool_moves_settle(f->sp, true, &more, err) < 0)
		return -1;
	if (whole && f->mirror)
		return sweep(f, err);
	if (f->gone > 0)
		report_add(f->r, "gone_at_source", f->gone);
	return 0;
}

/* The folder itself is gone there. */
static int
note_gone_folder(struct refresh *f, const char *path, struct err *err)
{
	struct buf name = { 0 };
	int rc;

	buf_putf(&name, GONE_FOLDER "%s", path);
	rc = spool_meta_set(f->sp, buf_str(&name), "1", err);
	buf_free(&name);
	return rc;
}

static int
take_gone(struct refresh *f, const struct source_item *item, struct err *err)
{
	struct buf key = { 0 };
	const char *known;
	int rc;

	if (item->bound) {
		rc = spool_source_unbind(f->sp, item->msg.key, item->folder,
		    err);
		if (rc <= 0)
			return rc;
	}
	if (item->prefix == NULL) {
		known = spool_source_key(f->sp, item->msg.key, err);
		if (known == NULL)
			return -1;
		buf_puts(&key, known);
		rc = gone(f, buf_str(&key), err);
		buf_free(&key);
		return rc;
	}
	while ((rc = spool_source_next_old(f->sp, item->prefix, item->now, &key,
		    err)) == 1)
		if (gone(f, buf_str(&key), err) < 0) {
			rc = -1;
			break;
		}
	if (rc == 0 && f->mirror && item->folder != NULL && item->now == NULL)
		rc = note_gone_folder(f, item->folder, err);
	buf_free(&key);
	return rc < 0 ? -1 : 0;
}

/* A folder has another name there: so it has here. */
static int
take_moved(struct refresh *f, const struct source_item *item, struct err *err)
{
	struct spool_entry have;
	struct buf key = { 0 };
	uint64_t n = 0;
	int rc;

	while ((rc = spool_source_next_old(f->sp, item->prefix, NULL, &key,
		    err)) == 1) {
		rc = spool_find(f->sp, buf_str(&key), &have, err);
		if (rc < 0)
			break;
		if (rc == 0 || have.lost ||
		    strcmp(have.msg.folder, item->folder) == 0)
			continue;
		step("extract.move");
		rc = spool_move(f->sp, buf_str(&key), item->folder, err);
		if (rc < 0)
			break;
		n++;
	}
	if (n > 0)
		report_add(f->r, "moved", n);
	if (rc == 0)
		rc = spool_folder_remove(f->sp, item->folder_name, err);
	buf_free(&key);
	return rc < 0 ? -1 : 0;
}

int
refresh_take(struct refresh *f, const struct source_item *item, struct err *err)
{
	switch (item->what) {
	case SOURCE_SAME:
		report_bulk(f->r, item->folder, FATE_UNCHANGED, item->count);
		return 0;
	case SOURCE_LEFT_OUT:
		f->left_out = f->left_out || item->count > 0;
		report_bulk(f->r, item->folder, FATE_EXCLUDED, item->count);
		return 0;
	case SOURCE_FLAGS:
		return take_flags(f, item, err);
	case SOURCE_GONE:
		return take_gone(f, item, err);
	case SOURCE_MOVED:
		return take_moved(f, item, err);
	case SOURCE_BOUND:
		return spool_source_bind(f->sp, item->msg.key, item->name, err);
	case SOURCE_NOTED:
		step("extract.noted");
		return item->value == NULL
		    ? spool_meta_remove(f->sp, item->name, err)
		    : spool_meta_set(f->sp, item->name, item->value, err);
	default:
		return err_set(err, SCOPE_RUN, EX_SOFTWARE,
		    "bug: an item of no known kind");
	}
}
