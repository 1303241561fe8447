/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What formats/pst/store*.c share; for them only. */
#ifndef FORMATS_PST_STORE_IMPL_H
#define FORMATS_PST_STORE_IMPL_H

#include "formats/pst/lid.h"
#include "formats/pst/out_ltp.h"
#include "formats/pst/prop.h"
#include "formats/pst/store.h"

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
	struct store_named *names;
	size_t n_names;
	uint32_t next_attach; /* numbers for attachments and embedded items */
};

/* Columns of the tables, [MS-PST] 2.4.4.4.1, .5.1, .5.2, .8.1; 2.4.5.3,
 * 2.4.6.1; each sorted. */
extern const uint32_t hierarchy_columns[], contents_columns[],
    associated_columns[], search_columns[], recipient_columns[],
    attachment_columns[];
extern const size_t n_hierarchy, n_contents, n_associated, n_search,
    n_recipient, n_attachment;

#define NID_SPAM_SEARCH ((uint32_t)0x2223)

/* ---- store.c: nodes that are properties, or a table */
int store_put_pc(struct pst_store_out *s, uint32_t nid, uint32_t parent,
    struct pst_props *p, struct err *err);
int store_put_table(struct pst_store_out *s, uint32_t nid, struct pst_table **t,
    struct err *err);
int store_put_empty_table(struct pst_store_out *s, uint32_t nid,
    const uint32_t *columns, size_t n, struct err *err);

/* ---- store_fixed.c: what every store has */
int store_put_fixed(struct pst_store_out *s, struct err *err);
/* What belongs to a search folder. */
int store_put_search(struct pst_store_out *s, uint32_t nid, struct err *err);

/* ---- store_names.c: ids of named properties, given when they are asked
 * for the first time; 0 there are no more */
unsigned store_name(struct pst_store_out *s, enum pst_set set, uint32_t number);
unsigned store_name_text(struct pst_store_out *s, const char *name);
unsigned store_name_slice(struct pst_store_out *s, struct slice name);
int store_put_names(struct pst_store_out *s, struct err *err);
void store_names_free(struct pst_store_out *s);

/* ---- store_item.c */
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

/* Every item has these times; where nobody knows them, the nearest known. */
int64_t store_created(const struct item *item);
int64_t store_modified(const struct item *item);

/* PidTagSubject with the mark that says how long its prefix is. */
void store_put_subject(struct pst_props *p, struct slice subject);
void store_mark_subject(struct buf *out, struct slice subject);

/* ---- store_kind.c: items other than mail.  Fill in what hangs from the
 * item and the item itself has not; in 'a'. */
void store_complete(struct item *it, struct arena *a);
/* What the attachment of a changed instance has besides. */
void store_put_exception(struct pst_props *p, const struct item_attach *at);
/* The properties of its class. */
int store_put_kind(struct pst_store_out *s, struct pst_props *p,
    const struct item *it, struct err *err);
/* Append a One-Off EntryID in Unicode, [MS-OXCDATA] 2.2.5.1. */
void store_one_off(struct buf *out, struct slice name, struct slice type,
    struct slice address);
void store_put_contact(struct pst_store_out *s, struct pst_props *p,
    const struct item *item);
void store_put_list(struct pst_store_out *s, struct pst_props *p,
    const struct item *item);
int store_put_event(struct pst_store_out *s, struct pst_props *p,
    const struct event *e, struct err *err);
int store_put_task(struct pst_store_out *s, struct pst_props *p,
    const struct task *t, struct err *err);
void store_put_journal(struct pst_store_out *s, struct pst_props *p,
    const struct journal *j);
void store_put_note(struct pst_store_out *s, const struct item *it,
    struct pst_props *p);

/* ---- store_stream.c */
/*
 * A stream as the value of a property: a small one in the properties
 * themselves, a large one as a subnode of 'subs', written as it comes.
 */
int store_put_stream(struct pst_out *o, struct pst_props *p, unsigned id,
    unsigned type, const struct item_stream *st, struct pst_out_subs *subs,
    uint64_t *size_r, struct err *err);

/* How many bytes a letter has whose first byte this is (UTF-8). */
size_t store_letter_size(char c);

/* ---- store_people.c */
/* What somebody is called: a name, or the address. */
struct slice store_name_of(const struct item_person *who);
/* Under which ids a person's properties are. */
void store_put_person(struct pst_props *p, const struct item_person *who,
    unsigned name, unsigned type, unsigned address, unsigned smtp, unsigned key,
    unsigned id);
int store_put_recipients(struct pst_store_out *s, const struct item *item,
    struct pst_out_subs *subs, struct err *err);
/* A table as subnode 'nid' among 'to'. */
int store_put_sub_table(struct pst_store_out *s, struct pst_table **t,
    uint32_t nid, struct pst_out_subs *to, struct err *err);

/* ---- store_rtf.c: RTF as PidTagRtfCompressed has it; 'rtf' must stay. */
int store_pack_rtf(const struct item_stream *rtf, struct item_stream *out_r,
    struct arena *a, struct err *err);

/* A number for a subnode of this type. */
uint32_t store_sub_nid(struct pst_store_out *s, unsigned type);

#endif
