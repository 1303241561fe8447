/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines for people; see log.h.  The only file below cli/ that prints. */
#include "core/log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/buf.h"
#include "core/text.h"

static enum log_level shown = LOG_INFO;
static FILE *log_file;
static void (*before)(void);

static const char *const level_name[] = { "error", "warning", "info", "debug" };

void
log_set_level(enum log_level level)
{
	shown = level;
}

enum log_level
log_get_level(void)
{
	return shown;
}

void
log_set_before(void (*fn)(void))
{
	before = fn;
}

int
log_open_file(const char *path, struct err *err)
{
	log_file = fopen(path, "ae");
	if (log_file == NULL)
		return err_sys(err, SCOPE_RUN, EX_CANTCREAT, "log file '%s'",
		    path);
	setvbuf(log_file, NULL, _IOLBF, 0);
	return 0;
}

static void
emit(enum log_level level, const char *text)
{
	char when[32];
	struct tm tm;
	time_t now;

	if (level <= shown) {
		if (before != NULL)
			before();
		if (level == LOG_INFO)
			fprintf(stderr, "%s\n", text);
		else
			fprintf(stderr, "%s: %s\n", level_name[level], text);
	}
	if (log_file != NULL) {
		now = time(NULL);
		gmtime_r(&now, &tm);
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
		fprintf(log_file, "%s %s: %s\n", when, level_name[level], text);
	}
}

static void
emitv(enum log_level level, const char *fmt, va_list ap)
{
	struct buf raw = { 0 }, safe = { 0 };
	va_list again;
	int n;

	if (level > shown && log_file == NULL)
		return;
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		return;
	vsnprintf(buf_room(&raw, (size_t)n), (size_t)n + 1, fmt, ap);
	raw.n = (size_t)n;
	text_escape(&safe, buf_slice(&raw));
	emit(level, buf_str(&safe));
	buf_free(&raw);
	buf_free(&safe);
}

#define LOG_FUNCTION(name, level)                                              \
	void name(const char *fmt, ...)                                        \
	{                                                                      \
		va_list ap;                                                    \
                                                                               \
		va_start(ap, fmt);                                             \
		emitv(level, fmt, ap);                                         \
		va_end(ap);                                                    \
	}

LOG_FUNCTION(log_error, LOG_ERROR)
LOG_FUNCTION(log_warn, LOG_WARN)
LOG_FUNCTION(log_info, LOG_INFO)
LOG_FUNCTION(log_debug, LOG_DEBUG)

void
log_err(enum log_level level, const struct err *err)
{
	emit(level, err->text);
	if (err->hint[0] != '\0') {
		struct buf line = { 0 };

		buf_putf(&line, "  what to do: %s", err->hint);
		if (level <= shown) {
			fprintf(stderr, "%s\n", buf_str(&line));
		}
		if (log_file != NULL)
			fprintf(log_file, "%s\n", buf_str(&line));
		buf_free(&line);
	}
}
