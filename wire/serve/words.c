/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How the providers speak: what they offer and how they refuse.  Only what
 * this server can do is offered, so COMPRESS, CONDSTORE and the like are
 * missing where the real one has them.  Numbers are in data/providers.yaml.
 */
#include <string.h>

#include "wire/serve/impl.h"

#define PLAIN_WORDS                                                            \
	.too_big = "NO [TOOBIG] Message too large",                            \
	.keyword = "NO Flag "                                                  \
		   "not permitted",                                            \
	.long_line = "NO Message has a line that is too long",                 \
	.quota = "NO [OVERQUOTA] Quota exceeded",                              \
	.name_refused = "NO [CANNOT] Invalid mailbox name",                    \
	.exists = "NO [ALREADYEXISTS] Mailbox already exists",                 \
	.missing = "NO [TRYCREATE] Mailbox doesn't exist",                     \
	.throttled = "NO [THROTTLED] Too fast: Suggested Backoff Time:",       \
	.bye_errors = "Too many errors",                                       \
	.bye_connections = "Too many connections",                             \
	.bye_budget = "Too many bytes today, try again later"

/* what Dovecot and Cyrus have in common */
#define OPEN_CAPS                                                              \
	"IMAP4rev1 SASL-IR AUTH=PLAIN LITERAL+ ID UIDPLUS NAMESPACE UNSELECT " \
	"CHILDREN IDLE MOVE MULTIAPPEND SPECIAL-USE CREATE-SPECIAL-USE "       \
	"LIST-EXTENDED QUOTA"

#define ANY_FLAG "\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*"

static const struct serve_folder only_inbox[] = { { "INBOX", NULL, false },
	{ 0 } };

/* ---------------------------------------------------------- Exchange */

/* Folders that a new mailbox of Exchange Online shows to IMAP. */
static const struct serve_folder exchange_folders[] = {
	{ "INBOX", NULL, false },
	{ "Archive", NULL, false },
	{ "Calendar", NULL, false },
	{ "Contacts", NULL, false },
	{ "Conversation History", NULL, false },
	{ "Deleted Items", NULL, false },
	{ "Drafts", NULL, false },
	{ "Journal", NULL, false },
	{ "Junk Email", NULL, false },
	{ "Notes", NULL, false },
	{ "Outbox", NULL, false },
	{ "Sent Items", NULL, false },
	{ "Tasks", NULL, false },
	{ 0 },
};

/* ------------------------------------------------------------- Gmail */

static const struct serve_folder gmail_folders[] = {
	{ "INBOX", NULL, false },
	{ "[Gmail]", NULL, true },
	{ "[Gmail]/All Mail", "\\All", false },
	{ "[Gmail]/Drafts", "\\Drafts", false },
	{ "[Gmail]/Important", "\\Important", false },
	{ "[Gmail]/Sent Mail", "\\Sent", false },
	{ "[Gmail]/Spam", "\\Junk", false },
	{ "[Gmail]/Starred", "\\Flagged", false },
	{ "[Gmail]/Trash", "\\Trash", false },
	{ 0 },
};

static const char *
gmail_refuses(struct slice name)
{
	size_t i;

	for (i = 0; i < name.n; i++) {
		bool edge = i == 0 || i + 1 == name.n || name.p[i - 1] == '/' ||
		    name.p[i + 1] == '/' || name.p[i - 1] == ' ';

		if (name.p[i] == '^')
			return "NO [CANNOT] Invalid folder name (Failure)";
		if (name.p[i] == ' ' && edge)
			return "NO [CANNOT] Folder contains excess whitespace "
			       "(Failure)";
	}
	if (name.n >= 7 && strncasecmp(name.p, "[gmail]", 7) == 0)
		return "NO [CANNOT] Invalid folder name (Failure)";
	return NULL;
}

/* ----------------------------------------------------------- Dovecot */

/* Maildir++ */
static const char *
dovecot_refuses(struct slice name)
{
	bool bad = name.n > 255 || memchr(name.p, '.', name.n) != NULL ||
	    (name.n > 0 && (name.p[0] == '~' || name.p[0] == '/'));
	size_t i;

	for (i = 0; i < name.n; i++)
		bad |= (unsigned char)name.p[i] < ' ' ||
		    (name.p[i] == '/' &&
			(i + 1 == name.n || name.p[i + 1] == '/'));
	return bad ? "NO [CANNOT] Invalid mailbox name" : NULL;
}

/* ------------------------------------------------------------- Cyrus */

static const char *
cyrus_refuses(struct slice name)
{
	size_t i;

	for (i = 0; i < name.n; i++)
		if (strchr("\"\\%\t", name.p[i]) != NULL)
			return "NO Invalid mailbox name";
	return NULL;
}

/* ----------------------------------------------------------- Courier */

static const char *
courier_refuses(struct slice name)
{
	size_t i;

	for (i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] >= 0xf0) /* outside the BMP */
			return "NO Invalid mailbox name.";
	return NULL;
}

/* ------------------------------------------------------------- the table */

