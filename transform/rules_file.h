/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rules from a file (postroad-rules(5)), strictly: a key that is not known, a
 * value of the wrong kind or a pattern that is wrong is an error with its
 * line.  Nothing is taken from the file unless all of it is right.
 */
#ifndef TRANSFORM_RULES_FILE_H
#define TRANSFORM_RULES_FILE_H

#include "transform/fixer.h"
#include "transform/rules.h"

/* What a file says besides its rules. */
struct rules_settings {
	bool fix_names;
	bool merge;		       /* on-collision: merge */
	char *wide_space;	       /* double-byte-space; NULL: not said */
	const struct names_dest *dest; /* for: NULL: not said */
	struct fixes fixes;	       /* fix-messages: */
	bool fix_lines;		       /* ... to what its destination takes */
	char *attachments_dir;	       /* fixes.dir, owned; NULL */
};
void rules_settings_free(struct rules_settings *s);

/* Append the file's rules to 'rs' and fill in *s.  0, or -1 with SCOPE_RUN:
 * EX_CONFIG, EX_NOINPUT, EX_NOPERM. */
int rules_file_read(struct rules *rs, struct rules_settings *s,
    const char *file, struct err *err);

/* The same from a text; 'file' is its name in errors. */
int rules_file_parse(struct rules *rs, struct rules_settings *s,
    const char *file, struct slice text, struct err *err);

#endif
