/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an incremental source finds again; see spool_source.h. */
#include "formats/spool_source.h"

#include <string.h>

#include "formats/head.h"
#include "formats/spool_impl.h"
#include "formats/spool_moves.h"

#define GONE ",\"gone\":true}"

/* Behind every key with that prefix: '~' is in no key. */
static const char *
end_of(struct spool *sp, const char *prefix)
{
	buf_clear(&sp->file);
	buf_putf(&sp->file, "%s~", prefix);
	return buf_str(&sp->file);
}

int
spool_source_begin(struct spool *sp, struct err *err)
{
	int64_t there;

	if (ledger_number(sp->ledger, &there, err,
		"SELECT count(*) FROM sqlite_master WHERE name IN('alias',"
		"'message_odd','alias_of')",
		"") < 0)
		return -1;
	if (there == 3)
		return 0;
	if (spool_change(sp, err) < 0 ||
	    ledger_do(sp->ledger, err,
		"CREATE TABLE IF NOT EXISTS alias(key TEXT PRIMARY KEY NOT "
		"NULL,message TEXT NOT NULL) WITHOUT ROWID",
		"") < 0 ||
	    ledger_do(sp->ledger, err,
		"CREATE INDEX IF NOT EXISTS alias_of ON alias(message)",
		"") < 0 ||
	    ledger_do(sp->ledger, err,
		"CREATE INDEX IF NOT EXISTS message_odd ON message(key) WHERE "
		"lost=1 OR source='" SPOOL_ADOPTED "'",
		"") < 0)
		return -1;
	return 0;
}

int
spool_source_keys(struct spool *sp, const char *prefix,
    void (*each)(void *arg, const char *key, bool copy), void *arg,
    struct err *err)
{
	struct ledger_rows *q;
	int rc;

	if (ledger_query(sp->ledger, &q, err,
		"SELECT key,0 FROM message WHERE key>=?1 AND key<?2 AND lost=0 "
		"AND source<>'" SPOOL_ADOPTED "' "
		"AND source NOT LIKE '%\"gone\":true}' "
		"AND NOT EXISTS(SELECT 1 FROM alias WHERE alias.key="
		"message.key AND alias.message='') UNION ALL "
		"SELECT a.key,substr(a.key,1,14)<>substr(a.message,1,14) AND "
		"NOT EXISTS(SELECT 1 FROM alias b WHERE b.key=a.message AND "
		"b.message='') FROM alias a JOIN message m ON m.key=a.message "
		"WHERE a.key>=?1 AND a.key<?2 AND m.lost=0 "
		"AND m.source NOT LIKE '%\"gone\":true}'",
		"tt", prefix, end_of(sp, prefix)) < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1)
		each(arg, ledger_text(q, 0), ledger_int(q, 1) != 0);
	ledger_end(&q);
	return rc;
}

int
spool_source_odd(struct spool *sp, const char *prefix, struct err *err)
{
	int64_t n;

	if (ledger_number(sp->ledger, &n, err,
		"SELECT count(*) FROM message WHERE "
		"(lost=1 OR source='" SPOOL_ADOPTED "') "
		"AND key>=? AND key<?",
		"tt", prefix, end_of(sp, prefix)) < 0)
		return -1;
	return n > 0;
}

int
spool_source_older(struct spool *sp, const char *prefix, const char *but,
    struct err *err)
{
	int64_t n;

	if (ledger_number(sp->ledger, &n, err,
		"SELECT EXISTS(SELECT 1 FROM message WHERE key>=?1 AND "
		"key<?2 AND key NOT BETWEEN ?3 AND ?3||'~')",
		"ttt", prefix, end_of(sp, prefix), but) < 0)
		return -1;
	return n > 0;
}

/* The one text that was asked for, into 'out', which is emptied.  1, 0 there is
 * none, -1; ends the query. */
static int
take_text(struct ledger_rows **q, struct buf *out, struct err *err)
{
	int rc = ledger_step(*q, err);

	buf_clear(out);
	if (rc == 1)
		buf_puts(out, ledger_text(*q, 0));
	ledger_end(q);
	return rc;
}

