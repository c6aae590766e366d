/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Encodes a sequence once. Must encode as sekisho-capture does: what the decoders of a load test read is what they read in earnest.
 */
#include "client/load/synthetic/track.h"

#include <stdlib.h>
#include <string.h>

#include "client/load/marker.h"
#include "protocol/codec/encode.h"

/* As in render-host/capture/screen.c. */
static const struct sek_encode_options as_capture = { .fast = true, .jpeg_quality = 90, .refine_ms = 200 };
/* A keyframe is not refined afterwards. */
static const struct sek_encode_options exactly = { .fast = true, .lossless = true };

struct maker {
	struct sek_track *track;
	struct sek_update_encoder *moving, *standing; /* of the frames, of the keyframes */
	struct sek_picture picture;
	struct sek_rect marker;
	struct sek_track_frame frame; /* that is being made */
};

static sek_status on_message(void *user, const uint8_t *bytes, size_t n)
{
	struct sek_track_frame *f = user;
	uint8_t *more = realloc(f->bytes, f->n + n);

	if (!more)
		return sek_fail(SEK_E_NOMEM);
	memcpy(more + f->n, bytes, n);
	f->bytes = more;
	f->n += n;
	return sek_ok();
}

static void on_changed(void *user, struct sek_rect r)
{
	struct maker *m = user;

	sek_update_encoder_damage(m->moving, r);
}

static void clear_marker(struct maker *m)
{
	for (unsigned y = m->marker.y; y < (unsigned)m->marker.y + m->marker.h; y++)
		for (unsigned x = m->marker.x; x < (unsigned)m->marker.x + m->marker.w; x++)
			m->picture.px[(size_t)y * m->picture.stride_px + x] = SEK_MARKER_EVEN;
}

/* The flag of the last message goes: the session adds the marker's tile behind it. */
static void leave_open(struct sek_track_frame *f)
{
	size_t at = 0;

	while (at < f->n) {
		uint8_t *head = f->bytes + at;
		size_t n = SEK_FRAME_HEADER_BYTES + ((size_t)head[4] << 24 | (size_t)head[5] << 16 | (size_t)head[6] << 8 | head[7]);

		head[1] &= (uint8_t)~SEK_UPDATE_END;
		at += n;
	}
}

static sek_status add_entry(struct maker *m)
{
	struct sek_track *t = m->track;
	struct sek_track_entry *e = &t->entries[t->n_entries];
	bool sent;

	sek_update_encoder_refresh(m->standing);
	SEK_TRY(sek_update_encoder_encode(m->standing, &m->picture, 0, 0, &exactly, on_message, &e->keyframe, &sent));
	leave_open(&e->keyframe);
	e->next = t->n_frames;
	t->n_entries++;
	return sek_ok();
}

static sek_status add_frame(struct maker *m, uint64_t now_ms)
{
	struct sek_track *t = m->track;
	bool first = t->n_entries == 0, sent = false;
	sek_status s;

	clear_marker(m);
	m->frame = (struct sek_track_frame){ NULL, 0 };
	s = sek_update_encoder_encode(m->moving, &m->picture, 0, now_ms, &as_capture, on_message, &m->frame, &sent);
	if (!sek_is_ok(s) || !sent || first) { /* the first is a keyframe; an entry stands for it */
		free(m->frame.bytes);
		return sek_is_ok(s) && first ? add_entry(m) : s;
	}
	t->frames[t->n_frames++] = m->frame;
	t->bytes += m->frame.n;
	if (t->n_frames % SEK_TRACK_ENTRY_EVERY == 0 && t->n_entries < SEK_TRACK_ENTRIES_MAX)
		return add_entry(m);
	return sek_ok();
}

static sek_status make(struct maker *m, struct sek_source *source, uint32_t step_ms)
{
	uint64_t now_ms = 1000;
	bool more = true;

	SEK_TRY(sek_update_encoder_resize(m->moving, m->picture.width_px, m->picture.height_px));
	SEK_TRY(sek_update_encoder_resize(m->standing, m->picture.width_px, m->picture.height_px));
	while (more && m->track->n_frames < SEK_TRACK_FRAMES_MAX) {
		more = sek_source_step(source, step_ms, &m->picture, on_changed, m);
		now_ms += step_ms;
		if (more)
			SEK_TRY(add_frame(m, now_ms));
	}
	return m->track->n_entries > 0 ? sek_ok() : sek_fail(SEK_E_NOT_FOUND);
}

sek_status sek_track_make(struct sek_source *source, uint16_t width_px, uint16_t height_px, uint32_t step_ms,
	struct sek_track **ret)
{
	struct maker m = { .marker = sek_marker_tile(width_px, height_px) };
	sek_status s = sek_fail(SEK_E_NOMEM);

	m.picture = (struct sek_picture){ calloc((size_t)width_px * height_px, sizeof(uint32_t)), width_px, width_px, height_px };
	m.track = calloc(1, sizeof *m.track);
	m.moving = sek_update_encoder_create(width_px, height_px);
	m.standing = sek_update_encoder_create(width_px, height_px);
	if (m.picture.px && m.track && m.moving && m.standing) {
		m.track->width_px = width_px;
		m.track->height_px = height_px;
		s = make(&m, source, step_ms);
	}
	sek_update_encoder_destroy(m.moving);
	sek_update_encoder_destroy(m.standing);
	free(m.picture.px);
	if (sek_is_ok(s))
		*ret = m.track;
	else
		sek_track_destroy(m.track);
	return s;
}

void sek_track_destroy(struct sek_track *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n_frames; i++)
		free(t->frames[i].bytes);
	for (size_t i = 0; i < SEK_TRACK_ENTRIES_MAX; i++)
		free(t->entries[i].keyframe.bytes);
	free(t);
}
