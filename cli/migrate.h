/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All stages over one spool, side by side: extract and transform each in a
 * child process (cli/beside.h), load in this one, taking what the spool has
 * so far until the others have ended; then verify.
 *
 * Nothing is kept anywhere but in the spools: killed at any instant and
 * started again, or continued by the single stages, the end is the same.
 */
#ifndef CLI_MIGRATE_H
#define CLI_MIGRATE_H

#include "cli/cmd.h"
#include "cli/stages.h"

#define MIGRATE_MAX_WAIT_S 600

struct migrate {
	struct common co;
	struct account source, dest;
	struct stage_extract extract;
	struct stage_transform transform;
	struct stage_load load;
	char *spool;  /* what extract fills */
	char *second; /* what transform makes of it */
	bool deep, no_verify;

	/* migrate_check()'s */
	bool transforms; /* there are rules: 'second' is what is loaded */
};

/* Check what was asked, ask for the passwords.  -1 with SCOPE_RUN. */
int migrate_check(struct migrate *m, const char *source, const char *dest,
    struct err *err);
/* Run it all, print the summaries.  Returns the exit status. */
int migrate_run(struct migrate *m);

#endif
