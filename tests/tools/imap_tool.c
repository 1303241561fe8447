/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wire/ from the command line, for tests:
 *
 *	imap_tool [--ca-file F] [--tls HOW] [--tls-pin P] [--timeout S]
 *	    [--password-file F] [--trace F] [--multi] [--flags F] [--date T]
 *	    URL [COMMAND ARGUMENTS]...
 *
 * caps; ns; again (a new connection); pause (1 s); list; lsub;
 * create NAME; subscribe NAME; status NAME; fetch NAME
 * (uid size sha256 flags date, one line each); search NAME CRITERIA; store
 * NAME SET OP FLAGS; append NAME FILE... '.' (each file in a command of its
 * own, all in flight at once; with --multi in one).  A failure is told as
 * "error STATUS SCOPE: text" on stdout, its status is the exit status.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/digest.h"
#include "core/io.h"
#include "core/log.h"
#include "core/num.h"
#include "core/stop.h"
#include "wire/account.h"

#define FILES_MAX 64

static struct account account;
static struct imap *im;
static bool multi;
static const char *flags = "";
static int64_t date = DATE_UNKNOWN;

static void
show(const char *label, struct slice s)
{
	printf("%s%.*s", label, (int)s.n, s.p);
}

static int
on_folder(void *arg, const struct imap_folder *f, struct err *err)
{
	(void)arg;
	(void)err;
	show("folder ", f->utf8);
	printf(" delimiter=%c", f->delimiter == 0 ? '-' : f->delimiter);
	show(" use=", f->special_use);
	printf("%s subscribed=%d%s\n", f->noselect ? " noselect" : "",
	    f->subscribed, f->decodes ? "" : " undecodable");
	return 0;
}

static int
on_uid(void *arg, uint32_t uid, struct err *err)
{
	(void)arg;
	(void)err;
	printf("uid %u\n", (unsigned)uid);
	return 0;
}

/* ---------------------------------------------------------------- fetch */

struct fetched {
	struct digest *d;
	uint64_t bytes;
};

static int
on_body(void *arg, const struct imap_body *b, const void *p, size_t n,
    struct err *err)
{
	struct fetched *f = arg;

	(void)err;
	if (b->at == 0) {
		digest_reset(f->d);
		f->bytes = 0;
	}
	digest_add(f->d, p, n);
	f->bytes += n;
	return 0;
}

static int
on_fetch(void *arg, const struct imap_fetch *i, struct err *err)
{
	struct fetched *f = arg;
	uint8_t sum[DIGEST_BYTES];
	char hex[DIGEST_HEX];

	(void)err;
	if (!i->has_body)
		return 0;
	digest_end(f->d, sum);
	printf("message %u %llu %s", (unsigned)i->uid,
	    (unsigned long long)f->bytes, digest_hex(hex, sum, DIGEST_BYTES));
	show(" (", i->flags);
	printf(") %lld %llu\n", (long long)i->internaldate,
	    (unsigned long long)i->size);
	return 0;
}

static int
fetch(struct slice name, struct err *err)
{
	struct fetched f = { .d = digest_new() };
	struct imap_fetch_sink sink = { on_fetch, on_body, &f };
	int rc = imap_select(im, name, true, err);

	if (rc == 0) {
		printf("selected exists=%llu uidvalidity=%u uidnext=%u\n",
		    (unsigned long long)imap_selected(im)->exists,
		    (unsigned)imap_selected(im)->uidvalidity,
		    (unsigned)imap_selected(im)->uidnext);
		if (imap_selected(im)->exists > 0)
			rc = imap_uid_fetch(im, slice_str("1:*"),
			    "(UID FLAGS INTERNALDATE RFC822.SIZE "
			    "BODY.PEEK[])",
			    &sink, err);
	}
	digest_free(&f.d);
	return rc;
}

/* --------------------------------------------------------------- append */

static ssize_t
read_fd(void *arg, void *p, size_t n, struct err *err)
{
	ssize_t got = read(*(int *)arg, p, n);

	return got < 0 ? err_sys(err, SCOPE_MSG, EX_IOERR, "read") : got;
}

static void
show_appended(const struct imap_appended *a)
{
	static const char *const s[] = { "nothing", "OK", "NO", "BAD" };
	size_t i;

	printf("append %s trouble=%d backoff=%llu uidvalidity=%u uids=",
	    s[a->res.status], (int)a->res.trouble,
	    (unsigned long long)a->res.backoff_ms, (unsigned)a->uidvalidity);
	for (i = 0; i < a->n_uids; i++)
		printf("%s%u", i > 0 ? "," : "", (unsigned)a->uids[i]);
	printf("%s text=%s\n", a->falling ? " falling" : "", a->res.text);
}

