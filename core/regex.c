/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Regular expressions; see regex.h.  Limits: match steps bound the time (a
 * catastrophic pattern ends within a few milliseconds), heap and depth the
 * memory.  No JIT: it counts steps otherwise and wants executable memory.
 */
#include "core/regex.h"

#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "core/mem.h"

#define MATCH_STEPS 200000
#define MATCH_DEPTH 20000
#define MATCH_HEAP  4096 /* KiB */

struct regex {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *limits;
};

/* At most REGEX_PATTERN_MAX bytes; pcre2 itself bounds nesting (250) and
 * the size of what it compiles to (64 Ki units). */
static pcre2_code *
compile(struct slice pattern, unsigned flags, struct err *err)
{
	uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF |
	    PCRE2_NEVER_BACKSLASH_C |
	    ((flags & REGEX_ICASE) ? PCRE2_CASELESS : 0);
	PCRE2_UCHAR why[128];
	pcre2_code *code;
	size_t where;
	int what;

	code = pcre2_compile((PCRE2_SPTR)(pattern.n > 0 ? pattern.p : ""),
	    pattern.n, options, &what, &where, NULL);
	if (code == NULL) {
		pcre2_get_error_message(what, why, sizeof(why));
		err_set(err, SCOPE_RUN, EX_CONFIG,
		    "regex '%.*s': %s, at character %zu", (int)pattern.n,
		    pattern.n > 0 ? pattern.p : "", (const char *)why,
		    where + 1);
	}
	return code;
}

int
regex_new(struct regex **r_r, struct slice pattern, unsigned flags,
    struct err *err)
{
	struct regex *r;

	*r_r = NULL;
	if (pattern.n > REGEX_PATTERN_MAX)
		return err_set(err, SCOPE_RUN, EX_CONFIG,
		    "regex of %zu bytes is longer than %d", pattern.n,
		    REGEX_PATTERN_MAX);
	r = mem_alloc(1, sizeof(*r));
	r->code = compile(pattern, flags, err);
	if (r->code == NULL) {
		regex_free(&r);
		return -1;
	}
	r->data = pcre2_match_data_create(REGEX_GROUPS, NULL);
	r->limits = pcre2_match_context_create(NULL);
	if (r->data == NULL || r->limits == NULL)
		mem_exhausted();
	pcre2_set_match_limit(r->limits, MATCH_STEPS);
	pcre2_set_depth_limit(r->limits, MATCH_DEPTH);
	pcre2_set_heap_limit(r->limits, MATCH_HEAP);
	*r_r = r;
	return 0;
}

void
regex_free(struct regex **r)
{
	if (*r == NULL)
		return;
	pcre2_match_context_free((*r)->limits);
	pcre2_match_data_free((*r)->data);
	pcre2_code_free((*r)->code);
	free(*r);
	*r = NULL;
}

size_t
regex_groups(const struct regex *r)
{
	uint32_t n = 0;

	pcre2_pattern_info(r->code, PCRE2_INFO_CAPTURECOUNT, &n);
	return n;
}

static int
match_failed(int rc, struct err *err)
{
	PCRE2_UCHAR why[128];

	if (rc == PCRE2_ERROR_NOMATCH)
		return 0;
	pcre2_get_error_message(rc, why, sizeof(why));
	err_set(err, SCOPE_MSG, EX_CONFIG, "the regex gave up: %s",
	    (const char *)why);
	return err_hint(err,
	    "make the pattern simpler: no repetition of a "
	    "repetition, such as (a+)+");
}

int
regex_match(const struct regex *r, struct slice text, struct slice *group,
    struct err *err)
{
	PCRE2_SIZE *at;
	size_t i, found;
	int rc;

	if (text.n > REGEX_TEXT_MAX)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "a text of %zu bytes is too long for a regex", text.n);
	rc = pcre2_match(r->code, (PCRE2_SPTR)(text.n > 0 ? text.p : ""),
	    text.n, 0, 0, r->data, r->limits);
	if (rc < 0)
		return match_failed(rc, err);
	/* 0: more groups than there is room for, all room used */
	found = rc == 0 ? REGEX_GROUPS : (size_t)rc;
	at = pcre2_get_ovector_pointer(r->data);
	for (i = 0; group != NULL && i < REGEX_GROUPS; i++) {
		group[i] = slice_of(NULL, 0);
		/* \K in a lookahead can put the start behind the end */
		if (i < found && at[2 * i] != PCRE2_UNSET &&
		    at[2 * i] <= at[2 * i + 1])
			group[i] = slice_of(text.p + at[2 * i],
			    at[2 * i + 1] - at[2 * i]);
	}
	return 1;
}
