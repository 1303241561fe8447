/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a destination is known to refuse, or to count, besides what it tells
 * by itself (APPENDLIMIT: RFC 7889; PERMANENTFLAGS): its profile, from the
 * providers' data (data/providers.yaml, --dest-profile), and its quota (RFC
 * 9208).  What will not be taken is refused before a byte of it is sent, and
 * named by --dry-run.
 */
#ifndef LOAD_RULES_H
#define LOAD_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "wire/account.h"
#include "wire/provider.h"

struct load_rules {
	struct providers *providers;	      /* NULL: the account has them */
	const char *name;		      /* of the profile; NULL: none */
	const struct provider_limits *limits; /* NULL: none is known */
	struct imap_quota quota;
	uint64_t left; /* of the quota, where told; by --dry-run's count */
	uint64_t room; /* messages that may come, where limits->items is set */
};

/*
 * Find the profile: by 'name' (--dest-profile; "generic": none), else the
 * account's --provider, else by what the server says of itself.  And ask for
 * the quota.  -1: SCOPE_RUN EX_USAGE, EX_CONFIG; SCOPE_STORE.
 */
int load_rules_find(struct load_rules *r, const char *name,
    const struct account *a, struct imap *im, struct err *err);
void load_rules_free(struct load_rules *r);

/* May one message more come?  0, or -1 with SCOPE_MSG and a hint. */
int load_rules_one_more(struct load_rules *r, struct err *err);
/* Is there anything that these would refuse?  Then it is said whose limits
 * they are. */
bool load_rules_refuse(const struct load_rules *r);

/* Is a message of this size to be read for load_rules_message()? */
bool load_rules_read(const struct load_rules *r, uint64_t size);
/* A message of 'size' bytes in 'fd' (its offset stays): 0, or -1 with
 * SCOPE_MSG, EX_DATAERR and a hint. */
int load_rules_message(const struct load_rules *r, int fd, uint64_t size,
    struct err *err);
/* Must this keyword be left out? */
bool load_rules_no_keyword(const struct load_rules *r, const char *word);
/* Flags that are not seen everywhere when APPEND sets them, and so go by STORE
 * once the message is there: MSG_FLAGGED, or 0. */
uint32_t load_rules_flags_behind(const struct load_rules *r);
/*
 * A folder by its name there, as plan_plain() gives it; has
 * the destination a folder of that name?  0, or -1 with SCOPE_FOLDER,
 * EX_CANTCREAT and a hint.
 */
int load_rules_folder(const struct load_rules *r, struct slice name,
    bool is_there, struct err *err);
/* The same by how the wire spells it. */
int load_rules_wire(const struct load_rules *r, struct slice name,
    char delimiter, struct err *err);
/* A CREATE was refused: the hint where none is.  Returns -1. */
int load_rules_hint_name(const struct load_rules *r, struct err *err);

#endif
