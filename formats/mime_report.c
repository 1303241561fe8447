/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Delivery and read reports: a PST keeps them as properties (REPORT.*), mail
 * as message/delivery-status (RFC 3464) or message/disposition-notification
 * (RFC 8098).
 */
#include "formats/mime_impl.h"

#include "core/text.h"

#define NAME_MAX_BYTES 100 /* of who it was: a line has 998 at most */

/* What the last words of a report's class say, [MS-OXCMAIL] 2.2.3.7 and
 * [MS-OXOMSG] 2.2.2.1; the longer ones first. */
static const struct {
	const char *ending;
	const char *type;
	const char *what; /* Action, or the disposition */
	const char *status;
} kinds[] = {
	{ ".NDR", "message/delivery-status", "failed", "5.0.0" },
	{ ".Delayed.DR", "message/delivery-status", "delayed", "4.0.0" },
	{ ".DELAYED", "message/delivery-status", "delayed", "4.0.0" },
	{ ".Expanded.DR", "message/delivery-status", "expanded", "2.0.0" },
	{ ".Relayed.DR", "message/delivery-status", "relayed", "2.0.0" },
	{ ".DR", "message/delivery-status", "delivered", "2.0.0" },
	{ ".IPNRN", "message/disposition-notification", "displayed", NULL },
	{ ".IPNNRN", "message/disposition-notification", "deleted", NULL },
};

static int kind_of(struct slice class)
{
	size_t i, n;

	if (class.n < 7 || !slice_is_nocase(slice_of(class.p, 7), "REPORT."))
		return -1;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		n = strlen(kinds[i].ending);
		if (class.n > n &&
		    slice_is_nocase(slice_from(class, class.n - n),
			kinds[i].ending))
			return (int)i;
	}
	return -1;
}

/* ASCII or nothing: these fields know no encoded words. */
static void
put_line(struct buf *b, const char *name, struct slice value)
{
	if (value.n > 0 && value.n < 900 && mime_is_ascii(value))
		buf_putf(b, "%s%.*s\r\n", name, (int)value.n, value.p);
}

/* Letters beyond ASCII as RFC 6533 3 has them: \x{FC}. */
static void
put_letters(struct buf *b, struct slice s)
{
	uint32_t cp;
	size_t len;

	for (; s.n > 0; s = slice_from(s, len)) {
		len = text_utf8(s.p, s.n, &cp);
		if (len == 0)
			len = 1;
		else if (cp >= 0x80 || cp == '\\')
			buf_putf(b, "\\x{%X}", (unsigned)cp);
		else if (cp >= 0x20 && cp != 0x7f)
			buf_putc(b, (char)cp);
	}
}

/* Who it was, in the best words there are. */
static void
put_recipient(struct buf *b, const struct item_person *who)
{
	struct buf addr = { 0 };
	struct slice s;

	if (mime_put_address(&addr, who->smtp)) {
		s = buf_slice(&addr);
		buf_puts(b,
		    mime_is_ascii(s) ? "Final-Recipient: rfc822; "
				     : "Final-Recipient: utf-8; ");
	} else if (who->x500.n > 0) {
		s = who->x500;
		buf_puts(b, "Final-Recipient: x-x500; ");
	} else {
		s = who->name.n > 0 ? who->name : slice_str("unknown");
		buf_puts(b, "Final-Recipient: x-unknown; ");
	}
	if (s.n > NAME_MAX_BYTES)
		s.n = NAME_MAX_BYTES;
	put_letters(b, s);
	buf_puts(b, "\r\n");
	buf_free(&addr);
}

static void
put_group(struct buf *b, const struct item *it, int k,
    const struct item_person *who)
{
	buf_puts(b, "\r\n");
	put_recipient(b, who);
	buf_putf(b, "Action: %s\r\nStatus: %s\r\n", kinds[k].what,
	    kinds[k].status);
	if (it->report.status >= 200 && it->report.status < 600)
		buf_putf(b, "Diagnostic-Code: smtp; %d\r\n",
		    (int)it->report.status);
	else
		put_line(b, "Diagnostic-Code: x-unknown; ",
		    it->report.supplement);
}

/* One group a recipient that the report is about, and one at least (RFC 3464
 * 2.1). */
static void
put_delivery(struct buf *b, const struct item *it, int k)
{
	static const struct item_person nobody;
	char date[40];
	size_t i;

	buf_puts(b, "Reporting-MTA: x-unknown; unknown\r\n");
	if (it->report.time != DATE_UNKNOWN)
		buf_putf(b, "Arrival-Date: %s\r\n",
		    date_format_rfc5322(date, it->report.time));
	for (i = 0; i < it->n_recipients; i++)
		put_group(b, it, k, &it->recipients[i].who);
	if (it->n_recipients == 0)
		put_group(b, it, k, &nobody);
}

/* RFC 8098 3.1: who has read it, and which message it was. */
static void
put_disposition(struct buf *b, const struct item *it, int k)
{
	const struct item_person *who = &it->from;

	if (who->smtp.n == 0 && who->x500.n == 0 && who->name.n == 0)
		who = &it->sender;
	put_recipient(b, who);
	put_line(b, "Original-Message-ID: ", slice_trim(it->report.original));
	buf_putf(b, "Disposition: manual-action/MDN-sent-manually; %s\r\n",
	    kinds[k].what);
}

struct part *
mime_plan_report(struct mime_plan *p)
{
	int k = kind_of(p->it->class);
	struct part *part;

	if (k < 0)
		return NULL;
	if (kinds[k].status == NULL)
		put_disposition(&p->report, p->it, k);
	else
		put_delivery(&p->report, p->it, k);
	part = plan_part(p, PART_PLAIN, kinds[k].type);
	part->bytes = plan_bytes(p, buf_slice(&p->report));
	return part;
}
