/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON values (RFC 8259).  The one doorway to jansson.  Strings may hold any
 * bytes: what is not UTF-8 is repaired with U+FFFD.  A setter takes over the
 * value it is given.  Keys keep the order they were set in.
 */
#ifndef CORE_JS_H
#define CORE_JS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/buf.h"

struct js; /* a value; the caller owns it until js_set/js_push/js_free */

struct js *js_obj(void);
struct js *js_arr(void);
struct js *js_str(struct slice s);
struct js *js_int(int64_t v);
struct js *js_real(double v);
struct js *js_bool(bool v);
struct js *js_null(void);

void js_set(struct js *obj, const char *key, struct js *value);
/* s NULL: null */
void js_set_str(struct js *obj, const char *key, const char *s);
void js_set_slice(struct js *obj, const char *key, struct slice s);
void js_set_int(struct js *obj, const char *key, int64_t v);
void js_set_bool(struct js *obj, const char *key, bool v);
void js_push(struct js *arr, struct js *value);
/* Set all keys of 'from' in 'obj' as well; 'from' stays the caller's. */
void js_merge(struct js *obj, const struct js *from);

/* Parse text; NULL when it is not JSON. */
struct js *js_parse(struct slice text);
/* Borrowed looks inside; NULL / -1 / "" when absent or of another type. */
const struct js *js_get(const struct js *obj, const char *key);
const char *js_get_str(const struct js *obj, const char *key);
int64_t js_get_int(const struct js *obj, const char *key);
/* How many values an array has (0: it is none), and one of them, borrowed. */
size_t js_count(const struct js *arr);
const struct js *js_at(const struct js *arr, size_t i);

/* Compact, one line, without a final newline. */
void js_put(struct buf *out, const struct js *v);
/* Indented by two, for people.  0, or -1 when the stream failed. */
int js_print(FILE *f, const struct js *v);

void js_free(struct js **v);
/* Overwrite the strings of an object first: they were secrets. */
void js_free_secret(struct js **v);

#endif
