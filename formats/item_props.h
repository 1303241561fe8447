/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All properties of an item as its store has them ([MS-OXCDATA] 2.11), for
 * items of which nobody knows what they are.
 */
#ifndef FORMATS_ITEM_PROPS_H
#define FORMATS_ITEM_PROPS_H

#include "core/arena.h"
#include "formats/pst/item.h"

enum item_prop_form {
	PROP_NONE,   /* an object, or a type that nobody knows */
	PROP_INT,    /* number */
	PROP_REAL,   /* real */
	PROP_BOOL,   /* number */
	PROP_TIME,   /* number: seconds since 1970 UTC, maybe negative; no
		     * date: DATE_UNKNOWN */
	PROP_TEXT,   /* text, or where it is long: stream, UTF-8 */
	PROP_BYTES,  /* stream */
	PROP_TEXTS,  /* many, n_many: UTF-8 */
	PROP_BYTESES /* many, n_many */
};

struct item_prop {
	unsigned id, type;
	bool named; /* the id is this store's own, the name counts */
	bool by_string;
	uint32_t number;     /* of its name, or */
	struct slice string; /* its name, UTF-8 */
	uint8_t set[16];     /* whose name it is: a GUID as stored */
	enum item_prop_form form;
	int64_t value;
	double real;
	struct slice text;
	struct item_stream stream;
	struct slice *many;
	size_t n_many;
};

struct item_props {
	size_t n;
	/* The i-th; what it points to lives in 'a', as long as the item. */
	void (
	    *get)(void *arg, size_t i, struct arena *a, struct item_prop *p_r);
	void *arg;
};

#endif
