/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Time zones of calendar items: [MS-OXOCAL] 2.2.1.39 (PidLidTimeZoneStruct)
 * and 2.2.1.41 (PidLidAppointmentTimeZoneDefinition*). */
#include "core/text.h"
#include "formats/pst/bytes.h"
#include "formats/pst/out_ltp.h"
#include "formats/pst/recur.h"
#include "formats/pst/utf16.h"

#define STRUCT_BYTES 48
#define RULE_BYTES   66 /* with its four of header */
#define RULES_MAX    1000
#define BIAS_MAX     (26 * 60) /* minutes either way */
#define NAME_MAX     255

enum { FLAG_GUID = 1, FLAG_NAME = 2 };
enum { RULE_RECUR = 1, RULE_EFFECTIVE = 2 };

/* SYSTEMTIME, 16 bytes. */
static bool
read_switch(const char *p, struct event_switch *s_r)
{
	unsigned month = pst_u16(p + 2), weekday = pst_u16(p + 4),
		 day = pst_u16(p + 6), hour = pst_u16(p + 8),
		 minute = pst_u16(p + 10), second = pst_u16(p + 12);

	memset(s_r, 0, sizeof(*s_r));
	if (month == 0)
		return true;
	s_r->year = pst_u16(p);
	if (month > 12 || weekday > 6 || day < 1 ||
	    day > (s_r->year == 0 ? 5 : 31) || hour > 23 || minute > 59 ||
	    second > 59)
		return false;
	s_r->month = (uint8_t)month;
	s_r->weekday = (uint8_t)weekday;
	s_r->day = (uint8_t)day;
	s_r->hour = (uint8_t)hour;
	s_r->minute = (uint8_t)minute;
	s_r->second = (uint8_t)second;
	return true;
}

static void
put_switch(struct buf *b, const struct event_switch *s)
{
	char *p = buf_room(b, 16);

	memset(p, 0, 16);
	b->n += 16;
	if (s->month == 0)
		return;
	pst_put16(p, s->year);
	pst_put16(p + 2, s->month);
	pst_put16(p + 4, s->weekday);
	pst_put16(p + 6, s->day);
	pst_put16(p + 8, s->hour);
	pst_put16(p + 10, s->minute);
	pst_put16(p + 12, s->second);
}

static void
put16(struct buf *b, unsigned v)
{
	pst_put16(buf_room(b, 2), (uint16_t)v);
	b->n += 2;
}

static void
put32(struct buf *b, int32_t v)
{
	pst_put32(buf_room(b, 4), (uint32_t)v);
	b->n += 4;
}

/* The biases at 'p', the switches at 'std' and 'dst'. */
static bool
read_rule(const char *p, const char *std, const char *dst,
    struct event_zone_rule *r)
{
	r->bias = (int32_t)pst_u32(p);
	r->std_bias = (int32_t)pst_u32(p + 4);
	r->dst_bias = (int32_t)pst_u32(p + 8);
	return r->bias >= -BIAS_MAX && r->bias <= BIAS_MAX &&
	    r->std_bias >= -BIAS_MAX && r->std_bias <= BIAS_MAX &&
	    r->dst_bias >= -BIAS_MAX && r->dst_bias <= BIAS_MAX &&
	    read_switch(std, &r->std) && read_switch(dst, &r->dst);
}

static int
bad(struct err *err)
{
	return err_set(err, SCOPE_MSG, EX_DATAERR,
	    "its time zone cannot be read");
}

/* ---------------------------------------------------------- one rule only */

int
pst_zone_struct_decode(struct slice blob, struct arena *a,
    struct event_zone *z_r, struct err *err)
{
	struct event_zone_rule *rule = arena_alloc(a, sizeof(*rule));

	memset(z_r, 0, sizeof(*z_r));
	if (blob.n < STRUCT_BYTES ||
	    !read_rule(blob.p, blob.p + 14, blob.p + 32, rule))
		return bad(err);
	rule->effective = true;
	z_r->rules = rule;
	z_r->n_rules = 1;
	return 0;
}

