/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The reader's end of the gap: the one place where the clean side touches memory that a hostile process writes at the
 * same time. Every word is loaded exactly once, atomically, into a local; the local is clamped; only the clamped value
 * leaves. No offset, length, index or loop bound here is ever taken from the memory.
 */
#include "broker/gap/layout.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/error.h"
#include "protocol/wire/messages.h"

struct sek_gap_reader {
	struct sek_gap_layout layout;
	const uint8_t *map;
	const struct sek_gap_head *head;
	const struct sek_gap_cursor_block *cursor;
	const uint32_t *tiles, *pixels;
	uint32_t seen[]; /* one a tile: the counter at the last look */
};

sek_status sek_gap_reader_open(int fd, const struct sek_gap_layout *layout, struct sek_gap_reader **ret)
{
	struct sek_gap_reader *r;
	void *map;

	SEK_TRY(sek_gap_check(fd, layout));
	/* A descriptor with which this process could write is the broker's mistake, and refused. */
	if ((fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY)
		return sek_fail(SEK_E_DENIED);
	r = calloc(1, sizeof *r + sizeof r->seen[0] * layout->columns * layout->rows);
	if (!r)
		return sek_fail(SEK_E_NOMEM);
	map = mmap(NULL, layout->total_bytes, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		sek_status s = sek_from_errno();

		free(r);
		return s;
	}
	r->layout = *layout;
	r->map = map;
	r->head = map;
	r->cursor = (const void *)(r->map + layout->cursor_offset);
	r->tiles = (const void *)(r->map + layout->tiles_offset);
	r->pixels = (const void *)(r->map + layout->pixels_offset);
	*ret = r;
	return sek_ok();
}

void sek_gap_reader_close(struct sek_gap_reader *r)
{
	if (!r)
		return;
	munmap((void *)(uintptr_t)r->map, r->layout.total_bytes);
	free(r);
}

static uint16_t high(uint32_t pair)
{
	return (uint16_t)(pair >> 16);
}

static uint16_t low(uint32_t pair)
{
	return (uint16_t)(pair & 0xffff);
}

static uint16_t clamp(uint16_t v, uint16_t least, uint16_t most)
{
	if (v < least)
		return least;
	return v > most ? most : v;
}

/* A caret that begins outside the picture, or has no area, is not known; one that reaches outside is cut. */
static void read_caret(uint64_t word, struct sek_gap_header *h)
{
	uint16_t x = high((uint32_t)(word >> 32)), y = low((uint32_t)(word >> 32));
	uint16_t width = high((uint32_t)word), height = low((uint32_t)word);

	h->caret_x_px = h->caret_y_px = h->caret_width_px = h->caret_height_px = 0;
	if (x >= h->width_px || y >= h->height_px || width == 0 || height == 0)
		return;
	h->caret_x_px = x;
	h->caret_y_px = y;
	h->caret_width_px = clamp(width, 1, (uint16_t)(h->width_px - x));
	h->caret_height_px = clamp(height, 1, (uint16_t)(h->height_px - y));
}

/* No state that may pass has an argument (states.def), so none passes. */
static uint16_t read_state(uint64_t word)
{
	uint32_t state = (uint32_t)(word >> 32);

	if (state == SEK_STATE_NONE)
		return SEK_STATE_NONE;
	return sek_state_from_gap(state) ? (uint16_t)state : SEK_STATE_HOST_PROTOCOL;
}

static void read_document(uint64_t word, struct sek_gap_header *h)
{
	uint32_t state = (uint32_t)(word >> 32);

	h->document_state = sek_document_state_known(state) ? (uint16_t)state : SEK_DOCUMENT_DIED;
	h->document_pages = clamp(high((uint32_t)word), 0, SEK_DOCUMENT_PAGES_MAX);
	h->document_page = clamp(low((uint32_t)word), 0, h->document_pages);
}

void sek_gap_reader_header(const struct sek_gap_reader *r, struct sek_gap_header *ret)
{
	/* `painting` before `frame`: a frame that ends between the two loads is then seen as new, never missed. */
	uint32_t painting = SEK_GAP_LOAD(&r->head->painting);
	uint32_t frame = SEK_GAP_LOAD(&r->head->frame);
	uint32_t size = SEK_GAP_LOAD(&r->head->size);
	uint32_t documents = SEK_GAP_LOAD(&r->head->documents);

	ret->painting = painting > SEK_GAP_PAINTING_WHOLE ? SEK_GAP_PAINTING_WHOLE : (enum sek_gap_painting)painting;
	ret->frame = frame;
	ret->width_px = clamp(high(size), 1, r->layout.max_width_px);
	ret->height_px = clamp(low(size), 1, r->layout.max_height_px);
	ret->cursor_generation = SEK_GAP_LOAD(&r->head->cursor_generation);
	read_caret(SEK_GAP_LOAD(&r->head->caret), ret);
	ret->state = read_state(SEK_GAP_LOAD(&r->head->state));
	ret->arg = 0;
	ret->documents = documents > SEK_DOCUMENTS_MAX ? SEK_DOCUMENTS_MAX : (uint16_t)documents;
	read_document(SEK_GAP_LOAD(&r->head->document), ret);
}

static uint8_t at_most(uint32_t v, uint8_t most)
{
	uint8_t b = (uint8_t)(v & 0xff);

	return b > most ? most : b;
}

void sek_gap_reader_cursor(const struct sek_gap_reader *r, struct sek_gap_cursor *ret)
{
	uint32_t size = SEK_GAP_LOAD(&r->cursor->size), hot = SEK_GAP_LOAD(&r->cursor->hot);
	uint16_t width = high(size), height = low(size);
	uint8_t *to = ret->bgra;

	if (width == 0 || height == 0 || width > SEK_CURSOR_MAX_PX || height > SEK_CURSOR_MAX_PX) {
		ret->width_px = ret->height_px = ret->hot_x_px = ret->hot_y_px = 0;
		return;
	}
	ret->width_px = width;
	ret->height_px = height;
	ret->hot_x_px = clamp(high(hot), 0, (uint16_t)(width - 1));
	ret->hot_y_px = clamp(low(hot), 0, (uint16_t)(height - 1));
	for (size_t i = 0; i < (size_t)width * height; i++, to += 4) {
		uint32_t px = SEK_GAP_LOAD(&r->cursor->bgra[i]);
		uint8_t alpha = (uint8_t)(px >> 24);

		to[0] = at_most(px, alpha);
		to[1] = at_most(px >> 8, alpha);
		to[2] = at_most(px >> 16, alpha);
		to[3] = alpha;
	}
}

const uint32_t *sek_gap_reader_pixels(const struct sek_gap_reader *r)
{
	return r->pixels;
}

bool sek_gap_reader_tile_changed(struct sek_gap_reader *r, uint16_t column, uint16_t row)
{
	size_t i = (size_t)row * r->layout.columns + column;
	uint32_t now;

	if (column >= r->layout.columns || row >= r->layout.rows)
		return false;
	now = SEK_GAP_LOAD(&r->tiles[i]);
	if (now == r->seen[i])
		return false;
	r->seen[i] = now;
	return true;
}
