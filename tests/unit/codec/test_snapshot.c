/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Snapshots: whoever begins to read at one has, of every tile that is not owed to him, pixel for pixel what the client has,
 * after every frame; and soon nothing is owed. The client itself never notices. Scrolls, films, photographs, refinement, slow
 * lines and other sizes come as a random number says; snapshots begin and are sliced at any time.
 */
#include "pair.h"
#include "protocol/codec/encoder_state.h"

#define READERS 4
#define MAX_W 900
#define MAX_H 700

/* Somebody who began at a snapshot, or (whole) from the beginning on. */
struct reader {
	struct sek_painter *painter;
	struct sek_picture pic;
	bool begun;    /* at the snapshot that is the newest, if it is `newest` */
	bool complete; /* its snapshot has ended */
};

struct scene {
	struct sek_update_encoder *e;
	struct sek_picture src;
	struct reader client, readers[READERS];
	size_t next, newest;
	struct test_random random;
	uint64_t now_ms;
	uint32_t frame, sliced; /* sliced: the frame number that slices have to say */
	unsigned snapshots, compared, aside, fresh;
	bool fresh_due;   /* the next message for the client has to start DRAWN anew */
	bool aside_ended;
	unsigned scroll;
	struct sek_rect film;
	bool film_plays;
};

static void paint(struct reader *r, const uint8_t *bytes, const struct sek_frame *f)
{
	uint32_t frame;

	ck_assert(sek_is_ok(sek_paint_update(r->painter, &r->pic, f->flags, bytes + SEK_FRAME_HEADER_BYTES, f->payload_bytes, NULL,
		NULL, &frame)));
}

static sek_status to_client(void *user, const uint8_t *bytes, size_t n)
{
	struct scene *s = user;
	struct sek_frame f;
	size_t total;

	ck_assert(sek_is_ok(sek_frame_whole(bytes, n, SEK_LINK_CLIENT, SEK_DIR_DOWN, &f, &total)) && total == n);
	if (s->fresh_due)
		ck_assert_uint_ne(f.flags & (SEK_UPDATE_KEYFRAME | SEK_UPDATE_FRESH), 0);
	s->fresh_due = false;
	s->fresh += (f.flags & SEK_UPDATE_FRESH) != 0;
	paint(&s->client, bytes, &f);
	for (size_t i = 0; i < READERS; i++) {
		struct reader *r = &s->readers[i];

		if (r->begun)
			paint(r, bytes, &f);
		if (r->begun && (f.flags & SEK_UPDATE_KEYFRAME))
			r->complete = true;
	}
	return sek_ok();
}

static sek_status to_recording(void *user, const uint8_t *bytes, size_t n)
{
	struct scene *s = user;
	struct sek_frame f;
	uint32_t frame;
	struct sek_reader in;
	size_t total;

	ck_assert(sek_is(sek_frame_whole(bytes, n, SEK_LINK_CLIENT, SEK_DIR_DOWN, &f, &total), SEK_E_MALFORMED));
	ck_assert(sek_is_ok(sek_frame_whole(bytes, n, SEK_LINK_HUB, SEK_DIR_DOWN, &f, &total)) && total == n);
	ck_assert(f.type == SEK_MSG_UPDATE && (f.flags & SEK_UPDATE_ASIDE));
	sek_reader_init(&in, bytes + SEK_FRAME_HEADER_BYTES, 4);
	ck_assert(sek_is_ok(sek_read_u32(&in, &frame)) && frame == s->sliced);
	s->aside++;
	if (f.flags & SEK_UPDATE_KEYFRAME) {
		struct reader *r = &s->readers[s->newest = s->next++ % READERS];

		sek_painter_destroy(r->painter);
		r->painter = sek_painter_create();
		r->begun = true;
		r->complete = false;
		test_draw_noise(&r->pic, (struct sek_rect){ 0, 0, MAX_W, MAX_H }, 5); /* a keyframe starts from black, whatever was there */
		r->pic.width_px = s->src.width_px;
		r->pic.height_px = s->src.height_px;
		s->fresh_due = true;
	}
	paint(&s->readers[s->newest], bytes, &f);
	s->aside_ended = (f.flags & SEK_UPDATE_END) != 0;
	s->readers[s->newest].complete = s->aside_ended;
	return sek_ok();
}

