/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The child that takes messages apart for an export (load/export/taker.h), in a
 * sandbox (core/sandbox.h): it can read the files beneath the spool, write
 * into its pipe, and end.  It is this program run again as "postroad
 * --mime-child" (core/proc.h).
 *
 *	parent: START (ONE | PROBE)*
 *	child:  HELLO { (BLOB | PLAN)* END }*	one END for each, in order
 */
#ifndef LOAD_EXPORT_TAKE_CHILD_H
#define LOAD_EXPORT_TAKE_CHILD_H

#define TAKE_CHILD_ARG "--mime-child"
#define TAKE_PROTOCOL  1
#define TAKE_WHY_MAX   400

enum take_frame_type {
	/* child to parent */
	TAKE_HELLO = 1, /* u32 protocol, u32 SANDBOX_NO_ bits */
	TAKE_BLOB,	/* bytes of the blob */
	TAKE_PLAN,	/* bytes of what taken_pack() made */
	TAKE_END,	/* u32 whole, str why not */
	/* parent to child */
	TAKE_START, /* u64 memory */
	TAKE_ONE,   /* str path beneath the spool */
	TAKE_PROBE  /* the same, u32 enum item_kind: can it be read? */
};

/* All of the child's life; returns its exit status. */
int take_child_main(void);

#endif
