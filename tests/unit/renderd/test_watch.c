/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A broker that watches: what it is told, and that a certificate for one purpose is good for no other.
 */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/unit/renderd/rig.h"

static struct rig rig;

static void say_watch(struct client *c, uint16_t least, uint16_t most)
{
	uint8_t memory[32];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_watch_msg_write(&w, &(struct sek_watch_msg){ least, most });
	client_send(c, memory, w.len);
}

static void watch(struct client *c)
{
	client_open(c, &rig, NULL);
	say_watch(c, SEK_VERSION_MIN, SEK_WATCH_VERSION_MAX);
}

static void next_health(struct client *c, struct sek_health *ret)
{
	const uint8_t *payload;
	struct sek_frame f;

	ck_assert(client_next(c, &f, &payload));
	ck_assert_int_eq(f.type, SEK_MSG_HEALTH);
	ck_assert(sek_is_ok(sek_health_read(payload, f.payload_bytes, ret)));
}

static void put(const char *name, const char *text, int days)
{
	struct timespec t[2] = { { .tv_sec = time(NULL) - (time_t)days * 86400 - 60 }, { .tv_sec = time(NULL) - (time_t)days * 86400 - 60 } };
	char path[200];

	snprintf(path, sizeof path, "%s/%s", rig.directory, name);
	ck_assert(sek_is_ok(sek_file_write(path, text, strlen(text), 0644, SEK_FILE_REPLACE)));
	ck_assert_int_eq(utimensat(AT_FDCWD, path, t, 0), 0);
}

/* Real files of chosen dates; whatever changes is told at once. */
START_TEST(ages)
{
	static const char packages[] = "Package: chromium-common\nVersion: 99.0\n\nPackage: chromium\nStatus: install ok installed\n"
		"Version: 2:156.0.8078.79-1~deb12u1\n\nPackage: zlib\nVersion: 1.3\n";
	struct client w, old;
	struct sek_health h;

	rig_start(&rig, &(struct rig_wishes){ .more = "image:\n  built: built\n  browser: browser\n  packages: packages\n" });
	watch(&w);
	next_health(&w, &h);
	ck_assert_uint_eq(h.image_days, SEK_HEALTH_UNKNOWN);
	ck_assert_uint_eq(h.browser_days, SEK_HEALTH_UNKNOWN);
	ck_assert_uint_eq(h.browser_major, SEK_HEALTH_UNKNOWN);
	ck_assert_uint_eq(h.certificate_days, 0);
	ck_assert(h.certificate_left_days >= 395 && h.certificate_left_days <= 397);
	ck_assert(h.crl_left_hours >= 166 && h.crl_left_hours <= 168);
	put("built", "", 91);
	put("browser", "", 21);
	put("packages", packages, 0);
	do
		next_health(&w, &h);
	while (h.browser_major == SEK_HEALTH_UNKNOWN || h.image_days == SEK_HEALTH_UNKNOWN || h.browser_days == SEK_HEALTH_UNKNOWN);
	ck_assert_uint_eq(h.image_days, 91);
	ck_assert_uint_eq(h.browser_days, 21);
	ck_assert_uint_eq(h.browser_major, 156);
	put("packages", "Package: chromium-common\nVersion: 99.0\n", 0);
	do
		next_health(&w, &h);
	while (h.browser_major != SEK_HEALTH_UNKNOWN);
	/* a broker of before gets the message of before */
	client_open(&old, &rig, NULL);
	say_watch(&old, 1, 1);
	next_health(&old, &h);
	ck_assert_uint_eq(h.version, 1);
	ck_assert_uint_eq(h.image_days, SEK_HEALTH_UNKNOWN);
	client_close(&old);
	client_close(&w);
	for (size_t i = 0; i < 3; i++) {
		char path[200];

		snprintf(path, sizeof path, "%s/%s", rig.directory, ((const char *const[]){ "built", "browser", "packages" })[i]);
		unlink(path);
	}
	rig_finish(&rig);
}
END_TEST

