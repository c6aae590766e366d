/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The report: whatever stands in a result becomes text, the page needs nothing else, both languages have every word, lines and axes are right.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "client/load/commands.h"
#include "client/load/report/chart.h"
#include "client/load/report/report.h"

static const char evil[] = "</style><script>alert(\"1\")</script>&\x01'";

/* Forty seconds, a session more every second second, every list with something evil in it. */
static struct sek_result *example(void)
{
	struct sek_result *r = sek_result_create();

	sek_result_set_text(&r->title, evil);
	sek_result_set_text(&r->machine.cpu, evil);
	r->lasted_s = 40;
	r->config.level = (struct sek_result_level){ 3000, 200, 0 };
	sek_result_add_script(r, evil, 1);
	for (int i = 1; i <= 40; i++) {
		struct sek_result_second *s = sek_result_add_second(r);
		struct sek_result_sample *m = sek_result_add_sample(r);

		s->at_s = m->at_s = i;
		s->running = m->running = (uint64_t)i / 2;
		s->bytes_in = 1000u * s->running;
		for (int k = 0; k < 10; k++)
			sek_delays_add(&s->delays, i < 30 ? 20 : 900);
		m->interval_s = 1;
		m->classes[SEK_CLASS_BROKER] = (struct sek_result_usage){ 1, 0.1 + 0.02 * (double)m->running, 50 + 2 * (double)m->running };
	}
	struct sek_result_session *e = sek_result_add_session(r);

	e->first_frame_ms = 400;
	sek_result_set_text(&e->script, evil);
	sek_result_set_text(&e->why, evil);
	sek_result_count_error(r, evil, 1, evil);
	sek_result_set_text(&sek_result_add_event(r, evil, evil)->happened, evil);
	sek_result_add_check(r, evil, evil, false);
	sek_result_judge(r);
	return r;
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (const char *p = text; (p = strstr(p, what)); p++)
		n++;
	return n;
}

START_TEST(a_result_becomes_text_and_nothing_else)
{
	static const char *const outside[] = { "http:", "https:", "src=", "href=", "url(", "@import", "<script", "<link", "javascript", "\x01" };
	struct sek_result *r = example();
	char *page = NULL;
	size_t n = 0;

	for (int ja = 0; ja < 2; ja++) {
		ck_assert(sek_is_ok(sek_report_make(r, r, ja, &page, &n)));
		ck_assert_uint_eq(strlen(page), n);
		for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++)
			ck_assert_msg(!strstr(page, outside[i]), "%s", outside[i]);
		ck_assert_uint_ge(count(page, "&lt;script&gt;"), 8); /* it is there, as text */
		ck_assert_uint_eq(count(page, "<style>"), count(page, "</style>"));
		ck_assert_uint_ge(count(page, "<svg"), 8);
		ck_assert_uint_eq(count(page, "<svg"), count(page, "</svg>"));
		ck_assert_uint_eq(count(page, "<table"), count(page, "</table>"));
		ck_assert_uint_eq(count(page, "<div"), count(page, "</div>"));
		ck_assert_uint_eq(count(page, "<p>") + count(page, "<p "), count(page, "</p>"));
		ck_assert(!strstr(page, "nan") && !strstr(page, "inf\""));
		ck_assert_ptr_nonnull(strstr(page, ja ? "同じ" : "the same"));
		free(page);
	}
	sek_result_destroy(r);
}
END_TEST

START_TEST(an_empty_result_is_a_page_too)
{
	struct sek_result *r = sek_result_create();
	char *page = NULL;
	size_t n = 0;

	sek_result_judge(r);
	ck_assert(sek_is_ok(sek_report_make(r, r, false, &page, &n)));
	ck_assert_ptr_nonnull(strstr(page, "Nothing was measured here."));
	ck_assert(!strstr(page, "nan") && !strstr(page, "inf"));
	free(page);
	sek_result_destroy(r);
}
END_TEST

START_TEST(every_word_is_there_in_both_languages)
{
	for (int w = 1; w < REPORT_WORDS; w++) {
		const char *en = report_word(false, (enum report_word)w), *ja = report_word(true, (enum report_word)w);

		ck_assert_msg(en && ja && *en && *ja, "word %d", w);
		for (char i = '1'; i <= '3'; i++) {
			const char arg[] = { '%', i, 0 };

			ck_assert_msg(!strstr(en, arg) == !strstr(ja, arg), "%s", en);
		}
	}
	for (unsigned c = 0; c < SEK_CLASSES; c++)
		ck_assert(c == SEK_CLASS_RENDERD || strcmp(report_name(false, sek_class_name(c)), report_name(true, sek_class_name(c))) != 0 ||
			c == SEK_CLASS_CHROMIUM); /* two names are the same in both */
	for (unsigned l = 0; l < SEK_LIMITS; l++)
		ck_assert(l == SEK_LIMIT_CPU || strcmp(report_name(false, sek_limit_name(l)), report_name(true, sek_limit_name(l))) != 0);
	ck_assert_str_eq(report_name(true, "unheard-of"), "unheard-of");
}
END_TEST

