/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The throw-away server's commands: login, folders, what is selected. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base64.h"
#include "core/mem.h"
#include "wire/serve/impl.h"

void
serve_syntax(struct serve_conn *c)
{
	serve_answer(c, "BAD Command Argument Error. 12");
}

/* -------------------------------------------------------------- login */

static bool
is_password(const struct serve_conn *c, struct slice given)
{
	const char *want = c->s->spec->password;
	size_t i, n = strlen(want);
	unsigned char differs = given.n != n;

	/* in the same time wherever they differ */
	for (i = 0; i < given.n; i++)
		differs |=
		    (unsigned char)(given.p[i] ^ want[n == 0 ? 0 : i % n]);
	return n > 0 && differs == 0;
}

static void
log_in(struct serve_conn *c, bool ok)
{
	if (!ok) {
		serve_answer(c,
		    "NO [AUTHENTICATIONFAILED] Authentication failed.");
		return;
	}
	c->authenticated = true;
	serve_putf(c, "%s OK [CAPABILITY %s] Logged in.\r\n", c->tag,
	    c->s->caps);
}

static void
cmd_login(struct serve_conn *c, struct slice s)
{
	struct buf user = { 0 }, password = { 0 };

	if (serve_astring(&s, &user) && serve_space(&s) &&
	    serve_astring(&s, &password) && s.n == 0)
		log_in(c, is_password(c, buf_slice(&password)));
	else
		serve_syntax(c);
	buf_free(&user);
	buf_free(&password);
}

/* authzid NUL user NUL password, in base64 */
static void
take_plain(struct serve_conn *c, struct slice coded)
{
	struct base64 b64 = { 0 };
	struct buf text = { 0 };
	const char *at;
	bool ok = false;

	if (coded.n < 4096 && base64_take(&b64, &text, coded.p, coded.n) &&
	    base64_done(&b64, &text)) {
		at = text.n == 0 ? NULL : memrchr(text.p, '\0', text.n);
		ok = at != NULL &&
		    is_password(c,
			slice_of(at + 1, text.n - (size_t)(at + 1 - text.p)));
	}
	buf_free(&text);
	log_in(c, ok);
}

static void
cmd_authenticate(struct serve_conn *c, struct slice s)
{
	struct slice mech;

	if (!serve_atom(&s, &mech) || !slice_is_nocase(mech, "PLAIN")) {
		serve_answer(c, "NO Unsupported mechanism");
		return;
	}
	if (serve_space(&s)) {
		take_plain(c, s);
		return;
	}
	c->wants_plain = true;
	buf_puts(&c->out, "+ \r\n");
}

/* ------------------------------------------------------------- selected */

static size_t
count_visible(const struct serve_conn *c)
{
	size_t i, n = 0;

	if (c->box->n_gone == 0)
		return c->seen;
	for (i = 0; i < c->seen; i++)
		n += serve_visible(c, i);
	return n;
}

void
serve_tell(struct serve_conn *c, bool expunges)
{
	struct serve_box *b = c->box;
	size_t i, seq = 0;

	if (b == NULL)
		return;
	if (expunges && c->epoch != b->epoch) {
		for (i = 0; i < c->seen; i++) {
			const struct serve_msg *m = &b->v[i];

			if (m->gone == 0)
				seq++;
			else if (m->gone > c->epoch)
				serve_putf(c, "* %zu EXPUNGE\r\n", seq + 1);
		}
		c->epoch = b->epoch;
	}
	if (c->seen < b->n) {
		/* what came and went in between was never there */
		c->seen = b->n;
		serve_putf(c, "* %zu EXISTS\r\n", count_visible(c));
	}
	serve_box_tidy(c->s, b);
}

void
serve_unselect(struct serve_conn *c)
{
	struct serve_box *b = c->box;

	c->box = NULL;
	if (b != NULL)
		serve_box_tidy(c->s, b);
}

