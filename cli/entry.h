/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders, messages and items of a spool as the commands show them, with
 * --json, too. */
#ifndef CLI_ENTRY_H
#define CLI_ENTRY_H

#include "core/js.h"
#include "formats/spool_items.h"

/* {"type":"folder",...}; the caller frees. */
struct js *entry_folder_json(const struct spool_folder *f);

/* {"type":"message",...}; 'subject' is decoded text. */
struct js *entry_json(const struct spool_entry *e, const char *subject);

/* {"type":"fate",...}: a message that is not in the spool. */
struct js *entry_fate_json(const struct spool_fate *f);
const char *entry_fate_word(enum fate fate); /* "duplicate" */

/* {"type":"item",...} */
struct js *entry_item_json(const struct spool_item *it);

/* Append the decoded Subject, read from the message's header; nothing when
 * there is none or the file cannot be read. */
void entry_subject(struct spool *sp, const struct spool_entry *e,
    struct buf *out);

/* Append the decoded folder name, safe for a terminal. */
void entry_put_name(struct buf *out, const char *path);

#endif
