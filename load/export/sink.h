/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where an export puts a spool's mail: one kind a file, sink_*.c, and a row
 * in sink.c.  export.c walks the spool and calls, in this order:
 *
 *	open -> { folder -> message* -> item* }* -> finish -> close
 *
 * Folders come in path order, parents first, empty ones, too.  Nothing is
 * under its final name before finish() returned 0; close() without it takes
 * away what was begun.
 *
 * Errors: SCOPE_MSG costs the message (nothing of it was added), anything
 * wider ends the run.
 */
#ifndef LOAD_EXPORT_SINK_H
#define LOAD_EXPORT_SINK_H

#include <stdbool.h>

#include "core/report.h"
#include "formats/pst/item.h"
#include "formats/spool_items.h"

struct sink;

struct sink_spec {
	struct spool *spool;
	const char *out;
	uint64_t split; /* bytes a file, 0: the format's own limit */
	bool force;	/* replace what is there */
	struct report *report;
};

struct sink_ops {
	const char *name; /* of the format */
	int (*open)(struct sink **s_r, const struct sink_spec *spec,
	    struct err *err);
	/* 'kind': what it is for, if no mail is in it */
	int (*folder)(struct sink *s, const struct spool_folder *f,
	    enum item_kind kind, struct err *err);
	/* This message will come; at most SINK_AHEAD wait.  May be NULL. */
	void (*expect)(struct sink *s, const struct spool_entry *e);
	/* 'fd' is the message, at byte 0, and stays the caller's.  Called for
	 * each that was expected, in that order; fd < 0: its file is gone. */
	int (*message)(struct sink *s, const struct spool_entry *e, int fd,
	    struct err *err);
	/* An item that is no mail, for the current folder.  NULL: the format
	 * has no place for them. */
	int (*item)(struct sink *s, const struct spool_item *of,
	    struct item *item, struct err *err);
	int (*finish)(struct sink *s, struct err *err);
	void (*close)(struct sink *s); /* frees s itself */
};

#define SINK_AHEAD 16

/* First member of every implementation's own struct. */
struct sink {
	const struct sink_ops *ops;
};

/* The format's sink, or NULL. */
const struct sink_ops *sink_find(const char *format);
/* Names of all formats, "a, b or c". */
const char *sink_names(void);

extern const struct sink_ops sink_pst;

#endif
