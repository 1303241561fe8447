/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders: LIST, NAMESPACE, CREATE, SELECT, STATUS and their like. */
#include <string.h>

#include "core/log.h"
#include "wire/imap_impl.h"
#include "wire/mutf7.h"

int
imap_name(const struct imap *im, struct buf *out, struct slice utf8,
    struct err *err)
{
	size_t before = out->n, i;

	(void)im; /* with UTF8=ACCEPT enabled it would be UTF-8 */
	for (i = 0; i < utf8.n; i++)
		if (utf8.p[i] == '\r' || utf8.p[i] == '\n' || utf8.p[i] == '\0')
			break;
	if (utf8.n == 0 || i < utf8.n || !mutf7_encode(out, utf8))
		return err_set(err, SCOPE_FOLDER, EX_DATAERR,
		    "'%.*s' cannot be the name of an IMAP folder",
		    (int)(utf8.n < 100 ? utf8.n : 100), utf8.p);
	if (slice_is_nocase(slice_from(buf_slice(out), before), "INBOX"))
		memcpy(out->p + before, "INBOX", 5);
	return 0;
}

/* ----------------------------------------------------------------- LIST */

static int
list_send(struct imap *im, struct imap_cmd *c,
    int (*each)(void *arg, const struct imap_folder *f, struct err *err),
    void *arg, struct err *err)
{
	int rc;

	im->on_folder = each;
	im->folder_arg = arg;
	rc = imap_cmd_send(im, c, &im->list_tag, err);
	if (rc < 0) {
		im->on_folder = NULL;
		im->list_tag = 0;
	}
	imap_cmd_free(c);
	return rc < 0 ? -1 : 0;
}

int
imap_list_wait(struct imap *im, struct err *err)
{
	int rc = imap_wait(im, im->list_tag, &im->last, err);

	im->on_folder = NULL;
	im->list_tag = 0;
	if (rc < 0)
		return -1;
	return imap_result_err(&im->last, SCOPE_STORE,
	    im->folder_lsub ? "LSUB" : "LIST", err);
}

static int
put_list(struct imap_cmd *c, const char *word, struct slice pattern,
    struct err *err)
{
	imap_cmd_word(c, word);
	imap_cmd_word(c, "\"\"");
	if (imap_cmd_string(c, pattern, err) == 0)
		return 0;
	imap_cmd_free(c);
	return -1;
}

int
imap_list_send(struct imap *im, struct slice pattern,
    int (*each)(void *arg, const struct imap_folder *f, struct err *err),
    void *arg, struct err *err)
{
	struct imap_cmd c = { 0 };

	if (put_list(&c, "LIST", pattern, err) < 0)
		return -1;
	im->folder_extended = imap_has(im, IMAP_CAP_LIST_EXTENDED);
	if (im->folder_extended)
		imap_cmd_word(&c,
		    imap_has(im, IMAP_CAP_SPECIAL_USE)
			? "RETURN (SUBSCRIBED SPECIAL-USE)"
			: "RETURN (SUBSCRIBED)");
	im->folder_lsub = false;
	return list_send(im, &c, each, arg, err);
}

int
imap_list(struct imap *im, struct slice pattern,
    int (*each)(void *arg, const struct imap_folder *f, struct err *err),
    void *arg, struct err *err)
{
	return imap_list_send(im, pattern, each, arg, err) < 0
	    ? -1
	    : imap_list_wait(im, err);
}

int
imap_lsub(struct imap *im, struct slice pattern,
    int (*each)(void *arg, const struct imap_folder *f, struct err *err),
    void *arg, struct err *err)
{
	struct imap_cmd c = { 0 };

	if (put_list(&c, "LSUB", pattern, err) < 0)
		return -1;
	im->folder_lsub = true;
	return list_send(im, &c, each, arg, err) < 0 ? -1
						     : imap_list_wait(im, err);
}

static int
keep_delimiter(void *arg, const struct imap_folder *f, struct err *err)
{
	(void)err;
	*(char *)arg = f->delimiter;
	return 0;
}

/* No NAMESPACE: all is personal, and LIST "" "" tells the delimiter. */
static int
one_namespace(struct imap *im, struct err *err)
{
	char delimiter = '\0';

	if (imap_list(im, slice_str(""), keep_delimiter, &delimiter, err) < 0)
		return -1;
	im->n_ns = 1;
	im->ns[0] =
	    (struct imap_ns){ IMAP_NS_PERSONAL, slice_str(""), delimiter };
	return 0;
}

