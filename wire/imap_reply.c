/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each response does to the session. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/num.h"
#include "core/text.h"
#include "wire/imap_impl.h"
#include "wire/mutf7.h"

static const char *const cap_names[IMAP_CAP_COUNT] = {
	[IMAP_CAP_IMAP4REV1] = "IMAP4rev1",
	[IMAP_CAP_IMAP4REV2] = "IMAP4rev2",
	[IMAP_CAP_STARTTLS] = "STARTTLS",
	[IMAP_CAP_LOGINDISABLED] = "LOGINDISABLED",
	[IMAP_CAP_SASL_IR] = "SASL-IR",
	[IMAP_CAP_AUTH_PLAIN] = "AUTH=PLAIN",
	[IMAP_CAP_LITERALPLUS] = "LITERAL+",
	[IMAP_CAP_LITERALMINUS] = "LITERAL-",
	[IMAP_CAP_MULTIAPPEND] = "MULTIAPPEND",
	[IMAP_CAP_UIDPLUS] = "UIDPLUS",
	[IMAP_CAP_APPENDLIMIT] = "APPENDLIMIT",
	[IMAP_CAP_NAMESPACE] = "NAMESPACE",
	[IMAP_CAP_SPECIAL_USE] = "SPECIAL-USE",
	[IMAP_CAP_CREATE_SPECIAL_USE] = "CREATE-SPECIAL-USE",
	[IMAP_CAP_LIST_EXTENDED] = "LIST-EXTENDED",
	[IMAP_CAP_LIST_STATUS] = "LIST-STATUS",
	[IMAP_CAP_STATUS_SIZE] = "STATUS=SIZE",
	[IMAP_CAP_ESEARCH] = "ESEARCH",
	[IMAP_CAP_UNSELECT] = "UNSELECT",
	[IMAP_CAP_MOVE] = "MOVE",
	[IMAP_CAP_ID] = "ID",
	[IMAP_CAP_ENABLE] = "ENABLE",
	[IMAP_CAP_UTF8_ACCEPT] = "UTF8=ACCEPT",
	[IMAP_CAP_CONDSTORE] = "CONDSTORE",
	[IMAP_CAP_QRESYNC] = "QRESYNC",
	[IMAP_CAP_COMPRESS_DEFLATE] = "COMPRESS=DEFLATE",
	[IMAP_CAP_QUOTA] = "QUOTA",
	[IMAP_CAP_BINARY] = "BINARY",
	[IMAP_CAP_GMAIL] = "X-GM-EXT-1",
};

bool
imap_is_hidden(const struct imap *im, struct slice s)
{
	size_t i;

	for (i = 0; i < 2; i++)
		if (im->hide[i].n >= 4 && s.n > 0 &&
		    memmem(s.p, s.n, im->hide[i].p, im->hide[i].n) != NULL)
			return true;
	return false;
}

/* --------------------------------------------------------- capabilities */

static void
one_capability(struct imap *im, struct slice word)
{
	static const char limit[] = "APPENDLIMIT=";
	int i;

	for (i = 0; i < IMAP_CAP_COUNT; i++)
		if (slice_is_nocase(word, cap_names[i]))
			im->caps[i] = true;
	if (word.n > sizeof(limit) - 1 &&
	    strncasecmp(word.p, limit, sizeof(limit) - 1) == 0 &&
	    num_u64(slice_from(word, sizeof(limit) - 1), UINT64_MAX,
		&im->append_limit))
		im->caps[IMAP_CAP_APPENDLIMIT] = true;
}

void
imap_read_capabilities(struct imap *im, struct slice words)
{
	struct slice rest = words, word;

	imap_forget_capabilities(im);
	while (imap_flag_next(&rest, &word))
		one_capability(im, word);
	if (im->caps[IMAP_CAP_LITERALPLUS])
		im->caps[IMAP_CAP_LITERALMINUS] = false;
	text_escape(&im->cap_text, slice_trim(words));
	im->caps_known = true;
}

/* -------------------------------------------------------- tagged replies */

/* APPENDUID's set, in the order of the messages; useless if it has another
 * number of them. */
