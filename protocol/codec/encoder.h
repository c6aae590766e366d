/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Private to protocol/codec: the stages of the encoder, each in a file of its own and known to encode.c only by the
 * prototypes here, so that one can be replaced without the others:
 *
 *   scan.c      what differs from the receiver's picture  load.c      source -> private copy
 *   scroll.c    what only moved                           classify.c  palette, true colour or photograph
 *   slide.c     what moved sideways
 *   follow.c    what goes on moving                       moves.c     moves as COPY, and what is left after them
 *   record.c    a lossless tile as bytes                  entropy.c   a batch of records packed
 *   merge.c     neighbouring areas as one                 photo.c     an area as JPEG
 *   message.c   operations as UPDATE frames               encode.c    the order of all this
 *   simd.c      the loops of scan.c and scroll.c          ration.c    the order on a slow line
 *   snapshot.c  the receiver's picture from nothing
 *
 * Only scan.c, scroll.c, slide.c, follow.c and load.c ever see the source; all but the last only to choose what that one takes.
 */
#ifndef SEK_PROTOCOL_CODEC_ENCODER_H
#define SEK_PROTOCOL_CODEC_ENCODER_H

#include "protocol/codec/encode.h"
#include "protocol/codec/fetch.h"
#include "protocol/codec/jpeg.h"
#include "protocol/codec/simd.h"

#include <stddef.h>

#define SEK_RGB_MASK 0x00ffffffu
#define SEK_TILE_AREA (SEK_TILE_PX * SEK_TILE_PX)

static inline uint16_t sek_tiles_across(uint32_t px)
{
	return (uint16_t)((px + SEK_TILE_PX - 1) / SEK_TILE_PX);
}

/* The side of tile number i of a picture that is px wide or high. */
static inline unsigned sek_tile_side(unsigned px, unsigned i)
{
	unsigned left = px - i * SEK_TILE_PX;

	return left < SEK_TILE_PX ? left : SEK_TILE_PX;
}

/* --- load.c: the only taker of pixels that a hostile process may be writing --- */

/* Copies the rectangle r, reading each pixel exactly once, with X cleared, into the picture at `to`. Kept in its own
 * translation unit so that no compiler can go back to the source for a value that was already judged. */
void sek_load(const struct sek_picture *src, struct sek_rect r, uint32_t *to, size_t stride);

/* --- scan.c --- */

struct sek_scan {
	const struct sek_simd *simd;
	const struct sek_picture *src;
	const uint32_t *old; /* same size as src */
	size_t stride;
	uint32_t *acc; /* scratch: a row of whole tiles */
};

/* Compares those tiles of one band that tiles[column] names with `old`. change[column] of each: the smallest rectangle (in
 * picture coordinates) outside which both are equal; w = h = 0 if all of it is. taken: NULL; or `old` once more, into which
 * each of these tiles is copied as it is compared. */
void sek_scan_band(const struct sek_scan *s, const uint8_t *tiles, unsigned row, uint32_t *taken, struct sek_rect *change);

/* --- classify.c --- */

enum sek_look {
	SEK_LOOK_FLAT,    /* one colour */
	SEK_LOOK_PALETTE, /* 2..255 colours: lossless and small */
	SEK_LOOK_TRUE,    /* more colours, but drawn: lossless */
	SEK_LOOK_PHOTO,   /* more colours and noisy: worth a JPEG */
};

struct sek_class {
	enum sek_look look;
	bool counted;     /* colours, palette and index are known; of FLAT the first two always are */
	unsigned colours; /* 1..255; 0 for TRUE and PHOTO; of an uncounted PALETTE about so many */
	size_t runs;      /* pixels that equal their left neighbour */
	uint32_t palette[256];
	uint8_t index[SEK_TILE_AREA]; /* rows packed */
};

/* True if of 16 of the w by h pixels that c was made of, so many or more equal their left neighbour. */
static inline bool sek_has_runs(const struct sek_class *c, unsigned w, unsigned h, unsigned of_16)
{
	return c->runs * 16 >= (size_t)w * h * of_16;
}

/* Judges w by h pixels (rows stride apart). Colours are counted if they are asked for, or are what decides; uncounted,
 * what has few of them may be called TRUE. */
void sek_classify(const struct sek_simd *simd, const uint32_t *px, size_t stride, unsigned w, unsigned h, bool count,
	struct sek_class *ret);

