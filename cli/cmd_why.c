/* SPDX-License-Identifier: GPL-3.0-or-later */
/* postroad why SPOOL MESSAGE-ID: the life of one message. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/commands.h"
#include "cli/entry.h"
#include "cli/verified.h"
#include "core/mem.h"
#include "core/text.h"
#include "formats/delivery.h"
#include "formats/spool_moves.h"
#include "wire/mutf7.h"

#define MOVES_TOLD 100

struct life {
	struct spool *sp;
	struct js *messages; /* with --json, else NULL */
	uint64_t found;
	uint64_t nameless; /* left out before anyone read a Message-ID */
};

static void
say(const char *label, const char *text)
{
	struct buf safe = { 0 };

	text_escape(&safe, slice_str(text));
	printf("  %-10s %s\n", label, buf_str(&safe));
	buf_free(&safe);
}

static struct js *
delivery_json(const struct delivery_fact *f)
{
	struct js *o = js_obj();

	js_set_str(o, "destination", f->label);
	js_set_str(o, "folder", f->folder);
	js_set_str(o, "state", delivery_state_name(f->state));
	js_set_int(o, "uidvalidity", f->uidvalidity);
	js_set(o, "uid", f->uid == 0 ? js_null() : js_int(f->uid));
	js_set_int(o, "attempts", (int64_t)f->attempts);
	if (f->maybe_twice)
		js_set_bool(o, "maybe_twice", true);
	if (f->error != NULL)
		js_set_str(o, "error", f->error);
	if (f->dropped != NULL)
		js_set_str(o, "dropped", f->dropped);
	return o;
}

static void
print_delivery(const struct delivery_fact *f)
{
	struct buf name = { 0 };
	char *line;

	if (!mutf7_decode(&name, slice_str(f->folder))) {
		buf_clear(&name);
		buf_puts(&name, f->folder);
	}
	if (f->uid != 0)
		line = mem_fmt("%s at %s, folder '%s', UIDVALIDITY %u UID %u%s",
		    delivery_state_name(f->state), f->label, buf_str(&name),
		    f->uidvalidity, f->uid,
		    f->maybe_twice ? " (maybe twice)" : "");
	else
		line = mem_fmt("%s at %s, folder '%s'%s%s",
		    delivery_state_name(f->state), f->label, buf_str(&name),
		    f->error == NULL ? "" : ": ",
		    f->error == NULL ? "" : f->error);
	say("load", line);
	buf_free(&name);
	free(line);
}

/* Where it was sent; prints, or returns a list for JSON. */
static int
deliveries(struct life *l, const char *key, struct js *list, struct err *err)
{
	struct delivery_fact f;
	struct arena arena = { 0 };
	int64_t dest = 0;
	int rc, n = 0;

	while ((rc = delivery_fact_next(spool_ledger(l->sp), key, &dest, &f,
		    &arena, err)) == 1) {
		if (list != NULL)
			js_push(list, delivery_json(&f));
		else
			print_delivery(&f);
		arena_reset(&arena);
		n++;
	}
	arena_free(&arena);
	if (n == 0 && rc == 0 && list == NULL)
		say("load", "not loaded anywhere yet");
	return rc;
}

/* Where it was: what kind of source, and the place in it. */
static void
say_source(const char *source)
{
	static const char *const numbers[] = { "offset", "uid", "nid" };
	static const char *const words[] = { "at byte", "UID", "node" };
	struct js *o = js_parse(slice_str(source));
	struct buf line = { 0 };
	size_t i;

	if (o == NULL) {
		say("source", source);
		return;
	}
	buf_puts(&line, js_get_str(o, "kind"));
	if (*js_get_str(o, "path") != '\0')
		buf_putf(&line, " %s", js_get_str(o, "path"));
	for (i = 0; i < 3; i++)
		if (js_get_int(o, numbers[i]) >= 0)
			buf_putf(&line, " %s %lld", words[i],
			    (long long)js_get_int(o, numbers[i]));
	if (*js_get_str(o, "uidl") != '\0')
		buf_putf(&line, " UIDL %s", js_get_str(o, "uidl"));
	if (*js_get_str(o, "of") != '\0')
		buf_putf(&line, " of %s", js_get_str(o, "of"));
	say("source", buf_str(&line));
	buf_free(&line);
	js_free(&o);
}