const char *
spool_source_key(struct spool *sp, const char *key, struct err *err)
{
	struct ledger_rows *q;
	int rc;

	if (ledger_query(sp->ledger, &q, err,
		"SELECT message FROM alias WHERE key=? AND message<>''", "t",
		key) < 0)
		return NULL;
	rc = ledger_step(q, err);
	buf_clear(&sp->meta);
	buf_puts(&sp->meta, rc == 1 ? ledger_text(q, 0) : key);
	ledger_end(&q);
	return rc < 0 ? NULL : buf_str(&sp->meta);
}

int
spool_source_back(struct spool *sp, const char *key, const char *source,
    struct err *err)
{
	if (spool_change(sp, err) < 0)
		return -1;
	return ledger_do(sp->ledger, err,
		   "UPDATE message SET source=? WHERE key=?", "tt", source,
		   key) < 0
	    ? -1
	    : 0;
}

/* How a source text of this message's folder and UIDVALIDITY begins: up to
 * its UID.  Such messages have their new name already. */
static struct slice
same_numbering(const char *source)
{
	const char *uid = strstr(source, "\"uid\"");

	return slice_of(source,
	    uid == NULL ? strlen(source) : (size_t)(uid - source));
}

int
spool_source_rename(struct spool *sp, struct spool_draft *d, const char *prefix,
    const struct msg *msg, struct err *err)
{
	const uint8_t *sha256 = spool_draft_sha256(d);
	struct slice now = same_numbering(msg->source);
	struct ledger_rows *q;
	struct buf key = { 0 };
	int rc;

	if (ledger_query(sp->ledger, &q, err,
		"SELECT key FROM message WHERE message_id=? AND sha256=? AND "
		"key>=? AND key<? AND lost=0 AND substr(source,1,?)<>? "
		"AND source<>'" SPOOL_ADOPTED "' ORDER BY id LIMIT 1",
		"sbttis", head_message_id(spool_draft_head(d)),
		slice_of(sha256, DIGEST_BYTES), prefix, end_of(sp, prefix),
		(int64_t)now.n, now) < 0)
		return -1;
	rc = take_text(&q, &key, err);
	if (rc == 1 &&
	    (spool_source_back(sp, buf_str(&key), msg->source, err) < 0 ||
		ledger_do(sp->ledger, err,
		    "INSERT OR REPLACE INTO alias VALUES(?,?)", "tt", msg->key,
		    buf_str(&key)) < 0))
		rc = -1;
	buf_free(&key);
	return rc;
}

int
spool_source_gone(struct spool *sp, const char *key, bool remove,
    struct err *err)
{
	struct spool_entry e;
	struct buf source = { 0 }, folder = { 0 };
	size_t n;
	int rc = spool_find(sp, key, &e, err);

	if (rc <= 0)
		return rc;
	n = strlen(e.msg.source);
	if (strstr(e.msg.source, GONE) != NULL && !remove)
		return 0;
	buf_puts(&source, e.msg.source);
	if (n > 0 && strstr(e.msg.source, GONE) == NULL) {
		source.n--; /* the '}' */
		buf_puts(&source, GONE);
	}
	buf_puts(&folder, e.msg.folder);
	if (!remove) {
		rc = spool_source_back(sp, key, buf_str(&source), err);
	} else {
		rc = spool_fate_set(sp, key, buf_str(&folder), buf_str(&source),
		    FATE_VANISHED, SPOOL_GONE_WHY, e.msg.size, e.message_id,
		    err);
		if (rc == 0)
			rc = e.lost ? 0 : spool_remove(sp, key, err);
	}
	buf_free(&source);
	buf_free(&folder);
	return rc < 0 ? -1 : 1;
}

int
spool_source_bind(struct spool *sp, const char *key, const char *message,
    struct err *err)
{
	if (strcmp(key, message) == 0)
		return 0;
	if (spool_change(sp, err) < 0)
		return -1;
	return ledger_do(sp->ledger, err,
		   "INSERT OR REPLACE INTO alias VALUES(?,?)", "tt", key,
		   message) < 0
	    ? -1
	    : 0;
}

/* The folder of some key that the message still has. */
static int
other_folder(struct spool *sp, const char *message, const char *but,
    struct buf *path, struct err *err)
{
	struct ledger_rows *q;

