/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * In which property each field of a contact is ([MS-OXOCNTC] 2.2.1), for who
 * reads them and who writes them alike.
 */
#ifndef FORMATS_PST_CONTACT_PLACES_H
#define FORMATS_PST_CONTACT_PLACES_H

#include "formats/contact.h"
#include "formats/pst/lid.h"

struct pst_place {
	enum pst_set set; /* PST_SET_NONE: 'id' is a tag */
	uint16_t id;
};

/* street, city, region, code, country, box, label */
#define PST_CONTACT_ADDRESS 7

extern const struct pst_place pst_contact_texts[CONTACT_TEXTS];
extern const struct pst_place pst_contact_phones[CONTACT_PHONES];
extern const struct pst_place pst_contact_addresses[CONTACT_WHERES]
						   [PST_CONTACT_ADDRESS];

#endif
