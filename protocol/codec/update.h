/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The UPDATE message: parsing one (freestanding; also WebAssembly) and the operations in it.
 *
 * payload: u32 frame, u16 operations, u16 reserved = 0, then the operations, each starting with its u8 op:
 *   COPY  1: u16 sx, sy, dx, dy, w, h               as if all source pixels were read before any is written
 *   FILL  2: u16 x, y, w, h, u8 r, g, b
 *   TILES 3: u8 method, u32 raw_bytes, u32 packed_bytes, packed bytes; unpacked they are tile records one after
 *            the other, nothing after them:
 *              u16 x, y, u8 w, u8 h (1..SEK_TILE_PX each), u8 colours:
 *                colours 1..255: that many r,g,b triples, then the rows of indices, each row starting on a byte,
 *                                1, 2, 4 or 8 bits a pixel for up to 2, 4, 16, 255 colours, first pixel in the
 *                                high bits; every index must be below `colours`. One colour: no index bytes at all.
 *                colours 0:      w*h triples r,g,b
 *            method 0 = stored (packed_bytes == raw_bytes), 1 = LZ4 block
 *   JPEG  4: u16 x, y, w, h, u8 quality (1..100), u8 colours (0: 4:2:0, 1: 4:4:4), u32 bytes, so many bytes of
 *            entropy-coded data without markers (jpeg.h)
 *   DRAWN 5: u16 rectangles, u32 bytes, then so many bytes, see drawn.h: rectangles up to SEK_DRAWN_MAX_WIDTH_PX by
 *            SEK_TILE_PX, predicted by what was learnt since the last keyframe or FRESH
 *
 * An update that is ASIDE (docs/protocol.md, "Updates for the recording") is predicted by a model of its own, so that
 * updates for the client may stand between those that are ASIDE, as in a recording.
 * Every rectangle has w, h > 0 and lies inside the picture (checked in 32 bits before anything is touched).
 */
#ifndef SEK_PROTOCOL_CODEC_UPDATE_H
#define SEK_PROTOCOL_CODEC_UPDATE_H

#include "protocol/codec/drawn.h"
#include "protocol/codec/jpeg.h"
#include "protocol/wire/wire.h"

enum sek_update_op { SEK_OP_COPY = 1, SEK_OP_FILL = 2, SEK_OP_TILES = 3, SEK_OP_JPEG = 4, SEK_OP_DRAWN = 5 };
enum sek_tiles_method { SEK_TILES_STORED = 0, SEK_TILES_LZ4 = 1 };

struct sek_rect {
	uint16_t x, y, w, h;
};

/* Where a parsed update goes. Called in order; every rectangle was checked against the picture. A callback's failure
 * ends the parse and is returned. No pointer is good after the call. */
struct sek_update_sink {
	void *user;
	sek_status (*copy)(void *user, uint16_t sx, uint16_t sy, struct sek_rect to);
	sek_status (*fill)(void *user, struct sek_rect r, uint32_t bgrx);
	/* px: r.w*r.h pixels, rows packed, B in the lowest byte, X = 0 */
	sek_status (*pixels)(void *user, struct sek_rect r, const uint32_t *px);
	/* jpeg: a whole JPEG of r.w by r.h pixels; only its entropy-coded data are hostile */
	sek_status (*jpeg)(void *user, struct sek_rect r, const uint8_t *jpeg, size_t bytes);
};

#define SEK_SCRATCH_RAW_BYTES (SEK_TILES_RAW_MAX_BYTES + SEK_JPEG_HEAD_BYTES)
_Static_assert(SEK_SCRATCH_RAW_BYTES >= SEK_UPDATE_MAX_BYTES - 15 + SEK_JPEG_HEAD_BYTES + SEK_JPEG_END_BYTES,
	"the JPEG of one operation fits");

/* Working memory of the parser, to be kept by the caller for as long as the stream lasts: it holds what DRAWN has learnt
 * (about 2 MiB, of which a client touches 1.5; static in WebAssembly). To be set to 0 or given to sek_drawn_reset(&scratch.model)
 * before the first use; a keyframe starts it afresh. */
struct sek_update_scratch {
	struct sek_drawn_model model, aside;
	uint8_t raw[SEK_SCRATCH_RAW_BYTES]; /* a batch of tiles, or a JPEG that is put together */
	uint32_t px[SEK_DRAWN_MAX_PX];
};

/* Parses the payload of one UPDATE (hostile), whose header has these flags, for a picture of width by height and feeds the sink. *ret_frame is the
 * frame number. SEK_E_MALFORMED for any break of the grammar; the sink may then have seen the operations before it. */
sek_status sek_update_parse(uint8_t flags, const void *payload, size_t n, uint16_t width, uint16_t height,
	struct sek_update_scratch *scratch, const struct sek_update_sink *sink, uint32_t *ret_frame);

/* --- the same in steps, for a sink with bounded memory (WebAssembly) --- */

/* Between the steps of one parse. Owned by the caller; its fields are the parser's own. Refers to the payload and the
 * scratch memory, which must stay as they are. */
struct sek_update_parser {
	struct sek_reader in;    /* operations not read yet */
	struct sek_reader tiles; /* records not read yet of the TILES operation that is under way */
	struct sek_drawn_in drawn; /* the DRAWN operation that is under way */
	uint32_t drawn_left;       /* rectangles of it not read yet */
	struct sek_update_scratch *scratch;
	struct sek_drawn_model *model; /* in scratch */
	uint64_t area_left; /* pixels that the operations may still cover */
	uint32_t width, height, ops_left;
};

/* Reads the head of the payload. SEK_E_MALFORMED, and the parser must not be used, if it is refused. */
sek_status sek_update_begin(struct sek_update_parser *p, uint8_t flags, const void *payload, size_t n, uint16_t width,
	uint16_t height, struct sek_update_scratch *scratch, uint32_t *ret_frame);
/* Feeds the sink with the next operation (of TILES and DRAWN: the next rectangle): exactly one callback. *ret_done is set
 * instead, without a callback, when the payload has come to its proper end. Not to be called again after a failure. */
sek_status sek_update_next(struct sek_update_parser *p, const struct sek_update_sink *sink, bool *ret_done);

#endif
