/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Entries, of which a recording is made: their form and nothing else. No I/O, no allocation, no keys.
 * Specification: docs/recording.md.
 *
 *   u8 kind, u8 flags = 0, u16 0, u32 payload bytes, u64 microseconds since the recording began; then the payload
 *
 * Network byte order. Whoever reads entries treats them as hostile, also after decryption.
 */
#ifndef SEK_PROTOCOL_RECORDING_ENTRY_H
#define SEK_PROTOCOL_RECORDING_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "protocol/limits.h"
#include "protocol/wire/messages.h"

#define SEK_ENTRY_HEAD_BYTES 16
#define SEK_ENTRY_MAX_BYTES (SEK_ENTRY_HEAD_BYTES + SEK_FRAME_HEADER_BYTES + SEK_UPDATE_MAX_BYTES) /* the longest there is */
#define SEK_ENTRY_WORDS_MAX_BYTES 1024   /* of an EVENT */
#define SEK_ENTRY_DIGEST_BYTES 32        /* SHA-256 of a clipboard text */

enum sek_entry_kind {
#define SEK_ENTRY(NAME, number, least, most, text) SEK_ENTRY_##NAME = number,
#include "protocol/recording/entries.def"
};

enum sek_record_event {
#define SEK_RECORD_EVENT(NAME, number, word, text) SEK_RECORD_EVENT_##NAME = number,
#include "protocol/recording/entries.def"
};

struct sek_entry {
	enum sek_entry_kind kind;
	uint64_t at_us;          /* since the recording began */
	const uint8_t *payload;  /* into the caller's bytes */
	uint32_t n;              /* between the kind's least and most */
};

/* Writes a head. SEK_E_LIMIT: n is not between the kind's least and most (a bug of the caller), nothing is written. */
sek_status sek_entry_head_write(enum sek_entry_kind kind, uint64_t at_us, size_t n, uint8_t ret[SEK_ENTRY_HEAD_BYTES]);
/* Reads a head: payload is NULL, n the length that follows. SEK_E_MALFORMED: unknown kind, reserved bits, length out of bounds. */
sek_status sek_entry_head_read(const uint8_t head[SEK_ENTRY_HEAD_BYTES], struct sek_entry *ret);
/* Reads a whole entry from r. SEK_E_MALFORMED: as above, or the payload is not all there, or is not what its kind says (frames:
 * the length in their header; texts: UTF-8; the small ones: every field). On failure r has not moved. */
sek_status sek_entry_read(struct sek_reader *r, struct sek_entry *ret);
/* As the last step of sek_entry_read, for payloads that came another way. */
sek_status sek_entry_payload_check(enum sek_entry_kind kind, const uint8_t *payload, size_t n);

/* The kind's name in lower case ("meta"), and the word of an event ("attached"); "unknown" if not in the list. */
const char *sek_entry_name(unsigned kind);
const char *sek_record_event_word(unsigned event);
/* The least and most payload bytes; false: unknown kind. */
bool sek_entry_bounds(unsigned kind, uint32_t *ret_least, uint32_t *ret_most);

/* --- payloads. Writers write into w; readers take a payload of that kind and answer SEK_E_MALFORMED. --- */

/* CLOCK: u64 microseconds since 1970 (UTC) */
void sek_entry_clock_write(struct sek_writer *w, uint64_t utc_us);
sek_status sek_entry_clock_read(const uint8_t *payload, size_t n, uint64_t *ret_utc_us);

/* POINTER and WHEEL: the payloads of the messages, without their frame; sek_pointer_read and sek_wheel_read read them. */
void sek_entry_pointer_write(struct sek_writer *w, const struct sek_pointer *p);
void sek_entry_wheel_write(struct sek_writer *w, const struct sek_wheel *m);

struct sek_entry_clipboard {
	uint8_t direction;    /* SEK_CROSS_TO_OUTER or SEK_CROSS_TO_INNER */
	uint8_t outcome;      /* enum sek_clipboard_outcome */
	uint32_t characters;  /* of the text, also when it is not kept */
	uint8_t digest[SEK_ENTRY_DIGEST_BYTES];
	const uint8_t *text;  /* UTF-8, not terminated; NULL: not kept */
	size_t text_n;
};
void sek_entry_clipboard_write(struct sek_writer *w, const struct sek_entry_clipboard *c);
sek_status sek_entry_clipboard_read(const uint8_t *payload, size_t n, struct sek_entry_clipboard *ret);

struct sek_entry_event {
	uint16_t event;       /* enum sek_record_event; a newer program may have added some, so unknown ones are let through */
	uint32_t arg;
	const uint8_t *words; /* UTF-8, not terminated */
	size_t words_n;
};
/* Words beyond SEK_ENTRY_WORDS_MAX_BYTES are cut between characters. */
void sek_entry_event_write(struct sek_writer *w, const struct sek_entry_event *e);
sek_status sek_entry_event_read(const uint8_t *payload, size_t n, struct sek_entry_event *ret);

/* DOWN and ASIDE: what the frame is; flags of its header. Only the header is looked at. */
sek_status sek_entry_frame_read(const uint8_t *payload, size_t n, uint8_t *ret_type, uint8_t *ret_flags);

#endif
