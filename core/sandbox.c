/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Landlock, seccomp and limits; see sandbox.h. */
#include "core/sandbox.h"

#define GCONV_MAX 14 /* directories */

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANDBOX_LOOSE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANDBOX_LOOSE 1
#endif
#endif
#ifndef SANDBOX_LOOSE
#define SANDBOX_LOOSE 0
#endif

/* Newer than Debian 12's kernel headers; the values are fixed for ever. */
#define FS_TRUNCATE  (1ULL << 14) /* ABI 3 */
#define FS_IOCTL_DEV (1ULL << 15) /* ABI 5 */
#define NET_TCP	     3ULL	  /* bind and connect, ABI 4 */
#define SCOPE_BOTH   3ULL	  /* abstract sockets, signals, ABI 6 */
#define TMPFILE_BIT  020000000

/* struct landlock_ruleset_attr as ABI 6 has it. */
struct ruleset {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

static int
ruleset_create(struct ruleset *r)
{
	size_t size = sizeof(r->fs);
	long abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
	    LANDLOCK_CREATE_RULESET_VERSION);

	if (abi < 1)
		return -1;
	*r = (struct ruleset){ .fs = LANDLOCK_ACCESS_FS_REFER - 1 };
	if (abi >= 2)
		r->fs |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		r->fs |= FS_TRUNCATE;
	if (abi >= 5)
		r->fs |= FS_IOCTL_DEV;
	if (abi >= 4) {
		r->net = NET_TCP;
		size += sizeof(r->net);
	}
	if (abi >= 6) {
		r->scoped = SCOPE_BOTH;
		size += sizeof(r->scoped);
	}
	return (int)syscall(SYS_landlock_create_ruleset, r, size, 0);
}

/* Let what 'fd' is, or lies beneath it, be opened for reading. */
static int
ruleset_allow(int ruleset, int fd)
{
	struct landlock_path_beneath_attr beneath = {
		.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
		.parent_fd = fd,
	};
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		beneath.allowed_access |= LANDLOCK_ACCESS_FS_READ_DIR;
	return (int)syscall(SYS_landlock_add_rule, ruleset,
	    LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
}

static int
enter_landlock(const struct sandbox_spec *spec)
{
	const char *const *p;
	struct ruleset r;
	int ruleset = ruleset_create(&r), fd, rc = -1;

	if (ruleset < 0)
		return -1;
	for (p = spec->read_paths; p != NULL && *p != NULL; p++) {
		fd = open(*p, O_PATH | O_CLOEXEC);
		if (fd < 0)
			continue;
		ruleset_allow(ruleset, fd);
		close(fd);
	}
	if (spec->read_fd >= 0)
		ruleset_allow(ruleset, spec->read_fd);
	if (SANDBOX_LOOSE) {
		/* the sanitizer reads its own map of memory */
		fd = open("/proc", O_PATH | O_CLOEXEC);
		if (fd >= 0) {
			ruleset_allow(ruleset, fd);
			close(fd);
		}
	}
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) == 0)
		rc = 0;
	close(ruleset);
	return rc;
}

static int
limit(int what, uint64_t value)
{
	struct rlimit rl = { .rlim_cur = value, .rlim_max = value };

	return setrlimit((__rlimit_resource_t)what, &rl);
}

static int
enter_limits(const struct sandbox_spec *spec)
{
	int bad = 0;

	bad |= limit(RLIMIT_CORE, 0);
	bad |= limit(RLIMIT_FSIZE, spec->file_bytes);
	bad |= limit(RLIMIT_NPROC, 0);
	bad |= limit(RLIMIT_NOFILE, 32);
	if (spec->memory > 0 && !SANDBOX_LOOSE) {
		bad |= limit(RLIMIT_DATA, spec->memory);
		/* libraries are mapped too, but nobody writes to them */
		bad |= limit(RLIMIT_AS, spec->memory + (256 << 20));
	}
	return bad == 0 ? 0 : -1;
}

/* Calls that take and give nothing but what is open already. */
static const int calls[] = {
	SCMP_SYS(read),
	SCMP_SYS(readv),
	SCMP_SYS(pread64),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(lseek),
	SCMP_SYS(_llseek),
	SCMP_SYS(close),
	SCMP_SYS(fstat),
	SCMP_SYS(fstat64),
	SCMP_SYS(newfstatat),
	SCMP_SYS(fstatat64),
	SCMP_SYS(statx),
	SCMP_SYS(stat),
	SCMP_SYS(lstat),
	SCMP_SYS(getdents64),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(futex),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(nanosleep),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(getrandom),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
	SCMP_SYS(getresuid),
	SCMP_SYS(getresgid),
	SCMP_SYS(uname),
	SCMP_SYS(getcwd),
	SCMP_SYS(sysinfo),
	SCMP_SYS(sched_yield),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq),
	SCMP_SYS(getrlimit),
