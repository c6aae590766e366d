/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What an update encoder remembers: the receiver's picture, and of each tile whether it is exact, since when it is still
 * and whether it plays a film. For encode.c, moves.c, ration.c,
 * snapshot.c and encoder_state.c only.
 */
#ifndef SEK_PROTOCOL_CODEC_ENCODER_STATE_H
#define SEK_PROTOCOL_CODEC_ENCODER_STATE_H

#include "protocol/codec/encode.h"
#include "protocol/codec/encoder.h"

/* A tile that changed so often without a pause plays a film, if it is this share of it. */
#define SEK_FILM_CHANGES 3
#define SEK_FILM_AREA (SEK_TILE_AREA / 4)

/* Bits of `wanted`, see snapshot.c. */
enum { SEK_WANTED_PAINT = 1, SEK_WANTED_WHOLE = 2 };

struct sek_snapshot {
	bool running, first; /* first: no slice has been emitted */
	size_t next;         /* the tile at which the next slice goes on */
	uint64_t left;       /* so many tiles more, then the rest is painted at once */
};

struct sek_update_encoder {
	uint16_t max_width, max_height, width, height, columns, rows;
	size_t stride;
	void *memory;          /* of old */
	uint32_t *old;         /* the receiver's picture */
	uint8_t *damaged;      /* per tile: look at it */
	uint8_t *lossy;        /* per tile: the receiver has it only approximately */
	uint8_t *lossy_before; /* scratch */
	uint64_t *still_ms;    /* per tile: since when it has not changed; good while lossy */
	uint64_t *still_before;
	uint8_t *films;        /* per tile: how often it has changed without a pause, up to a limit */
	uint8_t *filmed;       /* per tile: 0, or 1 + for how many frames it has been sent as a film without a look at it */
	uint8_t *colours;      /* per tile: of a film, enum sek_jpeg_colours */
	struct sek_regions regions; /* where something moved just now */
	/* what moves sideways: when much changed at last, when such a move was found at last, how many frames are left out
	 * before the next try, and how many tries in a row were in vain */
	uint64_t slide_ms, slid_ms;
	unsigned slide_pause, slide_misses;
	size_t *open;          /* scratch of sek_areas_join, one per column */
	struct sek_areas flats, photos;
	bool keyframe;
	struct sek_packer *packer;
	struct sek_photo *photo;
	struct sek_scroller *scroller;
	const struct sek_simd *simd;
	uint32_t *acc;           /* scratch of sek_scan_band */
	struct sek_rect *change; /* per tile: what differs */
	uint8_t *taken;          /* per tile: of a film, and in `old` already */
	/* exact rectangles of neighbouring tiles, gathered before they are coded */
	struct sek_rect wide;
	size_t wide_tile; /* the last tile in it */
	bool wide_smooth;
	/* a frame with a budget (ration.c) */
	struct sek_encode_figures figures;
	/* per tile: said to have changed since the last frame; how often so without a pause; when last */
	uint8_t *touched, *touches;
	uint64_t *touched_ms;
	size_t exact_next, photo_next; /* tiles at which the next frame goes on */
	uint32_t photo_cost;           /* bytes that the last photographs took for 1024 pixels */
	uint32_t *peek;                /* SEK_TILE_AREA: a tile that may have to wait; look is what it looks like, */
	bool peeked;                   /* and the tile that is taken now */
	uint8_t *wanted, *wanted_before; /* per tile: what a snapshot wants of it; scratch */
	bool wanting;                  /* it may want something of any */
	bool fresh;                    /* the next message for the receiver starts DRAWN anew */
	struct sek_snapshot snapshot;
	struct sek_message message;
	struct sek_class look;
};

/* What one call of encode works on. */
struct sek_job {
	struct sek_update_encoder *e;
	const struct sek_picture *src;
	const struct sek_encode_options *o;
	uint64_t now_ms;
};

/* encode.c, for ration.c */
/* Takes tile i, of which change[i] differs, into this frame. */
sek_status sek_encode_tile(const struct sek_job *j, size_t i, struct sek_rect whole);
/* Adds the exact rectangle r of a tile, whose look is e->look, to what is gathered; sek_encode_flush ends that. */
sek_status sek_encode_exact(const struct sek_job *j, size_t tile, struct sek_rect r);
sek_status sek_encode_flush(struct sek_update_encoder *e);
/* Writes the areas gathered so far, with JPEGs of about `room` bytes together (0: as they come). */
sek_status sek_encode_areas(const struct sek_job *j, size_t room);

/* ration.c: what moves, whether there was room to send it or not; before each frame with a budget, after the scan. */
void sek_encode_watch(const struct sek_job *j);
bool sek_encode_moves(const struct sek_job *j, size_t i);
/* ration.c: all that changed, within o->budget_bytes. */
sek_status sek_encode_rationed(const struct sek_job *j);

/* snapshot.c */
/* A keyframe comes: whatever a snapshot wanted is in it. */
void sek_snapshot_forget(struct sek_update_encoder *e);
/* After scan and moves: the tiles that must be sent as a whole have changed as a whole. */
void sek_snapshot_force(struct sek_update_encoder *e);

static inline size_t sek_tile_count(const struct sek_update_encoder *e)
{
	return (size_t)e->columns * e->rows;
}

static inline struct sek_rect sek_tile_rect(const struct sek_update_encoder *e, size_t column, size_t row)
{
	size_t x = column * SEK_TILE_PX, y = row * SEK_TILE_PX;
	size_t w = e->width - x, h = e->height - y;

	return (struct sek_rect){ (uint16_t)x, (uint16_t)y, (uint16_t)(w < SEK_TILE_PX ? w : SEK_TILE_PX),
		(uint16_t)(h < SEK_TILE_PX ? h : SEK_TILE_PX) };
}

static inline struct sek_scan sek_scan_of(const struct sek_job *j)
{
	return (struct sek_scan){ j->e->simd, j->src, j->e->old, j->e->stride, j->e->acc };
}

/* --- moves.c --- */

/* Before the scan: sends as COPY what goes on moving where something moved in the last frames, takes the tiles that are
 * right by then out of the damage and adds those that a move reaches into. *ret_new: how many tiles may be new then; 0
 * if nothing moved. */
sek_status sek_moves_follow(const struct sek_job *j, size_t *ret_new);
/* After the scan: looks for moves among all that changed, sends them and corrects `change`. `damaged` was. */
sek_status sek_moves_search(const struct sek_job *j, struct sek_rect damaged);

#endif