static const struct serve_words table[] = {
	{
	    .name = "generic",
	    .greeting = "[CAPABILITY %s] IMAP4 ready",
	    .caps = "IMAP4rev1 SASL-IR AUTH=PLAIN LITERAL+ UIDPLUS NAMESPACE "
		    "ID UNSELECT CHILDREN IDLE MOVE SPECIAL-USE "
		    "CREATE-SPECIAL-USE LIST-EXTENDED",
	    .id = "postroad rehearsal",
	    .flags = ANY_FLAG,
	    .prefix = "",
	    .delimiter = '/',
	    .folders = only_inbox,
	    PLAIN_WORDS,
	},
	{
	    .name = "microsoft",
	    .greeting = "The Microsoft Exchange IMAP4 service is ready.",
	    .caps = "IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID "
		    "UNSELECT CHILDREN IDLE NAMESPACE LITERAL+",
	    .id = "Microsoft.Exchange.Imap4.Imap4Server",
	    .flags = "\\Seen \\Answered \\Flagged \\Deleted \\Draft $MDNSent",
	    .prefix = "",
	    .delimiter = '/',
	    .fold = true,
	    .throttles = true,
	    .hides_limit = true,
	    .too_big = "NO Maximum size of appendable message has been "
		       "exceeded.",
	    .keyword = "BAD Command Argument Error. 11",
	    .long_line = "BAD Command Error. 10",
	    .quota = "NO Server Unavailable. 15",
	    .name_refused = "NO CREATE failed.",
	    .exists = "NO Mailbox already exists.",
	    .missing = "NO [TRYCREATE] Mailbox doesn't exist.",
	    .throttled = "NO Request is throttled. Suggested Backoff Time:",
	    .bye_errors = "Connection is closed. 13",
	    .bye_connections = "Connection is closed. 14",
	    .bye_budget = "Connection is closed. 13",
	    .folders = exchange_folders,
	},
	{
	    .name = "google",
	    .greeting = "Gimap ready for requests",
	    .caps = "IMAP4rev1 UNSELECT IDLE NAMESPACE ID QUOTA CHILDREN "
		    "X-GM-EXT-1 UIDPLUS MOVE LIST-EXTENDED LITERAL- "
		    "SPECIAL-USE AUTH=PLAIN AUTH=XOAUTH2 SASL-IR",
	    .id = "GImap",
	    .flags = ANY_FLAG " $NotPhishing $Phishing",
	    .prefix = "",
	    .delimiter = '/',
	    .use_in_list = true,
	    .too_big = "NO [TOOBIG] Message too large. (Failure)",
	    .keyword = "NO [CANNOT] Invalid flag. (Failure)",
	    .long_line = "NO Message has a line that is too long. (Failure)",
	    .quota = "NO [OVERQUOTA] Account is over quota. (Failure)",
	    .name_refused = "NO [CANNOT] Invalid folder name (Failure)",
	    .exists = "NO [ALREADYEXISTS] Duplicate folder name (Failure)",
	    .missing = "NO [TRYCREATE] Folder doesn't exist. (Failure)",
	    .throttled = "NO [THROTTLED] Suggested Backoff Time:",
	    .bye_errors = "Too many invalid IMAP commands.",
	    .bye_connections =
		"[ALERT] Too many simultaneous connections. (Failure)",
	    .bye_budget = "Session expired, please login again.",
	    .folders = gmail_folders,
	    .refuses = gmail_refuses,
	},
	{
	    .name = "dovecot",
	    .greeting = "[CAPABILITY %s] Dovecot ready.",
	    .caps = OPEN_CAPS,
	    .id = "Dovecot",
	    .flags = ANY_FLAG,
	    .prefix = "",
	    .delimiter = '/',
	    .use_in_list = true,
	    .nul_to_80 = true,
	    .folders = only_inbox,
	    .refuses = dovecot_refuses,
	    PLAIN_WORDS,
	},
	{
	    .name = "cyrus",
	    .greeting = "[CAPABILITY %s] Cyrus IMAP server ready",
	    .caps = OPEN_CAPS,
	    .id = "Cyrus IMAPD",
	    .flags = ANY_FLAG,
	    .prefix = "INBOX/",
	    .delimiter = '/',
	    .folders = only_inbox,
	    .refuses = cyrus_refuses,
	    PLAIN_WORDS,
	},
	{
	    .name = "courier",
	    .greeting = "[CAPABILITY %s] Courier-IMAP ready.",
	    .caps = "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE QUOTA IDLE "
		    "AUTH=PLAIN",
	    .id = "Courier-IMAP",
	    .flags = ANY_FLAG,
	    .prefix = "INBOX.",
	    .delimiter = '.',
	    .folders = only_inbox,
	    .refuses = courier_refuses,
	    PLAIN_WORDS,
	},
};

const struct serve_words *
serve_words_of(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (name != NULL && strcasecmp(table[i].name, name) == 0)
			return &table[i];
	return &table[0];
}

bool
serve_knows(const char *name)
{
	return strcasecmp(serve_words_of(name)->name, name) == 0;
}

bool
serve_throttles(const char *name)
{
	return serve_words_of(name)->throttles;
}
