/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a server means: by response code where there is one (RFC 5530, 9051,
 * 9208), else by words that real servers use.
 */
#include <stdio.h>
#include <string.h>

#include "core/num.h"
#include "core/text.h"
#include "wire/imap_impl.h"

static const struct {
	enum imap_code code;
	enum imap_trouble trouble;
} by_code[] = {
	{ IMAP_CODE_ALREADYEXISTS, IMAP_ALREADY_EXISTS },
	{ IMAP_CODE_AUTHENTICATIONFAILED, IMAP_AUTH_FAILED },
	{ IMAP_CODE_AUTHORIZATIONFAILED, IMAP_AUTH_FAILED },
	{ IMAP_CODE_CANNOT, IMAP_FORBIDDEN },
	{ IMAP_CODE_CONTACTADMIN, IMAP_AUTH_FAILED },
	{ IMAP_CODE_EXPIRED, IMAP_AUTH_FAILED },
	{ IMAP_CODE_INUSE, IMAP_UNAVAILABLE },
	{ IMAP_CODE_LIMIT, IMAP_LIMIT_REACHED },
	{ IMAP_CODE_NONEXISTENT, IMAP_TRYCREATE },
	{ IMAP_CODE_NOPERM, IMAP_FORBIDDEN },
	{ IMAP_CODE_OVERQUOTA, IMAP_OVERQUOTA },
	{ IMAP_CODE_PRIVACYREQUIRED, IMAP_AUTH_FAILED },
	{ IMAP_CODE_READ_ONLY, IMAP_FORBIDDEN },
	{ IMAP_CODE_SERVERBUG, IMAP_UNAVAILABLE },
	{ IMAP_CODE_THROTTLED, IMAP_THROTTLED },
	{ IMAP_CODE_TOOBIG, IMAP_TOO_BIG },
	{ IMAP_CODE_TRYCREATE, IMAP_TRYCREATE },
	{ IMAP_CODE_UNAVAILABLE, IMAP_UNAVAILABLE },
};

static const struct {
	const char *words;
	enum imap_trouble trouble;
} by_words[] = {
	{ "suggested backoff time", IMAP_THROTTLED },
	{ "throttl", IMAP_THROTTLED }, { "rate limit", IMAP_THROTTLED },
	{ "bandwidth limit", IMAP_THROTTLED },
	{ "temporary auth", IMAP_UNAVAILABLE },
	{ "authenticated but not connected", IMAP_NOT_CONNECTED },
	{ "accesstokenexpired", IMAP_UNAVAILABLE },
	{ "authentication fail", IMAP_AUTH_FAILED },
	{ "invalid credentials", IMAP_AUTH_FAILED },
	{ "login fail", IMAP_AUTH_FAILED }, { "quota", IMAP_OVERQUOTA },
	{ "mailbox is full", IMAP_OVERQUOTA },
	{ "mailbox full", IMAP_OVERQUOTA },
	/* what Exchange says of a full mailbox */
	{ "server unavailable. 15", IMAP_OVERQUOTA },
	{ "maximum size of appendable", IMAP_TOO_BIG },
	{ "message too large", IMAP_TOO_BIG },
	{ "message is too large", IMAP_TOO_BIG },
	{ "message too big", IMAP_TOO_BIG },
	{ "message size exceeds", IMAP_TOO_BIG },
	{ "maximum message size", IMAP_TOO_BIG },
	{ "bare newlines", IMAP_BAD_MESSAGE },
	{ "nul characters", IMAP_BAD_MESSAGE },
	{ "invalid header", IMAP_BAD_MESSAGE },
	{ "already exist", IMAP_ALREADY_EXISTS },
	{ "doesn't exist", IMAP_TRYCREATE },
	{ "does not exist", IMAP_TRYCREATE }, { "too many", IMAP_UNAVAILABLE },
	{ "try again", IMAP_UNAVAILABLE }, { "temporar", IMAP_UNAVAILABLE },
	{ "unavailable", IMAP_UNAVAILABLE },
	{ "internal error", IMAP_UNAVAILABLE },
	{ "shutting down", IMAP_UNAVAILABLE },
	{ "session expired", IMAP_THROTTLED }, /* Gmail, over its budget */
};

/* Exchange: "Suggested Backoff Time: 299609 milliseconds" */
static uint64_t
backoff_ms(const char *text)
{
	const char *p = strcasestr(text, "backoff time:");
	struct slice s;
	uint64_t ms;

	if (p == NULL)
		return 0;
	s = slice_trim(slice_str(p + strlen("backoff time:")));
	return num_take_u64(&s, UINT32_MAX, &ms) ? ms : 0;
}

