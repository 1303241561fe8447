/* SPDX-License-Identifier: GPL-3.0-or-later */
/* postroad: the table of commands, help and version. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "cli/commands.h"
#include "core/log.h"
#include "core/stop.h"
#include "extract/pst_child.h"
#include "load/export/take_child.h"
#include "transform/fix_child.h"

static const struct cmd *const commands[] = { &cmd_migrate, &cmd_extract,
	&cmd_merge, &cmd_transform, &cmd_load, &cmd_export, &cmd_verify,
	&cmd_ls, &cmd_why, &cmd_probe, &cmd_survey, &cmd_rehearse, NULL };

static void
print_usage(FILE *f)
{
	const struct cmd *const *c;

	fputs("usage: postroad COMMAND [OPTIONS] ARGUMENTS\n\n"
	      "Moves mailboxes in stages that meet on disk, and proves what "
	      "it moved.\n\nCommands:\n",
	    f);
	for (c = commands; *c != NULL; c++)
		fprintf(f, "  %-10s %s\n", (*c)->name, (*c)->summary);
	fputs("\n'postroad help COMMAND' and 'man postroad-COMMAND' tell "
	      "more.\n",
	    f);
}

static const struct cmd *
find_command(const char *name)
{
	const struct cmd *const *c;

	for (c = commands; *c != NULL; c++)
		if (strcmp((*c)->name, name) == 0)
			return *c;
	return NULL;
}

static int
unknown(const char *name)
{
	log_error("no such command: '%s'", name);
	print_usage(stderr);
	return EX_USAGE;
}

static int
help(const char *name)
{
	const struct cmd *cmd;

	if (name == NULL) {
		print_usage(stdout);
		return cmd_flush(0);
	}
	cmd = find_command(name);
	if (cmd == NULL)
		return unknown(name);
	options_help(cmd);
	return cmd_flush(0);
}

static bool
wants_help(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 ||
		    strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

/* A closed 0, 1 or 2 would be taken by the next file opened; read-only, so
 * that writing to a closed stdout fails as it should. */
static void
hold_standard_descriptors(void)
{
	int fd = open("/dev/null", O_RDONLY);

	while (fd >= 0 && fd <= STDERR_FILENO)
		fd = open("/dev/null", O_RDONLY);
	if (fd > STDERR_FILENO)
		close(fd);
}

int
main(int argc, char **argv)
{
	const struct cmd *cmd;

	/* this program's own sandboxed child, extract/pst_child.h */
	if (argc == 2 && strcmp(argv[1], PST_CHILD_ARG) == 0)
		return pst_child_main();
	if (argc == 2 && strcmp(argv[1], TAKE_CHILD_ARG) == 0)
		return take_child_main();
	if (argc == 2 && strcmp(argv[1], FIX_CHILD_ARG) == 0)
		return fix_child_main();
	hold_standard_descriptors();
	stop_install();
	if (argc < 2) {
		print_usage(stderr);
		return EX_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("postroad %s\n", POSTROAD_VERSION);
		return cmd_flush(0);
	}
	if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
	    strcmp(argv[1], "-h") == 0)
		return help(argv[2]);
	cmd = find_command(argv[1]);
	if (cmd == NULL)
		return unknown(argv[1]);
	if (wants_help(argc - 1, argv + 1))
		return help(cmd->name);
	return cmd->run(cmd, argc - 1, argv + 1);
}