static bool tile_equal(const struct scene *s, const struct reader *r, struct sek_rect t)
{
	for (unsigned y = t.y; y < (unsigned)t.y + t.h; y++) {
		if (memcmp(r->pic.px + (size_t)y * r->pic.stride_px + t.x, s->client.pic.px + (size_t)y * s->client.pic.stride_px + t.x,
			(size_t)t.w * 4) != 0)
			return false;
	}
	return true;
}

static void compare(struct scene *s)
{
	const struct sek_update_encoder *e = s->e;

	for (size_t k = 0; k < READERS; k++) {
		const struct reader *r = &s->readers[k];
		uint8_t owed = SEK_WANTED_WHOLE | (k == s->newest && !r->complete ? SEK_WANTED_PAINT : 0);

		/* one that was broken off before its end is no place to begin */
		if (!r->begun || (!r->complete && (k != s->newest || !sek_update_encoder_snapshotting(e))))
			continue;
		for (size_t i = 0; i < sek_tile_count(e); i++) {
			if (e->wanted[i] & owed)
				continue;
			s->compared++;
			if (!tile_equal(s, r, sek_tile_rect(e, i % e->columns, i / e->columns)))
				ck_abort_msg("reader %zu, frame %u: tile %zu (of %u columns) differs", k, s->frame, i, e->columns);
		}
	}
}

static void draw_page(struct scene *s)
{
	const uint16_t w = s->src.width_px, h = s->src.height_px;

	test_draw_text(&s->src, (struct sek_rect){ 0, 40, (uint16_t)(w - 30), (uint16_t)(h - 40) }, s->scroll, 3);
	/* a photograph that scrolls with the page */
	for (unsigned y = 100; y < 260; y++) {
		if (y + 300 < s->scroll + 40 || y + 300 - s->scroll >= h)
			continue;
		test_draw_photo(&s->src, (struct sek_rect){ 60, (uint16_t)(y + 300 - s->scroll), 250, 1 }, y);
	}
}

static void resize(struct scene *s)
{
	static const uint16_t sizes[][2] = { { MAX_W, MAX_H }, { 640, 480 }, { 257, 641 }, { 64, 64 }, { 833, 77 } };
	size_t k = test_random_below(&s->random, 12);

	k = k < 5 ? k : k % 2; /* mostly the large ones */

	s->src.width_px = s->client.pic.width_px = sizes[k][0];
	s->src.height_px = s->client.pic.height_px = sizes[k][1];
	ck_assert(sek_is_ok(sek_update_encoder_resize(s->e, sizes[k][0], sizes[k][1])));
	for (size_t i = 0; i < READERS; i++)
		s->readers[i].begun = false; /* what was read until now has another size; the keyframe is where all begin anew */
	s->film = (struct sek_rect){ 0, 0, (uint16_t)(sizes[k][0] / 2), (uint16_t)(sizes[k][1] / 2) };
	draw_page(s);
}

static struct sek_rect any_rect(struct scene *s)
{
	uint16_t x = (uint16_t)test_random_below(&s->random, s->src.width_px), y = (uint16_t)test_random_below(&s->random, s->src.height_px);

	return (struct sek_rect){ x, y, (uint16_t)(1 + test_random_below(&s->random, (uint32_t)(s->src.width_px - x))),
		(uint16_t)(1 + test_random_below(&s->random, (uint32_t)(s->src.height_px - y))) };
}

static void act(struct scene *s)
{
	const struct sek_rect all = { 0, 0, s->src.width_px, s->src.height_px };
	struct sek_rect r = any_rect(s);

	if (s->film_plays)
		test_draw_photo(&s->src, s->film, s->frame);
	switch (test_random_below(&s->random, 12)) {
	case 0: s->film_plays = !s->film_plays; break;
	case 1: test_draw_photo(&s->src, r, s->frame); break;
	case 2: test_draw_colours(&s->src, r, 40, s->frame); break;
	case 3: test_draw_flat(&s->src, r, s->frame * 7919 & 0xffffff); break;
	case 4: case 5: case 6: case 7:
		if (s->src.height_px > 200 && s->src.width_px > 100) {
			s->scroll += test_random_below(&s->random, 2) ? 40 : 64;
			draw_page(s);
		}
		break;
	case 8: s->scroll = s->scroll > 30 ? s->scroll - 30 : 0; break;
	case 9: s->now_ms += 700; break; /* time for refinement */
	case 10:
		if (test_random_below(&s->random, 8) == 0)
			resize(s);
		break;
	default: break;
	}
	sek_update_encoder_damage(s->e, all);
}