int
imap_namespaces_send(struct imap *im, struct err *err)
{
	struct imap_cmd c = { 0 };
	int rc;

	if (im->ns_known || im->ns_tag != 0 ||
	    !imap_has(im, IMAP_CAP_NAMESPACE))
		return 0;
	im->n_ns = 0;
	imap_cmd_word(&c, "NAMESPACE");
	rc = imap_cmd_send(im, &c, &im->ns_tag, err);
	imap_cmd_free(&c);
	return rc < 0 ? -1 : 0;
}

int
imap_namespaces(struct imap *im, const struct imap_ns **ns_r, size_t *n_r,
    struct err *err)
{
	uint32_t tag;

	if (imap_namespaces_send(im, err) < 0)
		return -1;
	tag = im->ns_tag;
	im->ns_tag = 0;
	if (tag != 0 && imap_wait(im, tag, &im->last, err) < 0)
		return -1;
	if (tag != 0 &&
	    imap_result_err(&im->last, SCOPE_MSG, "NAMESPACE", err) < 0 &&
	    err->passing) {
		err->scope = SCOPE_STORE;
		return -1;
	}
	if (!im->ns_known &&
	    (im->n_ns == 0 || im->ns[0].kind != IMAP_NS_PERSONAL) &&
	    one_namespace(im, err) < 0)
		return -1;
	im->ns_known = true;
	*ns_r = im->ns;
	*n_r = im->n_ns;
	return 0;
}

/* ---------------------------------------------------------------- CREATE */

/* A command with a folder's name, and perhaps a word behind it. */
static int
put_named(struct imap_cmd *c, const char *word, struct slice name,
    const char *after, struct err *err)
{
	imap_cmd_word(c, word);
	if (imap_cmd_astring(c, name, err) < 0) {
		err->scope = SCOPE_FOLDER;
		return -1;
	}
	if (after != NULL)
		imap_cmd_word(c, after);
	return 0;
}

static int
run_named(struct imap *im, const char *word, struct slice name,
    const char *after, struct err *err)
{
	struct imap_cmd c = { 0 };
	int rc = put_named(&c, word, name, after, err);

	if (rc == 0)
		rc = imap_cmd_run(im, &c, SCOPE_FOLDER, err);
	imap_cmd_free(&c);
	return rc;
}

/* The same, and its reply is not waited for. */
static int
send_named(struct imap *im, const char *word, struct slice name,
    const char *after, uint32_t *tag_r, struct err *err)
{
	struct imap_cmd c = { 0 };
	int rc = put_named(&c, word, name, after, err);

	if (rc == 0)
		rc = imap_cmd_send(im, &c, tag_r, err);
	imap_cmd_free(&c);
	return rc;
}

int
imap_create(struct imap *im, struct slice name, const char *special_use,
    struct err *err)
{
	struct buf use = { 0 };
	int rc = -1;

	if (special_use != NULL && imap_has(im, IMAP_CAP_CREATE_SPECIAL_USE)) {
		buf_putf(&use, "(USE (%s))", special_use);
		rc = run_named(im, "CREATE", name, buf_str(&use), err);
		buf_free(&use);
		if (rc < 0 && imap_alive(im) &&
		    im->last.trouble != IMAP_ALREADY_EXISTS)
			log_debug("imap: not with that special use: %s",
			    err->text);
	}
	if (rc < 0 && imap_alive(im))
		rc = run_named(im, "CREATE", name, NULL, err);
	if (rc < 0 && imap_alive(im) && im->last.trouble == IMAP_ALREADY_EXISTS)
		return 0;
	return rc;
}

int
imap_subscribe(struct imap *im, struct slice name, struct err *err)
{
	return run_named(im, "SUBSCRIBE", name, NULL, err);
}

/* ---------------------------------------------------------------- SELECT */

int
imap_select(struct imap *im, struct slice name, bool examine, struct err *err)
{
	/* what is in flight may speak about the folder before */
	if (imap_drain(im, err) < 0)
		return -1;
	im->selected = false;
	im->box = (struct imap_mailbox){ .any_keyword = true };
	buf_clear(&im->box_name);
	buf_put(&im->box_name, name.p, name.n);
	if (run_named(im, examine ? "EXAMINE" : "SELECT", name, NULL, err) <
	    0) {
		if (imap_alive(im))
			imap_set_state(im, IMAP_AUTHENTICATED);
		return -1;
	}
	if (imap_check_alive(im, err) < 0)
		return -1;
	im->selected = true;
	if (examine)
		im->box.read_only = true;
	imap_set_state(im, IMAP_SELECTED);
	return 0;
}

