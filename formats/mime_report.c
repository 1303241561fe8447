/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Delivery and read reports: a PST keeps them as properties (REPORT.*), mail
 * as message/delivery-status (RFC 3464) or message/disposition-notification
 * (RFC 8098).
 */
#include "formats/mime_impl.h"

/* What the last word of a report's class says, [MS-OXOMSG] 2.2.2. */
static const struct {
	const char *ending;
	const char *type;
	const char *what; /* Action, or the disposition */
	const char *status;
} kinds[] = {
	{ ".NDR", "message/delivery-status", "failed", "5.0.0" },
	{ ".DR", "message/delivery-status", "delivered", "2.0.0" },
	{ ".DELAYED", "message/delivery-status", "delayed", "4.0.0" },
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

static void
put_recipient(struct buf *b, const struct item_person *who)
{
	if (mime_is_address(who->smtp))
		put_line(b, "Final-Recipient: rfc822; ", who->smtp);
	else if (who->x500.n > 0 && mime_is_ascii(who->x500))
		put_line(b, "Final-Recipient: x-x500; ", who->x500);
	else
		put_line(b, "Final-Recipient: x-unknown; ", who->name);
}

static bool
is_known(const struct item_person *who)
{
	return mime_is_address(who->smtp) ||
	    (who->x500.n > 0 && mime_is_ascii(who->x500)) ||
	    (who->name.n > 0 && mime_is_ascii(who->name));
}

/* One group a recipient that the report is about. */
static void
put_delivery(struct buf *b, const struct item *it, int k)
{
	char date[40];
	size_t i;

	buf_puts(b, "Reporting-MTA: x-unknown; unknown\r\n");
	if (it->report.time != DATE_UNKNOWN)
		buf_putf(b, "Arrival-Date: %s\r\n",
		    date_format_rfc5322(date, it->report.time));
	for (i = 0; i < it->n_recipients; i++) {
		const struct item_person *who = &it->recipients[i].who;

		if (!is_known(who))
			continue;
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
}

static void
put_disposition(struct buf *b, const struct item *it, int k)
{
	const struct item_person *who = &it->from;

	put_recipient(b, is_known(who) ? who : &it->sender);
	buf_putf(b, "Disposition: manual-action/MDN-sent-manually; %s\r\n",
	    kinds[k].what);
}

struct part *
mime_plan_report(struct mime_plan *p)
{
	const struct item *it = p->it;
	int k = kind_of(it->class);
	struct part *part;
	bool anybody = false;
	size_t i;

	if (k < 0)
		return NULL;
	if (kinds[k].status == NULL) {
		anybody = is_known(&it->from) || is_known(&it->sender);
	} else {
		for (i = 0; i < it->n_recipients; i++)
			anybody |= is_known(&it->recipients[i].who);
	}
	if (!anybody)
		return NULL;
	if (kinds[k].status == NULL)
		put_disposition(&p->report, it, k);
	else
		put_delivery(&p->report, it, k);
	part = plan_part(p, PART_PLAIN, kinds[k].type);
	part->bytes = plan_bytes(p, buf_slice(&p->report));
	return part;
}
