/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Everything that is said to the viewer, in one order, into the file in memory that the loop sends from. A next update is made only when the
 * one before has left, of newer pixels: a slow viewer costs one update's memory.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "broker/encoder/rfb/rfb.h"

enum {
	UPDATE = 0, FENCE = 248,
	RICH_CURSOR = -239, DESKTOP_SIZE = -223, QEMU_KEYS = -258, DESKTOP_NAME = -307, EXTENDED_SIZE = -308, ALPHA_CURSOR = -314,
	PSEUDO_MAX_BYTES = 64,
};
#define FENCE_REQUEST 0x80000000u
#define FENCE_BEFORE 1u

static void fail(struct sek_rfb *r)
{
	r->done = true;
	r->code = SEK_EXIT_INTERNAL;
}

void sek_rfb_put(struct sek_rfb *r, const void *bytes, size_t n)
{
	const uint8_t *at = bytes;

	while (n > 0) {
		ssize_t k = write(r->out_fd, at, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0) {
			fail(r);
			return;
		}
		at += k;
		n -= (size_t)k;
		r->out_end += (uint64_t)k;
	}
}

/* The library's encoders have written by themselves. */
static void find_end(struct sek_rfb *r)
{
	off_t end = lseek(r->out_fd, 0, SEEK_CUR);

	if (end < 0)
		fail(r);
	else
		r->out_end = (uint64_t)end;
}

void sek_rfb_put_init(struct sek_rfb *r)
{
	const struct sek_picture *p = sek_rfb_screen_picture(r->screen);
	uint8_t memory[24 + SEK_RFB_NAME_BYTES];
	char name[SEK_RFB_NAME_BYTES];
	struct sek_writer w;

	sek_rfb_title(r, name);
	sek_writer_init(&w, memory, sizeof memory);
	sek_write_u16(&w, p->width_px);
	sek_write_u16(&w, p->height_px);
	sek_write_bytes(&w, "\x20\x18\x00\x01\x00\xff\x00\xff\x00\xff\x10\x08\x00\x00\x00\x00", 16); /* 32 bits, B, G, R, X in memory */
	sek_write_u32(&w, (uint32_t)strlen(name));
	sek_write_bytes(&w, name, strlen(name));
	sek_rfb_put(r, memory, w.len);
	r->init_sent = true;
	r->viewer_width = p->width_px;
	r->viewer_height = p->height_px;
	sek_rfb_screen_viewer_size(r->screen, p->width_px, p->height_px);
}

