/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Snapshots (docs/protocol.md, "Updates for the recording"): the receiver's picture from nothing, in slices between the
 * frames, for whoever begins to read there. Two things are remembered of each tile: that the slices still have to paint it
 * (PAINT), and that the receiver must be sent it again as a whole, because only an approximation of it is there (WHOLE).
 * Both travel with COPY (moves.c) and end when the whole tile is sent. So a reader that began at the snapshot has, of every
 * tile without them, what the receiver has. Never looks at a source.
 */
#include "protocol/codec/encode.h"
#include "protocol/codec/encoder_state.h"

#include <string.h>

/* What a tile costs to code, in tiles of text. */
#define COST_FLAT 1
#define COST_DRAWN 8
#define COST_PHOTO 24
/* A picture that scrolls all the time brings back what is painted already: after so many slices of each tile's worth the
 * rest is painted at once. */
#define ROUNDS_MOST 3

void sek_update_encoder_snapshot(struct sek_update_encoder *e)
{
	if (!e->keyframe && sek_tile_count(e) > 0)
		e->snapshot = (struct sek_snapshot){ .running = true, .first = true };
}

/* Only now: what is sent to the receiver before the first slice is not seen by whoever begins with that. */
static void begin(struct sek_update_encoder *e)
{
	for (size_t i = 0; i < sek_tile_count(e); i++)
		e->wanted[i] |= SEK_WANTED_PAINT;
	e->snapshot.first = false;
	e->snapshot.left = (uint64_t)ROUNDS_MOST * sek_tile_count(e);
	e->wanting = e->fresh = true;
}

void sek_update_encoder_snapshot_stop(struct sek_update_encoder *e)
{
	if (!e->snapshot.running)
		return;
	e->snapshot.running = false;
	for (size_t i = 0; i < sek_tile_count(e); i++)
		e->wanted[i] &= (uint8_t)~SEK_WANTED_PAINT;
}

bool sek_update_encoder_snapshotting(const struct sek_update_encoder *e)
{
	return e->snapshot.running && !e->keyframe;
}

bool sek_update_encoder_exact(const struct sek_update_encoder *e)
{
	return memchr(e->lossy, 1, sek_tile_count(e)) == NULL;
}

void sek_snapshot_forget(struct sek_update_encoder *e)
{
	e->snapshot.running = e->wanting = e->fresh = false;
	memset(e->wanted, 0, sek_tile_count(e));
}

void sek_snapshot_force(struct sek_update_encoder *e)
{
	bool any = false;

	if (!e->wanting)
		return;
	for (size_t i = 0; i < sek_tile_count(e); i++) {
		any = any || e->wanted[i];
		if (e->wanted[i] & SEK_WANTED_WHOLE)
			e->change[i] = sek_tile_rect(e, i % e->columns, i / e->columns);
	}
	e->wanting = any || e->snapshot.running;
}

/* One tile into the slice. Returns what it cost. */
static sek_status paint(const struct sek_job *j, size_t i, size_t *cost)
{
	struct sek_update_encoder *e = j->e;
	struct sek_rect r = sek_tile_rect(e, i % e->columns, i / e->columns);

	e->wanted[i] &= (uint8_t)~SEK_WANTED_PAINT;
	*cost += COST_FLAT;
	if (e->lossy[i]) {
		e->wanted[i] |= SEK_WANTED_WHOLE;
		e->damaged[i] = 1;
		return sek_ok();
	}
	sek_classify(e->simd, e->old + (size_t)r.y * e->stride + r.x, e->stride, r.w, r.h, j->o->fast, &e->look);
	if (e->look.look == SEK_LOOK_FLAT) {
		sek_areas_add(&e->flats, r, e->look.palette[0], UINT16_MAX, UINT32_MAX);
		return sek_ok();
	}
	*cost += e->look.look == SEK_LOOK_PHOTO ? COST_PHOTO : COST_DRAWN;
	return sek_encode_exact(j, i, r);
}

/* Tiles in order from where the last slice ended, to the end of the picture at most: areas are gathered in that order. */
static sek_status paint_some(const struct sek_job *j, size_t effort)
{
	struct sek_update_encoder *e = j->e;
	struct sek_snapshot *s = &e->snapshot;
	size_t cost = 0, i;

	e->flats.n = e->photos.n = 0;
	e->wide.w = 0;
	for (i = s->next; i < sek_tile_count(e) && (cost < effort * COST_DRAWN || s->left == 0); i++) {
		if (!(e->wanted[i] & SEK_WANTED_PAINT))
			continue;
		s->left -= s->left > 0;
		SEK_TRY(paint(j, i, &cost));
	}
	s->next = i < sek_tile_count(e) ? i : 0;
	SEK_TRY(sek_encode_flush(e));
	return sek_encode_areas(j, 0);
}

static bool is_painted(const struct sek_update_encoder *e)
{
	for (size_t i = 0; i < sek_tile_count(e); i++) {
		if (e->wanted[i] & SEK_WANTED_PAINT)
			return false;
	}
	return true;
}

sek_status sek_update_encoder_slice(struct sek_update_encoder *e, uint32_t frame, size_t effort, bool fast,
	sek_emit_fn *emit, void *user)
{
	const struct sek_encode_options o = { .lossless = true, .fast = fast };
	const struct sek_job j = { e, NULL, &o, 0 };
	struct sek_snapshot *snapshot = &e->snapshot;
	sek_status s;

	if (!snapshot->running || e->keyframe)
		return sek_fail(SEK_E_INTERNAL);
	sek_message_start(&e->message, frame, SEK_UPDATE_ASIDE | (snapshot->first ? SEK_UPDATE_KEYFRAME : 0), emit, user);
	if (snapshot->first)
		begin(e);
	s = paint_some(&j, effort);
	if (sek_is_ok(s)) {
		snapshot->running = !is_painted(e);
		s = sek_message_finish(&e->message, !snapshot->running);
	}
	e->keyframe = e->keyframe || !sek_is_ok(s);
	return s;
}
