/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Making, resizing and damaging an update encoder; how a frame is made stands in encode.c. Must never look at a source.
 */
#include "protocol/codec/encoder_state.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE_BYTES (2u << 20)

/* Zeros, on huge pages where there are any: the picture is read row by row, and with small ones every second row would
 * need the page tables. */
static uint32_t *create_picture(size_t bytes, void **ret_memory)
{
	size_t whole = (bytes + HUGE_PAGE_BYTES - 1) & ~(size_t)(HUGE_PAGE_BYTES - 1);
	uint8_t *p = calloc(1, whole + HUGE_PAGE_BYTES);

	*ret_memory = p;
	if (!p)
		return NULL;
	p += (HUGE_PAGE_BYTES - (uintptr_t)p % HUGE_PAGE_BYTES) % HUGE_PAGE_BYTES;
	madvise(p, whole, MADV_HUGEPAGE); /* a kernel that cannot is only slower */
	return (uint32_t *)(void *)p;
}

struct sek_update_encoder *sek_update_encoder_create(uint16_t max_width, uint16_t max_height)
{
	struct sek_update_encoder *e;
	size_t tiles = (size_t)sek_tiles_across(max_width) * sek_tiles_across(max_height);

	if (max_width < 1 || max_height < 1 || max_width > SEK_WIDTH_MAX_PX || max_height > SEK_HEIGHT_MAX_PX)
		return NULL;
	e = calloc(1, sizeof *e);
	if (!e)
		return NULL;
	e->max_width = max_width;
	e->max_height = max_height;
	e->stride = ((size_t)max_width + 15) & ~(size_t)15;
	e->old = create_picture(e->stride * max_height * sizeof *e->old, &e->memory);
	e->damaged = calloc(tiles, 1);
	e->lossy = calloc(tiles, 1);
	e->lossy_before = calloc(tiles, 1);
	e->still_ms = calloc(tiles, sizeof *e->still_ms);
	e->still_before = calloc(tiles, sizeof *e->still_before);
	e->films = calloc(tiles, sizeof *e->films);
	e->filmed = calloc(tiles, sizeof *e->filmed);
	e->colours = calloc(tiles, sizeof *e->colours);
	e->open = calloc(sek_tiles_across(max_width), sizeof *e->open);
	e->flats.list = calloc(tiles, sizeof *e->flats.list);
	e->photos.list = calloc(tiles, sizeof *e->photos.list);
	e->packer = sek_packer_create();
	e->photo = sek_photo_create();
	e->scroller = sek_scroller_create(max_width, max_height);
	e->simd = sek_simd_best();
	e->acc = calloc((size_t)sek_tiles_across(max_width) * SEK_TILE_PX, sizeof *e->acc);
	e->change = calloc(tiles, sizeof *e->change);
	e->taken = calloc(tiles, 1);
	e->touched = calloc(tiles, 1);
	e->touches = calloc(tiles, 1);
	e->touched_ms = calloc(tiles, sizeof *e->touched_ms);
	e->peek = calloc(SEK_TILE_AREA, sizeof *e->peek);
	e->wanted = calloc(tiles, 1);
	e->wanted_before = calloc(tiles, 1);
	e->photo_cost = 256;
	e->message.packer = e->packer;
	e->message.models[0] = calloc(1, sizeof *e->message.models[0]);
	e->message.models[1] = calloc(1, sizeof *e->message.models[1]); /* touched by the first snapshot */
	if (!e->old || !e->damaged || !e->lossy || !e->lossy_before || !e->still_ms || !e->still_before ||
	    !e->films || !e->filmed || !e->colours || !e->open ||
	    !e->flats.list || !e->photos.list || !e->packer || !e->photo || !e->scroller ||
	    !e->acc || !e->change || !e->taken || !e->peek || !e->touched ||
	    !e->touches || !e->touched_ms || !e->wanted || !e->wanted_before ||
	    !e->message.models[0] || !e->message.models[1]) {
		sek_update_encoder_destroy(e);
		return NULL;
	}
	return e;
}

void sek_update_encoder_destroy(struct sek_update_encoder *e)
{
	if (!e)
		return;
	sek_packer_destroy(e->packer);
	sek_photo_destroy(e->photo);
	sek_scroller_destroy(e->scroller);
	free(e->memory);
	free(e->damaged);
	free(e->lossy);
	free(e->lossy_before);
	free(e->still_ms);
	free(e->still_before);
	free(e->films);
	free(e->filmed);
	free(e->colours);
	free(e->open);
	free(e->acc);
	free(e->message.models[0]);
	free(e->message.models[1]);
	free(e->wanted);
	free(e->wanted_before);
	free(e->change);
	free(e->taken);
	free(e->peek);
	free(e->touched);
	free(e->touches);
	free(e->touched_ms);
	free(e->flats.list);
	free(e->photos.list);
	free(e);
}

sek_status sek_update_encoder_resize(struct sek_update_encoder *e, uint16_t width, uint16_t height)
{
	if (width < 1 || height < 1 || width > e->max_width || height > e->max_height)
		return sek_fail(SEK_E_LIMIT);
	e->width = width;
	e->height = height;
	e->columns = sek_tiles_across(width);
	e->rows = sek_tiles_across(height);
	e->regions.n = 0;
	e->keyframe = true;
	return sek_ok();
}

void sek_update_encoder_refresh(struct sek_update_encoder *e)
{
	e->keyframe = true;
}

void sek_update_encoder_damage(struct sek_update_encoder *e, struct sek_rect r)
{
	uint32_t right = (uint32_t)r.x + r.w, bottom = (uint32_t)r.y + r.h;

	right = right < e->width ? right : e->width;
	bottom = bottom < e->height ? bottom : e->height;
	if (r.x >= right || r.y >= bottom)
		return;
	for (size_t row = r.y / SEK_TILE_PX; row <= (bottom - 1) / SEK_TILE_PX; row++) {
		for (size_t column = r.x / SEK_TILE_PX; column <= (right - 1) / SEK_TILE_PX; column++)
			e->damaged[row * e->columns + column] = 1;
	}
}

void sek_update_encoder_damage_tile(struct sek_update_encoder *e, uint16_t column, uint16_t row)
{
	if (column < e->columns && row < e->rows)
		e->damaged[(size_t)row * e->columns + column] = e->touched[(size_t)row * e->columns + column] = 1;
}

bool sek_update_encoder_dirty(const struct sek_update_encoder *e)
{
	return sek_tile_count(e) > 0 && (e->keyframe || memchr(e->damaged, 1, sek_tile_count(e)) != NULL);
}

bool sek_update_encoder_wants_keyframe(const struct sek_update_encoder *e)
{
	return e->keyframe || sek_tile_count(e) == 0;
}

struct sek_encode_figures sek_update_encoder_figures(const struct sek_update_encoder *e)
{
	return e->figures;
}

uint64_t sek_update_encoder_refine_at_ms(const struct sek_update_encoder *e, const struct sek_encode_options *o)
{
	uint64_t first = UINT64_MAX;

	for (size_t i = 0; i < sek_tile_count(e); i++) {
		if (e->lossy[i] && e->still_ms[i] < first)
			first = e->still_ms[i];
	}
	if (first == UINT64_MAX)
		return 0;
	first += o->refine_ms;
	return first ? first : 1;
}
