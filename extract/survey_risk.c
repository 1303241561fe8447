/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a survey means: what will go wrong, or needs a decision, with what to
 * do about it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/fold.h"
#include "core/mem.h"
#include "core/text.h"
#include "extract/survey.h"
#include "formats/roles.h"

#define GB	      1000000000ull
#define LARGE	      (50 * GB)
#define LARGE_DELETED (30 * GB)
#define FEW	      10     /* messages of a POP mailbox that is kept empty */
#define MANY	      500000 /* items that hosted migrations take at most */
#define IDLE_S	      (366 * 86400ll)

struct list {
	struct survey_risk *v;
	size_t n;
};

static void add(struct list *l, const char *id, const char *hint,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static void
add(struct list *l, const char *id, const char *hint, const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	l->v = mem_grow(l->v, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = (struct survey_risk){ .id = id,
		.text = mem_str(text),
		.hint = mem_str(hint) };
}

static bool
has_role(const struct survey_folder *f, const char *role)
{
	const char *guess;

	if (f->special_use != NULL)
		return strcasecmp(f->special_use, role) == 0;
	guess = f->name == NULL ? NULL : roles_guess(slice_str(f->name));
	return guess != NULL && strcmp(guess, role) == 0;
}

static void
look_at_sizes(struct list *l, const struct survey *s,
    const struct survey_limits *lim)
{
	uint64_t large = lim->large == 0 ? LARGE : lim->large;
	uint64_t large_deleted =
	    lim->large_deleted == 0 ? LARGE_DELETED : lim->large_deleted;
	uint64_t deleted = 0;
	char a[32], b[32], n[80];
	size_t i;

	if (s->total.bytes >= large)
		add(l, "large-mailbox",
		    "load it first and in stages, days before the cutover; "
		    "the final pass then takes minutes",
		    "%s of mail: %s and more is a high risk",
		    text_size(a, s->total.bytes), text_size(b, large));
	for (i = 0; i < s->n_folders; i++)
		if (s->folders[i].left == NULL &&
		    has_role(&s->folders[i], "\\Trash"))
			deleted += s->folders[i].bytes;
	if (deleted >= large_deleted)
		add(l, "large-deleted",
		    "ask whether deleted mail has to move; 'postroad "
		    "transform --exclude \\Trash' leaves it behind",
		    "%s in deleted items: %s and more is a high risk",
		    text_size(a, deleted), text_size(b, large_deleted));
	if (s->total.mail > MANY)
		add(l, "many-messages",
		    "hosted migration services stop there; postroad does not, "
		    "but plan for the time",
		    "%s messages, more than %s", text_count(a, s->total.mail),
		    text_count(b, MANY));
	if (lim->max_size != 0 && s->too_big > 0)
		add(l, "big-messages",
		    "they will be refused: see the list of the biggest, and "
		    "keep these as files with 'postroad export'",
		    "%s%s over the destination's limit of %s",
		    text_number(n, s->too_big, "message is", "messages are"),
		    strcmp(s->kind, "pst") == 0
			? ", or will be when attachments are encoded,"
			: "",
		    text_size(b, lim->max_size));
}

/* Mail that is in the mail program only moves with its files only. */
static void
look_at_local(struct list *l, const struct survey *s,
    const struct survey *local)
{
	char a[32], b[32];

	if (local != NULL && s->total.mail < local->total.mail / 2)
		add(l, "local-mail",
		    "'postroad extract' both, and join them with 'postroad "
		    "merge'; the server alone would leave most of it behind",
		    "the server has %s messages, the local file %s: mail that "
		    "is in the mail program only",
		    text_count(a, s->total.mail),
		    text_count(b, local->total.mail));
}

static void
look_at_use(struct list *l, const struct survey *s, int64_t now)
{
	char n[80];
	char date[32];

	if (strcmp(s->kind, "pop3") == 0 && s->total.mail < FEW)
		add(l, "pop-empty",
		    "the mail program may take mail off the server: ask for "
		    "its PST or profile, extract that, and join both with "
		    "'postroad merge'",
		    "the POP mailbox is nearly empty: %s",
		    text_number(n, s->total.mail, "message", "messages"));
	else if (s->total.mail == 0)
		add(l, "empty", "does this account have to move at all?",
		    "there is no mail");
	if (s->total.newest != DATE_UNKNOWN && now - s->total.newest > IDLE_S)
		add(l, "inactive",
		    "decide whether it moves, or is kept as an archive only; "
		    "at the destination it may need a license",
		    "the newest message is of %.10s",
		    date_format_iso(date, s->total.newest));
	if (strcmp(s->kind, "pop3") == 0)
		add(l, "pop-inbox-only",
		    "folders and sent mail are in the mail program's own "
		    "files; if the server speaks IMAP, use imaps://",
		    "POP3 shows the Inbox only");
}

/* Folders that Exchange and Outlook show over IMAP, in which nothing is mail
 * (RFC 3501 has no way to say so). */
static bool
is_no_mail(const char *name)
{
	static const char *const names[] = { "calendar", "contacts", "tasks",
		"notes", "journal", "kalender", "kontakte", "aufgaben",
		"notizen", "calendrier", "contacts suggérés", "tâches",
		"calendario", "contactos", "contatti", "tareas", "attività",
		"予定表", "連絡先", "仕事", "agenda", "contactpersonen" };
	const char *last = strrchr(name, '/');
	size_t i;

	last = last == NULL ? name : last + 1;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcasecmp(last, names[i]) == 0)
			return true;
	return false;
}

static void
look_at_folders(struct list *l, const struct survey *s,
    const struct survey_limits *lim)
{
	uint64_t no_mail = 0, left = 0, messages = 0;
	char n[80], m[80];
	size_t i;

	for (i = 0; i < s->n_folders; i++) {
		if (s->folders[i].left != NULL) {
			left++;
			messages += s->folders[i].mail;
		} else if (strcmp(s->kind, "imap") == 0 &&
		    s->folders[i].name != NULL &&
		    is_no_mail(s->folders[i].name)) {
			no_mail++;
		}
	}
	if (no_mail > 0)
		add(l, "no-mail",
		    "IMAP cannot carry calendars and contacts: export them "
		    "from the mail program (a PST keeps them, and 'postroad "
		    "extract' takes them out of it)",
		    "%s like calendars, contacts or tasks",
		    text_number(n, no_mail, "folder looks", "folders look"));
	if (left > 0)
		add(l, "left-out",
		    "--include-shared and --include-virtual take them, too; "
		    "they are somebody else's, or copies",
		    "left out: %s with %s: see the list",
		    text_number(n, left, "folder", "folders"),
		    text_number(m, messages, "message", "messages"));
	if (lim->bad_names > 0)
		add(l, "names",
		    "'postroad transform --fix-names' mends them; --for SERVER "
		    "knows what a destination refuses",
		    "%s will need fixing: double-byte or outer spaces, "
		    "invisible characters",
		    text_number(n, lim->bad_names, "folder name",
			"folder names"));
}

static void
look_at_quota(struct list *l, const struct survey *s)
{
	char a[32], b[32];

	if (s->server.has_quota && s->server.quota_limit > 0 &&
	    s->server.quota_used >= s->server.quota_limit / 10 * 9)
		add(l, "quota",
		    "a full mailbox takes no new mail: make room before the "
		    "migration begins",
		    "%s of %s are used", text_size(a, s->server.quota_used),
		    text_size(b, s->server.quota_limit));
}

void
survey_risks(const struct survey *s, const struct survey_limits *limits,
    int64_t now, struct survey_risk **risks_r, size_t *n_r)
{
	struct list l = { 0 };

	look_at_sizes(&l, s, limits);
	look_at_local(&l, s, limits->local);
	look_at_use(&l, s, now);
	look_at_folders(&l, s, limits);
	look_at_quota(&l, s);
	*risks_r = l.v;
	*n_r = l.n;
}

void
survey_risks_free(struct survey_risk *risks, size_t n)
{
	while (n > 0) {
		free(risks[--n].text);
		free(risks[n].hint);
	}
	free(risks);
}
