/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory for secrets; see secret.h. */
#include "wire/secret.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/mem.h"

struct secret {
	char *p;
	size_t n, max, mapped;
};

struct secret *
secret_new(size_t max)
{
	struct secret *s = mem_alloc(1, sizeof(*s));
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	s->max = max;
	s->mapped = (max + page) / page * page;
	s->p = mmap(NULL, s->mapped, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (s->p == MAP_FAILED)
		mem_exhausted();
	/* best effort: a limit on locked memory is no reason to stop */
	(void)mlock(s->p, s->mapped);
	(void)madvise(s->p, s->mapped, MADV_DONTDUMP);
	return s;
}

bool
secret_put(struct secret *s, const void *data, size_t len)
{
	if (len > s->max - s->n)
		return false;
	if (len > 0)
		memcpy(s->p + s->n, data, len);
	s->n += len;
	return true;
}

void
secret_clear(struct secret *s)
{
	explicit_bzero(s->p, s->mapped);
	s->n = 0;
}

struct slice
secret_slice(const struct secret *s)
{
	return slice_of(s->p, s->n);
}

char *
secret_room(struct secret *s, size_t *max_r)
{
	*max_r = s->max;
	return s->p;
}

void
secret_set_len(struct secret *s, size_t len)
{
	s->n = len < s->max ? len : s->max;
}

void
secret_free(struct secret **s)
{
	if (*s == NULL)
		return;
	secret_clear(*s);
	munmap((*s)->p, (*s)->mapped);
	free(*s);
	*s = NULL;
}

bool
secret_put_base64(struct secret *out, struct slice in)
{
	static const char digit[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char four[4];
	unsigned long v;
	size_t i, k, n;

	for (i = 0; i < in.n; i += 3) {
		n = in.n - i < 3 ? in.n - i : 3;
		for (v = 0, k = 0; k < 3; k++)
			v = v << 8 | (k < n ? (unsigned char)in.p[i + k] : 0);
		for (k = 0; k < 4; k++)
			four[k] = k > n ? '=' : digit[v >> (18 - 6 * k) & 63];
		if (!secret_put(out, four, 4))
			return false;
	}
	explicit_bzero(four, sizeof(four));
	explicit_bzero(&v, sizeof(v));
	return true;
}

#if defined(__SANITIZE_ADDRESS__)
#define TRACED 1 /* the leak checker attaches to its own process */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TRACED 1
#endif
#endif

void
secret_harden_process(void)
{
	struct rlimit none = { 0, 0 };

#ifndef TRACED
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
	(void)setrlimit(RLIMIT_CORE, &none);
}
