/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SASL mechanisms; see sasl.h. */
#include "wire/sasl.h"

#include <stdlib.h>
#include <string.h>

#include <gsasl.h>

#include "core/mem.h"
#include "core/num.h"
#include "core/text.h"

/* PBKDF2 rounds that a server may make us do; a million take a second. */
#define ROUNDS_MAX 5000000

struct sasl {
	enum login_way way;
	const struct login *l;
	size_t n_steps;
	bool over; /* all was said, and proven where there is a proof */
	char refusal[300];
	Gsasl *lib;
	Gsasl_session *session;
};

static bool
uses_library(enum login_way way)
{
	return way == LOGIN_CRAM_MD5 || way == LOGIN_SCRAM_SHA_1 ||
	    way == LOGIN_SCRAM_SHA_256;
}

static bool
is_scram(enum login_way way)
{
	return way == LOGIN_SCRAM_SHA_1 || way == LOGIN_SCRAM_SHA_256;
}

static const char *
actor(const struct login *l)
{
	return l->authzid == NULL ? "" : l->authzid;
}

/* ------------------------------------------------------------- challenges */

/* Decode strictly; *text_r is the caller's to free(). */
static int
decode(const struct sasl *s, struct slice in, char **text_r, size_t *n_r,
    struct err *err)
{
	*text_r = NULL;
	*n_r = 0;
	in = slice_trim(in);
	if (in.n == 0 || slice_is(in, "="))
		return 0;
	if (in.n > SASL_CHALLENGE_MAX)
		return err_set(err, SCOPE_STORE, EX_PROTOCOL,
		    "%s: a challenge of %zu bytes", login_way_name(s->way),
		    in.n);
	if (gsasl_base64_from(in.p, in.n, text_r, n_r) == GSASL_OK)
		return 0;
	return err_set(err, SCOPE_STORE, EX_PROTOCOL,
	    "%s: the server's challenge is not base64", login_way_name(s->way));
}

/* {"status":"invalid_token","schemes":"bearer",...}: told as it is. */
static void
keep_refusal(struct sasl *s, const char *text, size_t n)
{
	struct slice token = secret_slice(s->l->token);

	if (n == 0)
		return;
	if (memmem(text, n, token.p, token.n) != NULL)
		text_escape_into(s->refusal, sizeof(s->refusal),
		    "(it repeats the token)", 22);
	else
		text_escape_into(s->refusal, sizeof(s->refusal), text, n);
}

/* ------------------------------------------------- messages of our making */

static bool
put_str(struct secret *out, const char *s)
{
	return secret_put(out, s, strlen(s));
}

static bool
put_secret(struct secret *out, const struct secret *s)
{
	struct slice v = secret_slice(s);

	return secret_put(out, v.p, v.n);
}

/* RFC 5801: ',' and '=' have a meaning of their own */
static bool
put_gs2_name(struct secret *out, const char *s)
{
	bool ok = true;

	for (; *s != '\0' && ok; s++)
		ok = *s == ','	? put_str(out, "=2C")
		    : *s == '=' ? put_str(out, "=3D")
				: secret_put(out, s, 1);
	return ok;
}

/* RFC 7628, 3.1 */
static bool
put_oauthbearer(struct secret *out, const struct login *l)
{
	const char *who = actor(l)[0] != '\0' ? actor(l) : l->user;
	struct buf where = { 0 };
	bool ok;

	buf_putf(&where, ",\001host=%s\001port=%u\001auth=Bearer ", l->host,
	    (unsigned)l->port);
	ok = put_str(out, "n,a=") && put_gs2_name(out, who) &&
	    put_str(out, buf_str(&where)) && put_secret(out, l->token) &&
	    put_str(out, "\001\001");
	buf_free(&where);
	return ok;
}

static bool
put_message(const struct sasl *s, struct secret *out)
{
	const struct login *l = s->l;

	switch (s->way) {
	case LOGIN_PLAIN: /* RFC 4616 */
		return put_str(out, actor(l)) && secret_put(out, "", 1) &&
		    put_str(out, l->user) && secret_put(out, "", 1) &&
		    put_secret(out, l->password);
	case LOGIN_LOGIN:
		return s->n_steps == 0 ? put_str(out, l->user)
				       : put_secret(out, l->password);
	case LOGIN_EXTERNAL: /* RFC 4422, A: who is in the certificate */
		return put_str(out, actor(l));
	case LOGIN_XOAUTH2:
		return put_str(out, "user=") && put_str(out, l->user) &&
		    put_str(out, "\001auth=Bearer ") &&
		    put_secret(out, l->token) && put_str(out, "\001\001");
	case LOGIN_OAUTHBEARER:
		return put_oauthbearer(out, l);
	default:
		return false;
	}
}

