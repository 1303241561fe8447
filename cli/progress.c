/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The progress line: what, done/total, rate, time left.  On a terminal it is
 * redrawn at most ten times a second, once work has lasted a second; in a
 * pipe a line is logged every 30 seconds.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "core/log.h"
#include "core/text.h"

#define DRAW_AFTER_MS 1000
#define DRAW_EVERY_MS 100
#define LOG_EVERY_MS  30000

static struct {
	const char *verb;
	bool draw;  /* on a terminal */
	bool shown; /* the line is on the screen */
	int64_t start, last;
	void (*beside)(struct buf *b);
} line;

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
clear_line(void)
{
	if (line.shown)
		fputs("\r\033[K", stderr);
	line.shown = false;
}

static void
put_left(struct buf *b, double seconds)
{
	long s = (long)seconds;

	if (s >= 3600)
		buf_putf(b, ", %ld h %02ld min left", s / 3600, s / 60 % 60);
	else if (s >= 60)
		buf_putf(b, ", %ld min %02ld s left", s / 60, s % 60);
	else
		buf_putf(b, ", %ld s left", s);
}

static void
compose(struct buf *b, const struct report *r, int64_t elapsed)
{
	uint64_t msgs, msgs_total, bytes, bytes_total;
	const char *doing;
	char a[32];
	double rate;

	report_progress(r, &msgs, &msgs_total, &bytes, &bytes_total, &doing);
	buf_putf(b, "%s %s", line.verb, text_count(a, msgs));
	if (msgs_total > 0 && msgs_total >= msgs)
		buf_putf(b, "/%s", text_count(a, msgs_total));
	buf_putf(b, " messages, %s", text_size(a, bytes));
	if (bytes_total > 0 && bytes_total >= bytes)
		buf_putf(b, "/%s", text_size(a, bytes_total));
	rate = elapsed <= 0 ? 0 : (double)bytes * 1000 / (double)elapsed;
	buf_putf(b, ", %s/s", text_size(a, (uint64_t)rate));
	if (bytes_total > bytes && rate > 1)
		put_left(b, (double)(bytes_total - bytes) / rate);
	if (doing != NULL) {
		buf_puts(b, " (");
		text_escape(b, slice_str(doing));
		buf_puts(b, ")");
	}
	if (line.beside != NULL)
		line.beside(b);
}

static void
tick(const struct report *r, void *arg)
{
	struct buf b = { 0 };
	int64_t now = now_ms();

	(void)arg;
	if (now - line.start < DRAW_AFTER_MS ||
	    now - line.last < (line.draw ? DRAW_EVERY_MS : LOG_EVERY_MS))
		return;
	line.last = now;
	compose(&b, r, now - line.start);
	if (line.draw) {
		fprintf(stderr, "\r%.200s\033[K", buf_str(&b));
		fflush(stderr);
		line.shown = true;
	} else {
		log_info("%s", buf_str(&b));
	}
	buf_free(&b);
}

void
progress_begin(const struct common *co, struct report *r, const char *verb)
{
	const char *when = co->progress == NULL ? "auto" : co->progress;

	if (strcmp(when, "never") == 0)
		return;
	line.verb = verb;
	line.start = line.last = now_ms();
	line.draw = strcmp(when, "always") == 0 || isatty(STDERR_FILENO);
	if (!line.draw && co->quiet > 0)
		return;
	log_set_before(clear_line);
	report_set_tick(r, tick, NULL);
}

void
progress_beside(void (*put)(struct buf *b))
{
	line.beside = put;
}

static void
clear_parents(void)
{
	if (line.draw)
		fputs("\r\033[K", stderr);
}

void
progress_detach(void)
{
	line.shown = false;
	log_set_before(clear_parents);
}

void
progress_end(void)
{
	clear_line();
	log_set_before(NULL);
}
