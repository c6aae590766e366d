/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The order in which a frame is made: moves, then what still differs tile by tile, then refinement. `old` is exactly
 * what the receiver shows but for tiles marked lossy, so whatever the search proposes, and whatever a hostile source
 * does meanwhile, the comparison with `old` makes the result right. Must never decide anything on the source itself.
 */
#include "protocol/codec/encode.h"
#include "protocol/codec/encoder_state.h"

#include <string.h>

/* Lossless bytes spent on refinement in one frame: what moves meanwhile does not wait for long. */
#define REFINE_BYTES (128 * 1024)
/* Fewer changed tiles are cheaper to send than to search for moves. */
#define MOVE_MIN_TILES 8
/* A tile that changes again and again plays a film: at most so long apart. */
#define FILM_GAP_MS 150
/* A photograph that came out larger than a slow line allows is made again, down to this quality. */
#define LEAST_QUALITY 15
/* Fewer colours than this are exact in fewer bytes than a JPEG. */
#define FILM_COLOURS 48
/* A palette of so many is taken for a photograph's when it has to be exact. */
#define SMOOTH_COLOURS 64
/* What was sent as a film is taken for one so many times before it is looked at again. */
#define FILM_TRUST 8
/* The squares in which JPEG codes with half the colours. */
#define FILM_STEP_PX 16
/* Text is no film, even when it comes that fast: of 16 of its pixels, so many equal their left neighbour. */
#define FILM_EQUAL_OF_16 10

static uint32_t *old_at(const struct sek_update_encoder *e, struct sek_rect r)
{
	return e->old + (size_t)r.y * e->stride + r.x;
}

/* A keyframe starts from black. */
static void forget(struct sek_update_encoder *e)
{
	for (size_t y = 0; y < e->height; y++)
		memset(e->old + y * e->stride, 0, (size_t)e->width * 4);
	sek_snapshot_forget(e);
	memset(e->lossy, 0, sek_tile_count(e));
	memset(e->damaged, 1, sek_tile_count(e));
}

static bool was_film(const struct sek_job *j, size_t i)
{
	return j->e->filmed[i] > 0 && j->now_ms - j->e->still_ms[i] <= FILM_GAP_MS;
}

/* How many of the tiles at the sides of this one were sent as a film just now. */
static unsigned films_beside(const struct sek_job *j, size_t i)
{
	const struct sek_update_encoder *e = j->e;
	const size_t column = i % e->columns;
	unsigned beside = 0;

	beside += column > 0 && was_film(j, i - 1);
	beside += column + 1u < e->columns && was_film(j, i + 1);
	beside += i >= e->columns && was_film(j, i - e->columns);
	beside += i + e->columns < sek_tile_count(e) && was_film(j, i + e->columns);
	return beside;
}

/* Compares every tile that is damaged, but for those of films if a frame has no budget: they are left for scan_films, and
 * marked as taken. Returns how many really changed that are no part of a film. */
static size_t scan(const struct sek_job *j)
{
	struct sek_update_encoder *e = j->e;
	const struct sek_scan s = sek_scan_of(j);
	const bool all = j->o->budget_bytes > 0;
	size_t changed = 0;

	memset(e->change, 0, sek_tile_count(e) * sizeof *e->change);
	memset(e->taken, 0, sek_tile_count(e));
	for (size_t row = 0; row < e->rows; row++) {
		const size_t first = row * e->columns;

		if (!memchr(e->damaged + first, 1, e->columns))
			continue;
		for (size_t i = first; i < first + e->columns && !all; i++) {
			e->taken[i] = e->damaged[i] && was_film(j, i);
			e->damaged[i] = e->damaged[i] && !e->taken[i];
		}
		sek_scan_band(&s, e->damaged + first, (unsigned)row, NULL, e->change + first);
		memset(e->damaged + first, 0, e->columns);
		for (size_t i = first; i < first + e->columns; i++)
			changed += e->change[i].w > 0 && !was_film(j, i);
	}
	return changed;
}

/* The rest: nearly all of it will be sent, so it is compared and copied in one pass, unless moves have to be searched for in
 * what the receiver has. */
