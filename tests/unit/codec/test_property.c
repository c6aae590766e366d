/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Properties of encoder and receiver together: tiles made to be awkward come back exactly in every lossless mode; every kind
 * of processor makes the same bytes; a frame that breaks off and a picture that changes its size then leave nothing behind;
 * the sizes that people have, up to 3840x2160.
 */
#include "pair.h"
#include "protocol/codec/encoder_state.h"

/* --- awkward tiles --- */

static const unsigned palette_edges[] = { 1, 2, 3, 4, 5, 15, 16, 17, 254, 255, 256, 257 };

enum { AWKWARD = 12 + 8 };

/* One picture of each kind, drawn into all of it. */
static void draw_awkward(const struct sek_picture *pic, unsigned kind)
{
	for (unsigned y = 0; y < pic->height_px; y++) {
		for (unsigned x = 0; x < pic->width_px; x++) {
			unsigned i = y * pic->width_px + x;
			uint32_t v;

			switch (kind) {
			case 12: v = (x ^ y) & 1 ? 0xffffff : 0; break;                        /* no two neighbours alike */
			case 13: v = i & 0xffffff; break;                                      /* every pixel a new colour */
			case 14: v = i * 0x9e3779b1u & 0xffffff; break;                        /* and all of them far apart */
			case 15: v = x % 2 ? 0x00ff00 : 0xff00ff; break;                       /* the widest steps there are */
			case 16: v = y % 2 ? 0x000001 : 0x010000; break;                       /* the narrowest */
			case 17: v = x + 1u == pic->width_px && y + 1u == pic->height_px; break; /* one pixel, the last */
			case 18: v = x + y == 0; break;                                        /* the first */
			case 19: v = (x * 255 / pic->width_px) * 0x010101u; break;             /* a ramp */
			default: v = (i % palette_edges[kind]) * 0x010203u & 0xffffff; break;  /* just so many colours */
			}
			pic->px[y * pic->stride_px + x] = v;
		}
	}
}

static const struct {
	uint16_t w, h;
} tiles[] = { { 1, 1 }, { 2, 1 }, { 1, 2 }, { 7, 9 }, { 63, 64 }, { 64, 64 }, { 65, 63 }, { 129, 65 }, { 513, 2 } };

static void until_exact(struct pair *p)
{
	for (int i = 0; sek_update_encoder_refine_at_ms(p->e, &lossy) != 0; i++) {
		ck_assert_int_lt(i, 300);
		p->now_ms += 500;
		step(p, &lossy);
	}
	same(p);
}

START_TEST(awkward_tiles_are_exact)
{
	static const struct sek_encode_options modes[] = {
		{ .lossless = true, .jpeg_quality = 80, .refine_ms = 500 },
		{ .lossless = true, .fast = true, .jpeg_quality = 80, .refine_ms = 500 },
	};

	for (unsigned mode = 0; mode < 3; mode++) {
		struct pair p;

		pair_init(&p, tiles[_i].w, tiles[_i].h);
		for (unsigned kind = 0; kind < 2 * AWKWARD; kind++) { /* twice: what was learnt meets it again */
			draw_awkward(&p.src, kind * 7 % AWKWARD);
			test_scribble_x(&p.src, kind);
			sek_update_encoder_damage(p.e, whole(&p));
			p.now_ms += 300;
			step(&p, mode < 2 ? &modes[mode] : &lossy);
			if (mode < 2)
				same(&p);
		}
		if (mode == 2)
			until_exact(&p);
		pair_finish(&p);
	}
}
END_TEST

/* --- C and SIMD --- */

struct kept {
	uint8_t *bytes;
	size_t n, size;
};

static sek_status keep(void *user, const uint8_t *bytes, size_t n)
{
	struct kept *k = user;

	if (k->size - k->n < n) {
		k->size = (k->n + n) * 2;
		k->bytes = realloc(k->bytes, k->size);
		ck_assert_ptr_nonnull(k->bytes);
	}
	memcpy(k->bytes + k->n, bytes, n);
	k->n += n;
	return sek_ok();
}

/* A page that scrolls under a fixed heading, with a film in it. */
static struct kept play(const struct sek_simd *simd, const struct sek_encode_options *o)
{
	const struct sek_rect page = { 0, 50, 1366, 718 }, film = { 900, 300, 200, 130 }, all = { 0, 0, 1366, 768 };
	struct sek_update_encoder *e = sek_update_encoder_create(1366, 768);
	struct sek_picture src = test_picture_create(1366, 768);
	struct kept k = { NULL, 0, 0 };

