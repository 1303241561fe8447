/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which parts a message has, and how they lie in one another. */
#include "formats/mime_impl.h"

#include <ctype.h>
#include <stdio.h>

#include "core/digest.h"
#include "core/text.h"
#include "formats/pst/codepage.h"
#include "formats/pst/rtf.h"

#define CID_MAX	       512 /* bytes of one that is looked for */
#define CIDS_MAX       10000
#define NAME_MAX_BYTES 200
#define LINK_MAX_BYTES 2000
#define CALENDAR_PEEK  4096
#define RTF_TEXT_MAX   ((size_t)32 << 20)

struct part *
plan_part(struct mime_plan *p, enum part_kind kind, const char *type)
{
	struct part *part = arena_alloc(p->a, sizeof(*part));

	part->kind = kind;
	part->type = type;
	part->params = "";
	return part;
}

void
plan_add(struct part *to, struct part *child)
{
	if (to->last == NULL)
		to->first = child;
	else
		to->last->next = child;
	to->last = child;
}

/* A boundary is made of what the item is and which multipart this is: always
 * the same, and nowhere else ('=' and '_' never stand together in encoded
 * text). */
struct part *
plan_multi(struct mime_plan *p, const char *type, const char *params)
{
	struct part *part = plan_part(p, PART_MULTI, type);
	uint8_t hash[DIGEST_BYTES];
	struct buf b = { 0 };
	char hex[25];

	part->params = params;
	buf_put(&b, p->it->uid.p, p->it->uid.n);
	buf_putf(&b, "/%u", p->parts++);
	digest_of(b.p, b.n, hash);
	buf_free(&b);
	snprintf(part->boundary, sizeof(part->boundary), "=_%s",
	    digest_hex(hex, hash, 12));
	return part;
}

static int
copy_slice(void *arg, const struct item_sink *to, struct err *err)
{
	const struct mime_bytes *b = arg;

	return b->s.n > 0 && to->put(to->arg, b->s.p, b->s.n, err) != 0 ? -1
									: 1;
}

struct item_stream
plan_bytes(struct mime_plan *p, struct slice s)
{
	struct mime_bytes *b = arena_alloc(p->a, sizeof(*b));

	b->s = s;
	return (
	    struct item_stream){ .copy = copy_slice, .arg = b, .size = s.n };
}

/* ---------------------------------------------------------- inline images */

/* Content-IDs an HTML text asks for, found in pieces of any size. */
struct cids {
	struct arena *a;
	struct slice found[CIDS_MAX];
	size_t n;
	size_t matched; /* bytes of "cid:" */
	bool inside;
	struct buf one;
};

static int
hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void
cid_done(struct cids *c)
{
	struct buf plain = { 0 };
	size_t i;

	for (i = 0; i < c->one.n; i++) {
		const char *p = c->one.p + i;

		if (*p == '%' && i + 2 < c->one.n && hex_of(p[1]) >= 0 &&
		    hex_of(p[2]) >= 0) {
			buf_putc(&plain,
			    (char)(hex_of(p[1]) * 16 + hex_of(p[2])));
			i += 2;
		} else {
			buf_putc(&plain, *p);
		}
	}
	if (plain.n > 0 && c->n < CIDS_MAX) {
		c->found[c->n].p = arena_slice(c->a, buf_slice(&plain));
		c->found[c->n++].n = plain.n;
	}
	buf_free(&plain);
	buf_clear(&c->one);
	c->inside = false;
}

static void
cid_byte(struct cids *c, char b)
{
	static const char word[] = "cid:";

	if (c->inside) {
		if (strchr("\"'<>) \t\r\n;", b) == NULL && b != '\0' &&
		    c->one.n < CID_MAX) {
			buf_putc(&c->one, b);
			return;
		}
		cid_done(c);
	}
	if (tolower((unsigned char)b) == word[c->matched])
		c->matched++;
	else
		c->matched = tolower((unsigned char)b) == word[0];
	if (c->matched == sizeof(word) - 1) {
		c->inside = true;
		c->matched = 0;
	}
}

static int
cid_put(void *arg, const void *data, size_t len, struct err *err)
{
	struct cids *c = arg;
	const char *p = data;
	size_t i;

	(void)err;
	for (i = 0; i < len; i++)
		cid_byte(c, p[i]);
	return 0;
}