static enum imap_trouble
trouble_of(const struct imap_result *res)
{
	size_t i;

	if (res->status == IMAP_OK)
		return IMAP_FINE;
	for (i = 0; i < sizeof(by_code) / sizeof(by_code[0]); i++)
		if (by_code[i].code == res->code)
			return by_code[i].trouble;
	for (i = 0; i < sizeof(by_words) / sizeof(by_words[0]); i++)
		if (strcasestr(res->text, by_words[i].words) != NULL)
			return by_words[i].trouble;
	if (res->status == IMAP_BYE)
		return IMAP_UNAVAILABLE;
	return res->status == IMAP_BAD ? IMAP_BAD_COMMAND : IMAP_TROUBLE;
}

void
imap_result_read(struct imap_result *res, const struct imap_resp *r)
{
	char code[48];
	size_t n;

	*res = (struct imap_result){ .status = r->status, .code = r->code };
	if (r->status != IMAP_OK && r->code_name.n > 0) {
		text_escape_into(code, sizeof(code), r->code_name.p,
		    r->code_name.n);
		snprintf(res->text, sizeof(res->text), "[%s]%s", code,
		    r->text.n > 0 ? " " : "");
	}
	n = strlen(res->text);
	text_escape_into(res->text + n, sizeof(res->text) - n, r->text.p,
	    r->text.n);
	res->trouble = trouble_of(res);
	if (r->status != IMAP_OK)
		res->backoff_ms = backoff_ms(res->text);
}

struct meaning {
	int status;
	enum scope at_least;
	const char *hint;
};

static const struct meaning meanings[] = {
	[IMAP_TROUBLE] = { EX_UNAVAILABLE, SCOPE_MSG, NULL },
	[IMAP_AUTH_FAILED] = { EX_NOPERM, SCOPE_STORE,
	    "check the user name and the password; many providers want an "
	    "app password, or IMAP switched on for the account" },
	[IMAP_NOT_CONNECTED] = { EX_NOPERM, SCOPE_STORE,
	    "the login is right, but no mailbox opens: an administrator must "
	    "give it a license, switch IMAP on (Set-CASMailbox -ImapEnabled), "
	    "or let the application in (Add-MailboxPermission)" },
	[IMAP_UNAVAILABLE] = { EX_TEMPFAIL, SCOPE_MSG,
	    "run the same command again later" },
	[IMAP_THROTTLED] = { EX_TEMPFAIL, SCOPE_MSG,
	    "the server wants us to wait; run the same command again later" },
	[IMAP_OVERQUOTA] = { EX_UNAVAILABLE, SCOPE_STORE,
	    "make room in the mailbox or raise its quota, then run the same "
	    "command again" },
	[IMAP_TOO_BIG] = { EX_DATAERR, SCOPE_MSG,
	    "raise the server's limit for one message" },
	[IMAP_TRYCREATE] = { EX_UNAVAILABLE, SCOPE_MSG, NULL },
	[IMAP_ALREADY_EXISTS] = { EX_UNAVAILABLE, SCOPE_MSG, NULL },
	[IMAP_LIMIT_REACHED] = { EX_UNAVAILABLE, SCOPE_MSG, NULL },
	[IMAP_FORBIDDEN] = { EX_NOPERM, SCOPE_MSG, NULL },
	[IMAP_BAD_MESSAGE] = { EX_DATAERR, SCOPE_MSG, NULL },
	[IMAP_BAD_COMMAND] = { EX_PROTOCOL, SCOPE_MSG,
	    "--trace-wire FILE shows the dialogue" },
};

int
imap_result_err(const struct imap_result *res, enum scope scope,
    const char *what, struct err *err)
{
	static const char *const said[] = { "nothing", "OK", "NO", "BAD", "BYE",
		"PREAUTH" };
	const struct meaning *m;

	if (res->status == IMAP_OK)
		return 0;
	m = &meanings[res->trouble == IMAP_FINE ? IMAP_TROUBLE : res->trouble];
	err_set(err, scope > m->at_least ? scope : m->at_least, m->status,
	    "%s: the server says %s%s%s", what, said[res->status],
	    res->text[0] != '\0' ? ": " : "", res->text);
	err->passing = res->trouble == IMAP_UNAVAILABLE ||
	    res->trouble == IMAP_THROTTLED ||
	    res->trouble == IMAP_LIMIT_REACHED;
	err->retry |= err->passing;
	err->wait_ms = (unsigned)res->backoff_ms;
	if (m->hint != NULL)
		err_hint(err, "%s", m->hint);
	return -1;
}
