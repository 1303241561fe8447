/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All properties of an item, one by one; see item_props.h. */
#include "formats/item_props.h"
#include "formats/pst/own_impl.h"

#define TEXT_WHOLE 65536 /* longer ones are streams */
#define MANY_MAX   4096
#define TIME_EPOCH 11644473600 /* seconds from 1601 to 1970 */

static void
get_name(struct own_item *oi, struct arena *a, struct item_prop *p)
{
	struct pst_name name;
	const struct pst_names *names = own_names(oi->r);

	if (p->id < 0x8000 || names == NULL ||
	    !pst_names_of(names, p->id, &name))
		return;
	p->named = true;
	p->by_string = name.is_string;
	p->number = name.number;
	memcpy(p->set, name.guid, sizeof(p->set));
	if (name.is_string)
		p->string = own_decode(a, name.string, true, 0, NULL);
}

static void
get_stream(struct own_item *oi, const struct ltp_value *v, enum own_form form,
    struct arena *a, struct item_prop *p)
{
	struct own_body *b = arena_alloc(a, sizeof(*b));

	p->stream = own_stream(oi, b, v, form);
}

static void
get_text(struct own_item *oi, const struct ltp_value *v, struct arena *a,
    struct item_prop *p)
{
	p->form = PROP_TEXT;
	if (ltp_size(&oi->props.heap, v) <= TEXT_WHOLE) {
		p->text = own_text(a, &oi->props.heap, v, oi->codepage,
		    TEXT_WHOLE, NULL);
	} else if (v->type == PtypString) {
		get_stream(oi, v, OWN_UTF16, a, p);
	} else {
		p->form = PROP_BYTES;
		get_stream(oi, v, OWN_BYTES, a, p);
	}
}

static void
get_real(struct own_item *oi, const struct ltp_value *v, struct item_prop *p)
{
	struct buf b = { 0 };
	struct err err = { 0 };
	uint32_t bits = (uint32_t)v->number;
	float f;

	if (v->type == PtypFloating32) {
		memcpy(&f, &bits, sizeof(f));
		p->real = (double)f;
		p->form = PROP_REAL;
	} else if (ltp_bytes(&oi->props.heap, v, sizeof(double), &b, &err) >
		0 &&
	    b.n == sizeof(double)) {
		memcpy(&p->real, b.p, sizeof(double));
		p->form = PROP_REAL;
	}
	buf_free(&b);
}

static void
get_time(struct own_item *oi, const struct ltp_value *v, struct item_prop *p)
{
	int64_t ticks = ltp_number(&oi->props.heap, v, 0);

	p->form = PROP_TIME;
	p->value = ticks <= 0 ? DATE_UNKNOWN : ticks / 10000000 - TIME_EPOCH;
}

static void
get_value(struct own_item *oi, const struct ltp_value *v, struct arena *a,
    struct item_prop *p)
{
	switch (v->type) {
	case PtypInteger16:
	case PtypInteger32:
	case PtypInteger64:
	case PtypErrorCode:
		p->form = PROP_INT;
		p->value = ltp_number(&oi->props.heap, v, 0);
		break;
	case PtypBoolean:
		p->form = PROP_BOOL;
		p->value = ltp_number(&oi->props.heap, v, 0);
		break;
	case PtypFloating32:
	case PtypFloating64:
		get_real(oi, v, p);
		break;
	case PtypTime:
		get_time(oi, v, p);
		break;
	case PtypString:
	case PtypString8:
		get_text(oi, v, a, p);
		break;
	case PtypMultipleString:
	case PtypMultipleString8:
		p->n_many = own_many(oi, v->id, MANY_MAX, &p->many);
		p->form = PROP_TEXTS;
		break;
	case PtypMultipleBinary:
		p->n_many = own_many(oi, v->id, MANY_MAX, &p->many);
		p->form = PROP_BYTESES;
		break;
	case PtypObject:
		break;
	default:
		p->form = PROP_BYTES;
		get_stream(oi, v, OWN_BYTES, a, p);
		break;
	}
	/* more of them than can be taken apart: whole, then */
	if (p->form >= PROP_TEXTS && p->n_many == 0 &&
	    ltp_size(&oi->props.heap, v) > 4) {
		p->form = PROP_BYTES;
		get_stream(oi, v, OWN_BYTES, a, p);
	}
}

static void
get(void *arg, size_t i, struct arena *a, struct item_prop *p)
{
	struct own_item *oi = arg;
	const struct ltp_value *v = &oi->props.v[i];

	memset(p, 0, sizeof(*p));
	p->id = v->id;
	p->type = v->type;
	get_name(oi, a, p);
	get_value(oi, v, a, p);
}

void
own_fill_props(struct own_item *oi)
{
	struct item_props *p = arena_alloc(&oi->a, sizeof(*p));

	p->n = oi->props.n;
	p->get = get;
	p->arg = oi;
	oi->pub.props = p;
}
