/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The wire: frame header, one bounded reader, one bounded writer. Freestanding, no I/O, no allocation.
 * Specification: docs/protocol.md.
 */
#ifndef SEK_PROTOCOL_WIRE_WIRE_H
#define SEK_PROTOCOL_WIRE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "protocol/limits.h"

/* Message type numbers: SEK_MSG_HELLO = 0x01, ... */
enum sek_msg_type {
#define SEK_MESSAGE(name, number, dir, links, least, most, flags, text) SEK_MSG_##name = number,
#include "protocol/wire/messages.def"
};

/* Largest payload of each type, as a constant: SEK_MSG_HELLO_MAX_BYTES, ... */
enum sek_msg_most {
#define SEK_MESSAGE(name, number, dir, links, least, most, flags, text) SEK_MSG_##name##_MAX_BYTES = most,
#include "protocol/wire/messages.def"
};

enum sek_direction { SEK_DIR_UP = 1, SEK_DIR_DOWN = 2, SEK_DIR_BOTH = 3 };
enum sek_link { SEK_LINK_HOST = 1, SEK_LINK_CLIENT = 2, SEK_LINK_HUB = 4 };

/* Bits of the UPDATE frame header's flags. */
enum sek_update_flags {
	SEK_UPDATE_KEYFRAME = 1, /* first part of a keyframe: forget the picture, it starts black */
	SEK_UPDATE_END = 2,      /* last part of its frame: show it, acknowledge it */
	SEK_UPDATE_ASIDE = 4,    /* hub link: part of a picture for the recording, nothing for the client */
	SEK_UPDATE_FRESH = 8,    /* forget what DRAWN has learnt; the picture stays */
};

/* Session states: SEK_STATE_RUNNING, ... */
enum sek_state {
	SEK_STATE_NONE = 0,
#define SEK_STATE(name, number, kind, who, text) SEK_STATE_##name = number,
#include "protocol/wire/states.def"
#undef SEK_STATE
};

enum sek_state_who { SEK_WHO_HOST = 1, SEK_WHO_DECODER = 2, SEK_WHO_BROKER = 3 };

/* True if `state` is in the list. */
bool sek_state_known(uint32_t state);
/* True if `state` is known and ends the session. */
bool sek_state_ended(uint32_t state);
/* True if a render host may say `state` (kind HOST in states.def). */
bool sek_state_from_host(uint32_t state);
/* True if the gap may carry `state`: what HOST or DECODER may say. */
bool sek_state_from_gap(uint32_t state);
/* The name in lower case with hyphens, e.g. "host-lost": for logs and the JSON API; "unknown" if not in the list. */
const char *sek_state_name(uint32_t state);

/* --- reader: reads big-endian integers from hostile bytes. On failure the cursor has not moved. --- */

struct sek_reader {
	const uint8_t *p; /* next byte; not owned */
	size_t left;      /* bytes not read yet */
};

void sek_reader_init(struct sek_reader *r, const void *bytes, size_t n);
/* Each sets *ret and returns SEK_OK, or returns SEK_E_MALFORMED when fewer bytes are left. */
sek_status sek_read_u8(struct sek_reader *r, uint8_t *ret);
sek_status sek_read_u16(struct sek_reader *r, uint16_t *ret);
sek_status sek_read_i16(struct sek_reader *r, int16_t *ret);
sek_status sek_read_u32(struct sek_reader *r, uint32_t *ret);
sek_status sek_read_u64(struct sek_reader *r, uint64_t *ret);
/* Points *ret at the next n bytes (inside the caller's buffer) and steps over them. */
sek_status sek_read_bytes(struct sek_reader *r, size_t n, const uint8_t **ret);
/* SEK_OK if nothing is left, else SEK_E_MALFORMED: trailing bytes are refused. */
sek_status sek_read_done(const struct sek_reader *r);

/* --- writer: writes big-endian integers into the caller's memory. A write that does not fit sets `failed` and writes
 *     nothing; so do all after it: check once at the end. --- */

struct sek_writer {
	uint8_t *start; /* not owned */
	size_t len;     /* bytes written */
	size_t size;    /* bytes that start[] holds */
	bool failed;
};

void sek_writer_init(struct sek_writer *w, void *memory, size_t size);
void sek_write_u8(struct sek_writer *w, uint8_t v);
void sek_write_u16(struct sek_writer *w, uint16_t v);
void sek_write_i16(struct sek_writer *w, int16_t v);
void sek_write_u32(struct sek_writer *w, uint32_t v);
void sek_write_u64(struct sek_writer *w, uint64_t v);
void sek_write_bytes(struct sek_writer *w, const void *bytes, size_t n);
/* SEK_OK, or SEK_E_LIMIT if any write did not fit. */
sek_status sek_writer_status(const struct sek_writer *w);

/* --- frames: u8 type, u8 flags, u16 reserved = 0, u32 payload length, network byte order --- */

struct sek_frame {
	uint8_t type;           /* enum sek_msg_type, known and allowed in this direction on this link */
	uint8_t flags;          /* only bits that messages.def allows for the type */
	uint32_t payload_bytes; /* between the type's least and most */
};

/* Parses the header of the next frame from the first n bytes of a stream.
 *   SEK_OK          *ret is set; the payload follows at bytes + SEK_FRAME_HEADER_BYTES (it may not have arrived yet)
 *   SEK_E_AGAIN     fewer than SEK_FRAME_HEADER_BYTES bytes
 *   SEK_E_MALFORMED unknown type, wrong direction or link, reserved or unknown flag bits set, length out of bounds */
sek_status sek_frame_parse(const void *bytes, size_t n, enum sek_link link, enum sek_direction dir,
	struct sek_frame *ret);

/* As above, and the whole payload must be there too: returns SEK_E_AGAIN until n holds all of it. *ret_total is the
 * frame's size with its header. */
sek_status sek_frame_whole(const void *bytes, size_t n, enum sek_link link, enum sek_direction dir,
	struct sek_frame *ret, size_t *ret_total);

/* Starts a frame in w; write the payload next, then call sek_frame_end with the returned offset, which fills in the
 * length and checks it against the type's bounds (SEK_E_LIMIT; the frame is then taken back). */
size_t sek_frame_begin(struct sek_writer *w, enum sek_msg_type type, uint8_t flags);
sek_status sek_frame_end(struct sek_writer *w, size_t offset);

/* The type's name in lower case ("update"), "unknown" if not in the list. */
const char *sek_msg_name(uint8_t type);

#endif
