/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which certificates are accepted for which host: RFC 6125, RFC 9525.  A
 * server process holds up a certificate made for each row.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/mem.h"
#include "wire/tls.h"

struct row {
	const char *what;
	const char *san; /* openssl's syntax; NULL: none */
	const char *cn, *host;
	bool ok;
	const char *words; /* in the error */
	/* what is wrong besides names */
	long from_s, to_s; /* relative to now; 0, 0: a good month */
	int rsa_bits;	   /* 0: an EC key */
	bool stranger;	   /* signed by an authority that is not trusted */
	bool self_signed;
	bool no_ca; /* signed by one that may not sign */
	bool sha1;
	const char *usage; /* extendedKeyUsage */
};

#define DAY 86400L

static const struct row rows[] = {
	{ .what = "name",
	    .san = "DNS:mail.example.org",
	    .host = "mail.example.org",
	    .ok = true },
	{ .what = "case",
	    .san = "DNS:MAIL.example.org",
	    .host = "mail.Example.org",
	    .ok = true },
	{ .what = "second name",
	    .san = "DNS:a.example,DNS:b.example",
	    .host = "b.example",
	    .ok = true },
	{ .what = "other name",
	    .san = "DNS:a.example,DNS:b.example",
	    .host = "c.example",
	    .words = "it is for a.example, b.example" },
	{ .what = "longer name",
	    .san = "DNS:mail.example.org.evil.example",
	    .host = "mail.example.org",
	    .words = "not for" },
	{ .what = "shorter name",
	    .san = "DNS:example.org",
	    .host = "mail.example.org",
	    .words = "not for" },
	{ .what = "only a common name",
	    .cn = "mail.example.org",
	    .host = "mail.example.org",
	    .words = "no name" },
	{ .what = "common name beside others",
	    .cn = "mail.example.org",
	    .san = "DNS:x.example",
	    .host = "mail.example.org",
	    .words = "not for" },
	{ .what = "common name beside an address",
	    .cn = "mail.example.org",
	    .san = "IP:192.0.2.1",
	    .host = "mail.example.org",
	    .words = "not for" },
	{ .what = "wildcard",
	    .san = "DNS:*.example.org",
	    .host = "mail.example.org",
	    .ok = true },
	{ .what = "wildcard, two labels",
	    .san = "DNS:*.example.org",
	    .host = "a.mail.example.org",
	    .words = "not for" },
	{ .what = "wildcard, no label",
	    .san = "DNS:*.example.org",
	    .host = "example.org",
	    .words = "not for" },
	{ .what = "wildcard for all of a top domain",
	    .san = "DNS:*.com",
	    .host = "example.com",
	    .words = "not for" },
	{ .what = "wildcard alone",
	    .san = "DNS:*",
	    .host = "localhost",
	    .words = "not for" },
	{ .what = "wildcard in front",
	    .san = "DNS:*l.example.org",
	    .host = "mail.example.org",
	    .words = "not for" },
	{ .what = "wildcard behind",
	    .san = "DNS:m*.example.org",
	    .host = "mail.example.org",
	    .words = "not for" },
	{ .what = "wildcard in the middle",
	    .san = "DNS:mail.*.org",
	    .host = "mail.example.org",
	    .words = "not for" },
	{ .what = "two wildcards",
	    .san = "DNS:*.*.org",
	    .host = "mail.example.org",
	    .words = "not for" },
	{ .what = "address",
	    .san = "IP:192.0.2.7",
	    .host = "192.0.2.7",
	    .ok = true },
	{ .what = "other address",
	    .san = "IP:192.0.2.8",
	    .host = "192.0.2.7",
	    .words = "it is for 192.0.2.8" },
	{ .what = "address as a name",
	    .san = "DNS:192.0.2.7",
	    .host = "192.0.2.7",
	    .words = "not for" },
	{ .what = "address as common name",
	    .cn = "192.0.2.7",
	    .host = "192.0.2.7",
	    .words = "no name" },
	{ .what = "IPv6",
	    .san = "IP:2001:db8::1",
	    .host = "2001:DB8:0:0::1",
	    .ok = true },
	{ .what = "IPv6 with a zone",
	    .san = "IP:fe80::1",
	    .host = "fe80::1%eth0",
	    .ok = true },
	{ .what = "other IPv6",
	    .san = "IP:2001:db8::2",
	    .host = "2001:db8::1",
	    .words = "not for" },
	{ .what = "mail address",
	    .san = "email:x@mail.example.org",
	    .host = "mail.example.org",
	    .words = "no name" },
	/* a dNSName of "mail.example.org\0.evil", in DER */
	{ .what = "NUL in the name",
	    .san = "DER:30:19:82:17:6d:61:69:6c:2e:65:78:61:6d:70:6c:65:2e:"
		   "6f:72:67:00:2e:65:76:69:6c:21",
	    .host = "mail.example.org",
	    .words = "TLS" },
	{ .what = "expired",
	    .san = "DNS:h.example",
	    .host = "h.example",
	    .from_s = -9 * DAY,
	    .to_s = -2 * DAY,
	    .words = "expired on 20" },
	{ .what = "not yet valid",
	    .san = "DNS:h.example",
	    .host = "h.example",
	    .from_s = 2 * DAY,
	    .to_s = 9 * DAY,
	    .words = "valid only from 20" },
	{ .what = "a stranger's",
	    .san = "DNS:h.example",
	    .host = "h.example",
	    .stranger = true,
	    .words = "issued by CN = Stranger" },
	{ .what = "self-signed",
	    .san = "DNS:h.example",
	    .host = "h.example",
	    .self_signed = true,
	    .words = "not trusted" },
	{ .what = "signed by no authority",
	    .san = "DNS:h.example",
	    .host = "h.example",
	    .no_ca = true,
	    .words = "not trusted" },
	{ .what = "a weak key",
	    .san = "DNS:h.example",
	    .host = "h.example",
	    .rsa_bits = 1024,
	    .words = "too weak" },
	{ .what = "a good RSA key",
	    .san = "DNS:h.example",
	    .host = "h.example",
	    .rsa_bits = 2048,
	    .ok = true },
	{ .what = "SHA-1",
	    .san = "DNS:h.example",
	    .host = "h.example",
	    .sha1 = true,
	    .words = "too weak" },
	{ .what = "for servers",
	    .san = "DNS:h.example",
	    .host = "h.example",
	    .usage = "serverAuth",
	    .ok = true },
	{ .what = "for clients only",
	    .san = "DNS:h.example",
	    .host = "h.example",
	    .usage = "clientAuth",
	    .words = "purpose" },
};

