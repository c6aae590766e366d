/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The encoding half, used by capture (X framebuffer -> host link) and by the encoder (gap -> client link): finds what
 * really changed, and makes UPDATE messages of it. Keeps a copy of the picture that the receiver has.
 *
 * The source is read once per encoded tile and may be scribbled over by a hostile process at the same time: all
 * decisions are made on the private copy taken from it, never on the source.
 */
#ifndef SEK_PROTOCOL_CODEC_ENCODE_H
#define SEK_PROTOCOL_CODEC_ENCODE_H

#include "protocol/codec/picture.h"

struct sek_update_encoder;

/* jpeg_quality on a line that is not slow, for capture and the encoder alike: what the one has rounded, the other rounds to the
 * same steps again, and nothing more is lost (docs/decisions/0025). */
#define SEK_JPEG_QUALITY 80

struct sek_encode_options {
	bool lossless;        /* never JPEG (tests, PSNR reference) */
	bool fast;            /* exact tiles by palette and LZ4, photographs too: half the CPU, and three times the bytes */
	uint8_t jpeg_quality; /* 1..100 for what moves */
	uint32_t refine_ms;   /* a lossy tile that did not change for so long becomes exact */
	/* What a slow line allows. A frame of about so many bytes at most (0: whatever it takes): small and exact changes
	 * go first, photographs after them, in turn; what does not fit stays damaged, for the next frame. */
	size_t budget_bytes;
	bool hurry;           /* with a budget: nothing of photographs and films, and no refinement */
	struct sek_rect first; /* with a budget: what lies in or beside it goes before everything else; w = 0: nothing */
	bool press;           /* with a budget: whatever moves is approximate, text too */
	uint32_t film_gap_ms; /* a tile that changes again within it may play a film; 0: 150 */
};

/* What the last frame was made of. */
struct sek_encode_figures {
	uint64_t photo_px, photo_bytes; /* sent as JPEG */
	uint64_t left_px;               /* of photographs and films that had to wait */
	bool left;                      /* anything had to wait */
};

/* Called with each finished message: a whole UPDATE frame with header. Good during the call only. A failure stops the
 * encoding and is returned (the encoder must then be asked for a keyframe). */
typedef sek_status sek_emit_fn(void *user, const uint8_t *frame_bytes, size_t n);

/* For pictures up to max_width by max_height. Memory: one copy of the picture (touched as it is used) and less than
 * 4 MiB. NULL when out of memory. */
struct sek_update_encoder *sek_update_encoder_create(uint16_t max_width, uint16_t max_height);
void sek_update_encoder_destroy(struct sek_update_encoder *e);

/* The picture has a new size; the next frame is a keyframe. SEK_E_LIMIT if larger than at create. */
sek_status sek_update_encoder_resize(struct sek_update_encoder *e, uint16_t width, uint16_t height);

/* The receiver knows nothing any more: the next frame is a keyframe. */
void sek_update_encoder_refresh(struct sek_update_encoder *e);

/* Something inside r may have changed in the source (clipped to the picture; costs nothing if it did not). */
void sek_update_encoder_damage(struct sek_update_encoder *e, struct sek_rect r);
/* The same for the whole tile that holds pixel (x, y). */
void sek_update_encoder_damage_tile(struct sek_update_encoder *e, uint16_t column, uint16_t row);

/* Encodes everything damaged since the last call, and what is due for refinement at now_ms (any monotonic clock), as
 * frame number `frame`, from src (same size as the picture). *ret_sent: whether anything was emitted; if not, nothing
 * changed and the frame number was not used. All messages of a frame but the last come without SEK_UPDATE_END. */
sek_status sek_update_encoder_encode(struct sek_update_encoder *e, const struct sek_picture *src, uint32_t frame,
	uint64_t now_ms, const struct sek_encode_options *o, sek_emit_fn *emit, void *user, bool *ret_sent);

/* --- snapshots (docs/protocol.md, "Updates for the recording"): in slices between the frames --- */

/* Begins one, anew if one is under way; nothing if the next frame is a keyframe, which a reader can begin with as well. */
void sek_update_encoder_snapshot(struct sek_update_encoder *e);
/* The rest of it is not wanted. */
void sek_update_encoder_snapshot_stop(struct sek_update_encoder *e);
/* True from its beginning until its last slice was emitted, or a keyframe has made it useless. */
bool sek_update_encoder_snapshotting(const struct sek_update_encoder *e);
/* Emits the next slice, of the receiver's picture as it is now: about as many tiles of text as `effort` says, coded fast (as in
 * sek_encode_options) or small. frame: the number of the last frame. Only while one is under way. Damages what has to be
 * sent to the receiver again. */
sek_status sek_update_encoder_slice(struct sek_update_encoder *e, uint32_t frame, size_t effort, bool fast,
	sek_emit_fn *emit, void *user);
/* True if the receiver has no tile only approximately. */
bool sek_update_encoder_exact(const struct sek_update_encoder *e);
/* True if the next frame is a keyframe. */
bool sek_update_encoder_wants_keyframe(const struct sek_update_encoder *e);

/* True if a call of encode could emit something now: damage or a keyframe is waiting. */
bool sek_update_encoder_dirty(const struct sek_update_encoder *e);
struct sek_encode_figures sek_update_encoder_figures(const struct sek_update_encoder *e);
/* The clock time at which refinement is next due, or 0 if everything that was sent is exact. */
uint64_t sek_update_encoder_refine_at_ms(const struct sek_update_encoder *e, const struct sek_encode_options *o);

#endif
