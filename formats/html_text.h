/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The words of an HTML text, for where only plain text can go: line ends at
 * paragraphs, breaks and rows, no markup, nothing of <head>, <style> and
 * <script>.  It is for reading, not for safety: what looks like a tag after
 * entities are undone stays.
 */
#ifndef FORMATS_HTML_TEXT_H
#define FORMATS_HTML_TEXT_H

#include "core/buf.h"

/* Append the words of 'html', UTF-8; broken HTML gives some text. */
void html_to_text(struct buf *out, struct slice html);

#endif