/* --- record.c --- */

#define SEK_RECORD_MAX_BYTES (7 + 3 * SEK_TILE_AREA)

/* Writes the tile record of rectangle r, whose pixels stand at px and were judged as c, to out, which holds
 * SEK_RECORD_MAX_BYTES. Returns its length. */
size_t sek_record_write(uint8_t *out, struct sek_rect r, const uint32_t *px, size_t stride, const struct sek_class *c);

/* --- entropy.c --- */

struct sek_packer;
struct sek_packer *sek_packer_create(void);
void sek_packer_destroy(struct sek_packer *p);
/* The most bytes that sek_pack can make of n. */
size_t sek_pack_bound(size_t n);
/* Packs n bytes into out (sek_pack_bound(n) bytes of room); never longer than n: what does not shrink is stored. hasty: it will
 * hardly shrink (photographs). */
size_t sek_pack(struct sek_packer *p, const uint8_t *in, size_t n, uint8_t *out, bool hasty,
	enum sek_tiles_method *ret_method);

/* --- merge.c --- */

struct sek_area {
	struct sek_rect r;
	uint32_t key; /* areas of different keys are never merged */
};

struct sek_areas {
	struct sek_area *list; /* owned by the encoder; room for every tile */
	size_t n;
};

/* Adds a rectangle that lies within one tile, tiles coming row by row from left to right. */
void sek_areas_add(struct sek_areas *a, struct sek_rect r, uint32_t key, uint32_t max_side, uint32_t max_area);
/* Joins areas that stand exactly on one another. `open` has room for one number per tile column. Areas that became part
 * of another are left with w = 0. */
void sek_areas_join(struct sek_areas *a, size_t *open, size_t columns, uint32_t max_side, uint32_t max_area);

/* --- photo.c --- */

struct sek_photo;
struct sek_photo *sek_photo_create(void);
void sek_photo_destroy(struct sek_photo *p);
/* The largest area that one call takes, in pixels. */
#define SEK_PHOTO_MAX_AREA (1024 * 512)
/* Colours of neighbours that are further apart than this bleed visibly into one another when four share one; a piece of a
 * picture with so large a share of them keeps all its colours. */
#define SEK_SHARP_COLOURS 64
#define SEK_SHARP_ONE_OF 64
/* How the colours of w by h pixels (at most a tile) must travel so that what is drawn in them stays readable. */
enum sek_jpeg_colours sek_photo_colours(const uint32_t *px, size_t stride, unsigned w, unsigned h, unsigned quality);
/* Encodes the rectangle r, whose pixels stand at px. *ret: the entropy-coded data, in p until the next call. */
sek_status sek_photo_encode(struct sek_photo *p, const uint32_t *px, size_t stride, struct sek_rect r, uint8_t quality,
	enum sek_jpeg_colours colours, const uint8_t **ret, size_t *ret_n);

/* --- scroll.c --- */

/* `to` is what (to.x + dx, to.y + dy) held in the receiver's picture. */
struct sek_move {
	struct sek_rect to;
	int32_t dx, dy;
};
#define SEK_MOVES_MAX 64

struct sek_scroller;
struct sek_scroller *sek_scroller_create(uint16_t max_width, uint16_t max_height);
void sek_scroller_destroy(struct sek_scroller *s);
/* Looks for vertical moves among what sek_scan_band found changed (one rectangle for each tile). Fills moves in an order
 * in which they can be carried out one after the other; returns how many. Each was compared pixel by pixel; the source
 * may have changed since, but then its owner says so again. */
size_t sek_scroll_find(struct sek_scroller *s, const struct sek_scan *scan, const struct sek_rect *change,
	struct sek_move moves[SEK_MOVES_MAX]);

/* --- slide.c --- */

/* Looks for a move by any distance but (0, 0) within `where`: the one that most landmarks tell. ret->to: about what moved. */
bool sek_slide_find(struct sek_scroller *s, const struct sek_scan *scan, struct sek_rect where, struct sek_move *ret);
/* Adds what of the changed tiles moved so, tile by tile, compared pixel by pixel: whole tiles, or what m->to has of one. */
void sek_slide_tiles(const struct sek_scan *scan, const struct sek_rect *change, const struct sek_move *m, struct sek_areas *areas);
/* Puts moves into an order in which none overwrites what a later one reads. Returns how many of them have one. */
size_t sek_slide_order(struct sek_move *moves, size_t n);

