/* SPDX-License-Identifier: GPL-3.0-or-later */
/* postroad survey --check. */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include "cli/cmd.h"
#include "extract/source.h"

/* Check the PST and print what was found; the exit status. */
int check_run(const struct common *co, const struct source_spec *spec);

#endif
