/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a file is, from its first bytes: for messages to people, and for
 * counting what is not mail.  Guesses; nothing is parsed. */
#ifndef FORMATS_SNIFF_H
#define FORMATS_SNIFF_H

#include "core/slice.h"

struct sniff {
	const char *name; /* "a gzip archive"; never NULL */
	const char *hint; /* what to do about it, or NULL */
};

/* 'head' is the beginning of the file, best 64 KiB of it. */
struct sniff sniff_head(struct slice head);

/*
 * How much does it look like a mail message: 0 not, 40 perhaps (some header
 * fields), 80 surely (fields that only mail has)?
 */
int sniff_mail(struct slice head);

#endif
