/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What meeting requests and answers say of the meeting, [MS-OXOCAL] 2.2. */
#include "formats/pst_own_impl.h"

#define LOCATION_MAX 4096
#define ID_MAX	     4096

/* PSETID_Appointment and PSETID_Meeting, [MS-OXPROPS] 1.3.2 */
static const uint8_t appointment[16] = { 0x02, 0x20, 0x06, 0, 0, 0, 0, 0, 0xc0,
	0, 0, 0, 0, 0, 0, 0x46 };
static const uint8_t meeting[16] = { 0x90, 0xda, 0xd8, 0x6e, 0x0b, 0x45, 0x1b,
	0x10, 0x98, 0xda, 0x00, 0xaa, 0x00, 0x3f, 0x13, 0x05 };

static const struct {
	const uint8_t *set;
	uint32_t number;
} names[OWN_MEETING_NAMES] = {
	[OWN_GLOBAL_ID] = { meeting, 0x0003 }, /* PidLidGlobalObjectId */
	[OWN_SEQUENCE] = { appointment, 0x8201 },
	[OWN_LOCATION] = { appointment, 0x8208 },
	[OWN_START] = { appointment, 0x820d },
	[OWN_END] = { appointment, 0x820e },
	[OWN_ALL_DAY] = { appointment, 0x8215 },   /* AppointmentSubType */
	[OWN_RECURRING] = { appointment, 0x8223 }, /* PidLidRecurring */
	[OWN_REPLACES] = { appointment, 0x8228 },  /* ExceptionReplaceTime */
};

void
own_meeting_names(struct pst_reader *r, const struct pst_names *m)
{
	size_t i;

	for (i = 0; i < OWN_MEETING_NAMES; i++)
		r->meeting[i] =
		    pst_names_number(m, names[i].set, names[i].number);
}

/* 0 stands for a name that this store does not have. */
static int64_t
number(struct own_item *oi, enum own_meeting what)
{
	unsigned id = oi->r->meeting[what];

	return id == 0 ? 0 : own_number(&oi->props, id, 0);
}

static int64_t
time_of(struct own_item *oi, enum own_meeting what)
{
	unsigned id = oi->r->meeting[what];

	return id == 0 ? DATE_UNKNOWN : own_time(&oi->props, id);
}

static struct slice
global_id(struct own_item *oi)
{
	unsigned id = oi->r->meeting[OWN_GLOBAL_ID];
	const struct ltp_value *v = id == 0 ? NULL : ltp_prop(&oi->props, id);
	struct buf b = { 0 };
	struct err err = { 0 };
	struct slice s = slice_of("", 0);

	if (v != NULL && v->type == PtypBinary &&
	    ltp_bytes(&oi->props.heap, v, ID_MAX, &b, &err) > 0 && b.n > 0)
		s = slice_of(arena_slice(&oi->a, buf_slice(&b)), b.n);
	buf_free(&b);
	return s;
}

void
own_fill_meeting(struct own_item *oi)
{
	static const char class[] = "IPM.Schedule.Meeting";
	size_t n = sizeof(class) - 1;
	struct item *it = &oi->pub;
	struct item_meeting *m = &it->meeting;
	unsigned place = oi->r->meeting[OWN_LOCATION];

	if (it->class.n < n ||
	    !slice_is_nocase(slice_of(it->class.p, n), class))
		return;
	m->global_id = global_id(oi);
	m->start = time_of(oi, OWN_START);
	m->end = time_of(oi, OWN_END);
	m->replaces = time_of(oi, OWN_REPLACES);
	m->sequence = (int32_t)number(oi, OWN_SEQUENCE);
	m->all_day = number(oi, OWN_ALL_DAY) != 0;
	if (place != 0)
		m->location = own_text(&oi->a, &oi->props.heap,
		    ltp_prop(&oi->props, place), oi->codepage, LOCATION_MAX,
		    NULL);
	if (number(oi, OWN_RECURRING) != 0)
		ndb_note(oi->r->n, false, (uint64_t)NID_NAMES << 8 | 0x8223,
		    "some meetings recur: their text/calendar parts have the "
		    "first time, not the rule");
}
