/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Moves sideways and slantwise: found, sent as copies, and right to the pixel whatever else happens meanwhile.
 */
#include "pair.h"
#include "protocol/codec/encoder.h"

#define WIDTH 1280
#define HEIGHT 720

static void copy(const struct sek_picture *from, struct sek_rect r, const struct sek_picture *to, unsigned x, unsigned y)
{
	for (unsigned i = 0; i < r.h; i++)
		memcpy(to->px + (size_t)(y + i) * to->stride_px + x, from->px + (size_t)(r.y + i) * from->stride_px + r.x,
			(size_t)r.w * 4);
}

static void show(struct pair *p, const struct sek_encode_options *o)
{
	p->now_ms += 17;
	sek_update_encoder_damage(p->e, whole(p));
	test_receiver_forget(&p->to);
	step(p, o);
}

START_TEST(a_wide_page_is_scrolled_sideways)
{
	struct sek_picture page = test_picture_create(3000, HEIGHT);
	unsigned x = 900, copies = 0;
	struct pair p;

	test_draw_text(&page, (struct sek_rect){ 0, 0, 1500, HEIGHT }, 0, 1);
	test_draw_text(&page, (struct sek_rect){ 1500, 0, 1500, HEIGHT }, 5000, 2);
	pair_init(&p, WIDTH, HEIGHT);
	for (unsigned i = 0; i < 12; i++) {
		/* below a heading that stays; to the right, then back */
		copy(&page, (struct sek_rect){ 0, 0, WIDTH, 60 }, &p.src, 0, 0);
		copy(&page, (struct sek_rect){ (uint16_t)x, 60, WIDTH, HEIGHT - 60 }, &p.src, 0, 60);
		show(&p, _i ? &exact : &lossy);
		if (_i)
			same(&p);
		if (i > 1) {
			copies += p.to.copies > 0;
			ck_assert_uint_lt(p.to.bytes, 40000); /* anew, the page takes 130000 */
		}
		x = i < 6 ? x + 23 : x - 31;
	}
	ck_assert_uint_ge(copies, 9);
	pair_finish(&p);
	test_picture_destroy(&page);
}
END_TEST

START_TEST(a_window_is_dragged)
{
	struct sek_picture window = test_picture_create(600, 400);
	struct pair p;
	unsigned copies = 0;

	test_draw_text(&window, (struct sek_rect){ 0, 0, 600, 400 }, 300, 5);
	pair_init(&p, WIDTH, HEIGHT);
	for (unsigned i = 0; i < 12; i++) {
		test_draw_text(&p.src, whole(&p), 2000, 3);
		copy(&window, (struct sek_rect){ 0, 0, 600, 400 }, &p.src, 40 + i * 21, 250 - i * 13);
		show(&p, &exact);
		same(&p);
		if (i > 1)
			copies += p.to.copies > 0;
	}
	ck_assert_uint_ge(copies, 9);
	pair_finish(&p);
	test_picture_destroy(&window);
}
END_TEST

/* Anything moves by anything, and spots change under it: the receiver's picture is the source's after each frame. */
START_TEST(every_move_is_exact)
{
	struct test_random r = { 100 + (uint32_t)_i };
	struct sek_picture page = test_picture_create(2000, 1400);
	unsigned copies = 0;
	struct pair p;
	int x = 400, y = 300, dx = 0, dy = 0;

	test_draw_text(&page, (struct sek_rect){ 0, 0, 2000, 1400 }, 0, 7);
	test_draw_photo(&page, (struct sek_rect){ 700, 500, 500, 300 }, 9);
	pair_init(&p, (uint16_t)(700 + test_random_below(&r, 200)), (uint16_t)(500 + test_random_below(&r, 200)));
	for (unsigned i = 0; i < 25; i++) {
		if (test_random_below(&r, 6) == 0) {
			dx = (int)test_random_below(&r, 120) - 60;
			dy = (int)test_random_below(&r, 120) - 60;
		}
		x = x + dx < 0 || x + dx > 1000 ? x : x + dx;
		y = y + dy < 0 || y + dy > 600 ? y : y + dy;
		copy(&page, (struct sek_rect){ (uint16_t)x, (uint16_t)y, p.src.width_px, p.src.height_px }, &p.src, 0, 0);
		for (uint32_t k = test_random_below(&r, 4); k > 0; k--) {
			struct sek_rect spot = { (uint16_t)test_random_below(&r, 600), (uint16_t)test_random_below(&r, 400),
				(uint16_t)(1 + test_random_below(&r, 90)), (uint16_t)(1 + test_random_below(&r, 90)) };

			test_draw_noise(&p.src, spot, test_random(&r));
		}
		test_scribble_x(&p.src, i);
		show(&p, &exact);
		same(&p);
		copies += p.to.copies > 0;
	}
	ck_assert_uint_gt(copies, 5);
	pair_finish(&p);
	test_picture_destroy(&page);
}
END_TEST

#define GRID 16
#define CELL 8

/* Parts of a picture that move by one distance, in the order that was found, as if all were read before any is written. */
START_TEST(an_order_overwrites_nothing)
{
	struct test_random r = { 4 };

	for (unsigned round = 0; round < 500; round++) {
		static uint8_t was[GRID * CELL][GRID * CELL], want[GRID * CELL][GRID * CELL], got[GRID * CELL][GRID * CELL];
		const int dx = (int)test_random_below(&r, 41) - 20, dy = (int)test_random_below(&r, 41) - 20;
		struct sek_move moves[SEK_MOVES_MAX];
		size_t n = 0;

		for (unsigned i = 0; i < GRID * GRID && n < SEK_MOVES_MAX; i++) {
			struct sek_rect to = { (uint16_t)(i % GRID * CELL), (uint16_t)(i / GRID * CELL), CELL, CELL };

			if (test_random_below(&r, 3) == 0 && to.x + dx >= 0 && to.y + dy >= 0 && to.x + dx + CELL <= GRID * CELL &&
			    to.y + dy + CELL <= GRID * CELL)
				moves[n++] = (struct sek_move){ to, dx, dy };
		}
		for (unsigned i = 0; i < GRID * CELL * GRID * CELL; i++)
			was[i / (GRID * CELL)][i % (GRID * CELL)] = (uint8_t)test_random(&r);
		memcpy(want, was, sizeof was);
		memcpy(got, was, sizeof was);
		for (size_t i = 0; i < n; i++) {
			for (int y = moves[i].to.y; y < moves[i].to.y + CELL; y++)
				memcpy(&want[y][moves[i].to.x], &was[y + dy][moves[i].to.x + dx], CELL);
		}
		ck_assert_uint_eq(sek_slide_order(moves, n), n);
		for (size_t i = 0; i < n; i++) {
			for (int k = 0; k < CELL; k++) {
				int y = moves[i].to.y + (dy < 0 ? CELL - 1 - k : k);

				memmove(&got[y][moves[i].to.x], &got[y + dy][moves[i].to.x + dx], CELL);
			}
		}
		ck_assert_int_eq(memcmp(want, got, sizeof got), 0);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("codec slide");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, a_wide_page_is_scrolled_sideways, 0, 2);
	tcase_add_test(t, a_window_is_dragged);
	tcase_add_loop_test(t, every_move_is_exact, 0, 6);
	tcase_add_test(t, an_order_overwrites_nothing);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
