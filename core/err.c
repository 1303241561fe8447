/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Failures as values; see err.h. */
#include "core/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

static void
fill(struct err *err, const char *fmt, va_list ap)
{
	char raw[sizeof(err->text)];

	vsnprintf(raw, sizeof(raw), fmt, ap);
	text_escape_into(err->text, sizeof(err->text), raw, strlen(raw));
}

int
err_set(struct err *err, enum scope scope, int status, const char *fmt, ...)
{
	va_list ap;

	err_clear(err);
	err->scope = scope;
	err->status = status;
	err->retry = status == EX_TEMPFAIL;
	va_start(ap, fmt);
	fill(err, fmt, ap);
	va_end(ap);
	return -1;
}

int
err_sys(struct err *err, enum scope scope, int status, const char *fmt, ...)
{
	int saved = errno;
	size_t n;
	va_list ap;

	err_clear(err);
	err->scope = scope;
	err->status = status;
	err->sys = saved;
	va_start(ap, fmt);
	fill(err, fmt, ap);
	va_end(ap);
	n = strlen(err->text);
	snprintf(err->text + n, sizeof(err->text) - n, ": %s", strerror(saved));
	if (saved == ENOSPC || saved == EDQUOT) {
		err->scope = SCOPE_RUN;
		err->status = EX_IOERR;
		err_hint(err,
		    "make room on that disk and run the same "
		    "command again; it goes on where it stopped");
	} else if (saved == EIO) {
		err->scope = SCOPE_RUN;
		err->status = EX_IOERR;
		err_hint(err,
		    "the disk reports errors: copy what is on it "
		    "before anything else");
	}
	return -1;
}

int
err_within(struct err *err, const char *fmt, ...)
{
	char head[sizeof(err->text)], safe[sizeof(err->text)];
	char old[sizeof(err->text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(head, sizeof(head), fmt, ap);
	va_end(ap);
	text_escape_into(safe, sizeof(safe), head, strlen(head));
	memcpy(old, err->text, sizeof(old));
	snprintf(err->text, sizeof(err->text), "%.200s: %.190s", safe, old);
	return -1;
}

int
err_hint(struct err *err, const char *fmt, ...)
{
	char raw[sizeof(err->hint)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	text_escape_into(err->hint, sizeof(err->hint), raw, strlen(raw));
	return -1;
}

void
err_clear(struct err *err)
{
	memset(err, 0, sizeof(*err));
}
