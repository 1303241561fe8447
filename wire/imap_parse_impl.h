/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For wire/imap_parse.c and its parts: imap_resp.c (everything that is one
 * line) and imap_items.c (FETCH, in which bodies stand).
 */
#ifndef WIRE_IMAP_PARSE_IMPL_H
#define WIRE_IMAP_PARSE_IMPL_H

#include "wire/imap_parse.h"

/* A FETCH response under way. */
struct imap_items {
	bool active;
	struct imap_fetch f;
	struct imap_body body; /* the body that comes next, or comes */
	struct buf flags, labels, section, text;
};

/* Is 'line' (its start) a response in which literals can stand? */
bool imap_resp_has_literals(struct slice line);
/* Is it "* n FETCH"?  Then *items_r is what follows the word. */
bool imap_resp_is_fetch(struct slice line, uint32_t *seq_r,
    struct slice *items_r);
/* A whole line, without its CRLF, as a response.  0, or -1 EX_PROTOCOL or
 * what the sink says. */
int imap_resp_line(const struct imap_sink *sink, struct slice line, bool more,
    struct err *err);

void imap_items_begin(struct imap_items *it, uint32_t seq);
/* If 'text' ends with a body's key ("BODY[]<0>"), how long the key is. */
size_t imap_items_body_key(struct slice text);
/* Understand whole items; 'body_follows': the last one is a body's key, its
 * literal of 'body_size' bytes comes next. */
int imap_items_read(struct imap_items *it, const struct imap_sink *sink,
    struct slice text, bool body_follows, uint64_t body_size, struct err *err);
int imap_items_end(struct imap_items *it, const struct imap_sink *sink,
    struct err *err);
void imap_items_free(struct imap_items *it);

int imap_parse_error(struct err *err, const char *what, struct slice where);

#endif