static void
print_entry(struct life *l, const struct spool_entry *e)
{
	struct buf subject = { 0 }, name = { 0 };
	char date[32], size[32], letters[8], hex[DIGEST_HEX];

	entry_subject(l->sp, e, &subject);
	entry_put_name(&name, e->msg.folder);
	printf("%s\n",
	    e->message_id[0] != '\0' ? "message"
				     : "message (no "
				       "Message-ID)");
	if (e->message_id[0] != '\0')
		say("id", e->message_id);
	say("subject", buf_str(&subject));
	printf("  %-10s %s\n", "folder", buf_str(&name));
	say("file",
	    e->lost ? "LOST: the ledger has it, the folder has not" : e->file);
	say_source(e->msg.source);
	say("received",
	    e->msg.received_how == RECEIVED_UNKNOWN
		? "unknown"
		: date_format_iso(date, e->msg.received));
	say("flags",
	    e->msg.flags == 0 ? "none"
			      : msg_flag_letters(letters, e->msg.flags));
	if (e->msg.keywords[0] != '\0')
		say("keywords", e->msg.keywords);
	say("size", text_size(size, e->msg.size));
	if (e->has_sha256)
		say("sha256", digest_hex(hex, e->sha256, DIGEST_BYTES));
	if (e->has_source_sha256)
		say("original",
		    digest_hex(hex, e->source_sha256, DIGEST_BYTES));
	buf_free(&subject);
	buf_free(&name);
}

/* What could not be had of it when it was stored, or NULL. */
static const char *
incomplete_of(struct life *l, const char *key)
{
	char *name = mem_fmt("incomplete:%s", key);
	const char *lost = spool_meta(l->sp, name);

	free(name);
	return lost != NULL && *lost != '\0' ? lost : NULL;
}

/* Where it was before it was moved at the source, last place first: prints,
 * or returns a list for JSON. */
static int
say_moves(struct life *l, const char *key, struct js *list, struct err *err)
{
	struct buf at = { 0 }, name = { 0 };
	struct spool_renamed r;
	char date[32], *line;
	int rc = 0, n = 0;

	buf_puts(&at, key);
	while (n++ < MOVES_TOLD &&
	    (rc = spool_renamed_from(l->sp, buf_str(&at), &r, err)) == 1) {
		buf_clear(&at);
		buf_puts(&at, r.old);
		buf_clear(&name);
		entry_put_name(&name, r.folder);
		if (list != NULL) {
			struct js *o = js_obj();

			js_set_str(o, "folder", buf_str(&name));
			js_set_str(o, "key", r.old);
			js_set_str(o, "noticed", date_format_iso(date, r.when));
			js_push(list, o);
			continue;
		}
		line = mem_fmt("moved at the source from folder '%s' "
			       "(noticed %s)",
		    buf_str(&name), date_format_iso(date, r.when));
		say("before", line);
		free(line);
	}
	buf_free(&at);
	buf_free(&name);
	return rc < 0 ? -1 : 0;
}

/* What a transformation changed in it, or could not; NULL. */
static struct js *
fix_of(struct life *l, const char *key)
{
	char *name = mem_fmt("fix:%s", key);
	const char *text = spool_meta(l->sp, name);

	free(name);
	return text == NULL ? NULL : js_parse(slice_str(text));
}

static void
say_fix(struct js *fix)
{
	struct buf b = { 0 };

	if (fix == NULL)
		return;
	if (*js_get_str(fix, "changed") != '\0')
		say("changed", js_get_str(fix, "changed"));
	if (*js_get_str(fix, "left") != '\0')
		say("not fixed", js_get_str(fix, "left"));
	if (js_get(fix, "attachments") != NULL) {
		js_put(&b, js_get(fix, "attachments"));
		say("taken out", buf_str(&b));
	}
	buf_free(&b);
}

static int
tell_entry(struct life *l, const struct spool_entry *e, struct err *err)
{
	struct buf subject = { 0 };
	struct js *o, *list;
	char *key = mem_str(e->msg.key), *folder = mem_str(e->msg.folder);
	char *source = mem_str(e->msg.source);
	bool gone = spool_is_gone(e);
	struct js *fix = fix_of(l, key);
	int rc;

	l->found++;
	if (l->messages == NULL) {
		print_entry(l, e);
		if (incomplete_of(l, key) != NULL)
			say("incomplete", incomplete_of(l, key));
		say_fix(fix);
		js_free(&fix);
		if (gone)
			say("gone", "at the source, since it was taken");
		rc = say_moves(l, key, NULL, err);
		if (rc == 0)
			rc = deliveries(l, key, NULL, err);
		if (rc == 0)
			rc = verified_message(l->sp, folder, source, say, NULL,
			    err);
	} else {
		entry_subject(l->sp, e, &subject);
		o = entry_json(e, buf_str(&subject));
		if (incomplete_of(l, key) != NULL)
			js_set_str(o, "incomplete", incomplete_of(l, key));
		if (gone)
			js_set_bool(o, "gone_at_source", true);
		if (fix != NULL)
			js_set(o, "fix", fix);
		list = js_arr();
		rc = say_moves(l, key, list, err);
		js_set(o, "moved_from", list);
		list = js_arr();
		if (rc == 0)
			rc = deliveries(l, key, list, err);
		js_set(o, "deliveries", list);
		list = js_arr();
		if (rc == 0)
			rc = verified_message(l->sp, folder, source, say, list,
			    err);
		js_set(o, "verified", list);
		js_push(l->messages, o);
		buf_free(&subject);
	}
	free(key);
	free(folder);
	free(source);
	return rc;
}

