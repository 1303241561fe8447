/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS through OpenSSL; see tls.h. */
#include "wire/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/buf.h"
#include "core/digest.h"
#include "core/mem.h"

#define PINS_MAX       8
#define NAME_MAX_SHOWN 20 /* names of a certificate */

struct tls {
	SSL_CTX *ctx;
	SSL *ssl;
	char *host;
	enum tls_mode mode;
	uint8_t pin[PINS_MAX][DIGEST_BYTES];
	size_t n_pins;
	/* the first thing that verification stumbled over */
	int why;
	char subject[160], issuer[160], names[200], when[32];
	char version[96];
	char peer_pin[DIGEST_HEX + 8];
	struct err look; /* LOOK: what VERIFY would have died of */
	bool ended;	 /* an error: say no goodbye */
};

int
tls_mode_parse(const char *s, enum tls_mode *mode_r, struct err *err)
{
	static const char *const names[] = { "verify", "none", "insecure" };
	int i;

	for (i = 0; i < 3; i++) { /* LOOK is not the user's to choose */
		if (strcmp(s, names[i]) == 0) {
			*mode_r = (enum tls_mode)i;
			return 0;
		}
	}
	return err_set(err, SCOPE_RUN, EX_USAGE,
	    "--tls: '%s' is none of verify, none, insecure", s);
}

/* ----------------------------------------------------------------- pins */

static bool
pin_hex(struct slice s, uint8_t out[DIGEST_BYTES])
{
	static const char digits[] = "0123456789abcdef";
	const char *hi, *lo;
	size_t i, n = 0;

	for (i = 0; i + 1 < s.n && n < DIGEST_BYTES; i += 2) {
		if (s.p[i] == ':')
			i++; /* openssl's "AB:CD:..." */
		if (i + 1 >= s.n || s.p[i] == '\0' || s.p[i + 1] == '\0')
			return false;
		hi = strchr(digits, s.p[i] | 0x20);
		lo = strchr(digits, s.p[i + 1] | 0x20);
		if (hi == NULL || lo == NULL)
			return false;
		out[n++] = (uint8_t)((hi - digits) << 4 | (lo - digits));
	}
	return n == DIGEST_BYTES && i == s.n;
}

static bool
pin_base64(struct slice s, uint8_t out[DIGEST_BYTES])
{
	unsigned char in[45], raw[36];

	/* 32 bytes are 44 characters, the last a '=' */
	if (s.n != 44 || s.p[43] != '=')
		return false;
	memcpy(in, s.p, 44);
	if (EVP_DecodeBlock(raw, in, 44) != 33)
		return false;
	memcpy(out, raw, DIGEST_BYTES);
	return true;
}

static int
pins_parse(const char *spec, uint8_t pin[PINS_MAX][DIGEST_BYTES],
    struct err *err)
{
	size_t n = 0, len;
	struct slice s;
	bool ok;

	for (; *spec != '\0'; spec += len + (spec[len] == ';')) {
		len = strcspn(spec, ";");
		s = slice_of(spec, len);
		if (n == PINS_MAX)
			return err_set(err, SCOPE_RUN, EX_USAGE,
			    "--tls-pin: more than %d pins", PINS_MAX);
		if (slice_starts(s, "sha256//"))
			ok = pin_base64(slice_from(s, 8), pin[n]);
		else if (slice_starts(s, "sha256:"))
			ok = pin_hex(slice_from(s, 7), pin[n]);
		else
			ok = pin_hex(s, pin[n]) || pin_base64(s, pin[n]);
		if (!ok)
			break;
		n++;
	}
	if (n > 0 && *spec == '\0')
		return (int)n;
	err_set(err, SCOPE_RUN, EX_USAGE,
	    "--tls-pin: not the SHA-256 of a public key");
	return err_hint(err,
	    "write sha256: and 64 hex digits, or sha256// "
	    "and base64");
}

int
tls_pin_check(const char *pin, struct err *err)
{
	uint8_t pins[PINS_MAX][DIGEST_BYTES];

	return pins_parse(pin, pins, err) < 0 ? -1 : 0;
}

