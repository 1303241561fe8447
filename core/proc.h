/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A child that reads what strangers wrote, as its parent holds it: started,
 * listened to with a deadline, and ended whatever it does.  It is this
 * program run again, with an empty environment and three descriptors; its
 * first deed is to lock itself in (core/sandbox.h).
 */
#ifndef CORE_PROC_H
#define CORE_PROC_H

#include <sys/types.h>

#include "core/err.h"
#include "core/frame.h"

enum {
	PROC_IN = 0,   /* the child's: frames from the parent */
	PROC_OUT = 1,  /* frames to it */
	PROC_GIVEN = 3 /* what it is to read */
};

/* Zeroed but for to = from = -1, it is no child. */
struct proc {
	pid_t pid; /* 0: none */
	int to, from;
	struct frames in;
};

enum proc_heard {
	PROC_HEARD_FRAME,
	PROC_HEARD_END,	    /* it closed its pipe: see proc_end() */
	PROC_HEARD_GARBAGE, /* these are no frames */
	PROC_HEARD_NOTHING, /* not until the deadline */
	PROC_HEARD_STOP	    /* the user wants to end: *err is filled in */
};

/* Run this program again as "postroad ARG", with 'given' as PROC_GIVEN.  0,
 * or -1 with SCOPE_STORE. */
int proc_start(struct proc *p, const char *arg, int given, struct err *err);

/* Tell it something.  A child that does not listen any more is found out at
 * the next proc_hear(). */
void proc_tell(struct proc *p, unsigned type, const struct buf *payload);

/* Its next frame, waited for at most 'timeout_ms'. */
enum proc_heard proc_hear(struct proc *p, unsigned timeout_ms,
    struct frame *f_r, struct err *err);

/*
 * Kill it if it lives, and say in words how it ended ("crashed (signal 11)")
 * into 'how' of 'cap' bytes, if not NULL.
 */
void proc_end(struct proc *p, char *how, size_t cap);

#endif
