/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Responses that are one line: RFC 3501 section 7, without FETCH. */
#include <string.h>

#include "core/num.h"
#include "wire/imap_parse_impl.h"

static const struct word {
	const char *name;
	enum imap_kind kind;
} untagged[] = {
	{ "CAPABILITY", IMAP_CAPABILITY },
	{ "LIST", IMAP_LIST },
	{ "XLIST", IMAP_LIST },
	{ "LSUB", IMAP_LSUB },
	{ "STATUS", IMAP_STATUS },
	{ "SEARCH", IMAP_SEARCH },
	{ "ESEARCH", IMAP_ESEARCH },
	{ "FLAGS", IMAP_FLAGS },
	{ "NAMESPACE", IMAP_NAMESPACE },
	{ "ENABLED", IMAP_ENABLED },
	{ "QUOTA", IMAP_QUOTA },
	{ "QUOTAROOT", IMAP_QUOTAROOT },
	{ "VANISHED", IMAP_VANISHED },
};

static const struct word numbered[] = {
	{ "EXISTS", IMAP_EXISTS },
	{ "RECENT", IMAP_RECENT },
	{ "EXPUNGE", IMAP_EXPUNGE },
};

static const char *const status_names[] = { NULL, "OK", "NO", "BAD", "BYE",
	"PREAUTH" };

/* in the order of enum imap_code, from IMAP_CODE_ALERT */
static const char *const code_names[] = { "ALERT", "ALREADYEXISTS", "APPENDUID",
	"AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "CANNOT", "CAPABILITY",
	"CLOSED", "CONTACTADMIN", "COPYUID", "EXPIRED", "HIGHESTMODSEQ",
	"INUSE", "LIMIT", "NONEXISTENT", "NOPERM", "OVERQUOTA",
	"PERMANENTFLAGS", "PRIVACYREQUIRED", "READ-ONLY", "READ-WRITE",
	"REFERRAL", "SERVERBUG", "THROTTLED", "TOOBIG", "TRYCREATE", "UIDNEXT",
	"UIDNOTSTICKY", "UIDVALIDITY", "UNAVAILABLE" };

_Static_assert(sizeof(code_names) / sizeof(code_names[0]) ==
	IMAP_CODE_UNAVAILABLE - IMAP_CODE_ALERT + 1,
    "a name for each code");

int
imap_parse_error(struct err *err, const char *what, struct slice where)
{
	err_set(err, SCOPE_STORE, EX_PROTOCOL,
	    "the server broke the protocol: %s: '%.*s'", what,
	    (int)(where.n < 100 ? where.n : 100), where.p);
	return err_hint(err, "--trace-wire FILE shows the dialogue");
}

static struct slice
cut_word(struct slice *s)
{
	struct slice word;
	size_t i = 0;

	while (s->n > 0 && s->p[0] == ' ')
		*s = slice_from(*s, 1);
	while (i < s->n && s->p[i] != ' ')
		i++;
	word = slice_of(s->p, i);
	*s = slice_from(*s, i);
	if (s->n > 0)
		*s = slice_from(*s, 1);
	return word;
}

static enum imap_status
status_of(struct slice word)
{
	int i;

	for (i = IMAP_OK; i <= IMAP_PREAUTH; i++)
		if (slice_is_nocase(word, status_names[i]))
			return (enum imap_status)i;
	return IMAP_NOTHING;
}

bool
imap_resp_has_literals(struct slice line)
{
	struct slice s = line;

	return slice_is(cut_word(&s), "*") &&
	    status_of(cut_word(&s)) == IMAP_NOTHING;
}

bool
imap_resp_is_fetch(struct slice line, uint32_t *seq_r, struct slice *items_r)
{
	struct slice s = line;
	uint64_t seq;

	/* 0 is what Courier has been seen to send */
	if (!slice_is(cut_word(&s), "*") ||
	    !num_u64(cut_word(&s), UINT32_MAX, &seq))
		return false;
	while (s.n > 0 && s.p[0] == ' ')
		s = slice_from(s, 1);
	if (s.n < 6 || strncasecmp(s.p, "FETCH", 5) != 0 ||
	    (s.p[5] != ' ' && s.p[5] != '('))
		return false;
	*seq_r = (uint32_t)seq;
	*items_r = slice_from(s, 5);
	return true;
}

