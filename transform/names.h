/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Folder names while rules work on them, and the cleaning that --fix-names
 * does.
 *
 * A spool path (formats/folder.h) is opened into a "name": decoded, UTF-8,
 * components joined by '/'.  Nothing is lost on the way: a '/' inside a
 * component becomes GLOB_INNER_SLASH, a byte that is no UTF-8 the private
 * code point U+10FE00 + byte.  names_close() undoes it.
 */
#ifndef TRANSFORM_NAMES_H
#define TRANSFORM_NAMES_H

#include <stdbool.h>

#include "core/buf.h"
#include "core/err.h"

/* Append the name of a spool path. */
void names_open(struct buf *name, struct slice path);

/*
 * Append the spool path of a name; empty components are dropped.  A
 * component that 'was' (the path it came from) has too is taken from there
 * as it lies: over-long ones cannot be encoded twice.
 */
void names_close(struct buf *path, struct slice name, struct slice was);

/* Append the raw bytes of one component, as folder_join() wants them. */
void names_raw(struct buf *raw, struct slice component);

/* Append a name as people and regexes see it: inner slashes are '/', broken
 * bytes U+FFFD. */
void names_plain(struct buf *out, struct slice name);

/* Cut the next component off a name; false at the end. */
bool names_next(struct slice *name, struct slice *component_r);

/* What one kind of server refuses in folder names. */
struct names_dest {
	const char *name;	  /* "dovecot", ... for --for */
	const char *refused;	  /* ASCII characters refused anywhere */
	const char *leading;	  /* ... at the front of a component */
	const char *reserved;	  /* "\n"-separated names refused at the top, or
			       * NULL */
	const char *reserved_all; /* ... at any level, spelled so; or NULL */
	bool bmp_only;		  /* refuses what is outside the BMP */
	bool folds_case;	  /* "Sent" and "SENT" are one folder there */
	bool one_space;		  /* refuses two spaces in a row */
	size_t max_chars;  /* of a component; 0: as long as disks allow */
	size_t max_wire;   /* ... bytes of it in modified UTF-7, 0 likewise,
			       * less what a number behind it takes */
	const char *about; /* one line for the manual and --help */
};

/* NULL when there is no such name; names_dests() is the whole table, ended
 * by a NULL name. */
const struct names_dest *names_dest_find(const char *name);
const struct names_dest *names_dests(void);

/* How to clean.  Zeroed: U+3000 becomes a space, any destination. */
struct names_fix {
	const char *wide_space;	       /* text for U+3000; NULL: " " */
	const struct names_dest *dest; /* NULL: refuses nothing */
};

/*
 * Append one component, cleaned: wide and other invisible spaces made plain,
 * characters without width dropped (joiners between letters stay), controls
 * dropped, what the destination refuses replaced by '_', outer spaces and
 * trailing dots cut off; "_" when nothing is left.  The result is a fixed
 * point: cleaning it again changes nothing.  'fix->wide_space' has passed
 * names_check_wide(); 'top': the component is the first of its path.
 */
void names_fix(struct buf *out, struct slice component,
    const struct names_fix *fix, bool top);

/* Is 'text' fit to stand for U+3000?  No '/', no controls, UTF-8, at most 32
 * bytes; else -1 with SCOPE_RUN, EX_USAGE. */
int names_check_wide(const char *text, struct err *err);

#endif
