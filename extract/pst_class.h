/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which classes of items are mail; all others are counted. */
#ifndef EXTRACT_PST_CLASS_H
#define EXTRACT_PST_CLASS_H

#include "core/slice.h"

/* An item of no class, or of none that says anything, is mail. */
bool pst_class_is_mail(struct slice class);

#endif
