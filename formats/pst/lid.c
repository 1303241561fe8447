/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See lid.h. */
#include "formats/pst/lid.h"

/* {000620XX-0000-0000-C000-000000000046} */
#define OLE_SET(x)                                                             \
	{                                                                      \
		x, 0x20, 0x06, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46     \
	}

static const uint8_t sets[PST_SETS][PST_GUID] = {
	[PST_SET_STRINGS] = { 0x29, 0x03, 0x02, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0,
	    0, 0, 0x46 },
	[PST_SET_COMMON] = OLE_SET(0x08),
	[PST_SET_ADDRESS] = OLE_SET(0x04),
	[PST_SET_APPOINTMENT] = OLE_SET(0x02),
	[PST_SET_TASK] = OLE_SET(0x03),
	[PST_SET_LOG] = OLE_SET(0x0a),
	[PST_SET_NOTE] = OLE_SET(0x0e),
	[PST_SET_MEETING] = { 0x90, 0xda, 0xd8, 0x6e, 0x0b, 0x45, 0x1b, 0x10,
	    0x98, 0xda, 0x00, 0xaa, 0x00, 0x3f, 0x13, 0x05 },
};

const uint8_t *
pst_set_guid(enum pst_set set)
{
	return sets[set];
}
