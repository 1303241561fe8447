/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Are two spools two places?  Writing one while reading the other needs it. */
#ifndef TRANSFORM_APART_H
#define TRANSFORM_APART_H

#include "core/err.h"

/* 0, or -1 with EX_USAGE: the same directory, or one in the other, whatever
 * they are called; 'what' writes 'out' ("transform"), which may not exist. */
int spools_apart(const char *in, const char *out, const char *what,
    struct err *err);

#endif