static void
tell_fate(struct life *l, const struct spool_fate *f)
{
	l->found++;
	if (l->messages == NULL) {
		printf("not in this spool: %s\n", entry_fate_word(f->fate));
		say("why", f->why);
		say("folder", f->folder);
		say_source(f->source);
		return;
	}
	js_push(l->messages, entry_fate_json(f));
}

/* In the ledger by Message-ID, by key, and among those that are not here. */
/* Is it the one asked for: by its key, its Message-ID, or the path that
 * problems name it by? */
static bool
is_fate_of(const struct spool_fate *f, const char *what, const char *bracketed)
{
	struct js *source;
	bool same;

	if (strcmp(f->key, what) == 0 || strcmp(f->message_id, bracketed) == 0)
		return true;
	source = js_parse(slice_str(f->source));
	same = source != NULL && *what != '\0' &&
	    strcmp(js_get_str(source, "path"), what) == 0;
	js_free(&source);
	return same;
}

static int
look(struct life *l, const char *what, const char *bracketed, struct err *err)
{
	struct spool_entry e;
	struct spool_fate f;
	int64_t row = 0;
	int rc;

	while (
	    (rc = spool_find_message_id(l->sp, bracketed, &row, &e, err)) == 1)
		if (tell_entry(l, &e, err) < 0)
			return -1;
	if (rc == 0)
		rc = spool_find(l->sp, what, &e, err);
	if (rc == 1)
		rc = tell_entry(l, &e, err);
	for (row = 0; rc == 0 || rc == 1;) {
		rc = spool_fate_next(l->sp, &row, &f, err);
		if (rc != 1)
			break;
		l->nameless += f.message_id[0] == '\0';
		if (is_fate_of(&f, what, bracketed))
			tell_fate(l, &f);
	}
	return rc;
}

static int
run(const struct cmd *cmd, int argc, char **argv)
{
	struct common co = { 0 };
	void *into[OPT_TABLES] = { &co };
	struct life l = { 0 };
	char count[80];
	struct err err = { 0 };
	struct js *o;
	char *bracketed;
	int at, rc;

	at = options_parse(cmd, into, argc, argv, 2, 2, &err);
	if (at < 0 || common_begin(&co, &err) < 0 ||
	    spool_open(&l.sp, argv[at], SPOOL_READ, 0, &err) < 0)
		return cmd_fail(&co, &err);
	l.messages = co.json ? js_arr() : NULL;
	bracketed =
	    mem_fmt(argv[at + 1][0] == '<' ? "%s" : "<%s>", argv[at + 1]);
	rc = look(&l, argv[at + 1], bracketed, &err);
	if (rc == 0 && l.found == 0) {
		rc = err_set(&err, SCOPE_MSG, 1,
		    "no message '%s' in spool '%s'", argv[at + 1], argv[at]);
		err_hint(&err,
		    "'postroad ls --messages --json' shows the "
		    "Message-IDs and keys it has");
		if (l.nameless > 0)
			err_hint(&err,
			    "%s left out before a Message-ID was read: ask by "
			    "the path at the source, or see the summary of "
			    "extract",
			    text_number(count, l.nameless, "message was",
				"messages were"));
	}
	free(bracketed);
	spool_close(&l.sp);
	if (rc < 0) {
		if (l.messages != NULL)
			js_free(&l.messages);
		return cmd_fail(&co, &err);
	}
	if (co.json) {
		o = js_obj();
		js_set(o, "messages", l.messages);
		js_print(stdout, o);
		js_free(&o);
	}
	return cmd_flush(0);
}

const struct cmd cmd_why = {
	.name = "why",
	.operands = "SPOOL MESSAGE-ID",
	.summary = "Tell the life of one message",
	.text = "Where it was found, which rule decided, where it was loaded, "
		"or why not.\nMESSAGE-ID with or without its angle brackets, "
		"or a key from 'ls --messages'.",
	.tables = { common_options },
	.run = run,
};
