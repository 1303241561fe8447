/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the throw-away server does with folders as a whole. */
#include <stdlib.h>
#include <string.h>

#include "wire/serve/impl.h"

static void
status_items(struct serve_conn *c, const struct serve_box *b, struct slice s)
{
	uint64_t messages = 0, unseen = 0, size = 0;
	struct buf out = { 0 };
	struct slice item;
	size_t i;

	for (i = 0; i < b->n; i++) {
		if (b->v[i].gone != 0)
			continue;
		messages++;
		unseen += (b->v[i].flags & SERVE_SEEN) == 0;
		size += b->v[i].size;
	}
	while (serve_space(&s) || serve_atom(&s, &item)) {
		uint64_t v = 0;

		if (item.n == 0)
			continue;
		if (slice_is_nocase(item, "MESSAGES"))
			v = messages;
		else if (slice_is_nocase(item, "UNSEEN"))
			v = unseen;
		else if (slice_is_nocase(item, "UIDNEXT"))
			v = b->uidnext;
		else if (slice_is_nocase(item, "UIDVALIDITY"))
			v = b->uidvalidity;
		else if (slice_is_nocase(item, "SIZE"))
			v = size;
		else if (!slice_is_nocase(item, "RECENT")) {
			item.n = 0;
			continue;
		}
		buf_putf(&out, "%s%.*s %llu", out.n > 0 ? " " : "", (int)item.n,
		    item.p, (unsigned long long)v);
		item.n = 0;
	}
	serve_putf(c, "(%s)\r\n", buf_str(&out));
	buf_free(&out);
}

void
serve_cmd_status(struct serve_conn *c, struct slice s)
{
	struct buf name = { 0 };
	struct slice items;
	struct serve_box *b;

	if (!serve_astring(&s, &name) || !serve_space(&s) ||
	    !serve_list(&s, &items)) {
		serve_syntax(c);
	} else if ((b = serve_box_find(c->s, buf_slice(&name))) == NULL ||
	    b->noselect) {
		serve_answer(c, "NO [NONEXISTENT] Mailbox doesn't exist");
	} else {
		buf_puts(&c->out, "* STATUS ");
		serve_put_string(&c->out, buf_slice(&name));
		buf_puts(&c->out, " ");
		status_items(c, b, items);
		serve_answer(c, "OK STATUS completed.");
	}
	buf_free(&name);
}

/* "(USE (\Sent))" */
static const char *
use_of(struct slice s)
{
	static const char *const uses[] = { "\\All", "\\Archive", "\\Drafts",
		"\\Flagged", "\\Junk", "\\Sent", "\\Trash" };
	struct slice list, use;
	size_t i;

	if (!serve_list(&s, &list) || !serve_word(&list, "USE") ||
	    !serve_space(&list) || !serve_list(&list, &use))
		return NULL;
	for (i = 0; i < sizeof(uses) / sizeof(uses[0]); i++)
		if (slice_is_nocase(use, uses[i]))
			return uses[i];
	return NULL;
}

void
serve_cmd_create(struct serve_conn *c, struct slice s)
{
	struct buf name = { 0 };
	const char *why, *use = NULL;

	if (!serve_astring(&s, &name)) {
		serve_syntax(c);
		buf_free(&name);
		return;
	}
	if (serve_space(&s) && serve_has(c->s, "CREATE-SPECIAL-USE"))
		use = use_of(s);
	why = serve_box_create(c->s, buf_slice(&name), use);
	serve_answer(c, why == NULL ? "OK CREATE completed." : why);
	buf_free(&name);
}

void
serve_cmd_delete(struct serve_conn *c, struct slice s)
{
	struct buf name = { 0 };
	struct serve_box *b;

	if (!serve_astring(&s, &name))
		serve_syntax(c);
	else if ((b = serve_box_find(c->s, buf_slice(&name))) == NULL)
		serve_answer(c, "NO [NONEXISTENT] Mailbox doesn't exist");
	else if (slice_is_nocase(slice_str(b->name), "INBOX") || b->use != NULL)
		serve_answer(c, "NO [CANNOT] It stays");
	else {
		if (c->box == b)
			serve_unselect(c);
		serve_box_delete(c->s, b);
		serve_answer(c, "OK DELETE completed.");
	}
	buf_free(&name);
}

/* It and what is below it. */
static void
rename_tree(struct serve *s, struct slice from, struct slice to)
{
	size_t i;

	for (i = 0; i < s->n_boxes; i++) {
		struct serve_box *b = s->boxes[i];
		size_t n = strlen(b->name);
		struct buf name = { 0 };

		if (n < from.n || memcmp(b->name, from.p, from.n) != 0 ||
		    (n > from.n && b->name[from.n] != s->w->delimiter))
			continue;
		buf_put(&name, to.p, to.n);
		buf_puts(&name, b->name + from.n);
		serve_box_rename(s, b, buf_slice(&name));
		buf_free(&name);
	}
}

void
serve_cmd_rename(struct serve_conn *c, struct slice s)
{
	struct buf from = { 0 }, to = { 0 };
	struct serve_box *b = NULL, *made;
	const char *why = NULL;

	if (!serve_astring(&s, &from) || !serve_space(&s) ||
	    !serve_astring(&s, &to)) {
		serve_syntax(c);
		goto out;
	}
	b = serve_box_find(c->s, buf_slice(&from));
	if (b == NULL || slice_is_nocase(slice_str(b->name), "INBOX"))
		why = "NO [CANNOT] That cannot be renamed";
	else
		why = serve_box_create(c->s, buf_slice(&to), NULL);
	if (why == NULL) {
		made = serve_box_find(c->s, buf_slice(&to));
		if (made != NULL)
			serve_box_delete(c->s, made);
		buf_clear(&from);
		buf_puts(&from, b->name);
		rename_tree(c->s, buf_slice(&from), buf_slice(&to));
	}
	serve_answer(c, why == NULL ? "OK RENAME completed." : why);
out:
	buf_free(&from);
	buf_free(&to);
}

void
serve_cmd_subscribe(struct serve_conn *c, struct slice s, bool on)
{
	struct buf name = { 0 };
	struct serve_box *b;

	if (!serve_astring(&s, &name)) {
		serve_syntax(c);
	} else {
		b = serve_box_find(c->s, buf_slice(&name));
		if (b != NULL)
			b->subscribed = on;
		serve_answer(c,
		    b != NULL || !on ? "OK done" : "NO Mailbox doesn't exist");
	}
	buf_free(&name);
}

void
serve_cmd_quota(struct serve_conn *c, bool root)
{
	const struct serve *s = c->s;

	if (root)
		buf_puts(&c->out, "* QUOTAROOT INBOX \"\"\r\n");
	if (s->spec->quota != 0)
		serve_putf(c, "* QUOTA \"\" (STORAGE %llu %llu)\r\n",
		    (unsigned long long)((s->bytes + 1023) / 1024),
		    (unsigned long long)(s->spec->quota / 1024));
	serve_answer(c, "OK done");
}
