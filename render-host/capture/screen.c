/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From damage to frames. Pixels are taken from the mapped framebuffer by the encoder, on its own copy: another process
 * paints there at the same time, and what was torn is damaged again.
 */
#include "base/error.h"
#include "base/log.h"
#include "render-host/capture/capture.h"
#include "render-host/session.h"

enum {
	/* The host link runs inside a data centre and what it carries is encoded again on the clean side. Bytes are cheap
	 * there, CPU on both ends is not: hence `fast`, and photographs that are exact at once: a JPEG that becomes exact
	 * later is coded twice here and, because it changes once more, twice again there. Films stay JPEG: raw they
	 * would be too much for any line; of the quality that they have there, so that they are rounded only once. What has
	 * stopped becomes exact well before the clean side refines. */
	REFINE_MS = 200,
	/* A frame is made only when the one before has left: newer pixels are better than queued ones. */
	OUT_BUSY_BYTES = 65536,
	/* A window that is being dragged to another size: Chromium needs about this long to follow. */
	RESIZE_EVERY_US = 100000,
};

static const struct sek_encode_options options = { .fast = true, .jpeg_quality = SEK_JPEG_QUALITY, .refine_ms = REFINE_MS };

/* The picture is what both the X server and its framebuffer file have. */
static uint16_t at_most(uint16_t v, uint16_t most)
{
	return v > most ? most : v;
}

void sek_capture_on_size(void *capture, uint16_t width, uint16_t height)
{
	struct sek_capture *c = capture;
	sek_status s;

	width = at_most(width, c->max_width_px);
	height = at_most(height, c->max_height_px);
	s = sek_update_encoder_resize(c->encoder, width, height);
	SEK_ASSERT(sek_is_ok(s)); /* created for the maximum */
	sek_pointer_bounds(&c->input.pointer, width, height);
	c->owe_size = true;
}

void sek_capture_on_damage(void *capture, struct sek_rect r)
{
	struct sek_capture *c = capture;

	sek_update_encoder_damage(c->encoder, r);
}

static uint16_t clamp(uint16_t v, uint16_t least, uint16_t most)
{
	/* the maximum comes second: it may be less than the minimum */
	return at_most(v < least ? least : v, most);
}

void sek_capture_want_size(struct sek_capture *c, uint16_t width, uint16_t height, bool at_once)
{
	c->want_width_px = clamp(width, SEK_WIDTH_MIN_PX, c->max_width_px);
	c->want_height_px = clamp(height, SEK_HEIGHT_MIN_PX, c->max_height_px);
	if (at_once)
		c->resize_at_us = 0;
}

void sek_capture_resize_if_due(struct sek_capture *c)
{
	sek_status s;

	if (!c->want_width_px || c->now_us < c->resize_at_us)
		return;
	s = sek_display_resize(c->display, c->want_width_px, c->want_height_px);
	if (!sek_is_ok(s))
		sek_log(SEK_LOG_WARN, "capture.resize_refused", "width", sek_logf("%u", c->want_width_px), "height",
			sek_logf("%u", c->want_height_px), NULL);
	c->want_width_px = c->want_height_px = 0;
	c->resize_at_us = c->now_us + RESIZE_EVERY_US;
}

void sek_capture_rate(struct sek_capture *c)
{
	bool idle = c->now_us - c->input_us > (uint64_t)SEK_VIEW_IDLE_MS * 1000;
	unsigned fps = idle ? c->idle_fps : c->idle_fps * (unsigned)SEK_VIEW_BUSY_TIMES;

	if (c->idle_fps < SEK_FPS_MAX)
		sek_pacer_rate(&c->pacer, 1000000 / fps, c->now_us);
	else if (c->pacer.frame_us)
		sek_pacer_rate(&c->pacer, 0, c->now_us);
}

static bool can_be_seen(const struct sek_capture *c)
{
	return sek_stream_open(&c->link) && c->visible && !c->ending && c->state.state == SEK_STATE_RUNNING;
}

void sek_capture_watch(struct sek_capture *c)
{
	bool on = can_be_seen(c);

	/* while nobody watched, no damage was told: everything may have changed, the encoder compares */
	if (on)
		sek_update_encoder_damage(c->encoder, (struct sek_rect){ 0, 0, c->max_width_px, c->max_height_px });
	sek_display_watch(c->display, on);
}

static sek_status on_message(void *user, const uint8_t *frame_bytes, size_t n)
{
	struct sek_capture *c = user;

	SEK_TRY(sek_stream_put(&c->link, frame_bytes, n));
	c->frame_bytes += n;
	/* a large frame travels while the rest of it is made */
	return sek_stream_flush(&c->link);
}

static uint64_t refine_wait_us(const struct sek_capture *c)
{
	uint64_t at_ms = sek_update_encoder_refine_at_ms(c->encoder, &options);

	if (!at_ms)
		return UINT64_MAX;
	return at_ms * 1000 > c->now_us ? at_ms * 1000 - c->now_us : 0;
}

/* Microseconds until there is something to encode. */
static uint64_t work_wait_us(const struct sek_capture *c)
{
	return sek_update_encoder_dirty(c->encoder) ? 0 : refine_wait_us(c);
}

void sek_capture_paint(struct sek_capture *c)
{
	struct sek_picture source = {
		/* the encoder only reads; its struct serves painters too */
		.px = (uint32_t *)(uintptr_t)c->framebuffer.px,
		.stride_px = c->framebuffer.xwd.stride_px,
		.width_px = at_most(sek_display_width(c->display), c->max_width_px),
		.height_px = at_most(sek_display_height(c->display), c->max_height_px),
	};
	bool sent = false;
	sek_status s;

	sek_capture_rate(c);
	if (!can_be_seen(c) || work_wait_us(c) > 0 || sek_pacer_wait_us(&c->pacer, c->now_us) > 0 ||
	    sek_stream_waiting(&c->link) > OUT_BUSY_BYTES)
		return;
	s = sek_update_encoder_encode(c->encoder, &source, sek_pacer_next(&c->pacer), c->now_us / 1000, &options,
		on_message, c, &sent);
	if (!sek_is_ok(s)) {
		sek_capture_detach(c, sek_is(s, SEK_E_CLOSED) ? "closed" : sek_code_name(s));
		return;
	}
	if (!sent)
		return;
	sek_pacer_sent(&c->pacer, c->now_us);
	c->frames++;
}

uint64_t sek_capture_screen_wait_us(const struct sek_capture *c)
{
	uint64_t wait = UINT64_MAX, work, pace;

	if (c->want_width_px)
		wait = c->resize_at_us > c->now_us ? c->resize_at_us - c->now_us : 0;
	/* with a full queue the socket's becoming writable wakes us, with all frames under way an ACK does */
	if (!can_be_seen(c) || sek_stream_waiting(&c->link) > OUT_BUSY_BYTES)
		return wait;
	pace = sek_pacer_wait_us(&c->pacer, c->now_us);
	work = work_wait_us(c);
	if (pace == SEK_PACER_ACK || work == UINT64_MAX)
		return wait;
	if (work < pace)
		work = pace;
	return work < wait ? work : wait;
}
