/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages for people: one line each on stderr (and in --log FILE), "level:
 * text", escaped.  stdout is for results and never written here.  A progress
 * line on the terminal is cleared first (log_set_before).
 */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include "core/err.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* What is shown: LOG_INFO at first. */
void log_set_level(enum log_level level);
enum log_level log_get_level(void);
/* Also append everything to this file, with the time.  0 or -1. */
int log_open_file(const char *path, struct err *err);
/* Called before a line is written, to clear a progress line. NULL: none. */
void log_set_before(void (*fn)(void));

void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* err->text, and its hint on a line of its own, as an error or a warning. */
void log_err(enum log_level level, const struct err *err);

#endif