void
serve_select(struct serve_conn *c, struct slice s, bool read_only)
{
	struct buf name = { 0 }, flags = { 0 };
	struct serve_box *b;
	bool ok = serve_astring(&s, &name);

	serve_unselect(c);
	b = ok ? serve_box_find(c->s, buf_slice(&name)) : NULL;
	buf_free(&name);
	if (!ok) {
		serve_syntax(c);
		return;
	}
	if (b == NULL || b->noselect) {
		serve_answer(c, "NO [NONEXISTENT] Mailbox doesn't exist");
		return;
	}
	c->box = b;
	c->read_only = read_only;
	c->epoch = b->epoch;
	c->seen = b->n;
	serve_box_tidy(c->s, b);
	serve_put_flags(&flags, b, UINT64_MAX);
	serve_putf(c,
	    "* FLAGS %s\r\n* %zu EXISTS\r\n* 0 RECENT\r\n"
	    "* OK [PERMANENTFLAGS (%s)] Permanent flags\r\n"
	    "* OK [UIDVALIDITY %u] UIDVALIDITY value\r\n"
	    "* OK [UIDNEXT %u] The next unique identifier value\r\n",
	    buf_str(&flags), count_visible(c), read_only ? "" : c->s->w->flags,
	    b->uidvalidity, b->uidnext);
	buf_free(&flags);
	serve_answer(c,
	    read_only ? "OK [READ-ONLY] EXAMINE completed."
		      : "OK [READ-WRITE] SELECT completed.");
}

/* ------------------------------------------------------------- dispatch */

enum need { ANY, LOGIN, BOX, BOX_RW };

static void
cmd_expunge(struct serve_conn *c, struct slice s, bool uid)
{
	struct serve_set set = { 0 };

	if (uid && !serve_set_read(c, s, true, &set)) {
		serve_syntax(c);
		return;
	}
	serve_expunge(c, uid ? &set : NULL);
	serve_set_free(&set);
	serve_tell(c, true);
	serve_answer(c, "OK EXPUNGE completed.");
}

static void
run_selected(struct serve_conn *c, struct slice verb, struct slice s, bool uid)
{
	bool writes = !slice_is_nocase(verb, "FETCH") &&
	    !slice_is_nocase(verb, "SEARCH") && !slice_is_nocase(verb, "COPY");

	if (c->box == NULL)
		serve_answer(c, "BAD No mailbox is selected");
	else if (writes && c->read_only)
		serve_answer(c, "NO [READ-ONLY] It was opened to be read");
	else if (slice_is_nocase(verb, "FETCH"))
		serve_cmd_fetch(c, s, uid);
	else if (slice_is_nocase(verb, "STORE"))
		serve_cmd_store(c, s, uid);
	else if (slice_is_nocase(verb, "SEARCH"))
		serve_cmd_search(c, s, uid);
	else if (slice_is_nocase(verb, "COPY"))
		serve_cmd_copy(c, s, uid, false);
	else if (slice_is_nocase(verb, "MOVE") && serve_has(c->s, "MOVE"))
		serve_cmd_copy(c, s, uid, true);
	else if (slice_is_nocase(verb, "EXPUNGE"))
		cmd_expunge(c, s, uid);
	else
		serve_answer(c, "BAD Command Error. 10");
}

/* Commands that want nothing but a login.  false: it is none of them. */
static bool
run_plain(struct serve_conn *c, struct slice verb, struct slice s)
{
	if (slice_is_nocase(verb, "SELECT"))
		serve_select(c, s, false);
	else if (slice_is_nocase(verb, "EXAMINE"))
		serve_select(c, s, true);
	else if (slice_is_nocase(verb, "STATUS"))
		serve_cmd_status(c, s);
	else if (slice_is_nocase(verb, "CREATE"))
		serve_cmd_create(c, s);
	else if (slice_is_nocase(verb, "DELETE"))
		serve_cmd_delete(c, s);
	else if (slice_is_nocase(verb, "RENAME"))
		serve_cmd_rename(c, s);
	else if (slice_is_nocase(verb, "SUBSCRIBE"))
		serve_cmd_subscribe(c, s, true);
	else if (slice_is_nocase(verb, "UNSUBSCRIBE"))
		serve_cmd_subscribe(c, s, false);
	else if (slice_is_nocase(verb, "LIST"))
		serve_cmd_list(c, s, false);
	else if (slice_is_nocase(verb, "LSUB"))
		serve_cmd_list(c, s, true);
	else if (slice_is_nocase(verb, "NAMESPACE")) {
		serve_putf(c, "* NAMESPACE ((\"%s\" \"%c\")) NIL NIL\r\n",
		    c->s->w->prefix, c->s->w->delimiter);
		serve_answer(c, "OK NAMESPACE completed.");
	} else if (slice_is_nocase(verb, "GETQUOTAROOT"))
		serve_cmd_quota(c, true);
	else if (slice_is_nocase(verb, "GETQUOTA"))
		serve_cmd_quota(c, false);
	else if (slice_is_nocase(verb, "ENABLE"))
		serve_answer(c, "OK ENABLE completed.");
	else
		return false;
	return true;
}

