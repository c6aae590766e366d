/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a site needs: the arithmetic with figures that can be checked by hand, and what a load test replaces.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "client/load/plan/plan.h"
#include "client/load/plan/words.h"

static struct plan_figures figures;
static struct plan_site site;
static struct plan plan;

static void set(enum plan_figure_id id, double value)
{
	figures.of[id].value = value;
}

static void begin(void)
{
	plan_figures_default(&figures);
	site = plan_site_default();
	site.staff = 500;
	site.at_once = 0.5;
	site.busy = 0.5;
	set(FIGURE_path_cores_base, 0.5);
	set(FIGURE_path_cores_each, 0.02);
	set(FIGURE_path_mib_base, 64);
	set(FIGURE_path_mib_each, 16);
	set(FIGURE_host_cores_each, 0.1);
	set(FIGURE_host_mib_base, 1024);
	set(FIGURE_host_mib_each, 256);
	set(FIGURE_warm_mib, 256);
	set(FIGURE_bytes_in_s, 100000);
	set(FIGURE_bytes_in_sd, 200000);
	set(FIGURE_host_link_ratio, 2);
	set(FIGURE_recording_ratio, 1);
	set(FIGURE_hash_s, 0.1);
	set(FIGURE_hash_workers, 2);
}

static double value(const char *key)
{
	const struct plan_line *l = plan_find(&plan, key);

	ck_assert_msg(l != NULL, "%s", key);
	ck_assert_uint_gt(strlen(l->how), 5);
	return l->value;
}

static void is(const char *key, double expected)
{
	ck_assert_msg(fabs(value(key) - expected) <= fabs(expected) * 1e-6 + 1e-9, "%s: %f instead of %f", key, value(key), expected);
}

START_TEST(the_arithmetic_is_what_it_says)
{
	plan_make(&figures, &site, false, &plan);
	is("sessions", 250);
	is("broker_cores", 11);              /* (0.5 + 5) / 0.5 */
	is("broker_gib", 6);                 /* 4064 MiB are 3.97 GiB, and 2 */
	is("host_by_cores", 80);             /* 16 x 0.5 / 0.1 */
	is("host_by_memory", 240);           /* 62 GiB less 1 GiB less 1 GiB of warm ones, by a quarter */
	is("host_sessions", 80);
	is("hosts", 5);                      /* 250 / 80 are 4, and one that may be lost */
	is("host_cores_all", 80);
	is("host_gib_all", 320);
	is("client_mbit_mean", 200);
	is("client_mbit_top", 200 + 3 * 200000 * sqrt(250) * 8 / 1e6);
	is("host_mbit_mean", 400);
	is("recording_gb_day", 500 * 3 * 3600 * 1e5 / 1e9);
	is("recording_tb", 540 * 65 * 1.2 / 1000); /* of 90 days 65 are working days */
	is("logins_s", 20);
}
END_TEST

START_TEST(memory_limits_and_small_hosts_are_said)
{
	site.host_gib = 8;
	plan_make(&figures, &site, false, &plan);
	is("host_by_memory", 16);
	is("host_sessions", 16);
	ck_assert_ptr_nonnull(strstr(plan_find(&plan, "host_sessions")->how, "memory"));
	site.host_gib = 3;
	plan_make(&figures, &site, false, &plan);
	is("host_sessions", 0);
	is("hosts", 0);
	ck_assert_ptr_nonnull(strstr(plan_find(&plan, "hosts")->how, "too small"));
	site.retention_days = 0;
	plan_make(&figures, &site, false, &plan);
	ck_assert_ptr_null(plan_find(&plan, "recording_tb"));
}
END_TEST