static void encode(struct scene *s, bool slow)
{
	const struct sek_encode_options o = { .jpeg_quality = 70, .refine_ms = 500, .budget_bytes = slow ? 9000 : 0,
		.hurry = slow && test_random_below(&s->random, 3) == 0 };
	bool sent = false;

	s->now_ms += 16;
	ck_assert(sek_is_ok(sek_update_encoder_encode(s->e, &s->src, s->frame, s->now_ms, &o, to_client, s, &sent)));
	s->sliced = s->frame;
	s->frame += sent;
	compare(s);
}

static void slice(struct scene *s)
{
	if (!sek_update_encoder_snapshotting(s->e)) {
		sek_update_encoder_snapshot(s->e);
		s->snapshots += sek_update_encoder_snapshotting(s->e);
	}
	if (!sek_update_encoder_snapshotting(s->e))
		return; /* a keyframe comes */
	s->aside_ended = false;
	ck_assert(sek_is_ok(sek_update_encoder_slice(s->e, s->sliced, 1 + test_random_below(&s->random, 60), s->snapshots % 3 == 0,
		to_recording, s)));
	ck_assert(s->aside_ended == !sek_update_encoder_snapshotting(s->e));
	compare(s);
}

static void scene_init(struct scene *s, int seed)
{
	memset(s, 0, sizeof *s);
	s->random.state = (uint64_t)seed * 7919 + 1;
	s->e = sek_update_encoder_create(MAX_W, MAX_H);
	ck_assert_ptr_nonnull(s->e);
	s->src = test_picture_create(MAX_W, MAX_H);
	s->client = (struct reader){ sek_painter_create(), test_picture_create(MAX_W, MAX_H), true, true };
	for (size_t i = 0; i < READERS; i++)
		s->readers[i].pic = test_picture_create(MAX_W, MAX_H);
	s->now_ms = 1000;
	resize(s);
}

static void scene_finish(struct scene *s)
{
	for (size_t i = 0; i < READERS; i++) {
		sek_painter_destroy(s->readers[i].painter);
		test_picture_destroy(&s->readers[i].pic);
	}
	sek_painter_destroy(s->client.painter);
	test_picture_destroy(&s->client.pic);
	test_picture_destroy(&s->src);
	sek_update_encoder_destroy(s->e);
}

static bool nothing_owed(const struct scene *s)
{
	for (size_t i = 0; i < sek_tile_count(s->e); i++) {
		if (s->e->wanted[i])
			return false;
	}
	return true;
}

START_TEST(who_begins_at_a_snapshot_has_what_the_client_has)
{
	struct scene s;

	scene_init(&s, _i);
	for (unsigned turn = 0; turn < 220; turn++) {
		act(&s);
		encode(&s, _i % 3 == 2);
		if (sek_update_encoder_snapshotting(s.e) ? turn % 2 == 0 : test_random_below(&s.random, 12) == 0)
			slice(&s);
	}
	/* then all is still */
	s.film_plays = false;
	for (unsigned turn = 0; sek_update_encoder_snapshotting(s.e) || sek_update_encoder_dirty(s.e) ||
		sek_update_encoder_refine_at_ms(s.e, &lossy) != 0; turn++) {
		ck_assert_uint_lt(turn, 2000);
		s.now_ms += 200;
		encode(&s, _i % 3 == 2);
		if (sek_update_encoder_snapshotting(s.e))
			slice(&s);
	}
	encode(&s, false);
	ck_assert(nothing_owed(&s));
	ck_assert_uint_gt(s.snapshots, 5);
	ck_assert_uint_ge(s.aside, s.snapshots);
	ck_assert_uint_gt(s.fresh, 3);
	ck_assert_uint_gt(s.compared, 1000);
	scene_finish(&s);
}
END_TEST

