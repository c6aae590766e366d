/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Frames into pixels, and pixels against poppler's own.
 */
#include "tests/unit/pages/taker.h"

#include <cairo.h>
#include <check.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* What fontconfig and cairo's choice of fonts never give back is not ours. Only sanitizer builds ask. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libfontconfig\nleak:libcairo\n";
}

struct taker *taker_create(uint16_t side)
{
	struct taker *t = calloc(1, sizeof *t);

	ck_assert(t);
	t->side = side;
	t->wait_ms = 20000;
	t->px = calloc((size_t)side * side, sizeof *t->px);
	t->painter = sek_painter_create();
	t->fd = -1;
	ck_assert(t->px && t->painter);
	return t;
}

void taker_destroy(struct taker *t)
{
	sek_painter_destroy(t->painter);
	free(t->px);
	free(t);
}

void taker_use(struct taker *t, int fd)
{
	t->fd = fd;
	t->in_n = 0;
}

static void take(struct taker *t, const struct sek_frame *f, const uint8_t *payload)
{
	struct sek_picture picture = { t->px, t->side, t->width, t->height };
	struct sek_size size;
	uint32_t number;

	switch (f->type) {
	case SEK_MSG_SIZE:
		ck_assert(sek_is_ok(sek_size_read(payload, f->payload_bytes, &size)));
		ck_assert(size.width_px <= t->side && size.height_px <= t->side);
		t->width = size.width_px;
		t->height = size.height_px;
		break;
	case SEK_MSG_UPDATE:
		ck_assert(sek_is_ok(sek_paint_update(t->painter, &picture, f->flags, payload, f->payload_bytes, NULL, NULL, &number)));
		break;
	case SEK_MSG_PAGES:
		ck_assert(sek_is_ok(sek_pages_msg_read(payload, f->payload_bytes, &t->pages)));
		break;
	case SEK_MSG_PAGE:
		ck_assert(sek_is_ok(sek_page_msg_read(payload, f->payload_bytes, &t->page)));
		break;
	default:
		ck_assert_uint_eq(f->type, SEK_MSG_PONG);
	}
}

uint8_t taker_next(struct taker *t)
{
	struct pollfd p = { .fd = t->fd, .events = POLLIN };
	struct sek_frame f;
	size_t total;
	ssize_t k;

	for (;;) {
		while (sek_is_ok(sek_frame_whole(t->in, t->in_n, SEK_LINK_HOST, SEK_DIR_DOWN, &f, &total))) {
			take(t, &f, t->in + SEK_FRAME_HEADER_BYTES);
			memmove(t->in, t->in + total, t->in_n - total);
			t->in_n -= total;
			if (f.type != SEK_MSG_SIZE && f.type != SEK_MSG_UPDATE)
				return f.type;
		}
		ck_assert_msg(poll(&p, 1, t->wait_ms) > 0, "nothing comes");
		k = recv(t->fd, t->in + t->in_n, sizeof t->in - t->in_n, 0);
		if (k <= 0)
			return 0;
		t->in_n += (size_t)k;
	}
}

void taker_take(struct taker *t, uint16_t page)
{
	uint8_t bytes[16];
	struct sek_writer w;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_take_page_write(&w, &(struct sek_page_msg){ page });
	ck_assert(sek_is_ok(sek_writer_status(&w)));
	ck_assert_int_eq(send(t->fd, w.start, w.len, MSG_NOSIGNAL), (ssize_t)w.len);
	ck_assert_uint_eq(taker_next(t), SEK_MSG_PAGE);
	ck_assert_uint_eq(t->page.page, page);
}

void taker_compare(const struct taker *t, PopplerDocument *d, uint16_t number, double dpi)
{
	PopplerPage *page = poppler_document_get_page(d, number - 1);
	cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, t->width, t->height);
	cairo_t *cr = cairo_create(s);
	const unsigned char *want;
	size_t stride;
	unsigned dark = 0;

	cairo_set_source_rgb(cr, 1, 1, 1);
	cairo_paint(cr);
	cairo_scale(cr, dpi / 72, dpi / 72);
	poppler_page_render(page, cr);
	cairo_destroy(cr);
	cairo_surface_flush(s);
	want = cairo_image_surface_get_data(s);
	stride = (size_t)cairo_image_surface_get_stride(s);
	for (uint16_t y = 0; y < t->height; y++)
		for (uint16_t x = 0; x < t->width; x++) {
			uint32_t w = *(const uint32_t *)(const void *)(want + y * stride + 4u * x) & 0xffffff;

			ck_assert_uint_eq(t->px[(size_t)y * t->side + x] & 0xffffff, w);
			dark += w == 0;
		}
	ck_assert_uint_gt(dark, 200);
	cairo_surface_destroy(s);
	g_object_unref(page);
}
