/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See lzfu.h. */
#include "formats/pst/lzfu.h"

#include <string.h>

#include "formats/pst/bytes.h"
#include "formats/pst/crypt.h"

#define COMPRESSED   0x75465a4c /* "LZFu" */
#define UNCOMPRESSED 0x414c454d /* "MELA" */

/* What the window holds before the first byte, [MS-OXRTFCP] 3.1.1.1 */
static const char dictionary[] =
    "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman "
    "\\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes "
    "New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard"
    "\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

void
lzfu_init(struct lzfu *l, const struct item_sink *to)
{
	memset(l, 0, sizeof(*l));
	l->to = *to;
	l->half = -1;
	memcpy(l->window, dictionary, sizeof(dictionary) - 1);
	l->at = sizeof(dictionary) - 1;
}

static int
flush(struct lzfu *l, struct err *err)
{
	unsigned n = l->n_ready;

	l->n_ready = 0;
	return n == 0 ? 0 : l->to.put(l->to.arg, l->ready, n, err);
}

static int
emit(struct lzfu *l, uint8_t c, struct err *err)
{
	l->window[l->at] = c;
	l->at = (l->at + 1) % LZFU_WINDOW;
	l->ready[l->n_ready++] = c;
	l->out++;
	return l->n_ready == sizeof(l->ready) ? flush(l, err) : 0;
}

/* 12 bits of where, 4 bits of how long; pointing at the next byte to be
 * written means the end. */
static int
refer(struct lzfu *l, unsigned ref, struct err *err)
{
	unsigned from = ref >> 4, n = (ref & 0xf) + 2;

	if (from == l->at) {
		l->ended = true;
		return 0;
	}
	while (n-- > 0) {
		if (emit(l, l->window[from], err) != 0)
			return -1;
		from = (from + 1) % LZFU_WINDOW;
	}
	return 0;
}

static int
put_byte(struct lzfu *l, uint8_t c, struct err *err)
{
	unsigned ref;

	if (l->half >= 0) {
		ref = (unsigned)l->half << 8 | c;
		l->half = -1;
		return refer(l, ref, err);
	}
	if (l->n_flags == 0) {
		l->flags = c;
		l->n_flags = 8;
		return 0;
	}
	l->n_flags--;
	ref = l->flags & 1;
	l->flags >>= 1;
	if (!ref)
		return emit(l, c, err);
	l->half = c;
	return 0;
}

static void
read_head(struct lzfu *l)
{
	uint32_t size = pst_u32(l->head), type = pst_u32(l->head + 8);

	l->raw_size = pst_u32(l->head + 4);
	l->crc_is = pst_u32(l->head + 12);
	l->stored = type == UNCOMPRESSED;
	l->foreign = type != UNCOMPRESSED && type != COMPRESSED;
	/* the size counts what stands behind itself */
	l->left = size < LZFU_HEAD - 4 ? 0 : size - (LZFU_HEAD - 4);
	/* some programs give the one size for the other: less is right */
	if (l->stored && (l->raw_size < l->left || l->left == 0))
		l->left = l->raw_size;
}

int
lzfu_put(struct lzfu *l, const void *data, size_t len, struct err *err)
{
	const uint8_t *p = data;
	size_t i = 0;

	for (; l->head_n < LZFU_HEAD && i < len; i++) {
		l->head[l->head_n++] = p[i];
		if (l->head_n == LZFU_HEAD)
			read_head(l);
	}
	if (l->foreign || l->head_n < LZFU_HEAD)
		return 0;
	if (len - i > l->left)
		len = i + (size_t)l->left;
	l->left -= len - i;
	if (!l->stored)
		l->crc = pst_crc(l->crc, p + i, len - i);
	for (; i < len && !l->ended; i++)
		if (l->stored ? emit(l, p[i], err) != 0
			      : put_byte(l, p[i], err) != 0)
			return -1;
	return 0;
}

int
lzfu_end(struct lzfu *l, enum lzfu_end *how_r, struct err *err)
{
	if (l->foreign || l->head_n < LZFU_HEAD)
		*how_r = LZFU_FOREIGN;
	else if (l->left > 0 ||
	    (!l->stored && !l->ended && l->out < l->raw_size))
		*how_r = LZFU_SHORT;
	else if (!l->stored && l->crc != l->crc_is)
		*how_r = LZFU_BAD_CRC;
	else
		*how_r = LZFU_WHOLE;
	return flush(l, err);
}