/* What ends the selection, or changes nothing.  false: none of them. */
static bool
run_any(struct serve_conn *c, struct slice verb, struct slice s)
{
	if (slice_is_nocase(verb, "CAPABILITY")) {
		serve_putf(c, "* CAPABILITY %s\r\n", c->s->caps);
		serve_answer(c, "OK CAPABILITY completed.");
	} else if (slice_is_nocase(verb, "NOOP") ||
	    slice_is_nocase(verb, "CHECK")) {
		serve_tell(c, true);
		serve_answer(c, "OK NOOP completed.");
	} else if (slice_is_nocase(verb, "ID")) {
		serve_putf(c, "* ID (\"name\" \"%s\")\r\n", c->s->w->id);
		serve_answer(c, "OK ID completed.");
	} else if (slice_is_nocase(verb, "LOGOUT")) {
		serve_bye(c, "Logging out.");
		serve_answer(c, "OK LOGOUT completed.");
	} else if (slice_is_nocase(verb, "LOGIN")) {
		cmd_login(c, s);
	} else if (slice_is_nocase(verb, "AUTHENTICATE")) {
		cmd_authenticate(c, s);
	} else {
		return false;
	}
	return true;
}

static bool
run_leaving(struct serve_conn *c, struct slice verb)
{
	bool close = slice_is_nocase(verb, "CLOSE");

	if (c->box == NULL || (!close && !slice_is_nocase(verb, "UNSELECT")))
		return false;
	if (close && !c->read_only)
		serve_expunge(c, NULL);
	serve_unselect(c);
	serve_answer(c, "OK done");
	return true;
}

static void
run(struct serve_conn *c, struct slice verb, struct slice s)
{
	bool uid = false;

	if (run_any(c, verb, s))
		return;
	if (!c->authenticated) {
		serve_answer(c, "BAD Log in first");
		return;
	}
	if (slice_is_nocase(verb, "IDLE") && s.n == 0) {
		c->idle = true;
		serve_tell(c, true);
		buf_puts(&c->out, "+ idling\r\n");
		return;
	}
	if (run_plain(c, verb, s) || run_leaving(c, verb))
		return;
	if (slice_is_nocase(verb, "UID")) {
		uid = true;
		if (!serve_atom(&s, &verb) || !serve_space(&s)) {
			serve_syntax(c);
			return;
		}
	}
	run_selected(c, verb, s, uid);
}

void
serve_command(struct serve_conn *c, struct slice s)
{
	struct slice tag, verb;

	if (c->wants_plain) {
		c->wants_plain = false;
		take_plain(c, s);
		return;
	}
	if (c->idle) {
		c->idle = false;
		serve_answer(c,
		    slice_is_nocase(s, "DONE") ? "OK IDLE completed."
					       : "BAD expected DONE");
		return;
	}
	c->tag[0] = '\0';
	if (!serve_atom(&s, &tag) || tag.n >= sizeof(c->tag) ||
	    memchr(s.p, '\0', s.n) != NULL || !serve_space(&s) ||
	    !serve_atom(&s, &verb)) {
		serve_syntax(c);
		return;
	}
	memcpy(c->tag, tag.p, tag.n);
	c->tag[tag.n] = '\0';
	(void)serve_space(&s);
	run(c, verb, s);
}
