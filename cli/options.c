/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Option tables to getopt_long(3) and help; see options.h. */
#include "cli/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"
#include "core/num.h"

#define FIRST_LONG  256 /* getopt values of options without a letter */
#define MAX_OPTIONS 256

struct parser {
	const struct opt *opt[MAX_OPTIONS]; /* by getopt value - FIRST_LONG */
	void *into[MAX_OPTIONS];
	struct option longs[MAX_OPTIONS + 2];
	struct buf shorts;
	int n, nlongs;
};

static bool
takes_value(const struct opt *o)
{
	return o->type != OPT_FLAG && o->type != OPT_COUNT && o->arg != NULL;
}

/* Is there one of that name before the option numbered 'n'? */
static bool
is_known(const struct parser *p, const char *name, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (strcmp(p->opt[i]->name, name) == 0)
			return true;
	return false;
}

static bool
may_lack_value(const struct opt *o)
{
	return takes_value(o) && o->arg[0] == '[';
}

static void
add_option(struct parser *p, const struct opt *o, void *into)
{
	struct option *l = &p->longs[p->nlongs];

	p->opt[p->n] = o;
	p->into[p->n] = into;
	p->n++;
	if (is_known(p, o->name, p->n - 1))
		return;
	l->name = o->name;
	l->has_arg = may_lack_value(o) ? optional_argument
	    : takes_value(o)	       ? required_argument
				       : no_argument;
	l->val = FIRST_LONG + p->n - 1;
	p->nlongs++;
	if (o->letter != 0) {
		buf_putc(&p->shorts, o->letter);
		if (takes_value(o))
			buf_putc(&p->shorts, ':');
	}
}

static void
parser_init(struct parser *p, const struct cmd *cmd,
    void *const into[OPT_TABLES])
{
	const struct opt *o;
	int t;

	memset(p, 0, sizeof(*p));
	buf_puts(&p->shorts, ":");
	for (t = 0; t < OPT_TABLES; t++)
		for (o = cmd->tables[t]; o != NULL && o->name != NULL; o++)
			if (p->n < MAX_OPTIONS)
				add_option(p, o, into[t]);
}

static int
find_letter(const struct parser *p, int letter)
{
	int i;

	for (i = 0; i < p->n; i++)
		if (p->opt[i]->letter == letter)
			return i;
	return -1;
}

static int
bad_number(const struct opt *o, const char *value, struct err *err)
{
	err_set(err, SCOPE_RUN, EX_USAGE, "--%s: '%s' is not a %s", o->name,
	    value, o->type == OPT_SIZE ? "size" : "number");
	return err_hint(err, "%s",
	    o->type == OPT_SIZE
		? "write bytes, or a number with k, M or G: 500k, 10M, 1.5G"
		: "write a decimal number");
}

static int
set_value(const struct opt *o, void *into, const char *value, struct err *err)
{
	char *at = (char *)into + o->offset;
	struct opt_list *list = (void *)at;
	struct opt_items *items = (void *)at;

	switch (o->type) {
	case OPT_FLAG:
		*(bool *)(void *)at = true;
		break;
	case OPT_COUNT:
		++*(int *)(void *)at;
		break;
	case OPT_STR:
		*(const char **)(void *)at = value;
		break;
	case OPT_NUM:
		if (!num_u64(slice_str(value), UINT64_MAX, (void *)at))
			return bad_number(o, value, err);
		break;
	case OPT_SIZE:
		if (!num_size(slice_str(value), (void *)at))
			return bad_number(o, value, err);
		break;
	case OPT_LIST:
		list->v = mem_grow(list->v, list->n + 1, sizeof(*list->v));
		list->v[list->n++] = value;
		break;
	case OPT_ITEM:
		items->v = mem_grow(items->v, items->n + 1, sizeof(*items->v));
		items->v[items->n++] = (struct opt_item){ o->name, value };
		break;
	}
	return 0;
}

/* The option numbered 'i', in every table that knows it. */
static int
set_everywhere(const struct parser *p, int i, const char *value,
    struct err *err)
{
	int k;

	for (k = i; k < p->n; k++)
		if (strcmp(p->opt[k]->name, p->opt[i]->name) == 0 &&
		    set_value(p->opt[k], p->into[k], value, err) < 0)
			return -1;
	return 0;
}

static int
usage(const struct cmd *cmd, struct err *err)
{
	return err_hint(err, "postroad help %s", cmd->name);
}

/* getopt's ':' and '?', and what they were about. */
static int
complain(const struct cmd *cmd, int c, char **argv, struct err *err)
{
	const char *word = argv[optind - 1];

	if (optopt > 0 && optopt < FIRST_LONG)
		err_set(err, SCOPE_RUN, EX_USAGE, "%s -%c%s",
		    c == ':' ? "option" : "unknown option", optopt,
		    c == ':' ? " wants a value" : "");
	else
		err_set(err, SCOPE_RUN, EX_USAGE, "%s '%.*s'%s",
		    c == ':' ? "option" : "unknown or ambiguous option",
		    (int)strcspn(word, "="), word,
		    c == ':' ? " wants a value" : "");
	return usage(cmd, err);
}

/*
 * "--password=x" would be short for "--password-file=x", and the error would
 * repeat a secret that is a file nowhere: options that name a place where a
 * secret lies are not to be shortened.
 */