static void scan_films(const struct sek_job *j, bool take)
{
	struct sek_update_encoder *e = j->e;
	const struct sek_scan s = sek_scan_of(j);

	for (size_t row = 0; row < e->rows; row++) {
		const size_t first = row * e->columns;

		if (memchr(e->taken + first, 1, e->columns))
			sek_scan_band(&s, e->taken + first, (unsigned)row, take ? e->old : NULL, e->change + first);
	}
	if (!take)
		memset(e->taken, 0, sek_tile_count(e));
}

static bool is_large(struct sek_rect r)
{
	return (uint32_t)r.w * r.h >= SEK_FILM_AREA;
}

/* Counts changes without a pause; true if a film plays in the tile, or in the part of it that is its edge. */
static bool plays(const struct sek_job *j, size_t i, struct sek_rect r)
{
	struct sek_update_encoder *e = j->e;
	uint64_t gap_ms = j->o->film_gap_ms ? j->o->film_gap_ms : FILM_GAP_MS;

	if (j->now_ms < e->still_ms[i] || j->now_ms - e->still_ms[i] > gap_ms)
		e->films[i] = 0;
	else if (e->films[i] < SEK_FILM_CHANGES && (is_large(r) || films_beside(j, i) > 0))
		e->films[i]++;
	return e->films[i] == SEK_FILM_CHANGES;
}

/* A large part of a tile that looks like a photograph: the whole tile, if that looks the same, so that neighbours meet
 * edge to edge and share one JPEG. */
static struct sek_rect photo_rect(struct sek_update_encoder *e, struct sek_rect changed, struct sek_rect whole)
{
	if (changed.w == whole.w && changed.h == whole.h)
		return changed;
	sek_classify(e->simd, old_at(e, whole), e->stride, whole.w, whole.h, false, &e->look);
	return e->look.look == SEK_LOOK_PHOTO ? whole : changed;
}

/* What of a tile is a film. At the sides at which it goes on, all, so that neighbours meet edge to edge; at the others in steps of
 * JPEG's squares: what stands beside a film in the same tile need not suffer, nor be coded. A strip is the strip. */
static struct sek_rect film_rect(const struct sek_job *j, size_t i, struct sek_rect changed, struct sek_rect whole)
{
	const struct sek_update_encoder *e = j->e;
	const unsigned step = FILM_STEP_PX - 1, column = (unsigned)(i % e->columns);
	unsigned x0 = changed.x & ~step, y0 = changed.y & ~step;
	unsigned x1 = ((unsigned)changed.x + changed.w + step) & ~step, y1 = ((unsigned)changed.y + changed.h + step) & ~step;
	const unsigned right = (unsigned)whole.x + whole.w, bottom = (unsigned)whole.y + whole.h;

	if (!is_large(changed))
		return changed;
	if (column > 0 && was_film(j, i - 1))
		x0 = whole.x;
	if (x1 > right || (column + 1u < e->columns && was_film(j, i + 1)))
		x1 = right;
	if (i >= e->columns && was_film(j, i - e->columns))
		y0 = whole.y;
	if (y1 > bottom || (i + e->columns < sek_tile_count(e) && was_film(j, i + e->columns)))
		y1 = bottom;
	return (struct sek_rect){ (uint16_t)x0, (uint16_t)y0, (uint16_t)(x1 - x0), (uint16_t)(y1 - y0) };
}

sek_status sek_encode_flush(struct sek_update_encoder *e)
{
	struct sek_rect r = e->wide;

	e->wide.w = 0;
	return r.w ? sek_message_drawn(&e->message, r, old_at(e, r), e->stride, e->wide_smooth) : sek_ok();
}

/* What has so many colours and hardly two equal neighbours is no drawing: to foretell differences is as good there as to
 * remember colours, and takes a third of the time. */
static bool is_smooth(const struct sek_class *c)
{
	return c->look == SEK_LOOK_PHOTO || (c->look == SEK_LOOK_PALETTE && c->colours >= SMOOTH_COLOURS);
}

/* Gathers rectangles of tiles that stand side by side: the pixels between them are right already, and cost less than a
 * rectangle of their own. */