static int
check_pin(struct tls *t, struct err *err)
{
	X509 *cert = SSL_get0_peer_certificate(t->ssl);
	unsigned char *der = NULL;
	uint8_t got[DIGEST_BYTES];
	size_t i;
	int n;

	if (cert == NULL)
		return err_set(err, SCOPE_STORE, EX_NOPERM,
		    "TLS: %s showed no certificate", t->host);
	n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
	if (n < 0)
		mem_exhausted();
	digest_of(der, (size_t)n, got);
	OPENSSL_free(der);
	memcpy(t->peer_pin, "sha256:", 7);
	digest_hex(t->peer_pin + 7, got, DIGEST_BYTES);
	if (t->n_pins == 0)
		return 0;
	for (i = 0; i < t->n_pins; i++)
		if (memcmp(t->pin[i], got, DIGEST_BYTES) == 0)
			return 0;
	err_set(err, SCOPE_STORE, EX_NOPERM,
	    "TLS: the key of %s is not the pinned one, but %s", t->host,
	    t->peer_pin);
	return err_hint(err,
	    "ask the server's administrator whether the key "
	    "was changed; if so, change --tls-pin");
}

/* --------------------------------------------------- certificates, in words */

static void
name_text(char *out, size_t cap, X509_NAME *name)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p;
	long n;

	if (bio == NULL)
		mem_exhausted();
	X509_NAME_print_ex(bio, name, 0,
	    XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
	n = BIO_get_mem_data(bio, &p);
	snprintf(out, cap, "%.*s", (int)n, p);
	BIO_free(bio);
}

static void
names_add(struct buf *b, const GENERAL_NAME *name)
{
	const ASN1_STRING *s = name->d.ia5;
	const unsigned char *p;
	char addr[INET6_ADDRSTRLEN];
	int n;

	if (name->type != GEN_DNS && name->type != GEN_IPADD)
		return;
	if (b->n > 0)
		buf_puts(b, ", ");
	p = ASN1_STRING_get0_data(s);
	n = ASN1_STRING_length(s);
	if (name->type == GEN_DNS)
		buf_put(b, p, (size_t)n);
	else if ((n == 4 || n == 16) &&
	    inet_ntop(n == 4 ? AF_INET : AF_INET6, p, addr, sizeof(addr)))
		buf_puts(b, addr);
}

/* "DNS and IP names it is for", or the common name, said to be one */
static void
cert_names(char *out, size_t cap, X509 *cert)
{
	GENERAL_NAMES *san =
	    X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	struct buf b = { 0 };
	int i, n = san == NULL ? 0 : sk_GENERAL_NAME_num(san);

	for (i = 0; i < n && i < NAME_MAX_SHOWN; i++)
		names_add(&b, sk_GENERAL_NAME_value(san, i));
	if (i < n)
		buf_puts(&b, ", ...");
	if (b.n == 0)
		buf_puts(&b, "no name (a common name does not count)");
	snprintf(out, cap, "%.*s", (int)b.n, buf_str(&b));
	buf_free(&b);
	GENERAL_NAMES_free(san);
}

static void
time_text(char *out, size_t cap, const ASN1_TIME *t)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm) == 1)
		strftime(out, cap, "%Y-%m-%d", &tm);
	else
		snprintf(out, cap, "an unreadable date");
}

static int tls_index = -1; /* of the struct tls in an SSL */

/* Remember why, for the error's words; the verdict changes only where nobody
 * trusts it (LOOK). */
static int
on_verify(int ok, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store,
	    SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls *t = SSL_get_ex_data(ssl, tls_index);
	X509 *cert = X509_STORE_CTX_get_current_cert(store);
	X509 *leaf = X509_STORE_CTX_get0_cert(store);
	int why = X509_STORE_CTX_get_error(store);

	if (ok || t == NULL || t->why != X509_V_OK)
		return ok || (t != NULL && t->mode == TLS_LOOK);
	t->why = why;
	if (cert == NULL)
		cert = leaf;
	if (cert == NULL)
		return t->mode == TLS_LOOK;
	name_text(t->subject, sizeof(t->subject), X509_get_subject_name(cert));
	name_text(t->issuer, sizeof(t->issuer), X509_get_issuer_name(cert));
	time_text(t->when, sizeof(t->when),
	    why == X509_V_ERR_CERT_NOT_YET_VALID ? X509_get0_notBefore(cert)
						 : X509_get0_notAfter(cert));
	if (leaf != NULL)
		cert_names(t->names, sizeof(t->names), leaf);
	return t->mode == TLS_LOOK;
}