	ck_assert(e && sek_is_ok(sek_update_encoder_resize(e, 1366, 768)));
	e->simd = simd;
	test_draw_text(&src, all, 0, 2);
	for (uint32_t i = 0; i < 14; i++) {
		bool sent = false;

		test_draw_text(&src, page, 300 + i * 37, 1);
		if (i > 5)
			test_draw_photo(&src, film, i);
		test_scribble_x(&src, i + (uint32_t)(simd - sek_simd_kind(0))); /* must not matter */
		sek_update_encoder_damage(e, all);
		ck_assert(sek_is_ok(sek_update_encoder_encode(e, &src, i, 100 + i * 40, o, keep, &k, &sent)));
	}
	sek_update_encoder_destroy(e);
	test_picture_destroy(&src);
	return k;
}

START_TEST(every_processor_makes_the_same_bytes)
{
	static const struct sek_encode_options modes[] = {
		{ .lossless = true, .jpeg_quality = 80, .refine_ms = 500 },
		{ .jpeg_quality = 80, .refine_ms = 100 },
		{ .fast = true, .jpeg_quality = 90, .refine_ms = 100 },
	};
	struct kept plain = play(sek_simd_kind(0), &modes[_i]);

	ck_assert_uint_gt(plain.n, 0);
	for (unsigned kind = 1; kind < 3; kind++) { /* which of them this processor has */
		struct kept k;

		if (!sek_simd_kind(kind))
			continue;
		k = play(sek_simd_kind(kind), &modes[_i]);
		ck_assert_uint_eq(k.n, plain.n);
		ck_assert_int_eq(memcmp(k.bytes, plain.bytes, k.n), 0);
		free(k.bytes);
	}
	free(plain.bytes);
}
END_TEST

/* --- a frame that breaks off, and another size --- */

START_TEST(a_resize_in_mid_frame_leaves_nothing_behind)
{
	static const struct {
		uint16_t w, h;
	} after[] = { { 1200, 900 }, { 1, 1 }, { 1199, 901 }, { 640, 1000 } };
	const struct sek_encode_options *o = _i % 2 ? &lossy : &exact;
	struct pair p;
	bool sent = false;

	pair_init(&p, 1200, 1000);
	for (unsigned i = 0; i < 4; i++) {
		p.now_ms += 20;
		/* large enough for many messages; the line goes after the third */
		test_draw_noise(&p.src, whole(&p), i);
		sek_update_encoder_damage(p.e, whole(&p));
		p.to.fail_after = 2 + (unsigned)_i / 2;
		ck_assert(sek_is(sek_update_encoder_encode(p.e, &p.src, p.frame, p.now_ms, &exact, test_receiver_emit, &p.to, &sent),
			SEK_E_IO));
		ck_assert(p.to.in_frame);
		ck_assert(sek_is_ok(sek_update_encoder_resize(p.e, after[i].w, after[i].h)));
		p.src.width_px = p.to.pic.width_px = after[i].w;
		p.src.height_px = p.to.pic.height_px = after[i].h;
		p.to.in_frame = false; /* SIZE: what a receiver had of the frame is nothing now */
		test_receiver_forget(&p.to);
		test_draw_text(&p.src, whole(&p), i * 50, 1);
		step(&p, o);
		ck_assert_uint_eq(p.to.keyframes, 1);
		test_draw_photo(&p.src, whole(&p), i);
		sek_update_encoder_damage(p.e, whole(&p));
		p.now_ms += 20;
		step(&p, o);
		if (o == &lossy)
			until_exact(&p);
		same(&p);
		/* and back to a size that has room for many messages */
		ck_assert(sek_is_ok(sek_update_encoder_resize(p.e, 1200, 1000)));
		p.src.width_px = p.to.pic.width_px = 1200;
		p.src.height_px = p.to.pic.height_px = 1000;
		step(&p, &exact);
	}
	pair_finish(&p);
}
END_TEST

/* --- the sizes that people have --- */

static const struct {
	uint16_t w, h;
} screens[] = { { 1366, 768 }, { 1920, 1080 }, { 3840, 2160 } };

START_TEST(a_page_that_scrolls_is_exact_once_still)
{
	struct pair p;

	pair_init(&p, screens[_i].w, screens[_i].h);
	for (unsigned i = 0; i < 5; i++) {
		test_draw_text(&p.src, whole(&p), i * 53, 1);
		test_draw_photo(&p.src, (struct sek_rect){ 200, (uint16_t)(500 - i * 53), 300, 200 }, 1);
		sek_update_encoder_damage(p.e, whole(&p));
		p.now_ms += 17;
		step(&p, &lossy);
	}
	until_exact(&p);
	pair_finish(&p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("codec property");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, awkward_tiles_are_exact, 0, (int)(sizeof tiles / sizeof tiles[0]));
	tcase_add_loop_test(t, every_processor_makes_the_same_bytes, 0, 3);
	tcase_add_loop_test(t, a_resize_in_mid_frame_leaves_nothing_behind, 0, 4);
	tcase_add_loop_test(t, a_page_that_scrolls_is_exact_once_still, 0, 3);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
