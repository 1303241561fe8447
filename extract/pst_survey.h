/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The PST child's half of a survey: what the contents tables of the folders
 * say, counted and sent as frames (PST_FACTS, PST_COUNTS, PST_CLASS, PST_BIG).
 * No message is opened but those that no table describes.
 */
#ifndef EXTRACT_PST_SURVEY_H
#define EXTRACT_PST_SURVEY_H

#include "extract/pst_frame.h"
#include "extract/pst_tree.h"

#define PST_SURVEY_BIG	   5   /* of the biggest items, so many */
#define PST_SURVEY_CLASSES 100 /* counted by their own name */

struct pst_survey_in {
	const struct pst_reader_ops *ops;
	struct pst_reader *reader;
	struct pst_tree *tree;
	/* what the folder entered last says that it holds; -1 unknown */
	int64_t *promised;
	uint64_t too_big; /* mail over this is counted; 0: none is */
	bool (*skip)(void *arg, uint64_t folder);
	/* Sends and empties the payload; false: nobody listens any more. */
	bool (*send)(void *arg, enum pst_frame_type type);
	struct buf *out; /* the payload */
	void *arg;
};

void pst_survey_facts(const struct pst_survey_in *in);
void pst_survey_walk(const struct pst_survey_in *in);

#endif