static void
read_appenduid(struct imap_pending *p, struct slice args)
{
	uint32_t *uids = mem_alloc(p->n_msgs, sizeof(*uids));
	uint32_t lo, hi, before = 0;
	uint64_t validity, first;
	struct slice range;
	bool falling = false;
	size_t n = 0;
	int rc = -1;

	if (num_take_u64(&args, UINT32_MAX, &validity)) {
		args = slice_trim(args);
		while (range = args,
		    (rc = imap_uidset_next(&args, &lo, &hi)) > 0) {
			if (hi - lo >= p->n_msgs - n) {
				rc = -1;
				break;
			}
			/* "9:7": which is the first one? */
			if (lo <= before ||
			    !num_take_u64(&range, UINT32_MAX, &first) ||
			    first != lo)
				falling = true;
			before = hi;
			for (; lo < hi; lo++)
				uids[n++] = lo;
			uids[n++] = hi;
		}
	}
	if (rc != 0 || n != p->n_msgs || validity == 0) {
		log_debug("imap: an APPENDUID that is of no use");
		free(uids);
		return;
	}
	p->uids = uids;
	p->n_uids = n;
	p->uidvalidity = (uint32_t)validity;
	p->falling = falling;
}

void
imap_turn(struct imap *im)
{
	struct imap_pending *p;
	size_t i;

	for (i = 0; i < im->n_pending && im->pending[i].done; i++)
		;
	if (i == im->n_pending)
		return;
	p = &im->pending[i];
	if (p->want != IMAP_WANT_SELECT || p->begun)
		return;
	p->begun = true;
	im->selected = false;
	im->box = (struct imap_mailbox){ .any_keyword = true };
	buf_clear(&im->box_name);
	buf_puts(&im->box_name, p->name);
}

/* A SELECT was answered. */
static void
selected(struct imap *im, struct imap_pending *p)
{
	im->selected = p->res.status == IMAP_OK;
	if (im->selected) {
		p->box = im->box;
		if (im->box.has_permanentflags)
			p->flags = mem_strn(im->permanentflags.p,
			    im->permanentflags.n);
	}
	if (im->state == IMAP_AUTHENTICATED || im->state == IMAP_SELECTED)
		imap_set_state(im,
		    im->selected ? IMAP_SELECTED : IMAP_AUTHENTICATED);
}

static int
tagged(struct imap *im, const struct imap_resp *r, struct err *err)
{
	size_t len = strlen(im->tag_prefix);
	struct imap_pending *p = NULL;
	uint64_t tag;

	if (slice_starts(r->tag, im->tag_prefix) &&
	    num_u64(slice_from(r->tag, len), UINT32_MAX, &tag))
		p = imap_find(im, (uint32_t)tag);
	if (p == NULL || p->done)
		return err_set(err, SCOPE_STORE, EX_PROTOCOL,
		    "the server broke the protocol: it answers '%.*s', which "
		    "was not asked",
		    (int)(r->tag.n < 40 ? r->tag.n : 40), r->tag.p);
	if (p->want == IMAP_WANT_APPEND && r->status == IMAP_OK && !p->whole)
		return err_set(err, SCOPE_STORE, EX_PROTOCOL,
		    "the server broke the protocol: it says OK to a message "
		    "that it does not have yet");
	imap_result_read(&p->res, r);
	if (imap_is_hidden(im, r->text))
		snprintf(p->res.text, sizeof(p->res.text),
		    "(its words repeat the password)");
	p->done = true;
	if (r->code == IMAP_CODE_CAPABILITY && r->status == IMAP_OK)
		imap_read_capabilities(im, r->code_args);
	if (r->code == IMAP_CODE_APPENDUID && r->status == IMAP_OK &&
	    p->want == IMAP_WANT_APPEND)
		read_appenduid(p, r->code_args);
	if (r->code == IMAP_CODE_COPYUID && r->status == IMAP_OK)
		imap_on_copyuid(im, r->code_args);
	if (r->code == IMAP_CODE_READ_ONLY)
		im->box.read_only = true;
	if (p->want == IMAP_WANT_SELECT)
		selected(im, p);
	if (p->forget)
		imap_forget(im, p->tag);
	imap_turn(im);
	return 0;
}

/* ------------------------------------------------------- untagged states */

static void
read_permanentflags(struct imap *im, struct slice args)
{
	struct slice flags, flag;

	buf_clear(&im->permanentflags);
	buf_put(&im->permanentflags, args.p, args.n);
	im->box.has_permanentflags = true;
	im->box.any_keyword = false;
	im->box.permanentflags = buf_slice(&im->permanentflags);
	for (flags = im->box.permanentflags; imap_flag_next(&flags, &flag);)
		if (slice_is(flag, "\\*"))
			im->box.any_keyword = true;
}

