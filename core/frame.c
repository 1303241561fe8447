/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames between a sandboxed child and its parent; see frame.h. */
#include "core/frame.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/io.h"

#define FRAME_MARK 0x5250u

static uint64_t
get(const char *p, size_t n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | (unsigned char)p[n];
	return v;
}

static void
set(char *p, uint64_t v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (char)(v >> (8 * i) & 0xff);
}

char *
frames_room(struct frames *in, size_t *cap_r)
{
	if (in->used > 0) {
		memmove(in->room, in->room + in->used, in->n - in->used);
		in->n -= in->used;
		in->used = 0;
	}
	*cap_r = sizeof(in->room) - in->n;
	return in->room + in->n;
}

void
frames_came(struct frames *in, size_t n)
{
	in->n += n;
}

int
frames_next(struct frames *in, struct frame *f_r)
{
	const char *p = in->room + in->used;
	size_t left = in->n - in->used, len, type;

	if (left < FRAME_HEAD)
		return 0;
	len = get(p, 4);
	type = get(p + 4, 2);
	if (get(p + 6, 2) != FRAME_MARK || len > LIMIT_BLOCK || type == 0 ||
	    type >= FRAME_TYPES)
		return -1;
	if (left < FRAME_HEAD + len)
		return 0;
	f_r->type = (unsigned)type;
	f_r->payload = slice_of(p + FRAME_HEAD, len);
	in->used += FRAME_HEAD + len;
	return 1;
}

static uint64_t
take(struct slice *p, size_t n, bool *bad)
{
	uint64_t v;

	if (p->n < n) {
		*bad = true;
		p->n = 0;
		return 0;
	}
	v = get(p->p, n);
	*p = slice_from(*p, n);
	return v;
}

uint32_t
frame_u32(struct slice *p, bool *bad)
{
	return (uint32_t)take(p, 4, bad);
}

uint64_t
frame_u64(struct slice *p, bool *bad)
{
	return take(p, 8, bad);
}

struct slice
frame_str(struct slice *p, size_t max, bool *bad)
{
	size_t n = (size_t)take(p, 4, bad);
	struct slice s;

	if (n > max || n > p->n) {
		*bad = true;
		p->n = 0;
		return slice_of("", 0);
	}
	s = slice_of(p->p, n);
	*p = slice_from(*p, n);
	return s;
}

void
frame_put_u32(struct buf *b, uint32_t v)
{
	set(buf_room(b, 4), v, 4);
	b->n += 4;
}

void
frame_put_u64(struct buf *b, uint64_t v)
{
	set(buf_room(b, 8), v, 8);
	b->n += 8;
}

void
frame_put_str(struct buf *b, struct slice s, size_t max)
{
	if (s.n > max)
		s.n = max;
	frame_put_u32(b, (uint32_t)s.n);
	buf_put(b, s.p, s.n);
}

void
frame_put(struct buf *b, unsigned type, const void *payload, size_t n)
{
	frame_put_u32(b, (uint32_t)n);
	frame_put_u32(b, type | (uint32_t)FRAME_MARK << 16);
	buf_put(b, payload, n);
}

int
frame_send(int fd, unsigned type, const void *payload, size_t n)
{
	char head[FRAME_HEAD];
	struct iovec iov[2] = { { head, sizeof(head) },
		{ (void *)(uintptr_t)payload, n } };
	ssize_t done;

	if (n > LIMIT_BLOCK) {
		errno = EMSGSIZE;
		return -1;
	}
	set(head, n, 4);
	set(head + 4, (uint64_t)type, 2);
	set(head + 6, FRAME_MARK, 2);
	do
		done = writev(fd, iov, n > 0 ? 2 : 1);
	while (done < 0 && errno == EINTR);
	if (done < 0)
		return -1;
	if ((size_t)done < sizeof(head)) {
		if (io_write_all(fd, head + done,
			sizeof(head) - (size_t)done) != 0)
			return -1;
		done = sizeof(head);
	}
	return io_write_all(fd,
	    (const char *)payload + ((size_t)done - sizeof(head)),
	    n - ((size_t)done - sizeof(head)));
}

int
frames_receive(struct frames *in, int fd, struct frame *f_r)
{
	char *room;
	size_t cap;
	ssize_t n;
	int rc;

	while ((rc = frames_next(in, f_r)) == 0) {
		room = frames_room(in, &cap);
		n = read(fd, room, cap);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (int)n;
		frames_came(in, (size_t)n);
	}
	return rc;
}
