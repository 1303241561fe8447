/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Passwords: every source, what is refused, and that none is left over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/io.h"
#include "core/stop.h"
#include "wire/secret.h"

static char dir[] = "/tmp/postroad-secret.XXXXXX";
static char path[128];

static void
put_file(const char *text, size_t n, mode_t mode)
{
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(io_write_all(fd, text, n), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

/* Expect a password, or NULL and this status. */
static void
expect(const struct secret_spec *spec, const char *want, int status)
{
	struct err err = { 0 };
	struct secret *s;
	int rc = secret_get(&s, spec, &err);

	if (want == NULL) {
		assert_int_equal(rc, -1);
		assert_null(s);
		assert_int_equal(err.status, status);
		assert_null(strstr(err.text, "s3cret"));
		assert_null(strstr(err.hint, "s3cret"));
		return;
	}
	if (rc < 0)
		fail_msg("%s", err.text);
	if (!slice_is(secret_slice(s), want))
		fail_msg("got '%.*s', not '%s'", (int)secret_slice(s).n,
		    secret_slice(s).p, want);
	secret_free(&s);
	assert_null(s);
}

static void
test_file(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		mode_t mode;
		const char *want;
	} t[] = {
		{ "s3cret\n", 7, 0600, "s3cret" },
		{ "s3cret\r\n", 8, 0600, "s3cret" },
		{ "s3cret", 6, 0400, "s3cret" },
		{ " s3 cret \n", 10, 0600, " s3 cret " },
		{ "s3cret\n\n", 8, 0600, NULL },
		{ "s3cret\nmore\n", 12, 0600, NULL },
		{ "s3c\rret\n", 8, 0600, NULL },
		{ "s3c\0ret\n", 8, 0600, NULL },
		{ "", 0, 0600, NULL },
		{ "\n", 1, 0600, NULL },
		{ "s3cret\n", 7, 0640, NULL },
		{ "s3cret\n", 7, 0604, NULL },
		{ "s3cret\n", 7, 0610, NULL },
	};
	struct secret_spec spec = { .file = path, .host = "h", .user = "u" };
	char big[SECRET_MAX + 10], link_path[160];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		put_file(t[i].text, t[i].n, t[i].mode);
		expect(&spec, t[i].want, EX_CONFIG);
	}
	memset(big, 'x', sizeof(big));
	put_file(big, sizeof(big), 0600);
	expect(&spec, NULL, EX_CONFIG);
	put_file("s3cret", 6, 0600);
	snprintf(link_path, sizeof(link_path), "%s/link", dir);
	assert_int_equal(symlink(path, link_path), 0);
	spec.file = link_path;
	expect(&spec, NULL, EX_CONFIG);
	unlink(link_path);
	assert_int_equal(mkfifo(link_path, 0600), 0);
	expect(&spec, NULL, EX_CONFIG);
	unlink(link_path);
	expect(&spec, NULL, EX_CONFIG); /* missing */
	spec.file = dir;
	expect(&spec, NULL, EX_CONFIG);
}

static void
test_command(void **state)
{
	struct secret_spec spec = { .host = "h", .user = "u" };

	(void)state;
	spec.command = "printf 's3cret\\n'";
	expect(&spec, "s3cret", 0);
	spec.command = "  printf  %s \"s3 \\\"cret\"  ";
	expect(&spec, "s3 \"cret", 0);
	spec.command = "echo s3cret; echo $HOME";
	expect(&spec, "s3cret; echo $HOME", 0); /* no shell */
	spec.command = "sh -c 'echo s3cret; exit 3'";
	expect(&spec, NULL, EX_CONFIG);
	spec.command = "sh -c 'kill -9 $$'";
	expect(&spec, NULL, EX_CONFIG);
	spec.command = "true";
	expect(&spec, NULL, EX_CONFIG);
	spec.command = "head -c 5000 /dev/zero";
	expect(&spec, NULL, EX_CONFIG);
	spec.command = "cat /dev/zero"; /* is ended */
	expect(&spec, NULL, EX_CONFIG);
	spec.command = "printf 'a\\0b'";
	expect(&spec, NULL, EX_CONFIG);
	spec.command = "/no/such/program";
	expect(&spec, NULL, EX_CONFIG);
	spec.command = "echo 'x";
	expect(&spec, NULL, EX_USAGE);
	spec.command = "";
	expect(&spec, NULL, EX_USAGE);
}

static void
test_env(void **state)
{
	struct secret_spec spec = { .env = "PR_TEST_PW",
		.host = "h",
		.user = "u" };
	char *value;

	(void)state;
	setenv("PR_TEST_PW", "s3cret", 1);
	value = getenv("PR_TEST_PW");
	expect(&spec, "s3cret", 0);
	assert_null(getenv("PR_TEST_PW"));
	assert_int_equal(value[0], '\0'); /* wiped where /proc sees it */
	expect(&spec, NULL, EX_CONFIG);
	setenv("PR_TEST_PW", "", 1);
	expect(&spec, NULL, EX_CONFIG);
}

