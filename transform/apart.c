/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Are two spools two places?  See apart.h. */
#include "transform/apart.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

/* The real path of a directory that may not exist yet (its parent must). */
static char *
real_path(const char *dir)
{
	char *real = realpath(dir, NULL), *parent, *slash, *both = NULL;

	if (real != NULL || errno != ENOENT)
		return real;
	parent = mem_fmt("./%s", dir);
	if (dir[0] == '/') {
		free(parent);
		parent = mem_str(dir);
	}
	while ((slash = strrchr(parent, '/')) != NULL && slash > parent &&
	    slash[1] == '\0')
		*slash = '\0';
	if (slash != NULL) {
		*slash = '\0';
		real = realpath(slash == parent ? "/" : parent, NULL);
		if (real != NULL)
			both = mem_fmt("%s/%s", real, slash + 1);
	}
	free(real);
	free(parent);
	return both;
}

static bool
is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 &&
	    (path[n] == '/' || path[n] == '\0');
}

int
spools_apart(const char *in, const char *out, const char *what, struct err *err)
{
	char *a = real_path(in), *b = real_path(out);
	int rc = 0;

	if (a != NULL && b != NULL && (is_below(a, b) || is_below(b, a))) {
		rc = err_set(err, SCOPE_RUN, EX_USAGE,
		    strcmp(a, b) == 0 ? "'%s' and '%s' are the same spool"
				      : "'%s' and '%s': one lies in the other",
		    in, out);
		err_hint(err,
		    "%s writes a spool of its own; name another directory",
		    what);
	}
	free(a);
	free(b);
	return rc;
}
