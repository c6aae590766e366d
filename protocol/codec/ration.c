/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A frame for a slow line: of about o->budget_bytes, in the order of what a person waits for. First what lies beside
 * o->first (the caret), then what is exact and therefore small, then photographs and films, each of the latter two going on
 * where the last frame stopped, so that nothing is forgotten. A tile that has to wait is not taken into the encoder's
 * picture: it stays damaged and is compared again, then with what it shows by that time.
 */
#include "protocol/codec/encode.h"
#include "protocol/codec/encoder_state.h"

/* Of the budget, for what is exact while photographs wait: they get the rest. */
#define EXACT_SHARE(budget) ((budget) / 4 * 3)
/* Below it neighbours are not gathered: together they would be too large. */
#define SMALL_BYTES 16384
/* What changes again within this time moves. */
#define MOVES_GAP_MS 250
#define EDGE_AREA (SEK_TILE_AREA / 32)
/* So far from o->first to its left and right, and a tile above and below, is beside it. */
#define BESIDE_PX (2 * SEK_TILE_PX)

static void wait(struct sek_update_encoder *e, size_t i, bool photo)
{
	e->damaged[i] = 1;
	e->figures.left = true;
	if (photo)
		e->figures.left_px += (uint64_t)e->change[i].w * e->change[i].h;
}

/* Which tiles a round takes. */
enum round {
	ROUND_FIRST,  /* those that o->first lies in */
	ROUND_BESIDE, /* those around them */
	ROUND_REST,
};

static bool is_of(enum round round, struct sek_rect t, struct sek_rect first)
{
	uint32_t x = round == ROUND_BESIDE ? BESIDE_PX : 0, y = round == ROUND_BESIDE ? SEK_TILE_PX : 0;

	return round == ROUND_REST || (t.x < first.x + first.w + x && t.x + t.w + x > first.x && t.y < first.y + first.h + y &&
		t.y + t.h + y > first.y);
}

void sek_encode_watch(const struct sek_job *j)
{
	struct sek_update_encoder *e = j->e;

	if (j->o->budget_bytes == 0)
		return;
	for (size_t i = 0; i < sek_tile_count(e); i++) {
		if (!e->touched[i])
			continue;
		e->touched[i] = 0;
		if (j->now_ms - e->touched_ms[i] > MOVES_GAP_MS)
			e->touches[i] = 0;
		if (e->touches[i] < SEK_FILM_CHANGES && (uint32_t)e->change[i].w * e->change[i].h >= EDGE_AREA)
			e->touches[i]++;
		e->touched_ms[i] = j->now_ms;
	}
}

static bool is_lively(const struct sek_job *j, size_t i)
{
	return j->e->touches[i] == SEK_FILM_CHANGES && j->now_ms - j->e->touched_ms[i] <= MOVES_GAP_MS;
}

/* Most of the tile; or a strip of it, as at the edge of a film that plays beside it. */
bool sek_encode_moves(const struct sek_job *j, size_t i)
{
	const struct sek_update_encoder *e = j->e;
	size_t column = i % e->columns, beside = 0;

	if (j->o->budget_bytes == 0 || !is_lively(j, i))
		return false;
	if ((uint32_t)e->change[i].w * e->change[i].h >= SEK_FILM_AREA)
		return true;
	beside += column > 0 && is_lively(j, i - 1);
	beside += column + 1 < e->columns && is_lively(j, i + 1);
	beside += i >= e->columns && is_lively(j, i - e->columns);
	beside += i + e->columns < sek_tile_count(e) && is_lively(j, i + e->columns);
	return beside >= 2;
}

/* Whatever it was before, and however often it changes: a flat tile costs nothing. Its first row tells most that are not
 * flat from those that are. */
static bool is_flat(const struct sek_job *j, const struct sek_picture *part, struct sek_rect r)
{
	struct sek_update_encoder *e = j->e;

	for (uint16_t h = 1;; h = r.h) {
		sek_load(part, (struct sek_rect){ 0, 0, r.w, h }, e->peek, SEK_TILE_PX);
		sek_classify(e->simd, e->peek, SEK_TILE_PX, r.w, h, false, &e->look);
		if (e->look.look != SEK_LOOK_FLAT || h == r.h)
			return e->look.look == SEK_LOOK_FLAT;
	}
}

