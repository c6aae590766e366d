/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Packs a batch of tile records with LZ4. The state is kept between calls only to save its allocation: batches do not
 * refer to one another.
 */
#include "protocol/codec/encoder.h"

#include <stdlib.h>
#include <string.h>

#include <lz4.h>

/* LZ4's acceleration for what has little to find: half the time, and about as many bytes. */
#define HASTE 8

struct sek_packer {
	void *state;
};

struct sek_packer *sek_packer_create(void)
{
	struct sek_packer *p = malloc(sizeof *p);

	if (!p)
		return NULL;
	p->state = malloc((size_t)LZ4_sizeofState());
	if (!p->state) {
		free(p);
		return NULL;
	}
	return p;
}

void sek_packer_destroy(struct sek_packer *p)
{
	if (!p)
		return;
	free(p->state);
	free(p);
}

size_t sek_pack_bound(size_t n)
{
	return (size_t)LZ4_COMPRESSBOUND((unsigned)n);
}

size_t sek_pack(struct sek_packer *p, const uint8_t *in, size_t n, uint8_t *out, bool hasty,
	enum sek_tiles_method *ret_method)
{
	int got = LZ4_compress_fast_extState(p->state, (const char *)in, (char *)out, (int)n, (int)sek_pack_bound(n),
		hasty ? HASTE : 1);

	if (got > 0 && (size_t)got < n) {
		*ret_method = SEK_TILES_LZ4;
		return (size_t)got;
	}
	memcpy(out, in, n);
	*ret_method = SEK_TILES_STORED;
	return n;
}
