/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sizes that input from outside may not exceed, in bytes unless the name says
 * otherwise.  Checked before memory is taken.
 */
#ifndef CORE_LIMITS_H
#define CORE_LIMITS_H

#define LIMIT_BLOCK	      65536		  /* how bodies move */
#define LIMIT_MSG_BYTES	      ((uint64_t)1 << 40) /* one message */
#define LIMIT_HEAD_BYTES      65536		  /* head kept for a look */
#define LIMIT_COMPONENT_BYTES 255		  /* file name, NAME_MAX */
#define LIMIT_PATH_BYTES      3800		  /* folder path on disk */
#define LIMIT_FOLDER_DEPTH    100		  /* components in a path */
#define LIMIT_KEYWORD_BYTES   255		  /* one IMAP keyword */
#define LIMIT_KEYWORDS	      256		  /* keywords of one message */
#define LIMIT_IMAP_LINE	      (1 << 20) /* a response without literals */
#define LIMIT_IMAP_LITERAL    ((uint64_t)1 << 40)

#endif
