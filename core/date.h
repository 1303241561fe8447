/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Dates in the forms mail has them, as seconds since 1970 UTC.  Never the
 * clock, never the local time zone (a postmark without a zone is taken as
 * UTC).  All parsers accept years 1970..9999 and reject nonsense.
 */
#ifndef CORE_DATE_H
#define CORE_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"

#define DATE_UNKNOWN ((int64_t)-1)

/* RFC 5322 3.3 with 4.3's obsolete zones, comments, two-digit years. */
bool date_parse_rfc5322(struct slice s, int64_t *out);

/* ctime order in an mbox postmark: "Tue Jan  7 12:09:16 2003", with an
 * optional zone before or after the year, seconds optional. */
bool date_parse_postmark(struct slice s, int64_t *out);

/* IMAP date-time, RFC 3501: "17-Jul-1996 02:44:25 -0700" (no quotes). */
bool date_parse_imap(struct slice s, int64_t *out);
/* "17-Jul-1996 09:44:25 +0000"; 'out' holds 32 bytes.  Returns out. */
char *date_format_imap(char out[32], int64_t t);

/* "2012-12-14T21:10:30Z" (RFC 3339), or "2012-12-14" when parsing: UTC. */
bool date_parse_iso(struct slice s, int64_t *out);
char *date_format_iso(char out[32], int64_t t);

/* "Fri, 14 Dec 2012 21:10:30 +0000". */
char *date_format_rfc5322(char out[40], int64_t t);

/* Days since 1970-01-01 of a proleptic Gregorian date. */
int64_t date_days(int64_t year, unsigned month, unsigned day);

#endif
