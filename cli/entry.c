/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How folders and messages are shown; see entry.h. */
#include "cli/entry.h"

#include <unistd.h>

#include "core/io.h"
#include "core/limits.h"
#include "core/text.h"
#include "formats/folder.h"
#include "formats/head.h"
#include "formats/words.h"

#define HEAD_FIRST 8192 /* enough for most headers */

/* "name": the decoded path, where it differs. */
static void
set_name(struct js *o, const char *path)
{
	struct buf name = { 0 };

	folder_decode(&name, slice_str(path));
	if (strcmp(buf_str(&name), path) != 0)
		js_set_str(o, "name", buf_str(&name));
	buf_free(&name);
}

struct js *
entry_folder_json(const struct spool_folder *f)
{
	struct js *o = js_obj();

	js_set_str(o, "type", "folder");
	js_set_str(o, "path", f->path);
	set_name(o, f->path);
	js_set_str(o, "special_use", f->special_use);
	js_set_int(o, "messages", (int64_t)f->messages);
	js_set_int(o, "bytes", (int64_t)f->bytes);
	if (f->subscribed >= 0)
		js_set_bool(o, "subscribed", f->subscribed == 1);
	return o;
}

/* In the order of their names, which is the order of the bits. */
static struct js *
flags_json(uint32_t flags)
{
	struct js *list = js_arr();
	uint32_t bit;

	for (bit = 1; bit <= MSG_SEEN; bit <<= 1)
		if ((flags & bit) != 0)
			js_push(list, js_str(slice_str(msg_flag_name(bit))));
	return list;
}

static struct js *
keywords_json(const char *keywords)
{
	struct slice rest = slice_str(keywords), word;
	struct js *list = js_arr();

	while (msg_keyword_next(&rest, &word))
		js_push(list, js_str(word));
	return list;
}

static void
set_hash(struct js *o, const char *key, bool has, const uint8_t *hash)
{
	char hex[DIGEST_HEX];

	js_set_str(o, key, has ? digest_hex(hex, hash, DIGEST_BYTES) : NULL);
}

struct js *
entry_json(const struct spool_entry *e, const char *subject)
{
	struct js *o = js_obj(), *source;
	char date[32];

	js_set_str(o, "type", "message");
	js_set_str(o, "folder", e->msg.folder);
	set_name(o, e->msg.folder);
	js_set_str(o, "file", e->file);
	js_set_str(o, "key", e->msg.key);
	js_set_int(o, "size", (int64_t)e->msg.size);
	set_hash(o, "sha256", e->has_sha256, e->sha256);
	if (e->has_source_sha256)
		set_hash(o, "source_sha256", true, e->source_sha256);
	js_set_str(o, "received",
	    e->msg.received_how == RECEIVED_UNKNOWN
		? NULL
		: date_format_iso(date, e->msg.received));
	js_set(o, "flags", flags_json(e->msg.flags));
	js_set(o, "keywords", keywords_json(e->msg.keywords));
	js_set_str(o, "message_id",
	    e->message_id[0] == '\0' ? NULL : e->message_id);
	js_set_str(o, "subject", subject);
	source = js_parse(slice_str(e->msg.source));
	js_set(o, "source", source == NULL ? js_null() : source);
	if (e->lost)
		js_set_bool(o, "lost", true);
	return o;
}

const char *
entry_fate_word(enum fate fate)
{
	return fate == FATE_EXCLUDED ? "excluded"
	    : fate == FATE_DUPLICATE ? "duplicate"
	    : fate == FATE_VANISHED  ? "vanished"
				     : "refused";
}

struct js *
entry_fate_json(const struct spool_fate *f)
{
	struct js *o = js_obj(), *source = js_parse(slice_str(f->source));

	js_set_str(o, "type", "fate");
	js_set_str(o, "fate", entry_fate_word(f->fate));
	js_set_str(o, "why", f->why);
	js_set_str(o, "folder", f->folder);
	js_set_str(o, "key", f->key);
	js_set_int(o, "size", (int64_t)f->size);
	js_set_str(o, "message_id",
	    f->message_id[0] == '\0' ? NULL : f->message_id);
	js_set(o, "source", source == NULL ? js_null() : source);
	return o;
}

struct js *
entry_item_json(const struct spool_item *it)
{
	struct js *o = js_obj(), *source;
	char date[32];

	js_set_str(o, "type", "item");
	js_set_str(o, "kind", item_kind_name(it->kind));
	js_set_str(o, "file", it->file);
	js_set_str(o, "key", it->key);
	js_set_str(o, "folder", it->folder);
	set_name(o, it->folder);
	js_set_str(o, "class", it->class);
	js_set_str(o, "title", it->title);
	js_set_str(o, "modified",
	    it->modified <= 0 ? NULL : date_format_iso(date, it->modified));
	js_set_int(o, "size", (int64_t)it->size);
	set_hash(o, "sha256", true, it->sha256);
	source = js_parse(slice_str(it->source));
	js_set(o, "source", source == NULL ? js_null() : source);
	if (it->lost)
		js_set_bool(o, "lost", true);
	return o;
}

void
entry_subject(struct spool *sp, const struct spool_entry *e, struct buf *out)
{
	struct buf head = { 0 };
	struct slice value;
	struct err ignored = { 0 };
	size_t want = HEAD_FIRST;
	ssize_t n;
	int fd = e->lost ? -1 : spool_body(sp, e, &ignored);

	buf_put(out, "", 0);
	if (fd < 0)
		return;
	do {
		n = io_read_full(fd, buf_room(&head, want), want);
		head.n += n > 0 ? (size_t)n : 0;
		if (head_find(buf_slice(&head), "Subject", &value) &&
		    value.p + value.n < head.p + head.n) {
			words_decode(out, value);
			break;
		}
		want = LIMIT_HEAD_BYTES - HEAD_FIRST;
	} while (n > 0 && head.n < LIMIT_HEAD_BYTES &&
	    head_length(buf_slice(&head)) == head.n);
	close(fd);
	buf_free(&head);
}

void
entry_put_name(struct buf *out, const char *path)
{
	struct buf name = { 0 };

	folder_decode(&name, slice_str(path));
	text_escape(out, buf_slice(&name));
	buf_free(&name);
}