sek_status sek_encode_exact(const struct sek_job *j, size_t tile, struct sek_rect r)
{
	struct sek_update_encoder *e = j->e;
	bool smooth = is_smooth(&e->look);
	struct sek_rect a = e->wide;

	if (j->o->fast)
		return sek_message_tile(&e->message, r, old_at(e, r), e->stride, &e->look);
	if (a.w > 0) {
		unsigned y0 = a.y < r.y ? a.y : r.y, y1 = (unsigned)a.y + a.h;
		unsigned w = (unsigned)r.x + r.w - a.x, sum = (unsigned)a.w * a.h + (unsigned)r.w * r.h;

		y1 = y1 > (unsigned)r.y + r.h ? y1 : (unsigned)r.y + r.h;
		if (tile == e->wide_tile + 1 && tile % e->columns && smooth == e->wide_smooth &&
		    w <= SEK_DRAWN_MAX_WIDTH_PX && w * (y1 - y0) <= sum + sum / 2 + 256) {
			e->wide = (struct sek_rect){ a.x, (uint16_t)y0, (uint16_t)w, (uint16_t)(y1 - y0) };
			e->wide_tile = tile;
			return sek_ok();
		}
		SEK_TRY(sek_encode_flush(e));
	}
	e->wide = r;
	e->wide_tile = tile;
	e->wide_smooth = smooth;
	return sek_ok();
}

/* Whether what plays in the tile looks like a film, too. A part of a film that is flat or dark for a while goes on being
 * one. */
static bool looks_like_film(const struct sek_job *j, size_t i, struct sek_rect r)
{
	struct sek_update_encoder *e = j->e;

	if (j->o->press)
		return e->look.look != SEK_LOOK_FLAT;
	if (e->look.look == SEK_LOOK_FLAT)
		return false;
	if (films_beside(j, i) >= 2)
		return true;
	if (sek_has_runs(&e->look, r.w, r.h, FILM_EQUAL_OF_16))
		return false;
	if (!e->look.counted)
		sek_classify(e->simd, old_at(e, r), e->stride, r.w, r.h, true, &e->look);
	return e->look.colours == 0 || e->look.colours >= FILM_COLOURS;
}

sek_status sek_encode_tile(const struct sek_job *j, size_t i, struct sek_rect whole)
{
	struct sek_update_encoder *e = j->e;
	struct sek_rect r = e->change[i];
	bool film = (plays(j, i, r) || sek_encode_moves(j, i)) && !j->o->lossless;

	if (e->peeked) {
		for (unsigned y = 0; y < r.h; y++)
			memcpy(old_at(e, r) + y * e->stride, e->peek + y * SEK_TILE_PX, (size_t)r.w * 4);
	} else {
		if (!e->taken[i])
			sek_load(j->src, r, e->old, e->stride);
		/* A film is looked at now and then. */
		if (film && e->filmed[i] > 0 && e->filmed[i] < FILM_TRUST)
			e->look.look = SEK_LOOK_PHOTO;
		else
			sek_classify(e->simd, old_at(e, r), e->stride, r.w, r.h, j->o->fast && !film, &e->look);
	}
	film = film && ((e->filmed[i] > 0 && e->filmed[i] < FILM_TRUST && !e->peeked) || looks_like_film(j, i, r));
	e->filmed[i] = (uint8_t)(!film ? 0 : e->filmed[i] < FILM_TRUST ? e->filmed[i] + 1 : 1);
	e->still_ms[i] = j->now_ms;
	if (film) {
		e->look.look = SEK_LOOK_PHOTO;
		r = film_rect(j, i, r, whole);
	} else if (j->o->fast && !e->look.counted) {
		sek_classify(e->simd, old_at(e, r), e->stride, r.w, r.h, true, &e->look);
	}
	if (e->look.look == SEK_LOOK_PHOTO && !j->o->lossless && (film || !j->o->fast)) {
		r = film ? r : photo_rect(e, r, whole);
		/* A film is coded once more on the clean side: all its colours would be lost there. */
		if (!film || e->filmed[i] <= 1) /* of a film, only when it is looked at anyway */
			e->colours[i] = (uint8_t)sek_photo_colours(old_at(e, r), e->stride, r.w, r.h, film ? 0 : j->o->jpeg_quality);
		sek_areas_add(&e->photos, r, e->colours[i], SEK_JPEG_MAX_WIDTH_PX, SEK_PHOTO_MAX_AREA);
		e->lossy[i] = 1;
		if (r.w == whole.w && r.h == whole.h)
			e->wanted[i] = 0;
		return sek_ok();
	}
	if (r.w == whole.w && r.h == whole.h)
		e->lossy[i] = e->wanted[i] = 0;
	if (e->look.look == SEK_LOOK_FLAT) {
		sek_areas_add(&e->flats, r, e->look.palette[0], UINT16_MAX, UINT32_MAX);
		return sek_ok();
	}
	return sek_encode_exact(j, i, r);
}