static int
append(struct slice name, char **files, int n, struct err *err)
{
	struct imap_append_msg m[FILES_MAX] = { 0 };
	static struct imap_appended a;
	uint32_t tag[FILES_MAX];
	int fd[FILES_MAX], i, sent, rc = 0;
	struct err failed = { 0 };
	struct stat st;
	size_t bad;

	for (i = 0; i < n; i++) {
		fd[i] = open(files[i], O_RDONLY);
		if (fd[i] < 0 || fstat(fd[i], &st) < 0)
			return err_sys(err, SCOPE_RUN, EX_NOINPUT, "%s",
			    files[i]);
		m[i].size = (uint64_t)st.st_size;
		m[i].flags = slice_str(flags);
		m[i].internaldate = date;
		m[i].read = read_fd;
		m[i].arg = &fd[i];
		/* "FILE" that lies about its size, for tests */
		if (getenv("IMAP_TOOL_LIE") != NULL)
			m[i].size += 7;
	}
	if (multi) {
		sent = 1;
		rc = imap_append_send(im, name, m, (size_t)n, &tag[0], &bad,
		    err);
		if (rc < 0)
			sent = 0;
	} else {
		for (sent = 0; sent < n && rc == 0; sent++)
			rc = imap_append_send(im, name, &m[sent], 1, &tag[sent],
			    &bad, err);
		if (rc < 0)
			sent--;
	}
	for (i = 0; i < sent; i++) {
		if (imap_append_wait(im, tag[i], &a, &failed) == 0)
			show_appended(&a);
		else if (rc == 0) {
			*err = failed;
			rc = -1;
		} else
			printf("append unknown\n");
	}
	for (i = 0; i < n; i++)
		close(fd[i]);
	return rc;
}

/* ------------------------------------------------------------- commands */

static int
spaces(struct err *err)
{
	const struct imap_ns *ns;
	size_t n, i;

	if (imap_namespaces(im, &ns, &n, err) < 0)
		return -1;
	for (i = 0; i < n; i++) {
		printf("namespace %d '%.*s' %c\n", (int)ns[i].kind,
		    (int)ns[i].prefix.n, ns[i].prefix.p,
		    ns[i].delimiter == 0 ? '-' : ns[i].delimiter);
	}
	return 0;
}

static int
status(struct slice name, struct err *err)
{
	struct imap_mailbox_status s;

	if (imap_status(im, name, &s, err) < 0)
		return -1;
	printf("status messages=%llu uidnext=%u uidvalidity=%u\n",
	    (unsigned long long)s.messages, (unsigned)s.uidnext,
	    (unsigned)s.uidvalidity);
	return 0;
}

/* How many arguments the command took, or -1. */
static int
run_command(char **argv, struct err *err)
{
	struct buf wire = { 0 };
	struct slice name = { 0 };
	const char *c = argv[0];
	int used = 2, n;

	if (argv[1] != NULL &&
	    imap_name(im, &wire, slice_str(argv[1]), err) == 0)
		name = buf_slice(&wire);
	if (strcmp(c, "caps") == 0) {
		printf("security %s\ngreeting %s\ncapabilities %s\n",
		    imap_security(im), imap_greeting(im),
		    imap_capabilities(im));
		used = 1;
	} else if (strcmp(c, "ns") == 0) {
		used = spaces(err) < 0 ? -1 : 1;
	} else if (strcmp(c, "list") == 0) {
		used = imap_list(im, slice_str("*"), on_folder, NULL, err) < 0
		    ? -1
		    : 1;
	} else if (strcmp(c, "lsub") == 0) {
		used = imap_lsub(im, slice_str("*"), on_folder, NULL, err) < 0
		    ? -1
		    : 1;
	} else if (strcmp(c, "noop") == 0) {
		used = imap_noop(im, err) < 0 ? -1 : 1;
	} else if (strcmp(c, "again") == 0) {
		imap_close(&im);
		used = account_open(&im, &account, err) < 0 ? -1 : 1;
		printf("again\n");
	} else if (strcmp(c, "pause") == 0) {
		used = conn_sleep_ms(1000, err) < 0 ? -1 : 1;
	} else if (strcmp(c, "unselect") == 0) {
		used = imap_unselect(im, err) < 0 ? -1 : 1;
	} else if (name.n == 0) {
		used = -1;
	} else if (strcmp(c, "create") == 0) {
		used = imap_create(im, name, NULL, err) < 0 ? -1 : 2;
	} else if (strcmp(c, "subscribe") == 0) {
		used = imap_subscribe(im, name, err) < 0 ? -1 : 2;
	} else if (strcmp(c, "select") == 0) {
		used = imap_select(im, name, false, err) < 0 ? -1 : 2;
	} else if (strcmp(c, "status") == 0) {
		used = status(name, err) < 0 ? -1 : 2;
	} else if (strcmp(c, "fetch") == 0) {
		used = fetch(name, err) < 0 ? -1 : 2;
	} else if (strcmp(c, "search") == 0) {
		used = imap_select(im, name, true, err) < 0 ||
			imap_uid_search(im, argv[2], on_uid, NULL, err) < 0
		    ? -1
		    : 3;
	} else if (strcmp(c, "store") == 0) {
		used = imap_select(im, name, false, err) < 0 ||
			imap_uid_store(im, slice_str(argv[2]), argv[3],
			    slice_str(argv[4]), err) < 0
		    ? -1
		    : 5;
	} else if (strcmp(c, "append") == 0) {
		for (n = 0; n < FILES_MAX && argv[2 + n] != NULL &&
		     strcmp(argv[2 + n], ".") != 0;
		     n++)
			;
		used = append(name, argv + 2, n, err) < 0 ? -1 : 3 + n;
	} else {
		used = err_set(err, SCOPE_RUN, EX_USAGE, "command '%s'?", c);
	}
	buf_free(&wire);
	return used;
}