struct pair {
	X509 *cert;
	EVP_PKEY *key;
};

static struct pair root, stranger, leaf_that_signs;
static char ca_file[] = "/tmp/postroad-tls.XXXXXX";

static void
add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(ext);
	X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
}

static struct pair
make(const struct row *r, const struct pair *issuer, bool ca)
{
	struct pair p = { X509_new(), NULL };
	X509_NAME *name = X509_get_subject_name(p.cert);
	static int serial = 1;

	p.key = r->rsa_bits > 0
	    ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)r->rsa_bits)
	    : EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	assert_non_null(p.key);
	X509_set_version(p.cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(p.cert), serial++);
	X509_gmtime_adj(X509_getm_notBefore(p.cert),
	    r->from_s == 0 ? -DAY : r->from_s);
	X509_gmtime_adj(X509_getm_notAfter(p.cert),
	    r->to_s == 0 ? 30 * DAY : r->to_s);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
	    (const unsigned char *)(r->cn == NULL ? "x" : r->cn), -1, -1, 0);
	X509_set_pubkey(p.cert, p.key);
	if (issuer == NULL)
		issuer = &p;
	X509_set_issuer_name(p.cert, X509_get_subject_name(issuer->cert));
	add_extension(p.cert, issuer->cert, NID_basic_constraints,
	    ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	if (r->san != NULL)
		add_extension(p.cert, issuer->cert, NID_subject_alt_name,
		    r->san);
	if (r->usage != NULL)
		add_extension(p.cert, issuer->cert, NID_ext_key_usage,
		    r->usage);
	assert_true(X509_sign(p.cert, issuer->key,
			r->sha1 ? EVP_sha1() : EVP_sha256()) > 0);
	return p;
}

static void
pair_free(struct pair *p)
{
	X509_free(p->cert);
	EVP_PKEY_free(p->key);
}

/* Hold it up to whoever asks; never returns. */
static void
serve(int fd, const struct pair *p, const struct row *r)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	SSL *ssl;
	char byte;

	alarm(20);
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_use_certificate(ctx, p->cert);
	SSL_CTX_use_PrivateKey(ctx, p->key);
	if (r->no_ca)
		SSL_CTX_add1_chain_cert(ctx, leaf_that_signs.cert);
	ssl = SSL_new(ctx);
	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1)
		(void)SSL_read(ssl, &byte, 1);
	_exit(0);
}

