/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hashing through OpenSSL's EVP; see digest.h. */
#include "core/digest.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "core/mem.h"

struct digest {
	EVP_MD_CTX *ctx;
	EVP_MD *md;
};

struct digest *
digest_new(void)
{
	struct digest *d = mem_alloc(1, sizeof(*d));

	d->ctx = EVP_MD_CTX_new();
	d->md = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (d->ctx == NULL || d->md == NULL)
		mem_exhausted();
	digest_reset(d);
	return d;
}

void
digest_reset(struct digest *d)
{
	if (EVP_DigestInit_ex2(d->ctx, d->md, NULL) != 1)
		mem_exhausted();
}

void
digest_add(struct digest *d, const void *data, size_t len)
{
	if (len > 0 && EVP_DigestUpdate(d->ctx, data, len) != 1)
		mem_exhausted();
}

void
digest_end(struct digest *d, uint8_t out[DIGEST_BYTES])
{
	if (EVP_DigestFinal_ex(d->ctx, out, NULL) != 1)
		mem_exhausted();
}

void
digest_now(const struct digest *d, uint8_t out[DIGEST_BYTES])
{
	EVP_MD_CTX *copy = EVP_MD_CTX_new();

	if (copy == NULL || EVP_MD_CTX_copy_ex(copy, d->ctx) != 1 ||
	    EVP_DigestFinal_ex(copy, out, NULL) != 1)
		mem_exhausted();
	EVP_MD_CTX_free(copy);
}

void
digest_free(struct digest **d)
{
	if (*d == NULL)
		return;
	EVP_MD_CTX_free((*d)->ctx);
	EVP_MD_free((*d)->md);
	free(*d);
	*d = NULL;
}

void
digest_of(const void *data, size_t len, uint8_t out[DIGEST_BYTES])
{
	struct digest *d = digest_new();

	digest_add(d, data, len);
	digest_end(d, out);
	digest_free(&d);
}

char *
digest_hex(char *out, const uint8_t *bin, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < len; i++) {
		out[2 * i] = hex[bin[i] >> 4];
		out[2 * i + 1] = hex[bin[i] & 15];
	}
	out[2 * len] = '\0';
	return out;
}

void
digest_md5(const struct slice *parts, size_t n, uint8_t out[DIGEST_MD5_BYTES])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t i;
	int ok = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_md5(), NULL) == 1;

	for (i = 0; ok && i < n; i++)
		ok = EVP_DigestUpdate(ctx, parts[i].p, parts[i].n);
	if (!ok || EVP_DigestFinal_ex(ctx, out, NULL) != 1)
		mem_exhausted();
	EVP_MD_CTX_free(ctx);
}
