/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For formats/pst/own*.c only: our own reader of PST files. */
#ifndef FORMATS_PST_OWN_IMPL_H
#define FORMATS_PST_OWN_IMPL_H

#include "formats/pst/carve.h"
#include "formats/pst/lid.h"
#include "formats/pst/msg.h"
#include "formats/pst/names.h"
#include "formats/pst/prop.h"
#include "formats/pst/reader.h"

#define OWN_DEPTH 24 /* items within items */

struct own_lids; /* own_names.c */

struct pst_reader {
	struct pst_open in;
	struct own_lids *lids; /* NULL: names are left out */
	struct ndb *n;
	struct msg_index index;
	struct pst_store store;
	char store_id[17];   /* of the record key, for uids */
	unsigned categories; /* property id of Keywords, or 0 */
	struct arena keep, folder;
	/* the walk */
	size_t at;	    /* the next folder, in the index's order */
	uint32_t in_folder; /* 0: those whose folder is gone */
	size_t message, message_end;
	struct buf listed; /* messages only the contents table names */
	size_t listed_at;
	bool unlisted;	    /* the folder's table was not looked at yet */
	struct buf adopted; /* orphans that came out that way */
	bool orphans;
	bool in_exception;   /* of a series: items that have no more of them */
	struct carve *carve; /* NULL: not asked for */
	size_t carve_at;
};

/* How the bytes of a body become text. */
enum own_form {
	OWN_BYTES,
	OWN_UTF16,
	OWN_RTF,
	OWN_RTF_HTML, /* the HTML that is wrapped into it */
	OWN_RTF_RICH, /* HTML made of it */
	OWN_RTF_TEXT
};

struct own_item;

struct own_body {
	struct own_item *of;
	const struct ltp_value *v;
	enum own_form form;
};

struct own_attach {
	struct own_item *of;
	size_t at;
	struct ltp_heap heap; /* the attachment's properties */
	struct ltp_value data;
	int64_t replaces; /* of an exception: UTC, which instance */
	int64_t start;	  /* and wall, where it is now */
};

/* 'pub' first: what the world sees is the whole. */
struct own_item {
	struct item pub;
	struct pst_reader *r;
	struct arena a;
	struct ltp_props props;
	unsigned codepage; /* of its 8-bit text; 0: nobody knows */
	unsigned depth;
	size_t names; /* bytes of its recipients' and attachments' texts */
	struct own_body plain, html, rtf;
	struct own_attach *attach;
};

/* ---- own_text.c: values as text and numbers */

/* At most 'max' bytes of it as UTF-8, in 'a'.  *exact_r (may be NULL): nothing
 * was guessed. */
struct slice own_text(struct arena *a, struct ltp_heap *h,
    const struct ltp_value *v, unsigned cp, size_t max, bool *exact_r);
/* Bytes of a string as UTF-8, in 'a'; 'wide': UTF-16. */
struct slice own_decode(struct arena *a, struct slice raw, bool wide,
    unsigned cp, bool *exact_r);
/* A property's text, or an empty slice. */
struct slice own_prop(struct arena *a, struct ltp_props *p, unsigned id,
    unsigned cp);
int64_t own_number(struct ltp_props *p, unsigned id, int64_t none);
int64_t own_time(struct ltp_props *p, unsigned id);
int64_t own_time_value(struct ltp_heap *h, const struct ltp_value *v);
/* A subject without the mark of how long its prefix is. */
struct slice own_subject(struct slice s);

/* ---- own_names.c: named properties, while the reader is open */
struct own_lids *own_lids_new(struct ndb *n);
void own_lids_free(struct own_lids **l);
const struct pst_names *own_names(const struct pst_reader *r);
/* The id of a property in a set; 0 if this store has none.  Cheap. */
unsigned own_lid(struct pst_reader *r, enum pst_set set, uint32_t number);
struct slice own_named_text(struct own_item *oi, enum pst_set set,
    uint32_t number);
int64_t own_named_number(struct own_item *oi, enum pst_set set, uint32_t number,
    int64_t none);
int64_t own_named_time(struct own_item *oi, enum pst_set set, uint32_t number);
/* A binary property of at most 'max' bytes, in the item's arena; id 0 or none:
 * empty. */
struct slice own_bytes(struct own_item *oi, unsigned id, size_t max);
/* The values, at most 'max', of a property with many strings or binaries,
 * [MS-PST] 2.3.3.4.2; in the item's arena. */
#define OWN_MANY_MAX (1u << 20) /* bytes of them all */
size_t own_many(struct own_item *oi, unsigned id, size_t max,
    struct slice **v_r);

/* ---- own.c: did a folder's table bring this orphan already? */
bool own_is_adopted(const struct pst_reader *r, uint32_t nid);

/* The folder's contents table, when its turn has come: not before the caller
 * has said which folder it is at. */
void own_list_folder(struct pst_reader *r);

/* ---- own_rows.c */
void own_rows(struct pst_reader *r, struct pst_rows *to);

/* ---- own_store.c: who the store is, and its folders with a role */
void own_read_store(struct pst_reader *r);

/* ---- own_item.c, own_body.c */
int own_item_open(struct pst_reader *r, const struct ndb_node *node,
    unsigned depth, struct item **item_r, struct err *err);
void own_fill_bodies(struct own_item *oi);
/* A value as a stream; 'b' must live as long. */
struct item_stream own_stream(struct own_item *oi, struct own_body *b,
    const struct ltp_value *v, enum own_form form);

/* ---- own_parts.c: recipients and attachments */
void own_fill_recipients(struct own_item *oi);
void own_fill_attachments(struct own_item *oi);

/* ---- own_people.c */
void own_fill_people(struct own_item *oi);
bool own_is_smtp(struct slice s);
/* These two fill in what 'who' lacks: of a search key ("TYPE:ADDRESS" in upper
 * case, a NUL at its end), or of an entry id. */
void own_put_search_key(struct own_item *oi, struct item_person *who,
    struct ltp_heap *h, const struct ltp_value *v);
void own_put_entry_id(struct own_item *oi, struct item_person *who,
    struct slice id);

/* ---- own_contact.c, own_list.c: of items of that class */
void own_fill_contact(struct own_item *oi);
void own_fill_list(struct own_item *oi);
/* Whom an entry id means: a one-off's or an address book's. */
void own_entry_person(struct own_item *oi, struct slice id,
    struct item_person *who_r);
/* ---- own_props.c */
void own_fill_props(struct own_item *oi);

/* ---- own_event.c, own_task.c: the same; meetings are events, too */
void own_fill_event(struct own_item *oi);
void own_fill_task(struct own_item *oi);
void own_fill_journal(struct own_item *oi);
/* What all three have besides what every item has. */
struct event_about;
void own_fill_about(struct own_item *oi, struct event_about *about);
/* The item's uid, and of what it is, if that has none of its own; 'uid' lives
 * in its arena. */
void own_set_uid(struct own_item *oi, const char *uid);
/* A named time as it is, before 1970, too. */
int64_t own_moment(struct own_item *oi, enum pst_set set, uint32_t number);
/* Is the class of that name, or one below it? */
bool own_is_class(const struct own_item *oi, const char *name);

#endif
