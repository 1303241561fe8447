/* SPDX-License-Identifier: GPL-3.0-or-later */
/* YAML as a tree; see conf.h. */
#include "core/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <yaml.h>

#include "core/arena.h"
#include "core/io.h"
#include "core/mem.h"

struct conf {
	const char *file;
	struct arena arena;
	struct conf_node *root;
	size_t nodes;
	yaml_parser_t parser;
};

int
conf_error(const struct conf *c, const struct conf_node *n, struct err *err,
    const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(err, SCOPE_RUN, EX_CONFIG, "%s:%zu: %s", c->file,
	    n->line, text);
}

int
conf_at(const struct conf *c, const struct conf_node *n, struct err *err)
{
	return err_within(err, "%s:%zu", c->file, n->line);
}

static int
error_at(const struct conf *c, size_t line, struct err *err, const char *what)
{
	return err_set(err, SCOPE_RUN, EX_CONFIG, "%s:%zu: %s", c->file,
	    line + 1, what);
}

/* The library's words, and what usually lies behind them. */
static int
parse_failed(struct conf *c, struct err *err)
{
	const yaml_parser_t *p = &c->parser;

	if (p->error == YAML_MEMORY_ERROR)
		mem_exhausted();
	error_at(c, p->error == YAML_READER_ERROR ? 0 : p->problem_mark.line,
	    err, p->problem == NULL ? "cannot be read" : p->problem);
	return err_hint(err,
	    "put values with one of * ? [ ] { } & ! # : or a leading \\ or @ "
	    "between single quotes; indent with spaces, not tabs");
}

static int
next_event(struct conf *c, yaml_event_t *ev, struct err *err)
{
	if (!yaml_parser_parse(&c->parser, ev))
		return parse_failed(c, err);
	return 0;
}

static struct conf_node *
new_node(struct conf *c, enum conf_kind kind, const yaml_event_t *ev,
    struct err *err)
{
	struct conf_node *n;

	if (++c->nodes > CONF_MAX_NODES) {
		error_at(c, ev->start_mark.line, err, "too many values");
		return NULL;
	}
	n = arena_alloc(&c->arena, sizeof(*n));
	n->kind = kind;
	n->line = ev->start_mark.line + 1;
	return n;
}

/* Anchors and tags do things behind a reader's back; "!seen" without quotes
 * is the usual way to meet them. */
static int
refuse_magic(struct conf *c, const yaml_event_t *ev, struct err *err)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (ev->type == YAML_SCALAR_EVENT) {
		anchor = ev->data.scalar.anchor;
		tag = ev->data.scalar.tag;
	} else if (ev->type == YAML_SEQUENCE_START_EVENT) {
		anchor = ev->data.sequence_start.anchor;
		tag = ev->data.sequence_start.tag;
	} else if (ev->type == YAML_MAPPING_START_EVENT) {
		anchor = ev->data.mapping_start.anchor;
		tag = ev->data.mapping_start.tag;
	}
	if (ev->type != YAML_ALIAS_EVENT && anchor == NULL && tag == NULL)
		return 0;
	error_at(c, ev->start_mark.line, err,
	    tag != NULL ? "a tag ('!...') is not allowed here"
			: "an alias or anchor ('*...', '&...') is not allowed "
			  "here");
	return err_hint(err,
	    "if the value begins with that character, put "
	    "it between single quotes");
}

static int
read_text(struct conf *c, struct conf_node *n, const yaml_event_t *ev,
    struct err *err)
{
	const char *p = (const char *)ev->data.scalar.value;
	size_t len = ev->data.scalar.length;

	if (memchr(p, '\0', len) != NULL)
		return error_at(c, ev->start_mark.line, err, "a NUL character");
	n->text = arena_slice(&c->arena, slice_of(p, len));
	n->quoted = ev->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	return 0;
}

static int read_node(struct conf *c, yaml_event_t *ev, size_t depth,
    struct conf_node **n_r, struct err *err);

/* The key of the next pair, from 'ev' (deleted here). */
static int
read_key(struct conf *c, yaml_event_t *ev, const struct conf_node *map,
    const char **key_r, struct err *err)
{
	const struct conf_node *twin;
	struct conf_node *n = NULL;
	size_t line = ev->start_mark.line;
	bool scalar = ev->type == YAML_SCALAR_EVENT;

	if (!scalar) {
		yaml_event_delete(ev);
		return error_at(c, line, err, "a key must be a word");
	}
	if (read_node(c, ev, 0, &n, err) < 0)
		return -1;
	for (twin = map->child; twin != NULL; twin = twin->next)
		if (strcmp(twin->key, n->text) == 0)
			return conf_error(c, n, err,
			    "'%s' is there twice (first in line %zu)", n->text,
			    twin->line);
	*key_r = n->text;
	return 0;
}

/* The children of a list or map, up to its end. */
static int
read_children(struct conf *c, struct conf_node *n, size_t depth,
    struct err *err)
{
	struct conf_node **last = &n->child;
	const char *key = NULL;
	yaml_event_t ev;

