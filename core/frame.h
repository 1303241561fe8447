/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What this program and a sandboxed child of it say to one another (core/
 * proc.h): frames with an 8-byte header (u32 payload length, u16 type, u16
 * mark; little-endian) and at most LIMIT_BLOCK bytes.  The child has read
 * what a stranger wrote: the parent believes nothing, and every length is
 * checked before it is used.  What the types mean is the business of those
 * who talk.
 */
#ifndef CORE_FRAME_H
#define CORE_FRAME_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/buf.h"
#include "core/limits.h"

#define FRAME_HEAD 8
/* Types are 1..FRAME_TYPES-1. */
#define FRAME_TYPES 64

struct frame {
	unsigned type;
	struct slice payload; /* valid until the next frame is taken */
};

/* Bytes as they come, cut into frames.  Zeroed, it is ready. */
struct frames {
	size_t n, used;
	char room[FRAME_HEAD + LIMIT_BLOCK];
};

/* Where the next bytes go, and how many may; then say how many came. */
char *frames_room(struct frames *in, size_t *cap_r);
void frames_came(struct frames *in, size_t n);
/* 1 a frame, 0 more bytes are needed, -1 these are no frames. */
int frames_next(struct frames *in, struct frame *f_r);
/* The same, waiting for it at 'fd'.  1, 0 at the end, -1. */
int frames_receive(struct frames *in, int fd, struct frame *f_r);

/* Take fields off the front of a payload.  What is not there is 0 or empty,
 * and *bad is set. */
uint32_t frame_u32(struct slice *p, bool *bad);
uint64_t frame_u64(struct slice *p, bool *bad);
struct slice frame_str(struct slice *p, size_t max, bool *bad);

/* Build a payload. */
void frame_put_u32(struct buf *b, uint32_t v);
void frame_put_u64(struct buf *b, uint64_t v);
/* At most 'max' bytes of it. */
void frame_put_str(struct buf *b, struct slice s, size_t max);

/* Append a whole frame, of at most LIMIT_BLOCK bytes, to be written with
 * others. */
void frame_put(struct buf *b, unsigned type, const void *payload, size_t n);

/* Write a frame to a pipe.  0 or -1 with errno. */
int frame_send(int fd, unsigned type, const void *payload, size_t n);

#endif
