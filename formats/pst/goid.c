/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Meeting ids and iCalendar's UIDs: [MS-OXOCAL] 2.2.1.27, [MS-OXCICAL]
 * 2.1.3.1.1.20.26. */
#include "core/text.h"
#include "formats/pst/bytes.h"
#include "formats/pst/recur.h"

#define ID_BYTES 16 /* what every id begins with */
#define DATE_AT	 16 /* of one instance: year (big-endian), month, day */
#define SIZE_AT	 36
#define DATA_AT	 40
#define MAILED	 12 /* "vCal-Uid", 1 */
#define UID_MAX	 4096

static const uint8_t id_bytes[ID_BYTES] = { 0x04, 0, 0, 0, 0x82, 0, 0xe0, 0,
	0x74, 0xc5, 0xb7, 0x10, 0x1a, 0x82, 0xe0, 0x08 };
static const char mailed[MAILED + 1] = "vCal-Uid\1\0\0\0";

/* A UID that came by mail, with a NUL behind it. */
static struct slice
mailed_uid(struct slice data)
{
	struct slice s;
	size_t i;

	if (data.n <= MAILED || memcmp(data.p, mailed, 8) != 0)
		return slice_of("", 0);
	s = slice_from(data, MAILED);
	for (i = 0; i < s.n && s.p[i] != '\0'; i++)
		if ((unsigned char)s.p[i] < ' ')
			return slice_of("", 0);
	s.n = i;
	return text_is_utf8(s) ? s : slice_of("", 0);
}

static int64_t
instance_of(const char *p)
{
	struct event_civil c = {
		.year = (unsigned char)p[0] << 8 | (unsigned char)p[1],
		.month = (unsigned char)p[2],
		.day = (unsigned char)p[3],
	};

	if (c.year < 1601 || c.month < 1 || c.month > 12 || c.day < 1 ||
	    c.day > event_month_days(c.year, c.month))
		return DATE_UNKNOWN;
	return event_wall(&c);
}

struct slice
pst_goid_uid(struct slice blob, struct arena *a, int64_t *instance_r)
{
	struct buf hex = { 0 };
	struct slice s;
	unsigned c;
	size_t i;

	if (instance_r != NULL)
		*instance_r = DATE_UNKNOWN;
	if (blob.n == 0 || blob.n > UID_MAX)
		return slice_of("", 0);
	if (blob.n >= DATA_AT && memcmp(blob.p, id_bytes, ID_BYTES) == 0) {
		if (instance_r != NULL)
			*instance_r = instance_of(blob.p + DATE_AT);
		s = mailed_uid(slice_from(blob, DATA_AT));
		if (s.n > 0)
			return slice_of(arena_slice(a, s), s.n);
	}
	for (i = 0; i < blob.n; i++) {
		c = (unsigned char)blob.p[i];
		if (i >= DATE_AT && i < DATE_AT + 4)
			c = 0;
		buf_putf(&hex, "%02X", c);
	}
	s = slice_of(arena_slice(a, buf_slice(&hex)), hex.n);
	buf_free(&hex);
	return s;
}

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0'
	    : c >= 'A' && c <= 'F'  ? c - 'A' + 10
	    : c >= 'a' && c <= 'f'  ? c - 'a' + 10
				    : -1;
}

/* Is it one of Outlook's own, in hexadecimal?  Then its bytes. */
static bool
from_hex(struct buf *out, struct slice uid)
{
	size_t at = out->n, i;
	int high, low;

	for (i = 0; i + 1 < uid.n; i += 2) {
		high = hex_digit(uid.p[i]);
		low = hex_digit(uid.p[i + 1]);
		if (high < 0 || low < 0)
			break;
		buf_putc(out, (char)(high << 4 | low));
	}
	if (i == uid.n && uid.n >= 2 * (size_t)DATA_AT &&
	    memcmp(out->p + at, id_bytes, ID_BYTES) == 0 &&
	    pst_u32(out->p + at + SIZE_AT) == uid.n / 2 - DATA_AT)
		return true;
	out->n = at;
	return false;
}

void
pst_goid_encode(struct buf *out, struct slice uid, int64_t instance)
{
	size_t at = out->n;
	struct event_civil c;
	uint8_t *p;

	if (uid.n > UID_MAX / 2)
		uid.n = UID_MAX / 2;
	if (!from_hex(out, uid)) {
		buf_put(out, id_bytes, ID_BYTES);
		p = (uint8_t *)buf_room(out, DATA_AT - ID_BYTES);
		memset(p, 0, DATA_AT - ID_BYTES);
		pst_put32(p + SIZE_AT - ID_BYTES,
		    (uint32_t)(MAILED + uid.n + 1));
		out->n += DATA_AT - ID_BYTES;
		buf_put(out, mailed, MAILED);
		buf_put(out, uid.p, uid.n);
		buf_putc(out, '\0');
	}
	memset(out->p + at + DATE_AT, 0, 4);
	if (instance == DATE_UNKNOWN)
		return;
	event_civil(instance, &c);
	p = (uint8_t *)out->p + at + DATE_AT;
	p[0] = (uint8_t)(c.year >> 8);
	p[1] = (uint8_t)c.year;
	p[2] = (uint8_t)c.month;
	p[3] = (uint8_t)c.day;
}
