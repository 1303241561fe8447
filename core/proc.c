/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sandboxed child seen from outside; see proc.h. */
#include "core/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/stop.h"

#define SELF	      "/proc/self/exe"
#define PIPE_ROOM     (1 << 20)
#define LOOK_AGAIN_MS 500 /* how long a wish to stop may wait */

/* What the child's environment keeps: nothing, but in builds for tests. */
static void
make_env(char *env[4], char room[2][200])
{
	size_t n = 0;

#ifdef POSTROAD_STEPS
	const char *hook = getenv("PST_CHILD_HOOK");

	if (hook != NULL) {
		snprintf(room[0], sizeof(room[0]), "PST_CHILD_HOOK=%s", hook);
		env[n++] = room[0];
	}
#endif
	/* looking for leaks needs ptrace, which the sandbox denies */
	snprintf(room[1], sizeof(room[1]), "ASAN_OPTIONS=detect_leaks=0");
	env[n++] = room[1];
	env[n] = NULL;
}

/* Between fork and exec: only calls that are safe there. */
static void
become_child(char *arg, int in, int out, int given, char *const env[])
{
	char name[] = "postroad";
	char *argv[] = { name, arg, NULL };
	int fds[3], i;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	/* out of the way of 0..3 first */
	fds[0] = fcntl(in, F_DUPFD, 10);
	fds[1] = fcntl(out, F_DUPFD, 10);
	fds[2] = fcntl(given, F_DUPFD, 10);
	if (fds[0] < 0 || fds[1] < 0 || fds[2] < 0)
		_exit(EX_OSERR);
	if (dup2(fds[0], PROC_IN) < 0 || dup2(fds[1], PROC_OUT) < 0 ||
	    dup2(fds[2], PROC_GIVEN) < 0)
		_exit(EX_OSERR);
#if !defined(__SANITIZE_ADDRESS__)
	/* what it writes there is a stranger's; a sanitizer's is not */
	i = open("/dev/null", O_WRONLY);
	if (i >= 0)
		dup2(i, STDERR_FILENO);
#endif
	close_range(PROC_GIVEN + 1, ~0u, 0);
	for (i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	/* a parent that goes away shows as a failed write */
	signal(SIGPIPE, SIG_IGN);
	/* Ctrl-C is for the parent, who then ends this one */
	signal(SIGINT, SIG_IGN);
	execve(SELF, argv, env);
	_exit(EX_OSERR);
}

int
proc_start(struct proc *p, const char *arg, int given, struct err *err)
{
	char own[40], *env[4], room[2][200];
	int to[2] = { -1, -1 }, from[2] = { -1, -1 };
	pid_t pid;

	make_env(env, room);
	snprintf(own, sizeof(own), "%s", arg);
	if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0 ||
	    (pid = fork()) < 0) {
		err_sys(err, SCOPE_STORE, EX_OSERR,
		    "cannot start the sandboxed child");
		close(to[0]);
		close(to[1]);
		close(from[0]);
		close(from[1]);
		return -1;
	}
	if (pid == 0)
		become_child(own, to[0], from[1], given, env);
	close(to[0]);
	close(from[1]);
	/* room to work ahead; where the system has less, less */
	fcntl(from[0], F_SETPIPE_SZ, PIPE_ROOM);
	p->pid = pid;
	p->to = to[1];
	p->from = from[0];
	p->in.n = p->in.used = 0;
	return 0;
}

void
proc_tell(struct proc *p, unsigned type, const struct buf *payload)
{
	if (p->to >= 0 &&
	    frame_send(p->to, type, payload->p, payload->n) != 0) {
		close(p->to);
		p->to = -1;
	}
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Wait until something comes.  1, 0 at the deadline, -1 to stop. */
static int
wait_for(int fd, int64_t until, struct err *err)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	int64_t left;
	int rc;

	for (;;) {
		if (stop_check(err) != 0)
			return -1;
		left = until - now_ms();
		if (left <= 0)
			return 0;
		rc = poll(&pfd, 1,
		    left < LOOK_AGAIN_MS ? (int)left : LOOK_AGAIN_MS);
		if (rc > 0)
			return 1;
	}
}

enum proc_heard
proc_hear(struct proc *p, unsigned timeout_ms, struct frame *f_r,
    struct err *err)
{
	int64_t until = 0;
	char *room;
	size_t cap;
	ssize_t n;
	int rc;

	while ((rc = frames_next(&p->in, f_r)) == 0) {
		if (until == 0)
			until = now_ms() + timeout_ms;
		rc = wait_for(p->from, until, err);
		if (rc <= 0)
			return rc == 0 ? PROC_HEARD_NOTHING : PROC_HEARD_STOP;
		room = frames_room(&p->in, &cap);
		n = read(p->from, room, cap);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return PROC_HEARD_END;
		frames_came(&p->in, (size_t)n);
	}
	return rc == 1 ? PROC_HEARD_FRAME : PROC_HEARD_GARBAGE;
}

static void
describe(int status, char *how, size_t cap)
{
	if (WIFSIGNALED(status))
		snprintf(how, cap, "crashed (signal %d)", WTERMSIG(status));
	else if (WEXITSTATUS(status) == EX_SOFTWARE)
		snprintf(how, cap, "ran out of memory");
	else if (WEXITSTATUS(status) == EX_OSERR)
		snprintf(how, cap, "could not be started");
	else
		snprintf(how, cap, "gave up (status %d)", WEXITSTATUS(status));
}

void
proc_end(struct proc *p, char *how, size_t cap)
{
	int status = 0;

	if (how != NULL)
		snprintf(how, cap, "is gone");
	if (p->pid == 0)
		return;
	if (p->to >= 0)
		close(p->to);
	if (p->from >= 0)
		close(p->from);
	p->to = p->from = -1;
	/* one that ended by itself is a zombie: the signal changes nothing */
	kill(p->pid, SIGKILL);
	while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (how != NULL)
		describe(status, how, cap);
	p->pid = 0;
}
