/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A survey for people; see survey_show.h. */
#include <stdio.h>
#include <string.h>

#include "cli/entry.h"
#include "cli/survey_show.h"
#include "core/date.h"
#include "core/text.h"

static void
print_head(const struct survey *s, const char *path)
{
	struct buf line = { 0 };
	char size[32];

	text_escape(&line, slice_str(path));
	buf_putf(&line, ": %s, format %s, encryption %s, %s",
	    s->ost ? "OST" : "PST", s->format, s->encryption,
	    text_size(size, s->bytes));
	if (s->promised > s->bytes)
		buf_putf(&line, " of %s", text_size(size, s->promised));
	puts(buf_str(&line));
	if (s->password)
		puts("It has a password, which protects nothing in it.");
	buf_free(&line);
}

static void
print_row(const struct survey_folder *f, const char *name)
{
	char items[32], size[32], from[32] = "-", to[32] = "-";
	struct buf line = { 0 };

	if (f->oldest != DATE_UNKNOWN)
		date_format_iso(from, f->oldest);
	if (f->newest != DATE_UNKNOWN)
		date_format_iso(to, f->newest);
	text_escape(&line, slice_str(name));
	printf("%10s %10s  %-10.10s  %-10.10s  %s%s\n",
	    text_count(items, f->items), text_size(size, f->bytes), from, to,
	    buf_str(&line),
	    f->path == NULL	  ? "  [stays behind]"
		: f->left != NULL ? "  [left out]"
				  : "");
	buf_free(&line);
}

static void
print_folders(const struct survey *s)
{
	struct survey_folder total = s->total;
	char count[80], text[90], path[] = "";
	size_t i;

	printf("\n%10s %10s  %-10s  %-10s  %s\n", "items", "size", "oldest",
	    "newest", "folder");
	for (i = 0; i < s->n_folders; i++)
		print_row(&s->folders[i], s->folders[i].name);
	total.path = path; /* it is no folder, nor does it stay */
	snprintf(text, sizeof(text), "in %s",
	    text_number(count, s->n_folders + s->folders_more, "folder",
		"folders"));
	print_row(&total, text);
}

static void
print_classes(const struct survey *s, bool mail, const char *title)
{
	struct buf line = { 0 };
	char count[32];
	size_t i;

	for (i = 0; i < s->n_classes; i++) {
		if (s->classes[i].mail != mail)
			continue;
		if (title != NULL)
			printf("\n%s:\n", title);
		title = NULL;
		buf_clear(&line);
		text_escape(&line, slice_str(s->classes[i].class));
		printf("%10s  %s%s%s\n", text_count(count, s->classes[i].count),
		    line.n > 0 ? buf_str(&line) : "(no class)",
		    mail ? "" : "  in ",
		    mail ? "" : survey_show_place(&s->classes[i]));
	}
	buf_free(&line);
}

static void
print_biggest(const struct survey *s)
{
	struct buf line = { 0 };
	char size[32];
	size_t i;

	if (s->n_big > 0)
		puts("\nThe biggest messages:");
	for (i = 0; i < s->n_big; i++) {
		buf_clear(&line);
		entry_put_name(&line, s->big[i].folder);
		buf_puts(&line, ": ");
		text_escape(&line, slice_str(s->big[i].subject));
		printf("%10s  %s\n", text_size(size, s->big[i].bytes),
		    buf_str(&line));
	}
	buf_free(&line);
}

static void
print_texts(const char *title, char *const *v, size_t n, uint64_t more)
{
	struct buf line = { 0 };
	char count[32];
	size_t i;

	if (n > 0)
		printf("\n%s:\n", title);
	for (i = 0; i < n; i++) {
		buf_clear(&line);
		text_escape(&line, slice_str(v[i]));
		printf("  %s\n", buf_str(&line));
	}
	if (more > 0)
		printf("  and %s more\n", text_count(count, more));
	buf_free(&line);
}

static void
print_server(const struct survey_show *show)
{
	const struct survey_server *sv = &show->s->server;
	struct buf line = { 0 };
	char used[32], limit[32];

	text_escape(&line, slice_str(show->source));
	printf("%s\n", buf_str(&line));
	buf_clear(&line);
	text_escape(&line, slice_str(sv->software));
	if (line.n > 0)
		printf("  server        %s\n", buf_str(&line));
	if (sv->security != NULL && sv->security[0] != '\0')
		printf("  connection    %s\n", sv->security);
	buf_clear(&line);
	text_escape(&line, slice_str(sv->capabilities));
	if (line.n > 0)
		printf("  capabilities  %s\n", buf_str(&line));
	if (sv->has_quota)
		printf("  quota         %s of %s used\n",
		    text_size(used, sv->quota_used),
		    text_size(limit, sv->quota_limit));
	buf_free(&line);
}

static void
print_risks(const struct survey_show *show)
{
	size_t i;

	if (show->n_risks > 0)
		puts("\nBefore the migration:");
	for (i = 0; i < show->n_risks; i++)
		printf("  %s (%s)\n    what to do: %s\n", show->risks[i].text,
		    show->risks[i].id, show->risks[i].hint);
}

static void
print_estimate(const struct survey_sample *sample)
{
	char size[32];
	uint64_t s = (uint64_t)(sample->estimate + 0.5);

	if (sample->messages == 0)
		return;
	printf("\n%llu messages, %s, came in %.1f s: all of it will take about "
	       "%llu h %02llu min %02llu s at this rate.\n",
	    (unsigned long long)sample->messages,
	    text_size(size, sample->bytes), sample->seconds,
	    (unsigned long long)(s / 3600), (unsigned long long)(s / 60 % 60),
	    (unsigned long long)(s % 60));
}

static void
print_local(const struct survey_show *show)
{
	const struct survey_folder *total = &show->local->total;
	struct buf line = { 0 };
	char count[32], size[32];

	text_escape(&line, slice_str(show->local_path));
	printf("\nBeside it %s: %s with %s messages, %s\n", buf_str(&line),
	    show->local->kind, text_count(count, total->mail),
	    text_size(size, total->bytes));
	buf_free(&line);
}

static void
print_title(const struct survey_show *show)
{
	struct buf line = { 0 };

	if (strcmp(show->s->kind, "pst") == 0) {
		print_head(show->s, show->source);
	} else if (show->is_server) {
		print_server(show);
	} else {
		text_escape(&line, slice_str(show->source));
		printf("%s: %s\n", buf_str(&line), show->s->kind);
		buf_free(&line);
	}
}

void
survey_show_text(const struct survey_show *show)
{
	const struct survey *s = show->s;

	print_title(show);
	print_folders(s);
	if (show->local != NULL)
		print_local(show);
	print_classes(s, true, "Mail");
	print_classes(s, false,
	    "No mail: files of the spool, which IMAP does not carry");
	print_biggest(s);
	print_texts("Keywords in use", s->keywords, s->n_keywords, 0);
	print_texts("Folder names that will need fixing", show->bad_names,
	    show->n_bad, 0);
	print_texts("Damage", s->damage, s->n_damage, s->damage_more);
	print_texts("Notes", s->notes, s->n_notes, 0);
	print_estimate(&s->sample);
	print_risks(show);
}
