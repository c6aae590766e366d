/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The health page: a writer that an attacker owns can say nothing but integers within their bounds.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "broker/gap/health.h"

static int rw, ro;
static struct sek_health_reader *reader;
static uint32_t *raw;

static void setup(void)
{
	ck_assert(sek_is_ok(sek_health_create(&rw, &ro)));
	ck_assert(sek_is_ok(sek_health_reader_open(ro, &reader)));
	raw = mmap(NULL, SEK_HEALTH_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, rw, 0);
	ck_assert(raw != MAP_FAILED);
}

static void teardown(void)
{
	munmap(raw, SEK_HEALTH_BYTES);
	sek_health_reader_close(reader);
	close(rw);
	close(ro);
}

#define SAME(field) ck_assert_uint_eq(a->field, b->field)
/* Field by field: between them lie bytes that nobody has written. */
static void assert_same(const struct sek_host_health *a, const struct sek_host_health *b)
{
	SAME(count);
	SAME(draining);
	SAME(sessions);
	SAME(sessions_max);
	SAME(memory_mib);
	SAME(available_mib);
	SAME(cpu_permille);
	SAME(stall_permille);
	SAME(cores);
	SAME(warm_ja);
	SAME(warm_en);
	SAME(limits);
	SAME(refused);
	SAME(faults);
	SAME(image_days);
	SAME(browser_days);
	SAME(browser_major);
	SAME(certificate_days);
	SAME(certificate_left_days);
	SAME(crl_left_hours);
}

START_TEST(what_is_put_is_got)
{
	struct sek_host_health in = { .draining = true, .sessions = 3, .sessions_max = 20, .memory_mib = 64000, .available_mib = 32000,
				      .cpu_permille = 17, .stall_permille = 1000, .cores = 8, .warm_ja = 2, .warm_en = 1, .limits = 2, .refused = 70000, .faults = 3,
				      .image_days = 90, .browser_days = 21, .browser_major = 156, .certificate_days = 100,
				      .certificate_left_days = 297, .crl_left_hours = 65535 };
	struct sek_health_writer *w;
	struct sek_host_health out;

	setup();
	ck_assert(sek_is_ok(sek_health_writer_open(rw, &w)));
	sek_health_reader_get(reader, &out);
	ck_assert_uint_eq(out.count, 0);
	sek_health_writer_put(w, &in);
	sek_health_reader_get(reader, &out);
	in.count = 1;
	assert_same(&in, &out);
	raw[0] = UINT32_MAX; /* the counter goes round past "never" */
	sek_health_writer_put(w, &in);
	sek_health_reader_get(reader, &out);
	ck_assert_uint_eq(out.count, 1);
	sek_health_writer_close(w);
	sek_health_writer_close(NULL);
	sek_health_reader_close(NULL);
	teardown();
}
END_TEST

START_TEST(hostile_words)
{
	static const uint32_t values[] = { 0, 1, 999, 1000, 1001, 4095, 4096, 4097, 65535, 65536, 1u << 26, (1u << 26) + 1, UINT32_MAX };
	struct sek_host_health h;

	setup();
	srandom(4711);
	for (int round = 0; round < 20000; round++) {
		for (int i = 0; i < 24; i++)
			raw[i] = random() % 2 ? (uint32_t)random() * 5u : values[(size_t)random() % (sizeof values / sizeof values[0])];
		sek_health_reader_get(reader, &h);
		ck_assert_uint_le(h.draining, 1);
		ck_assert_uint_le(h.sessions, SEK_HEALTH_SESSIONS_MAX);
		ck_assert(h.sessions_max >= 1 && h.sessions_max <= SEK_HEALTH_SESSIONS_MAX);
		ck_assert_uint_le(h.memory_mib, 1u << 26);
		ck_assert_uint_le(h.available_mib, h.memory_mib);
		ck_assert(h.cpu_permille <= 1000 && h.stall_permille <= 1000);
		ck_assert(h.cores >= 1 && h.cores <= SEK_HEALTH_SESSIONS_MAX);
		ck_assert_uint_le(h.limits, 2);
		ck_assert(h.warm_ja <= SEK_HEALTH_SESSIONS_MAX && h.warm_en <= SEK_HEALTH_SESSIONS_MAX);
	}
	teardown();
}
END_TEST

START_TEST(only_a_sealed_page_and_only_to_read)
{
	struct sek_health_reader *r;
	struct sek_health_writer *w;
	int plain;

	setup();
	/* the clean side never takes a descriptor by which it could write */
	ck_assert(sek_is(sek_health_reader_open(rw, &r), SEK_E_DENIED));
	/* the other end cannot map the clean side's descriptor for writing, nor change the page's size */
	ck_assert(!sek_is_ok(sek_health_writer_open(ro, &w)));
	ck_assert_int_lt(ftruncate(rw, 0), 0);
	ck_assert_int_lt(ftruncate(rw, 2 * SEK_HEALTH_BYTES), 0);
	plain = memfd_create("plain", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	ck_assert_int_eq(ftruncate(plain, SEK_HEALTH_BYTES), 0);
	ck_assert(sek_is(sek_health_writer_open(plain, &w), SEK_E_MALFORMED));
	ck_assert(sek_is(sek_health_reader_open(plain, &r), SEK_E_MALFORMED));
	ck_assert(!sek_is_ok(sek_health_reader_open(-1, &r)));
	close(plain);
	teardown();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gap.health");
	TCase *tests = tcase_create("gap.health");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, what_is_put_is_got);
	tcase_add_test(tests, hostile_words);
	tcase_add_test(tests, only_a_sealed_page_and_only_to_read);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