static int
select_send(struct imap *im, const char *word, struct slice name,
    bool condstore, uint32_t *tag_r, struct err *err)
{
	struct imap_cmd c = { 0 };
	int rc;

	imap_cmd_word(&c, word);
	rc = imap_cmd_astring(&c, name, err);
	if (rc < 0)
		err->scope = SCOPE_FOLDER;
	if (rc == 0 && condstore)
		imap_cmd_word(&c, "(CONDSTORE)");
	if (rc == 0)
		rc = imap_cmd_send_open(im, &c, IMAP_WANT_SELECT, name, tag_r,
		    err);
	if (rc > 0)
		rc = imap_put(im, "\r\n", 2, err);
	imap_turn(im);
	imap_cmd_free(&c);
	return rc;
}

int
imap_examine_send(struct imap *im, struct slice name, bool condstore,
    uint32_t *tag_r, struct err *err)
{
	return select_send(im, "EXAMINE", name, condstore, tag_r, err);
}

int
imap_select_send(struct imap *im, struct slice name, bool examine,
    uint32_t *tag_r, struct err *err)
{
	return select_send(im, examine ? "EXAMINE" : "SELECT", name, false,
	    tag_r, err);
}

int
imap_select_wait(struct imap *im, uint32_t tag, struct imap_mailbox *mb_r,
    struct buf *flags, struct err *err)
{
	struct imap_pending *p;

	*mb_r = (struct imap_mailbox){ 0 };
	while ((p = imap_find(im, tag)) != NULL && !p->done)
		if (imap_pump(im, CONN_INPUT, err) < 0)
			break;
	p = imap_find(im, tag);
	if (p != NULL && p->done) {
		*mb_r = p->box;
		buf_clear(flags);
		if (p->flags != NULL)
			buf_puts(flags, p->flags);
		mb_r->permanentflags = buf_slice(flags);
	}
	if (imap_wait(im, tag, &im->last, err) < 0)
		return -1;
	return imap_result_err(&im->last, SCOPE_FOLDER, "SELECT", err);
}

int
imap_create_send(struct imap *im, struct slice name, const char *special_use,
    uint32_t *tag_r, struct err *err)
{
	struct buf use = { 0 };
	int rc;

	if (special_use != NULL && imap_has(im, IMAP_CAP_CREATE_SPECIAL_USE))
		buf_putf(&use, "(USE (%s))", special_use);
	rc = send_named(im, "CREATE", name, use.n > 0 ? buf_str(&use) : NULL,
	    tag_r, err);
	buf_free(&use);
	return rc;
}

int
imap_subscribe_send(struct imap *im, struct slice name, uint32_t *tag_r,
    struct err *err)
{
	return send_named(im, "SUBSCRIBE", name, NULL, tag_r, err);
}

const struct imap_mailbox *
imap_selected(const struct imap *im)
{
	return im->selected ? &im->box : NULL;
}

bool
imap_flag_allowed(const struct imap *im, struct slice flag)
{
	struct slice flags = im->box.permanentflags, f;
	bool system = flag.n > 0 && flag.p[0] == '\\';

	if (!im->selected || !im->box.has_permanentflags)
		return true;
	if (!system && im->box.any_keyword)
		return true;
	while (imap_flag_next(&flags, &f))
		if (f.n == flag.n && strncasecmp(f.p, flag.p, f.n) == 0)
			return true;
	return false;
}

static int
run_word(struct imap *im, const char *word, enum scope scope, struct err *err)
{
	struct imap_cmd c = { 0 };
	int rc;

	imap_cmd_word(&c, word);
	rc = imap_cmd_run(im, &c, scope, err);
	imap_cmd_free(&c);
	return rc;
}

