/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How a decoder starts, or does not: arguments, descriptors, credentials, certificates.
 */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/decoder/link/credentials.h"
#include "tests/unit/decoder/host.h"

static struct host h;

START_TEST(certificates)
{
	static const struct {
		struct host_options o;
		int code;
		uint16_t state;
	} rows[] = {
		{ { .expected = "render9.sekisho.internal" }, SEK_EXIT_CERTIFICATE, SEK_STATE_HOST_CERTIFICATE },
		{ { .server = "render2.sekisho.internal" }, SEK_EXIT_CERTIFICATE, SEK_STATE_HOST_CERTIFICATE },
		{ { .untrusted = true }, SEK_EXIT_CERTIFICATE, SEK_STATE_HOST_CERTIFICATE },
		/* We believe the host, but our certificate is for another one: it refuses us. */
		{ { .expected = "render2.sekisho.internal", .server = "render2.sekisho.internal" }, SEK_EXIT_REFUSED,
			SEK_STATE_HOST_REFUSED },
	};

	host_start(&h, &rows[_i].o);
	ck_assert(!sek_is_ok(host_handshake(&h)));
	host_assert_end(&h, rows[_i].code, rows[_i].state);
	host_stop(&h);
}
END_TEST

static struct test_end run(const char *const *argv, const int *fds, int n)
{
	return test_wait(test_spawn(SEK_DECODER, argv, fds, n), TEST_WAIT_MS);
}

START_TEST(arguments)
{
	static const char *const rows[][5] = {
		{ "sekisho-decoder", NULL },
		{ "sekisho-decoder", "640", "480", NULL },
		{ "sekisho-decoder", "159", "480", HOST_NAME, NULL },
		{ "sekisho-decoder", "640", "119", HOST_NAME, NULL },
		{ "sekisho-decoder", "7681", "480", HOST_NAME, NULL },
		{ "sekisho-decoder", "640", "4321", HOST_NAME, NULL },
		{ "sekisho-decoder", "", "480", HOST_NAME, NULL },
		{ "sekisho-decoder", "-640", "480", HOST_NAME, NULL },
		{ "sekisho-decoder", "640x", "480", HOST_NAME, NULL },
		{ "sekisho-decoder", "66176", "480", HOST_NAME, NULL }, /* 640 + 65536 */
		{ "sekisho-decoder", "99999999999999999999", "480", HOST_NAME, NULL },
	};
	static const int fds[9] = { -1, -1, -1, -1, -1, -1, -1, -1, -1 };

	ck_assert_int_eq(run(rows[_i], fds, 9).code, SEK_EXIT_USAGE);
}
END_TEST

/* Each descriptor in turn is of the wrong kind, or missing. */
START_TEST(descriptors)
{
	static const char *const argv[] = { "sekisho-decoder", "640", "480", HOST_NAME, NULL };
	struct sek_gap_layout layout;
	int p[2], c[2], sv[2], rw, ro, fds[9];

	ck_assert(sek_is_ok(sek_gap_layout_init(&layout, 640, 480)));
	ck_assert(sek_is_ok(sek_gap_create(&layout, &rw, &ro)));
	ck_assert_int_eq(pipe2(p, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(c, O_CLOEXEC), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), 0);
	for (int i = 0; i < 9; i++)
		fds[i] = -1;
	fds[3] = sv[0];
	fds[4] = rw;
	fds[5] = eventfd(0, EFD_CLOEXEC);
	fds[6] = p[0];
	fds[7] = sv[1];
	fds[8] = c[0];
	if (_i != 5)
		fds[_i] = -1; /* /dev/null is none of these kinds */
	close(c[1]);
	ck_assert_int_eq(run(argv, fds, _i == 5 ? 5 : 9).code, SEK_EXIT_USAGE);
}
END_TEST

