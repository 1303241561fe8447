/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HTTPS through libcurl; see http.h. */
#include "wire/http.h"

#include <ctype.h>
#include <dlfcn.h>
#include <string.h>

#include <curl/curl.h>

#include "core/stop.h"

#define TIMEOUT_S 60

/* ------------------------------------------------------- loaded when needed */

static struct {
	CURL *(*init)(void);
	CURLcode (*setopt)(CURL *, CURLoption, ...);
	CURLcode (*perform)(CURL *);
	CURLcode (*getinfo)(CURL *, CURLINFO, ...);
	void (*cleanup)(CURL *);
	const char *(*words)(CURLcode);
	struct curl_slist *(*list_append)(struct curl_slist *, const char *);
	void (*list_free)(struct curl_slist *);
	CURLcode (*global_init)(long);
} lib;

/* A function's address goes into a variable of its own type by its bytes: C
 * knows no other way from dlsym(3). */
static bool
find(void *so, const char *name, void *into, size_t size)
{
	void *p = dlsym(so, name);

	memcpy(into, &p, size);
	return p != NULL;
}

#define FIND(field, name) find(so, name, &lib.field, sizeof(lib.field))

static int
load_library(struct err *err)
{
	void *so;

	if (lib.init != NULL)
		return 0;
	so = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
	if (so != NULL && FIND(setopt, "curl_easy_setopt") &&
	    FIND(perform, "curl_easy_perform") &&
	    FIND(getinfo, "curl_easy_getinfo") &&
	    FIND(cleanup, "curl_easy_cleanup") &&
	    FIND(words, "curl_easy_strerror") &&
	    FIND(list_append, "curl_slist_append") &&
	    FIND(list_free, "curl_slist_free_all") &&
	    FIND(global_init, "curl_global_init") &&
	    lib.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK &&
	    FIND(init, "curl_easy_init"))
		return 0;
	lib.init = NULL;
	err_set(err, SCOPE_RUN, EX_SOFTWARE, "OAuth needs libcurl: %s",
	    so == NULL ? dlerror() : "it cannot be used");
	return err_hint(err, "on Debian: apt-get install libcurl4");
}

/* -------------------------------------------------------------- the address */

/* Of "https://HOST[:PORT]/..." what stands before the path; no user in it. */
static bool
split_url(const char *url, const char *scheme, struct slice *host_r)
{
	size_t n = strlen(scheme), len;

	if (strncasecmp(url, scheme, n) != 0)
		return false;
	len = strcspn(url + n, "/?#");
	*host_r = slice_of(url + n, len);
	return len > 0 && memchr(host_r->p, '@', len) == NULL &&
	    memchr(host_r->p, '\\', len) == NULL;
}

static bool
is_loopback(struct slice host)
{
	static const char *const names[] = { "127.0.0.1", "localhost",
		"[::1]" };
	size_t i, n;

	for (i = 0; i < 3; i++) {
		n = strlen(names[i]);
		if (slice_starts(host, names[i]) &&
		    (host.n == n || host.p[n] == ':'))
			return true;
	}
	return false;
}

int
http_check_url(const char *url, bool loopback_ok, struct err *err)
{
	struct slice host;
	const char *p;

	for (p = url; *p > ' ' && *p < 0x7f; p++)
		;
	if (*p == '\0' && split_url(url, "https://", &host))
		return 0;
	if (*p == '\0' && loopback_ok && split_url(url, "http://", &host) &&
	    is_loopback(host))
		return 0;
	err_set(err, SCOPE_RUN, EX_CONFIG, "'%.200s' is no https:// address",
	    url);
	return err_hint(err,
	    "tokens go over TLS only; for a test on this machine "
	    "'http_on_loopback: yes' allows http://127.0.0.1");
}

/* ----------------------------------------------------------------- the form */

bool
http_form_put(struct secret *form, const char *key, struct slice value)
{
	static const char digit[] = "0123456789ABCDEF";
	bool ok = secret_slice(form).n == 0 || secret_put(form, "&", 1);
	char hex[3] = "%";
	size_t i;

	ok = ok && secret_put(form, key, strlen(key)) &&
	    secret_put(form, "=", 1);
	for (i = 0; i < value.n && ok; i++) {
		unsigned char c = (unsigned char)value.p[i];

		if (isalnum(c) || (c != '\0' && strchr("-._~", c) != NULL)) {
			ok = secret_put(form, value.p + i, 1);
			continue;
		}
		hex[1] = digit[c >> 4];
		hex[2] = digit[c & 15];
		ok = secret_put(form, hex, 3);
	}
	return ok;
}