/* --- follow.c --- */

#define SEK_REGIONS_MAX 4

/* A place where something moved just now: mostly it moves on. */
struct sek_region {
	struct sek_rect core;  /* what was seen to move */
	struct sek_rect whole; /* what may move with it; contains the core */
	bool hashed;           /* follow.c has hashes of the rows of `old` */
};

struct sek_regions {
	struct sek_region list[SEK_REGIONS_MAX];
	size_t n;
	uint64_t moved_ms; /* when it last did */
};

/* Remembers the large ones of the moves that were found in a frame of which `damaged` was damaged: a page scrolls as far
 * as its window paints, however little of it shows that. */
void sek_follow_learn(struct sek_regions *g, const struct sek_move *moves, size_t n, struct sek_rect damaged,
	uint64_t now_ms);
/* Looks for one vertical distance by which region number i moved, from a few columns of its core, and carries it out in
 * `old` (the scan's), row by row, as far as each piece of a row was found equal. Fills moves with what was done, in that
 * order; returns how many. One with a distance of 0 was equal already. */
size_t sek_follow_region(struct sek_scroller *s, const struct sek_scan *scan, struct sek_regions *g, size_t i,
	uint32_t *old, struct sek_move moves[SEK_MOVES_MAX]);

/* --- message.c --- */

/* Frames are started anew above this, so that a receiver can draw one part while the next is under way. */
#define SEK_MESSAGE_SOFT_BYTES 262144
/* Records are gathered up to here before they are packed together. */
#define SEK_BATCH_BYTES 262144
/* Likewise for DRAWN: the room, and above how many bytes no further rectangle is added. A rectangle needs at most 8 bytes
 * a pixel, however the probabilities are misled. */
#define SEK_DRAWN_BYTES 786432
#define SEK_DRAWN_SOFT_BYTES 196608

struct sek_message {
	sek_emit_fn *emit;
	void *user;
	struct sek_packer *packer;
	struct sek_writer w;
	struct sek_drawn_model *models[2]; /* for the client; for what is ASIDE */
	struct sek_drawn_model *model;     /* one of them */
	struct sek_drawn_out drawn;
	uint32_t drawn_count; /* rectangles in drawn */
	uint32_t frame;
	uint32_t ops;
	size_t batch_bytes, batch_photo_bytes; /* the latter are among the former */
	size_t emitted;  /* bytes of this frame */
	uint8_t first, all; /* flags of the next message only, and of every one */
	bool open;     /* a message is being written */
	bool sent;     /* something of this frame was emitted or is open */
	uint8_t batch[SEK_BATCH_BYTES];
	uint8_t drawn_bytes[SEK_DRAWN_BYTES];
	uint8_t bytes[SEK_FRAME_HEADER_BYTES + SEK_UPDATE_MAX_BYTES];
};

/* flags: of the first message KEYFRAME or FRESH, of all ASIDE. */
void sek_message_start(struct sek_message *m, uint32_t frame, unsigned flags, sek_emit_fn *emit, void *user);
sek_status sek_message_copy(struct sek_message *m, uint16_t sx, uint16_t sy, struct sek_rect to);
sek_status sek_message_fill(struct sek_message *m, struct sek_rect r, uint32_t bgrx);
sek_status sek_message_jpeg(struct sek_message *m, struct sek_rect r, uint8_t quality, enum sek_jpeg_colours colours,
	const uint8_t *data, size_t n);
/* Adds a lossless tile to the batch. */
sek_status sek_message_tile(struct sek_message *m, struct sek_rect r, const uint32_t *px, size_t stride,
	const struct sek_class *c);
/* Adds a rectangle, at most SEK_DRAWN_MAX_WIDTH_PX by SEK_TILE_PX, to be coded exactly with what was learnt. */
sek_status sek_message_drawn(struct sek_message *m, struct sek_rect r, const uint32_t *px, size_t stride, bool smooth);
/* Bytes of this frame so far, whether emitted or not (of what is not packed yet, as many as it has). */
size_t sek_message_bytes(const struct sek_message *m);
/* The most data that sek_message_jpeg takes. */
size_t sek_message_jpeg_max(void);
/* Packs what is batched and emits the last message, if there is any, with SEK_UPDATE_END if this is the end. What is ASIDE is
 * always ended. */
sek_status sek_message_finish(struct sek_message *m, bool end);

#endif
