/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For tests of spools: a folder of their own, 'root', which goes with its
 * group: cmocka_run_group_tests(..., spool_setup, spool_teardown). */
#ifndef TESTS_UNIT_SPOOL_HELP_H
#define TESTS_UNIT_SPOOL_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "formats/spool.h"

static char root[64];

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static int
spool_setup(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "%s", "/tmp/test_spool.XXXXXX");
	return mkdtemp(root) == NULL ? -1 : 0;
}

static int
spool_teardown(void **state)
{
	(void)state;
	return nftw(root, remove_one, 32, FTW_DEPTH | FTW_PHYS);
}

static char *
at(const char *name)
{
	return mem_fmt("%s/%s", root, name);
}

static struct spool *
open_spool(const char *name, enum spool_mode mode)
{
	struct err err = { 0 };
	struct spool *sp = NULL;
	char *dir = at(name);

	if (spool_open(&sp, dir, mode, 0, &err) < 0)
		fail_msg("open %s: %s", dir, err.text);
	free(dir);
	return sp;
}

#endif