/* Where a "[...]" ends: at the first ']' outside parentheses, since a flag
 * may have one in it (Gmail); else at the first. */
static size_t
code_end(struct slice s)
{
	const char *first;
	size_t i, depth = 0;
	bool quote = false;

	for (i = 1; i < s.n; i++) {
		if (s.p[i] == '"')
			quote = !quote;
		else if (!quote && s.p[i] == '(')
			depth++;
		else if (!quote && s.p[i] == ')' && depth > 0)
			depth--;
		else if (!quote && s.p[i] == ']' && depth == 0)
			return i;
	}
	first = memchr(s.p, ']', s.n);
	return first == NULL ? 0 : (size_t)(first - s.p);
}

/* resp-text: "[CODE args] words" */
static void
read_text(struct imap_resp *r, struct slice s)
{
	struct slice code;
	size_t end, i;

	s = slice_trim(s);
	end = s.n > 0 && s.p[0] == '[' ? code_end(s) : 0;
	if (end > 0) {
		code = slice_of(s.p + 1, end - 1);
		r->code_name = cut_word(&code);
		r->code_args = slice_trim(code);
		r->code = IMAP_CODE_OTHER;
		for (i = 0; i < sizeof(code_names) / sizeof(code_names[0]); i++)
			if (slice_is_nocase(r->code_name, code_names[i]))
				r->code = (enum imap_code)(IMAP_CODE_ALERT + i);
		s = slice_trim(slice_from(s, end + 1));
	}
	r->text = s;
}

static int
read_untagged(struct imap_resp *r, struct slice s, struct err *err)
{
	struct slice line = s;
	uint64_t n;
	size_t i;

	r->name = cut_word(&s);
	r->status = status_of(r->name);
	r->kind = IMAP_OTHER;
	r->args = s;
	if (r->status != IMAP_NOTHING) {
		r->kind = IMAP_STATE;
		read_text(r, s);
		return 0;
	}
	if (r->name.n > 0 && r->name.p[0] >= '0' && r->name.p[0] <= '9') {
		if (!num_u64(r->name, UINT32_MAX, &n))
			return imap_parse_error(err, "a number too large",
			    line);
		r->number = n;
		r->name = cut_word(&s);
		r->args = s;
		for (i = 0; i < sizeof(numbered) / sizeof(numbered[0]); i++)
			if (slice_is_nocase(r->name, numbered[i].name))
				r->kind = numbered[i].kind;
		return 0;
	}
	for (i = 0; i < sizeof(untagged) / sizeof(untagged[0]); i++)
		if (slice_is_nocase(r->name, untagged[i].name))
			r->kind = untagged[i].kind;
	return 0;
}

int
imap_resp_line(const struct imap_sink *sink, struct slice line, bool more,
    struct err *err)
{
	struct imap_resp r = { .more = more };
	struct slice s = line, word;

	if (slice_trim(line).n == 0)
		return 0; /* an empty line hurts nobody */
	word = cut_word(&s);
	if (slice_is(word, "*")) {
		if (read_untagged(&r, s, err) < 0)
			return -1;
	} else if (word.n > 0 && word.p[0] == '+') {
		r.kind = IMAP_CONTINUE;
		r.text = slice_trim(slice_from(line, 1));
	} else {
		r.kind = IMAP_TAGGED;
		r.tag = word;
		r.name = cut_word(&s);
		r.status = status_of(r.name);
		if (r.status != IMAP_OK && r.status != IMAP_NO &&
		    r.status != IMAP_BAD)
			return imap_parse_error(err, "not a response", line);
		read_text(&r, s);
	}
	return sink->response == NULL ? 0 : sink->response(sink->arg, &r, err);
}
