/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names in a Maildir; see maildir.h. */
#include "formats/maildir.h"

#include <string.h>

#include "core/limits.h"
#include "core/num.h"

/* Where the info begins, or the end of the name. */
static const char *
find_info(const char *name)
{
	const char *p = strstr(name, ":2,");

	if (p == NULL)
		p = strchr(name, ':');
	if (p == NULL)
		p = strstr(name, ";2,");
	if (p == NULL)
		p = strstr(name, "!2,");
	return p == NULL ? name + strlen(name) : p;
}

size_t
maildir_base_length(const char *name)
{
	return (size_t)(find_info(name) - name);
}

size_t
maildir_stem_length(const char *name)
{
	size_t base = maildir_base_length(name);
	const char *uid = strstr(name, ",U=");

	return uid != NULL && uid < name + base ? (size_t)(uid - name) : base;
}

struct slice
maildir_letters(const char *name)
{
	const char *info = find_info(name), *end;

	if (*info == '\0' || strncmp(info + 1, "2,", 2) != 0)
		return slice_of(info, 0);
	/* a comma may begin something else: mbsync's ",U=" */
	end = strchrnul(info + 3, ',');
	return slice_of(info + 3, (size_t)(end - info - 3));
}

bool
maildir_size(const char *name, uint64_t *out)
{
	struct slice base = slice_of(name, maildir_base_length(name)), s;
	const char *p = strstr(name, ",S=");

	if (p == NULL || p >= base.p + base.n)
		return false;
	s = slice_of(p + 3, (size_t)(base.p + base.n - p - 3));
	return num_take_u64(&s, LIMIT_MSG_BYTES, out);
}

bool
maildir_is_own_file(const char *name)
{
	static const char *const begin[] = { "dovecot", "courierimap",
		"courierpop3d", ".mbsyncstate", ".isyncuidmap", ".uidvalidity",
		NULL };
	static const char *const whole[] = { "subscriptions", "maildirfolder",
		"maildirsize", "maildirfilter", ".customflags",
		".dovecot.sieve", ".dovecot.svbin", NULL };
	size_t i;

	for (i = 0; begin[i] != NULL; i++)
		if (strncmp(name, begin[i], strlen(begin[i])) == 0)
			return true;
	for (i = 0; whole[i] != NULL; i++)
		if (strcmp(name, whole[i]) == 0)
			return true;
	return false;
}

void
maildir_keywords_parse(struct maildir_keywords *k, struct slice text)
{
	struct slice line;
	uint64_t n;

	while (slice_next_line(&text, &line)) {
		line = slice_trim(line);
		if (!num_take_u64(&line, 25, &n) || line.n < 2 ||
		    line.p[0] != ' ')
			continue;
		buf_clear(&k->name[n]);
		buf_put(&k->name[n], line.p + 1, line.n - 1);
	}
}

void
maildir_keywords_free(struct maildir_keywords *k)
{
	size_t i;

	for (i = 0; i < 26; i++)
		buf_free(&k->name[i]);
}
