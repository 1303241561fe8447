/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where passwords come from; see secret.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/io.h"
#include "core/mem.h"
#include "core/stop.h"
#include "wire/secret.h"

#define COMMAND_S	60 /* the longest a password command may take */
#define COMMAND_WORDS	64
#define CREDENTIALS_MAX (256 * 1024)

extern char **environ;

/* ---------------------------------------------------------------- files */

/* Open a file that only we can read, and read at most 'max' bytes of it. */
static int
read_private(struct secret *s, const char *path, struct err *err)
{
	int fd = open(path,
	    O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	size_t max;
	ssize_t n;
	char *p;

	if (fd < 0 && errno == ELOOP) {
		err_set(err, SCOPE_RUN, EX_CONFIG, "'%s' is a symbolic link",
		    path);
		return err_hint(err, "name the file itself");
	}
	if (fd < 0)
		return err_sys(err, SCOPE_RUN, EX_CONFIG, "'%s'", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		err_set(err, SCOPE_RUN, EX_CONFIG, "'%s' is no regular file",
		    path);
		goto fail;
	}
	if ((st.st_mode & 077) != 0) {
		err_set(err, SCOPE_RUN, EX_CONFIG,
		    "others can read '%s' (mode %04o)", path,
		    (unsigned)(st.st_mode & 07777));
		err_hint(err, "chmod 600 '%s'", path);
		goto fail;
	}
	if (st.st_uid != geteuid() && st.st_uid != 0) {
		err_set(err, SCOPE_RUN, EX_CONFIG,
		    "'%s' belongs to another user", path);
		goto fail;
	}
	p = secret_room(s, &max);
	n = io_read_full(fd, p, max);
	if (n < 0) {
		err_sys(err, SCOPE_RUN, EX_CONFIG, "'%s'", path);
		goto fail;
	}
	close(fd);
	secret_set_len(s, (size_t)n);
	return 0;
fail:
	close(fd);
	return -1;
}

static int
from_file(struct secret *s, const struct secret_spec *spec, struct err *err)
{
	if (read_private(s, spec->file, err) < 0)
		return err_within(err, "%s-file", spec->option);
	return 0;
}

/* A word of a netrc file, perhaps in double quotes with backslashes; it is
 * unescaped where it lies. */
static bool
netrc_word(char **at, char *end, struct slice *word_r)
{
	char *p = *at, *from, *to;
	bool quoted;

	while (p < end && strchr(" \t\r\n", *p) != NULL)
		p++;
	if (p == end)
		return false;
	quoted = *p == '"';
	from = to = quoted ? ++p : p;
	for (; p < end; p++) {
		if (quoted ? *p == '"' : strchr(" \t\r\n", *p) != NULL)
			break;
		if (quoted && *p == '\\' && p + 1 < end)
			p++;
		*to++ = *p;
	}
	*word_r = slice_of(from, (size_t)(to - from));
	*at = p < end ? p + 1 : p;
	return true;
}

struct netrc_entry {
	struct slice login, password;
	bool host_fits, has_login, has_password;
};

static bool
netrc_fits(const struct netrc_entry *e, const char *user)
{
	return e->host_fits && e->has_password &&
	    (!e->has_login || slice_is(e->login, user));
}

/* machine HOST login USER password WORD; default; '#' begins a comment. */
static bool
netrc_find(char *p, char *end, const struct secret_spec *spec,
    struct slice *password_r)
{
	struct netrc_entry e = { 0 };
	struct slice word, value;

	while (netrc_word(&p, end, &word)) {
		if (word.n > 0 && word.p[0] == '#') {
			while (p < end && p[-1] != '\n')
				p++;
			continue;
		}
		if (slice_is(word, "machine") || slice_is(word, "default")) {
			if (netrc_fits(&e, spec->user))
				break;
			e = (struct netrc_entry){ 0 };
			e.host_fits = slice_is(word, "default") ||
			    (netrc_word(&p, end, &value) &&
				slice_is_nocase(value, spec->host));
		} else if (slice_is(word, "login")) {
			e.has_login = netrc_word(&p, end, &e.login);
		} else if (slice_is(word, "password")) {
			e.has_password = netrc_word(&p, end, &e.password);
		}
	}
	*password_r = e.password;
	return netrc_fits(&e, spec->user);
}

static int
from_credentials(struct secret *s, const struct secret_spec *spec,
    struct err *err)
{
	struct secret *all = secret_new(CREDENTIALS_MAX);
	struct slice word;
	size_t max;
	char *p;
	int rc = -1;

	if (read_private(all, spec->credentials, err) < 0) {
		err_within(err, "--credentials");
	} else {
		p = secret_room(all, &max);
		if (!netrc_find(p, p + secret_slice(all).n, spec, &word)) {
			err_set(err, SCOPE_RUN, EX_CONFIG,
			    "--credentials: '%s' has nothing for %s at %s",
			    spec->credentials, spec->user, spec->host);
			err_hint(err,
			    "a line there: machine %s login %s "
			    "password WORD",
			    spec->host, spec->user);
		} else if (!secret_put(s, word.p, word.n)) {
			err_set(err, SCOPE_RUN, EX_CONFIG,
			    "--credentials: the password is too long");
		} else {
			rc = 0;
		}
	}
	secret_free(&all);
	return rc;
}

/* -------------------------------------------------------------- command */

/* Split as a shell would split plain words, but nothing else of a shell. */
static int
split_words(const struct secret_spec *spec, struct buf *text,
    char *argv[COMMAND_WORDS], struct err *err)
{
	const char *cmd = spec->command;
	size_t at[COMMAND_WORDS], n = 0, i;
	bool inside = false;
	char quote = 0;

	for (; *cmd != '\0'; cmd++) {
		if (quote == 0 && strchr(" \t\n", *cmd) != NULL) {
			if (inside)
				buf_putc(text, '\0');
			inside = false;
			continue;
		}
		if (!inside) {
			if (n == COMMAND_WORDS - 1)
				return err_set(err, SCOPE_RUN, EX_USAGE,
				    "%s-command: too many words", spec->option);
			at[n++] = text->n;
			inside = true;
		}
		if (quote == 0 && (*cmd == '\'' || *cmd == '"')) {
			quote = *cmd;
		} else if (*cmd == quote) {
			quote = 0;
		} else {
			if (*cmd == '\\' && quote != '\'' && cmd[1] != '\0')
				cmd++;
			buf_putc(text, *cmd);
		}
	}
	if (quote != 0 || n == 0)
		return err_set(err, SCOPE_RUN, EX_USAGE, "%s-command: %s",
		    spec->option,
		    n == 0 ? "it is empty" : "a quote does not end");
	buf_putc(text, '\0');
	for (i = 0; i < n; i++)
		argv[i] = text->p + at[i];
	argv[n] = NULL;
	return 0;
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Read until the end, bounded in bytes and time. */
static int
drain(struct secret *s, const struct secret_spec *spec, int fd, struct err *err)
{
	int64_t end = now_ms() + COMMAND_S * 1000;
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	size_t max, got = 0;
	char *p = secret_room(s, &max);
	ssize_t n;

	for (;;) {
		if (stop_check(err) < 0)
			return -1;
		if (now_ms() >= end)
			return err_set(err, SCOPE_RUN, EX_CONFIG,
			    "%s-command: no end after %d s", spec->option,
			    COMMAND_S);
		if (poll(&pfd, 1, 200) <= 0)
			continue;
		n = read(fd, p + got, max - got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, SCOPE_RUN, EX_CONFIG, "%s-command",
			    spec->option);
		if (n == 0)
			break;
		got += (size_t)n;
		if (got == max)
			return err_set(err, SCOPE_RUN, EX_CONFIG,
			    "%s-command: more output than a %s has",
			    spec->option, spec->what);
	}
	secret_set_len(s, got);
	return 0;
}

static int
check_exit(const struct secret_spec *spec, int status, struct err *err)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status))
		err_set(err, SCOPE_RUN, EX_CONFIG,
		    "%s-command failed with exit status %d", spec->option,
		    WEXITSTATUS(status));
	else
		err_set(err, SCOPE_RUN, EX_CONFIG,
		    "%s-command died of signal %d", spec->option,
		    WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	return err_hint(err,
	    "run it by hand to see why; it must print the %s and nothing else",
	    spec->what);
}

