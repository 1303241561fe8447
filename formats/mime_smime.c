/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * S/MIME items: the message as it was signed or encrypted is the item's one
 * attachment ([MS-OXOSMIME] 2.1); it must come out to the byte, or nobody can
 * verify it.
 */
#include "formats/mime_impl.h"

#include <ctype.h>

#include "formats/head.h"

/* A SEQUENCE, its length, and an object id. */
#define CMS_HEAD 24

#define CLASS_SMIME  "IPM.Note.SMIME"
#define CLASS_SIGNED "IPM.Note.SMIME.MultipartSigned"

static bool
has_class(const struct item *it, const char *class)
{
	size_t n = strlen(class);

	return it->class.n >= n &&
	    slice_is_nocase(slice_of(it->class.p, n), class) &&
	    (it->class.n == n || it->class.p[n] == '.');
}

static bool
value_starts(struct slice value, const char *what)
{
	size_t n = strlen(what);

	value = slice_trim(value);
	return value.n >= n && slice_is_nocase(slice_of(value.p, n), what);
}

/* The attachment is a whole MIME entity: its own Content- fields, an empty
 * line, the body. */
static bool
put_entity(struct mime_out *o, const struct item_stream *s, struct slice head,
    bool own_head, struct slice type)
{
	struct slice rest = head, name, value;

	out_str(o, "MIME-Version: 1.0\r\n");
	if (!own_head) {
		out_str(o, "Content-Type:");
		mime_put_lines(o, type);
	}
	while (own_head && head_next(&rest, &name, &value)) {
		if (name.n < 8 ||
		    !slice_is_nocase(slice_of(name.p, 8), "Content-"))
			continue;
		out_put(o, name.p, name.n);
		out_str(o, ":");
		mime_put_lines(o, value);
	}
	out_str(o, "\r\n");
	mime_put_raw(o, s, own_head ? head.n : 0);
	return true;
}

static bool
put_signed(struct mime_out *o, const struct item *it,
    const struct item_stream *s)
{
	struct buf b = { 0 };
	struct slice head, type;
	bool done = false;

	mime_peek(s, LIMIT_HEAD_BYTES, &b);
	head = buf_slice(&b);
	head.n = head_length(head);
	if (head_find(head, "Content-Type", &type) &&
	    value_starts(type, "multipart/signed"))
		done = put_entity(o, s, head, true, type);
	else if (head_find(it->headers, "Content-Type", &type) &&
	    value_starts(type, "multipart/signed") && b.n > 2 &&
	    (memcmp(b.p, "--", 2) == 0 || memchr("\r\n", b.p[0], 2)))
		done = put_entity(o, s, head, false, type);
	buf_free(&b);
	return done;
}

/*
 * What a CMS ContentInfo is, by the object id it begins with: pkcs7 2 signed
 * (RFC 5652), pkcs9 16.1.9 compressed (RFC 3274), 16.1.23 encrypted with its
 * integrity protected (RFC 5083); else enveloped.  Names: RFC 8551 3.2.2.
 */
static const char *
smime_type(const struct item_stream *s)
{
	static const struct {
		const char *oid, *type;
	} kinds[] = {
		{ "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", "signed-data" },
		{ "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x09",
		    "compressed-data" },
		{ "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17",
		    "authEnveloped-data" },
	};
	const char *type = "enveloped-data";
	struct buf b = { 0 };
	size_t i;

	mime_peek(s, CMS_HEAD, &b);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (memmem(b.p, b.n, kinds[i].oid, strlen(kinds[i].oid)) !=
		    NULL)
			type = kinds[i].type;
	buf_free(&b);
	return type;
}

/* "smime.p7m" and the like: what others know it by. */
static bool
is_plain_name(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!isalnum((unsigned char)s.p[i]) &&
		    strchr("-_.", s.p[i]) == NULL)
			return false;
	return s.n > 4 && s.n < 60 && strncasecmp(s.p + s.n - 4, ".p7", 3) == 0;
}

static bool
put_opaque(struct mime_out *o, const struct item *it,
    const struct item_stream *s)
{
	struct mime_field f;
	struct slice type;

	out_str(o, "MIME-Version: 1.0\r\n");
	if (head_find(it->headers, "Content-Type", &type) &&
	    (value_starts(type, "application/pkcs7-mime") ||
		value_starts(type, "application/x-pkcs7-mime"))) {
		out_str(o, "Content-Type:");
		mime_put_lines(o, type);
	} else {
		out_fmt(o,
		    "Content-Type: application/pkcs7-mime; "
		    "smime-type=%s;\r\n name=\"smime.p7m\"\r\n",
		    smime_type(s));
	}
	field_begin(&f, "Content-Disposition");
	field_word(&f, slice_str("attachment"));
	field_param(&f, "filename",
	    is_plain_name(it->attachments->name) ? it->attachments->name
						 : slice_str("smime.p7m"));
	field_end(&f, o);
	out_str(o, "Content-Transfer-Encoding: base64\r\n\r\n");
	mime_put_base64(o, s);
	return true;
}

bool
mime_put_smime(struct mime_out *o, const struct item *it)
{
	const struct item_attach *at = it->attachments;

	if (!has_class(it, CLASS_SMIME) || it->n_attachments != 1 ||
	    at->method != ITEM_ATTACH_DATA || at->data.copy == NULL)
		return false;
	if (put_signed(o, it, &at->data))
		return true;
	if (has_class(it, CLASS_SIGNED))
		return false;
	return put_opaque(o, it, &at->data);
}
