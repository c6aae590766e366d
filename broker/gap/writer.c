/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The writer's end of the gap: for the decoder, which is presumed lost. Nothing here protects anybody; it merely
 * keeps the order of stores (pixels first, then the counter) on which an honest picture depends.
 */
#include "broker/gap/layout.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/error.h"

struct sek_gap_writer {
	struct sek_gap_layout layout;
	uint8_t *map;
	struct sek_gap_head *head;
	struct sek_gap_cursor_block *cursor;
	uint32_t *tiles, *pixels;
};

sek_status sek_gap_writer_open(int fd, const struct sek_gap_layout *layout, struct sek_gap_writer **ret)
{
	struct sek_gap_writer *w;
	void *map;

	SEK_TRY(sek_gap_check(fd, layout));
	w = calloc(1, sizeof *w);
	if (!w)
		return sek_fail(SEK_E_NOMEM);
	map = mmap(NULL, layout->total_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		sek_status s = sek_from_errno();

		free(w);
		return s;
	}
	w->layout = *layout;
	w->map = map;
	w->head = map;
	w->cursor = (void *)(w->map + layout->cursor_offset);
	w->tiles = (void *)(w->map + layout->tiles_offset);
	w->pixels = (void *)(w->map + layout->pixels_offset);
	*ret = w;
	return sek_ok();
}

void sek_gap_writer_close(struct sek_gap_writer *w)
{
	if (!w)
		return;
	munmap(w->map, w->layout.total_bytes);
	free(w);
}

uint32_t *sek_gap_writer_pixels(struct sek_gap_writer *w)
{
	return w->pixels;
}

void sek_gap_writer_size(struct sek_gap_writer *w, uint16_t width, uint16_t height)
{
	SEK_GAP_STORE(&w->head->size, sek_gap_pair(width, height));
}

void sek_gap_writer_damage(struct sek_gap_writer *w, uint16_t x, uint16_t y, uint16_t width, uint16_t height)
{
	uint32_t right = (uint32_t)x + width, bottom = (uint32_t)y + height;

	if (right > w->layout.max_width_px)
		right = w->layout.max_width_px;
	if (bottom > w->layout.max_height_px)
		bottom = w->layout.max_height_px;
	for (uint32_t row = y / SEK_TILE_PX; row * SEK_TILE_PX < bottom; row++)
		for (uint32_t column = x / SEK_TILE_PX; column * SEK_TILE_PX < right; column++)
			__atomic_add_fetch(&w->tiles[row * w->layout.columns + column], 1, __ATOMIC_RELEASE);
}

void sek_gap_writer_cursor(struct sek_gap_writer *w, uint16_t width, uint16_t height, uint16_t hot_x, uint16_t hot_y,
	const uint8_t *bgra)
{
	if (width > SEK_CURSOR_MAX_PX || height > SEK_CURSOR_MAX_PX)
		return;
	SEK_GAP_STORE(&w->cursor->size, sek_gap_pair(width, height));
	SEK_GAP_STORE(&w->cursor->hot, sek_gap_pair(hot_x, hot_y));
	for (size_t i = 0; i < (size_t)width * height; i++, bgra += 4)
		SEK_GAP_STORE(&w->cursor->bgra[i],
			(uint32_t)bgra[0] | (uint32_t)bgra[1] << 8 | (uint32_t)bgra[2] << 16 | (uint32_t)bgra[3] << 24);
	__atomic_add_fetch(&w->head->cursor_generation, 1, __ATOMIC_RELEASE);
}

void sek_gap_writer_caret(struct sek_gap_writer *w, uint16_t x, uint16_t y, uint16_t width, uint16_t height)
{
	SEK_GAP_STORE(&w->head->caret,
		(uint64_t)sek_gap_pair(x, y) << 32 | sek_gap_pair(width, height));
}

void sek_gap_writer_state(struct sek_gap_writer *w, uint16_t state, uint32_t arg)
{
	SEK_GAP_STORE(&w->head->state, (uint64_t)state << 32 | arg);
}

void sek_gap_writer_documents(struct sek_gap_writer *w, uint16_t count)
{
	SEK_GAP_STORE(&w->head->documents, count);
}

void sek_gap_writer_document(struct sek_gap_writer *w, uint16_t state, uint16_t pages, uint16_t page)
{
	SEK_GAP_STORE(&w->head->document, (uint64_t)state << 32 | sek_gap_pair(pages, page));
	/* What is painted next must not be seen before "none" is. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void sek_gap_writer_begin(struct sek_gap_writer *w, bool whole)
{
	if (whole)
		SEK_GAP_STORE(&w->head->painting, (uint32_t)SEK_GAP_PAINTING_WHOLE);
	else if (SEK_GAP_LOAD(&w->head->painting) == SEK_GAP_PAINTED) /* a later part does not make the frame smaller */
		SEK_GAP_STORE(&w->head->painting, (uint32_t)SEK_GAP_PAINTING_PART);
}

void sek_gap_writer_frame(struct sek_gap_writer *w)
{
	/* 0 means that there is no picture yet: the count steps over it. */
	if (__atomic_add_fetch(&w->head->frame, 1, __ATOMIC_RELEASE) == 0)
		__atomic_add_fetch(&w->head->frame, 1, __ATOMIC_RELEASE);
	SEK_GAP_STORE(&w->head->painting, (uint32_t)SEK_GAP_PAINTED);
}