static void
state_code(struct imap *im, const struct imap_resp *r)
{
	uint64_t n = 0;
	bool number = num_u64(r->code_args, UINT64_MAX, &n);

	switch (r->code) {
	case IMAP_CODE_CAPABILITY:
		imap_read_capabilities(im, r->code_args);
		break;
	case IMAP_CODE_UIDVALIDITY:
		if (number && n <= UINT32_MAX)
			im->box.uidvalidity = (uint32_t)n;
		break;
	case IMAP_CODE_UIDNEXT:
		if (number && n <= UINT32_MAX)
			im->box.uidnext = (uint32_t)n;
		break;
	case IMAP_CODE_HIGHESTMODSEQ:
		if (number)
			im->box.highestmodseq = n;
		break;
	case IMAP_CODE_COPYUID:
		if (r->status == IMAP_OK)
			imap_on_copyuid(im, r->code_args);
		break;
	case IMAP_CODE_PERMANENTFLAGS:
		read_permanentflags(im, r->code_args);
		break;
	case IMAP_CODE_ALERT:
		if (!imap_is_hidden(im, r->text) &&
		    (im->conn == NULL || conn_is_tls(im->conn) ||
			im->plaintext_ok))
			log_warn("the server says: %.*s", (int)r->text.n,
			    r->text.p);
		break;
	default:
		break;
	}
}

static int
greeting(struct imap *im, const struct imap_resp *r, struct err *err)
{
	if (r->kind != IMAP_STATE ||
	    (r->status != IMAP_OK && r->status != IMAP_PREAUTH &&
		r->status != IMAP_BYE)) {
		err_set(err, SCOPE_STORE, EX_PROTOCOL,
		    "what answers there does not greet as an IMAP server "
		    "does");
		return err_hint(err, "look at host and port");
	}
	im->greeted = true;
	text_escape(&im->greeting, r->text);
	if (r->status == IMAP_PREAUTH)
		imap_set_state(im, IMAP_AUTHENTICATED);
	return 0;
}

static int
untagged_state(struct imap *im, const struct imap_resp *r)
{
	if (r->status == IMAP_BYE) {
		im->bye = true;
		imap_result_read(&im->bye_res, r);
		if (imap_is_hidden(im, r->text))
			im->bye_res.text[0] = '\0';
		return 0;
	}
	if (r->status != IMAP_OK && !imap_is_hidden(im, r->text))
		log_debug("imap: the server remarks: %.*s", (int)r->text.n,
		    r->text.p);
	state_code(im, r);
	return 0;
}

/* ----------------------------------------------------------- other data */

static int
list_data(struct imap *im, const struct imap_resp *r, struct err *err)
{
	struct imap_folder f = { 0 };
	struct imap_list l;

	if (im->on_folder == NULL || (r->kind == IMAP_LSUB) != im->folder_lsub)
		return 0;
	if (!imap_list_read(r, &im->scratch, &l)) {
		log_warn("the server lists a folder in a way that cannot be "
			 "read: %.*s",
		    (int)(r->args.n < 100 ? r->args.n : 100), r->args.p);
		return 0;
	}
	buf_clear(&im->utf8);
	f.decodes = mutf7_decode(&im->utf8, l.name);
	f.name = l.name;
	f.utf8 = f.decodes ? buf_slice(&im->utf8) : l.name;
	f.delimiter = l.delimiter;
	f.attrs = l.attrs;
	f.special_use = imap_special_use(l.attrs);
	f.noselect = l.noselect;
	f.subscribed =
	    im->folder_extended || r->kind == IMAP_LSUB ? l.subscribed : -1;
	return im->on_folder(im->folder_arg, &f, err);
}

static void
status_data(struct imap *im, const struct imap_resp *r)
{
	struct imap_mailbox_status s;
	struct imap_pending *p;
	size_t i;

	if (!imap_status_read(r, &im->scratch, &s))
		return;
	for (i = 0; i < im->n_pending; i++) {
		p = &im->pending[i];
		if (p->done || p->want != IMAP_WANT_STATUS)
			continue;
		if (slice_is(s.name, p->name) ||
		    (slice_is_nocase(s.name, "INBOX") &&
			strcasecmp(p->name, "INBOX") == 0)) {
			s.name = slice_str(p->name);
			p->status = s;
			return;
		}
	}
}

static int
search_data(struct imap *im, const struct imap_resp *r, struct err *err)
{
	struct slice args = r->args;
	uint32_t uid;

	if (im->on_uid == NULL)
		return 0;
	while (imap_number_next(&args, &uid))
		if (uid > 0 && im->on_uid(im->uid_arg, uid, err) < 0)
			return -1;
	return 0;
}

