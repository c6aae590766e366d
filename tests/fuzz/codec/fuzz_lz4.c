/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Our LZ4 decoder beside liblz4's: it stays inside its buffers, and where both accept they make the same bytes. Input:
 * u32 unpacked size (cut to 1 MiB), then the block.
 */
#include <lz4.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/codec/lz4.h"
#include "protocol/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *ours, *theirs;
	uint32_t n;
	int got;

	if (size < 4)
		return 0;
	n = ((uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3]) %
	    (SEK_TILES_RAW_MAX_BYTES + 1);
	data += 4;
	size -= 4;
	ours = malloc(n ? n : 1); /* exactly as large as promised: ASan sees one byte too many */
	theirs = malloc(n ? n : 1);
	if (!ours || !theirs)
		abort();
	if (sek_is_ok(sek_lz4_decode(data, size, ours, n))) {
		got = LZ4_decompress_safe((const char *)data, (char *)theirs, (int)size, (int)n);
		if (got == (int)n && n > 0 && memcmp(ours, theirs, n) != 0)
			abort();
	}
	free(ours);
	free(theirs);
	return 0;
}
