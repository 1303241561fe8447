/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Access tokens; see oauth.h. */
#include "wire/oauth.h"

#include <stdlib.h>

#include "core/mem.h"

struct oauth {
	const struct oauth_spec *spec;
	struct secret *token;
	bool is_new;
};

int
oauth_open(struct oauth **o_r, const struct oauth_spec *spec, struct err *err)
{
	struct oauth *o = mem_alloc(1, sizeof(*o));

	(void)err;
	o->spec = spec;
	*o_r = o;
	return 0;
}

int
oauth_token(struct oauth *o, bool fresh, const struct secret **token_r,
    struct err *err)
{
	struct secret_spec spec = { .what = "token",
		.option = "--oauth-token",
		.max = SECRET_TOKEN_MAX,
		.command = o->spec->token_command };

	o->is_new = false;
	if (o->token == NULL || fresh) {
		secret_free(&o->token);
		if (secret_get(&o->token, &spec, err) < 0)
			return -1;
		o->is_new = true;
	}
	*token_r = o->token;
	return 0;
}

bool
oauth_is_new(const struct oauth *o)
{
	return o->is_new;
}

void
oauth_close(struct oauth **o)
{
	if (*o == NULL)
		return;
	secret_free(&(*o)->token);
	free(*o);
	*o = NULL;
}
