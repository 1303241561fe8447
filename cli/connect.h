/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The connection options: how to reach an account, for every command that
 * does. */
#ifndef CLI_CONNECT_H
#define CLI_CONNECT_H

#include "cli/options.h"
#include "core/report.h"
#include "extract/source.h"
#include "wire/account.h"

extern const struct opt connect_options[]; /* into struct account */

/* A SOURCE argument: an account, which is checked and becomes spec->account,
 * or something on disk.  0, or -1 with EX_USAGE. */
int connect_source(struct account *a, struct source_spec *spec, const char *arg,
    struct err *err);

/* account_check(), and that it is an IMAP account: what load and verify can
 * talk to.  -1 with EX_USAGE. */
int connect_check_dest(struct account *a, const char *url, struct err *err);

/* How safe the account's connections were goes into the summary, loudly where
 * they were not. */
void connect_tell(const struct account *a, struct report *r);
/* The same at the end of its use; account_close(). */
void connect_end(struct account *a, struct report *r);

#endif
