/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store, its folders and its fixed nodes; see store.h. */
#include "formats/pst/store.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "formats/pst/bytes.h"
#include "formats/pst/ndb.h"
#include "formats/pst/store_impl.h"

#define FIRST_FOLDER	0x404 /* index of the first folder of our own */
#define FIRST_MESSAGE	0x10001
#define NID_SEARCH_ROOT 0x8042
#define ENTRY_ID	24 /* bytes of an entry id */
#define REN_JUNK	4  /* Junk's place among several */

uint32_t
store_sub_nid(struct pst_store_out *s, unsigned type)
{
	return s->next_attach++ << 5 | type;
}

static struct folder_out *
find_folder(struct pst_store_out *s, uint32_t nid)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->v[i].nid == nid)
			return &s->v[i];
	return NULL;
}

static struct folder_out *
add_folder(struct pst_store_out *s, uint32_t nid, uint32_t parent,
    struct slice name, const char *class)
{
	struct folder_out *f;

	if (find_folder(s, parent) != NULL)
		find_folder(s, parent)->has_folders = true;
	if ((s->n & 31) == 0)
		s->v = mem_grow(s->v, s->n + 32, sizeof(*s->v));
	f = &s->v[s->n++];
	*f = (struct folder_out){ .nid = nid,
		.parent = parent,
		.name = mem_strn(name.p, name.n),
		.class = mem_str(class) };
	return f;
}

int
pst_store_open(struct pst_store_out **s_r, int fd,
    const struct pst_store_options *o, struct err *err)
{
	struct pst_store_out *s = mem_alloc(1, sizeof(*s));
	enum pst_crypt crypt = o->plain ? PST_CRYPT_NONE
	    : o->high			? PST_CRYPT_CYCLIC
					: PST_CRYPT_PERMUTE;

	memcpy(s->key, o->key, sizeof(s->key));
	s->name = mem_strn(o->name.p, o->name.n);
	s->next_folder = FIRST_FOLDER;
	s->next_message = FIRST_MESSAGE;
	s->next_attach = 0x8000;
	*s_r = s;
	if (pst_out_open(&s->out, fd, crypt, err) < 0) {
		pst_store_abandon(s_r);
		return -1;
	}
	add_folder(s, NID_ROOT_FOLDER, NID_ROOT_FOLDER, slice_str(""), NULL);
	/* rows of the hierarchy tables come in order of these */
	add_folder(s, NID_SPAM_SEARCH, NID_ROOT_FOLDER,
	    slice_str("SPAM Search Folder 2"), NULL);
	add_folder(s, PST_STORE_TOP, NID_ROOT_FOLDER,
	    slice_str("Top of Outlook data file"), NULL);
	add_folder(s, NID_SEARCH_ROOT, NID_ROOT_FOLDER,
	    slice_str("Search Root"), NULL);
	add_folder(s, PST_STORE_TRASH, PST_STORE_TOP,
	    slice_str("Deleted Items"), "IPF.Note");
	return 0;
}

void
pst_store_abandon(struct pst_store_out **sp)
{
	struct pst_store_out *s = *sp;
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->n; i++) {
		free(s->v[i].name);
		free(s->v[i].class);
	}
	free(s->v);
	store_names_free(s);
	table_free(&s->table);
	pst_out_abandon(&s->out);
	free(s->name);
	free(s);
	*sp = NULL;
}

/* Nodes of a folder share its index: 2.2.2.1. */
static uint32_t
related(uint32_t nid, unsigned type)
{
	return (nid & ~(uint32_t)0x1f) | type;
}

/* The contents table of the folder that took messages is complete. */
static int
leave_folder(struct pst_store_out *s, struct err *err)
{
	struct pst_out_subs subs = { 0 };

	if (s->at == NULL)
		return 0;
	if (table_write(s->out, &s->table, &subs, &s->at->table, err) < 0 ||
	    pst_out_subs_end(s->out, &subs, &s->at->table_sub, err) < 0) {
		pst_out_subs_drop(&subs);
		return -1;
	}
	s->at = NULL;
	return 0;
}

