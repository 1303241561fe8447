/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A survey of an IMAP account: folder by folder sizes, dates and flags, with
 * EXAMINE and FETCH of what costs no body; then some messages, for an
 * estimate.  A folder's messages are not kept, only what they add up to.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/mem.h"
#include "extract/imap_boxes.h"
#include "extract/survey_impl.h"
#include "formats/words.h"

struct look {
	struct survey *s;
	const struct survey_want *want;
	struct imap *im;
	struct imap_boxes boxes;
	struct survey_folder *at; /* the folder that is being read */
	uint64_t sampled;	  /* bytes of the message being fetched */
	struct buf subject;
};
