/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The door with real sockets: 127.0.0.2 is a load balancer, 127.0.0.3 is not. What is looked at is what comes out behind it, and with whose
 * address.
 */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/hub/door/door.h"
#include "broker/hub/door/proxy.h"

#define HEADER "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x0a\x01\x00\x64\x0a\x01\x00\x0a\xc3\x50\x01\xbb"
#define LOCAL "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"

static struct {
	uv_loop_t loop;
	struct sek_door *door;
	uint16_t port;
	int fd; /* that came in, -1 = none */
	char address[64];
	bool check;
	unsigned came;
} it;

static void on_arrival(void *user, int fd, const char *address, bool check)
{
	(void)user;
	if (it.fd >= 0)
		close(it.fd);
	it.fd = fd;
	strncpy(it.address, address, sizeof it.address - 1);
	it.check = check;
	it.came++;
}

static void setup(void)
{
	static const char *const balancers[] = { "fd00::1", "127.0.0.2" };
	const struct sek_door_proxies proxies = { balancers, 2 };
	sek_status s = sek_fail(SEK_E_IO);

	memset(&it, 0, sizeof it);
	it.fd = -1;
	uv_loop_init(&it.loop);
	for (uint16_t i = 0; i < 200 && !sek_is_ok(s); i++) {
		it.port = (uint16_t)(20000 + ((unsigned)getpid() * 7 + i * 31u) % 12000);
		s = sek_door_open(&it.loop, "127.0.0.1", it.port, &proxies, on_arrival, NULL, &it.door);
	}
	ck_assert(sek_is_ok(s));
}

static void teardown(void)
{
	sek_door_close(it.door);
	uv_run(&it.loop, UV_RUN_DEFAULT);
	ck_assert_int_eq(uv_loop_close(&it.loop), 0);
	if (it.fd >= 0)
		close(it.fd);
}

static int call_from(const char *address)
{
	struct sockaddr_in me = { .sin_family = AF_INET }, there = { .sin_family = AF_INET, .sin_port = htons(it.port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	inet_pton(AF_INET, address, &me.sin_addr);
	inet_pton(AF_INET, "127.0.0.1", &there.sin_addr);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&me, sizeof me), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&there, sizeof there), 0);
	return fd;
}

static void say(int fd, const char *bytes, size_t n)
{
	ck_assert_int_eq(send(fd, bytes, n, MSG_NOSIGNAL), (ssize_t)n);
}

/* Turns the loop until so many came in, or so many were refused. */
static void until(unsigned came, uint64_t refused)
{
	while (it.came < came || sek_door_refused(it.door) < refused)
		uv_run(&it.loop, UV_RUN_ONCE);
}

START_TEST(a_client_behind_the_balancer)
{
	int fd = call_from("127.0.0.2");
	char rest[8] = "";

	say(fd, HEADER "TLS", sizeof HEADER - 1 + 3);
	until(1, 0);
	ck_assert_str_eq(it.address, "10.1.0.100");
	ck_assert(!it.check);
	/* not one byte behind the header was read */
	ck_assert_int_eq(recv(it.fd, rest, sizeof rest, 0), 3);
	ck_assert_str_eq(rest, "TLS");
	close(fd);
}
END_TEST

START_TEST(byte_by_byte)
{
	int fd = call_from("127.0.0.2");

	for (size_t i = 0; i < sizeof HEADER - 1; i++) {
		ck_assert_uint_eq(it.came, 0);
		say(fd, &HEADER[i], 1);
		for (int n = 0; n < 3; n++)
			uv_run(&it.loop, UV_RUN_NOWAIT);
	}
	until(1, 0);
	ck_assert_str_eq(it.address, "10.1.0.100");
	close(fd);
}
END_TEST

START_TEST(a_health_check)
{
	int fd = call_from("127.0.0.2");

	say(fd, LOCAL, sizeof LOCAL - 1);
	until(1, 0);
	ck_assert_str_eq(it.address, "127.0.0.2");
	ck_assert(it.check);
	close(fd);
}
END_TEST

START_TEST(a_header_from_anybody_else_is_not_read)
{
	int fd = call_from("127.0.0.3");
	char rest[64] = "";

	say(fd, HEADER, sizeof HEADER - 1);
	until(1, 0);
	ck_assert_str_eq(it.address, "127.0.0.3");
	ck_assert(!it.check);
	while (recv(it.fd, rest, sizeof rest, MSG_PEEK) < (ssize_t)sizeof HEADER - 1) {}
	ck_assert_int_eq(memcmp(rest, HEADER, sizeof HEADER - 1), 0);
	close(fd);
}
END_TEST

START_TEST(a_balancer_that_says_no_header_is_left)
{
	static const struct {
		const char *bytes;
		size_t n;
	} rows[] = {
		{ "\x16\x03\x01", 3 },                               /* TLS at once */
		{ "PROXY TCP4 10.1.0.100 10.1.0.10 5 443\r\n", 38 }, /* version 1 */
		{ HEADER, 15 },                                      /* and then the end */
		{ "\r\n\r\n\0\r\nQUIT\n\x21\x31\0\x0c", 16 },        /* a socket of a file system */
		{ "\r\n\r\n\0\r\nQUIT\n\x21\x11\x04\x01", 16 },      /* too long */
	};
	char byte;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int fd = call_from("127.0.0.2");

		say(fd, rows[i].bytes, rows[i].n);
		shutdown(fd, SHUT_WR);
		until(0, i + 1);
		ck_assert_int_le(recv(fd, &byte, 1, 0), 0);
		close(fd);
	}
	ck_assert_uint_eq(it.came, 0);
}
END_TEST

START_TEST(a_balancer_that_says_nothing_is_left_in_time)
{
	int silent = call_from("127.0.0.2"), half = call_from("127.0.0.2");

	say(half, HEADER, 20);
	until(0, 2);
	ck_assert_uint_eq(it.came, 0);
	close(silent);
	close(half);
}
END_TEST

START_TEST(closing_leaves_those_who_wait)
{
	int fd = call_from("127.0.0.2");
	char byte;

	for (int n = 0; n < 20; n++)
		uv_run(&it.loop, UV_RUN_NOWAIT);
	sek_door_close(it.door);
	uv_run(&it.loop, UV_RUN_DEFAULT);
	it.door = NULL;
	ck_assert_int_le(recv(fd, &byte, 1, 0), 0);
	close(fd);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("door");
	TCase *t = tcase_create("door");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_client_behind_the_balancer);
	tcase_add_test(t, byte_by_byte);
	tcase_add_test(t, a_health_check);
	tcase_add_test(t, a_header_from_anybody_else_is_not_read);
	tcase_add_test(t, a_balancer_that_says_no_header_is_left);
	tcase_add_test(t, a_balancer_that_says_nothing_is_left_in_time);
	tcase_add_test(t, closing_leaves_those_who_wait);
	suite_add_tcase(suite, t);
	r = srunner_create(suite);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