int
pst_store_enter(struct pst_store_out *s, uint32_t folder, struct err *err)
{
	struct folder_out *f;

	if (leave_folder(s, err) < 0)
		return -1;
	f = find_folder(s, folder);
	if (f == NULL || f->table != 0)
		return err_set(err, SCOPE_RUN, EX_SOFTWARE,
		    "PST folder %x cannot take messages now", folder);
	if (table_open(&s->table, contents_columns, n_contents, err) < 0)
		return -1;
	s->at = f;
	return 0;
}

uint32_t
pst_store_folder(struct pst_store_out *s, uint32_t parent, struct slice name,
    const char *class, struct err *err)
{
	uint32_t nid;

	if (leave_folder(s, err) < 0)
		return 0;
	if (find_folder(s, parent) == NULL || s->next_folder > 0xffff) {
		err_set(err, SCOPE_FOLDER, EX_DATAERR,
		    s->next_folder > 0xffff
			? "more folders than a PST is written with"
			: "a folder's parent must come before it");
		return 0;
	}
	nid = s->next_folder++ << 5 | NID_TYPE_FOLDER;
	add_folder(s, nid, parent, name, class == NULL ? "IPF.Note" : class);
	return pst_store_enter(s, nid, err) < 0 ? 0 : nid;
}

void
pst_store_role(struct pst_store_out *s, enum pst_store_role role,
    uint32_t folder)
{
	s->roles[role] = folder;
}

int
pst_store_trash(struct pst_store_out *s, uint32_t parent, struct slice name,
    struct err *err)
{
	struct folder_out *f = find_folder(s, PST_STORE_TRASH), *up;

	up = find_folder(s, parent);
	if (up == NULL)
		return err_set(err, SCOPE_FOLDER, EX_DATAERR,
		    "a folder's parent must come before it");
	free(f->name);
	f->name = mem_strn(name.p, name.n);
	f->parent = parent;
	up->has_folders = true;
	return pst_store_enter(s, PST_STORE_TRASH, err);
}

/* At close come the trees (an entry of 24 bytes a block of some 8 KiB, one of
 * 32 a message, with pages half as much again) and the folder's table. */
uint64_t
pst_store_size(const struct pst_store_out *s)
{
	uint64_t size = pst_out_size(s->out);

	return size + size / 200 + s->messages * 64 +
	    (s->table == NULL ? 0 : table_rows(s->table) * 1024) +
	    (uint64_t)s->n * 4096 + ((uint64_t)1 << 20);
}

static int
text_if(struct pst_table *t, unsigned id, struct slice s, struct err *err)
{
	return s.n == 0 ? 0 : table_text(t, id, s, err);
}

/* A row of the contents table: what lists show, as the message has it. */
static int
tell_folder(struct pst_store_out *s, uint32_t nid, const struct item *item,
    const struct item_summary *sum, struct err *err)
{
	struct pst_table *t = s->table;
	struct slice from =
	    item->from.name.n > 0 ? item->from.name : item->from.smtp;
	struct buf subject = { 0 };
	int rc = -1;

	store_mark_subject(&subject, item->subject);
	table_row(t, nid);
	table_int(t, PidTagImportance, item->importance);
	table_int(t, PidTagSensitivity, item->sensitivity);
	table_time(t, PidTagClientSubmitTime, item->submitted);
	table_time(t, PidTagMessageDeliveryTime, item->delivered);
	table_time(t, PidTagLastModificationTime, store_modified(item));
	table_int(t, PidTagMessageFlags, sum->flags);
	table_int(t, 0x0e08, (int32_t)sum->size); /* PidTagMessageSize */
	table_int(t, 0x0e17, 0);		  /* PidTagMessageStatus */
	table_bool(t, 0x0057, false);		  /* PidTagMessageToMe */
	table_bool(t, 0x0058, false);		  /* PidTagMessageCcMe */
	if (table_text(t, PidTagMessageClass, item->class, err) == 0 &&
	    table_text(t, PidTagSubject, buf_slice(&subject), err) == 0 &&
	    text_if(t, PidTagSentRepresentingName, from, err) == 0 &&
	    text_if(t, PidTagConversationTopic, item->topic, err) == 0 &&
	    table_text(t, PidTagDisplayTo, sum->to, err) == 0 &&
	    table_text(t, PidTagDisplayCc, sum->cc, err) == 0)
		rc = table_row_end(t, err);
	buf_free(&subject);
	return rc;
}