/* ----------------------------------------------------------------- the call */

static size_t
on_data(char *p, size_t size, size_t n, void *arg)
{
	/* fewer than given ends the transfer */
	return secret_put(arg, p, size * n) ? size * n : 0;
}

static int
on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	(void)arg;
	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return stop_requested() ? 1 : 0;
}

static int
failed(CURLcode rc, const char *words, struct slice host, struct err *err)
{
	int status = EX_UNAVAILABLE;

	if (rc == CURLE_ABORTED_BY_CALLBACK)
		return stop_check(err);
	if (words[0] == '\0')
		words = lib.words(rc);
	if (rc == CURLE_WRITE_ERROR) {
		status = EX_PROTOCOL;
		words = "its answer is too long";
	} else if (rc == CURLE_COULDNT_RESOLVE_HOST) {
		status = EX_NOHOST;
	} else if (rc == CURLE_OPERATION_TIMEDOUT) {
		status = EX_TEMPFAIL;
	} else if (rc == CURLE_PEER_FAILED_VERIFICATION ||
	    rc == CURLE_SSL_CONNECT_ERROR || rc == CURLE_SSL_CACERT_BADFILE) {
		status = EX_NOPERM;
	}
	err_set(err, SCOPE_STORE, status, "token server %.*s: %s",
	    (int)(host.n < 100 ? host.n : 100), host.p, words);
	err->retry = status == EX_TEMPFAIL || status == EX_UNAVAILABLE;
	return -1;
}

static void
set_options(CURL *c, const struct http_spec *spec, const struct secret *form,
    struct secret *reply, char *words)
{
	long seconds = spec->timeout_s > 0 ? (long)spec->timeout_s : TIMEOUT_S;
	struct slice body = secret_slice(form);

	lib.setopt(c, CURLOPT_URL, spec->url);
	lib.setopt(c, CURLOPT_PROTOCOLS_STR,
	    spec->loopback_ok ? "https,http" : "https");
	lib.setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	lib.setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	lib.setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	lib.setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	if (spec->ca_file != NULL) {
		lib.setopt(c, CURLOPT_CAINFO, spec->ca_file);
		lib.setopt(c, CURLOPT_CAPATH, (char *)NULL);
	}
	lib.setopt(c, CURLOPT_POST, 1L);
	lib.setopt(c, CURLOPT_POSTFIELDS, body.p);
	lib.setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
	lib.setopt(c, CURLOPT_WRITEFUNCTION, on_data);
	lib.setopt(c, CURLOPT_WRITEDATA, reply);
	lib.setopt(c, CURLOPT_ERRORBUFFER, words);
	lib.setopt(c, CURLOPT_NOSIGNAL, 1L);
	lib.setopt(c, CURLOPT_NOPROGRESS, 0L);
	lib.setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
	lib.setopt(c, CURLOPT_CONNECTTIMEOUT, seconds < 20 ? seconds : 20L);
	lib.setopt(c, CURLOPT_TIMEOUT, seconds);
	lib.setopt(c, CURLOPT_USERAGENT, "postroad/" POSTROAD_VERSION);
	if (strncasecmp(spec->url, "https:", 6) != 0)
		lib.setopt(c, CURLOPT_PROXY, ""); /* this machine: none */
}

int
http_post(const struct http_spec *spec, const struct secret *form,
    struct secret *reply, struct err *err)
{
	char words[CURL_ERROR_SIZE] = "";
	struct curl_slist *headers;
	struct slice host = { 0 };
	long status = 0;
	CURLcode rc;
	CURL *c;

	if (http_check_url(spec->url, spec->loopback_ok, err) < 0 ||
	    load_library(err) < 0)
		return -1;
	if (!split_url(spec->url, "https://", &host))
		(void)split_url(spec->url, "http://", &host);
	secret_clear(reply);
	c = lib.init();
	if (c == NULL)
		return err_set(err, SCOPE_RUN, EX_SOFTWARE,
		    "libcurl does not start");
	headers = lib.list_append(NULL, "Accept: application/json");
	lib.setopt(c, CURLOPT_HTTPHEADER, headers);
	set_options(c, spec, form, reply, words);
	rc = lib.perform(c);
	lib.getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	lib.cleanup(c);
	lib.list_free(headers);
	if (rc != CURLE_OK)
		return failed(rc, words, host, err);
	return (int)status;
}
