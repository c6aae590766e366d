/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See png.h. ISO/IEC 15948, 5 (chunks) and 11 (IHDR, PLTE, IDAT, IEND).
 */
#include "broker/hub/documents/png.h"

#include <string.h>

#include <zlib.h>

enum { SIGNATURE_BYTES = 8, CHUNK_BYTES = 12, HEADER_BYTES = 13, GREY = 0, RGB = 2, INDEXED = 3 };

static void put32(uint8_t *at, uint32_t v)
{
	at[0] = (uint8_t)(v >> 24);
	at[1] = (uint8_t)(v >> 16);
	at[2] = (uint8_t)(v >> 8);
	at[3] = (uint8_t)v;
}

size_t sek_png_bytes(const struct sek_pdf_page *page)
{
	return SIGNATURE_BYTES + CHUNK_BYTES + HEADER_BYTES + (page->colours ? CHUNK_BYTES + 3 * (size_t)page->colours : 0) + CHUNK_BYTES +
		page->bytes + CHUNK_BYTES;
}

static uint8_t *put_chunk(uint8_t *at, const char *name, const uint8_t *bytes, uint32_t n)
{
	put32(at, n);
	memcpy(at + 4, name, 4);
	if (n > 0)
		memcpy(at + 8, bytes, n);
	put32(at + 8 + n, (uint32_t)crc32(crc32(0, NULL, 0), at + 4, n + 4));
	return at + CHUNK_BYTES + n;
}

static uint8_t digit(char c)
{
	return (uint8_t)(c >= 'A' ? c - 'A' + 10 : c - '0');
}

void sek_png_make(const struct sek_pdf_page *page, const char *palette, const uint8_t *image, uint8_t *to)
{
	uint8_t header[HEADER_BYTES] = { 0 }, colours[3 * SEK_PAPER_COLOURS_MAX];

	memcpy(to, "\x89PNG\r\n\x1a\n", SIGNATURE_BYTES);
	put32(header, page->width_px);
	put32(header + 4, page->height_px);
	header[8] = page->bits;
	header[9] = page->form == SEK_PAPER_RGB ? RGB : page->form == SEK_PAPER_PALETTE ? INDEXED : GREY;
	to = put_chunk(to + SIGNATURE_BYTES, "IHDR", header, sizeof header);
	if (page->colours) {
		for (unsigned i = 0; i < 3u * page->colours; i++)
			colours[i] = (uint8_t)(digit(palette[2 * i]) << 4 | digit(palette[2 * i + 1]));
		to = put_chunk(to, "PLTE", colours, 3u * page->colours);
	}
	to = put_chunk(to, "IDAT", image, page->bytes);
	put_chunk(to, "IEND", NULL, 0);
}
