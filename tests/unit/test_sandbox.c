/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From inside the sandbox: what must fail fails, what is needed works. */
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/sandbox.h"

static char readable[] = "/tmp/postroad-sandbox-XXXXXX";

/* Denied is: it did not work, because it is forbidden. */
static bool
denied(long rc)
{
	return rc < 0 && (errno == EPERM || errno == EACCES || errno == EAGAIN);
}

static bool
try_open_write(int fd)
{
	(void)fd;
	return denied(
	    open("/tmp/postroad-sandbox-made", O_WRONLY | O_CREAT, 0600));
}

static bool
try_open_tmpfile(int fd)
{
	(void)fd;
	return denied(open("/tmp", O_RDWR | O_TMPFILE, 0600));
}

static bool
try_open_write_same(int fd)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return denied(open(path, O_RDWR));
}

static bool
try_open_other(int fd)
{
	(void)fd;
	return denied(open("/etc/passwd", O_RDONLY));
}

static bool
try_unlink(int fd)
{
	(void)fd;
	return denied(unlink(readable));
}

static bool
try_truncate(int fd)
{
	return denied(truncate(readable, 0)) && denied(ftruncate(fd, 0));
}

static bool
try_socket(int fd)
{
	(void)fd;
	return denied(socket(AF_INET, SOCK_STREAM, 0)) &&
	    denied(socket(AF_UNIX, SOCK_STREAM, 0)) &&
	    denied(socket(AF_INET6, SOCK_DGRAM, 0));
}

static bool
try_exec(int fd)
{
	char name[] = "true", *argv[] = { name, NULL }, *envp[] = { NULL };

	(void)fd;
	return denied(execve("/bin/true", argv, envp));
}

static bool
try_fork(int fd)
{
	pid_t pid = fork();

	(void)fd;
	if (pid == 0)
		_exit(0);
	return denied(pid);
}

static bool
try_ptrace(int fd)
{
	(void)fd;
	return denied(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL)) &&
	    denied(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static bool
try_kill(int fd)
{
	(void)fd;
	return denied(kill(getppid(), 0)) && denied(kill(getppid(), SIGTERM));
}

static bool
try_limits(int fd)
{
	struct rlimit rl = { .rlim_cur = 1 << 20, .rlim_max = 1 << 20 };

	(void)fd;
#if defined(__SANITIZE_ADDRESS__)
	return true; /* its own start needs the call */
#endif
	return denied(setrlimit(RLIMIT_FSIZE, &rl));
}

static bool
try_read_again(int fd)
{
	char path[40], text[8];
	int again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDONLY);
	return again >= 0 && read(again, text, 5) == 5 &&
	    memcmp(text, "hello", 5) == 0 && close(again) == 0;
}

/* iconv loads its tables with dlopen() when first asked. */
static bool
try_iconv(int fd)
{
	char in[] = "\x93\xfa\x96\x7b", out[16];
	char *ip = in, *op = out;
	size_t in_left = 4, out_left = sizeof(out);
	iconv_t cd = iconv_open("UTF-8", "CP932");

	(void)fd;
	if (cd == (iconv_t)-1)
		return false;
	if (iconv(cd, &ip, &in_left, &op, &out_left) == (size_t)-1)
		return false;
	iconv_close(cd);
	return op - out == 6 && memcmp(out, "\xe6\x97\xa5\xe6\x9c\xac", 6) == 0;
}