static void
test_credentials(void **state)
{
	static const char text[] =
	    "# machine mail.example.org login mary password wrong\n"
	    "machine other.example.org login mary password wrong\n"
	    "machine MAIL.example.org login joe password joes\n"
	    "machine mail.example.org\n\tlogin mary\n\tpassword s3cret\n"
	    "machine q.example.org login \"ma ry\" password \"a \\\"b\\\\c\"\n"
	    "machine any.example.org password anyones\n"
	    "machine empty.example.org login mary\n"
	    "default login eve password eves\n";
	static const struct {
		const char *host, *user, *want;
	} t[] = {
		{ "mail.example.org", "mary", "s3cret" },
		{ "mail.example.org", "joe", "joes" },
		{ "q.example.org", "ma ry", "a \"b\\c" },
		{ "any.example.org", "whoever", "anyones" },
		{ "nowhere.example.org", "eve", "eves" },
		{ "nowhere.example.org", "mary", NULL },
		{ "mail.example.org", "Mary", NULL },
		{ "empty.example.org", "mary", NULL },
	};
	struct secret_spec spec = { .credentials = path };
	size_t i;

	(void)state;
	put_file(text, sizeof(text) - 1, 0600);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		spec.host = t[i].host;
		spec.user = t[i].user;
		expect(&spec, t[i].want, EX_CONFIG);
	}
	put_file(text, sizeof(text) - 1, 0644);
	expect(&spec, NULL, EX_CONFIG);
}

static void
test_two_places(void **state)
{
	struct secret_spec spec = { .file = path,
		.env = "X",
		.host = "h",
		.user = "u" };

	(void)state;
	expect(&spec, NULL, EX_USAGE);
}

static void
test_no_terminal(void **state)
{
	struct secret_spec spec = { .host = "h", .user = "u" };
	struct err err = { 0 };
	struct secret *s;
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		setsid();
		_exit(secret_get(&s, &spec, &err) < 0 ? err.status : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), EX_NOPERM);
}

/* Ask on a terminal of its own; type 'keys'; returns the exit status, and
 * what the terminal showed. */
static int
ask(const char *keys, char *shown, size_t cap)
{
	struct secret_spec spec = { .host = "host", .user = "user" };
	struct err err = { 0 };
	struct secret *s;
	struct termios tio;
	int master, status;
	size_t got = 0;
	ssize_t n;
	pid_t pid = forkpty(&master, NULL, NULL, NULL);

	if (pid == 0) {
		stop_install();
		if (secret_get(&s, &spec, &err) < 0)
			_exit(err.status);
		_exit(slice_is(secret_slice(s), "s3cret") ? 0 : 1);
	}
	while (got < cap - 1 && (got < 2 || shown[got - 2] != ':') &&
	    (n = read(master, shown + got, cap - 1 - got)) > 0)
		got += (size_t)n;
	do {
		usleep(2000);
		tcgetattr(master, &tio);
	} while ((tio.c_lflag & ECHO) != 0);
	assert_int_equal(io_write_all(master, keys, strlen(keys)), 0);
	while (
	    got < cap - 1 && (n = read(master, shown + got, cap - 1 - got)) > 0)
		got += (size_t)n;
	shown[got] = '\0';
	assert_int_equal(waitpid(pid, &status, 0), pid);
	tcgetattr(master, &tio);
	assert_true((tio.c_lflag & ECHO) != 0); /* restored */
	close(master);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
test_terminal(void **state)
{
	char shown[1024];

	(void)state;
	assert_int_equal(ask("s3cret\n", shown, sizeof(shown)), 0);
	assert_non_null(strstr(shown, "user at host"));
	assert_null(strstr(shown, "s3cret"));
	assert_int_equal(ask("s3\003", shown, sizeof(shown)), EX_TEMPFAIL);
	assert_int_equal(ask("\n", shown, sizeof(shown)), EX_CONFIG);
}

/* RFC 4648, section 10 */
static void
test_base64(void **state)
{
	static const char *const t[][2] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
		{ "\xff\xfe\xfb", "//77" },
	};
	struct secret *s = secret_new(8);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		secret_clear(s);
		assert_true(secret_put_base64(s, slice_str(t[i][0])));
		assert_true(slice_is(secret_slice(s), t[i][1]));
	}
	assert_false(secret_put_base64(s, slice_str("foobar")));
	secret_free(&s);
}

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/pw", dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_command),
		cmocka_unit_test(test_env),
		cmocka_unit_test(test_credentials),
		cmocka_unit_test(test_two_places),
		cmocka_unit_test(test_no_terminal),
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_base64),
	};

	return cmocka_run_group_tests_name("secret", tests, setup, teardown);
}
