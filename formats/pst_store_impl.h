/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What formats/pst_store*.c share; for them only. */
#ifndef FORMATS_PST_STORE_IMPL_H
#define FORMATS_PST_STORE_IMPL_H

#include "formats/pst_out_ltp.h"
#include "formats/pst_prop.h"
#include "formats/pst_store.h"

/* A folder until the store is closed. */
struct folder_out {
	uint32_t nid, parent;
	char *name, *class;
	uint32_t messages, unread;
	bool has_folders;
	uint64_t table, table_sub; /* its contents table, once written */
};

struct pst_store_out {
	struct pst_out *out;
	uint8_t key[16];
	char *name;
	uint32_t roles[PST_STORE_ROLES]; /* folders; 0: none */
	uint64_t messages;
	struct folder_out *v;
	size_t n;
	struct folder_out *at;	 /* the one that takes messages */
	struct pst_table *table; /* its contents table */
	uint32_t next_folder, next_message;
	uint32_t next_attach; /* numbers for attachments and embedded items */
};

/* Columns of the tables, [MS-PST] 2.4.4.4.1, .5.1, .5.2, .8.1; 2.4.5.3,
 * 2.4.6.1; each sorted. */
extern const uint32_t hierarchy_columns[], contents_columns[],
    associated_columns[], search_columns[], recipient_columns[],
    attachment_columns[];
extern const size_t n_hierarchy, n_contents, n_associated, n_search,
    n_recipient, n_attachment;

/* ---- pst_store_item.c */
/* What is told of a message in its folder's contents table. */
struct item_summary {
	struct slice to, cc; /* names, "; " between */
	uint32_t size;
	int32_t flags;
};
/* Write an item as node data and subnodes. */
int store_put_item(struct pst_store_out *s, struct item *item, int depth,
    uint64_t *data_r, uint64_t *sub_r, struct item_summary *sum,
    struct arena *a, struct err *err);

/* PidTagSubject with the mark that says how long its prefix is. */
void store_put_subject(struct pst_props *p, struct slice subject);

/* A number for a subnode of this type. */
uint32_t store_sub_nid(struct pst_store_out *s, unsigned type);

#endif
