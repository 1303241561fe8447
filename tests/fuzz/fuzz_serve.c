/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a client says to the throw-away server: the first byte chooses the
 * provider, the rest is sent on a connection that has logged in, a second
 * one looks on.  Held: it ends, and what it answers stays in bounds.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"
#include "wire/serve/serve.h"

#define ANSWER_MAX ((size_t)64 << 20)

static const char hello[] = "a LOGIN mary secret\r\nb SELECT INBOX\r\n";

/* Take what it says, throw it away. */
static size_t
drain(int fd)
{
	char block[65536];
	size_t all = 0;
	ssize_t n;

	while ((n = recv(fd, block, sizeof(block), MSG_DONTWAIT)) > 0)
		all += (size_t)n;
	return all;
}

static int
connect_to(struct serve *s)
{
	int ends[2], size = 1 << 20;

	FUZZ_HOLDS(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	(void)setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	FUZZ_HOLDS(fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
	FUZZ_HOLDS(serve_add(s, ends[1]));
	return ends[0];
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const as[] = { "generic", "microsoft", "google",
		"dovecot", "cyrus", "courier" };
	struct provider_limits limits = { .message_bytes = 5000,
		.line_bytes = 200,
		.errors_per_session = 50,
		.connections = 3,
		.folder_chars = 20,
		.folder_refused = "^",
		.refuses_bare_cr = true };
	struct serve_spec spec = { .password = "secret",
		.quota = 20000,
		.throttle_at = 2,
		.throttle_every = 3,
		.throttle_ms = 5 };
	struct serve_stats stats = { 0 };
	struct err err = { 0 };
	struct serve *s;
	size_t said = 0;
	int fd, other, scratch;

	if (size < 1 || size > 100000)
		return 0;
	spec.as = as[data[0] % 6];
	spec.keep = data[0] < 128;
	spec.limits = (data[0] & 64) != 0 ? &limits : NULL;
	scratch = serve_scratch(&err);
	FUZZ_HOLDS(scratch >= 0);
	s = serve_new(&spec, -1, scratch, -1, &stats);
	other = connect_to(s);
	FUZZ_HOLDS(write(other, hello, sizeof(hello) - 1) > 0);
	FUZZ_HOLDS(serve_step(s));
	fd = connect_to(s);
	FUZZ_HOLDS(write(fd, hello, sizeof(hello) - 1) > 0);
	FUZZ_HOLDS(write(fd, data + 1, size - 1) == (ssize_t)size - 1);
	FUZZ_HOLDS(write(other, "c NOOP\r\nd UID FETCH 1:* FLAGS\r\n", 31) > 0);
	shutdown(fd, SHUT_WR);
	shutdown(other, SHUT_WR);
	while (serve_step(s)) {
		said += drain(fd);
		said += drain(other);
		FUZZ_HOLDS(said < ANSWER_MAX);
	}
	serve_free(&s);
	close(fd);
	close(other);
	close(scratch);
	return 0;
}