static bool
is_oauth(enum login_way way)
{
	return way == LOGIN_OAUTHBEARER || way == LOGIN_XOAUTH2;
}

/*
 * A challenge that is not expected.  To a token it means no, and why; the
 * answer ends the dialogue (RFC 7628: a ^A, XOAUTH2: nothing).
 */
static int
answer_more(struct sasl *s, struct slice challenge, struct secret *out,
    struct err *err)
{
	size_t n;
	char *text;

	if (!is_oauth(s->way) || s->refusal[0] != '\0')
		return err_set(err, SCOPE_STORE, EX_PROTOCOL,
		    "%s: the server asks again", login_way_name(s->way));
	if (decode(s, challenge, &text, &n, err) < 0)
		return -1;
	keep_refusal(s, n == 0 ? "(no reason given)" : text, n == 0 ? 17 : n);
	free(text);
	s->over = false;
	if (s->way == LOGIN_OAUTHBEARER)
		secret_put_base64(out, slice_of("\001", 1));
	return 0;
}

static int
own_step(struct sasl *s, struct slice challenge, struct secret *out,
    struct err *err)
{
	size_t last = s->way == LOGIN_LOGIN ? 1 : 0;
	struct secret *raw;
	bool ok;

	if (s->n_steps > last)
		return answer_more(s, challenge, out, err);
	raw = secret_new(SASL_MESSAGE_MAX / 2);
	ok = put_message(s, raw) && secret_put_base64(out, secret_slice(raw));
	secret_free(&raw);
	if (!ok)
		return err_set(err, SCOPE_RUN, EX_CONFIG,
		    "user name and password are too long");
	s->over = s->n_steps == last;
	return 0;
}

/* ---------------------------------------------------------- the library's */

/*
 * The server's first message names the rounds of hashing: "r=..,s=..,i=4096".
 * Without a bound it could keep us busy for hours.
 */
static int
check_rounds(const struct sasl *s, const char *text, size_t n, struct err *err)
{
	const char *at = n == 0 ? NULL : memmem(text, n, ",i=", 3);
	struct slice rest;
	uint64_t rounds;

	if (!is_scram(s->way) || s->n_steps != 1 || at == NULL)
		return 0;
	rest = slice_of(at + 3, n - (size_t)(at + 3 - text));
	if (num_take_u64(&rest, ROUNDS_MAX, &rounds) && rounds > 0)
		return 0;
	return err_set(err, SCOPE_STORE, EX_PROTOCOL,
	    "%s: the server wants more rounds of hashing than is sane",
	    login_way_name(s->way));
}

static int
library_failed(const struct sasl *s, int rc, const char *text, size_t n,
    struct err *err)
{
	const char *name = login_way_name(s->way);
	char words[120];

	if (rc == GSASL_MALLOC_ERROR)
		mem_exhausted();
	if (is_scram(s->way) && n > 2 && memcmp(text, "e=", 2) == 0) {
		text_escape_into(words, sizeof(words), text + 2, n - 2);
		err_set(err, SCOPE_STORE, EX_NOPERM, "%s: the server says %s",
		    name, words);
		return err_hint(err, "check the user name and the password");
	}
	if (is_scram(s->way) && s->n_steps == 2 &&
	    (rc == GSASL_AUTHENTICATION_ERROR ||
		rc == GSASL_MECHANISM_PARSE_ERROR)) {
		err_set(err, SCOPE_STORE, EX_NOPERM,
		    "%s: the server cannot prove that it knows the password",
		    name);
		return err_hint(err,
		    "it may not be the server you mean; nothing more was said "
		    "to it");
	}
	if (rc == GSASL_SASLPREP_ERROR)
		return err_set(err, SCOPE_STORE, EX_NOPERM,
		    "%s: the password has characters that it cannot carry",
		    name);
	return err_set(err, SCOPE_STORE, EX_PROTOCOL, "%s: %s", name,
	    gsasl_strerror(rc));
}

static int
library_step(struct sasl *s, struct slice challenge, struct secret *out,
    struct err *err)
{
	char *in, *answer = NULL;
	size_t n_in, n_answer = 0;
	int rc;

