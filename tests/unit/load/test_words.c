/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the load test is told in files and options: users, rates, shares, sizes, and whose processes are whose.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/load/options.h"
#include "client/load/procs.h"
#include "client/load/users.h"

/* Reads a file of users that holds this text. */
static bool read_users(const char *text, struct load_users *u, char *err, size_t size)
{
	char path[] = "/tmp/sekisho-load-users.XXXXXX";
	int fd = mkstemp(path);
	bool ok;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	*u = (struct load_users){ 0 };
	ok = load_users_read(path, u, err, size);
	unlink(path);
	return ok;
}

START_TEST(users_are_read)
{
	struct load_users u;
	char err[300];

	ck_assert(read_users("# a comment\n\n  a p1 -\nb\tp#2 JBSWY3DPEHPK3PXPJBSW\r\nc p3 jbswy3dpehpk3pxp====", &u, err, sizeof err));
	ck_assert_uint_eq(u.n, 3);
	ck_assert_str_eq(u.each[0].name, "a");
	ck_assert_str_eq(u.each[0].password, "p1");
	ck_assert_ptr_null(u.each[0].secret);
	ck_assert_str_eq(u.each[1].password, "p#2");
	ck_assert_str_eq(u.each[1].secret, "JBSWY3DPEHPK3PXPJBSW");
	ck_assert_str_eq(u.each[2].secret, "jbswy3dpehpk3pxp====");
	load_users_free(&u);
	ck_assert_uint_eq(u.n, 0);
}
END_TEST

START_TEST(wrong_users_are_told_with_their_line)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "", "no users" },
		{ "# nobody\n", "no users" },
		{ "a p -\nb\n", ":2: user 'b' has no password" },
		{ "a p\n", ":1: user 'a' has no third word" },
		{ "a p - more\n", ":1: more than three words" },
		{ "a p - \n\nb q 0189\n", ":3: the secret of user 'b' is not base32" },
		{ "a p ABCDEFGH\n", ":1: the secret of user 'a' is not base32" },
		{ "a p -\nb q -\na r -\n", "user 'a' stands there twice" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct load_users u;
		char err[300] = "";

		ck_assert_msg(!read_users(rows[i].text, &u, err, sizeof err), "%s", rows[i].text);
		ck_assert_msg(strstr(err, rows[i].says) != NULL, "'%s' in '%s'", rows[i].says, err);
		ck_assert_ptr_null(u.each);
	}
}
END_TEST

START_TEST(a_missing_file_is_named_and_passwords_never)
{
	struct load_users u = { 0 };
	char err[300];

	ck_assert(!load_users_read("/nonexistent/users", &u, err, sizeof err));
	ck_assert_ptr_nonnull(strstr(err, "/nonexistent/users"));
	ck_assert(!read_users("a geheim 0189\n", &u, err, sizeof err));
	ck_assert_ptr_null(strstr(err, "geheim"));
}
END_TEST