static int
shake(int fd, const char *host, struct err *err)
{
	struct tls_spec spec = { .mode = TLS_VERIFY,
		.host = host,
		.ca_file = ca_file };
	struct pollfd pfd = { .fd = fd };
	enum tls_want want;
	struct tls *t;
	int rc;

	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	if (tls_new(&t, fd, &spec, err) < 0)
		fail_msg("%s", err->text);
	while ((rc = tls_handshake(t, &want, err)) == 0) {
		pfd.events = want == TLS_WANT_READ ? POLLIN : POLLOUT;
		assert_true(poll(&pfd, 1, 10000) > 0);
	}
	tls_free(&t);
	return rc;
}

static void
run(const struct row *r)
{
	struct pair p = make(r,
	    r->self_signed    ? NULL
		: r->stranger ? &stranger
		: r->no_ca    ? &leaf_that_signs
			      : &root,
	    false);
	struct err err = { 0 };
	int sv[2], rc;
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	pid = fork();
	if (pid == 0) {
		close(sv[0]);
		serve(sv[1], &p, r);
	}
	close(sv[1]);
	rc = shake(sv[0], r->host, &err);
	close(sv[0]);
	waitpid(pid, NULL, 0);
	pair_free(&p);
	if (r->ok && rc != 1)
		fail_msg("%s: %s", r->what, err.text);
	if (!r->ok && rc == 1)
		fail_msg("%s: accepted", r->what);
	if (r->ok)
		return;
	assert_int_equal(err.status, EX_NOPERM);
	assert_int_equal(err.scope, SCOPE_STORE);
	assert_false(err.retry);
	if (strstr(err.text, r->words) == NULL)
		fail_msg("%s: no '%s' in '%s'", r->what, r->words, err.text);
}

static void
test_certificates(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		run(&rows[i]);
}

static void
test_modes_and_pins(void **state)
{
	static const char *const good[] = {
		"sha256:0123456789abcdef0123456789ABCDEF"
		"0123456789abcdef0123456789abcdef",
		"01:23:45:67:89:ab:cd:ef:01:23:45:67:89:ab:cd:ef:"
		"01:23:45:67:89:ab:cd:ef:01:23:45:67:89:ab:cd:ef",
		"sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
		"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
		"sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;"
		"sha256:0123456789abcdef0123456789abcdef"
		"0123456789abcdef0123456789abcdef",
	};
	static const char *const bad[] = { "", ";", "sha256:", "sha256:12",
		"sha256:0123456789abcdef0123456789abcdef"
		"0123456789abcdef0123456789abcde",
		"sha256:0123456789abcdef0123456789abcdef"
		"0123456789abcdef0123456789abcdef0",
		"sha256:0123456789abcdef0123456789abcdef"
		"0123456789abcdef0123456789abcdeg",
		"sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
		"sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSu!U=",
		"sha1:0123456789abcdef0123456789abcdef01234567" };
	enum tls_mode mode;
	struct err err;
	size_t i;
	char *s;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		s = mem_str(good[i]);
		if (tls_pin_check(s, &err) < 0)
			fail_msg("%s: %s", s, err.text);
		free(s);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		s = mem_str(bad[i]);
		if (tls_pin_check(s, &err) == 0)
			fail_msg("accepted: %s", s);
		assert_int_equal(err.status, EX_USAGE);
		free(s);
	}
	assert_int_equal(tls_mode_parse("verify", &mode, &err), 0);
	assert_int_equal(mode, TLS_VERIFY);
	assert_int_equal(tls_mode_parse("none", &mode, &err), 0);
	assert_int_equal(mode, TLS_NONE);
	assert_int_equal(tls_mode_parse("insecure", &mode, &err), 0);
	assert_int_equal(mode, TLS_INSECURE);
	assert_int_equal(tls_mode_parse("off", &mode, &err), -1);
}

static int
setup(void **state)
{
	struct row good = { .cn = "Root" };
	int fd = mkstemp(ca_file);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	if (f == NULL)
		return -1;
	root = make(&good, NULL, true);
	good.cn = "Stranger";
	stranger = make(&good, NULL, true);
	good.cn = "Leaf";
	leaf_that_signs = make(&good, &root, false);
	PEM_write_X509(f, root.cert);
	return fclose(f);
}

static int
teardown(void **state)
{
	(void)state;
	pair_free(&root);
	pair_free(&stranger);
	pair_free(&leaf_that_signs);
	return unlink(ca_file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_certificates),
		cmocka_unit_test(test_modes_and_pins),
	};

	return cmocka_run_group_tests_name("tls", tests, setup, teardown);
}