/* One JPEG; one that comes out too large for a message is made in two halves, one much larger than `room` (0: any is
 * fine) is made again, worse. */
static sek_status send_photo(const struct sek_job *j, struct sek_rect r, enum sek_jpeg_colours colours, size_t room)
{
	struct sek_update_encoder *e = j->e;
	uint8_t quality = j->o->jpeg_quality;
	const uint8_t *data;
	size_t n;

	SEK_TRY(sek_photo_encode(e->photo, old_at(e, r), e->stride, r, quality, colours, &data, &n));
	while (room > 0 && n > room + room / 2 && quality / 2 >= LEAST_QUALITY) {
		quality /= 2;
		SEK_TRY(sek_photo_encode(e->photo, old_at(e, r), e->stride, r, quality, colours, &data, &n));
	}
	if (n > sek_message_jpeg_max()) {
		struct sek_rect a = r, b = r;

		a.h = (uint16_t)(r.h / 2);
		b.y = (uint16_t)(r.y + a.h);
		b.h = (uint16_t)(r.h - a.h);
		if (a.h == 0)
			return sek_fail(SEK_E_INTERNAL);
		SEK_TRY(send_photo(j, a, colours, room / 2));
		return send_photo(j, b, colours, room / 2);
	}
	e->figures.photo_px += (uint64_t)r.w * r.h;
	e->figures.photo_bytes += n;
	return sek_message_jpeg(&e->message, r, quality, colours, data, n);
}

sek_status sek_encode_areas(const struct sek_job *j, size_t room)
{
	struct sek_update_encoder *e = j->e;
	uint64_t px = 0;

	sek_areas_join(&e->flats, e->open, e->columns, UINT16_MAX, UINT32_MAX);
	for (size_t i = 0; i < e->flats.n; i++) {
		if (e->flats.list[i].r.w > 0)
			SEK_TRY(sek_message_fill(&e->message, e->flats.list[i].r, e->flats.list[i].key));
	}
	sek_areas_join(&e->photos, e->open, e->columns, SEK_JPEG_MAX_HEIGHT_PX, SEK_PHOTO_MAX_AREA);
	for (size_t i = 0; i < e->photos.n; i++)
		px += (uint64_t)e->photos.list[i].r.w * e->photos.list[i].r.h;
	for (size_t i = 0; i < e->photos.n; i++) {
		struct sek_rect r = e->photos.list[i].r;

		if (r.w > 0)
			SEK_TRY(send_photo(j, r, (enum sek_jpeg_colours)e->photos.list[i].key,
				room ? (size_t)(room * r.w * r.h / px) + 1 : 0));
	}
	e->flats.n = e->photos.n = 0;
	return sek_ok();
}

/* What has been still for long enough becomes exact, a bounded number of bytes at a time; on a slow line after all that
 * moves, and in half of the room. */
static sek_status refine(const struct sek_job *j)
{
	struct sek_update_encoder *e = j->e;
	size_t budget = j->o->budget_bytes, spent = 0;

	if (budget > 0 && (e->figures.left || j->o->hurry))
		return sek_ok();

	for (size_t row = 0; row < e->rows; row++) {
		for (size_t column = 0; column < e->columns; column++) {
			size_t i = row * e->columns + column;
			struct sek_rect r = sek_tile_rect(e, column, row);

			if (!e->lossy[i] || j->now_ms < e->still_ms[i] ||
			    j->now_ms - e->still_ms[i] < j->o->refine_ms)
				continue;
			if (spent >= REFINE_BYTES || (budget > 0 && spent > 0 && sek_message_bytes(&e->message) >= budget / 2))
				return sek_ok();
			sek_classify(e->simd, old_at(e, r), e->stride, r.w, r.h, j->o->fast, &e->look);
			spent += e->look.look != SEK_LOOK_PHOTO ? (size_t)r.w * r.h : (size_t)r.w * r.h * 3;
			SEK_TRY(sek_encode_exact(j, i, r));
			e->lossy[i] = e->wanted[i] = 0;
		}
	}
	return sek_ok();
}

