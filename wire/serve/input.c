/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes that come to the throw-away server, made into commands and mail. */
#include <string.h>

#include "core/num.h"
#include "wire/serve/impl.h"

/* Does the line end with "{n}" or "{n+}"?  'at_r': where that begins. */
static bool
ends_with_literal(struct slice line, uint64_t *n_r, bool *sync_r, size_t *at_r)
{
	size_t i;

	if (line.n < 3 || line.p[line.n - 1] != '}')
		return false;
	*sync_r = line.p[line.n - 2] != '+';
	i = line.n - (*sync_r ? 1 : 2);
	while (i > 0 && line.p[i - 1] >= '0' && line.p[i - 1] <= '9')
		i--;
	if (i == 0 || line.p[i - 1] != '{')
		return false;
	*at_r = i - 1;
	return num_u64(slice_of(line.p + i, line.n - i - (*sync_r ? 1 : 2)),
	    INT64_MAX, n_r);
}

static void
command_done(struct serve_conn *c)
{
	buf_clear(&c->cmd);
	c->skip = false;
	c->in_literal = false;
}

/* What may come without "+ go ahead"? */
static bool
may_hurry(const struct serve *s, uint64_t n)
{
	return serve_has(s, "LITERAL+") ||
	    (serve_has(s, "LITERAL-") && n <= 4096);
}

static void
begin_literal(struct serve_conn *c, uint64_t n, bool sync)
{
	c->literal = n;
	c->in_literal = true;
	c->for_mail = false;
	if (!sync && !may_hurry(c->s, n)) {
		serve_bye(c, "Literal without being asked for it");
		return;
	}
	if (c->skip || serve_append_literal(c, buf_slice(&c->cmd), sync))
		return;
	if (n > SERVE_LITERAL || c->cmd.n + n > SERVE_COMMAND) {
		serve_bye(c, "Too long");
		return;
	}
	buf_puts(&c->cmd, "\r\n");
	if (sync)
		buf_puts(&c->out, "+ Ready\r\n");
}

/* A line, without its end, was added to c->cmd from 'from' on. */
static void
take_line(struct serve_conn *c, size_t from)
{
	struct slice line = slice_from(buf_slice(&c->cmd), from);
	uint64_t n;
	size_t at;
	bool sync;

	if (ends_with_literal(line, &n, &sync, &at)) {
		begin_literal(c, n, sync);
		return;
	}
	if (c->a.active) {
		if (line.n > 0 && c->a.refusal == NULL)
			c->a.refusal = "BAD Syntax error behind a message";
		serve_append_finish(c);
	} else if (!c->skip) {
		serve_command(c, buf_slice(&c->cmd));
	}
	command_done(c);
}

static size_t
feed_literal(struct serve_conn *c, const char *p, size_t n)
{
	size_t take = n < c->literal ? n : (size_t)c->literal;

	if (c->for_mail && !c->skip)
		serve_append_bytes(c, p, take);
	else if (!c->for_mail && !c->skip)
		buf_put(&c->cmd, p, take);
	c->literal -= take;
	if (c->literal > 0)
		return take;
	c->in_literal = false;
	if (c->for_mail)
		buf_clear(&c->cmd);
	if (c->for_mail && !c->skip)
		serve_append_message(c);
	return take;
}

/* 0: there is no whole line yet. */
static size_t
feed_line(struct serve_conn *c, const char *p, size_t n)
{
	const char *nl = memchr(p, '\n', n);
	size_t len, from = c->cmd.n;

	if (nl == NULL) {
		if (n > SERVE_LINE)
			serve_bye(c, "Line too long");
		return 0;
	}
	len = (size_t)(nl - p);
	if (c->cmd.n + len > SERVE_COMMAND) {
		serve_bye(c, "Too long");
		return len + 1;
	}
	buf_put(&c->cmd, p, len > 0 && nl[-1] == '\r' ? len - 1 : len);
	take_line(c, from);
	return len + 1;
}

bool
serve_is_full(const struct serve_conn *c)
{
	return c->out.n - c->out_at > SERVE_OUT;
}

void
serve_feed(struct serve_conn *c)
{
	size_t at = 0, n;

	while (!c->closing && !c->f.active && !serve_is_full(c)) {
		if (c->in_literal) {
			if (c->literal > 0 && at == c->in.n)
				break;
			at += feed_literal(c, c->in.p + at, c->in.n - at);
			continue;
		}
		n = at == c->in.n ? 0
				  : feed_line(c, c->in.p + at, c->in.n - at);
		if (n == 0)
			break;
		at += n;
	}
	buf_eat(&c->in, at);
}
