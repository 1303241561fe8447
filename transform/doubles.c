/* SPDX-License-Identifier: GPL-3.0-or-later */
/* First of several copies; see doubles.h. */
#include "transform/doubles.h"

#include <stdlib.h>

#include "core/mem.h"
#include "formats/head.h"

struct doubles {
	struct ledger *l;
	struct buf key;
};

int
doubles_new(struct doubles **t_r, struct ledger *l, struct err *err)
{
	struct doubles *t;

	*t_r = NULL;
	if (ledger_do(l, err, "DROP TABLE IF EXISTS temp.twins", "") < 0 ||
	    ledger_do(l, err,
		"CREATE TEMP TABLE twins(rule INTEGER, folder INTEGER, "
		"mark BLOB, key TEXT NOT NULL, "
		"PRIMARY KEY(rule, folder, mark)) WITHOUT ROWID",
		"") < 0)
		return -1;
	t = mem_alloc(1, sizeof(*t));
	t->l = l;
	*t_r = t;
	return 0;
}

void
doubles_free(struct doubles **t)
{
	if (*t == NULL)
		return;
	buf_free(&(*t)->key);
	free(*t);
	*t = NULL;
}

static int
find_first(struct doubles *t, size_t rule, int64_t folder, struct slice mark,
    struct err *err)
{
	struct ledger_rows *q = NULL;
	int rc;

	if (ledger_query(t->l, &q, err,
		"SELECT key FROM temp.twins WHERE rule=? AND folder=? AND "
		"mark=?",
		"iib", (int64_t)rule, folder, mark) < 0)
		return -1;
	rc = ledger_step(q, err);
	buf_clear(&t->key);
	if (rc == 1)
		buf_puts(&t->key, ledger_text(q, 0));
	ledger_end(&q);
	return rc;
}

int
doubles_first(struct doubles *t, size_t rule, int64_t folder, struct slice mark,
    const char *key, const char **first_r, struct err *err)
{
	int rc = find_first(t, rule, folder, mark, err);

	if (rc < 0)
		return -1;
	if (rc == 1) {
		*first_r = buf_str(&t->key);
		return strcmp(*first_r, key) == 0;
	}
	if (ledger_do(t->l, err, "INSERT INTO temp.twins VALUES(?,?,?,?)",
		"iibt", (int64_t)rule, folder, mark, key) < 0)
		return -1;
	return 1;
}

bool
doubles_mark(struct buf *mark, const char *message_id, struct slice head)
{
	struct slice value;
	int64_t t;

	if (message_id[0] == '\0' || !head_find(head, "Date", &value))
		return false;
	buf_clear(mark);
	buf_puts(mark, message_id);
	buf_putc(mark, ' ');
	if (date_parse_rfc5322(value, &t))
		buf_putf(mark, "%lld", (long long)t);
	else
		head_unfold(mark, value);
	return true;
}
