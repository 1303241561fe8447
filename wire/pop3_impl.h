/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For wire/pop3*.c only: the session and what its parts share.
 *
 *	pop3.c		life, lines, replies, CAPA, STLS
 *	pop3_login.c	AUTH, APOP, USER and PASS
 *	pop3_mail.c	STAT, LIST, UIDL, RETR
 */
#ifndef WIRE_POP3_IMPL_H
#define WIRE_POP3_IMPL_H

#include "core/buf.h"
#include "wire/pop3.h"

struct pop3 {
	struct conn *conn; /* NULL: it is over */
	struct err why;	   /* and this ended it */
	bool plaintext_ok; /* the user said --tls none */
	bool bare_lf;	   /* this server's lines end in LF alone */
	bool knows_capa;
	bool logged_in;
	bool caps[POP3_CAP_COUNT];
	unsigned sasl; /* LOGIN_BIT()s of the mechanisms it offers */
	struct buf cap_text;
	struct buf greeting;  /* as it came */
	struct buf shown;     /* of it, escaped */
	struct buf line;      /* the last one read, without its end */
	struct slice hide[2]; /* must not appear in any text */
	/* RETR */
	size_t asked;			  /* sent and not begun */
	uint32_t numbers[POP3_ASKED_MAX]; /* of these, oldest first */
	bool reading, line_start, after_cr;
	uint64_t bytes; /* of the message being read */
};

/* The session is over: remember why.  Returns -1. */
int pop3_die(struct pop3 *p, const struct err *err);
/* -1 with the reason if it is over. */
int pop3_check_alive(const struct pop3 *p, struct err *err);
/* Wait for more input.  -1: over, with 'doing' in the text. */
int pop3_await(struct pop3 *p, const char *doing, struct err *err);
/* Queue bytes.  -1: over. */
int pop3_put(struct pop3 *p, const void *data, size_t n, struct err *err);
/* A whole line of ours, CRLF added; 'shown' goes into the trace, NULL: it. */
int pop3_put_line(struct pop3 *p, const char *text, const char *shown,
    struct err *err);
/* Read a line into p->line. */
int pop3_read_line(struct pop3 *p, const char *doing, struct err *err);
/* Read a line of a multi-line reply, unstuffed: 1, 0 at its end, -1. */
int pop3_read_more(struct pop3 *p, const char *doing, struct err *err);
/*
 * Read a status line: 1 +OK, 0 -ERR (pop3_refusal() makes an error of it), -1
 * over, EX_PROTOCOL.  *text_r, if not NULL: what follows, until the next line.
 */
int pop3_read_status(struct pop3 *p, const char *doing, struct slice *text_r,
    struct err *err);
/* The same for the line that was just read. */
int pop3_status_of_line(struct pop3 *p, const char *doing, struct slice *text_r,
    struct err *err);
/* The -ERR that p->line holds, as an error: with 'code's status where it has
 * a response code that we know (RFC 2449 8, 3206), else 'status'. */
int pop3_refusal(const struct pop3 *p, enum scope scope, int status,
    const char *what, struct err *err);
/* put_line, read_status. */
int pop3_ask(struct pop3 *p, const char *command, struct slice *text_r,
    struct err *err);
void pop3_trace(struct pop3 *p, char dir, struct slice line);

#endif