START_TEST(figures_are_as_people_read_them)
{
	char b[FIGURE_BYTES];

	ck_assert_str_eq(figure(b, 0), "0");
	ck_assert_str_eq(figure(b, 40), "40");
	ck_assert_str_eq(figure(b, 1234567), "1,234,567");
	ck_assert_str_eq(figure(b, 123.4), "123");
	ck_assert_str_eq(figure(b, 56.78), "56.8");
	ck_assert_str_eq(figure(b, 1.234), "1.23");
	ck_assert_str_eq(figure(b, 0.1234), "0.123");
	ck_assert_str_eq(figure_ms(b, 999.9), "1.00 s");
	ck_assert_str_eq(figure_ms(b, 12.34), "12.3 ms");
	ck_assert_str_eq(figure_bytes(b, 1.5e6), "1.50 MB");
	ck_assert_str_eq(figure_mib(b, 2048), "2 GiB");
	ck_assert_str_eq(figure_percent(b, 0.0123), "1.23 %");
	ck_assert_str_eq(figure_clock(b, 125), "2:05");
	ck_assert_str_eq(figure_clock(b, 3725), "1:02:05");
	ck_assert_double_eq_tol(chart_step(100, 4, false), 50, 1e-9);
	ck_assert_double_eq_tol(chart_step(0.07, 4, false), 0.02, 1e-9);
	ck_assert_double_eq_tol(chart_step(420, 6, true), 120, 1e-9);
	ck_assert_double_eq_tol(chart_step(0, 4, false), 1, 1e-9);
}
END_TEST

START_TEST(a_line_through_points)
{
	double x[] = { 1, 2, 3, 10 }, y[] = { 12, 14, 16, 30 };
	double same[] = { 10, 10, 10, 10 };
	struct sek_line l = sek_line_through(x, y, 4);

	ck_assert_double_eq_tol(l.base, 10, 1e-9);
	ck_assert_double_eq_tol(l.each, 2, 1e-9);
	ck_assert_double_eq_tol(l.r2, 1, 1e-9);
	l = sek_line_through(same, y, 4); /* the same number of sessions all the time: the mean */
	ck_assert_double_eq_tol(l.base, 0, 1e-9);
	ck_assert_double_eq_tol(l.each, 1.8, 1e-9);
	y[0] = 0; /* a line with a negative base goes through the origin instead */
	y[1] = 1;
	l = sek_line_through(x, y, 4);
	ck_assert_double_eq_tol(l.base, 0, 1e-9);
	ck_assert_double_eq_tol(l.each, 47.0 / 16, 1e-9);
	l = sek_line_through(x, y, 0);
	ck_assert_double_eq_tol(l.each, 0, 1e-9);
}
END_TEST

START_TEST(shares_are_found_in_a_run)
{
	struct sek_result *r = example();
	struct sek_shares s = sek_shares_of(r);

	ck_assert_double_eq_tol(s.cores[SEK_CLASS_BROKER].base, 0.1, 1e-6);
	ck_assert_double_eq_tol(s.cores[SEK_CLASS_BROKER].each, 0.02, 1e-6);
	ck_assert_double_eq_tol(s.mib[SEK_CLASS_BROKER].base, 50, 1e-6);
	ck_assert_double_eq_tol(s.mib[SEK_CLASS_BROKER].each, 2, 1e-6);
	ck_assert_double_eq_tol(s.bytes_in_s, 1000, 1e-6);
	ck_assert_double_eq_tol(s.first_frame_ms, 400, 1e-6);
	ck_assert_double_eq_tol(s.sessions_most, 20, 1e-6);
	sek_result_destroy(r);
}
END_TEST

/* --- the command --- */

static int command(const char *a, const char *b, const char *c, const char *d, const char *e)
{
	const char *const words[] = { "report", a, b, c, d, e };
	char copies[6][160], *argv[7] = { NULL };
	int argc = 0;

	for (; argc < 6 && words[argc]; argc++) {
		snprintf(copies[argc], sizeof copies[argc], "%s", words[argc]);
		argv[argc] = copies[argc];
	}
	optind = 0; /* getopt begins anew */
	return load_report(argc, argv);
}

START_TEST(the_command_writes_a_page_or_says_why_not)
{
	char folder[] = "/tmp/sek-report-XXXXXX", result[64], page[64], text[256];
	struct sek_result *r = example();
	FILE *f;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(result, sizeof result, "%s/run.json", folder);
	snprintf(page, sizeof page, "%s/run.html", folder);
	ck_assert(sek_is_ok(sek_result_write(r, result)));
	ck_assert_int_eq(command(result, "-o", page, "--lang", "ja"), 0);
	f = fopen(page, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_gt(fread(text, 1, sizeof text - 1, f), 100);
	fclose(f);
	ck_assert_mem_eq(text, "<!doctype html>\n<html lang=\"ja\">", 32);
	ck_assert_int_eq(command(result, "-o", page, "--lang", "fr"), 2);
	ck_assert_int_eq(command(result, NULL, NULL, NULL, NULL), 2);
	ck_assert_int_eq(command("-o", page, NULL, NULL, NULL), 2);
	ck_assert_int_eq(command(page, "-o", page, NULL, NULL), 1);
	ck_assert_int_eq(command(result, "-o", "/nonexistent/x.html", NULL, NULL), 1);
	unlink(result);
	unlink(page);
	rmdir(folder);
	sek_result_destroy(r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("report");
	TCase *c = tcase_create("report");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_test(c, a_result_becomes_text_and_nothing_else);
	tcase_add_test(c, an_empty_result_is_a_page_too);
	tcase_add_test(c, every_word_is_there_in_both_languages);
	tcase_add_test(c, figures_are_as_people_read_them);
	tcase_add_test(c, the_command_writes_a_page_or_says_why_not);
	tcase_add_test(c, a_line_through_points);
	tcase_add_test(c, shares_are_found_in_a_run);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