#if SANDBOX_LOOSE
	SCMP_SYS(mprotect),
	SCMP_SYS(mmap),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(prlimit64),
	SCMP_SYS(prctl),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(personality),
	SCMP_SYS(dup),
#endif
};

/* What a server does with connections that come to it. */
static const int serving[] = {
	SCMP_SYS(accept4),
	SCMP_SYS(recvfrom),
	SCMP_SYS(sendto),
	SCMP_SYS(setsockopt),
	SCMP_SYS(shutdown),
	SCMP_SYS(pwrite64),
};

static int
allow(scmp_filter_ctx ctx, int call)
{
	int rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, call, 0);

	/* a call that this machine does not have cannot be made */
	return rc == -EDOM ? 0 : rc;
}

/* Calls that are harmless with some arguments only. */
static int
allow_some(scmp_filter_ctx ctx)
{
	const scmp_datum_t writes =
	    O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | TMPFILE_BIT;
	static const scmp_datum_t fcntls[] = { F_GETFD, F_SETFD, F_GETFL,
		F_SETFL };
	size_t i;
	int bad = 0;

	bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, writes, 0));
	bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
	    SCMP_A1(SCMP_CMP_MASKED_EQ, writes, 0));
	for (i = 0; i < sizeof(fcntls) / sizeof(fcntls[0]); i++)
		bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
		    SCMP_A1(SCMP_CMP_EQ, fcntls[i]));
	/* abort() and raise(): itself, nobody else */
	bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
	    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
#if !SANDBOX_LOOSE
	/* memory is never both written and run; a library (iconv's) may be
	 * mapped to run, but nothing is made runnable later */
	bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_WRITE, 0));
	bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
#endif
	return bad;
}

static int
enter_seccomp(const struct sandbox_spec *spec)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	size_t i;
	int bad = 0;

	if (ctx == NULL)
		return -1;
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		bad |= allow(ctx, calls[i]);
	for (i = 0; spec->serves && i < sizeof(serving) / sizeof(serving[0]);
	     i++)
		bad |= allow(ctx, serving[i]);
	bad |= allow_some(ctx);
	if (bad == 0)
		bad = seccomp_load(ctx);
	seccomp_release(ctx);
	return bad == 0 ? 0 : -1;
}

unsigned
sandbox_enter(const struct sandbox_spec *spec)
{
	unsigned missing = 0;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		missing |= SANDBOX_NO_LANDLOCK | SANDBOX_NO_SECCOMP;
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (enter_limits(spec) != 0)
		missing |= SANDBOX_NO_LIMITS;
	if (enter_landlock(spec) != 0)
		missing |= SANDBOX_NO_LANDLOCK;
	if (enter_seccomp(spec) != 0)
		missing |= SANDBOX_NO_SECCOMP;
	return missing;
}

unsigned
sandbox_enter_parser(int read_fd, uint64_t memory)
{
	static const char *const patterns[] = { "/usr/lib/*/gconv",
		"/usr/lib/gconv", "/usr/lib64/gconv", "/lib/*/gconv" };
	const char *paths[GCONV_MAX + 1] = { NULL };
	struct sandbox_spec spec = { .read_paths = paths,
		.read_fd = read_fd,
		.memory = memory };
	glob_t found = { 0 };
	unsigned missing;
	size_t i;

	for (i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		glob(patterns[i], i > 0 ? GLOB_APPEND : 0, NULL, &found);
	for (i = 0; i < found.gl_pathc && i < GCONV_MAX; i++)
		paths[i] = found.gl_pathv[i];
	missing = sandbox_enter(&spec);
	globfree(&found);
	return missing;
}

char *
sandbox_names(char out[64], unsigned missing)
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = {
		{ SANDBOX_NO_LANDLOCK, "Landlock" },
		{ SANDBOX_NO_SECCOMP, "seccomp" },
		{ SANDBOX_NO_LIMITS, "resource limits" },
	};
	size_t i, n = 0;

	out[0] = '\0';
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (missing & names[i].bit)
			n += (size_t)snprintf(out + n, 64 - n, "%s%s",
			    n > 0 ? ", " : "", names[i].name);
	return out;
}