static struct slice
bare_cid(struct slice s)
{
	s = slice_trim(s);
	if (s.n >= 2 && s.p[0] == '<' && s.p[s.n - 1] == '>')
		s = slice_of(s.p + 1, s.n - 2);
	return s;
}

static bool
is_asked_for(const struct cids *c, struct slice cid)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->found[i].n == cid.n &&
		    strncasecmp(c->found[i].p, cid.p, cid.n) == 0)
			return true;
	return false;
}

/* A URL that fits a line, RFC 2557 4. */
static bool
is_sane_location(struct slice s)
{
	return s.n > 0 && s.n < 900 && mime_is_ascii(s) &&
	    memchr(s.p, ' ', s.n) == NULL;
}

/* For each attachment: does the HTML show it? */
static bool *
find_inline(struct mime_plan *p)
{
	const struct item *it = p->it;
	bool *shown = arena_alloc(p->a, it->n_attachments);
	struct cids *c;
	struct item_sink sink = { .put = cid_put };
	struct err ignored = { 0 };
	size_t i, with_cid = 0;

	for (i = 0; i < it->n_attachments; i++)
		with_cid += it->attachments[i].cid.n > 0 ||
		    (it->attachments[i].related &&
			it->attachments[i].location.n > 0);
	if (with_cid == 0 || it->html.stream.copy == NULL)
		return shown;
	c = arena_alloc(p->a, sizeof(*c));
	c->a = p->a;
	sink.arg = c;
	it->html.stream.copy(it->html.stream.arg, &sink, &ignored);
	if (c->inside)
		cid_done(c);
	for (i = 0; i < it->n_attachments; i++) {
		const struct item_attach *at = &it->attachments[i];

		shown[i] = at->method == ITEM_ATTACH_DATA &&
		    ((at->cid.n > 0 && is_asked_for(c, bare_cid(at->cid))) ||
			(at->related && is_sane_location(at->location)));
	}
	buf_free(&c->one);
	return shown;
}

/* ------------------------------------------------------------ attachments */

/*
 * A name that is safe as a file's: no directories, no controls, not only
 * dots, not endless; the ending is kept.
 */
static struct slice
sane_name(struct mime_plan *p, struct slice name, const char *suffix)
{
	struct buf b = { 0 };
	struct slice s = slice_trim(name), out;
	const char *dot = NULL;
	uint32_t cp;
	size_t len, i;

	for (; s.n > 0; s = slice_from(s, len)) {
		len = text_utf8(s.p, s.n, &cp);
		if (len == 0)
			len = 1;
		else if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
			continue;
		else if (cp == '/' || cp == '\\' || cp == ':')
			buf_putc(&b, '_');
		else
			buf_put(&b, s.p, len);
	}
	for (i = 0; i < b.n && b.p[i] == '.'; i++)
		b.p[i] = '_';
	if (b.n > NAME_MAX_BYTES) {
		struct buf cut = { 0 };

		dot = memrchr(b.p, '.', b.n);
		len = dot == NULL ? 0 : b.n - (size_t)(dot - b.p);
		if (len > 20)
			len = 0;
		i = NAME_MAX_BYTES - len;
		while (i > 0 && ((unsigned char)b.p[i] & 0xc0) == 0x80)
			i--;
		buf_put(&cut, b.p, i);
		if (len > 0)
			buf_put(&cut, dot, len);
		buf_free(&b);
		b = cut;
	}
	if (b.n > 0 &&
	    (b.n < strlen(suffix) ||
		strcasecmp(b.p + b.n - strlen(suffix), suffix) != 0))
		buf_puts(&b, suffix);
	out = slice_of(arena_slice(p->a, buf_slice(&b)), b.n);
	buf_free(&b);
	return out;
}

/* type "/" subtype, of characters that a token has; lower case. */
static const char *
sane_type(struct mime_plan *p, struct slice s)
{
	size_t i, slashes = 0, n;
	char *low;

	s = slice_trim(s);
	for (n = 0; n < s.n && s.p[n] != ';' && s.p[n] != ' '; n++)
		;
	s.n = n;
	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '/')
			slashes++;
		else if (!isalnum((unsigned char)s.p[i]) &&
		    strchr("!#$&-^_.+", s.p[i]) == NULL)
			return NULL;
	}
	if (slashes != 1 || s.n > 100 || s.p[0] == '/' || s.p[s.n - 1] == '/')
		return NULL;
	low = arena_slice(p->a, s);
	for (i = 0; low[i] != '\0'; i++)
		low[i] = (char)tolower((unsigned char)low[i]);
	return low;
}

