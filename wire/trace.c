/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The dialogue on file; see trace.h. */
#include "wire/trace.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/io.h"
#include "core/mem.h"
#include "core/text.h"

#define LINE_MAX_SHOWN 4000 /* bytes of one line */

struct trace {
	int fd;
	int connections;
	struct buf line;
};

int
trace_open(struct trace **t_r, const char *path, struct err *err)
{
	int fd = open(path,
	    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);

	*t_r = NULL;
	if (fd < 0)
		return err_sys(err, SCOPE_RUN, EX_CANTCREAT,
		    "--trace-wire '%s'", path);
	*t_r = mem_alloc(1, sizeof(**t_r));
	(*t_r)->fd = fd;
	return 0;
}

void
trace_close(struct trace **t)
{
	if (*t == NULL)
		return;
	close((*t)->fd);
	buf_free(&(*t)->line);
	free(*t);
	*t = NULL;
}

int
trace_connection(struct trace *t)
{
	return t == NULL ? 0 : ++t->connections;
}

void
trace_line(struct trace *t, int connection, char dir, struct slice s)
{
	struct timespec ts;
	struct tm tm;
	char when[16];
	size_t cut = s.n > LINE_MAX_SHOWN ? s.n - LINE_MAX_SHOWN : 0;

	if (t == NULL)
		return;
	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	strftime(when, sizeof(when), "%H:%M:%S", &tm);
	buf_clear(&t->line);
	buf_putf(&t->line, "%s.%03ld C%d %c ", when, ts.tv_nsec / 1000000,
	    connection, dir);
	text_escape(&t->line, slice_of(s.p, s.n - cut));
	if (cut > 0)
		buf_putf(&t->line, "[and %zu bytes more]", cut);
	buf_putc(&t->line, '\n');
	/* a trace that cannot be written is no reason to stop a migration */
	(void)io_write_all(t->fd, t->line.p, t->line.n);
}

void
trace_fmt(struct trace *t, int connection, char dir, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	if (t == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	trace_line(t, connection, dir, slice_str(line));
}
