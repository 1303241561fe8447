/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The PST child as its parent holds it: started, listened to with a
 * deadline, and ended whatever it does.
 */
#ifndef EXTRACT_PST_PROC_H
#define EXTRACT_PST_PROC_H

#include <sys/types.h>

#include "core/err.h"
#include "extract/pst_frame.h"

/* Zeroed but for to = from = -1, it is no child. */
struct pst_proc {
	pid_t pid; /* 0: none */
	int to, from;
	struct pst_frames in;
};

enum pst_heard {
	PST_HEARD_FRAME,
	PST_HEARD_END,	   /* it closed its pipe: see proc_end() */
	PST_HEARD_GARBAGE, /* these are no frames */
	PST_HEARD_NOTHING, /* not until the deadline */
	PST_HEARD_STOP	   /* the user wants to end: *err is filled in */
};

/* Run this program again as the child, 'pst' its input.  0, or -1 with
 * SCOPE_STORE. */
int proc_start(struct pst_proc *p, int pst, struct err *err);

/* Tell it something.  A child that does not listen any more is found out at
 * the next proc_hear(). */
void proc_tell(struct pst_proc *p, enum pst_frame_type type,
    const struct buf *payload);

/* Its next frame, waited for at most 'timeout_ms'. */
enum pst_heard proc_hear(struct pst_proc *p, unsigned timeout_ms,
    struct pst_frame *f_r, struct err *err);

/*
 * Kill it if it lives, and say in words how it ended ("crashed (signal 11)")
 * into 'how' of 'cap' bytes, if not NULL.
 */
void proc_end(struct pst_proc *p, char *how, size_t cap);

#endif