/* How many tiles are damaged, and where. */
static size_t damage(const struct sek_update_encoder *e, struct sek_rect *ret)
{
	size_t n = 0, x0 = e->columns, x1 = 0, y0 = e->rows, y1 = 0;

	for (size_t i = 0; i < sek_tile_count(e); i++) {
		size_t x = i % e->columns, y = i / e->columns;

		if (!e->damaged[i])
			continue;
		n++;
		x0 = x < x0 ? x : x0;
		x1 = x + 1 > x1 ? x + 1 : x1;
		y0 = y < y0 ? y : y0;
		y1 = y + 1;
	}
	*ret = (struct sek_rect){ 0, 0, 0, 0 };
	if (n > 0) {
		struct sek_rect a = sek_tile_rect(e, x0, y0), b = sek_tile_rect(e, x1 - 1, y1 - 1);

		*ret = (struct sek_rect){ a.x, a.y, (uint16_t)(b.x + b.w - a.x), (uint16_t)(b.y + b.h - a.y) };
	}
	return n;
}

static sek_status make_frame(const struct sek_job *j)
{
	struct sek_update_encoder *e = j->e;
	struct sek_rect damaged;
	size_t tiles = damage(e, &damaged), changed, expected = 0;
	bool search;

	e->flats.n = 0;
	e->photos.n = 0;
	e->wide.w = 0;
	e->figures = (struct sek_encode_figures){ 0 };
	if (e->keyframe)
		forget(e);
	else
		SEK_TRY(sek_moves_follow(j, &expected));
	changed = scan(j);
	sek_encode_watch(j);
	/* After a move only what it uncovered is new, unless the page does something else by now. */
	search = !e->keyframe && changed >= MOVE_MIN_TILES && (expected == 0 || changed > expected + tiles / 8);
	scan_films(j, !search);
	if (search)
		SEK_TRY(sek_moves_search(j, damaged));
	sek_snapshot_force(e);
	if (j->o->budget_bytes > 0)
		SEK_TRY(sek_encode_rationed(j));
	for (size_t row = 0; row < e->rows && j->o->budget_bytes == 0; row++) {
		for (size_t column = 0; column < e->columns; column++) {
			size_t i = row * e->columns + column;

			if (e->change[i].w > 0)
				SEK_TRY(sek_encode_tile(j, i, sek_tile_rect(e, column, row)));
		}
	}
	SEK_TRY(sek_encode_flush(e));
	SEK_TRY(sek_encode_areas(j, 0));
	SEK_TRY(refine(j));
	SEK_TRY(sek_encode_flush(e));
	return sek_message_finish(&e->message, true);
}

sek_status sek_update_encoder_encode(struct sek_update_encoder *e, const struct sek_picture *src, uint32_t frame,
	uint64_t now_ms, const struct sek_encode_options *o, sek_emit_fn *emit, void *user, bool *ret_sent)
{
	const struct sek_job j = { e, src, o, now_ms };
	sek_status s;

	if (e->width == 0 || src->width_px != e->width || src->height_px != e->height || src->stride_px < e->width)
		return sek_fail(SEK_E_INTERNAL);
	sek_message_start(&e->message, frame, e->keyframe ? SEK_UPDATE_KEYFRAME : e->fresh ? SEK_UPDATE_FRESH : 0, emit, user);
	s = make_frame(&j);
	e->fresh = e->fresh && !e->message.sent;
	e->keyframe = !sek_is_ok(s); /* half a frame may be out there: only a keyframe puts that right */
	if (sek_is_ok(s))
		*ret_sent = e->message.sent;
	return s;
}