/* Extensions behind prefix and delimiter, and the ')'. */
static bool
namespace_rest(struct slice *args)
{
	struct slice at;
	struct imap_token t;

	for (;;) {
		at = *args;
		t = imap_token(args);
		if (t.kind == IMAP_TOKEN_CLOSE)
			return true;
		*args = at;
		if (!imap_token_skip(args))
			return false;
	}
}

/* One of NAMESPACE's three lists: (("prefix" "/" ...) ...) or NIL. */
static bool
namespace_list(struct imap *im, struct slice *args, enum imap_ns_kind kind)
{
	struct imap_token t = imap_token(args), prefix, delimiter;
	struct imap_ns *ns;

	if (t.kind == IMAP_TOKEN_NIL)
		return true;
	if (t.kind != IMAP_TOKEN_OPEN)
		return false;
	while ((t = imap_token(args)).kind == IMAP_TOKEN_OPEN) {
		prefix = imap_token(args);
		delimiter = imap_token(args);
		if (prefix.kind != IMAP_TOKEN_STRING &&
		    prefix.kind != IMAP_TOKEN_ATOM)
			return false;
		if (im->n_ns < IMAP_NAMESPACES) {
			ns = &im->ns[im->n_ns++];
			ns->kind = kind;
			/* an offset until all are read: the text moves */
			ns->prefix.n = im->ns_text.n;
			imap_token_text(&prefix, &im->ns_text);
			buf_putc(&im->ns_text, '\0');
			ns->delimiter = delimiter.kind == IMAP_TOKEN_STRING &&
				delimiter.s.n > 0
			    ? delimiter.s.p[delimiter.s.n - 1]
			    : '\0';
		}
		if (!namespace_rest(args))
			return false;
	}
	return t.kind == IMAP_TOKEN_CLOSE;
}

static void
namespace_data(struct imap *im, const struct imap_resp *r)
{
	struct slice args = r->args;
	size_t i;

	im->n_ns = 0;
	buf_clear(&im->ns_text);
	if (!namespace_list(im, &args, IMAP_NS_PERSONAL) ||
	    !namespace_list(im, &args, IMAP_NS_OTHERS) ||
	    !namespace_list(im, &args, IMAP_NS_SHARED))
		log_debug("imap: a NAMESPACE that cannot be read whole");
	for (i = 0; i < im->n_ns; i++)
		im->ns[i].prefix =
		    slice_str(im->ns_text.p + im->ns[i].prefix.n);
}

int
imap_on_response(void *arg, const struct imap_resp *r, struct err *err)
{
	struct imap *im = arg;

	if (!im->greeted && greeting(im, r, err) < 0)
		return -1;
	switch (r->kind) {
	case IMAP_TAGGED:
		return tagged(im, r, err);
	case IMAP_CONTINUE:
		im->plus = true;
		buf_clear(&im->plus_text);
		buf_put(&im->plus_text, r->text.p, r->text.n);
		return 0;
	case IMAP_STATE:
		return untagged_state(im, r);
	case IMAP_CAPABILITY:
		imap_read_capabilities(im, r->args);
		return 0;
	case IMAP_LIST:
	case IMAP_LSUB:
		return list_data(im, r, err);
	case IMAP_STATUS:
		status_data(im, r);
		return 0;
	case IMAP_SEARCH:
		return search_data(im, r, err);
	case IMAP_QUOTA:
		imap_on_quota(im, r->args);
		return 0;
	case IMAP_OTHER:
		if (slice_is_nocase(r->name, "ID"))
			imap_on_id(im, r->args);
		return 0;
	case IMAP_NAMESPACE:
		namespace_data(im, r);
		return 0;
	case IMAP_EXISTS:
		im->box.exists = r->number;
		return 0;
	case IMAP_EXPUNGE:
		if (im->box.exists > 0)
			im->box.exists--;
		im->box.expunged++;
		return 0;
	case IMAP_VANISHED:
		im->box.expunged++;
		return 0;
	default:
		return 0;
	}
}

int
imap_on_fetch(void *arg, const struct imap_fetch *f, struct err *err)
{
	struct imap *im = arg;

	return im->fetch_sink.fetch == NULL
	    ? 0
	    : im->fetch_sink.fetch(im->fetch_sink.arg, f, err);
}

int
imap_on_body(void *arg, const struct imap_body *b, const void *p, size_t n,
    struct err *err)
{
	struct imap *im = arg;

	return im->fetch_sink.body == NULL
	    ? 0
	    : im->fetch_sink.body(im->fetch_sink.arg, b, p, n, err);
}
