/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands, one file each; main.c's table lists them. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/options.h"

extern const struct cmd cmd_export;
extern const struct cmd cmd_extract;
extern const struct cmd cmd_load;
extern const struct cmd cmd_ls;
extern const struct cmd cmd_merge;
extern const struct cmd cmd_migrate;
extern const struct cmd cmd_probe;
extern const struct cmd cmd_rehearse;
extern const struct cmd cmd_survey;
extern const struct cmd cmd_transform;
extern const struct cmd cmd_verify;
extern const struct cmd cmd_why;

#endif
