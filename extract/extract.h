/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The extract stage: everything a source has, into a spool.  Messages that
 * the spool has already are stepped over by their key; flags that changed at
 * the source follow.  Killed at any instant and run again, it ends as if it
 * had not been.
 */
#ifndef EXTRACT_EXTRACT_H
#define EXTRACT_EXTRACT_H

#include "extract/source.h"

struct extract_options {
	const char *spool;
	const char *const *exclude; /* globs on decoded folder names */
	size_t nexclude;
	bool ignore_case; /* of the globs */
	bool force;	  /* also on a network file system */
	unsigned leave;	  /* places not wanted: bit 1 << enum item_place */
	const char *only; /* how that was said, for people */
	bool rebind;	  /* the spool's source, in another place now */
	bool mirror;	  /* take out what is gone at an account */
};

/*
 * Run it.  Counts go to 'r', which is spec->report too.  Returns 0, or -1
 * with the error that ended the run; what was stored until then stays, and
 * the counts are right in both cases.
 */
int extract_run(const struct source_spec *spec, const struct extract_options *o,
    struct report *r, struct err *err);

#endif
