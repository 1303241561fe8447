/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small configuration file as a tree: YAML, of which JSON is a part.  The
 * one doorway to libyaml.  Only plain data: no tags, anchors or aliases, one
 * document, no key twice, no files read and no variables replaced.  Every
 * value is text, a list or a map and knows its line.
 *
 * Errors are SCOPE_RUN, EX_CONFIG, "FILE:LINE: what".
 */
#ifndef CORE_CONF_H
#define CORE_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/slice.h"

#define CONF_MAX_BYTES 262144
#define CONF_MAX_DEPTH 16
#define CONF_MAX_NODES 50000

enum conf_kind { CONF_TEXT, CONF_LIST, CONF_MAP };

struct conf_node {
	enum conf_kind kind;
	const char *key;		/* in a map, else NULL */
	const char *text;		/* of CONF_TEXT; UTF-8 without NUL */
	bool quoted;			/* it stood in quotes */
	size_t line;			/* from 1 */
	struct conf_node *child, *next; /* in the order of the file */
};

struct conf;

/* Parse a text; 'file' is its name in errors, borrowed until conf_free(). */
int conf_parse(struct conf **c_r, const char *file, struct slice text,
    struct err *err);
/* The same from a regular file of at most CONF_MAX_BYTES; EX_NOINPUT when it
 * is not there. */
int conf_read(struct conf **c_r, const char *file, struct err *err);
void conf_free(struct conf **c);

/* A map, always. */
const struct conf_node *conf_root(const struct conf *c);

/* Say what is wrong with a node.  Returns -1. */
int conf_error(const struct conf *c, const struct conf_node *n, struct err *err,
    const char *fmt, ...) __attribute__((format(printf, 4, 5), cold));
/* Prepend "FILE:LINE: " to what is in 'err'.  Returns -1. */
int conf_at(const struct conf *c, const struct conf_node *n, struct err *err);

#endif
