/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Scripts: the same seed does the same, each kind does what its name says at a human pace; mixes are read and drawn as they say.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "client/load/marker.h"
#include "client/load/script.h"
#include "client/load/site.h"
#include "client/load/site_made.h"
#include "protocol/limits.h"

enum { STEPS = 400 };

static bool same(const struct load_step *a, const struct load_step *b)
{
	return a->act == b->act && a->think_ms == b->think_ms && a->which == b->which && a->notches == b->notches && a->text == b->text;
}

START_TEST(the_same_seed_does_the_same)
{
	for (unsigned kind = 0; kind < LOAD_SCRIPTS; kind++) {
		struct load_script a, b, other_seed, other_staff;
		unsigned differ_seed = 0, differ_staff = 0;

		load_script_init(&a, (enum load_script_kind)kind, 7, 3);
		load_script_init(&b, (enum load_script_kind)kind, 7, 3);
		load_script_init(&other_seed, (enum load_script_kind)kind, 8, 3);
		load_script_init(&other_staff, (enum load_script_kind)kind, 7, 4);
		for (unsigned i = 0; i < STEPS; i++) {
			struct load_step x, y, z, u;

			load_script_next(&a, &x);
			load_script_next(&b, &y);
			load_script_next(&other_seed, &z);
			load_script_next(&other_staff, &u);
			ck_assert(same(&x, &y));
			differ_seed += !same(&x, &z);
			differ_staff += !same(&x, &u);
		}
		ck_assert_uint_gt(differ_seed, STEPS / 2);
		ck_assert_uint_gt(differ_staff, STEPS / 2);
	}
}
END_TEST

START_TEST(each_kind_does_what_its_name_says)
{
	static const unsigned first[LOAD_SCRIPTS] = { LOAD_ARTICLES, LOAD_PAGE_LONG, LOAD_PAGE_FORM, LOAD_ARTICLES, LOAD_PAGE_FILM };

	for (unsigned kind = 0; kind < LOAD_SCRIPTS; kind++) {
		unsigned n[LOAD_TEXT + 1] = { 0 };
		uint64_t think_ms = 0;
		struct load_script s;
		struct load_step step;

		load_script_init(&s, (enum load_script_kind)kind, 1, 1);
		load_script_next(&s, &step);
		ck_assert_int_eq(step.act, LOAD_OPEN);
		if (kind != LOAD_READ && kind != LOAD_LINKS)
			ck_assert_uint_eq(step.which, first[kind]);
		ck_assert_uint_lt(step.which, LOAD_PAGES);
		for (unsigned i = 0; i < STEPS; i++) {
			load_script_next(&s, &step);
			n[step.act]++;
			think_ms += step.think_ms;
			ck_assert_uint_gt(step.think_ms, 0);
			ck_assert_int_ne(step.act, LOAD_OPEN);
			if (step.act == LOAD_WHEEL)
				ck_assert(step.notches != 0 && abs(step.notches) * SEK_WHEEL_NOTCH <= SEK_WHEEL_MAX);
			if (step.act == LOAD_CLICK)
				ck_assert_uint_lt(step.which, LOAD_LINKS_A_PAGE);
			if (step.act == LOAD_TEXT)
				ck_assert(step.text && strlen(step.text) > 0 && strlen(step.text) < 500);
		}
		ck_assert_uint_gt(n[LOAD_KEY], 0); /* a key now and then is timed in every script */
		ck_assert_uint_gt(think_ms / STEPS, 50);
		ck_assert((n[LOAD_WHEEL] > 0) == (kind == LOAD_READ || kind == LOAD_SCROLL));
		ck_assert((n[LOAD_CLICK] > 0) == (kind == LOAD_READ || kind == LOAD_LINKS));
		ck_assert((n[LOAD_TEXT] > 0) == (kind == LOAD_TYPE));
	}
}
END_TEST

START_TEST(mixes_are_read)
{
	struct load_mix m;
	char err[200];

	ck_assert(load_mix_read("mixed", &m, err, sizeof err));
	for (unsigned i = 0; i < LOAD_SCRIPTS; i++)
		ck_assert(m.weights[i] > 0);
	ck_assert(load_mix_read("video", &m, err, sizeof err));
	ck_assert(m.weights[LOAD_VIDEO] > 0 && m.weights[LOAD_READ] <= 0);
	for (unsigned i = 0; i < 50; i++)
		ck_assert_int_eq(load_mix_draw(&m, 9, i), LOAD_VIDEO);
	ck_assert(load_mix_read("read=2,type=1.5", &m, err, sizeof err));
	ck_assert(fabs(m.weights[LOAD_READ] - 2) < 1e-9 && fabs(m.weights[LOAD_TYPE] - 1.5) < 1e-9);
}
END_TEST

