/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Waiting for several connections at once: whose silence is held against it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/mem.h"
#include "wire/conn.h"

/* A connection to ourselves; its other end in *peer_r. */
static struct conn *
dial(int listener, int *peer_r)
{
	struct sockaddr_in sa = { 0 };
	socklen_t n = sizeof(sa);
	struct conn_spec spec = { .host = "127.0.0.1", .timeout_s = 1 };
	struct conn *c;
	struct err err = { 0 };

	assert_int_equal(getsockname(listener, (struct sockaddr *)&sa, &n), 0);
	spec.port = ntohs(sa.sin_port);
	spec.tls.mode = TLS_NONE;
	assert_int_equal(conn_open(&c, &spec, &err), 0);
	*peer_r = accept(listener, NULL, NULL);
	assert_true(*peer_r >= 0);
	return c;
}

static int
listen_here(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(fd, 2), 0);
	return fd;
}

/* Both are asked for all the time, and one of them is always found to have
 * something first; what the other one brings is taken in between.  Then both
 * are silent: for less than the timeout, so far. */
static void
test_moved_between_waits(void **state)
{
	struct conn *v[2];
	struct err err = { 0 };
	int listener = listen_here(), peer[2], i;
	int64_t end;
	size_t which;

	(void)state;
	for (i = 0; i < 2; i++)
		v[i] = dial(listener, &peer[i]);
	end = conn_now_ms() + 1300;
	while (conn_now_ms() < end) {
		assert_int_equal(write(peer[0], "x", 1), 1);
		assert_int_equal(write(peer[1], "y", 1), 1);
		assert_int_equal(conn_wait_any(v, NULL, 2, 100, &which, &err),
		    1);
		assert_int_equal(which, 0);
		for (i = 0; i < 2; i++) {
			assert_int_equal(conn_poll(v[i], &err), 0);
			conn_consume(v[i], conn_input(v[i]).n);
		}
		usleep(20000);
	}
	assert_int_equal(conn_wait_any(v, NULL, 2, 100, &which, &err), 0);
	/* ... and now for longer */
	assert_int_equal(conn_wait_any(v, NULL, 2, 3000, &which, &err), -1);
	for (i = 0; i < 2; i++) {
		conn_close(&v[i]);
		close(peer[i]);
	}
	close(listener);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_moved_between_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
