/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A stage in a child process; see beside.h. */
#include "cli/beside.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/stop.h"

struct shared {
	_Atomic uint64_t done, total, bytes;
	atomic_bool begun, over, stopped;
};

struct beside {
	pid_t pid;
	pid_t owner; /* who started it: only that one can wait for it */
	int status;  /* waitpid()'s, once reaped */
	bool reaped;
	struct shared *shared;
	FILE *sum, *text; /* unlinked files that both have open */
};

static void
beside_free(struct beside *b)
{
	if (b->shared != NULL)
		munmap(b->shared, sizeof(*b->shared));
	if (b->sum != NULL)
		fclose(b->sum);
	if (b->text != NULL)
		fclose(b->text);
	free(b);
}

/* ------------------------------------------------------------- the child */

static void
tell(const struct report *r, void *arg)
{
	struct shared *s = arg;
	uint64_t done, total, bytes, ignored;
	const char *doing;

	report_progress(r, &done, &total, &bytes, &ignored, &doing);
	s->done = done;
	s->total = total;
	s->bytes = bytes;
	s->begun = report_announced(r) > 0;
}

/* Does not return. */
static void
child(struct beside *b, enum stage stage, beside_work work, void *arg)
{
	struct report *r = report_new(stage);
	struct err err = { 0 };
	struct js *sum;
	int rc, status;

	report_set_tick(r, tell, b->shared);
	rc = work(arg, &r, &err);
	status = cmd_status(r, rc < 0 ? &err : NULL);
	sum = report_json(r, rc < 0 ? &err : NULL);
	js_set_int(sum, "status", status);
	js_print(b->sum, sum);
	if (rc == 0 || report_announced(r) > 0)
		report_print(r, b->text);
	if (rc < 0 && !(b->shared->stopped && stop_requested()))
		log_err(LOG_ERROR, &err);
	if (fflush(b->sum) != 0 || fflush(b->text) != 0)
		status = EX_IOERR;
	b->shared->over = true;
	_exit(status);
}

/* ------------------------------------------------------------ the parent */

int
beside_start(struct beside **b_r, enum stage stage, beside_work work, void *arg,
    struct err *err)
{
	struct beside *b = mem_alloc(1, sizeof(*b));
	pid_t parent = getpid();

	b->owner = parent;
	b->sum = tmpfile();
	b->text = tmpfile();
	b->shared = mmap(NULL, sizeof(*b->shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (b->shared == MAP_FAILED)
		b->shared = NULL;
	if (b->sum == NULL || b->text == NULL || b->shared == NULL)
		goto fail;
	fflush(NULL);
	b->pid = fork();
	if (b->pid < 0)
		goto fail;
	if (b->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(EX_TEMPFAIL); /* it died before that */
		stop_set_patient();
		progress_detach();
		child(b, stage, work, arg);
	}
	*b_r = b;
	return 0;
fail:
	err_sys(err, SCOPE_RUN, EX_OSERR, "cannot start a stage beside this");
	beside_free(b);
	return -1;
}

static void
reap(struct beside *b, int flags)
{
	pid_t pid;

	if (b->reaped || b->owner != getpid())
		return;
	do
		pid = waitpid(b->pid, &b->status, flags);
	while (pid < 0 && errno == EINTR);
	if (pid == b->pid) {
		b->reaped = true;
		b->shared->over = true;
	}
}

struct beside_sight
beside_look(struct beside *b)
{
	reap(b, WNOHANG);
	return (struct beside_sight){ .done = b->shared->done,
		.total = b->shared->total,
		.bytes = b->shared->bytes,
		.begun = b->shared->begun,
		.over = b->shared->over };
}

bool
beside_stop(struct beside *b)
{
	if (beside_look(b).over)
		return false;
	b->shared->stopped = true;
	kill(b->pid, SIGTERM);
	return true;
}

static int
killed(int sig)
{
	if (sig == SIGTERM || sig == SIGINT || sig == SIGHUP ||
	    sig == SIGKILL) {
		log_error("a stage was killed (signal %d); run the same "
			  "command again to go on",
		    sig);
		return EX_TEMPFAIL;
	}
	log_error("a stage crashed (signal %d): this is a bug in postroad; "
		  "run the same command again to go on",
	    sig);
	return EX_SOFTWARE;
}

static void
slurp(FILE *f, struct buf *out)
{
	char block[4096];
	size_t n;

	rewind(f);
	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		buf_put(out, block, n);
}

int
beside_end(struct beside **bp, struct js **sum_r, struct buf *text_r)
{
	struct beside *b = *bp;
	struct buf sum = { 0 };
	int status;

	*bp = NULL;
	reap(b, 0);
	slurp(b->sum, &sum);
	slurp(b->text, text_r);
	*sum_r = js_parse(buf_slice(&sum));
	buf_free(&sum);
	status = WIFEXITED(b->status) ? WEXITSTATUS(b->status)
				      : killed(WTERMSIG(b->status));
	beside_free(b);
	return status;
}