static int
run_command(struct secret *s, const struct secret_spec *spec, char **argv,
    struct err *err)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	int fd[2], status, rc;
	sigset_t dfl;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC) < 0)
		return err_sys(err, SCOPE_RUN, EX_OSERR, "pipe");
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, fd[1], STDOUT_FILENO);
	posix_spawnattr_init(&attr);
	sigemptyset(&dfl);
	sigaddset(&dfl, SIGPIPE);
	posix_spawnattr_setsigdefault(&attr, &dfl);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
	rc = posix_spawnp(&pid, argv[0], &fa, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&fa);
	close(fd[1]);
	if (rc != 0) {
		errno = rc;
		err_sys(err, SCOPE_RUN, EX_CONFIG, "%s-command '%s'",
		    spec->option, argv[0]);
		close(fd[0]);
		return -1;
	}
	rc = drain(s, spec, fd[0], err);
	close(fd[0]);
	if (rc < 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return rc < 0 ? -1 : check_exit(spec, status, err);
}

static int
from_command(struct secret *s, const struct secret_spec *spec, struct err *err)
{
	char *argv[COMMAND_WORDS];
	struct buf text = { 0 };
	int rc = split_words(spec, &text, argv, err);

	if (rc == 0)
		rc = run_command(s, spec, argv, err);
	buf_free(&text);
	return rc;
}

