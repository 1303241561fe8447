/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For extract/survey*.c only: a survey being made. */
#ifndef EXTRACT_SURVEY_IMPL_H
#define EXTRACT_SURVEY_IMPL_H

#include <sys/stat.h>

#include "core/proc.h"
#include "extract/pst_child.h"
#include "extract/pst_frame.h"
#include "extract/survey.h"
#include "formats/pst/reader.h"

#define SURVEY_RESTARTS 20

/* One go of a child. */
struct survey_look {
	struct survey *s;
	const struct source_spec *spec;
	/* what in the store will be over want->max_size as a message, in
	 * which attachments grow by 37 percent (base64); 0: nothing */
	uint64_t too_big;
	int fd;
	struct stat st;
	struct proc proc;
	uint32_t leave;
	enum pst_phase phase;
	uint64_t at; /* the folder it is reading */
	uint64_t poison[SURVEY_RESTARTS];
	size_t n_poison;
	unsigned hangs;
	size_t text;	   /* kept so far */
	uint64_t patience; /* frames that a file of this size can be worth */
	bool hello, facts;
};

/* Look through a PST, an account, or files; 's' is zeroed.  As
 * survey_read(). */
bool survey_is_pst(const struct source_spec *spec);
int survey_pst(struct survey *s, const struct source_spec *spec,
    const struct survey_want *want, struct err *err);
int survey_imap(struct survey *s, const struct source_spec *spec,
    const struct survey_want *want, struct err *err);
int survey_pop3(struct survey *s, const struct source_spec *spec,
    const struct survey_want *want, struct err *err);
int survey_files(struct survey *s, const struct source_spec *spec,
    const struct survey_want *want, struct err *err);

/* ---- survey.c, what they share */
/* The folder of this spool path, made where it is new. */
struct survey_folder *survey_folder(struct survey *s, const char *path);
/* One message of a folder: counted there. */
void survey_count(struct survey *s, const struct survey_want *want,
    struct survey_folder *f, uint64_t bytes, int64_t received);
/* It may be one of the biggest: true if it is, and goes where *b_r says, with
 * bytes filled in. */
bool survey_big(struct survey *s, uint64_t bytes, struct survey_big **b_r);
void survey_add_up(struct survey_folder *total, const struct survey_folder *f);
void survey_text(char ***v, size_t *n, const char *text);
void survey_keyword(struct survey *s, struct slice word);

/* Open the PST.  0, or -1 with *err: no PST, not there, ... */
int survey_open(const struct source_spec *spec, int *fd_r, struct stat *st_r,
    struct err *err);

/* A frame that the child sent, but for BYE and FAIL; false: nonsense. */
bool survey_heard(struct survey_look *l, const struct frame *f);

/* Note some damage. */
void survey_damage(struct survey_look *l, const char *text);

#endif