/* A picture of which every tile is exact, and nothing happens: one slice, nothing for the client, and it is as it was. */
START_TEST(a_quiet_picture_costs_the_client_nothing)
{
	struct scene s;
	bool sent = false;

	scene_init(&s, 1);
	do {
		s.now_ms += 600;
		encode(&s, false);
	} while (sek_update_encoder_refine_at_ms(s.e, &lossy) != 0);
	ck_assert(sek_update_encoder_exact(s.e));
	sek_update_encoder_snapshot(s.e);
	ck_assert(sek_is_ok(sek_update_encoder_slice(s.e, s.sliced, SIZE_MAX / 64, _i != 0, to_recording, &s)));
	ck_assert(s.aside_ended && !sek_update_encoder_snapshotting(s.e) && nothing_owed(&s) && !sek_update_encoder_dirty(s.e));
	compare(&s);
	ck_assert(sek_is_ok(sek_update_encoder_encode(s.e, &s.src, s.frame, s.now_ms + 16, &lossy, to_client, &s, &sent)) && !sent);
	test_draw_flat(&s.src, (struct sek_rect){ 0, 0, 10, 10 }, 0x123456);
	sek_update_encoder_damage(s.e, (struct sek_rect){ 0, 0, 10, 10 });
	ck_assert_uint_eq(s.fresh, 0);
	encode(&s, false);
	ck_assert_uint_eq(s.fresh, 1);
	scene_finish(&s);
}
END_TEST

/* What the client has only approximately is black at first, and there with the very next frame. */
START_TEST(what_is_approximate_is_sent_again_at_once)
{
	struct scene s;
	bool sent = false;

	scene_init(&s, 1);
	test_draw_photo(&s.src, (struct sek_rect){ 0, 0, s.src.width_px, s.src.height_px }, 9);
	encode(&s, false);
	ck_assert(!sek_update_encoder_exact(s.e));
	sek_update_encoder_snapshot(s.e);
	ck_assert(sek_is_ok(sek_update_encoder_slice(s.e, s.sliced, SIZE_MAX / 64, false, to_recording, &s)));
	ck_assert(s.aside_ended && sek_update_encoder_dirty(s.e) && !nothing_owed(&s));
	ck_assert(sek_is_ok(sek_update_encoder_encode(s.e, &s.src, s.frame, s.now_ms + 16, &lossy, to_client, &s, &sent)) && sent);
	ck_assert(nothing_owed(&s));
	compare(&s);
	ck_assert_uint_ge(s.compared, sek_tile_count(s.e));
	scene_finish(&s);
}
END_TEST

/* A keyframe is a place to begin as well: it ends whatever was wanted. */
START_TEST(a_keyframe_makes_a_snapshot_useless)
{
	struct scene s;

	scene_init(&s, 1);
	sek_update_encoder_snapshot(s.e);
	ck_assert(!sek_update_encoder_snapshotting(s.e)); /* the first frame is one */
	encode(&s, false);
	sek_update_encoder_snapshot(s.e);
	ck_assert(sek_is_ok(sek_update_encoder_slice(s.e, s.sliced, 1, false, to_recording, &s)));
	ck_assert(sek_update_encoder_snapshotting(s.e));
	sek_update_encoder_refresh(s.e);
	ck_assert(!sek_update_encoder_snapshotting(s.e));
	ck_assert(sek_is(sek_update_encoder_slice(s.e, s.sliced, 1, false, to_recording, &s), SEK_E_INTERNAL));
	encode(&s, false);
	ck_assert(nothing_owed(&s) && s.fresh == 0);
	/* and one that is stopped leaves nothing but a fresh start */
	sek_update_encoder_snapshot(s.e);
	ck_assert(sek_is_ok(sek_update_encoder_slice(s.e, s.sliced, 1, false, to_recording, &s)));
	sek_update_encoder_snapshot_stop(s.e);
	ck_assert(!sek_update_encoder_snapshotting(s.e));
	scene_finish(&s);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("codec snapshot");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, who_begins_at_a_snapshot_has_what_the_client_has, 0, 6);
	tcase_add_loop_test(t, a_quiet_picture_costs_the_client_nothing, 0, 2);
	tcase_add_test(t, what_is_approximate_is_sent_again_at_once);
	tcase_add_test(t, a_keyframe_makes_a_snapshot_useless);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
