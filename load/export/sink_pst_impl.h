/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What load/export/sink_pst*.c share; for them only. */
#ifndef LOAD_EXPORT_SINK_PST_IMPL_H
#define LOAD_EXPORT_SINK_PST_IMPL_H

#include "formats/pst/store.h"
#include "formats/taken.h"
#include "load/export/out_files.h"
#include "load/export/sink.h"
#include "load/export/taker.h"

/* A folder of the spool, and where it is in the current file. */
struct pst_place {
	char *path, *name, *special_use;
	const char *class; /* of the folder; a literal */
	uint32_t nid;	   /* 0: not there yet */
};

struct sink_pst {
	struct sink pub;
	struct sink_spec spec;
	uint64_t limit; /* bytes a file */
	struct out_files *out;
	struct pst_store_out *store;
	struct taker *taker;
	int spool_fd;
	struct pst_place *places;
	size_t n_places, current; /* current: takes messages */
	unsigned told_roles; /* bits: a folder of the spool has it for sure */
	uint64_t messages;   /* in the current file */
	uint64_t deleted;    /* messages marked so */
	struct arena a;	     /* of the current message */
};

/* ---- sink_pst_folders.c */
/* Which roles does the spool know of?  0 or -1. */
int pst_learn_roles(struct sink_pst *s, struct err *err);
/* Remember a folder; parents come first. */
void pst_add_place(struct sink_pst *s, const struct spool_folder *f,
    enum item_kind kind);
/* Let the folder added last take messages in the current file, made there
 * with those it lies in if need be.  0 or -1. */
int pst_enter_place(struct sink_pst *s, struct err *err);
/* A new file has none. */
void pst_forget_places(struct sink_pst *s);
void pst_free_places(struct sink_pst *s);

/* ---- sink_pst_message.c */
/*
 * An item of what was taken apart; NULL: it could not be, then of its header
 * and, as an attached file, all of its bytes.  In s->a.
 */
struct item *pst_make_item(struct sink_pst *s, const struct spool_entry *e,
    struct taken *t, const struct taken_files *raw, struct err *err);
/* Bytes that it will take in a PST, never much less. */
uint64_t pst_item_size(const struct item *it);

#endif
