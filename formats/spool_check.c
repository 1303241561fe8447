/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proving a spool; see spool_check.h. */
#include "formats/spool_check.h"

#include <sys/stat.h>
#include <unistd.h>

#include "core/stop.h"
#include "formats/ledger.h"
#include "formats/spool_impl.h"
#include "formats/spool_items.h"

static void
name_it(struct report *r, const struct spool_entry *e, const char *counter,
    const struct err *why)
{
	report_add(r, counter, 1);
	report_problem(r,
	    &(struct problem){ .folder = e->msg.folder,
		.source = e->msg.source,
		.size = e->msg.size,
		.kind = counter,
		.err = why });
}

static void
check_bytes(struct report *r, const struct spool_entry *e, int fd,
    struct err *err)
{
	uint8_t sha256[DIGEST_BYTES];
	uint64_t size;

	if (spool_hash_fd(fd, sha256, &size, NULL, err) < 0) {
		err_within(err, "%s", e->file);
		name_it(r, e, "altered", err);
	} else if (size != e->msg.size) {
		err_set(err, SCOPE_MSG, EX_DATAERR,
		    "%s: altered: %llu bytes, the ledger has %llu", e->file,
		    (unsigned long long)size, (unsigned long long)e->msg.size);
		err_hint(err, "take this file away and extract again");
		name_it(r, e, "altered", err);
	} else if (memcmp(sha256, e->sha256, sizeof(sha256)) != 0) {
		err_set(err, SCOPE_MSG, EX_DATAERR,
		    "%s: altered: its SHA-256 is not the ledger's", e->file);
		err_hint(err, "take this file away and extract again");
		name_it(r, e, "altered", err);
	}
}

static void
check_date(struct report *r, const struct spool_entry *e, int fd,
    struct err *err)
{
	char is[32], should[32];
	struct stat st;

	if (fstat(fd, &st) < 0 || st.st_mtim.tv_sec == e->msg.received)
		return;
	err_set(err, SCOPE_MSG, EX_DATAERR,
	    "%s: its date is %s, the message was received %s", e->file,
	    date_format_iso(is, st.st_mtim.tv_sec),
	    date_format_iso(should, e->msg.received));
	err_hint(err, "touch -d %s sets it back", should);
	name_it(r, e, "date_changed", err);
}

static void
check_entry(struct spool *sp, struct report *r, const struct spool_entry *e)
{
	struct err err = { 0 };
	int fd;

	report_add(r, "messages", 1);
	if (e->id == 0) {
		err_set(&err, SCOPE_MSG, EX_DATAERR,
		    "%s: not in the ledger: not put there by postroad",
		    e->file);
		err_hint(&err,
		    "transform and load take it along; move it away "
		    "if they should not");
		report_add(r, "not_in_ledger", 1);
		report_problem(r,
		    &(struct problem){ .folder = e->msg.folder,
			.size = e->msg.size,
			.kind = "not_in_ledger",
			.warning = true,
			.err = &err });
		return;
	}
	if (e->lost) {
		err_set(&err, SCOPE_MSG, EX_NOINPUT,
		    "%s: missing: the ledger has it, the folder has not",
		    e->file);
		err_hint(&err,
		    "extract again: what the source still has "
		    "comes back");
		name_it(r, e, "missing", &err);
		return;
	}
	fd = spool_body(sp, e, &err);
	if (fd < 0) {
		name_it(r, e, "missing", &err);
		return;
	}
	check_bytes(r, e, fd, &err);
	check_date(r, e, fd, &err);
	report_moved(r, e->msg.size);
	close(fd);
}

static void
name_item(struct report *r, const struct spool_item *it, const char *counter,
    const struct err *why)
{
	report_add(r, counter, 1);
	report_problem(r,
	    &(struct problem){ .folder = it->folder,
		.source = it->source,
		.subject = it->title,
		.size = it->size,
		.kind = counter,
		.err = why });
}

static void
check_item(struct spool *sp, struct report *r, const struct spool_item *it)
{
	uint8_t sha256[DIGEST_BYTES];
	struct err err = { 0 };
	uint64_t size;
	int fd;

	report_add(r, "items_checked", 1);
	fd = spool_item_open(sp, it, &err);
	if (fd < 0) {
		err_set(&err, SCOPE_MSG, EX_NOINPUT,
		    "%s: missing: the ledger has it, the folder has not",
		    it->file);
		err_hint(&err,
		    "extract again: what the source still has "
		    "comes back");
		name_item(r, it, "missing", &err);
		return;
	}
	if (spool_hash_fd(fd, sha256, &size, NULL, &err) < 0) {
		err_within(&err, "%s", it->file);
		name_item(r, it, "altered", &err);
	} else if (size != it->size ||
	    memcmp(sha256, it->sha256, sizeof(sha256)) != 0) {
		err_set(&err, SCOPE_MSG, EX_DATAERR,
		    "%s: altered: its SHA-256 is not the ledger's", it->file);
		err_hint(&err, "take this file away and extract again");
		name_item(r, it, "altered", &err);
	}
	close(fd);
}

static int
check_items(struct spool *sp, struct report *r, struct err *err)
{
	struct spool_item it;
	int64_t after = 0;
	uint64_t unknown;
	int rc;

	while ((rc = spool_item_next(sp, &after, &it, err)) == 1) {
		check_item(sp, r, &it);
		if (stop_check(err) < 0)
			return -1;
	}
	if (rc < 0 || spool_items_unknown(sp, &unknown, err) < 0)
		return -1;
	report_add(r, "not_in_ledger", unknown);
	return 0;
}

int
spool_check(struct spool *sp, struct report *r, struct err *err)
{
	static const char *const counters[] = { "messages", "items_checked",
		"missing", "altered", "date_changed", "not_in_ledger" };
	struct spool_folder f;
	struct spool_entry e;
	struct spool_iter *it;
	uint64_t bytes = 0, msgs = 0;
	int64_t id = 0;
	size_t i;
	int rc;

	for (i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		report_add(r, counters[i], 0);
	if (ledger_check(spool_ledger(sp), err) < 0)
		return -1;
	while ((rc = spool_folder_next(sp, &id, &f, err)) == 1) {
		report_folder(r, f.path);
		msgs += f.messages;
		bytes += f.bytes;
	}
	report_expect(r, msgs, bytes);
	if (rc < 0 || spool_iter_open(sp, NULL, &it, err) < 0)
		return -1;
	while ((rc = spool_iter_next(it, &e, err)) == 1) {
		check_entry(sp, r, &e);
		if (stop_check(err) < 0) {
			rc = -1;
			break;
		}
	}
	spool_iter_close(&it);
	return rc < 0 ? -1 : check_items(sp, r, err);
}
