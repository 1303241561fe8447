/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The proof: every message of a spool looked for at its destination, by the
 * UID of its delivery, else by its content, and compared in size, date, flags
 * and keywords; with 'deep' byte by byte (SHA-256 of what the server gives).
 * EXAMINE and BODY.PEEK only (RFC 3501, 6.3.2, 6.4.5): nothing is changed, at
 * either end.
 *
 * Each difference is named and has a class, which is a counter in the report:
 *
 *   problems (exit status 1)
 *	missing		not there at all
 *	altered		other bytes, beyond the rewrites below
 *	unreadable	listed, but the server does not give its bytes
 *	duplicated	there once more, in the same folder or in another one of
 *			the spool's
 *	wrong_folder	there, but in another folder, and not put there by
 *			the user after it was delivered
 *	flags_lost	a flag that the spool has is not set (cleared by the
 *			user, too: a server that says OK and forgets looks
 *			the same)
 *	keywords_lost	likewise a keyword that the server accepts
 *	wrong_date	another INTERNALDATE
 *   information (exit status 1 only with 'strict')
 *	extra		there, but not in the spool
 *	moved		delivered, and moved to another folder since
 *	newly_flagged	a flag or keyword that the spool does not have
 *	keywords_refused  the server does not keep such keywords
 *	rewritten	bytes changed in ways servers are known for: bare LF as
 *			CRLF, bare CR removed, a last line end added, NUL as
 *			0x80, header fields added
 *
 * What could not be looked at is 'unchecked' and never missing.
 *
 * Without 'deep' bytes are fetched only where the size differs, or where a
 * message was known by its Message-ID alone.
 */
#ifndef LOAD_VERIFY_VERIFY_H
#define LOAD_VERIFY_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/report.h"
#include "wire/account.h"

struct verify_options {
	const char *spool;	 /* the directory */
	struct account *account; /* account_check() was called */
	const char *into;	 /* as load's */
	bool deep;
	bool strict;
	bool repair; /* what is missing is to be loaded again: its deliveries
		      * are taken back, and load does the rest */
	uint64_t max_wait_s;
	unsigned connections; /* 0: as many as are worth it */
	unsigned spool_flags;
};

/*
 * Verify the destination against the spool; counts into 'r' (STAGE_VERIFY):
 * messages announced, FATE_UNCHANGED for each that was found.  The result is
 * an event in the ledger, where it can be written.  Returns 0 when
 * everything was looked at, or -1 with SCOPE_RUN.
 */
int verify_dest_run(const struct verify_options *o, struct report *r,
    struct err *err);

#endif
