/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See contact_places.h; formats/contact.h names each property. */
#include "formats/pst/contact_places.h"

#define TAG(t)                                                                 \
	{                                                                      \
		PST_SET_NONE, (t)                                              \
	}
#define ADDR(l)                                                                \
	{                                                                      \
		PST_SET_ADDRESS, (l)                                           \
	}
#define COMM(l)                                                                \
	{                                                                      \
		PST_SET_COMMON, (l)                                            \
	}

const struct pst_place pst_contact_texts[CONTACT_TEXTS] = {
	[CONTACT_DISPLAY] = TAG(0x3001),
	[CONTACT_PREFIX] = TAG(0x3a45),
	[CONTACT_GIVEN] = TAG(0x3a06),
	[CONTACT_MIDDLE] = TAG(0x3a44),
	[CONTACT_FAMILY] = TAG(0x3a11),
	[CONTACT_SUFFIX] = TAG(0x3a05),
	[CONTACT_NICKNAME] = TAG(0x3a4f),
	[CONTACT_INITIALS] = TAG(0x3a0a),
	[CONTACT_FILE_AS] = ADDR(0x8005),
	[CONTACT_YOMI_GIVEN] = ADDR(0x802c),
	[CONTACT_YOMI_FAMILY] = ADDR(0x802d),
	[CONTACT_YOMI_COMPANY] = ADDR(0x802e),
	[CONTACT_COMPANY] = TAG(0x3a16),
	[CONTACT_DEPARTMENT] = TAG(0x3a18),
	[CONTACT_TITLE] = TAG(0x3a17),
	[CONTACT_PROFESSION] = TAG(0x3a46),
	[CONTACT_OFFICE] = TAG(0x3a19),
	[CONTACT_MANAGER] = TAG(0x3a4e),
	[CONTACT_ASSISTANT] = TAG(0x3a30),
	[CONTACT_SPOUSE] = TAG(0x3a48),
	[CONTACT_REFERRED_BY] = TAG(0x3a47),
	[CONTACT_IM] = ADDR(0x8062),
	[CONTACT_WEB_WORK] = TAG(0x3a51),
	[CONTACT_WEB_HOME] = TAG(0x3a50),
	[CONTACT_WEB] = ADDR(0x802b),
	[CONTACT_FREEBUSY] = ADDR(0x80d8),
	[CONTACT_FTP] = TAG(0x3a4c),
	[CONTACT_HOBBIES] = TAG(0x3a43),
	[CONTACT_LANGUAGE] = TAG(0x3a0c),
	[CONTACT_LOCATION] = TAG(0x3a0d),
	[CONTACT_BILLING] = COMM(0x8535),
	[CONTACT_MILEAGE] = COMM(0x8534),
	[CONTACT_ACCOUNT] = TAG(0x3a00),
	[CONTACT_CUSTOMER_ID] = TAG(0x3a4a),
	[CONTACT_GOVERNMENT_ID] = TAG(0x3a07),
	[CONTACT_EMPLOYEE_ID] = TAG(0x3a10),
	[CONTACT_COMPUTER] = TAG(0x3a49),
	[CONTACT_USER1] = ADDR(0x804f),
	[CONTACT_USER2] = ADDR(0x8050),
	[CONTACT_USER3] = ADDR(0x8051),
	[CONTACT_USER4] = ADDR(0x8052),
};

const struct pst_place pst_contact_phones[CONTACT_PHONES] = {
	[PHONE_PRIMARY] = TAG(0x3a1a),
	[PHONE_WORK] = TAG(0x3a08),
	[PHONE_WORK2] = TAG(0x3a1b),
	[PHONE_HOME] = TAG(0x3a09),
	[PHONE_HOME2] = TAG(0x3a2f),
	[PHONE_MOBILE] = TAG(0x3a1c),
	[PHONE_OTHER] = TAG(0x3a1f),
	[PHONE_CAR] = TAG(0x3a1e),
	[PHONE_RADIO] = TAG(0x3a1d),
	[PHONE_PAGER] = TAG(0x3a21),
	[PHONE_WORK_FAX] = TAG(0x3a24),
	[PHONE_HOME_FAX] = TAG(0x3a25),
	[PHONE_OTHER_FAX] = TAG(0x3a23),
	[PHONE_ASSISTANT] = TAG(0x3a2e),
	[PHONE_COMPANY] = TAG(0x3a57),
	[PHONE_CALLBACK] = TAG(0x3a02),
	[PHONE_ISDN] = TAG(0x3a2d),
	[PHONE_TELEX] = TAG(0x3a2c),
	[PHONE_TTY] = TAG(0x3a4b),
};

const struct pst_place
    pst_contact_addresses[CONTACT_WHERES][PST_CONTACT_ADDRESS] = {
	    [WHERE_HOME] = { TAG(0x3a5d), TAG(0x3a59), TAG(0x3a5c), TAG(0x3a5b),
		TAG(0x3a5a), TAG(0x3a5e), ADDR(0x801a) },
	    [WHERE_WORK] = { ADDR(0x8045), ADDR(0x8046), ADDR(0x8047),
		ADDR(0x8048), ADDR(0x8049), ADDR(0x804a), ADDR(0x801b) },
	    [WHERE_OTHER] = { TAG(0x3a63), TAG(0x3a5f), TAG(0x3a62),
		TAG(0x3a61), TAG(0x3a60), TAG(0x3a64), ADDR(0x801c) },
    };
