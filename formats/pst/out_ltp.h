/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing a PST, the middle layer ([MS-PST] 2.3): heaps on nodes, property
 * contexts and table contexts, on the blocks of formats/pst/out.h.
 *
 * Errors as there; a value that cannot be in a PST is SCOPE_MSG, EX_DATAERR.
 */
#ifndef FORMATS_PST_OUT_LTP_H
#define FORMATS_PST_OUT_LTP_H

#include <stdio.h>

#include "core/arena.h"
#include "core/buf.h"
#include "formats/pst/out.h"

/* A property tag: its id and its type ([MS-OXPROPS], formats/pst/prop.h). */
#define PST_TAG(id, type) ((uint32_t)(id) << 16 | (uint32_t)(type))

/* ------------------------------------------------------- property context */

struct pst_prop_out {
	uint32_t tag;
	uint32_t fixed;	    /* types of up to four bytes */
	struct slice value; /* the others, as they lie in the file */
	uint32_t nid;	    /* the value is this subnode */
};

/* The properties of one object, in any order; a later value of a tag wins.
 * Zero it first; props_reset() for the next object. */
struct pst_props {
	struct arena arena;
	struct pst_prop_out *v;
	size_t n;
};

void props_int(struct pst_props *p, unsigned id, int32_t v);
void props_bool(struct pst_props *p, unsigned id, bool v);
void props_int64(struct pst_props *p, unsigned id, int64_t v);
/* Seconds since 1970 UTC; DATE_UNKNOWN: nothing is set. */
void props_time(struct pst_props *p, unsigned id, int64_t t);
/* UTF-8 in, UTF-16LE out; broken bytes become U+FFFD. */
void props_text(struct pst_props *p, unsigned id, struct slice utf8);
void props_binary(struct pst_props *p, unsigned id, struct slice bytes);
/* At most PST_VALUE_MAX bytes of any type, as they lie in the file. */
#define PST_VALUE_MAX 3580
void props_raw(struct pst_props *p, unsigned id, unsigned type,
    struct slice bytes);
void props_texts(struct pst_props *p, unsigned id, const struct slice *v,
    size_t n);
void props_binaries(struct pst_props *p, unsigned id, const struct slice *v,
    size_t n);
/* The value is a subnode that the caller adds: PtypString, PtypBinary, and
 * for PtypObject with the size of what it holds. */
void props_node(struct pst_props *p, unsigned id, unsigned type, uint32_t nid,
    uint32_t size);
void props_reset(struct pst_props *p);
void props_free(struct pst_props *p);

/* Append 'utf8' as UTF-16LE to 'out'; at most 'max' units, 0: all. */
void pst_out_utf16(struct buf *out, struct slice utf8, size_t max);

/* Write them as a property context; large values go to 'subs'. */
int props_write(struct pst_out *o, struct pst_props *p,
    struct pst_out_subs *subs, uint64_t *bid_r, struct err *err);

/* ---------------------------------------------------------- table context */

#define TABLE_COLUMNS_MAX 64

/* A table being written: 'columns' are tags in the order of their cells;
 * the first two are PidTagLtpRowId and PidTagLtpRowVer.  Rows must come in
 * rising order of their ids.  Rows and text wait in temporary files: size does
 * not matter. */
struct pst_table;

int table_open(struct pst_table **t_r, const uint32_t *columns, size_t n,
    struct err *err);
void table_row(struct pst_table *t, uint32_t row_id);
/* Cells of the row begun last; a column the table does not have is ignored.
 * Text is cut at 255 characters, as Outlook does in its tables. */
void table_int(struct pst_table *t, unsigned id, int32_t v);
void table_bool(struct pst_table *t, unsigned id, bool v);
void table_int64(struct pst_table *t, unsigned id, int64_t v);
void table_time(struct pst_table *t, unsigned id, int64_t unix_s);
int table_text(struct pst_table *t, unsigned id, struct slice utf8,
    struct err *err);
int table_binary(struct pst_table *t, unsigned id, struct slice bytes,
    struct err *err);
/* The row is complete. */
int table_row_end(struct pst_table *t, struct err *err);
uint64_t table_rows(const struct pst_table *t);

/* Write it; *t becomes NULL in any case.  The rows may go to 'subs'. */
int table_write(struct pst_out *o, struct pst_table **t,
    struct pst_out_subs *subs, uint64_t *bid_r, struct err *err);
void table_free(struct pst_table **t);

/* FILETIME: 100 ns since 1601. */
uint64_t pst_filetime(int64_t unix_s);

#endif
