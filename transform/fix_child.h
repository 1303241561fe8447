/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The child that plans fixes (transform/fixer.h), in a sandbox
 * (core/sandbox.h): it can read the files beneath the spool, write into its
 * pipe, and end.  It is this program run again as "postroad --fix-child"
 * (core/proc.h).
 *
 *	parent: START ONE*
 *	child:  HELLO { (TEXT* PIECE | LEFT)* END }*
 */
#ifndef TRANSFORM_FIX_CHILD_H
#define TRANSFORM_FIX_CHILD_H

#define FIX_CHILD_ARG "--fix-child"
#define FIX_PROTOCOL  1
#define FIX_WHY_MAX   400
#define FIX_NAME_MAX  1000
#define FIX_TEXT_MAX  ((size_t)8 << 20) /* a header */

enum fix_frame_type {
	/* child to parent */
	FIX_HELLO = 1, /* u32 protocol, u32 SANDBOX_NO_ bits */
	FIX_TEXT,      /* bytes for the REPLACE that follows */
	FIX_PIECE,     /* u32 what, u64 from, u64 n, u32 how, u32 flags,
			* u32 coding, str name, str type */
	FIX_LEFT,      /* str */
	FIX_END,       /* u32 whole, u32 FIX_ bits, str why not */
	/* parent to child */
	FIX_START, /* u64 memory */
	FIX_ONE	   /* u64 line, u64 strip, u32 FIX_ONE_ bits, str path */
};

enum { FIX_ONE_NEWLINES = 1, FIX_ONE_RECEIPTS = 2, FIX_ONE_SIGNED = 4 };

/* All of the child's life; returns its exit status. */
int fix_child_main(void);

#endif
