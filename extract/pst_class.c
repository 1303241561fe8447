/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Classes of items; see pst_class.h. */
#include "extract/pst_class.h"

#include "formats/item_kind.h"

bool pst_class_is_mail(struct slice class)
{
	return item_kind_of(class) == KIND_MAIL;
}
