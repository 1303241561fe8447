/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A rules file: it is taken whole or refused with a line that names the
 * file; and rules that were taken can be asked about any folder.
 */
#include "tests/fuzz/fuzz.h"
#include "transform/rules_file.h"

static void
doubt(void *arg, const struct err *err)
{
	(void)err;
	++*(unsigned *)arg;
}

static void
ask(struct rules *rs, const char *path)
{
	struct rule_plan plan = { .stop = RULES_NONE };
	struct buf name = { 0 }, back = { 0 };
	unsigned doubts = 0;
	struct rules_doubt d = { .fn = doubt, .arg = &doubts };

	names_open(&name, slice_str(path));
	rules_of_folder(rs, buf_slice(&name), NULL, &plan, &d);
	FUZZ_HOLDS(plan.name.n > 0);
	FUZZ_HOLDS(plan.stop == RULES_NONE || plan.stop < rules_count(rs));
	names_close(&back, buf_slice(&plan.name), slice_str(path));
	FUZZ_HOLDS(back.n > 0);
	rule_plan_free(&plan);
	buf_free(&name);
	buf_free(&back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rules *rs = rules_new();
	struct rules_settings s;
	struct err err = { 0 };

	if (rules_file_parse(rs, &s, "r", slice_of(data, size), &err) == 0) {
		ask(rs, "INBOX");
		ask(rs, "Projekte/2019/A%2FB");
		ask(rs, "%FFx/\xe3\x80\x80/Junk");
	} else {
		FUZZ_HOLDS(err.status == EX_CONFIG);
		FUZZ_HOLDS(strncmp(err.text, "r:", 2) == 0);
	}
	rules_settings_free(&s);
	rules_free(&rs);
	return 0;
}