const char *
mime_type_by_name(struct slice name)
{
	static const struct {
		const char *ending, *type;
	} types[] = {
		{ ".jpg", "image/jpeg" },
		{ ".jpeg", "image/jpeg" },
		{ ".png", "image/png" },
		{ ".gif", "image/gif" },
		{ ".bmp", "image/bmp" },
		{ ".tif", "image/tiff" },
		{ ".pdf", "application/pdf" },
		{ ".txt", "text/plain" },
		{ ".htm", "text/html" },
		{ ".html", "text/html" },
		{ ".csv", "text/csv" },
		{ ".zip", "application/zip" },
		{ ".doc", "application/msword" },
		{ ".xls", "application/vnd.ms-excel" },
		{ ".ppt", "application/vnd.ms-powerpoint" },
		{ ".rtf", "application/rtf" },
		{ ".ics", "text/calendar" },
		{ ".vcf", "text/vcard" },
		{ ".mp3", "audio/mpeg" },
		{ ".wav", "audio/wav" },
		{ ".mp4", "video/mp4" },
	};
	size_t i, n;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		n = strlen(types[i].ending);
		if (name.n > n &&
		    strncasecmp(name.p + name.n - n, types[i].ending, n) == 0)
			return types[i].type;
	}
	return "application/octet-stream";
}

static bool
is_sane_cid(struct slice cid)
{
	return cid.n > 0 && cid.n < 800 && mime_is_ascii(cid) &&
	    memchr(cid.p, '>', cid.n) == NULL;
}

static bool
is_sane_charset(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!isalnum((unsigned char)s.p[i]) &&
		    strchr("-_.:", s.p[i]) == NULL)
			return false;
	return s.n > 0 && s.n < 60;
}

/* An invitation is one by its method (RFC 6047 2.4), which it names itself. */
static const char *
calendar_method(struct mime_plan *p, const struct item_stream *data)
{
	struct buf b = { 0 };
	const char *at, *method = "";
	size_t n;

	if (data->copy != NULL)
		mime_peek(data, CALENDAR_PEEK, &b);
	at = b.n == 0 ? NULL : memmem(b.p, b.n, "\nMETHOD:", 8);
	if (at != NULL) {
		at += 8;
		for (n = 0; at + n < b.p + b.n && n < 20 &&
		     isupper((unsigned char)at[n]);
		     n++)
			;
		if (n > 0)
			method = arena_fmt(p->a, "; method=%.*s", (int)n, at);
	}
	buf_free(&b);
	return method;
}

/* A message or multipart type may not be in base64 (RFC 2046 5): such bytes
 * travel as a file, or as lines where they are lines. */
static struct part *
data_part(struct mime_plan *p, const struct item_attach *at)
{
	struct slice name = sane_name(p, at->name, "");
	const char *type = sane_type(p, at->mime);
	struct part *part;
	bool lines = false;

	if (type == NULL || strncmp(type, "multipart/", 10) == 0)
		type = mime_type_by_name(name);
	if (strncmp(type, "message/", 8) == 0) {
		lines = at->data.copy != NULL &&
		    mime_text_encoding(&at->data) == MIME_7BIT;
		if (!lines)
			type = "application/octet-stream";
	}
	part = plan_part(p, lines ? PART_PLAIN : PART_DATA, type);
	part->name = name;
	part->bytes = at->data;
	part->attached = true;
	part->cid = bare_cid(at->cid);
	if (!is_sane_cid(part->cid))
		part->cid.n = 0;
	if (is_sane_location(at->location))
		part->location = at->location;
	if (strncmp(type, "text/", 5) == 0 && is_sane_charset(at->charset))
		part->params = arena_fmt(p->a, "; charset=%.*s",
		    (int)at->charset.n, at->charset.p);
	if (strcmp(type, "text/calendar") == 0)
		part->params = arena_fmt(p->a, "%s%s", part->params,
		    calendar_method(p, &at->data));
	return part;
}

