/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For extract/survey*.c only: a survey being made. */
#ifndef EXTRACT_SURVEY_IMPL_H
#define EXTRACT_SURVEY_IMPL_H

#include <sys/stat.h>

#include "core/proc.h"
#include "extract/pst_child.h"
#include "extract/pst_frame.h"
#include "extract/survey.h"
#include "formats/pst_reader.h"

#define SURVEY_RESTARTS 20

/* One go of a child. */
struct survey_look {
	struct survey *s;
	const struct source_spec *spec;
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

/* Open the PST.  0, or -1 with *err: no PST, not there, ... */
int survey_open(const struct source_spec *spec, int *fd_r, struct stat *st_r,
    struct err *err);

/* A frame that the child sent, but for BYE and FAIL; false: nonsense. */
bool survey_heard(struct survey_look *l, const struct frame *f);

/* Note some damage. */
void survey_damage(struct survey_look *l, const char *text);

#endif
