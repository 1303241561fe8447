/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of transform that change messages. */
#ifndef CLI_FIX_OPTIONS_H
#define CLI_FIX_OPTIONS_H

#include "cli/options.h"
#include "core/buf.h"
#include "transform/rules_file.h"

struct fix_options {
	bool messages, newlines, receipts, in_signed;
	const char *lines; /* "": as many as the destination takes */
	uint64_t strip;
	const char *dir;
};

/* Rows of a table of options: 'field' of 'type' is a struct fix_options. */
#define FIX_OPTIONS(type, field)                                               \
	{ "fix-messages", 0, OPT_FLAG, NULL,                                   \
		"change in messages what that server refuses",                 \
		OPT_AT(type, field.messages) },                                \
	    { "fix-lines", 0, OPT_STR, "[=BYTES]",                             \
		    "encode parts with longer lines, fold headers",            \
		    OPT_AT(type, field.lines) },                               \
	    { "fix-newlines", 0, OPT_FLAG, NULL,                               \
		    "mend LF and CR alone, encode NULs",                       \
		    OPT_AT(type, field.newlines) },                            \
	    { "disarm-receipts", 0, OPT_FLAG, NULL,                            \
		    "rename the header fields that ask for a receipt",         \
		    OPT_AT(type, field.receipts) },                            \
	    { "strip-attachments", 0, OPT_SIZE, "SIZE",                        \
		    "put larger attachments into files, a text in their "      \
		    "place",                                                   \
		    OPT_AT(type, field.strip) },                               \
	    { "attachments-dir", 0, OPT_STR, "DIR", "... into files of DIR",   \
		    OPT_AT(type, field.dir) },                                 \
	{                                                                      \
		"fix-signed", 0, OPT_FLAG, NULL,                               \
		    "also in signed parts, whose signature breaks then",       \
		    OPT_AT(type, field.in_signed)                              \
	}

/* Put them into s->fixes, over what the rules file says; s->dest is known.
 * -1 with SCOPE_RUN, EX_USAGE. */
int fix_options_apply(const struct fix_options *o, struct rules_settings *s,
    struct err *err);

/* As they were typed, for the ledger. */
void fix_options_describe(const struct fix_options *o, struct buf *out);

#endif
