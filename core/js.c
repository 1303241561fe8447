/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON through jansson; see js.h.  A struct js is a json_t. */
#include "core/js.h"

#include <jansson.h>

#include "core/mem.h"
#include "core/text.h"

static json_t *
j(struct js *v)
{
	return (json_t *)v;
}

static const json_t *
jc(const struct js *v)
{
	return (const json_t *)v;
}

static struct js *
made(json_t *v)
{
	if (v == NULL)
		mem_exhausted();
	return (struct js *)v;
}

struct js *
js_obj(void)
{
	return made(json_object());
}

struct js *
js_arr(void)
{
	return made(json_array());
}

struct js *
js_str(struct slice s)
{
	struct buf b = { 0 };
	struct js *v;

	text_repair(&b, s);
	v = made(json_stringn_nocheck(buf_str(&b), b.n));
	buf_free(&b);
	return v;
}

struct js *
js_int(int64_t v)
{
	return made(json_integer(v));
}

struct js *
js_real(double v)
{
	return made(json_real(v));
}

struct js *
js_bool(bool v)
{
	return made(json_boolean(v));
}

struct js *
js_null(void)
{
	return made(json_null());
}

void
js_set(struct js *obj, const char *key, struct js *value)
{
	if (json_object_set_new_nocheck(j(obj), key, j(value)) != 0)
		mem_exhausted();
}

void
js_set_str(struct js *obj, const char *key, const char *s)
{
	js_set(obj, key, s == NULL ? js_null() : js_str(slice_str(s)));
}

void
js_set_slice(struct js *obj, const char *key, struct slice s)
{
	js_set(obj, key, js_str(s));
}

void
js_set_int(struct js *obj, const char *key, int64_t v)
{
	js_set(obj, key, js_int(v));
}

void
js_set_bool(struct js *obj, const char *key, bool v)
{
	js_set(obj, key, js_bool(v));
}

void
js_push(struct js *arr, struct js *value)
{
	if (json_array_append_new(j(arr), j(value)) != 0)
		mem_exhausted();
}

void
js_merge(struct js *obj, const struct js *from)
{
	json_t *copy = json_copy((json_t *)(uintptr_t)from);

	if (copy == NULL || json_object_update(j(obj), copy) != 0)
		mem_exhausted();
	json_decref(copy);
}

struct js *
js_parse(struct slice text)
{
	return (struct js *)json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES,
	    NULL);
}

const struct js *
js_get(const struct js *obj, const char *key)
{
	return (const struct js *)json_object_get(jc(obj), key);
}

const char *
js_get_str(const struct js *obj, const char *key)
{
	const char *s = json_string_value(jc(js_get(obj, key)));

	return s == NULL ? "" : s;
}

int64_t
js_get_int(const struct js *obj, const char *key)
{
	const json_t *v = jc(js_get(obj, key));

	return json_is_integer(v) ? json_integer_value(v) : -1;
}

size_t
js_count(const struct js *arr)
{
	return json_array_size(jc(arr));
}

const struct js *
js_at(const struct js *arr, size_t i)
{
	return (const struct js *)json_array_get(jc(arr), i);
}

static int
add(const char *p, size_t n, void *arg)
{
	buf_put(arg, p, n);
	return 0;
}

void
js_put(struct buf *out, const struct js *v)
{
	if (json_dump_callback(jc(v), add, out,
		JSON_COMPACT | JSON_ENCODE_ANY) != 0)
		mem_exhausted();
}

int
js_print(FILE *f, const struct js *v)
{
	if (json_dumpf(jc(v), f, JSON_INDENT(2) | JSON_ENCODE_ANY) != 0 ||
	    fputc('\n', f) == EOF)
		return -1;
	return 0;
}

void
js_free(struct js **v)
{
	json_decref(j(*v));
	*v = NULL;
}

void
js_free_secret(struct js **v)
{
	const char *key, *p;
	json_t *value;

	json_object_foreach(j(*v), key, value)
	{
		p = json_string_value(value);
		if (p != NULL)
			explicit_bzero((void *)(uintptr_t)p,
			    json_string_length(value));
	}
	js_free(v);
}