START_TEST(wrong_mixes_say_what_is_wrong)
{
	static const char *const wrong[] = { "", "dance", "read=", "read=-1", "read=0", "read=x", "read,", "read=1,dance=2", "mixed,read", "read=1e9" };
	struct load_mix m;
	char err[200];

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		err[0] = 0;
		ck_assert_msg(!load_mix_read(wrong[i], &m, err, sizeof err), "%s", wrong[i]);
		ck_assert_ptr_nonnull(strstr(err, "scripts are read, scroll"));
	}
}
END_TEST

START_TEST(a_mix_is_drawn_by_its_weights)
{
	unsigned n[LOAD_SCRIPTS] = { 0 };
	struct load_mix m;
	char err[200];

	ck_assert(load_mix_read("read=3,links=1", &m, err, sizeof err));
	for (unsigned i = 0; i < 4000; i++) {
		enum load_script_kind k = load_mix_draw(&m, 5, i);

		ck_assert_int_eq(k, load_mix_draw(&m, 5, i));
		n[k]++;
	}
	ck_assert_uint_eq(n[LOAD_READ] + n[LOAD_LINKS], 4000);
	ck_assert(n[LOAD_LINKS] > 850 && n[LOAD_LINKS] < 1150);
}
END_TEST

START_TEST(the_site_is_the_same_for_the_same_seed)
{
	for (unsigned i = 0; i < LOAD_PAGES; i++) {
		struct load_made a = load_make_page(3, i), b = load_make_page(3, i), c = load_make_page(4, i);

		ck_assert(a.bytes && a.n == b.n && memcmp(a.bytes, b.bytes, a.n) == 0);
		ck_assert(a.n != c.n || memcmp(a.bytes, c.bytes, a.n) != 0);
		ck_assert_ptr_nonnull(strstr(a.bytes, "id=\"band\""));
		free(a.bytes);
		free(b.bytes);
		free(c.bytes);
	}
	for (unsigned i = 0; i < 2; i++) {
		struct load_made a = load_make_film(3, i), b = load_make_film(3, i);

		ck_assert(a.n > 5000 && a.n == b.n && memcmp(a.bytes, b.bytes, a.n) == 0);
		free(a.bytes);
		free(b.bytes);
	}
}
END_TEST

START_TEST(links_are_in_the_head_and_lead_elsewhere)
{
	for (unsigned page = 0; page < LOAD_PAGES; page++)
		for (unsigned link = 0; link < LOAD_LINKS_A_PAGE; link++) {
			uint16_t x, y;

			load_site_link_at(link, &x, &y);
			ck_assert(y > LOAD_TOOLBAR_PX && y < LOAD_TOOLBAR_PX + LOAD_HEAD_PX && x < 1280);
			ck_assert_uint_lt(load_site_link(page, link), LOAD_ARTICLES);
			ck_assert_uint_ne(load_site_link(page, link), page);
		}
}
END_TEST

START_TEST(the_band_tells_inputs_apart)
{
	for (int v = 0; v < LOAD_MARKER_STEPS; v++)
		for (int shift = -10; shift <= 10; shift++)
			ck_assert_uint_eq(load_marker_value((uint8_t)(LOAD_MARKER_LEAST + v * LOAD_MARKER_STEP + shift)), (unsigned)v);
	ck_assert_uint_eq(load_marker_value(0), 0);
	ck_assert_uint_eq(load_marker_value(255), LOAD_MARKER_STEPS - 1);
	/* a synthetic host's two colours differ */
	ck_assert_uint_ne(load_marker_value((uint8_t)(SEK_MARKER_ODD >> 8)), load_marker_value((uint8_t)(SEK_MARKER_EVEN >> 8)));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("load.script");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, the_same_seed_does_the_same);
	tcase_add_test(t, each_kind_does_what_its_name_says);
	tcase_add_test(t, mixes_are_read);
	tcase_add_test(t, wrong_mixes_say_what_is_wrong);
	tcase_add_test(t, a_mix_is_drawn_by_its_weights);
	tcase_add_test(t, the_site_is_the_same_for_the_same_seed);
	tcase_add_test(t, links_are_in_the_head_and_lead_elsewhere);
	tcase_add_test(t, the_band_tells_inputs_apart);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
