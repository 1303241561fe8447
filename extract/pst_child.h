/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The child that reads a PST for its parent (extract/source_pst.c), in a
 * sandbox (core/sandbox.h).  The program runs itself again as "postroad
 * --pst-child", with an empty environment, so that nothing of the parent is
 * in its memory; it gets three descriptors.
 */
#ifndef EXTRACT_PST_CHILD_H
#define EXTRACT_PST_CHILD_H

#define PST_CHILD_ARG "--pst-child"

enum {
	PST_CHILD_IN = 0,  /* frames from the parent */
	PST_CHILD_OUT = 1, /* frames to it */
	PST_CHILD_PST = 3  /* the PST, read-only */
};

/* All of the child's life; returns its exit status. */
int pst_child_main(void);

#endif
