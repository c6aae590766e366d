/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a native client does with updates: painted or only checked, the same is told and the same is refused; frames come in their order.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "client/stream/stream_private.h"
#include "protocol/wire/wire.h"

struct seen {
	struct sek_rect rects[16];
	unsigned n, frames;
};

static void on_painted(void *user, struct sek_rect r)
{
	struct seen *s = user;

	ck_assert_uint_lt(s->n, 16);
	s->rects[s->n++] = r;
}

static void on_frame(void *user, uint32_t frame)
{
	struct seen *s = user;

	(void)frame;
	s->frames++;
}

static struct sek_stream *make(bool check_only, struct seen *seen)
{
	struct sek_stream *s = calloc(1, sizeof *s);
	uint8_t memory[64];
	struct sek_writer w;

	ck_assert_ptr_nonnull(s);
	s->ops = (struct sek_stream_ops){ .painted = on_painted, .frame = on_frame };
	s->user = seen;
	if (check_only) {
		s->scratch = calloc(1, sizeof *s->scratch);
		sek_drawn_reset(&s->scratch->model);
	} else {
		s->painter = sek_painter_create();
	}
	sek_writer_init(&w, memory, sizeof memory);
	sek_size_write(&w, &(struct sek_size){ 640, 480 });
	ck_assert(sek_is_ok(sek_stream_take(s, memory, w.len)));
	return s;
}

/* One UPDATE with one FILL. */
static sek_status give(struct sek_stream *s, uint8_t flags, uint32_t frame, uint16_t x, uint16_t w_px)
{
	uint8_t memory[64];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_write_u8(&w, SEK_MSG_UPDATE);
	sek_write_u8(&w, flags);
	sek_write_u16(&w, 0);
	sek_write_u32(&w, 8 + 12);
	sek_write_u32(&w, frame);
	sek_write_u16(&w, 1);
	sek_write_u16(&w, 0);
	sek_write_u8(&w, SEK_OP_FILL);
	sek_write_u16(&w, x);
	sek_write_u16(&w, 3);
	sek_write_u16(&w, w_px);
	sek_write_u16(&w, 5);
	sek_write_u8(&w, 1);
	sek_write_u8(&w, 2);
	sek_write_u8(&w, 3);
	return sek_stream_take(s, memory, w.len);
}

static const uint8_t key_end = SEK_UPDATE_KEYFRAME | SEK_UPDATE_END, end = SEK_UPDATE_END;

START_TEST(checked_is_told_as_painted_is)
{
	for (unsigned check_only = 0; check_only < 2; check_only++) {
		struct seen seen = { 0 };
		struct sek_stream *s = make(check_only, &seen);
		unsigned before;

		ck_assert(sek_is_ok(give(s, key_end, 7, 0, 10)));
		before = seen.n;
		ck_assert(sek_is_ok(give(s, end, 8, 100, 20)));
		ck_assert_uint_eq(seen.n, before + 1);
		ck_assert(seen.rects[before].x == 100 && seen.rects[before].y == 3 && seen.rects[before].w == 20 && seen.rects[before].h == 5);
		ck_assert_uint_eq(seen.frames, 2);
		ck_assert_uint_eq(s->figures.frames, 2);
		ck_assert_uint_eq(s->out_len, 2 * (SEK_FRAME_HEADER_BYTES + SEK_MSG_ACK_MAX_BYTES)); /* each is acknowledged */
		ck_assert((sek_stream_picture(s)->px == NULL) == (check_only == 1));
		ck_assert(sek_is(give(s, end, 9, 630, 11), SEK_E_MALFORMED)); /* reaches outside */
		sek_stream_destroy(s);
	}
}
END_TEST

START_TEST(frames_come_in_their_order)
{
	for (unsigned check_only = 0; check_only < 2; check_only++) {
		static const struct {
			uint8_t flags;
			uint32_t frame;
			bool ok;
		} rows[] = {
			{ SEK_UPDATE_KEYFRAME, 5, true }, /* in two parts */
			{ SEK_UPDATE_END, 5, true },
			{ SEK_UPDATE_END, 6, true },
			{ 0, 7, true },
			{ SEK_UPDATE_END, 8, false },      /* a part of another frame */
			{ SEK_UPDATE_END, 7, true },
			{ SEK_UPDATE_END, 9, false },      /* one is missing */
			{ SEK_UPDATE_END, 7, false },      /* once more */
			{ SEK_UPDATE_KEYFRAME | SEK_UPDATE_END, 1, true }, /* another encoder begins anew */
			{ SEK_UPDATE_KEYFRAME | SEK_UPDATE_END, UINT32_MAX, true },
			{ SEK_UPDATE_END, 0, true },       /* modulo 2^32 */
		};
		struct seen seen = { 0 };
		struct sek_stream *s = make(check_only, &seen);

		for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
			uint32_t frame = s->frame;
			bool in_frame = s->in_frame;

			ck_assert_msg(sek_is_ok(give(s, rows[i].flags, rows[i].frame, 0, 1)) == rows[i].ok, "row %zu", i);
			if (!rows[i].ok) { /* the session would be over: here it goes on as if it had not come */
				s->frame = frame;
				s->in_frame = in_frame;
			}
		}
		sek_stream_destroy(s);
	}
}
END_TEST

START_TEST(nothing_is_shown_before_a_size)
{
	struct sek_stream *s = calloc(1, sizeof *s);

	s->scratch = calloc(1, sizeof *s->scratch);
	ck_assert(sek_is(give(s, key_end, 1, 0, 1), SEK_E_MALFORMED));
	sek_stream_destroy(s);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("load.stream");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, checked_is_told_as_painted_is);
	tcase_add_test(t, frames_come_in_their_order);
	tcase_add_test(t, nothing_is_shown_before_a_size);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
