/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What stands in the gap's memory, for the two ends of it only (writer.c, reader.c). Every field is a whole machine word
 * that is loaded and stored atomically: values that belong together stand in one word, so that no reader ever sees
 * half of a pair. Every bit pattern of every word is valid.
 */
#ifndef SEK_BROKER_GAP_LAYOUT_H
#define SEK_BROKER_GAP_LAYOUT_H

#include "broker/gap/gap.h"

#define SEK_GAP_ALIGN 64u

struct sek_gap_head {
	uint64_t caret;             /* x << 48 | y << 32 | width << 16 | height */
	uint64_t state;             /* state << 32 | arg */
	uint32_t size;              /* width << 16 | height */
	uint32_t frame;             /* 0: no frame was ever painted */
	uint32_t cursor_generation;
	uint32_t painting;          /* a hint: enum sek_gap_painting */
	uint64_t document;          /* state << 32 | pages << 16 | page */
	uint32_t documents;         /* caught downloads */
};

struct sek_gap_cursor_block {
	uint32_t size;              /* width << 16 | height */
	uint32_t hot;               /* x << 16 | y */
	uint32_t bgra[SEK_CURSOR_MAX_PX * SEK_CURSOR_MAX_PX]; /* rows of `width` pixels, packed */
};

_Static_assert(sizeof(struct sek_gap_head) <= SEK_GAP_ALIGN, "the header is one cache line");

#define SEK_GAP_LOAD(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define SEK_GAP_STORE(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)

static inline uint32_t sek_gap_pair(uint16_t high, uint16_t low)
{
	return (uint32_t)high << 16 | low;
}

/* SEK_OK if fd's memory has exactly the layout's size and can neither grow nor shrink nor lose those seals: a mapping of
 * it can then never end in SIGBUS. SEK_E_MALFORMED if not; SEK_E_IO if fd is no such memory at all. */
sek_status sek_gap_check(int fd, const struct sek_gap_layout *layout);
sek_status sek_gap_check_bytes(int fd, size_t bytes);
/* What sek_gap_create does, for any number of bytes. */
sek_status sek_gap_create_bytes(const char *name, size_t bytes, int *ret_rw, int *ret_ro);

#endif
