/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The one bounded reader: every byte of a peer is taken through take(), which holds the one bounds check.
 * Freestanding; must never look past the bytes it was given nor move its cursor on failure.
 */
#include "protocol/wire/wire.h"

void sek_reader_init(struct sek_reader *r, const void *bytes, size_t n)
{
	r->p = bytes;
	r->left = n;
}

static sek_status take(struct sek_reader *r, size_t n, const uint8_t **ret)
{
	if (n > r->left)
		return sek_fail(SEK_E_MALFORMED);
	*ret = r->p;
	if (n > 0)
		r->p += n;
	r->left -= n;
	return sek_ok();
}

sek_status sek_read_u8(struct sek_reader *r, uint8_t *ret)
{
	const uint8_t *p;

	SEK_TRY(take(r, 1, &p));
	*ret = p[0];
	return sek_ok();
}

sek_status sek_read_u16(struct sek_reader *r, uint16_t *ret)
{
	const uint8_t *p;

	SEK_TRY(take(r, 2, &p));
	*ret = (uint16_t)((uint32_t)p[0] << 8 | p[1]);
	return sek_ok();
}

sek_status sek_read_i16(struct sek_reader *r, int16_t *ret)
{
	uint16_t v;

	SEK_TRY(sek_read_u16(r, &v));
	/* Two's complement without relying on how a compiler converts out-of-range values. */
	*ret = (int16_t)(v < 0x8000u ? (int32_t)v : (int32_t)v - 0x10000);
	return sek_ok();
}

sek_status sek_read_u32(struct sek_reader *r, uint32_t *ret)
{
	const uint8_t *p;

	SEK_TRY(take(r, 4, &p));
	*ret = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	return sek_ok();
}

/* On failure half of it may have been read. */
sek_status sek_read_u64(struct sek_reader *r, uint64_t *ret)
{
	uint32_t high, low;

	SEK_TRY(sek_read_u32(r, &high));
	SEK_TRY(sek_read_u32(r, &low));
	*ret = (uint64_t)high << 32 | low;
	return sek_ok();
}

sek_status sek_read_bytes(struct sek_reader *r, size_t n, const uint8_t **ret)
{
	return take(r, n, ret);
}

sek_status sek_read_done(const struct sek_reader *r)
{
	return r->left == 0 ? sek_ok() : sek_fail(SEK_E_MALFORMED);
}
