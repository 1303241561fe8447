/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SMTP addresses as programs put them into stores over the years. */
#ifndef FORMATS_PST_SMTP_H
#define FORMATS_PST_SMTP_H

#include "core/slice.h"

/*
 * The address without what stood around it: blanks, <...>, '...', "...",
 * "smtp:", "mailto:".  Empty if it is none.  A part of 's'.
 */
struct slice pst_smtp(struct slice s);

#endif