/* A file that is elsewhere: where, as RFC 2046 5.2.3 and RFC 2017 say it. */
static struct part *
link_part(struct mime_plan *p, const struct item_attach *at)
{
	struct part *part = data_part(p, at);
	const char *type = part->type, *slashes;
	struct mime_field f = { 0 };
	struct slice path = at->path;

	if (path.n > LINK_MAX_BYTES)
		path.n = LINK_MAX_BYTES;
	slashes = memmem(path.p, path.n, "://", 3);
	buf_putf(&f.text, "; access-type=%s",
	    slashes != NULL ? "URL" : "local-file");
	f.column = f.text.n;
	field_param(&f, slashes != NULL ? "URL" : "name", path);
	part->params = arena_slice(p->a, buf_slice(&f.text));
	buf_clear(&f.text);
	buf_putf(&f.text, "Content-Type: %s", type);
	field_param_old(&f, "name", part->name);
	buf_putf(&f.text,
	    "\r\nContent-ID: <link-%u.%.*s@postroad.invalid>\r\n\r\n",
	    p->parts++, (int)p->it->uid.n, p->it->uid.p);
	part->kind = PART_PLAIN;
	part->type = "message/external-body";
	part->bytes = plan_bytes(p,
	    slice_of(arena_slice(p->a, buf_slice(&f.text)), f.text.n));
	buf_free(&f.text);
	return part;
}

/* Its message had no name for it when it was taken apart: it is called by its
 * place, ATT00001.txt the first. */
static bool
is_nameless(const struct item_attach *at, size_t i)
{
	char own[20];

	snprintf(own, sizeof(own), "ATT%05zu.", (i + 1) % 100000);
	return at->disposition.n > 0 && slice_starts(at->name, own);
}

static struct part *
attach_part(struct mime_plan *p, const struct item_attach *at, size_t i)
{
	const char *ending = "";
	struct part *part;

	if (at->method == ITEM_ATTACH_ITEM) {
		ending = ".eml";
		part = mime_plan_embedded(p, at, &ending);
		if (part == NULL)
			part = plan_part(p, PART_MESSAGE, "message/rfc822");
		part->name = sane_name(p, at->name, ending);
		part->attach = at;
		part->attached = true;
	} else if (at->method == ITEM_ATTACH_LINK && at->path.n > 0 &&
	    at->data.copy == NULL) {
		part = link_part(p, at);
	} else {
		part = data_part(p, at);
		if (at->method == ITEM_ATTACH_LINK && at->data.copy == NULL)
			out_problem(p->o,
			    "attachment '%.*s' is a link to a file, "
			    "and the store does not say where it is",
			    (int)part->name.n, part->name.p);
		else if (at->data.copy == NULL)
			out_problem(p->o, "attachment '%.*s' cannot be read",
			    (int)part->name.n, part->name.p);
	}
	part->inlined = slice_is_nocase(at->disposition, "inline");
	if (is_nameless(at, i))
		part->name = slice_of("", 0);
	else if (part->name.n == 0)
		part->name = slice_str(
		    arena_fmt(p->a, "attachment-%zu%s", i + 1, ending));
	return part;
}

/* ---------------------------------------------------------------- bodies */

static struct part *
text_part(struct mime_plan *p, const char *type, const struct item_body *b)
{
	struct part *part = plan_part(p, PART_TEXT, type);
	const char *charset = codepage_mime(b->codepage);

	part->params = arena_fmt(p->a, "; charset=%s",
	    charset != NULL ? charset : "utf-8");
	part->bytes = b->stream;
	return part;
}

/* The RTF itself, where it is all there is, and what text is in it. */
static struct part *
rtf_text(struct mime_plan *p)
{
	struct item_body body = { .codepage = CODEPAGE_UTF8 };
	struct buf rtf = { 0 };

	mime_peek(&p->it->rtf, RTF_TEXT_MAX, &rtf);
	rtf_to_text(&p->text, buf_slice(&rtf));
	buf_free(&rtf);
	body.stream = plan_bytes(p, buf_slice(&p->text));
	return text_part(p, "text/plain", &body);
}

