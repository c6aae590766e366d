/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A live session under a policy that changes: told, in force on return, ended with a warning, clamped.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "broker/hub/session/internal.h"
#include "tests/unit/hub/session/harness.h"

/* What stands at the site; each a JSON text or NULL. */
static const char *site[SEK_POLICY_ATTRIBUTES];
static bool broken;

static sek_status source(void *user, const char *name, const struct sek_policy_row *rows, size_t n, struct sek_policy *ret)
{
	struct sek_policy_row all[2 * SEK_POLICY_ATTRIBUTES];
	size_t k = 0;

	(void)user;
	ck_assert_str_eq(name, "taro");
	if (broken)
		return sek_fail(SEK_E_NOMEM);
	for (unsigned a = 0; a < SEK_POLICY_ATTRIBUTES; a++)
		if (site[a])
			all[k++] = (struct sek_policy_row){ SEK_SCOPE_SITE, "", (enum sek_policy_attribute)a, site[a] };
	memcpy(all + k, rows, n * sizeof *rows);
	return sek_policy_resolve(all, k + n, ret, NULL);
}

static void up(struct bench *b)
{
	memset(site, 0, sizeof site);
	broken = false;
	bench_init(b, "decoder", "encoder");
	bench_start(b);
	sek_sessions_policy_from(b->all, source, NULL);
}

static void change(struct bench *b, enum sek_policy_attribute a, const char *value)
{
	site[a] = value;
	sek_sessions_refresh_policy(b->all);
}

START_TEST(a_change_is_in_force_on_return_and_told)
{
	struct bench b;
	struct stream c;

	up(&b);
	stream_up(&b, "taro", &c);
	ck_assert_uint_eq(c.policies, 1);
	ck_assert_uint_eq(c.policy.clipboard, 0);
	change(&b, SEK_POLICY_CLIPBOARD, "\"both\"");
	ck_assert_uint_eq(c.policies, 2);
	ck_assert_uint_eq(c.policy.clipboard, 3);
	ck_assert_uint_eq(sek_session_policy(b.all->first)->clipboard, SEK_CLIPBOARD_BOTH);
	change(&b, SEK_POLICY_CLIPBOARD, "\"to-inner\"");
	ck_assert_uint_eq(c.policy.clipboard, 2);
	sek_sessions_refresh_policy(b.all); /* nothing is different: nothing is said */
	ck_assert_uint_eq(c.policies, 3);
	bench_finish(&b);
}
END_TEST

START_TEST(an_override_is_the_last_word)
{
	char err[SEK_POLICY_ERROR_BYTES] = "";
	struct bench b;
	struct stream c;
	uint8_t id[SEK_SESSION_ID_BYTES];

	up(&b);
	stream_up(&b, "taro", &c);
	memcpy(id, b.all->first->id, sizeof id);
	change(&b, SEK_POLICY_CLIPBOARD, "\"both\"");
	ck_assert(sek_is_ok(sek_session_set_override(b.all, id, SEK_POLICY_CLIPBOARD, "\"none\"", 6, err, sizeof err)));
	ck_assert_uint_eq(c.policy.clipboard, 0);
	change(&b, SEK_POLICY_CLIPBOARD, "\"to-outer\"");
	ck_assert_uint_eq(c.policy.clipboard, 0);
	ck_assert(sek_is(sek_session_set_override(b.all, id, SEK_POLICY_CLIPBOARD, "\"all\"", 5, err, sizeof err),
		SEK_E_MALFORMED));
	ck_assert_ptr_nonnull(strstr(err, "to-outer"));
	ck_assert(sek_is_ok(sek_session_set_override(b.all, id, SEK_POLICY_CLIPBOARD, NULL, 0, err, sizeof err)));
	ck_assert_uint_eq(c.policy.clipboard, 1);
	id[0] ^= 1;
	ck_assert(sek_is(sek_session_set_override(b.all, id, SEK_POLICY_CLIPBOARD, NULL, 0, err, sizeof err),
		SEK_E_NOT_FOUND));
	bench_finish(&b);
}
END_TEST