	if (ledger_query(sp->ledger, &q, err,
		"SELECT json_extract(m.value,'$.path') FROM alias a JOIN meta "
		"m ON m.name LIKE 'imap:%' AND json_extract(m.value,'$.id')="
		"substr(a.key,2,12) WHERE a.message=? AND a.key<>? AND "
		"a.key LIKE 'i%' ORDER BY a.key LIMIT 1",
		"tt", message, but) < 0)
		return -1;
	return take_text(&q, path, err);
}

int
spool_source_unbind(struct spool *sp, const char *key, const char *folder,
    struct err *err)
{
	struct buf message = { 0 }, path = { 0 };
	struct spool_entry e;
	const char *of = spool_source_key(sp, key, err);
	int64_t left;
	int rc = -1;

	if (of == NULL)
		return -1;
	buf_puts(&message, of);
	of = buf_str(&message);
	if (ledger_number(sp->ledger, &left, err,
		"SELECT (SELECT count(*) FROM alias WHERE message=?1 AND key<>"
		"?2 AND key LIKE 'i%')+(?1<>?2 AND NOT EXISTS(SELECT 1 FROM "
		"alias WHERE key=?1 AND message=''))",
		"tt", of, key) < 0 ||
	    spool_change(sp, err) < 0)
		goto out;
	if (left == 0) {
		rc = 1;
		goto out;
	}
	rc = strcmp(of, key) != 0
	    ? ledger_do(sp->ledger, err, "DELETE FROM alias WHERE key=?", "t",
		  key)
	    : ledger_do(sp->ledger, err,
		  "INSERT OR REPLACE INTO alias VALUES(?,'')", "t", key);
	if (rc >= 0)
		rc = spool_find(sp, of, &e, err);
	if (rc == 1 && !e.lost && strcmp(e.msg.folder, folder) == 0) {
		rc = other_folder(sp, of, key, &path, err);
		if (rc == 1)
			rc = spool_move(sp, of, buf_str(&path), err);
	}
	rc = rc < 0 ? -1 : 0;
out:
	buf_free(&message);
	buf_free(&path);
	return rc;
}

int
spool_source_next_old(struct spool *sp, const char *prefix, const char *now,
    struct buf *key, struct err *err)
{
	struct ledger_rows *q;

	if (ledger_query(sp->ledger, &q, err,
		"SELECT key FROM message WHERE key>?1 AND key>=?2 AND key<?3 "
		"AND source NOT LIKE '%\"gone\":true}' "
		"AND substr(source,1,length(?4))<>?4 ORDER BY key LIMIT 1",
		"tttt", buf_str(key), prefix, end_of(sp, prefix),
		now == NULL ? "-" : now) < 0)
		return -1;
	return take_text(&q, key, err);
}

int
spool_source_next_gone(struct spool *sp, struct buf *key, struct err *err)
{
	struct ledger_rows *q;

	if (ledger_query(sp->ledger, &q, err,
		"SELECT key FROM message WHERE key>? AND source LIKE "
		"'%\"gone\":true}' ORDER BY key LIMIT 1",
		"t", buf_str(key)) < 0)
		return -1;
	return take_text(&q, key, err);
}

int
spool_meta_next(struct spool *sp, const char *prefix, struct buf *name,
    struct buf *value, struct err *err)
{
	struct ledger_rows *q;
	int rc;

	/* names may hold anything: compared as bytes up to the prefix' end */
	if (ledger_query(sp->ledger, &q, err,
		"SELECT name,value FROM meta WHERE name>?1 AND name>=?2 AND "
		"substr(name,1,length(?2))=?2 ORDER BY name LIMIT 1",
		"tt", buf_str(name), prefix) < 0)
		return -1;
	rc = ledger_step(q, err);
	buf_clear(name);
	buf_clear(value);
	if (rc == 1) {
		buf_puts(name, ledger_text(q, 0));
		buf_puts(value, ledger_text(q, 1));
	}
	ledger_end(&q);
	return rc;
}

int
spool_meta_remove(struct spool *sp, const char *name, struct err *err)
{
	if (spool_change(sp, err) < 0)
		return -1;
	return ledger_do(sp->ledger, err, "DELETE FROM meta WHERE name=?", "t",
		   name) < 0
	    ? -1
	    : 0;
}
