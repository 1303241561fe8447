/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Content lines of a vCard file; see vcard_impl.h. */
#include <ctype.h>
#include <stdlib.h>

#include "core/io.h"
#include "core/limits.h"
#include "core/mem.h"
#include "formats/vcard_impl.h"

/* Bytes of a file without what folds its lines. */
struct unfold {
	int fd;
	uint64_t off, end; /* of the next block; end of what is wanted */
	size_t n, at;
	char block[LIMIT_BLOCK];
};

struct vcard_lines {
	struct unfold in;
	struct buf line;
	size_t keep;
};

/* The next byte, or -1; -2 with errno. */
static int
next_byte(struct unfold *u)
{
	size_t want = sizeof(u->block);
	ssize_t got;

	if (u->at == u->n) {
		if (u->off >= u->end)
			return -1;
		if (want > u->end - u->off)
			want = (size_t)(u->end - u->off);
		got = io_pread_full(u->fd, u->block, want, u->off);
		if (got <= 0)
			return got == 0 ? -1 : -2;
		u->off += (uint64_t)got;
		u->n = (size_t)got;
		u->at = 0;
	}
	return (unsigned char)u->block[u->at++];
}

static int
peek_byte(struct unfold *u)
{
	int c = next_byte(u);

	if (c >= 0)
		u->at--;
	return c;
}

static uint64_t
where(const struct unfold *u)
{
	return u->off - (u->n - u->at);
}

/* The next byte of a logical line; '\n' at its end. */
static int
line_byte(struct unfold *u)
{
	int c;

	for (;;) {
		c = next_byte(u);
		if (c == '\r' && peek_byte(u) == '\n')
			continue;
		if (c != '\n')
			return c;
		c = peek_byte(u);
		if (c != ' ' && c != '\t')
			return '\n';
		next_byte(u);
	}
}

/* What comes next without a line's end in it, as it lies there; 0: ask
 * line_byte(). */
static size_t
line_span(struct unfold *u, const char **p_r)
{
	const char *p = u->block + u->at, *nl;
	size_t n = u->n - u->at;

	nl = n == 0 ? NULL : memchr(p, '\n', n);
	if (nl != NULL)
		n = (size_t)(nl - p);
	nl = n == 0 ? NULL : memchr(p, '\r', n);
	if (nl != NULL)
		n = (size_t)(nl - p);
	u->at += n;
	*p_r = p;
	return n;
}

struct vcard_lines *
vcard_lines_new(int fd, size_t keep)
{
	struct vcard_lines *l = mem_alloc(1, sizeof(*l));

	l->keep = keep;
	l->in.fd = fd;
	l->in.end = UINT64_MAX;
	return l;
}

void
vcard_lines_free(struct vcard_lines **l)
{
	if (*l == NULL)
		return;
	buf_free(&(*l)->line);
	free(*l);
	*l = NULL;
}

/* RFC 6868 */
static struct slice
uncaret(struct arena *a, struct slice s)
{
	char *out = arena_alloc(a, s.n + 1);
	size_t i, n = 0;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '^' && i + 1 < s.n &&
		    strchr("n^'", s.p[i + 1]) != NULL) {
			i++;
			out[n++] = s.p[i] == 'n' ? '\n'
			    : s.p[i] == '\''	 ? '"'
						 : '^';
		} else if (s.p[i] != '"') {
			out[n++] = s.p[i];
		}
	}
	return slice_of(out, n);
}

/* ";NAME=value": one of them off the front. */
static void
take_param(struct vcard_line *line, struct arena *a, struct slice *rest)
{
	struct vcard_param *p = &line->param[line->n_params];
	bool quoted = false;
	size_t n, eq = 0;

	*rest = slice_from(*rest, 1);
	for (n = 0; n < rest->n; n++) {
		if (rest->p[n] == '"')
			quoted = !quoted;
		else if (rest->p[n] == ';' && !quoted)
			break;
		else if (rest->p[n] == '=' && eq == 0)
			eq = n;
	}
	p->name = eq == 0 ? slice_str("TYPE") : slice_of(rest->p, eq);
	p->value = uncaret(a,
	    eq == 0 ? slice_of(rest->p, n)
		    : slice_of(rest->p + eq + 1, n - eq - 1));
	*rest = slice_from(*rest, n);
	if (line->n_params + 1 < VCARD_PARAMS)
		line->n_params++;
}

static void
take_head(struct vcard_line *line, struct arena *a, struct slice head)
{
	size_t n, i;
	char *name;

	for (n = 0; n < head.n && head.p[n] != ';'; n++)
		;
	name = arena_slice(a, slice_of(head.p, n));
	for (i = 0; i < n; i++)
		name[i] = (char)toupper((unsigned char)name[i]);
	line->name = slice_of(name, n);
	for (i = n; i > 0; i--)
		if (name[i - 1] == '.')
			break;
	line->name = slice_from(line->name, i);
	head = slice_from(head, n);
	while (head.n > 0)
		take_param(line, a, &head);
}

int
vcard_lines_next(struct vcard_lines *l, struct arena *a,
    struct vcard_line *line_r, struct err *err)
{
	size_t colon = 0;
	bool quoted = false, have = false;
	const char *skipped;
	char *kept;
	int c;