/* ------------------------------------------------- environment, terminal */

static int
from_env(struct secret *s, const struct secret_spec *spec, struct err *err)
{
	const char *name = spec->env;
	char *value = getenv(name);

	if (value == NULL || *name == '\0')
		return err_set(err, SCOPE_RUN, EX_CONFIG,
		    "%s-env: the environment has no %s", spec->option, name);
	if (!secret_put(s, value, strlen(value)))
		return err_set(err, SCOPE_RUN, EX_CONFIG,
		    "%s-env: the value of %s is too long", spec->option, name);
	/* neither /proc nor a child shall find it there */
	explicit_bzero(value, strlen(value));
	unsetenv(name);
	return 0;
}

static int
read_line(struct secret *s, int tty, struct err *err)
{
	size_t max, got = 0;
	char *p = secret_room(s, &max);
	ssize_t n;

	for (;;) {
		if (stop_check(err) < 0)
			return -1;
		n = read(tty, p + got, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, SCOPE_RUN, EX_NOPERM, "terminal");
		if (n == 0 || p[got] == '\n')
			break;
		if (++got == max)
			return err_set(err, SCOPE_RUN, EX_CONFIG,
			    "that is too long for a password");
	}
	secret_set_len(s, got);
	return 0;
}

static int
from_terminal(struct secret *s, const struct secret_spec *spec, struct err *err)
{
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	struct termios was, quiet;
	struct buf ask = { 0 };
	int rc;

	if (tty < 0 || tcgetattr(tty, &was) < 0) {
		if (tty >= 0)
			close(tty);
		err_set(err, SCOPE_RUN, EX_NOPERM,
		    "no password for %s at %s, and no terminal to ask on",
		    spec->user, spec->host);
		return err_hint(err,
		    "use --password-file, "
		    "--password-command, --password-env or "
		    "--credentials");
	}
	quiet = was;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	/* a stop or a quit would leave the terminal without echo */
	quiet.c_cc[VSUSP] = quiet.c_cc[VQUIT] = _POSIX_VDISABLE;
	buf_putf(&ask, "Password for %s at %s: ", spec->user, spec->host);
	tcsetattr(tty, TCSAFLUSH, &quiet);
	(void)io_write_all(tty, ask.p, ask.n);
	rc = read_line(s, tty, err);
	tcsetattr(tty, TCSAFLUSH, &was);
	(void)io_write_all(tty, "\n", 1);
	close(tty);
	buf_free(&ask);
	return rc;
}

/* ---------------------------------------------------------------- entry */

static int
check_value(struct secret *s, const struct secret_spec *spec, struct err *err)
{
	struct slice v = secret_slice(s);

	if (v.n > 0 && v.p[v.n - 1] == '\n')
		v.n--;
	if (v.n > 0 && v.p[v.n - 1] == '\r')
		v.n--;
	secret_set_len(s, v.n);
	if (v.n == 0)
		return err_set(err, SCOPE_RUN, EX_CONFIG, "the %s is empty",
		    spec->what);
	if (v.n >= spec->max)
		return err_set(err, SCOPE_RUN, EX_CONFIG,
		    "the %s is longer than %zu bytes", spec->what,
		    spec->max - 1);
	if (memchr(v.p, '\n', v.n) != NULL || memchr(v.p, '\r', v.n) != NULL ||
	    memchr(v.p, '\0', v.n) != NULL) {
		err_set(err, SCOPE_RUN, EX_CONFIG,
		    "the %s has a line break or a NUL in it", spec->what);
		return err_hint(err,
		    "it must be the only thing in the file, "
		    "the variable or the output");
	}
	return 0;
}

int
secret_get(struct secret **s_r, const struct secret_spec *given,
    struct err *err)
{
	struct secret_spec full = *given, *spec = &full;
	struct secret *s;
	int n = (spec->file != NULL) + (spec->command != NULL) +
	    (spec->env != NULL) + (spec->credentials != NULL);
	int rc;

	if (spec->what == NULL)
		spec->what = "password";
	if (spec->option == NULL)
		spec->option = "--password";
	if (spec->max == 0)
		spec->max = SECRET_MAX;
	*s_r = NULL;
	if (n > 1)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "more than one place for the %s was named", spec->what);
	s = secret_new(spec->max);
	if (spec->file != NULL)
		rc = from_file(s, spec, err);
	else if (spec->command != NULL)
		rc = from_command(s, spec, err);
	else if (spec->env != NULL)
		rc = from_env(s, spec, err);
	else if (spec->credentials != NULL)
		rc = from_credentials(s, spec, err);
	else
		rc = from_terminal(s, spec, err);
	if (rc < 0 || check_value(s, spec, err) < 0) {
		secret_free(&s);
		return -1;
	}
	*s_r = s;
	return 0;
}