START_TEST(options_are_read_or_refused)
{
	static const char *const no_rates[] = { "", "x", "1/", "/2", "0/2", "1/0", "-1/2", "1/2x", "nan", "inf/2", "1/2ss" };
	static const char *const no_shares[] = { "", "2", "-1", "1/0", "3/2", "1/", "0.5x" };
	static const char *const no_sizes[] = { "", "1280", "1280x", "10x10", "1280x800x", "99999x800" };
	static const char *const no_endpoints[] = { "", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:70000", ":1" };
	double n = 0, s = 0;
	uint16_t w, h, port;
	char address[20];

	ck_assert(load_option_rate("50/10s", &n, &s) && n > 49.9 && s > 9.9 && s < 10.1);
	ck_assert(load_option_rate("3", &n, &s) && n > 2.9 && s < 1.1);
	ck_assert(load_option_rate("0.5/s", &n, &s) && n < 0.6 && s < 1.1);
	for (size_t i = 0; i < sizeof no_rates / sizeof no_rates[0]; i++)
		ck_assert_msg(!load_option_rate(no_rates[i], &n, &s), "%s", no_rates[i]);
	ck_assert(load_option_share("1/8", &n) && n > 0.12 && n < 0.13);
	ck_assert(load_option_share("1", &n) && n > 0.99);
	for (size_t i = 0; i < sizeof no_shares / sizeof no_shares[0]; i++)
		ck_assert_msg(!load_option_share(no_shares[i], &n), "%s", no_shares[i]);
	ck_assert(load_option_size("1920x1080", &w, &h) && w == 1920 && h == 1080);
	for (size_t i = 0; i < sizeof no_sizes / sizeof no_sizes[0]; i++)
		ck_assert_msg(!load_option_size(no_sizes[i], &w, &h), "%s", no_sizes[i]);
	ck_assert(load_option_endpoint("127.0.0.1:8443", address, sizeof address, &port) && port == 8443);
	ck_assert_str_eq(address, "127.0.0.1");
	for (size_t i = 0; i < sizeof no_endpoints / sizeof no_endpoints[0]; i++)
		ck_assert_msg(!load_option_endpoint(no_endpoints[i], address, sizeof address, &port), "%s", no_endpoints[i]);
}
END_TEST

START_TEST(processes_have_their_class)
{
	static const struct {
		const char *name;
		unsigned parent, class;
	} rows[] = {
		{ "sekisho-broker", SEK_CLASSES, SEK_CLASS_BROKER },
		{ "sekisho-decoder", SEK_CLASS_BROKER, SEK_CLASS_DECODER },
		{ "sekisho-watch", SEK_CLASS_BROKER, SEK_CLASS_DECODER },
		{ "sekisho-encoder", SEK_CLASS_BROKER, SEK_CLASS_ENCODER },
		{ "sekisho-recordi", SEK_CLASS_BROKER, SEK_CLASS_BROKER },
		{ "sekisho-renderd", SEK_CLASSES, SEK_CLASS_RENDERD },
		{ "sekisho-capture", SEK_CLASS_RENDERD, SEK_CLASS_CAPTURE },
		{ "Xvfb", SEK_CLASS_SANDBOX, SEK_CLASS_SANDBOX },
		{ "bwrap", SEK_CLASS_RENDERD, SEK_CLASS_SANDBOX },
		{ "chromium", SEK_CLASS_SANDBOX, SEK_CLASS_CHROMIUM },
		{ "cat", SEK_CLASS_CHROMIUM, SEK_CLASS_CHROMIUM },
		{ "bash", SEK_CLASSES, SEK_CLASSES },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		ck_assert_msg(load_procs_class(rows[i].name, rows[i].parent) == rows[i].class, "%s", rows[i].name);
}
END_TEST

static void keep_sample(void *user, const struct sek_result_sample *s)
{
	*(struct sek_result_sample *)user = *s;
}

/* The test counts as a broker here: it runs, and uses memory. */
START_TEST(a_sample_sees_this_process)
{
	struct sek_result_sample sample = { 0 };
	pid_t self = getppid();
	struct load_procs *p;
	uv_loop_t loop;

	uv_loop_init(&loop);
	p = load_procs_create(&loop, &self, 1, NULL, 0);
	ck_assert_ptr_nonnull(p);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert(load_procs_sample(p, keep_sample, &sample));
		ck_assert(!load_procs_sample(p, keep_sample, &sample)); /* one at a time */
		uv_run(&loop, UV_RUN_DEFAULT);
		usleep(20000);
	}
	ck_assert(sample.interval_s > 0.01);
	ck_assert_uint_ge(sample.classes[SEK_CLASS_BROKER].count, 1);
	ck_assert(sample.classes[SEK_CLASS_GENERATOR].count == 1 && sample.classes[SEK_CLASS_GENERATOR].pss_mib > 0);
	ck_assert(sample.available_mib > 1);
	load_procs_destroy(p);
	uv_loop_close(&loop);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("load.words");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, users_are_read);
	tcase_add_test(t, wrong_users_are_told_with_their_line);
	tcase_add_test(t, a_missing_file_is_named_and_passwords_never);
	tcase_add_test(t, options_are_read_or_refused);
	tcase_add_test(t, processes_have_their_class);
	tcase_add_test(t, a_sample_sees_this_process);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