static sek_status credentials(const void *bytes, size_t n)
{
	struct sek_tls_context *context = NULL;
	sek_status s;
	int p[2];

	ck_assert_int_eq(pipe2(p, O_CLOEXEC), 0);
	fcntl(p[1], F_SETPIPE_SZ, 1 << 20);
	ck_assert_int_eq(write(p[1], bytes, n), (ssize_t)n);
	close(p[1]);
	s = sek_credentials_read(p[0], &context);
	close(p[0]);
	ck_assert_ptr_null(context);
	return s;
}

/* Five texts of the given length each, all 'x'. */
static uint8_t *five(uint32_t each, size_t *ret_n)
{
	uint8_t *bytes = calloc(1, 5 * (4 + (size_t)each) + 16);
	struct sek_writer w;

	sek_writer_init(&w, bytes, 5 * (4 + (size_t)each) + 16);
	for (int i = 0; i < 5; i++) {
		sek_write_u32(&w, each);
		memset(w.start + w.len, 'x', each);
		w.len += each;
	}
	*ret_n = w.len;
	return bytes;
}

START_TEST(credentials_are_checked)
{
	size_t n;
	uint8_t *bytes = five(7, &n);

	/* Whole but no PEM: the TLS layer says no, not the grammar. */
	ck_assert(sek_is(credentials(bytes, n), SEK_E_CRYPTO));
	for (size_t cut = 0; cut < n; cut++)
		ck_assert(sek_is(credentials(bytes, cut), SEK_E_MALFORMED));
	bytes[n] = 0;
	ck_assert(sek_is(credentials(bytes, n + 1), SEK_E_MALFORMED));
	bytes[6] = 0; /* a zero byte inside a text */
	ck_assert(sek_is(credentials(bytes, n), SEK_E_MALFORMED));
	free(bytes);
	bytes = five(0, &n);
	ck_assert(sek_is(credentials(bytes, n), SEK_E_MALFORMED));
	free(bytes);
	bytes = five(SEK_CREDENTIAL_MAX_BYTES, &n);
	ck_assert(sek_is(credentials(bytes, n), SEK_E_CRYPTO));
	ck_assert(sek_is(credentials(bytes, n + 1), SEK_E_MALFORMED));
	free(bytes);
	bytes = five(SEK_CREDENTIAL_MAX_BYTES + 1, &n);
	ck_assert(sek_is(credentials(bytes, n), SEK_E_MALFORMED));
	free(bytes);
}
END_TEST

START_TEST(credentials_must_be_readable)
{
	struct sek_tls_context *context = NULL;

	ck_assert(sek_is(sek_credentials_read(-1, &context), SEK_E_IO));
	ck_assert_ptr_null(context);
}
END_TEST

/* A broker that dies while it starts a decoder leaves none behind. */
START_TEST(credentials_never_come)
{
	static const char *const argv[] = { "sekisho-decoder", "640", "480", HOST_NAME, NULL };
	struct sek_gap_layout layout;
	int p[2], c[2], sv[2], rw, ro, fds[9] = { -1, -1, -1 };
	pid_t pid;

	ck_assert(sek_is_ok(sek_gap_layout_init(&layout, 640, 480)));
	ck_assert(sek_is_ok(sek_gap_create(&layout, &rw, &ro)));
	ck_assert_int_eq(pipe2(p, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(c, O_CLOEXEC), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), 0);
	fds[3] = sv[0];
	fds[4] = rw;
	fds[5] = eventfd(0, EFD_CLOEXEC);
	fds[6] = p[0];
	fds[7] = sv[1];
	fds[8] = c[0];
	pid = test_spawn(SEK_DECODER, argv, fds, 9);
	close(c[0]);
	close(c[1]);
	ck_assert_int_eq(test_wait(pid, TEST_WAIT_MS).code, SEK_EXIT_USAGE);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("decoder: start");
	TCase *tc = tcase_create("start");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_unchecked_fixture(tc, host_make_certificates, host_remove_certificates);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, certificates, 0, 4);
	tcase_add_loop_test(tc, arguments, 0, 11);
	tcase_add_loop_test(tc, descriptors, 3, 9);
	tcase_add_test(tc, credentials_are_checked);
	tcase_add_test(tc, credentials_must_be_readable);
	tcase_add_test(tc, credentials_never_come);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
