/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A body in RTF as PidTagRtfCompressed ([MS-OXRTFCP] 2.1.3): LZFu, of
 * literals only, since some readers take nothing else and none gains by
 * references.  Its head tells size and CRC, so the text is gone through
 * twice.
 */
#include "core/mem.h"
#include "formats/pst/bytes.h"
#include "formats/pst/crypt.h"
#include "formats/pst/store_impl.h"

#define HEAD	   16
#define LZFU	   0x75465a4c
#define DICTIONARY 4096
#define PRESET	   207 /* bytes that the dictionary begins with */
#define RUN	   8   /* literals behind a control byte */

/* Runs of literals, each behind its control byte, as they are complete. */
struct lzfu {
	const struct item_sink *to; /* NULL: only count */
	uint8_t run[1 + RUN + 2];
	size_t n; /* literals in it */
	uint64_t raw, packed;
	uint32_t crc;
};

static int
flush(struct lzfu *l, size_t n, struct err *err)
{
	l->packed += n;
	l->crc = pst_crc(l->crc, l->run, n);
	return l->to == NULL ? 0 : l->to->put(l->to->arg, l->run, n, err);
}

static int
lzfu_put(void *arg, const void *data, size_t len, struct err *err)
{
	struct lzfu *l = arg;
	const uint8_t *p = data;
	size_t i;

	for (i = 0; i < len; i++) {
		l->run[1 + l->n++] = p[i];
		if (l->n < RUN)
			continue;
		l->run[0] = 0;
		if (flush(l, 1 + RUN, err) < 0)
			return -1;
		l->n = 0;
	}
	l->raw += len;
	return 0;
}

/* The end is a reference to where the next byte would go. */
static int
lzfu_end(struct lzfu *l, struct err *err)
{
	unsigned at = (unsigned)((PRESET + l->raw) % DICTIONARY);

	l->run[0] = (uint8_t)(1u << l->n);
	l->run[1 + l->n] = (uint8_t)(at >> 4);
	l->run[2 + l->n] = (uint8_t)(at << 4);
	return flush(l, 3 + l->n, err);
}

static int
run_through(const struct item_stream *rtf, struct lzfu *l, struct err *err)
{
	struct item_sink sink = { lzfu_put, l };

	if (rtf->copy(rtf->arg, &sink, err) < 0)
		return -1;
	return lzfu_end(l, err);
}

struct packed {
	const struct item_stream *rtf;
	uint8_t head[HEAD];
};

static int
copy_packed(void *arg, const struct item_sink *to, struct err *err)
{
	const struct packed *p = arg;
	struct lzfu l = { .to = to };

	if (to->put(to->arg, p->head, HEAD, err) < 0 ||
	    run_through(p->rtf, &l, err) < 0)
		return -1;
	return 1;
}

int
store_pack_rtf(const struct item_stream *rtf, struct item_stream *out_r,
    struct arena *a, struct err *err)
{
	struct packed *p = arena_alloc(a, sizeof(*p));
	struct lzfu l = { .to = NULL };

	p->rtf = rtf;
	if (run_through(rtf, &l, err) < 0)
		return -1;
	if (l.packed + 12 > UINT32_MAX)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "a body of more than 4 GiB cannot be in a PST");
	pst_put32(p->head, (uint32_t)l.packed + 12);
	pst_put32(p->head + 4, (uint32_t)l.raw);
	pst_put32(p->head + 8, LZFU);
	pst_put32(p->head + 12, l.crc);
	*out_r = (struct item_stream){ copy_packed, p, HEAD + l.packed };
	return 0;
}
