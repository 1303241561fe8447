/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An IMAP command, built argument by argument, never printed together.  What
 * comes from outside goes in through a typed call, which quotes, makes a
 * literal, or refuses: CR, LF and NUL can never become a second command.
 * For wire/imap*.c and for callers with a command of their own.
 *
 *	struct imap_cmd c = { 0 };
 *	imap_cmd_word(&c, "SUBSCRIBE");
 *	if (imap_cmd_astring(&c, name, err) == 0)
 *		rc = imap_cmd_send(im, &c, &tag, err);
 *	imap_cmd_free(&c);
 */
#ifndef WIRE_IMAP_CMD_H
#define WIRE_IMAP_CMD_H

#include "wire/imap.h"

#define IMAP_CMD_PARTS 8 /* literals in one command */

struct imap_cmd {
	struct buf text;
	size_t literal_at[IMAP_CMD_PARTS]; /* where literals begin in text */
	size_t literal_len[IMAP_CMD_PARTS];
	size_t n_literals;
};

/* Protocol text of ours, with a space before it unless it is the first. */
void imap_cmd_word(struct imap_cmd *c, const char *word);
/* A number. */
void imap_cmd_number(struct imap_cmd *c, uint64_t n);
/* The following: 0, or -1 with SCOPE_MSG (CR, LF, NUL; not of that type).
 * astring: an atom if it can be, else quoted, else a literal. */
int imap_cmd_astring(struct imap_cmd *c, struct slice s, struct err *err);
int imap_cmd_string(struct imap_cmd *c, struct slice s, struct err *err);
/* Digits , : * only. */
int imap_cmd_set(struct imap_cmd *c, struct slice set, struct err *err);
/* "(\Seen $Foo)" from words; a word that is no flag, and \Recent, is
 * refused. */
int imap_cmd_flags(struct imap_cmd *c, struct slice words, struct err *err);
/* A date-time, quoted; years 1970 to 9999. */
int imap_cmd_date(struct imap_cmd *c, int64_t t, struct err *err);

/* Queue it with a tag; literals as the server takes them.  -1: SCOPE_STORE.
 * A NO in place of a continuation is the reply, and no error here. */
int imap_cmd_send(struct imap *im, const struct imap_cmd *c, uint32_t *tag_r,
    struct err *err);
/* Send, wait, and imap_result_err(). */
int imap_cmd_run(struct imap *im, const struct imap_cmd *c, enum scope scope,
    struct err *err);
void imap_cmd_free(struct imap_cmd *c);

#endif
