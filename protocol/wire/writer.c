/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The one bounded writer: every byte goes through room(). Freestanding; must never write past the memory it was given.
 */
#include "protocol/wire/wire.h"

void sek_writer_init(struct sek_writer *w, void *memory, size_t size)
{
	w->start = memory;
	w->len = 0;
	w->size = size;
	w->failed = false;
}

/* The place of the next n bytes, or NULL when they do not fit (and from then on for good). */
static uint8_t *room(struct sek_writer *w, size_t n)
{
	uint8_t *p;

	if (w->failed || n > w->size - w->len) {
		w->failed = true;
		return NULL;
	}
	p = w->start + w->len;
	w->len += n;
	return p;
}

void sek_write_u8(struct sek_writer *w, uint8_t v)
{
	uint8_t *p = room(w, 1);

	if (p)
		p[0] = v;
}

void sek_write_u16(struct sek_writer *w, uint16_t v)
{
	uint8_t *p = room(w, 2);

	if (!p)
		return;
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

void sek_write_i16(struct sek_writer *w, int16_t v)
{
	sek_write_u16(w, (uint16_t)v);
}

void sek_write_u32(struct sek_writer *w, uint32_t v)
{
	uint8_t *p = room(w, 4);

	if (!p)
		return;
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

void sek_write_u64(struct sek_writer *w, uint64_t v)
{
	sek_write_u32(w, (uint32_t)(v >> 32));
	sek_write_u32(w, (uint32_t)v);
}

void sek_write_bytes(struct sek_writer *w, const void *bytes, size_t n)
{
	uint8_t *p;

	if (n == 0)
		return;
	p = room(w, n);
	if (p)
		__builtin_memcpy(p, bytes, n);
}

sek_status sek_writer_status(const struct sek_writer *w)
{
	return w->failed ? sek_fail(SEK_E_LIMIT) : sek_ok();
}
