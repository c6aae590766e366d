/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The loops over pixels in which an encoder spends its time, in plain C, SSE2 and AVX2. All kinds give the same results
 * bit by bit (tests/unit/codec/test_simd.c). They may read memory that a hostile process is writing: each pixel is read
 * once, and nothing is indexed by what it holds. The unused byte of a pixel never counts.
 */
#ifndef SEK_PROTOCOL_CODEC_SIMD_H
#define SEK_PROTOCOL_CODEC_SIMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest row that `hash` takes. */
#define SEK_HASH_MAX_PX 64
/* What `sample` hashes of a row: so many pieces, so wide, evenly spread. */
#define SEK_SAMPLES 8
#define SEK_SAMPLE_EACH_PX 16
#define SEK_SAMPLE_PX (SEK_SAMPLES * SEK_SAMPLE_EACH_PX)

enum sek_moved {
	SEK_MOVED_NOT,  /* src is something else */
	SEK_MOVED_SAME, /* it is, and it stood there already */
	SEK_MOVED,
};

struct sek_simd {
	const char *name;
	/* True if a and b, n pixels each, differ; then acc[i] |= a[i] ^ b[i]. */
	bool (*differ)(const uint32_t *a, const uint32_t *b, size_t n, uint32_t *acc);
	/* Likewise of src and old; and what differs is old's by then, with X cleared: the pixels that were compared, even if src
	 * has changed since. */
	bool (*take)(const uint32_t *src, uint32_t *old, size_t n, uint32_t *acc);
	/* True if a and b, n pixels each, are equal. */
	bool (*equal)(const uint32_t *a, const uint32_t *b, size_t n);
	/* How many of n pixels equal their left neighbour; the first has none. */
	size_t (*runs)(const uint32_t *px, size_t n);
	/* A hash of n pixels (at most SEK_HASH_MAX_PX), never 0. Not against enemies: it only chooses what is compared. */
	uint32_t (*hash)(const uint32_t *px, size_t n);
	/* Likewise of SEK_SAMPLE_PX of the w pixels of a row; w is at least SEK_SAMPLE_EACH_PX. */
	uint32_t (*sample)(const uint32_t *px, size_t w);
	/* If src, n pixels, equals from, copies from to `to`, which may be one place with it but must not overlap it otherwise. */
	enum sek_moved (*move)(const uint32_t *src, const uint32_t *from, uint32_t *to, size_t n);
};

/* The fastest kind that this processor has. */
const struct sek_simd *sek_simd_best(void);
/* Kind number i, plain C first; NULL if there is none, or this processor does not have it. */
const struct sek_simd *sek_simd_kind(unsigned i);

#endif
