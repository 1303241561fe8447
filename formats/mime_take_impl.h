/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What formats/mime_take*.c share; for them only. */
#ifndef FORMATS_MIME_TAKE_IMPL_H
#define FORMATS_MIME_TAKE_IMPL_H

#include "formats/mime_scan.h"
#include "formats/mime_take.h"

struct take {
	int fd;
	const struct item_sink *blob;
	uint64_t blob_at; /* bytes written there */
	struct arena *a;
};

/* ---- mime_take_head.c: what the header says of it all */
void take_head(struct take *t, struct taken *to, const struct entity *e);

/* ---- mime_take_text.c: bodies */
/* A part's text as UTF-8, in the blob. */
int take_plain(struct take *t, const struct entity *e, struct taken *to,
    struct err *err);
/* A part's HTML, its bytes as they are where its charset has a code page. */
int take_html(struct take *t, const struct entity *e, struct taken *to,
    struct err *err);
int take_blob(struct take *t, const void *data, size_t len, struct err *err);

#endif
