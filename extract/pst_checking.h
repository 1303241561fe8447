/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The child's part of a check of a PST (extract/check.h). */
#ifndef EXTRACT_PST_CHECKING_H
#define EXTRACT_PST_CHECKING_H

#include "extract/pst_frame.h"

/*
 * Hold the PST at 'fd' to its specification, and tell: 'send' sends and
 * empties the payload 'out', false when nobody listens any more; 'nid' is
 * what is looked at, or 0.  The child's exit status.
 */
int pst_checking(int fd, struct buf *out,
    bool (*send)(void *arg, enum pst_frame_type type, uint64_t nid), void *arg);

#endif