int
pst_store_message(struct pst_store_out *s, struct item *given, uint32_t *nid_r,
    struct err *err)
{
	struct item whole = *given, *item = &whole;
	struct item_summary sum = { .size = 0 };
	struct arena arena = { 0 };
	struct err trouble = { 0 };
	uint64_t data, sub, mark = pst_out_mark(s->out);
	uint32_t nid;
	int rc = -1;

	if (s->at == NULL)
		return err_set(err, SCOPE_RUN, EX_SOFTWARE,
		    "a PST message without a folder");
	store_complete(item, &arena);
	if (store_put_item(s, item, 0, &data, &sub, &sum, &arena, err) == 0) {
		nid = s->next_message++ << 5 | NID_TYPE_MESSAGE;
		rc = pst_out_node(s->out, nid, data, sub, s->at->nid, err);
		if (rc == 0)
			rc = tell_folder(s, nid, item, &sum, err);
		if (rc == 0) {
			s->at->messages++;
			s->messages++;
			s->at->unread += (item->flags & ITEM_READ) == 0;
			*nid_r = nid;
		}
	} else if (pst_out_disown(s->out, mark, &trouble) < 0) {
		*err = trouble;
	}
	arena_free(&arena);
	return rc;
}

/* ------------------------------------------------------- closing the store */

int
store_put_pc(struct pst_store_out *s, uint32_t nid, uint32_t parent,
    struct pst_props *p, struct err *err)
{
	struct pst_out_subs subs = { 0 };
	uint64_t data, sub;
	int rc = -1;

	if (props_write(s->out, p, &subs, &data, err) == 0 &&
	    pst_out_subs_end(s->out, &subs, &sub, err) == 0)
		rc = pst_out_node(s->out, nid, data, sub, parent, err);
	pst_out_subs_drop(&subs);
	return rc;
}

int
store_put_table(struct pst_store_out *s, uint32_t nid, struct pst_table **t,
    struct err *err)
{
	struct pst_out_subs subs = { 0 };
	uint64_t data, sub;
	int rc = -1;

	if (table_write(s->out, t, &subs, &data, err) == 0 &&
	    pst_out_subs_end(s->out, &subs, &sub, err) == 0)
		rc = pst_out_node(s->out, nid, data, sub, 0, err);
	pst_out_subs_drop(&subs);
	return rc;
}

int
store_put_empty_table(struct pst_store_out *s, uint32_t nid,
    const uint32_t *columns, size_t n, struct err *err)
{
	struct pst_table *t;

	if (table_open(&t, columns, n, err) < 0)
		return -1;
	return store_put_table(s, nid, &t, err);
}

static int
put_hierarchy(struct pst_store_out *s, const struct folder_out *f,
    struct err *err)
{
	struct pst_table *t;
	size_t i;

	if (table_open(&t, hierarchy_columns, n_hierarchy, err) < 0)
		return -1;
	for (i = 0; i < s->n; i++) {
		const struct folder_out *c = &s->v[i];

		if (c->parent != f->nid || c->nid == f->nid)
			continue;
		table_row(t, c->nid);
		table_int(t, PidTagContentCount, (int32_t)c->messages);
		table_int(t, 0x3603, (int32_t)c->unread);
		table_bool(t, 0x360a, c->has_folders);
		if (table_text(t, PidTagDisplayName, slice_str(c->name), err) <
			0 ||
		    (c->class != NULL &&
			table_text(t, PidTagContainerClass, slice_str(c->class),
			    err) < 0) ||
		    table_row_end(t, err) < 0) {
			table_free(&t);
			return -1;
		}
	}
	return store_put_table(s, related(f->nid, NID_TYPE_HIERARCHY), &t, err);
}

/* An entry id of this store, 2.4.3.2. */
static void
entry_id(const struct pst_store_out *s, uint8_t b[ENTRY_ID], uint32_t nid)
{
	memset(b, 0, ENTRY_ID);
	memcpy(b + 4, s->key, 16);
	pst_put32(b + 20, nid);
}