START_TEST(health)
{
	struct client w, c;
	struct sek_health h;

	rig_start(&rig, &(struct rig_wishes){ .max = 3, .warm = 1 });
	watch(&w);
	next_health(&w, &h);
	ck_assert_uint_eq(h.version, SEK_WATCH_VERSION_MAX);
	ck_assert_uint_eq(h.sessions, 0);
	ck_assert_uint_eq(h.sessions_max, 3);
	ck_assert_uint_eq(h.flags, 0);
	ck_assert_uint_ge(h.cores, 1);
	ck_assert_uint_gt(h.memory_mib, 0);
	do
		next_health(&w, &h);
	while (h.warm_ja == 0);
	ck_assert_uint_eq(h.warm_en, 0);
	client_attach(&c, &rig, (const uint8_t[16]){ 1 }, SEK_HELLO_CREATE);
	do
		next_health(&w, &h);
	while (h.sessions != 1);
	/* draining: said, and obeyed; ends with the last session */
	rig_signal(&rig, SIGUSR1);
	do
		next_health(&w, &h);
	while (!(h.flags & SEK_HEALTH_DRAINING));
	client_ping(&c, 1);
	client_empty(&c, SEK_MSG_END);
	client_expect_end(&c);
	client_close(&c);
	client_expect_end(&w);
	client_close(&w);
	ck_assert_int_eq(rig_wait(&rig), 0);
	rig_run(&rig);
	rig_finish(&rig);
}
END_TEST

START_TEST(draining_takes_nobody)
{
	struct client a, b;

	rig_start(&rig, &(struct rig_wishes){ .max = 3 });
	client_attach(&a, &rig, (const uint8_t[16]){ 1 }, SEK_HELLO_CREATE);
	rig_signal(&rig, SIGUSR1);
	rig_expect_log(&rig, "host.draining");
	client_open(&b, &rig, (const uint8_t[16]){ 2 });
	client_hello(&b, SEK_HELLO_CREATE);
	client_expect_welcome(&b, (const uint8_t[16]){ 2 });
	ck_assert_int_eq(client_state(&b), SEK_STATE_HOST_STOPPING);
	client_close(&b);
	/* who has a session comes back to it */
	client_attach(&b, &rig, (const uint8_t[16]){ 1 }, 0);
	client_close(&a);
	client_close(&b);
	rig_finish(&rig);
}
END_TEST

START_TEST(one_purpose_only)
{
	struct client c;

	rig_start(&rig, &(struct rig_wishes){ .max = 3 });
	/* a session's certificate does not watch */
	client_open(&c, &rig, (const uint8_t[16]){ 1 });
	say_watch(&c, SEK_VERSION_MIN, SEK_VERSION_MAX);
	client_expect_end(&c);
	client_close(&c);
	/* one for watching makes and joins no session */
	client_open(&c, &rig, NULL);
	client_hello(&c, SEK_HELLO_CREATE);
	client_expect_end(&c);
	client_close(&c);
	ck_assert_uint_eq(rig_count_log(&rig, "session.created"), 0);
	/* nothing may follow WATCH, and there must be a version in common */
	watch(&c);
	client_ping(&c, 1);
	client_expect_end(&c);
	client_close(&c);
	client_open(&c, &rig, NULL);
	say_watch(&c, SEK_WATCH_VERSION_MAX + 1, SEK_WATCH_VERSION_MAX + 1);
	client_expect_end(&c);
	client_close(&c);
	rig_finish(&rig);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("renderd.watch");
	TCase *tests = tcase_create("renderd.watch");
	SRunner *runner;
	int failed;

	if (geteuid() != 0) {
		puts("skipped: needs root");
		return 77;
	}
	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, health);
	tcase_add_test(tests, ages);
	tcase_add_test(tests, draining_takes_nobody);
	tcase_add_test(tests, one_purpose_only);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