	memset(line_r, 0, sizeof(*line_r));
	buf_clear(&l->line);
	while ((c = line_byte(&l->in)) >= 0) {
		if (c == '\n' && l->line.n == 0)
			continue; /* an empty line */
		if (c == '\n')
			break;
		line_r->cut = l->line.n >= l->keep;
		if (!line_r->cut)
			buf_putc(&l->line, (char)c);
		quoted = c == '"' ? !quoted : quoted;
		if (c == ':' && !quoted && !have && !line_r->cut) {
			have = true;
			colon = l->line.n - 1;
			line_r->from = where(&l->in);
		}
		line_r->to = where(&l->in);
		while (line_r->cut && line_span(&l->in, &skipped) > 0)
			line_r->to = where(&l->in);
	}
	if (c == -2)
		return err_sys(err, SCOPE_MSG, EX_IOERR, "reading");
	if (l->line.n == 0)
		return 0;
	kept = arena_slice(a, buf_slice(&l->line));
	line_r->raw = slice_of(kept, l->line.n);
	if (!have)
		colon = l->line.n;
	take_head(line_r, a, slice_of(kept, colon));
	if (have)
		line_r->value =
		    slice_of(kept + colon + 1, l->line.n - colon - 1);
	return 1;
}

struct slice
vcard_param(const struct vcard_line *line, const char *name)
{
	size_t i;

	for (i = 0; i < line->n_params; i++)
		if (slice_is_nocase(line->param[i].name, name))
			return line->param[i].value;
	return slice_of("", 0);
}

bool
vcard_has_type(const struct vcard_line *line, const char *type)
{
	struct slice rest, one;
	size_t i;

	for (i = 0; i < line->n_params; i++) {
		if (!slice_is_nocase(line->param[i].name, "TYPE"))
			continue;
		rest = line->param[i].value;
		while (vcard_part(&rest, ',', &one))
			if (slice_is_nocase(one, type))
				return true;
	}
	return false;
}

struct slice
vcard_untext(struct arena *a, struct slice s)
{
	char *out = arena_alloc(a, s.n + 1);
	size_t i, n = 0;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] != '\\' || i + 1 == s.n) {
			out[n++] = s.p[i];
			continue;
		}
		i++;
		out[n++] = s.p[i] == 'n' || s.p[i] == 'N' ? '\n' : s.p[i];
	}
	return slice_of(out, n);
}

bool
vcard_part(struct slice *rest, char end, struct slice *part_r)
{
	size_t n;

	if (rest->p == NULL)
		return false;
	for (n = 0; n < rest->n && rest->p[n] != end; n++)
		if (rest->p[n] == '\\' && n + 1 < rest->n)
			n++;
	*part_r = slice_of(rest->p, n);
	*rest = n < rest->n ? slice_from(*rest, n + 1) : slice_of(NULL, 0);
	return true;
}

/* ---------------------------------------------------------------- streams */

struct value {
	int fd;
	uint64_t from, to;
	size_t skip;
	bool text;
};

/* Characters of the value until 'out' has a block; 0 at its end. */
static int
fill_text(struct unfold *u, struct buf *out)
{
	int c;

	while (out->n < LIMIT_BLOCK && (c = line_byte(u)) >= 0) {
		if (c == '\\') {
			c = line_byte(u);
			if (c < 0)
				break;
			c = c == 'n' || c == 'N' ? '\n' : c;
		}
		if (c == '\n')
			buf_putc(out, '\r');
		buf_putc(out, (char)c);
	}
	return out->n > 0;
}

static int
fill_bytes(struct unfold *u, struct base64 *b, struct buf *out, bool *bad)
{
	const char *p;
	char c1;
	size_t n;
	int c = 0;

	while (out->n < LIMIT_BLOCK) {
		n = line_span(u, &p);
		if (n > 0) {
			*bad = !base64_take(b, out, p, n) || *bad;
			continue;
		}
		c = line_byte(u);
		if (c < 0)
			break;
		c1 = (char)c;
		*bad = !base64_take(b, out, &c1, 1) || *bad;
	}
	if (c < 0)
		*bad = !base64_done(b, out) || *bad;
	if (c < 0)
		b->n = 0;
	return out->n > 0;
}

static int
copy_value(void *arg, const struct item_sink *to, struct err *err)
{
	const struct value *v = arg;
	struct unfold *u = mem_alloc(1, sizeof(*u));
	struct base64 b = { 0 };
	struct buf out = { 0 };
	bool bad = false;
	int rc = 1;
	size_t i;

	u->fd = v->fd;
	u->off = v->from;
	u->end = v->to;
	for (i = 0; i < v->skip; i++)
		line_byte(u);
	while (rc == 1 &&
	    (v->text ? fill_text(u, &out) : fill_bytes(u, &b, &out, &bad))) {
		if (to->put(to->arg, out.p, out.n, err) != 0)
			rc = -1;
		buf_clear(&out);
	}
	buf_free(&out);
	free(u);
	return rc == 1 && bad ? 0 : rc;
}

static struct item_stream
value_of(struct arena *a, int fd, const struct vcard_line *line, size_t skip,
    bool text)
{
	struct value *v = arena_alloc(a, sizeof(*v));

	*v = (struct value){ .fd = fd,
		.from = line->from,
		.to = line->to,
		.skip = skip,
		.text = text };
	return (struct item_stream){ .copy = copy_value, .arg = v };
}

struct item_stream
vcard_value_bytes(struct arena *a, int fd, const struct vcard_line *line,
    size_t skip)
{
	struct item_stream s = value_of(a, fd, line, skip, false);

	/* about: folds and the prefix are in it, too */
	s.size = (line->to - line->from) * 3 / 4;
	return s;
}

struct item_stream
vcard_value_text(struct arena *a, int fd, const struct vcard_line *line)
{
	struct item_stream s = value_of(a, fd, line, 0, true);

	s.size = line->to - line->from;
	return s;
}