int
imap_unselect(struct imap *im, struct err *err)
{
	struct buf name = { 0 };
	int rc;

	if (!im->selected)
		return 0;
	if (imap_drain(im, err) < 0)
		return -1;
	if (imap_has(im, IMAP_CAP_UNSELECT)) {
		rc = run_word(im, "UNSELECT", SCOPE_FOLDER, err);
	} else {
		/* CLOSE would expunge what is marked \Deleted; not after
		 * EXAMINE */
		buf_put(&name, im->box_name.p, im->box_name.n);
		rc = im->box.read_only
		    ? 0
		    : imap_select(im, buf_slice(&name), true, err);
		buf_free(&name);
		if (rc == 0)
			rc = run_word(im, "CLOSE", SCOPE_FOLDER, err);
	}
	im->selected = false;
	imap_set_state(im, IMAP_AUTHENTICATED);
	return rc;
}

int
imap_unsubscribe_send(struct imap *im, struct slice name, struct err *err)
{
	uint32_t tag;

	if (send_named(im, "UNSUBSCRIBE", name, NULL, &tag, err) < 0)
		return -1;
	imap_ignore(im, tag);
	return 0;
}

int
imap_unselect_send(struct imap *im, struct err *err)
{
	struct imap_cmd c = { 0 };
	uint32_t tag;
	int rc;

	if (!im->selected || !imap_has(im, IMAP_CAP_UNSELECT))
		return 0;
	imap_cmd_word(&c, "UNSELECT");
	rc = imap_cmd_send(im, &c, &tag, err);
	imap_cmd_free(&c);
	if (rc < 0)
		return -1;
	imap_ignore(im, tag);
	im->selected = false;
	imap_set_state(im, IMAP_AUTHENTICATED);
	return 0;
}

int
imap_noop(struct imap *im, struct err *err)
{
	return run_word(im, "NOOP", SCOPE_STORE, err);
}

int
imap_id(struct imap *im, struct err *err)
{
	struct imap_cmd c = { 0 };
	uint32_t tag;
	int rc;

	if (!imap_has(im, IMAP_CAP_ID))
		return 0;
	imap_cmd_word(&c,
	    "ID (\"name\" \"postroad\" \"version\" \"" POSTROAD_VERSION "\")");
	rc = imap_cmd_send(im, &c, &tag, err);
	imap_cmd_free(&c);
	if (rc == 0)
		imap_forget(im, tag); /* whatever it says to that */
	return rc;
}

/* ---------------------------------------------------------------- STATUS */

static int
status_send(struct imap *im, struct slice name, const char *items,
    uint32_t *tag_r, struct err *err)
{
	struct imap_cmd c = { 0 };
	int rc;

	imap_cmd_word(&c, "STATUS");
	rc = imap_cmd_astring(&c, name, err);
	if (rc < 0)
		err->scope = SCOPE_FOLDER;
	imap_cmd_word(&c, items);
	if (rc == 0)
		rc = imap_cmd_send_open(im, &c, IMAP_WANT_STATUS, name, tag_r,
		    err);
	if (rc > 0)
		rc = imap_put(im, "\r\n", 2, err);
	imap_cmd_free(&c);
	return rc;
}

int
imap_status_send(struct imap *im, struct slice name, uint32_t *tag_r,
    struct err *err)
{
	return status_send(im, name, "(MESSAGES UIDNEXT UIDVALIDITY)", tag_r,
	    err);
}

int
imap_status_modseq_send(struct imap *im, struct slice name, uint32_t *tag_r,
    struct err *err)
{
	return status_send(im, name,
	    imap_has(im, IMAP_CAP_CONDSTORE)
		? "(MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ)"
		: "(MESSAGES UIDNEXT UIDVALIDITY)",
	    tag_r, err);
}

int
imap_status_wait(struct imap *im, uint32_t tag, struct imap_mailbox_status *s_r,
    struct err *err)
{
	struct imap_pending *p;

	*s_r = (struct imap_mailbox_status){ 0 };
	while ((p = imap_find(im, tag)) != NULL && !p->done)
		if (imap_pump(im, CONN_INPUT, err) < 0)
			break;
	p = imap_find(im, tag);
	if (p != NULL && p->done) {
		*s_r = p->status;
		s_r->name = slice_of("", 0); /* was the table's */
	}
	if (imap_wait(im, tag, &im->last, err) < 0)
		return -1;
	return imap_result_err(&im->last, SCOPE_FOLDER, "STATUS", err);
}

int
imap_status(struct imap *im, struct slice name, struct imap_mailbox_status *s_r,
    struct err *err)
{
	uint32_t tag;

	if (imap_status_send(im, name, &tag, err) < 0)
		return -1;
	return imap_status_wait(im, tag, s_r, err);
}