	for (;;) {
		if (next_event(c, &ev, err) < 0)
			return -1;
		if (ev.type == YAML_SEQUENCE_END_EVENT ||
		    ev.type == YAML_MAPPING_END_EVENT) {
			yaml_event_delete(&ev);
			return 0;
		}
		if (n->kind == CONF_MAP &&
		    (read_key(c, &ev, n, &key, err) < 0 ||
			next_event(c, &ev, err) < 0))
			return -1;
		if (read_node(c, &ev, depth + 1, last, err) < 0)
			return -1;
		(*last)->key = key;
		last = &(*last)->next;
	}
}

/* The value that starts with 'ev', which is deleted here. */
static int
read_node(struct conf *c, yaml_event_t *ev, size_t depth,
    struct conf_node **n_r, struct err *err)
{
	struct conf_node *n = NULL;
	int rc = refuse_magic(c, ev, err);

	if (rc == 0 && depth > CONF_MAX_DEPTH)
		rc = error_at(c, ev->start_mark.line, err, "nested too deep");
	if (rc == 0) {
		n = new_node(c,
		    ev->type == YAML_SCALAR_EVENT	       ? CONF_TEXT
			: ev->type == YAML_MAPPING_START_EVENT ? CONF_MAP
							       : CONF_LIST,
		    ev, err);
		rc = n == NULL ? -1 : 0;
	}
	if (rc == 0 && n->kind == CONF_TEXT)
		rc = read_text(c, n, ev, err);
	yaml_event_delete(ev);
	if (rc == 0 && n->kind != CONF_TEXT)
		rc = read_children(c, n, depth, err);
	*n_r = n;
	return rc;
}

/* Stream start, document start, a map, document end, stream end. */
static int
read_stream(struct conf *c, struct err *err)
{
	enum { START, DOCUMENT, END } state = START;
	yaml_event_t ev;
	size_t line;
	bool end;

	for (;;) {
		if (next_event(c, &ev, err) < 0)
			return -1;
		line = ev.start_mark.line;
		end = ev.type == YAML_STREAM_END_EVENT;
		if (ev.type == YAML_DOCUMENT_START_EVENT && state == END) {
			yaml_event_delete(&ev);
			return error_at(c, line, err,
			    "a second document ('---')");
		}
		if (ev.type == YAML_DOCUMENT_START_EVENT) {
			state = DOCUMENT;
		} else if (ev.type == YAML_DOCUMENT_END_EVENT) {
			state = END;
		} else if (state == DOCUMENT) {
			if (read_node(c, &ev, 0, &c->root, err) < 0)
				return -1;
			if (c->root->kind != CONF_MAP)
				return error_at(c, line, err,
				    "the file must be 'key: value' lines");
			continue;
		}
		yaml_event_delete(&ev);
		if (end)
			break;
	}
	return c->root != NULL ? 0 : error_at(c, 0, err, "the file is empty");
}

int
conf_parse(struct conf **c_r, const char *file, struct slice text,
    struct err *err)
{
	struct conf *c = mem_alloc(1, sizeof(*c));
	int rc;

	*c_r = NULL;
	c->file = file;
	if (!yaml_parser_initialize(&c->parser))
		mem_exhausted();
	yaml_parser_set_encoding(&c->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&c->parser,
	    (const unsigned char *)(text.n == 0 ? "" : text.p), text.n);
	rc = read_stream(c, err);
	yaml_parser_delete(&c->parser);
	if (rc < 0)
		conf_free(&c);
	*c_r = c;
	return rc;
}

/* Not a pipe or a device: what is read must be what the user can look at
 * again. */
static int
read_regular(const char *file, struct buf *text, struct err *err)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0) {
		err_sys(err, SCOPE_RUN,
		    errno == EACCES ? EX_NOPERM : EX_NOINPUT, "'%s'", file);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > CONF_MAX_BYTES) {
		close(fd);
		return err_set(err, SCOPE_RUN, EX_CONFIG,
		    "'%s' is no regular file of at most %d bytes", file,
		    CONF_MAX_BYTES);
	}
	n = io_read_full(fd, buf_room(text, CONF_MAX_BYTES), CONF_MAX_BYTES);
	close(fd);
	if (n < 0)
		return err_sys(err, SCOPE_RUN, EX_NOINPUT, "'%s'", file);
	text->n = (size_t)n;
	return 0;
}

int
conf_read(struct conf **c_r, const char *file, struct err *err)
{
	struct buf text = { 0 };
	int rc = read_regular(file, &text, err);

	*c_r = NULL;
	if (rc == 0)
		rc = conf_parse(c_r, file, buf_slice(&text), err);
	buf_free(&text);
	return rc;
}

void
conf_free(struct conf **c)
{
	if (*c == NULL)
		return;
	arena_free(&(*c)->arena);
	free(*c);
	*c = NULL;
}

const struct conf_node *
conf_root(const struct conf *c)
{
	return c->root;
}
