/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A survey of a POP3 account: STAT and LIST, and a few messages for the
 * estimate. */
#include <stdlib.h>
#include <time.h>

#include "core/limits.h"
#include "core/mem.h"
#include "core/text.h"
#include "extract/pop3_box.h"
#include "extract/survey_impl.h"

static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Newest first: these are the ones that a slow server has at hand, too. */
static int
take_sample(struct survey *s, struct pop3_box *b, unsigned seconds,
    struct err *err)
{
	char *block = mem_alloc(1, LIMIT_BLOCK);
	double start = now_s(), end = start + seconds;
	size_t i;
	ssize_t n = 0;

	for (i = b->n; i > 0 && n >= 0 && now_s() < end; i--) {
		if (pop3_box_begin(b, i - 1, err) <= 0)
			break;
		while ((n = pop3_box_read(b, block, LIMIT_BLOCK, err)) > 0)
			s->sample.bytes += (uint64_t)n;
		s->sample.messages++;
	}
	s->sample.seconds = now_s() - start;
	free(block);
	return n < 0 && err->scope >= SCOPE_STORE ? -1 : 0;
}

static void
tell_server(struct survey *s, const struct pop3 *p)
{
	struct buf caps = { 0 };
	const char *c;

	for (c = pop3_capabilities(p); *c != '\0'; c++)
		buf_putc(&caps, *c == '\n' ? ',' : *c);
	s->server.software = mem_str(pop3_greeting(p));
	s->server.capabilities = mem_str(buf_str(&caps));
	s->server.security = mem_str(pop3_security(p));
	buf_free(&caps);
}

static int
tell_imap(struct survey *s, const struct account *a, struct err *err)
{
	struct buf url = { 0 }, text = { 0 };
	int rc = pop3_box_imap(a, &url, err);

	if (url.n > 0) {
		buf_putf(&text,
		    "IMAP answers on the same host: %s has all folders, with "
		    "flags.",
		    buf_str(&url));
		survey_text(&s->notes, &s->n_notes, buf_str(&text));
	}
	buf_free(&url);
	buf_free(&text);
	return rc;
}

int
survey_pop3(struct survey *s, const struct source_spec *spec,
    const struct survey_want *want, struct err *err)
{
	struct pop3_box b = { 0 };
	struct survey_folder *inbox;
	struct survey_big *big;
	int rc = pop3_box_open(&b, spec, err);
	size_t i;

	s->kind = "pop3";
	if (rc == 0) {
		tell_server(s, b.pop3);
		rc = tell_imap(s, spec->account, err);
	}
	if (rc == 0) {
		inbox = survey_folder(s, "INBOX");
		for (i = 0; i < b.n; i++) {
			survey_count(s, want, inbox, b.entry[i].size,
			    DATE_UNKNOWN);
			if (survey_big(s, b.entry[i].size, &big)) {
				big->folder = mem_str("INBOX");
				big->subject = mem_str("");
				big->nid = b.entry[i].number;
			}
		}
		if (b.n > 0 && want->sample_s > 0)
			rc = take_sample(s, &b, want->sample_s, err);
	}
	pop3_box_close(&b);
	return rc;
}
