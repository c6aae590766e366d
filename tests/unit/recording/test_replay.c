/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A recording's picture, from the beginning and from a snapshot in its middle, that comes in slices between the frames: nothing
 * is shown before all of it is there, and then it is the client's.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "pictures.h"
#include "protocol/codec/encode.h"
#include "protocol/recording/replay.h"

#define W 500
#define H 400

struct scene {
	struct sek_update_encoder *e;
	struct sek_picture src;
	struct sek_replay *whole, *late; /* from the beginning; from the snapshot */
	bool ended;
	unsigned asides;
};

static void take(struct sek_replay *r, enum sek_entry_kind kind, const uint8_t *bytes, size_t n, bool *ret_changed)
{
	const struct sek_entry e = { kind, 0, bytes, (uint32_t)n };

	ck_assert(sek_is_ok(sek_replay_take(r, &e, ret_changed)));
}

static sek_status to_client(void *user, const uint8_t *bytes, size_t n)
{
	struct scene *s = user;
	bool changed;

	take(s->whole, SEK_ENTRY_DOWN, bytes, n, &changed);
	ck_assert(changed);
	if (s->late)
		take(s->late, SEK_ENTRY_DOWN, bytes, n, &changed);
	return sek_ok();
}

static sek_status to_recording(void *user, const uint8_t *bytes, size_t n)
{
	struct scene *s = user;
	bool changed;

	take(s->whole, SEK_ENTRY_ASIDE, bytes, n, &changed);
	ck_assert(!changed); /* who follows already has that picture */
	take(s->late, SEK_ENTRY_ASIDE, bytes, n, &changed);
	s->ended = bytes[1] & SEK_UPDATE_END;
	ck_assert(changed == s->ended);
	s->asides++;
	return sek_ok();
}

static void size(struct sek_replay *r)
{
	uint8_t bytes[SEK_FRAME_HEADER_BYTES + SEK_MSG_SIZE_MAX_BYTES];
	struct sek_writer w;
	bool changed;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_size_write(&w, &(struct sek_size){ W, H });
	take(r, SEK_ENTRY_DOWN, bytes, w.len, &changed);
}

static void frame(struct scene *s, uint32_t i)
{
	const struct sek_encode_options o = { .jpeg_quality = 80, .refine_ms = 100000 };
	const struct sek_rect all = { 0, 0, W, H };
	bool sent = false;

	test_draw_text(&s->src, all, i * 40, 1);
	test_draw_photo(&s->src, (struct sek_rect){ 50, 50, 150, 130 }, i);
	sek_update_encoder_damage(s->e, all);
	ck_assert(sek_is_ok(sek_update_encoder_encode(s->e, &s->src, i, i * 20, &o, to_client, s, &sent)) && sent);
}

static bool same(const struct scene *s)
{
	struct sek_picture a = sek_replay_picture(s->whole), b = sek_replay_picture(s->late);
	unsigned x, y;

	return b.width_px == W && test_picture_equal(&a, &b, &x, &y);
}

START_TEST(from_a_snapshot_in_the_middle)
{
	struct scene s = { sek_update_encoder_create(W, H), test_picture_create(W, H), sek_replay_create(), NULL, false, 0 };
	uint32_t i;

	ck_assert(s.e && s.whole && sek_is_ok(sek_update_encoder_resize(s.e, W, H)));
	size(s.whole);
	for (i = 0; i < 5; i++)
		frame(&s, i);
	s.late = sek_replay_create();
	ck_assert_ptr_nonnull(s.late);
	size(s.late);
	frame(&s, i++); /* refers to what it has not seen */
	ck_assert_uint_eq(sek_replay_picture(s.late).width_px, 0);
	sek_update_encoder_snapshot(s.e);
	while (sek_update_encoder_snapshotting(s.e)) {
		ck_assert_uint_eq(sek_replay_picture(s.late).width_px, 0);
		ck_assert(sek_is_ok(sek_update_encoder_slice(s.e, i - 1, 8, false, to_recording, &s)));
		if (_i == 0)
			frame(&s, i++);
	}
	ck_assert(s.ended && s.asides > 1);
	ck_assert_uint_eq(sek_replay_picture(s.late).width_px, W);
	frame(&s, i++); /* what was only approximate comes again */
	ck_assert(same(&s));
	frame(&s, i++);
	ck_assert(same(&s));
	/* one that is broken off */
	s.ended = false;
	sek_update_encoder_snapshot(s.e);
	sek_replay_destroy(s.late);
	s.late = sek_replay_create();
	size(s.late);
	ck_assert(sek_is_ok(sek_update_encoder_slice(s.e, i - 1, 1, false, to_recording, &s)) && !s.ended);
	/* a keyframe breaks it off, and is as good */
	sek_update_encoder_refresh(s.e);
	frame(&s, i++);
	ck_assert(same(&s));
	sek_replay_destroy(s.late);
	sek_replay_destroy(s.whole);
	test_picture_destroy(&s.src);
	sek_update_encoder_destroy(s.e);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("recording replay");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, from_a_snapshot_in_the_middle, 0, 2);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