void
pst_zone_struct_encode(struct buf *out, const struct event_zone *z, int year)
{
	const struct event_zone_rule *r = event_zone_rule_in(z, year);

	put32(out, r->bias);
	put32(out, r->std_bias);
	put32(out, r->dst_bias);
	put16(out, r->std.year);
	put_switch(out, &r->std);
	put16(out, r->dst.year);
	put_switch(out, &r->dst);
}

/* ----------------------------------------------------- rules by the year */

static struct slice
read_name(struct slice wide, struct arena *a)
{
	struct utf16 u = { 0 };
	struct buf b = { 0 };
	struct slice s;

	utf16_put(&u, &b, wide);
	utf16_end(&u, &b);
	while (b.n > 0 && b.p[b.n - 1] == '\0')
		b.n--;
	s = slice_of(arena_slice(a, buf_slice(&b)), b.n);
	buf_free(&b);
	return s;
}

/* The header up to the rules: their number, or -1. */
static int
read_header(struct slice *s, struct arena *a, struct event_zone *z)
{
	size_t header, at = 6, name;
	unsigned flags, rules;

	if (s->n < 6 || s->p[0] != 2)
		return -1;
	header = 4 + (size_t)pst_u16(s->p + 2);
	if (header > s->n || header < 8)
		return -1;
	flags = pst_u16(s->p + 4);
	if (flags & FLAG_GUID)
		at += 16;
	if (flags & FLAG_NAME) {
		if (at + 2 > header)
			return -1;
		name = 2 * (size_t)pst_u16(s->p + at);
		at += 2;
		if (name > header || at + name > header)
			return -1;
		z->name = read_name(slice_of(s->p + at, name), a);
		at += name;
	}
	if (at + 2 > header)
		return -1;
	rules = pst_u16(s->p + at);
	*s = slice_from(*s, header);
	return rules > RULES_MAX ? -1 : (int)rules;
}

int
pst_zone_def_decode(struct slice blob, struct arena *a, struct event_zone *z_r,
    struct err *err)
{
	struct event_zone_rule *rules, *r;
	size_t size, used = 0;
	int i, n;

	memset(z_r, 0, sizeof(*z_r));
	n = read_header(&blob, a, z_r);
	if (n <= 0 || (size_t)n > blob.n / RULE_BYTES)
		return bad(err);
	rules = arena_alloc(a, (size_t)n * sizeof(*rules));
	for (i = 0; i < n; i++) {
		r = &rules[used];
		if (blob.n < RULE_BYTES || blob.p[0] != 2)
			return bad(err);
		size = 4 + (size_t)pst_u16(blob.p + 2);
		r->effective = pst_u16(blob.p + 4) & RULE_EFFECTIVE;
		r->year = pst_u16(blob.p + 6);
		if (size < RULE_BYTES || size > blob.n ||
		    !read_rule(blob.p + 22, blob.p + 34, blob.p + 50, r))
			return bad(err);
		if (used == 0 || r->year > r[-1].year)
			used++;
		blob = slice_from(blob, size);
	}
	z_r->rules = rules;
	z_r->n_rules = used;
	return 0;
}

void
pst_zone_def_encode(struct buf *out, const struct event_zone *z, bool recur)
{
	struct buf name = { 0 };
	const struct event_zone_rule *r;
	unsigned flags;
	size_t i;

	pst_out_utf16(&name, z->name.n > 0 ? z->name : z->shown, NAME_MAX);
	buf_put(out, "\x02\x01", 2);
	put16(out, (unsigned)name.n + 6);
	put16(out, FLAG_NAME);
	put16(out, (unsigned)name.n / 2);
	buf_put(out, name.p, name.n);
	put16(out, (unsigned)z->n_rules);
	for (i = 0; i < z->n_rules; i++) {
		r = &z->rules[i];
		flags = r->effective ? RULE_EFFECTIVE : 0;
		if (r->effective && recur)
			flags |= RULE_RECUR;
		buf_put(out, "\x02\x01", 2);
		put16(out, RULE_BYTES - 4);
		put16(out, flags);
		put16(out, (unsigned)r->year);
		memset(buf_room(out, 14), 0, 14);
		out->n += 14;
		put32(out, r->bias);
		put32(out, r->std_bias);
		put32(out, r->dst_bias);
		put_switch(out, &r->std);
		put_switch(out, &r->dst);
	}
	buf_free(&name);
}
