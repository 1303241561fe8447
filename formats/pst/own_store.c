/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The message store object and the folders that have a role, [MS-PST] 2.4.3.
 */
#include "formats/pst/own_impl.h"

#include "core/digest.h"
#include "formats/pst/bytes.h"

#define ENTRYID_BYTES 24 /* flags, the store's key, a node's number */
#define ENTRYIDS_MAX  4096
#define KEY_MAX	      64
#define REN_JUNK      4

static uint64_t
known(struct pst_reader *r, uint32_t nid)
{
	return nid != 0 && msg_folder(&r->index, nid) != NULL ? nid : 0;
}

/* The folder that an entry id ([MS-PST] 2.4.3.2) names, if there is one. */
static uint64_t
folder_of(struct pst_reader *r, struct ltp_props *p, unsigned id)
{
	const struct ltp_value *v = ltp_prop(p, id);
	struct buf b = { 0 };
	struct err err = { 0 };
	uint32_t nid = 0;

	if (v != NULL && v->type == PtypBinary &&
	    ltp_bytes(&p->heap, v, ENTRYID_BYTES, &b, &err) >= 0 &&
	    b.n == ENTRYID_BYTES)
		nid = pst_u32(b.p + ENTRYID_BYTES - 4);
	buf_free(&b);
	return known(r, nid);
}

/* The i-th of several entry ids: count, where each begins, the ids. */
static uint64_t
folder_among(struct pst_reader *r, struct ltp_props *p, unsigned id, unsigned i)
{
	const struct ltp_value *v = ltp_prop(p, id);
	struct buf b = { 0 };
	struct err err = { 0 };
	uint32_t nid = 0, at;

	if (v != NULL && v->type == PtypMultipleBinary &&
	    ltp_bytes(&p->heap, v, ENTRYIDS_MAX, &b, &err) > 0 &&
	    b.n >= 4 * (i + 2) && pst_u32(b.p) > i) {
		at = pst_u32(b.p + 4 * (i + 1));
		if (at <= b.n && b.n - at >= ENTRYID_BYTES)
			nid = pst_u32(b.p + at + ENTRYID_BYTES - 4);
	}
	buf_free(&b);
	return known(r, nid);
}

static void
fill_store(struct pst_reader *r, struct ltp_props *p)
{
	const struct ltp_value *v = ltp_prop(p, PidTagRecordKey);
	struct buf b = { 0 };
	struct err err = { 0 };

	if (v != NULL && ltp_bytes(&p->heap, v, KEY_MAX, &b, &err) > 0)
		r->store.record_key =
		    slice_of(arena_slice(&r->keep, buf_slice(&b)), b.n);
	buf_free(&b);
	r->store.password = own_number(p, PidTagPstPassword, 0) != 0;
	r->store.ipm = folder_of(r, p, PidTagIpmSubtreeEntryId);
	r->store.trash = folder_of(r, p, PidTagIpmWastebasketEntryId);
	r->store.sent = folder_of(r, p, PidTagIpmSentMailEntryId);
	r->store.outbox = folder_of(r, p, PidTagIpmOutboxEntryId);
}

/*
 * Where new mail goes: the table of receive folders has a row for each class
 * of messages that has a folder of its own, and one for all others.
 */
static uint64_t
receive_folder(struct pst_reader *r)
{
	struct ndb_node node;
	struct arena a = { 0 };
	struct err err = { 0 };
	struct ltp_table t;
	struct ltp_value v;
	uint64_t found = 0, nid;
	struct slice class;

	if (ndb_find(r->n, NID_RECEIVE_FOLDERS, &node, &err) > 0 &&
	    ltp_table_open(&t, r->n, &node, &a, &err) == 0)
		while (ltp_table_next(&t, &err) > 0) {
			class = slice_of("", 0);
			if (ltp_cell(&t, PidTagMessageClass, &v))
				class = own_text(&a, &t.heap, &v, 0, 256, NULL);
			if (!ltp_cell(&t, PidTagReceiveFolder, &v))
				continue;
			nid = known(r, (uint32_t)ltp_number(&t.heap, &v, 0));
			if (nid == NID_ROOT_FOLDER || nid == r->store.ipm)
				continue;
			if (slice_is_nocase(class, "IPM.Note") ||
			    (found == 0 &&
				(class.n == 0 ||
				    slice_is_nocase(class, "IPM"))))
				found = nid;
		}
	arena_free(&a);
	return found;
}

/* The Inbox, or where there is none the root, knows more folders:
 * [MS-OXOSFLD] 2.2.3 and 2.2.4. */
static void
read_special(struct pst_reader *r, uint64_t nid)
{
	struct ndb_node node;
	struct arena a = { 0 };
	struct err err = { 0 };
	struct ltp_props p;

	if (nid != 0 && ndb_find(r->n, (uint32_t)nid, &node, &err) > 0 &&
	    ltp_props_open(&p, r->n, &node, &a, &err) == 0) {
		if (r->store.drafts == 0)
			r->store.drafts =
			    folder_of(r, &p, PidTagIpmDraftsEntryId);
		if (r->store.junk == 0)
			r->store.junk = folder_among(r, &p,
			    PidTagAdditionalRenEntryIds, REN_JUNK);
	}
	arena_free(&a);
}

void
own_read_store(struct pst_reader *r)
{
	uint8_t hash[DIGEST_BYTES];
	struct ndb_node node;
	struct ltp_props p;
	struct arena a = { 0 };
	struct err err = { 0 };
	int rc = 0;

	if (!r->in.no_store)
		rc = ndb_find(r->n, NID_STORE, &node, &err);
	if (rc > 0 && ltp_props_open(&p, r->n, &node, &a, &err) == 0)
		fill_store(r, &p);
	else
		ndb_note(r->n, true, (uint64_t)NID_STORE << 8 | 9,
		    "the message store object cannot be read%s%s",
		    err.text[0] == '\0' ? "" : ": ", err.text);
	arena_free(&a);
	if (!r->in.no_store) {
		r->store.inbox = receive_folder(r);
		read_special(r, r->store.inbox);
		read_special(r, r->store.root);
	}
	digest_of(r->store.record_key.p, r->store.record_key.n, hash);
	digest_hex(r->store_id, hash, 8);
}