static int
not_trusted(const struct tls *t, struct err *err)
{
	switch (t->why) {
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		err_set(err, SCOPE_STORE, EX_NOPERM,
		    "TLS: the certificate is not for %s; it is for %s", t->host,
		    t->names);
		return err_hint(err,
		    "use the name that the certificate has, if that is the "
		    "server you mean");
	case X509_V_ERR_CERT_HAS_EXPIRED:
		err_set(err, SCOPE_STORE, EX_NOPERM,
		    "TLS: a certificate of %s expired on %s (%s)", t->host,
		    t->when, t->subject);
		return err_hint(err,
		    "its administrator has to renew it; look at this "
		    "machine's clock, too");
	case X509_V_ERR_CERT_NOT_YET_VALID:
		err_set(err, SCOPE_STORE, EX_NOPERM,
		    "TLS: a certificate of %s is valid only from %s (%s)",
		    t->host, t->when, t->subject);
		return err_hint(err, "look at this machine's clock");
	default:
		err_set(err, SCOPE_STORE, EX_NOPERM,
		    "TLS: the certificate of %s is not trusted: %s "
		    "(issued by %s)",
		    t->host, X509_verify_cert_error_string(t->why), t->issuer);
		return err_hint(err,
		    "if it is your own server, give its authority's "
		    "certificate with --ca-file");
	}
}

/* ---------------------------------------------------------------- set up */

static int
load_authorities(struct tls *t, const struct tls_spec *spec, struct err *err)
{
	ERR_clear_error();
	if (spec->ca_file == NULL) {
		SSL_CTX_set_default_verify_paths(t->ctx);
		return 0;
	}
	if (SSL_CTX_load_verify_file(t->ctx, spec->ca_file) == 1)
		return 0;
	err_set(err, SCOPE_RUN, EX_NOPERM,
	    "--ca-file '%s': no certificate can be read from it",
	    spec->ca_file);
	return err_hint(err,
	    "it must be a readable file of certificates in "
	    "PEM form");
}

/* A key in a file that others can read is no secret any more. */
static int
check_private(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_sys(err, SCOPE_RUN, EX_CONFIG, "'%s'", path);
	if ((st.st_mode & 077) == 0)
		return 0;
	err_set(err, SCOPE_RUN, EX_CONFIG,
	    "others can read the private key in '%s' (mode %04o)", path,
	    (unsigned)(st.st_mode & 07777));
	return err_hint(err, "chmod 600 '%s'", path);
}

/* Nobody is asked on the terminal behind our back. */
static int
no_passphrase(char *out, int size, int writing, void *arg)
{
	(void)out;
	(void)size;
	(void)writing;
	*(bool *)arg = true;
	return -1;
}

static int
load_client_cert(struct tls *t, const struct tls_spec *spec, struct err *err)
{
	const char *key =
	    spec->client_key != NULL ? spec->client_key : spec->client_cert;
	bool encrypted = false;

	if (spec->client_cert == NULL)
		return 0;
	if (check_private(key, err) < 0)
		return err_within(err,
		    spec->client_key != NULL ? "--client-key"
					     : "--client-cert");
	ERR_clear_error();
	SSL_CTX_set_default_passwd_cb(t->ctx, no_passphrase);
	SSL_CTX_set_default_passwd_cb_userdata(t->ctx, &encrypted);
	if (SSL_CTX_use_certificate_chain_file(t->ctx, spec->client_cert) != 1)
		return err_set(err, SCOPE_RUN, EX_CONFIG,
		    "--client-cert '%s': no certificate can be read from it",
		    spec->client_cert);
	if (SSL_CTX_use_PrivateKey_file(t->ctx, key, SSL_FILETYPE_PEM) == 1 &&
	    SSL_CTX_check_private_key(t->ctx) == 1)
		return 0;
	if (encrypted) {
		err_set(err, SCOPE_RUN, EX_CONFIG,
		    "the private key in '%s' is encrypted", key);
		return err_hint(err,
		    "openssl pkey -in '%s' -out FILE writes it without; "
		    "chmod 600 FILE",
		    key);
	}
	err_set(err, SCOPE_RUN, EX_CONFIG,
	    "'%s' holds no private key that fits the certificate", key);
	return err_hint(err,
	    "--client-key names the file of the key, if it is not in "
	    "--client-cert");
}

