/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Walks the segments of a JPEG (ITU-T T.81, annex B) and refuses everything that the protocol has no use for:
 * progressive, arithmetic, lossless and hierarchical coding, several scans, other sizes. The library behind it then
 * only sees the one kind of image that our own encoders make. Freestanding.
 */
#include "protocol/codec/jpeg.h"
#include "protocol/wire/wire.h"

enum marker {
	SOF0 = 0xc0, DHT = 0xc4, RST0 = 0xd0, RST7 = 0xd7, SOI = 0xd8, EOI = 0xd9, SOS = 0xda, DQT = 0xdb, DRI = 0xdd,
	APP0 = 0xe0, APP15 = 0xef, COM = 0xfe,
};

#define COMPONENTS 3

static sek_status check_frame_header(struct sek_reader s, uint32_t width, uint32_t height, uint8_t ids[COMPONENTS])
{
	uint8_t precision, count;
	uint16_t rows, columns;

	SEK_TRY(sek_read_u8(&s, &precision));
	SEK_TRY(sek_read_u16(&s, &rows));
	SEK_TRY(sek_read_u16(&s, &columns));
	SEK_TRY(sek_read_u8(&s, &count));
	if (precision != 8 || rows != height || columns != width || count != COMPONENTS)
		return sek_fail(SEK_E_MALFORMED);
	for (int i = 0; i < COMPONENTS; i++) {
		uint8_t sampling, table;

		SEK_TRY(sek_read_u8(&s, &ids[i]));
		SEK_TRY(sek_read_u8(&s, &sampling));
		SEK_TRY(sek_read_u8(&s, &table));
		if ((sampling >> 4) < 1 || (sampling >> 4) > 2 || (sampling & 15) < 1 || (sampling & 15) > 2 ||
		    table > 3)
			return sek_fail(SEK_E_MALFORMED);
	}
	if (ids[0] == ids[1] || ids[0] == ids[2] || ids[1] == ids[2])
		return sek_fail(SEK_E_MALFORMED);
	return sek_read_done(&s);
}

/* One scan with all components in order, over the whole spectrum (baseline knows no other). */
static sek_status check_scan_header(struct sek_reader s, const uint8_t ids[COMPONENTS])
{
	uint8_t count, start, end, approximation;

	SEK_TRY(sek_read_u8(&s, &count));
	if (count != COMPONENTS)
		return sek_fail(SEK_E_MALFORMED);
	for (int i = 0; i < COMPONENTS; i++) {
		uint8_t id, tables;

		SEK_TRY(sek_read_u8(&s, &id));
		SEK_TRY(sek_read_u8(&s, &tables));
		if (id != ids[i] || (tables >> 4) > 1 || (tables & 15) > 1)
			return sek_fail(SEK_E_MALFORMED);
	}
	SEK_TRY(sek_read_u8(&s, &start));
	SEK_TRY(sek_read_u8(&s, &end));
	SEK_TRY(sek_read_u8(&s, &approximation));
	if (start != 0 || end != 63 || approximation != 0)
		return sek_fail(SEK_E_MALFORMED);
	return sek_read_done(&s);
}

/* Entropy-coded data up to the one EOI, which must be the last two bytes: FF 00 is a stuffed FF, RSTn may stand in
 * between, every other marker is refused. */
static sek_status check_entropy(const uint8_t *p, size_t n)
{
	size_t i = 0;

	while (i + 1 < n) {
		if (p[i] != 0xff) {
			i++;
			continue;
		}
		if (p[i + 1] == EOI)
			return i + 2 == n ? sek_ok() : sek_fail(SEK_E_MALFORMED);
		if (p[i + 1] != 0 && (p[i + 1] < RST0 || p[i + 1] > RST7))
			return sek_fail(SEK_E_MALFORMED);
		i += 2;
	}
	return sek_fail(SEK_E_MALFORMED);
}

sek_status sek_jpeg_check(const uint8_t *jpeg, size_t n, uint32_t width, uint32_t height)
{
	struct sek_reader r;
	uint8_t ids[COMPONENTS] = { 0, 0, 0 };
	bool have_frame = false;
	uint16_t start;

	sek_reader_init(&r, jpeg, n);
	SEK_TRY(sek_read_u16(&r, &start));
	if (start != (0xff00 | SOI))
		return sek_fail(SEK_E_MALFORMED);
	for (;;) {
		struct sek_reader segment;
		const uint8_t *body;
		uint8_t prefix, marker;
		uint16_t length;

		SEK_TRY(sek_read_u8(&r, &prefix));
		SEK_TRY(sek_read_u8(&r, &marker));
		SEK_TRY(sek_read_u16(&r, &length));
		if (prefix != 0xff || length < 2)
			return sek_fail(SEK_E_MALFORMED);
		SEK_TRY(sek_read_bytes(&r, (size_t)length - 2, &body));
		sek_reader_init(&segment, body, (size_t)length - 2);
		if (marker == SOF0) {
			if (have_frame)
				return sek_fail(SEK_E_MALFORMED);
			SEK_TRY(check_frame_header(segment, width, height, ids));
			have_frame = true;
		} else if (marker == SOS) {
			if (!have_frame)
				return sek_fail(SEK_E_MALFORMED);
			SEK_TRY(check_scan_header(segment, ids));
			return check_entropy(r.p, r.left);
		} else if (marker != DQT && marker != DHT && marker != DRI && marker != COM &&
			   !(marker >= APP0 && marker <= APP15)) {
			return sek_fail(SEK_E_MALFORMED);
		}
	}
}