static void
props_entry_id(struct pst_store_out *s, struct pst_props *p, unsigned id,
    uint32_t nid)
{
	uint8_t b[ENTRY_ID];

	if (nid == 0)
		return;
	entry_id(s, b, nid);
	props_binary(p, id, slice_of(b, sizeof(b)));
}

/* The Inbox and the root name more folders, [MS-OXOSFLD] 2.2.3, 2.2.4: Junk
 * is the last of five, of which the others are for synchronization. */
static void
put_special(struct pst_store_out *s, struct pst_props *p)
{
	uint8_t junk[ENTRY_ID];
	struct slice ids[REN_JUNK + 1] = { 0 };

	props_entry_id(s, p, PidTagIpmDraftsEntryId,
	    s->roles[PST_STORE_DRAFTS]);
	if (s->roles[PST_STORE_JUNK] == 0)
		return;
	entry_id(s, junk, s->roles[PST_STORE_JUNK]);
	ids[REN_JUNK] = slice_of(junk, sizeof(junk));
	props_binaries(p, PidTagAdditionalRenEntryIds, ids, REN_JUNK + 1);
}

static int
put_folder(struct pst_store_out *s, const struct folder_out *f,
    struct pst_props *p, struct err *err)
{
	props_reset(p);
	props_text(p, PidTagDisplayName, slice_str(f->name));
	props_int(p, PidTagContentCount, (int32_t)f->messages);
	props_int(p, 0x3603, (int32_t)f->unread); /* ContentUnreadCount */
	props_bool(p, 0x360a, f->has_folders);	  /* Subfolders */
	if (f->class != NULL)
		props_text(p, PidTagContainerClass, slice_str(f->class));
	if (f->nid == NID_ROOT_FOLDER || f->nid == s->roles[PST_STORE_INBOX])
		put_special(s, p);
	if (store_put_pc(s, f->nid, f->parent, p, err) < 0)
		return -1;
	if (ndb_type(f->nid) == NID_TYPE_SEARCH)
		return store_put_search(s, f->nid, err);
	if (put_hierarchy(s, f, err) < 0 ||
	    store_put_empty_table(s, related(f->nid, NID_TYPE_FAI),
		associated_columns, n_associated, err) < 0)
		return -1;
	if (f->table == 0)
		return store_put_empty_table(s,
		    related(f->nid, NID_TYPE_CONTENTS), contents_columns,
		    n_contents, err);
	return pst_out_node(s->out, related(f->nid, NID_TYPE_CONTENTS),
	    f->table, f->table_sub, 0, err);
}

static int
put_store(struct pst_store_out *s, struct pst_props *p, struct err *err)
{
	props_reset(p);
	props_binary(p, PidTagRecordKey, slice_of(s->key, 16));
	props_text(p, PidTagDisplayName, slice_str(s->name));
	props_entry_id(s, p, PidTagIpmSubtreeEntryId, PST_STORE_TOP);
	props_entry_id(s, p, PidTagIpmWastebasketEntryId, PST_STORE_TRASH);
	props_entry_id(s, p, PidTagIpmSentMailEntryId,
	    s->roles[PST_STORE_SENT]);
	props_entry_id(s, p, 0x35e7, NID_SEARCH_ROOT); /* FinderEntryId */
	/* ValidFolderMask: subtree, Deleted Items, search root; Sent */
	props_int(p, 0x35df, s->roles[PST_STORE_SENT] != 0 ? 0x99 : 0x89);
	props_int(p, 0x0e38, 0); /* PidTagReplFlags */
	props_int(p, PidTagPstPassword, 0);
	return store_put_pc(s, NID_STORE, 0, p, err);
}

int
pst_store_close(struct pst_store_out **sp, struct err *err)
{
	struct pst_store_out *s = *sp;
	struct pst_props p = { 0 };
	size_t i;
	int rc = leave_folder(s, err);

	if (rc == 0)
		rc = put_store(s, &p, err);
	if (rc == 0)
		rc = store_put_names(s, err);
	for (i = 0; rc == 0 && i < s->n; i++)
		rc = put_folder(s, &s->v[i], &p, err);
	if (rc == 0)
		rc = store_put_fixed(s, err);
	if (rc == 0)
		rc = pst_out_close(&s->out, err);
	props_free(&p);
	pst_store_abandon(sp);
	return rc;
}
