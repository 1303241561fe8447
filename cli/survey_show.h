/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What 'postroad survey' shows, as JSON or for people. */
#ifndef CLI_SURVEY_SHOW_H
#define CLI_SURVEY_SHOW_H

#include "extract/survey.h"
#include "formats/item_kind.h"

struct survey_show {
	const struct survey *s;
	const char *source; /* as the user called it */
	bool is_server;
	const struct survey *local; /* or NULL */
	const char *local_path;
	uint64_t max_size;
	char **bad_names; /* of folders, decoded */
	size_t n_bad;
	struct survey_risk *risks;
	size_t n_risks;
};

void survey_show_json(const struct survey_show *show, int status);
void survey_show_text(const struct survey_show *show);

/* What items of this class become, and where extract puts them. */
enum item_kind survey_show_kind(const struct survey_class *c);
const char *survey_show_place(const struct survey_class *c);

#endif
