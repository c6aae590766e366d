/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The pixel gap: one sealed memfd per session in which every bit pattern is valid (docs/ARCHITECTURE.md, "The gap").
 *
 * Layout (native byte order, all offsets multiples of 64, computed from the maximum geometry alone, never from
 * anything in the memory): header | cursor block | one u32 generation counter per 64x64 tile | pixels, 32-bit BGRX,
 * fixed stride of max_width. The writer (decoder) writes pixels first, then release-increments the tile's counter. The
 * reader (encoder) acquire-loads it, copies, loads again: a torn tile is simply dirty again.
 *
 * The reader trusts nothing: every header value is read exactly once into a local and clamped.
 */
#ifndef SEK_BROKER_GAP_GAP_H
#define SEK_BROKER_GAP_GAP_H

#include "base/status.h"
#include "protocol/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sizes and offsets that follow from the session's maximum geometry. Plain values; no pointer. */
struct sek_gap_layout {
	uint16_t max_width_px, max_height_px;
	uint32_t stride_px;         /* max_width rounded up to 16 */
	uint16_t columns, rows;     /* of tiles, for the maximum geometry */
	size_t cursor_offset, tiles_offset, pixels_offset;
	size_t total_bytes;         /* multiple of the page size */
};

/* SEK_E_LIMIT unless SEK_WIDTH_MIN_PX <= max_width <= SEK_WIDTH_MAX_PX, likewise height. */
sek_status sek_gap_layout_init(struct sek_gap_layout *ret, uint16_t max_width, uint16_t max_height);

/* Broker: makes the memory, sealed against growing, shrinking and further seals. *ret_rw: descriptor for the decoder;
 * *ret_ro: a read-only open of the same memory, for the encoder (a writable mapping of it is refused by the kernel).
 * Both close-on-exec and owned by the caller. */
sek_status sek_gap_create(const struct sek_gap_layout *layout, int *ret_rw, int *ret_ro);

/* --- writer (decoder) --- */

struct sek_gap_writer;
/* Maps fd (not consumed). Checks the memory's size and seals. The writer is owned by the caller. */
sek_status sek_gap_writer_open(int fd, const struct sek_gap_layout *layout, struct sek_gap_writer **ret);
void sek_gap_writer_close(struct sek_gap_writer *w);
/* Where the pixels are: the decoder paints straight into them. */
uint32_t *sek_gap_writer_pixels(struct sek_gap_writer *w);
void sek_gap_writer_size(struct sek_gap_writer *w, uint16_t width, uint16_t height);
void sek_gap_writer_damage(struct sek_gap_writer *w, uint16_t x, uint16_t y, uint16_t width, uint16_t height);
/* bgra: width*height*4 bytes, premultiplied; 0x0 hides the cursor. Sides above SEK_CURSOR_MAX_PX are ignored. */
void sek_gap_writer_cursor(struct sek_gap_writer *w, uint16_t width, uint16_t height, uint16_t hot_x, uint16_t hot_y,
	const uint8_t *bgra);
void sek_gap_writer_caret(struct sek_gap_writer *w, uint16_t x, uint16_t y, uint16_t width, uint16_t height);
void sek_gap_writer_state(struct sek_gap_writer *w, uint16_t state, uint32_t arg);
/* A session's gap: how many caught downloads the sandbox holds. */
void sek_gap_writer_documents(struct sek_gap_writer *w, uint16_t count);
/* A document's gap: how it is (enum sek_document_state), its pages, and the page whose pixels are whole: 0 while there is none. */
void sek_gap_writer_document(struct sek_gap_writer *w, uint16_t state, uint16_t pages, uint16_t page);
/* Before the first change of a frame's pixels: tells the reader that the picture is half painted, or with `whole` that it
 * is being made anew (black, or of another size). A hint only; taken back by sek_gap_writer_frame. */
void sek_gap_writer_begin(struct sek_gap_writer *w, bool whole);
/* A whole frame has been painted: bumps the frame counter. The caller then writes to the wake-up eventfd. */
void sek_gap_writer_frame(struct sek_gap_writer *w);

/* --- reader (encoder): every value is clamped to what the layout and states.def allow --- */

enum sek_gap_painting { SEK_GAP_PAINTED = 0, SEK_GAP_PAINTING_PART = 1, SEK_GAP_PAINTING_WHOLE = 2 };

struct sek_gap_header {
	uint16_t width_px, height_px;      /* at least 1, at most the layout's maximum */
	uint32_t frame;                    /* changes when a whole frame has been painted; 0 = none was yet */
	enum sek_gap_painting painting;    /* a hint, perhaps a lie: a frame is half painted, its end will be told soon */
	uint32_t cursor_generation;        /* changes when the cursor block may have changed */
	uint16_t caret_x_px, caret_y_px, caret_width_px, caret_height_px; /* inside the picture, or 0 0 0 0 */
	uint16_t state;                    /* of states.def and allowed in the gap; else HOST_PROTOCOL; 0 = none yet */
	uint32_t arg;                      /* 0: no state that may pass has an argument (states.def) */
	uint16_t documents;                /* 0..SEK_DOCUMENTS_MAX: caught downloads that can be taken over */
	uint16_t document_state;           /* of documents.def; anything else is SEK_DOCUMENT_DIED */
	uint16_t document_pages;           /* 0..SEK_DOCUMENT_PAGES_MAX; 0: not known yet */
	uint16_t document_page;            /* 0..document_pages: the page whose pixels stand there, whole; 0: none. Who copies them looks
	                                      again afterwards: only if it is still the same page was it all of it. */
};

struct sek_gap_cursor {
	uint16_t width_px, height_px, hot_x_px, hot_y_px; /* 0..SEK_CURSOR_MAX_PX, hotspot inside */
	uint8_t bgra[SEK_CURSOR_MAX_PX * SEK_CURSOR_MAX_PX * 4];
};

struct sek_gap_reader;
/* Maps fd read-only (not consumed). Checks the memory's size and seals; SEK_E_DENIED if fd is open for writing. The
 * reader is owned by the caller. */
sek_status sek_gap_reader_open(int fd, const struct sek_gap_layout *layout, struct sek_gap_reader **ret);
void sek_gap_reader_close(struct sek_gap_reader *r);
void sek_gap_reader_header(const struct sek_gap_reader *r, struct sek_gap_header *ret);
/* Copies the cursor, clamped; premultiplied colours above alpha are cut to alpha. */
void sek_gap_reader_cursor(const struct sek_gap_reader *r, struct sek_gap_cursor *ret);
/* The pixels, read-only: they may change at any moment. */
const uint32_t *sek_gap_reader_pixels(const struct sek_gap_reader *r);
/* Acquire-loads the counter of a tile and tells whether it differs from what was seen at the last call for this tile
 * (which it then remembers). Out-of-range tiles are never changed. */
bool sek_gap_reader_tile_changed(struct sek_gap_reader *r, uint16_t column, uint16_t row);

#endif
