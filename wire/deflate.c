/* SPDX-License-Identifier: GPL-3.0-or-later */
/* zlib on a connection; see deflate.h. */
#include "wire/deflate.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "core/mem.h"

#define WINDOW_RAW (-15) /* no zlib header: RFC 4978 3 */
/* of one block, stored if it must be, and the flush's empty block */
#define OUT_BYTES (DEFLATE_BLOCK + 512)

struct deflate {
	z_stream in, out;
	size_t in_n; /* bytes at the front of 'net' not inflated yet */
	size_t out_at, out_n;
	char net[DEFLATE_BLOCK];
	char leaving[OUT_BYTES];
};

struct deflate *
deflate_new(void)
{
	struct deflate *d = mem_alloc(1, sizeof(*d));

	if (inflateInit2(&d->in, WINDOW_RAW) != Z_OK ||
	    deflateInit2(&d->out, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW_RAW,
		8, Z_DEFAULT_STRATEGY) != Z_OK)
		mem_exhausted();
	return d;
}

void
deflate_free(struct deflate **d)
{
	if (*d == NULL)
		return;
	inflateEnd(&(*d)->in);
	deflateEnd(&(*d)->out);
	free(*d);
	*d = NULL;
}

char *
deflate_room(struct deflate *d, size_t *n_r)
{
	*n_r = DEFLATE_BLOCK - d->in_n;
	return d->net + d->in_n;
}

void
deflate_came(struct deflate *d, size_t n)
{
	d->in_n += n;
}

int
deflate_read(struct deflate *d, char *p, size_t cap, size_t *n_r,
    struct err *err)
{
	size_t used;
	int rc;

	d->in.next_in = (unsigned char *)d->net;
	d->in.avail_in = (unsigned)d->in_n;
	d->in.next_out = (unsigned char *)p;
	d->in.avail_out = (unsigned)cap;
	rc = inflate(&d->in, Z_SYNC_FLUSH);
	used = d->in_n - d->in.avail_in;
	memmove(d->net, d->net + used, d->in.avail_in);
	d->in_n = d->in.avail_in;
	*n_r = cap - d->in.avail_out;
	/* Z_BUF_ERROR: nothing to be done now */
	if (rc == Z_OK || rc == Z_BUF_ERROR)
		return 0;
	return err_set(err, SCOPE_STORE, EX_PROTOCOL,
	    rc == Z_STREAM_END ? "the server ended the compressed stream"
			       : "the server sends what is not compressed");
}

size_t
deflate_write(struct deflate *d, const char *p, size_t n)
{
	if (d->out_n > 0)
		return 0;
	if (n > DEFLATE_BLOCK)
		n = DEFLATE_BLOCK;
	d->out.next_in = (unsigned char *)(uintptr_t)p;
	d->out.avail_in = (unsigned)n;
	d->out.next_out = (unsigned char *)d->leaving;
	d->out.avail_out = OUT_BYTES;
	if (deflate(&d->out, Z_SYNC_FLUSH) != Z_OK || d->out.avail_in > 0 ||
	    d->out.avail_out == 0)
		mem_exhausted();
	d->out_at = 0;
	d->out_n = OUT_BYTES - d->out.avail_out;
	return n;
}

const char *
deflate_pending(const struct deflate *d, size_t *n_r)
{
	*n_r = d->out_n;
	return d->leaving + d->out_at;
}

void
deflate_left(struct deflate *d, size_t n)
{
	d->out_at += n;
	d->out_n -= n;
}