static char **
read_options(char **argv)
{
	uint64_t n;

	for (; *argv != NULL && strncmp(*argv, "--", 2) == 0; argv++) {
		if (strcmp(*argv, "--multi") == 0)
			multi = true;
		else if (strcmp(*argv, "--ca-file") == 0)
			account.ca_file = *++argv;
		else if (strcmp(*argv, "--tls") == 0)
			account.tls = *++argv;
		else if (strcmp(*argv, "--tls-pin") == 0)
			account.tls_pin = *++argv;
		else if (strcmp(*argv, "--password-file") == 0)
			account.password_file = *++argv;
		else if (strcmp(*argv, "--password-env") == 0)
			account.password_env = *++argv;
		else if (strcmp(*argv, "--auth") == 0)
			account.auth = *++argv;
		else if (strcmp(*argv, "--admin") == 0)
			account.admin = *++argv;
		else if (strcmp(*argv, "--admin-user") == 0)
			account.admin_user = *++argv;
		else if (strcmp(*argv, "--user-root") == 0)
			account.user_root = *++argv;
		else if (strcmp(*argv, "--client-cert") == 0)
			account.client_cert = *++argv;
		else if (strcmp(*argv, "--client-key") == 0)
			account.client_key = *++argv;
		else if (strcmp(*argv, "--oauth-token-command") == 0)
			account.oauth.token_command = *++argv;
		else if (strcmp(*argv, "--oauth") == 0)
			account.oauth.client = *++argv;
		else if (strcmp(*argv, "--oauth-client-id") == 0)
			account.oauth.client_id = *++argv;
		else if (strcmp(*argv, "--oauth-secret-file") == 0)
			account.oauth.secret_file = *++argv;
		else if (strcmp(*argv, "--oauth-refresh-file") == 0)
			account.oauth.refresh_file = *++argv;
		else if (strcmp(*argv, "--password-command") == 0)
			account.password_command = *++argv;
		else if (strcmp(*argv, "--credentials") == 0)
			account.credentials = *++argv;
		else if (strcmp(*argv, "--trace") == 0)
			account.trace_wire = *++argv;
		else if (strcmp(*argv, "--flags") == 0)
			flags = *++argv;
		else if (strcmp(*argv, "--timeout") == 0 &&
		    num_u64(slice_str(*++argv), UINT32_MAX, &n))
			account.timeout_s = n;
		else if (strcmp(*argv, "--limit-rate") == 0 &&
		    num_u64(slice_str(*++argv), UINT32_MAX, &n))
			account.limit_rate = n;
		else if (strcmp(*argv, "--date") == 0 &&
		    num_u64(slice_str(*++argv), UINT32_MAX, &n))
			date = (int64_t)n;
	}
	return argv;
}

int
main(int argc, char **argv)
{
	struct err err = { 0 };
	int used = 0;

	(void)argc;
	stop_install();
	argv = read_options(argv + 1);
	if (argv[0] == NULL) {
		fprintf(stderr, "usage: see the source\n");
		return EX_USAGE;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (account_check(&account, argv[0], &err) < 0 ||
	    account_open(&im, &account, &err) < 0)
		used = -1;
	else
		printf("connected\n");
	for (argv++; used >= 0 && *argv != NULL; argv += used)
		used = run_command(argv, &err);
	if (used < 0)
		printf("error %d scope%d%s: %s\nhint: %s\n", err.status,
		    (int)err.scope, err.retry ? " retry" : "", err.text,
		    err.hint);
	imap_close(&im);
	account_close(&account);
	return used < 0 ? err.status : 0;
}