static struct part *
rtf_part(struct mime_plan *p)
{
	struct part *part = plan_part(p, PART_DATA, "application/rtf");

	part->name = slice_str("body.rtf");
	part->bytes = p->it->rtf;
	part->attached = true;
	return part;
}

/* The text of the message: one part, or several ways to see it. */
static struct part *
body_parts(struct mime_plan *p, const bool *shown, bool only_rtf)
{
	const struct item *it = p->it;
	struct part *plain = NULL, *html = NULL, *multi, *part;
	struct part *calendar = mime_plan_calendar(p);
	struct item_body none = { .codepage = CODEPAGE_UTF8 };
	size_t i;

	if (it->plain.stream.copy != NULL)
		plain = text_part(p, "text/plain", &it->plain);
	else if (only_rtf)
		plain = rtf_text(p);
	if (it->html.stream.copy != NULL)
		html = text_part(p, "text/html", &it->html);
	for (i = 0, multi = NULL; i < it->n_attachments; i++) {
		if (!shown[i])
			continue;
		if (multi == NULL) {
			multi = plan_multi(p, "multipart/related",
			    "; type=\"text/html\"");
			plan_add(multi, html);
			html = multi;
		}
		part = attach_part(p, &it->attachments[i], i);
		part->inlined = true;
		plan_add(multi, part);
	}
	if (plain == NULL && html == NULL) {
		none.stream = plan_bytes(p, it->report.text);
		plain = text_part(p, "text/plain", &none);
	}
	if (calendar == NULL && (plain == NULL || html == NULL))
		return plain != NULL ? plain : html;
	multi = plan_multi(p, "multipart/alternative", "");
	if (plain != NULL)
		plan_add(multi, plain);
	if (html != NULL)
		plan_add(multi, html);
	if (calendar != NULL)
		plan_add(multi, calendar);
	return multi;
}

static bool
is_machine_part(const struct part *part)
{
	return part->kind == PART_PLAIN &&
	    (strcmp(part->type, "message/delivery-status") == 0 ||
		strcmp(part->type, "message/disposition-notification") == 0);
}

/* What follows the body, in a list that plan_add() made. */
static struct part *
other_parts(struct mime_plan *p, const bool *shown, bool only_rtf)
{
	struct part list = { 0 };
	size_t i;
	bool keep = p->o->opts != NULL && p->o->opts->keep_rtf &&
	    p->it->rtf_shown && p->it->rtf.copy != NULL;

	if (only_rtf || keep)
		plan_add(&list, rtf_part(p));
	for (i = 0; i < p->it->n_attachments; i++)
		if (!shown[i])
			plan_add(&list,
			    attach_part(p, &p->it->attachments[i], i));
	return list.first;
}

/* Take the machine-readable part of a report out of a list. */
static struct part *
take_machine_part(struct part **list)
{
	struct part **at, *found;

	for (at = list; *at != NULL; at = &(*at)->next) {
		if (!is_machine_part(*at))
			continue;
		found = *at;
		*at = found->next;
		found->next = NULL;
		found->attached = false;
		return found;
	}
	return NULL;
}

/*
 * A report (RFC 6522) is its text, what machines read, and the rest; other
 * messages are their text, and attachments where there are any.
 */
struct part *
mime_plan_item(struct mime_plan *p)
{
	const struct item *it = p->it;
	bool *shown = find_inline(p);
	bool only_rtf = it->rtf.copy != NULL && it->plain.stream.copy == NULL &&
	    it->html.stream.copy == NULL;
	struct part *body = body_parts(p, shown, only_rtf), *root, *next;
	struct part *others = other_parts(p, shown, only_rtf);
	struct part *machine = take_machine_part(&others);

	if (machine == NULL)
		machine = mime_plan_report(p);
	if (machine == NULL && others == NULL)
		return body;
	if (machine != NULL)
		root = plan_multi(p, "multipart/report",
		    arena_fmt(p->a, "; report-type=%s",
			machine->type + strlen("message/")));
	else
		root = plan_multi(p, "multipart/mixed", "");
	plan_add(root, body);
	if (machine != NULL)
		plan_add(root, machine);
	for (; others != NULL; others = next) {
		next = others->next;
		others->next = NULL;
		plan_add(root, others);
	}
	return root;
}
