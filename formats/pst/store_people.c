/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who sent an item and who got it, [MS-PST] 2.4.5.3; see store_impl.h. */
#include <stdlib.h>

#include "formats/pst/store_impl.h"

/* "SMTP:JANE@EXAMPLE.ORG": what Outlook compares people by. */
static void
search_key(struct buf *out, struct slice address)
{
	size_t i;

	buf_clear(out);
	buf_puts(out, "SMTP:");
	for (i = 0; i < address.n; i++)
		buf_putc(out,
		    address.p[i] >= 'a' && address.p[i] <= 'z'
			? (char)(address.p[i] - 32)
			: address.p[i]);
	buf_putc(out, '\0');
}

/* Whom Outlook answers to: a person by an entry id of its own. */
static void
entry_id(struct buf *out, struct slice name, struct slice smtp)
{
	buf_clear(out);
	store_one_off(out, name, slice_str("SMTP"), smtp);
}

struct slice
store_name_of(const struct item_person *who)
{
	return who->name.n > 0 ? who->name : who->smtp;
}

void
store_put_person(struct pst_props *p, const struct item_person *who,
    unsigned name, unsigned type, unsigned address, unsigned smtp, unsigned key,
    unsigned id)
{
	bool x500 = who->smtp.n == 0 && who->x500.n > 0;
	struct buf b = { 0 };

	if (store_name_of(who).n == 0 && !x500)
		return;
	props_text(p, name, store_name_of(who));
	props_text(p, type, slice_str(x500 ? "EX" : "SMTP"));
	props_text(p, address, x500 ? who->x500 : who->smtp);
	if (!x500) {
		if (who->smtp.n > 0)
			props_text(p, smtp, who->smtp);
		search_key(&b, who->smtp);
		props_binary(p, key, buf_slice(&b));
		entry_id(&b, store_name_of(who), who->smtp);
		props_binary(p, id, buf_slice(&b));
		buf_free(&b);
	}
}

/* Who it is, for what is no text. */
static int
put_recipient_keys(struct pst_table *t, const struct item_person *who,
    struct err *err)
{
	struct buf b = { 0 };
	int rc;

	/* tables hold no more in a cell; nobody's name is that long */
	entry_id(&b, store_name_of(who), who->smtp);
	if (b.n > PST_VALUE_MAX) {
		buf_free(&b);
		return 0;
	}
	rc = table_binary(t, PidTagEntryId, buf_slice(&b), err);
	if (rc == 0)
		rc = table_binary(t, PidTagRecordKey, buf_slice(&b), err);
	search_key(&b, who->smtp);
	if (rc == 0)
		rc = table_binary(t, PidTagSearchKey, buf_slice(&b), err);
	buf_free(&b);
	return rc;
}

static int
put_recipient(struct pst_table *t, uint32_t row, const struct item_recipient *r,
    struct err *err)
{
	bool x500 = r->who.smtp.n == 0 && r->who.x500.n > 0;
	struct slice address = x500 ? r->who.x500 : r->who.smtp;

	table_row(t, row);
	table_int(t, PidTagRecipientType, (int32_t)r->type);
	table_bool(t, 0x0e0f, true); /* Responsibility */
	table_int(t, 0x0ffe, 6);     /* ObjectType: a mail user */
	table_int(t, 0x3900, 0);     /* DisplayType */
	table_bool(t, 0x3a40, false);
	table_int(t, PidTagRecipientFlags, r->organizer ? 3 : 1);
	if (r->answer != 0)
		table_int(t, PidTagRecipientTrackStatus, r->answer);
	if (r->answered != 0)
		table_time(t, PidTagRecipientTrackStatusTime, r->answered);
	if (table_text(t, PidTagDisplayName, store_name_of(&r->who), err) < 0 ||
	    table_text(t, 0x39ff, store_name_of(&r->who), err) < 0 ||
	    table_text(t, PidTagAddressType, slice_str(x500 ? "EX" : "SMTP"),
		err) < 0 ||
	    table_text(t, PidTagEmailAddress, address, err) < 0 ||
	    table_text(t, PidTagSmtpAddress, r->who.smtp, err) < 0 ||
	    (!x500 && put_recipient_keys(t, &r->who, err) < 0))
		return -1;
	return table_row_end(t, err);
}

int
store_put_sub_table(struct pst_store_out *s, struct pst_table **t, uint32_t nid,
    struct pst_out_subs *to, struct err *err)
{
	struct pst_out_subs subs = { 0 };
	uint64_t data, sub;
	int rc = -1;

	if (table_write(s->out, t, &subs, &data, err) == 0 &&
	    pst_out_subs_end(s->out, &subs, &sub, err) == 0) {
		pst_out_subs_add(to, nid, data, sub);
		rc = 0;
	}
	pst_out_subs_drop(&subs);
	return rc;
}

int
store_put_recipients(struct pst_store_out *s, const struct item *item,
    struct pst_out_subs *subs, struct err *err)
{
	struct pst_table *t;
	size_t i;

	if (table_open(&t, recipient_columns, n_recipient, err) < 0)
		return -1;
	for (i = 0; i < item->n_recipients; i++) {
		if (put_recipient(t, (uint32_t)i, &item->recipients[i], err) <
		    0) {
			table_free(&t);
			return -1;
		}
	}
	return store_put_sub_table(s, &t, NID_RECIPIENT_TABLE, subs, err);
}
