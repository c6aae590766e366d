/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The result of a load test as a file: what was written is read again; what is not such a file is refused and the place is said.
 */
#include <check.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/load/result.h"

static char path[] = "/tmp/sek-result-XXXXXX";
static char err[512];

static void begin(void)
{
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void end(void)
{
	unlink(path);
	memcpy(path + sizeof path - 7, "XXXXXX", 6);
}

static struct sek_result *example(void)
{
	struct sek_result *r = sek_result_create();
	struct sek_result_second *s;
	struct sek_result_sample *m;
	struct sek_result_session *e;
	struct sek_result_event *v;

	ck_assert_ptr_nonnull(r);
	sek_result_set_text(&r->title, "試験 \"one\"");
	r->seed = 42;
	r->lasted_s = 3.25;
	r->config.target = SEK_TARGET_SYNTHETIC;
	r->config.recording = true;
	r->config.ramp = (struct sek_result_ramp){ 1, 2, 30, 5, 20 };
	r->config.level = (struct sek_result_level){ 3000, 200, 0 };
	ck_assert_ptr_nonnull(sek_result_add_script(r, "read", 3));
	ck_assert_ptr_nonnull(sek_result_add_script(r, "video", 0.5));
	for (int i = 1; i <= 3; i++) {
		s = sek_result_add_second(r);
		*s = (struct sek_result_second){ .at_s = i, .phase = i > 2 ? SEK_PHASE_HOLD : SEK_PHASE_RAMP, .running = (uint64_t)i,
			.delay_ms = { 2, 12.5, 20, 20, 20 }, .bytes_in = 1ull << 40, .updates = 7 };
		sek_delays_add(&s->delays, 12.5);
		sek_delays_add(&s->delays, 20);
	}
	m = sek_result_add_sample(r);
	m->at_s = 1;
	m->interval_s = 1;
	m->busy_cores = 1.5;
	m->classes[SEK_CLASS_CHROMIUM] = (struct sek_result_usage){ 12, 0.75, 812.5 };
	e = sek_result_add_session(r);
	sek_result_set_text(&e->script, "read");
	e->end = SEK_END_LOST;
	sek_result_set_text(&e->why, "the line broke");
	sek_result_count_error(r, "lost", 2, "the line broke");
	sek_result_count_error(r, "lost", 3, "again");
	v = sek_result_add_event(r, "decoder-killed", "one session says so");
	v->ok = true;
	sek_result_set_text(&v->happened, "it did");
	sek_result_add_check(r, "audit", "12 records, sound", true);
	sek_result_judge(r);
	return r;
}

static char *text_of(const char *file)
{
	static char text[65536];
	FILE *f = fopen(file, "r");
	size_t n;

	ck_assert_ptr_nonnull(f);
	n = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	text[n] = 0;
	return text;
}

START_TEST(what_was_written_is_read_again)
{
	struct sek_result *r = example(), *again = NULL;
	char *first;

	ck_assert(sek_is_ok(sek_result_write(r, path)));
	first = strdup(text_of(path));
	ck_assert_msg(sek_is_ok(sek_result_read(path, &again, err, sizeof err)), "%s", err);
	ck_assert_str_eq(again->title, "試験 \"one\"");
	ck_assert_str_eq(again->version, SEK_VERSION);
	ck_assert_uint_eq(again->seconds_n, 3);
	ck_assert_uint_eq(again->seconds[2].bytes_in, 1ull << 40);
	ck_assert_uint_eq(again->seconds[2].phase, SEK_PHASE_HOLD);
	ck_assert_uint_eq(sek_delays_count(&again->seconds[2].delays), 2);
	ck_assert_double_eq_tol(again->samples[0].classes[SEK_CLASS_CHROMIUM].pss_mib, 812.5, 1e-9);
	ck_assert_uint_eq(again->sessions[0].end, SEK_END_LOST);
	ck_assert_uint_eq(again->errors_n, 1);
	ck_assert_uint_eq(again->errors[0].count, 2);
	ck_assert_str_eq(again->errors[0].example, "the line broke");
	ck_assert_ptr_nonnull(sek_result_add_second(again)); /* a list that was read can grow */
	again->seconds_n--;
	ck_assert(sek_is_ok(sek_result_write(again, path)));
	ck_assert_str_eq(text_of(path), first); /* every field: none was forgotten */
	free(first);
	sek_result_destroy(r);
	sek_result_destroy(again);
}
END_TEST

START_TEST(the_machine_is_described)
{
	struct sek_result *r = sek_result_create();

	ck_assert_uint_ge(r->machine.cores, 1);
	ck_assert_uint_ge(r->machine.memory_mib, 64);
	ck_assert_int_eq(strncmp(r->machine.kernel, "Linux ", 6), 0);
	ck_assert_uint_eq(strlen(r->date), strlen("2026-11-23T12:00:00Z"));
	sek_result_destroy(r);
	sek_result_destroy(NULL);
}
END_TEST

START_TEST(what_cannot_be_read_again_is_not_written)
{
	struct sek_result *r = example();

	r->seconds[1].delay_ms.p50 = NAN;
	ck_assert(sek_is(sek_result_write(r, path), SEK_E_INTERNAL));
	r->seconds[1].delay_ms.p50 = 1;
	r->verdict.limit = SEK_LIMITS;
	ck_assert(sek_is(sek_result_write(r, path), SEK_E_INTERNAL));
	r->verdict.limit = 0;
	sek_result_set_text(&r->title, "\xff");
	ck_assert(sek_is(sek_result_write(r, path), SEK_E_INTERNAL));
	ck_assert_str_eq(text_of(path), "");
	sek_result_destroy(r);
}
END_TEST

/* One change of a good file each: where (a path of keys and indices), the value to put there (NULL: take it away), the message. */
static const struct {
	const char *at, *value, *says;
} changes[] = {
	{ "format", "\"x\"", "is not a result of sekisho-load" },
	{ "format_version", "2", "format_version" },
	{ "seed", NULL, "seed: is missing" },
	{ "seed", "-1", "seed: must be a whole number from 0 to 9007199254740991" },
	{ "seed", "1.5", "seed: must be a whole number" },
	{ "seed", "9007199254740992", "seed: must be a whole number" },
	{ "title", "5", "title: must be a text" },
	{ "colour", "5", "unknown key 'colour'" },
	{ "machine", "[]", "machine: must be an object" },
	{ "machine.cores", "65537", "machine.cores: must be a whole number from 0 to 65536" },
	{ "config.target", "\"real\"", "config.target: must be one of chromium, synthetic" },
	{ "config.recording", "1", "config.recording: must be true or false" },
	{ "config.scripts.1.weight", "-0.5", "config.scripts[1].weight: must be a number from 0 to" },
	{ "config.ramp.shape", "1", "config.ramp: unknown key 'shape'" },
	{ "seconds", "{}", "seconds: must be a list" },
	{ "seconds.2.delay_ms.p95", "\"20\"", "seconds[2].delay_ms.p95: must be a number" },
	{ "seconds.0.delays", "[[3, 1], [3, 1]]", "seconds[0].delays: entry 1: buckets rise" },
	{ "seconds.0.delays", "[[64, 1]]", "seconds[0].delays: entry 0" },
	{ "seconds.0.delays", "[[1, 0]]", "seconds[0].delays: entry 0" },
	{ "seconds.0.delays", "[[1]]", "seconds[0].delays: entry 0 must be a pair" },
	{ "seconds.0.delays", "7", "seconds[0].delays: must be a list of pairs" },
	{ "samples.0.classes.encoder", NULL, "samples[0].classes.encoder: is missing" },
	{ "samples.0.classes.proxy", "{}", "samples[0].classes: has keys that this version does not know" },
	{ "samples.0.classes.chromium.cpu_s", "null", "samples[0].classes.chromium.cpu_s: must be a number" },
	{ "sessions.0.end", "\"won\"", "sessions[0].end: must be one of logged-out, refused, lost, stopped" },
	{ "events.0.ok", "\"yes\"", "events[0].ok: must be true or false" },
	{ "verdict.because", "\"a\\u0000b\"", "\\u0000 is not allowed" },
};

static void change(json_t *root, const char *where, const char *value)
{
	char parts[128], *key, *next;
	json_t *j = root, *v = value ? json_loads(value, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;

	snprintf(parts, sizeof parts, "%s", where);
	for (key = strtok_r(parts, ".", &next); ; ) {
		char *following = strtok_r(NULL, ".", &next);

		if (!following)
			break;
		j = json_is_array(j) ? json_array_get(j, strtoul(key, NULL, 10)) : json_object_get(j, key);
		ck_assert_ptr_nonnull(j);
		key = following;
	}
	ck_assert_int_eq(v ? json_object_set_new(j, key, v) : json_object_del(j, key), 0);
}

START_TEST(a_bad_value_is_refused_with_its_place)
{
	struct sek_result *r = example(), *again = NULL;
	json_t *j;

	ck_assert(sek_is_ok(sek_result_write(r, path)));
	j = json_load_file(path, 0, NULL);
	change(j, changes[_i].at, changes[_i].value);
	ck_assert_int_eq(json_dump_file(j, path, JSON_COMPACT), 0);
	ck_assert(sek_is(sek_result_read(path, &again, err, sizeof err), SEK_E_CONFIG));
	ck_assert_ptr_null(again);
	ck_assert_msg(strncmp(err, path, strlen(path)) == 0 && strstr(err, changes[_i].says), "%s", err);
	json_decref(j);
	sek_result_destroy(r);
}
END_TEST

START_TEST(what_is_no_such_file_is_refused)
{
	static const char *const texts[][2] = { { "", "line 1" }, { "{\n\"format\": }", "line 2" }, { "[]", "is not a result" },
		{ "{}", "is not a result" }, { "{\"a\":1,\"a\":2}", "duplicate" } };
	struct sek_result *r = NULL;

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		FILE *f = fopen(path, "w");

		fputs(texts[i][0], f);
		fclose(f);
		ck_assert(sek_is(sek_result_read(path, &r, err, sizeof err), SEK_E_CONFIG));
		ck_assert_msg(strstr(err, texts[i][1]), "%s", err);
	}
	ck_assert(sek_is(sek_result_read("/nonexistent/x.json", &r, err, sizeof err), SEK_E_CONFIG));
	ck_assert_str_eq(err, "/nonexistent/x.json: No such file or directory");
	ck_assert_ptr_null(r);
}
END_TEST

START_TEST(delays_are_counted_within_a_fifth)
{
	struct sek_delays d = { 0 };
	double exact[1000];
	struct sek_percentiles p;

	ck_assert_double_eq_tol(sek_delays_quantile(&d, 0.5), 0, 1e-9);
	for (int i = 0; i < 1000; i++) {
		exact[i] = (double)(1000 - i);
		sek_delays_add(&d, exact[i]);
	}
	p = sek_percentiles_of(exact, 1000);
	ck_assert_double_eq_tol(p.p50, 500, 1e-9);
	ck_assert_double_eq_tol(p.p95, 950, 1e-9);
	ck_assert_double_eq_tol(p.p99, 990, 1e-9);
	ck_assert_double_eq_tol(p.most, 1000, 1e-9);
	ck_assert_uint_eq(sek_delays_count(&d), 1000);
	ck_assert_double_eq_tol(sek_delays_quantile(&d, 0.5), 500, 500 * 0.02);
	ck_assert_double_eq_tol(sek_delays_quantile(&d, 0.95), 950, 950 * 0.1);
	sek_delays_add(&d, 1e9);
	sek_delays_add(&d, 0);
	sek_delays_add(&d, 1);
	ck_assert_uint_eq(d.counts[SEK_DELAY_BUCKETS - 1], 1);
	ck_assert_uint_eq(d.counts[0], 3);
	p = sek_percentiles_of(exact, 0);
	ck_assert_uint_eq(p.n, 0);
	exact[0] = 7;
	p = sek_percentiles_of(exact, 1);
	ck_assert_double_eq_tol(p.p50 + p.p99, 14, 1e-9);
}
END_TEST

START_TEST(a_long_text_is_cut_between_letters)
{
	char text[SEK_RESULT_TEXT_MAX + 16], *kept = NULL;

	for (size_t i = 0; i + 3 < sizeof text; i += 3)
		memcpy(text + i, "関", 3);
	text[(sizeof text - 1) / 3 * 3] = 0;
	sek_result_set_text(&kept, text);
	ck_assert_uint_eq(strlen(kept), SEK_RESULT_TEXT_MAX / 3 * 3);
	sek_result_set_text(&kept, NULL);
	ck_assert_ptr_null(kept);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("result");
	TCase *c = tcase_create("result");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, begin, end);
	tcase_add_test(c, what_was_written_is_read_again);
	tcase_add_test(c, the_machine_is_described);
	tcase_add_test(c, what_cannot_be_read_again_is_not_written);
	tcase_add_loop_test(c, a_bad_value_is_refused_with_its_place, 0, sizeof changes / sizeof changes[0]);
	tcase_add_test(c, what_is_no_such_file_is_refused);
	tcase_add_test(c, delays_are_counted_within_a_fifth);
	tcase_add_test(c, a_long_text_is_cut_between_letters);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
