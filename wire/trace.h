/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --trace-wire FILE: the dialogue, one line each, escaped, with the time and
 * the connection's number: "C1 > a1 NOOP".  Messages are told by their size
 * only, credentials as "[credentials]" (the callers hand them over as such);
 * a server line in which the secret comes back is blanked too.
 */
#ifndef WIRE_TRACE_H
#define WIRE_TRACE_H

#include "core/err.h"
#include "core/slice.h"

struct trace;

/* Append to 'path', made with mode 0600.  -1 with SCOPE_RUN. */
int trace_open(struct trace **t_r, const char *path, struct err *err);
void trace_close(struct trace **t);

/* A number for one connection's lines.  All of these accept t == NULL. */
int trace_connection(struct trace *t);
/* dir: '>' sent, '<' received, '*' remark. */
void trace_line(struct trace *t, int connection, char dir, struct slice s);
void trace_fmt(struct trace *t, int connection, char dir, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