/* What the tile will be sent as, found on a copy of its own. What has been sent as a photograph is taken for one again. */
static bool is_photo(const struct sek_job *j, size_t i)
{
	struct sek_update_encoder *e = j->e;
	struct sek_rect r = e->change[i];
	struct sek_picture part = { .px = j->src->px + (size_t)r.y * j->src->stride_px + r.x, .width_px = r.w, .height_px = r.h,
		.stride_px = j->src->stride_px };

	if (!j->o->lossless && (e->lossy[i] || sek_encode_moves(j, i)))
		return !is_flat(j, &part, r);
	sek_load(&part, (struct sek_rect){ 0, 0, r.w, r.h }, e->peek, SEK_TILE_PX);
	sek_classify(e->simd, e->peek, SEK_TILE_PX, r.w, r.h, j->o->fast, &e->look);
	return e->look.look == SEK_LOOK_PHOTO && !j->o->lossless;
}

/* The `n`th tile from `start` on, round and round; its rectangle in *ret. */
static size_t turn(const struct sek_update_encoder *e, size_t start, size_t n, struct sek_rect *ret)
{
	size_t i = (start + n) % sek_tile_count(e);

	*ret = sek_tile_rect(e, i % e->columns, i / e->columns);
	return i;
}

static sek_status take(const struct sek_job *j, size_t i, struct sek_rect whole)
{
	SEK_TRY(sek_encode_tile(j, i, whole));
	j->e->change[i].w = 0;
	return sek_ok();
}

static sek_status take_exact(const struct sek_job *j, enum round round, size_t most)
{
	struct sek_update_encoder *e = j->e;
	size_t tiles = sek_tile_count(e), start = round != ROUND_REST || e->exact_next >= tiles ? 0 : e->exact_next;
	bool full = false;
	size_t used;
	sek_status s;

	for (size_t n = 0; n < tiles; n++) {
		struct sek_rect whole;
		size_t i = turn(e, start, n, &whole);

		if (e->change[i].w == 0 || !is_of(round, whole, j->o->first) || is_photo(j, i))
			continue;
		used = sek_message_bytes(&e->message);
		if (!full && used > 0 && used >= most) {
			full = true;
			if (round == ROUND_REST)
				e->exact_next = i;
		}
		if (full) {
			wait(e, i, false);
			e->change[i].w = 0;
			continue;
		}
		e->peeked = true;
		s = take(j, i, whole);
		e->peeked = false;
		SEK_TRY(s);
		if (most < SMALL_BYTES)
			SEK_TRY(sek_encode_flush(e));
	}
	return sek_encode_flush(e);
}

/* What is left now are photographs. They are gathered row by row up to the end of the picture and from its start, because
 * only then neighbours share a JPEG. */
static sek_status take_photos(const struct sek_job *j, size_t most)
{
	struct sek_update_encoder *e = j->e;
	size_t tiles = sek_tile_count(e), start = e->photo_next < tiles ? e->photo_next : 0;
	size_t used = sek_message_bytes(&e->message), room = most > used ? most - used : 0;
	uint64_t px_most = (uint64_t)room * 1024 / e->photo_cost, px = 0;
	bool full = j->o->hurry || (room == 0 && used > 0);

	for (size_t n = 0; n < tiles; n++) {
		struct sek_rect whole;
		size_t i = turn(e, start, n, &whole);

		if (i == 0 && px > 0)
			SEK_TRY(sek_encode_areas(j, room));
		if (e->change[i].w == 0)
			continue;
		if (!full && px > 0 && px + (uint64_t)whole.w * whole.h > px_most) {
			full = true;
			e->photo_next = i;
		}
		if (full) {
			wait(e, i, true);
			continue;
		}
		used = sek_message_bytes(&e->message);
		SEK_TRY(take(j, i, whole));
		/* what changed that often may turn out to be no photograph: it takes what it takes */
		px += e->look.look == SEK_LOOK_PHOTO ? (uint64_t)whole.w * whole.h :
			(uint64_t)(sek_message_bytes(&e->message) - used) * 1024 / e->photo_cost;
	}
	return sek_encode_areas(j, room);
}

sek_status sek_encode_rationed(const struct sek_job *j)
{
	struct sek_update_encoder *e = j->e;
	size_t budget = j->o->budget_bytes;

	if (j->o->first.w > 0) {
		SEK_TRY(take_exact(j, ROUND_FIRST, budget));
		SEK_TRY(take_exact(j, ROUND_BESIDE, budget));
	}
	SEK_TRY(take_exact(j, ROUND_REST, j->o->hurry ? budget : EXACT_SHARE(budget)));
	SEK_TRY(take_photos(j, budget));
	if (e->figures.photo_px > 0)
		e->photo_cost = (uint32_t)(e->figures.photo_bytes * 1024 / e->figures.photo_px) + 1;
	return sek_ok();
}