static void
set_host(struct tls *t)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(t->ssl);
	char *zone = strchr(t->host, '%');

	if (zone != NULL)
		*zone = '\0'; /* of a link-local address; local matter */
	X509_VERIFY_PARAM_set_hostflags(param,
	    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
		X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	if (X509_VERIFY_PARAM_set1_ip_asc(param, t->host) == 1)
		return;
	if (X509_VERIFY_PARAM_set1_host(param, t->host, 0) != 1 ||
	    SSL_set_tlsext_host_name(t->ssl, t->host) != 1)
		mem_exhausted();
}

static int
set_up(struct tls *t, int fd, const struct tls_spec *spec, struct err *err)
{
	bool verify = spec->mode == TLS_VERIFY || spec->mode == TLS_LOOK;
	int n;

	if (spec->pin != NULL) {
		n = pins_parse(spec->pin, t->pin, err);
		if (n < 0)
			return -1;
		t->n_pins = (size_t)n;
	}
	t->ctx = SSL_CTX_new(TLS_client_method());
	if (t->ctx == NULL)
		mem_exhausted();
	SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(t->ctx,
	    SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
	/* keys of 112 bits of strength and more */
	SSL_CTX_set_security_level(t->ctx, verify ? 2 : 1);
	SSL_CTX_set_mode(t->ctx,
	    SSL_MODE_ENABLE_PARTIAL_WRITE |
		SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	if ((verify && load_authorities(t, spec, err) < 0) ||
	    load_client_cert(t, spec, err) < 0)
		return -1;
	t->ssl = SSL_new(t->ctx);
	if (t->ssl == NULL || SSL_set_fd(t->ssl, fd) != 1)
		mem_exhausted();
	if (tls_index < 0)
		tls_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	SSL_set_ex_data(t->ssl, tls_index, t);
	set_host(t);
	SSL_set_verify(t->ssl, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
	    verify ? on_verify : NULL);
	SSL_set_connect_state(t->ssl);
	return 0;
}

int
tls_new(struct tls **t_r, int fd, const struct tls_spec *spec, struct err *err)
{
	struct tls *t = mem_alloc(1, sizeof(*t));

	*t_r = NULL;
	t->mode = spec->mode;
	t->host = mem_str(spec->host);
	if (set_up(t, fd, spec, err) < 0) {
		t->ended = true;
		tls_free(&t);
		return -1;
	}
	*t_r = t;
	return 0;
}

/* ------------------------------------------------------------- operation */

/* What OpenSSL's return value means: 0 and *want_r, or -1. */
static int
judge(struct tls *t, int rc, enum tls_want *want_r, const char *doing,
    struct err *err)
{
	int saved = errno;
	int why = SSL_get_error(t->ssl, rc);
	unsigned long code = ERR_peek_last_error();
	const char *reason = ERR_reason_error_string(code);

	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
		*want_r =
		    why == SSL_ERROR_WANT_READ ? TLS_WANT_READ : TLS_WANT_WRITE;
		return 0;
	}
	t->ended = true;
	if (why == SSL_ERROR_SYSCALL && saved != 0) {
		errno = saved;
		err_sys(err, SCOPE_STORE, EX_TEMPFAIL, "TLS, %s", doing);
		err->retry = true;
		return -1;
	}
	if (why == SSL_ERROR_SYSCALL || why == SSL_ERROR_ZERO_RETURN ||
	    ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return err_set(err, SCOPE_STORE, EX_TEMPFAIL,
		    "TLS, %s: the connection was cut off", doing);
	return err_set(err, SCOPE_STORE, EX_NOPERM, "TLS, %s: %s", doing,
	    reason == NULL ? "failed" : reason);
}

static int
handshake_failed(struct tls *t, struct err *err)
{
	int reason = ERR_GET_REASON(ERR_peek_last_error());

	if (t->why != X509_V_OK && t->mode == TLS_VERIFY)
		return not_trusted(t, err);
	if (reason == SSL_R_WRONG_VERSION_NUMBER ||
	    reason == SSL_R_PACKET_LENGTH_TOO_LONG)
		return err_hint(err,
		    "this port does not speak TLS from the "
		    "first byte; STARTTLS is imap://");
	if (reason == SSL_R_UNSUPPORTED_PROTOCOL ||
	    reason == SSL_R_TLSV1_ALERT_PROTOCOL_VERSION)
		return err_hint(err, "the server has no TLS 1.2 or newer");
	return -1;
}

int
tls_handshake(struct tls *t, enum tls_want *want_r, struct err *err)
{
	int rc;

	ERR_clear_error();
	errno = 0;
	rc = SSL_do_handshake(t->ssl);
	if (rc != 1) {
		rc = judge(t, rc, want_r, "handshake", err);
		return rc < 0 ? handshake_failed(t, err) : 0;
	}
	if (t->mode == TLS_VERIFY &&
	    SSL_get_verify_result(t->ssl) != X509_V_OK) {
		t->ended = true;
		return not_trusted(t, err);
	}
	if (check_pin(t, t->mode == TLS_LOOK ? &t->look : err) < 0 &&
	    t->mode != TLS_LOOK)
		return -1;
	if (t->mode == TLS_LOOK && t->why != X509_V_OK)
		not_trusted(t, &t->look);
	snprintf(t->version, sizeof(t->version), "%s %s",
	    SSL_get_version(t->ssl), SSL_get_cipher_name(t->ssl));
	return 1;
}

ssize_t
tls_read(struct tls *t, void *p, size_t n, enum tls_want *want_r,
    struct err *err)
{
	size_t got = 0;
	int rc;

	ERR_clear_error();
	errno = 0;
	rc = SSL_read_ex(t->ssl, p, n, &got);
	if (rc == 1)
		return (ssize_t)got;
	if (SSL_get_error(t->ssl, rc) == SSL_ERROR_ZERO_RETURN)
		return 0;
	return judge(t, rc, want_r, "reading", err) < 0 ? -1 : -2;
}

ssize_t
tls_write(struct tls *t, const void *p, size_t n, enum tls_want *want_r,
    struct err *err)
{
	size_t put = 0;
	int rc;

	ERR_clear_error();
	errno = 0;
	rc = SSL_write_ex(t->ssl, p, n, &put);
	if (rc == 1)
		return (ssize_t)put;
	return judge(t, rc, want_r, "writing", err) < 0 ? -1 : -2;
}

const char *
tls_version(const struct tls *t)
{
	return t->version;
}

const char *
tls_peer_pin(const struct tls *t)
{
	return t->peer_pin;
}

void
tls_peer_cert(const struct tls *t, struct tls_cert *out)
{
	X509 *cert = SSL_get0_peer_certificate(t->ssl);

	*out = (struct tls_cert){ .problem = t->look };
	if (cert == NULL)
		return;
	name_text(out->subject, sizeof(out->subject),
	    X509_get_subject_name(cert));
	name_text(out->issuer, sizeof(out->issuer), X509_get_issuer_name(cert));
	cert_names(out->names, sizeof(out->names), cert);
	time_text(out->from, sizeof(out->from), X509_get0_notBefore(cert));
	time_text(out->to, sizeof(out->to), X509_get0_notAfter(cert));
	snprintf(out->pin, sizeof(out->pin), "%s", t->peer_pin);
}

void
tls_free(struct tls **t)
{
	if (*t == NULL)
		return;
	if (!(*t)->ended && SSL_is_init_finished((*t)->ssl)) {
		ERR_clear_error();
		SSL_shutdown((*t)->ssl);
	}
	ERR_clear_error();
	SSL_free((*t)->ssl);
	SSL_CTX_free((*t)->ctx);
	free((*t)->host);
	free(*t);
	*t = NULL;
}