void sek_rfb_put_fence(struct sek_rfb *r, uint32_t flags, const uint8_t *bytes, size_t n)
{
	uint8_t memory[9 + SEK_RFB_FENCE_MAX_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_write_u32(&w, (uint32_t)FENCE << 24);
	sek_write_u32(&w, flags);
	sek_write_u8(&w, (uint8_t)n);
	if (n > 0)
		sek_write_bytes(&w, bytes, n);
	sek_rfb_put(r, memory, w.len);
}

static void head(struct sek_writer *w, unsigned x, unsigned y, unsigned width, unsigned height, int32_t encoding)
{
	sek_write_u16(w, (uint16_t)x);
	sek_write_u16(w, (uint16_t)y);
	sek_write_u16(w, (uint16_t)width);
	sek_write_u16(w, (uint16_t)height);
	sek_write_u32(w, (uint32_t)encoding);
}

static void put_update_head(struct sek_rfb *r, unsigned rectangles)
{
	uint8_t memory[4];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_write_u16(&w, UPDATE);
	sek_write_u16(&w, (uint16_t)rectangles);
	sek_rfb_put(r, memory, w.len);
}

/* --- what is no pixel --- */

/* In an update of its own: what comes before it would be of the old size, what comes after it of the new one. */
static void put_size(struct sek_rfb *r)
{
	const struct sek_picture *p = sek_rfb_screen_picture(r->screen);
	uint8_t memory[PSEUDO_MAX_BYTES];
	struct sek_writer w;

	r->owes_size = false;
	if (!r->wants.extended_size && !r->wants.size)
		return; /* it keeps the size that it has: what fits in is shown */
	sek_writer_init(&w, memory, sizeof memory);
	if (r->wants.extended_size) {
		head(&w, r->size_reason, r->size_status, p->width_px, p->height_px, EXTENDED_SIZE);
		sek_write_u32(&w, 1u << 24); /* one screen, whose number is 0, */
		sek_write_u32(&w, 0);
		sek_write_u32(&w, 0);        /* at 0, 0, */
		sek_write_u16(&w, p->width_px);
		sek_write_u16(&w, p->height_px);
		sek_write_u32(&w, 0);
	} else {
		head(&w, 0, 0, p->width_px, p->height_px, DESKTOP_SIZE);
	}
	r->size_reason = r->size_status = 0;
	put_update_head(r, 1);
	sek_rfb_put(r, memory, w.len);
	r->viewer_width = p->width_px;
	r->viewer_height = p->height_px;
	sek_rfb_screen_viewer_size(r->screen, p->width_px, p->height_px);
}

static void put_alpha_cursor(struct sek_rfb *r)
{
	const struct sek_cursor *c = &r->cursor;
	uint8_t memory[PSEUDO_MAX_BYTES + SEK_RFB_CURSOR_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	head(&w, c->hot_x_px, c->hot_y_px, c->width_px, c->height_px, ALPHA_CURSOR);
	sek_write_u32(&w, 0); /* raw */
	for (size_t i = 0; i < (size_t)c->width_px * c->height_px; i++) {
		const uint8_t *p = c->bgra + i * 4;

		sek_write_u8(&w, p[2]);
		sek_write_u8(&w, p[1]);
		sek_write_u8(&w, p[0]);
		sek_write_u8(&w, p[3]);
	}
	sek_rfb_put(r, memory, w.len);
}

static void put_rich_cursor(struct sek_rfb *r)
{
	const struct sek_cursor *c = &r->cursor;
	uint8_t memory[PSEUDO_MAX_BYTES + SEK_RFB_CURSOR_BYTES + SEK_CURSOR_MAX_PX * SEK_CURSOR_MAX_PX / 8], pixel[4],
		mask[SEK_CURSOR_MAX_PX / 8];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	head(&w, c->hot_x_px, c->hot_y_px, c->width_px, c->height_px, RICH_CURSOR);
	for (size_t i = 0; i < (size_t)c->width_px * c->height_px; i++) {
		const uint8_t *p = c->bgra + i * 4;

		sek_write_bytes(&w, pixel, sek_rfb_screen_pixel(r->screen, p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16, pixel));
	}
	for (size_t y = 0; y < c->height_px; y++) {
		memset(mask, 0, sizeof mask);
		for (size_t x = 0; x < c->width_px; x++)
			if (c->bgra[(y * c->width_px + x) * 4 + 3] >= 128)
				mask[x / 8] |= (uint8_t)(0x80 >> x % 8);
		sek_write_bytes(&w, mask, (c->width_px + 7u) / 8);
	}
	sek_rfb_put(r, memory, w.len);
}

static void put_name(struct sek_rfb *r)
{
	uint8_t memory[PSEUDO_MAX_BYTES + SEK_RFB_NAME_BYTES];
	char name[SEK_RFB_NAME_BYTES];
	struct sek_writer w;

	sek_rfb_title(r, name);
	sek_writer_init(&w, memory, sizeof memory);
	head(&w, 0, 0, 0, 0, DESKTOP_NAME);
	sek_write_u32(&w, (uint32_t)strlen(name));
	sek_write_bytes(&w, name, strlen(name));
	sek_rfb_put(r, memory, w.len);
}

/* --- updates --- */

static bool owes_pseudo(const struct sek_rfb *r)
{
	return (r->owes_cursor && (r->wants.cursor || r->wants.alpha_cursor)) || (r->owes_keys && r->wants.keys) ||
		(r->owes_name && r->wants.name);
}

static void put_pseudo(struct sek_rfb *r)
{
	uint8_t memory[PSEUDO_MAX_BYTES];
	struct sek_writer w;

	if (r->owes_cursor && r->wants.alpha_cursor)
		put_alpha_cursor(r);
	else if (r->owes_cursor && r->wants.cursor)
		put_rich_cursor(r);
	if (r->owes_keys && r->wants.keys) {
		sek_writer_init(&w, memory, sizeof memory);
		head(&w, 0, 0, 0, 0, QEMU_KEYS);
		sek_rfb_put(r, memory, w.len);
	}
	if (r->owes_name && r->wants.name)
		put_name(r);
	r->owes_cursor = r->owes_keys = r->owes_name = false;
}

static unsigned count_pseudo(const struct sek_rfb *r)
{
	return (unsigned)(r->owes_cursor && (r->wants.cursor || r->wants.alpha_cursor)) + (r->owes_keys && r->wants.keys) +
		(r->owes_name && r->wants.name);
}

/* Frames that are painted up to now are in the viewer with this update. */
static void mark_sent(struct sek_rfb *r)
{
	uint8_t serial[4];
	struct sek_writer w;

	r->serial++;
	for (size_t i = r->n_sent; i < r->n_frames; i++)
		r->frames[i].serial = r->serial;
	r->n_sent = r->n_frames;
	if (!r->wants.fence)
		return;
	sek_writer_init(&w, serial, sizeof serial);
	sek_write_u32(&w, r->serial);
	sek_rfb_put_fence(r, FENCE_REQUEST | FENCE_BEFORE, serial, w.len);
	r->fences++;
}

static void put_update(struct sek_rfb *r)
{
	unsigned n = sek_rfb_screen_count(r->screen);

	r->requested = false;
	if (n + count_pseudo(r) == 0)
		return;
	put_update_head(r, n == SEK_RFB_UNCOUNTED ? n : n + count_pseudo(r));
	put_pseudo(r);
	if (!sek_is_ok(sek_rfb_screen_send(r->screen)))
		fail(r);
	find_end(r);
	mark_sent(r);
}

void sek_rfb_offer(struct sek_rfb *r)
{
	if (!r->init_sent || r->done || r->out_end > r->out_start || (!r->requested && !r->continuous) ||
	    r->in_frame || r->fences >= SEK_RFB_FENCES_MAX)
		return;
	if (r->owes_size) {
		put_size(r);
		r->requested = r->requested && r->out_end == r->out_start;
	} else if (owes_pseudo(r) || sek_rfb_screen_changed(r->screen)) {
		put_update(r);
	}
	/* a frame that changed nothing that the viewer sees is there already */
	if (r->n_sent == 0 && r->n_frames > 0 && !sek_rfb_screen_changed(r->screen) && r->out_end == r->out_start)
		sek_rfb_ack(r, r->n_frames);
}

void sek_rfb_out_empty(struct sek_rfb *r)
{
	if (ftruncate(r->out_fd, 0) < 0 || lseek(r->out_fd, 0, SEEK_SET) < 0)
		fail(r);
	r->out_start = r->out_end = 0;
	if (!r->wants.fence)
		sek_rfb_ack(r, r->n_sent);
}