	if (decode(s, challenge, &in, &n_in, err) < 0)
		return -1;
	rc = check_rounds(s, in, n_in, err);
	if (rc == 0 && s->over)
		rc = err_set(err, SCOPE_STORE, EX_PROTOCOL,
		    "%s: the server asks again", login_way_name(s->way));
	if (rc == 0) {
		rc = gsasl_step(s->session, in, n_in, &answer, &n_answer);
		if (rc == GSASL_OK || rc == GSASL_NEEDS_MORE) {
			s->over = rc == GSASL_OK;
			rc = 0;
		} else {
			rc = library_failed(s, rc, in, n_in, err);
		}
	}
	if (rc == 0 && !secret_put_base64(out, slice_of(answer, n_answer)))
		rc = err_set(err, SCOPE_RUN, EX_CONFIG,
		    "user name and password are too long");
	if (answer != NULL)
		explicit_bzero(answer, n_answer);
	gsasl_free(answer);
	gsasl_free(in);
	return rc;
}

/*
 * The library maps the password by RFC 4013, as SCRAM demands.  CRAM-MD5 is
 * older than that: servers take the bytes as they are, so that a password
 * that the mapping changes would be wrong.
 */
bool
sasl_can_carry(enum login_way way, struct slice password)
{
	char *was, *mapped = NULL;
	bool ok;

	if (!uses_library(way))
		return true;
	was = mem_strn(password.p, password.n);
	ok = gsasl_saslprep(was, 0, &mapped, NULL) == GSASL_OK &&
	    (is_scram(way) || strcmp(was, mapped) == 0);
	explicit_bzero(was, strlen(was));
	free(was);
	if (mapped != NULL)
		explicit_bzero(mapped, strlen(mapped));
	gsasl_free(mapped);
	return ok;
}

static int
library_open(struct sasl *s, struct err *err)
{
	struct slice password = secret_slice(s->l->password);
	int rc;

	if (!sasl_can_carry(s->way, password))
		return library_failed(s, GSASL_SASLPREP_ERROR, NULL, 0, err);
	rc = gsasl_init(&s->lib);

	if (rc == GSASL_OK)
		rc = gsasl_client_start(s->lib, login_way_name(s->way),
		    &s->session);
	if (rc == GSASL_OK)
		rc = gsasl_property_set(s->session, GSASL_AUTHID, s->l->user);
	if (rc == GSASL_OK && is_scram(s->way) && actor(s->l)[0] != '\0')
		rc = gsasl_property_set(s->session, GSASL_AUTHZID, actor(s->l));
	if (rc == GSASL_OK)
		rc = gsasl_property_set_raw(s->session, GSASL_PASSWORD,
		    password.p, password.n);
	return rc == GSASL_OK ? 0 : library_failed(s, rc, NULL, 0, err);
}

/* It keeps a copy of the password in ordinary memory. */
static void
library_close(struct sasl *s)
{
	static const Gsasl_property secrets[] = { GSASL_PASSWORD,
		GSASL_SCRAM_SALTED_PASSWORD, GSASL_SCRAM_SERVERKEY,
		GSASL_SCRAM_STOREDKEY };
	const char *p;
	size_t i;

	for (i = 0; s->session != NULL && i < 4; i++) {
		p = gsasl_property_fast(s->session, secrets[i]);
		if (p != NULL)
			explicit_bzero((void *)(uintptr_t)p, strlen(p));
	}
	if (s->session != NULL)
		gsasl_finish(s->session);
	if (s->lib != NULL)
		gsasl_done(s->lib);
}

/* ----------------------------------------------------------------- entry */

int
sasl_new(struct sasl **s_r, enum login_way way, const struct login *l,
    struct err *err)
{
	struct sasl *s = mem_alloc(1, sizeof(*s));

	s->way = way;
	s->l = l;
	*s_r = s;
	if (!uses_library(way) || library_open(s, err) == 0)
		return 0;
	sasl_free(s_r);
	return -1;
}

bool
sasl_speaks_first(const struct sasl *s)
{
	return s->way != LOGIN_CRAM_MD5 && s->way != LOGIN_LOGIN;
}

int
sasl_step(struct sasl *s, struct slice challenge, struct secret *out,
    struct err *err)
{
	int rc;

	secret_clear(out);
	rc = uses_library(s->way) ? library_step(s, challenge, out, err)
				  : own_step(s, challenge, out, err);
	s->n_steps++;
	return rc;
}

int
sasl_end(const struct sasl *s, struct err *err)
{
	if (s->over)
		return 0;
	err_set(err, SCOPE_STORE, EX_NOPERM,
	    is_scram(s->way)
		? "%s: the server says OK without the proof that it knows the "
		  "password"
		: "%s: the server says OK before it has heard who we are",
	    login_way_name(s->way));
	return err_hint(err,
	    "it may not be the server you mean; nothing more was said to it");
}

const char *
sasl_refusal(const struct sasl *s)
{
	return s->refusal;
}

void
sasl_free(struct sasl **s)
{
	if (*s == NULL)
		return;
	library_close(*s);
	free(*s);
	*s = NULL;
}