START_TEST(hours_that_end_are_warned_of)
{
	struct bench b;
	struct stream c;

	up(&b);
	b.all->times.hours_ms = 1500;
	stream_up(&b, "taro", &c);
	change(&b, SEK_POLICY_HOURS, "\"never\"");
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_WARN_HOURS);
	ck_assert_uint_eq(c.args[c.n_states - 1], 2);
	change(&b, SEK_POLICY_HOURS, "\"always\"");
	bench_run_ms(&b, 2000);
	ck_assert_msg(!c.closed, "the warning was taken back");
	change(&b, SEK_POLICY_HOURS, "\"never\"");
	BENCH_UNTIL(&b, 10000, c.closed);
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_ENDED_HOURS);
	bench_finish(&b);
}
END_TEST

START_TEST(no_session_opens_outside_of_the_hours)
{
	uint8_t id[SEK_SESSION_ID_BYTES];
	struct bench b;
	bool resumed;

	up(&b);
	site[SEK_POLICY_HOURS] = "\"never\"";
	ck_assert(sek_is(sek_sessions_open(b.all, "taro", id, &resumed), SEK_E_DENIED));
	site[SEK_POLICY_HOURS] = "\"whenever\""; /* damaged: the strictest */
	ck_assert(sek_is(sek_sessions_open(b.all, "taro", id, &resumed), SEK_E_DENIED));
	ck_assert_uint_eq(sek_sessions_count(b.all), 0);
	bench_finish(&b);
}
END_TEST

START_TEST(a_policy_that_cannot_be_known_ends_the_session)
{
	struct bench b;
	struct stream c;

	up(&b);
	stream_up(&b, "taro", &c);
	broken = true;
	sek_sessions_refresh_policy(b.all);
	BENCH_UNTIL(&b, 10000, c.closed);
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_INTERNAL);
	bench_finish(&b);
}
END_TEST

START_TEST(fewer_pixels_keep_the_shape)
{
	static const struct {
		uint16_t asked_w, asked_h;
		uint32_t most;
		uint16_t w, h;
	} rows[] = {
		{ 1920, 1080, 8294400, 1920, 1080 }, { 1920, 1080, 2073600, 1920, 1080 }, { 1280, 960, 307200, 640, 480 },
		{ 7680, 4320, 33177600, 3840, 2160 }, /* the broker's own maximum */
		{ 3840, 120, 307200, 2560, 120 }, { 160, 2160, 307200, 160, 1920 },
	};
	struct sek_sessions all = { .config = { .max_width_px = 3840, .max_height_px = 2160 } };
	struct sek_session s = { .all = &all };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		s.asked_width_px = rows[i].asked_w;
		s.asked_height_px = rows[i].asked_h;
		s.policy.max_pixels = rows[i].most;
		sek_session_fit(&s);
		ck_assert_uint_eq(s.wish.width_px, rows[i].w);
		ck_assert_uint_eq(s.wish.height_px, rows[i].h);
	}
}
END_TEST

START_TEST(a_shorter_idle_time_counts_at_once)
{
	struct bench b;
	struct stream c;

	up(&b);
	stream_up(&b, "taro", &c);
	b.all->first->input_ms -= b.all->first->input_ms > 61000 ? 61000 : b.all->first->input_ms;
	change(&b, SEK_POLICY_IDLE_MINUTES, "1");
	BENCH_UNTIL(&b, 70000, c.closed);
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_ENDED_IDLE);
	bench_finish(&b);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hub.session.policy");
	TCase *tests = tcase_create("policy");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tests, 90);
	tcase_add_test(tests, a_change_is_in_force_on_return_and_told);
	tcase_add_test(tests, an_override_is_the_last_word);
	tcase_add_test(tests, hours_that_end_are_warned_of);
	tcase_add_test(tests, no_session_opens_outside_of_the_hours);
	tcase_add_test(tests, a_policy_that_cannot_be_known_ends_the_session);
	tcase_add_test(tests, fewer_pixels_keep_the_shape);
	tcase_add_test(tests, a_shorter_idle_time_counts_at_once);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
