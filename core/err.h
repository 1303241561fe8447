/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A failure is a value: how far it reaches, whether waiting helps, which exit
 * status it means if it ends the run, what happened, and what to do next.
 *
 * The layer that knows the subject fills it in; layers above add context with
 * err_within() and may widen the scope, never narrow it.  Only cli/ turns an
 * err into a process exit.  Functions that take a 'struct err *' return 0 (or
 * a count) on success and -1 with *err filled in on failure, never both.
 */
#ifndef CORE_ERR_H
#define CORE_ERR_H

#include <stdbool.h>
#include <sysexits.h>

/* How far the damage reaches, narrowest first. */
enum scope {
	SCOPE_NONE = 0, /* no error */
	SCOPE_MSG,	/* one message is lost to us; the next may be fine */
	SCOPE_FOLDER,	/* this folder is unreadable; the next may be fine */
	SCOPE_STORE,	/* this source or sink: only close it */
	SCOPE_RUN	/* stop everything: disk full, bad usage, a bug */
};

/* Lives on the caller's stack, is never NULL, needs no freeing. */
struct err {
	enum scope scope;
	bool retry;	  /* the same call may work later */
	bool passing;	  /* a server says of itself that this will pass, ... */
	unsigned wait_ms; /* ... and in what time; 0: not told */
	int sys;	  /* errno value, or 0 */
	int status;	  /* sysexits(3) status if this ends the run */
	char text[400];	  /* one UTF-8 line, no final '\n', escaped */
	char hint[240];	  /* what to do next, or "" */
};

/*
 * Fill in 'err': scope, exit status (EX_DATAERR, ...) and text.  The text may
 * hold anything: it is escaped for terminals here.  EX_TEMPFAIL sets retry.
 * Always returns -1, so: return err_set(err, ...);
 */
int err_set(struct err *err, enum scope scope, int status, const char *fmt, ...)
    __attribute__((format(printf, 4, 5), cold));

/*
 * The same, then ": " and the words for errno, which is kept in err->sys.
 * ENOSPC, EDQUOT and EIO become EX_IOERR with SCOPE_RUN and a hint.
 */
int err_sys(struct err *err, enum scope scope, int status, const char *fmt, ...)
    __attribute__((format(printf, 4, 5), cold));

/* Prepend context ("folder 'Sent'") and ": " on the way up.  Returns -1. */
int err_within(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), cold));

/* Say what to do next (replaces an earlier hint).  Returns -1. */
int err_hint(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), cold));

/* Back to "no error". */
void err_clear(struct err *err);

#endif