START_TEST(a_site_that_cannot_be_is_refused)
{
	const struct plan_site good = site;

	ck_assert_ptr_null(plan_check(&site));
#define BAD(member, bad) do { site = good; site.member = (bad); ck_assert_ptr_nonnull(plan_check(&site)); } while (0)
	BAD(staff, 0);
	BAD(staff, NAN);
	BAD(at_once, 0);
	BAD(at_once, 1.01);
	BAD(hours_a_day, 25);
	BAD(retention_days, -1);
	BAD(busy, 0.01);
	BAD(host_cores, 0);
	BAD(host_gib, INFINITY);
	BAD(warm, -1);
	BAD(spare_hosts, 1001);
	BAD(system_gib, 64);
#undef BAD
}
END_TEST

/* The conversions of a format, one after the other: "%.0f%.2f". */
static const char *conversions(const char *format, char *buf, size_t size)
{
	size_t n = 0;

	for (const char *p = strchr(format, '%'); p; p = strchr(p, '%')) {
		size_t len = strcspn(p, "fguds") + 1;

		ck_assert_uint_lt(n + len, size);
		memcpy(buf + n, p, len);
		n += len;
		p += len;
	}
	buf[n] = 0;
	return buf;
}

static void same_conversions(const char *en, const char *ja)
{
	char a[128], b[128];

	ck_assert(en && ja && *en && *ja);
	ck_assert_str_eq(conversions(en, a, sizeof a), conversions(ja, b, sizeof b));
}

START_TEST(every_word_is_there_in_both_languages)
{
	struct plan ja;
	size_t n = 0;

	for (int w = 0; w < PLAN_WORDS; w++)
		same_conversions(plan_word(false, (enum plan_word)w), plan_word(true, (enum plan_word)w));
	for (int l = 0; l < PLAN_LINE_IDS; l++) {
		const struct plan_line_words *w = plan_line_words((enum plan_line_id)l);

		same_conversions(w->how_en, w->how_ja);
		same_conversions(w->what_en, w->what_ja);
		ck_assert(w->key && w->unit);
	}
	for (int i = 0; i < PLAN_FIGURES; i++)
		ck_assert_str_ne(plan_figure_what(true, figures.of[i].name, figures.of[i].what), figures.of[i].what);
	for (; plan_assumption(false, n); n++)
		same_conversions(plan_assumption(false, n), plan_assumption(true, n));
	ck_assert_uint_ge(n, 5);
	ck_assert_ptr_null(plan_assumption(true, n));
	plan_make(&figures, &site, false, &plan);
	plan_make(&figures, &site, true, &ja);
	ck_assert_uint_eq(plan.n, ja.n);
	for (size_t i = 0; i < ja.n; i++)
		ck_assert_double_eq_tol(plan.lines[i].value, ja.lines[i].value, 1e-9);
}
END_TEST

START_TEST(every_default_has_a_source)
{
	plan_figures_default(&figures);
	for (int i = 0; i < PLAN_FIGURES; i++) {
		ck_assert_uint_gt(strlen(figures.of[i].source), 5);
		ck_assert_uint_gt(strlen(figures.of[i].what), 5);
		ck_assert(figures.of[i].value >= 0);
	}
}
END_TEST

/* 30 seconds, a session more each second; each costs 0.02 cores and 20 MiB of the broker, 0.2 and 200 of the host. */
static struct sek_result *run(unsigned target)
{
	struct sek_result *r = sek_result_create();

	r->config.target = target;
	for (unsigned i = 1; i <= 30; i++) {
		struct sek_result_second *s = sek_result_add_second(r);
		struct sek_result_sample *m = sek_result_add_sample(r);

		s->at_s = m->at_s = i;
		s->running = m->running = i;
		s->bytes_in = 50000 * i;
		m->interval_s = 1;
		m->classes[SEK_CLASS_BROKER] = (struct sek_result_usage){ 1, 0.3 + 0.02 * i, 40 + 20 * i };
		m->classes[SEK_CLASS_CHROMIUM] = (struct sek_result_usage){ 1, 0.2 * i, 100 + 200 * i };
	}
	return r;
}