/* 64 MiB are over the limit of 32. */
static bool
try_memory(int fd)
{
	void *p;

	(void)fd;
#if defined(__SANITIZE_ADDRESS__)
	return true;
#endif
	p = mmap(NULL, 64 << 20, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p == MAP_FAILED;
}

static bool
try_write_and_run(int fd)
{
	void *p;

	(void)fd;
#if defined(__SANITIZE_ADDRESS__)
	return true;
#endif
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p == MAP_FAILED && errno == EPERM;
}

static const struct {
	const char *name;
	bool (*try)(int fd);
} tries[] = {
	{ "open for writing", try_open_write },
	{ "open a nameless file", try_open_tmpfile },
	{ "open the input for writing", try_open_write_same },
	{ "open another file", try_open_other },
	{ "unlink", try_unlink },
	{ "truncate", try_truncate },
	{ "socket", try_socket },
	{ "exec", try_exec },
	{ "fork", try_fork },
	{ "ptrace", try_ptrace },
	{ "kill the parent", try_kill },
	{ "raise a limit", try_limits },
	{ "read the input again", try_read_again },
	{ "iconv", try_iconv },
	{ "too much memory", try_memory },
	{ "memory to write and run", try_write_and_run },
};

/* Each try in a process of its own; 0 held, 1 not, 2 no sandbox here. */
static int
run(size_t i)
{
	static const char *const paths[] = { "/usr/lib", "/usr/lib64", NULL };
	struct sandbox_spec spec = { .read_paths = paths,
		.read_fd = -1,
		.memory = 32 << 20 };
	int fd = open(readable, O_RDONLY), status;
	pid_t pid = fork();

	assert_true(fd >= 0);
	if (pid == 0) {
		spec.read_fd = fd;
		if (sandbox_enter(&spec) != 0)
			_exit(2);
		_exit(tries[i].try(fd) ? 0 : 1);
	}
	close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Does this kernel have what it takes?  Asked of it, not of the sandbox. */
static bool
kernel_can(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0 &&
	    prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0;
}

static void
test_inside(void **state)
{
	size_t i;
	int fd = mkstemp(readable), rc, bad = 0;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "hello\n", 6), 6);
	close(fd);
	for (i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		rc = run(i);
		if (rc == 2 && !kernel_can())
			print_message("no full sandbox on this kernel\n");
		else if (rc != 0)
			print_error("not so: %s\n", tries[i].name);
		bad += rc == 1 || (rc == 2 && kernel_can());
	}
	unlink(readable);
	assert_int_equal(bad, 0);
}

/* ------------------------------------------------------ what answers */

/* A connection taken in, none made; a file that grows so far. */
static int
serve_inside(int listener, int file)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX, .sun_path = "x" };
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC), rc = 0;

	rc |= fd >= 0 && send(fd, "hello", 5, MSG_NOSIGNAL) == 5 ? 0 : 1;
	rc |= try_socket(-1) ? 0 : 2;
	rc |= denied(connect(fd, (struct sockaddr *)&sa, sizeof(sa))) ? 0 : 4;
	rc |= denied(listen(listener, 1)) ? 0 : 8;
	rc |= pwrite(file, "x", 1, 99) == 1 ? 0 : 16;
	rc |= pwrite(file, "x", 1, 100) < 0 && errno == EFBIG ? 0 : 32;
	rc |= try_open_write(-1) && try_fork(-1) ? 0 : 64;
	return rc;
}

static void
test_serves(void **state)
{
	struct sandbox_spec spec = { .read_fd = -1,
		.serves = true,
		.file_bytes = 100 };
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int listener, client, file, status;
	char block[8];
	pid_t pid;

	(void)state;
	/* a name without a file */
	snprintf(sa.sun_path + 1, sizeof(sa.sun_path) - 1, "postroad-%d",
	    (int)getpid());
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	file = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	assert_true(listener >= 0 && client >= 0 && file >= 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(connect(client, (struct sockaddr *)&sa, sizeof(sa)),
	    0);
	pid = fork();
	if (pid == 0) {
		signal(SIGXFSZ, SIG_IGN);
		if (sandbox_enter(&spec) != 0)
			_exit(128);
		_exit(serve_inside(listener, file));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 128 && !kernel_can())
		print_message("no full sandbox on this kernel\n");
	else
		assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(recv(client, block, sizeof(block), 0), 5);
	close(listener);
	close(client);
	close(file);
}

/* The same tries must be able to fail: outside, they are allowed. */
static void
test_outside(void **state)
{
	int fd = open("/etc/passwd", O_RDONLY);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_false(try_socket(-1));
	assert_false(try_fork(-1));
	assert_int_equal(kill(getpid(), 0), 0);
}

static void
test_names(void **state)
{
	char out[64];

	(void)state;
	assert_string_equal(sandbox_names(out, 0), "");
	assert_string_equal(sandbox_names(out, SANDBOX_NO_SECCOMP), "seccomp");
	assert_string_equal(sandbox_names(out, SANDBOX_ALL),
	    "Landlock, seccomp, resource limits");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inside),
		cmocka_unit_test(test_serves),
		cmocka_unit_test(test_outside),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}