static bool
is_shortened(const struct opt *o, char **argv)
{
	static const char *const ends[] = { "-file", "-command", "-env" };
	const char *typed = argv[optind - 1];
	size_t i, len = strlen(o->name), n;

	if (optarg != NULL && optarg == typed)
		typed = argv[optind - 2];
	if (typed[0] != '-' || typed[1] != '-')
		return false; /* a letter */
	n = strcspn(typed + 2, "=");
	for (i = 0; i < 3; i++)
		if (len > strlen(ends[i]) &&
		    strcmp(o->name + len - strlen(ends[i]), ends[i]) == 0)
			return n < len;
	return false;
}

static int
refuse_short(const struct cmd *cmd, const struct opt *o, struct err *err)
{
	err_set(err, SCOPE_RUN, EX_USAGE,
	    "%s: the option is called --%s, in full", cmd->name, o->name);
	return err_hint(err,
	    "no password or token has a place on the command line, where all "
	    "users of this machine can read it");
}

int
options_parse(const struct cmd *cmd, void *const into[OPT_TABLES], int argc,
    char **argv, int min, int max, struct err *err)
{
	struct parser p;
	int c, i, rc = 0;

	parser_init(&p, cmd, into);
	optind = 0;
	opterr = 0;
	while (rc == 0 &&
	    (c = getopt_long(argc, argv, buf_str(&p.shorts), p.longs, NULL)) !=
		-1) {
		if (c == ':' || c == '?') {
			rc = complain(cmd, c, argv, err);
			break;
		}
		i = c >= FIRST_LONG ? c - FIRST_LONG : find_letter(&p, c);
		rc = c >= FIRST_LONG && is_shortened(p.opt[i], argv)
		    ? refuse_short(cmd, p.opt[i], err)
		    : set_everywhere(&p, i, optarg == NULL ? "" : optarg, err);
	}
	buf_free(&p.shorts);
	if (rc < 0)
		return -1;
	if (argc - optind < min || argc - optind > max) {
		err_set(err, SCOPE_RUN, EX_USAGE, "%s: wants %s, got %d %s",
		    cmd->name, cmd->operands, argc - optind,
		    argc - optind == 1 ? "operand" : "operands");
		return usage(cmd, err);
	}
	return optind;
}

int
options_word(const char *option, const char *value, const char *const *words,
    struct err *err)
{
	struct buf all = { 0 };
	int i;

	if (value == NULL)
		return 0;
	for (i = 0; words[i] != NULL; i++)
		if (strcmp(value, words[i]) == 0)
			return i;
	for (i = 0; words[i] != NULL; i++)
		buf_putf(&all, "%s%s", i == 0 ? "" : ", ", words[i]);
	err_set(err, SCOPE_RUN, EX_USAGE, "--%s: '%s' is none of %s", option,
	    value, buf_str(&all));
	buf_free(&all);
	return -1;
}

void
options_free(const struct cmd *cmd, void *const into[OPT_TABLES])
{
	const struct opt *o;
	int t;

	for (t = 0; t < OPT_TABLES; t++) {
		for (o = cmd->tables[t]; o != NULL && o->name != NULL; o++) {
			char *at = (char *)into[t] + o->offset;

			if (o->type == OPT_LIST) {
				struct opt_list *l = (void *)at;

				free(l->v);
				*l = (struct opt_list){ 0 };
			} else if (o->type == OPT_ITEM) {
				struct opt_items *l = (void *)at;

				free(l->v);
				*l = (struct opt_items){ 0 };
			}
		}
	}
}

#define HELP_LEFT  30 /* columns before the words */
#define HELP_WIDTH 79

/* Words, broken into lines that begin in this column; the first has begun. */
static void
print_words(struct slice words, size_t column)
{
	size_t at = column, n;

	while (words.n > 0) {
		for (n = 0;
		     n < words.n && words.p[n] != ' ' && words.p[n] != '\n';
		     n++)
			;
		if (at > column && at + 1 + n > HELP_WIDTH) {
			printf("\n%*s", (int)column, "");
			at = column;
		}
		if (n > 0) {
			printf("%s%.*s", at > column ? " " : "", (int)n,
			    words.p);
			at += n + (at > column);
		}
		words = slice_from(words, n < words.n ? n + 1 : n);
	}
	putchar('\n');
}

/* Paragraphs, with empty lines between. */
static void
print_text(const char *text)
{
	const char *end;

	while ((end = strstr(text, "\n\n")) != NULL) {
		print_words(slice_of(text, (size_t)(end - text)), 0);
		putchar('\n');
		text = end + 2;
	}
	print_words(slice_str(text), 0);
}

static void
help_option(const struct opt *o)
{
	char left[64];

	snprintf(left, sizeof(left), "  %c%c%s--%s%s%s",
	    o->letter != 0 ? '-' : ' ', o->letter != 0 ? o->letter : ' ',
	    o->letter != 0 ? ", " : "  ", o->name, o->arg != NULL ? " " : "",
	    o->arg != NULL ? o->arg : "");
	if (strlen(left) >= HELP_LEFT)
		printf("%s\n%*s", left, HELP_LEFT, "");
	else
		printf("%-*s", HELP_LEFT, left);
	print_words(slice_str(o->help), HELP_LEFT);
}

void
options_help(const struct cmd *cmd)
{
	void *const nothing[OPT_TABLES] = { NULL };
	struct parser p;
	int i;

	printf("usage: postroad %s [OPTIONS] %s\n\n%s.\n", cmd->name,
	    cmd->operands, cmd->summary);
	if (cmd->text != NULL) {
		putchar('\n');
		print_text(cmd->text);
	}
	printf("\nOptions:\n");
	parser_init(&p, cmd, nothing);
	for (i = 0; i < p.n; i++)
		if (p.opt[i]->help != NULL && !is_known(&p, p.opt[i]->name, i))
			help_option(p.opt[i]);
	buf_free(&p.shorts);
}
