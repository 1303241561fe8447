/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a server says in a SASL dialogue: lines of the input are its
 * challenges.  Held: a dialogue ends, answers stay in bounds, and no server
 * that does not know the password is believed in SCRAM.
 */
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "wire/sasl.h"

static void
one(enum login_way way, const struct login *l, struct slice in)
{
	struct secret *out = secret_new(SASL_MESSAGE_MAX);
	struct err err = { 0 };
	struct slice line;
	struct sasl *s;
	int rc = 0, n;

	FUZZ_HOLDS(sasl_new(&s, way, l, &err) == 0);
	if (sasl_speaks_first(s))
		rc = sasl_step(s, slice_of("", 0), out, &err);
	for (n = 0; rc == 0 && n < 8 && slice_next_line(&in, &line); n++)
		rc = sasl_step(s, slice_trim(line), out, &err);
	/* nobody can sign for a nonce that is new each time */
	if (way == LOGIN_SCRAM_SHA_1 || way == LOGIN_SCRAM_SHA_256)
		FUZZ_HOLDS(sasl_end(s, &err) < 0);
	FUZZ_HOLDS(strlen(sasl_refusal(s)) < 300);
	sasl_free(&s);
	secret_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum login_way ways[] = { LOGIN_PLAIN, LOGIN_LOGIN,
		LOGIN_EXTERNAL, LOGIN_XOAUTH2, LOGIN_OAUTHBEARER,
		LOGIN_CRAM_MD5, LOGIN_SCRAM_SHA_1, LOGIN_SCRAM_SHA_256 };
	struct secret *s = secret_new(16);
	struct login l = { .user = "mary",
		.authzid = size % 2 == 0 ? NULL : "joe",
		.password = s,
		.token = s,
		.client_cert = true,
		.host = "h",
		.port = 1 };
	size_t i;

	secret_put(s, "secret", 6);
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		one(ways[i], &l, slice_of(data, size));
	secret_free(&s);
	return 0;
}
