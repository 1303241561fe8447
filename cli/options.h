/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Declarative options: one table serves parsing (getopt_long), --help and
 * the completions.  A command has up to OPT_TABLES tables, each filling in a
 * struct of its own ("into"), so that common and connection options are
 * written once.  An option that several tables have is set in each of them,
 * and explained by the first.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#define OPT_TABLES 10

enum opt_type {
	OPT_FLAG,  /* bool: set to true */
	OPT_COUNT, /* int: one more each time */
	OPT_STR,   /* const char *: borrowed from argv */
	OPT_NUM,   /* uint64_t: decimal */
	OPT_SIZE,  /* uint64_t: bytes, with k M G Ki Mi Gi */
	OPT_LIST,  /* struct opt_list: every use, in order */
	OPT_ITEM   /* struct opt_items: (which option, value), for several
		    * options that keep the order among them */
};

struct opt_list {
	const char **v;
	size_t n;
};

struct opt_item {
	const char *name;  /* the option's long name */
	const char *value; /* NULL for those without argument */
};

struct opt_items {
	struct opt_item *v;
	size_t n;
};

/* One option; a table ends with a zeroed one. */
struct opt {
	const char *name; /* long, without the dashes */
	char letter;	  /* short, or 0 */
	enum opt_type type;
	const char *arg;  /* "FILE": its name in --help; NULL: no argument
			   * (FLAG, COUNT, and ITEM without a value);
			   * "[=BYTES]": only as --name=BYTES, else "" */
	const char *help; /* one line; NULL: not in --help */
	size_t offset;	  /* of its field in the struct of the table */
};

/* {"json", 0, OPT_FLAG, NULL, "help", OPT_AT(struct common, json)} */
#define OPT_AT(type, field) offsetof(type, field)

struct cmd {
	const char *name;
	const char *operands; /* "SOURCE SPOOL" */
	const char *summary;  /* one line */
	const char *text;     /* paragraphs for help, or NULL */
	const struct opt *tables[OPT_TABLES];
	int (*run)(const struct cmd *cmd, int argc, char **argv);
};

/*
 * Parse argv (argv[0] is the command's name) into the structs into[i] of
 * cmd->tables[i].  Operands may stand anywhere; they are moved to the end.
 * Returns the index of the first operand, or -1 with EX_USAGE.  min..max is
 * the number of operands allowed.
 */
int options_parse(const struct cmd *cmd, void *const into[OPT_TABLES], int argc,
    char **argv, int min, int max, struct err *err);

/*
 * Which of 'words' (NULL behind the last) was given for --OPTION; 0, the
 * default, when 'value' is NULL.  -1 with EX_USAGE, which names them all.
 */
int options_word(const char *option, const char *value,
    const char *const *words, struct err *err);

/* Give back what OPT_LIST and OPT_ITEM collected. */
void options_free(const struct cmd *cmd, void *const into[OPT_TABLES]);

/* Print the text of 'postroad help COMMAND'. */
void options_help(const struct cmd *cmd);

#endif