START_TEST(a_load_test_replaces_what_it_measured)
{
	struct sek_result *r = run(SEK_TARGET_CHROMIUM);
	double sd = PLAN_VALUE(&figures, bytes_in_sd);

	ck_assert(plan_figures_take(&figures, r, "run.json"));
	ck_assert_double_eq_tol(PLAN_VALUE(&figures, path_cores_base), 0.3, 1e-6);
	ck_assert_double_eq_tol(PLAN_VALUE(&figures, path_cores_each), 0.02, 1e-6);
	ck_assert_double_eq_tol(PLAN_VALUE(&figures, path_mib_each), 20, 1e-6);
	ck_assert_double_eq_tol(PLAN_VALUE(&figures, host_cores_each), 0.2, 1e-6);
	ck_assert_double_eq_tol(PLAN_VALUE(&figures, host_mib_base), 100, 1e-6);
	ck_assert_double_eq_tol(PLAN_VALUE(&figures, bytes_in_s), 50000, 1e-6);
	ck_assert_double_eq_tol(PLAN_VALUE(&figures, bytes_in_sd), sd, sd); /* nothing varied: the old one stays, or nearly nothing */
	ck_assert_int_eq(strncmp(figures.of[FIGURE_path_cores_base].source, "run.json, 20", 12), 0);
	ck_assert_ptr_null(strstr(figures.of[FIGURE_hash_s].source, "run.json"));
	sek_result_destroy(r);
}
END_TEST

START_TEST(a_machine_without_cpu_left_says_nothing_of_cpu)
{
	struct sek_result *r = run(SEK_TARGET_CHROMIUM);

	r->machine.cores = 4;
	for (size_t i = 0; i < r->samples_n; i++)
		r->samples[i].busy_cores = i < 2 ? 2 : 3.9;
	ck_assert(!plan_figures_take(&figures, r, "run.json"));
	ck_assert_double_eq_tol(PLAN_VALUE(&figures, path_cores_each), 0.02, 1e-6); /* as it was */
	ck_assert_double_eq_tol(PLAN_VALUE(&figures, host_cores_each), 0.1, 1e-6);
	ck_assert_double_eq_tol(PLAN_VALUE(&figures, path_mib_each), 20, 1e-6);    /* of the run */
	for (size_t i = 0; i < r->samples_n; i++) { /* a third of the time there was some left: that third counts */
		r->samples[i].busy_cores = i < 10 ? 2 : 3.9;
		if (i >= 10)
			r->samples[i].classes[SEK_CLASS_CHROMIUM].cpu_s = 3;
	}
	ck_assert(plan_figures_take(&figures, r, "run.json"));
	ck_assert_double_eq_tol(PLAN_VALUE(&figures, host_cores_each), 0.2, 1e-6);
	sek_result_destroy(r);
}
END_TEST

START_TEST(a_run_without_browsers_says_nothing_of_hosts)
{
	struct sek_result *r = run(SEK_TARGET_SYNTHETIC);

	plan_figures_take(&figures, r, "run.json");
	ck_assert_double_eq_tol(PLAN_VALUE(&figures, path_cores_each), 0.02, 1e-6);
	ck_assert_double_eq_tol(PLAN_VALUE(&figures, host_cores_each), 0.1, 1e-9);
	ck_assert_double_eq_tol(PLAN_VALUE(&figures, host_mib_each), 256, 1e-9);
	sek_result_destroy(r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("plan");
	TCase *c = tcase_create("plan");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, begin, NULL);
	tcase_add_test(c, the_arithmetic_is_what_it_says);
	tcase_add_test(c, memory_limits_and_small_hosts_are_said);
	tcase_add_test(c, a_site_that_cannot_be_is_refused);
	tcase_add_test(c, every_word_is_there_in_both_languages);
	tcase_add_test(c, every_default_has_a_source);
	tcase_add_test(c, a_load_test_replaces_what_it_measured);
	tcase_add_test(c, a_machine_without_cpu_left_says_nothing_of_cpu);
	tcase_add_test(c, a_run_without_browsers_says_nothing_of_hosts);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
