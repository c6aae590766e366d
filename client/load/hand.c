/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A member's hands and eyes: real messages of input, and the moment at which a key is seen. Who paints looks at the colour of the marker; who
 * only checks updates takes a rectangle over it for the change. Nothing else on the site's pages or the synthetic hosts paints there.
 */
#include <stdio.h>
#include <string.h>

#include "client/load/marker.h"
#include "client/load/member_private.h"

static void send_frames(struct load_member *m, const struct sek_writer *w)
{
	if (!m->stream || m->closed)
		return;
	if (!sek_is_ok(sek_writer_status(w)) || !sek_is_ok(sek_stream_send(m->stream, w->start, w->len)))
		m->config->ops->error(m->config->user, m, "input-not-sent", "input waits longer than it may");
}

void load_hand_key(struct load_member *m, uint16_t code, uint32_t codepoint, bool down)
{
	uint8_t memory[SEK_FRAME_HEADER_BYTES + SEK_MSG_KEY_MAX_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_key_write(&w, &(struct sek_key){ code, down, codepoint });
	send_frames(m, &w);
}

void load_hand_press(struct load_member *m, uint16_t code, uint32_t codepoint)
{
	load_hand_key(m, code, codepoint, true);
	load_hand_key(m, code, codepoint, false);
}

void load_hand_ascii(struct load_member *m, const char *text)
{
	for (; *text; text++)
		load_hand_press(m, 0, (uint8_t)*text);
}

void load_hand_text(struct load_member *m, const char *text)
{
	uint8_t memory[SEK_FRAME_HEADER_BYTES + 512];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_text_write(&w, &(struct sek_text){ (const uint8_t *)text, strlen(text) });
	send_frames(m, &w);
}

/* Over the middle of the page. */
void load_hand_wheel(struct load_member *m, int notches)
{
	uint8_t memory[SEK_FRAME_HEADER_BYTES + SEK_MSG_WHEEL_MAX_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_wheel_write(&w, &(struct sek_wheel){ m->config->width_px / 2, m->config->height_px / 2, 0, (int16_t)(notches * SEK_WHEEL_NOTCH) });
	send_frames(m, &w);
}

void load_hand_click(struct load_member *m, uint16_t x_px, uint16_t y_px)
{
	uint8_t memory[3 * (SEK_FRAME_HEADER_BYTES + SEK_MSG_POINTER_MAX_BYTES)];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_pointer_write(&w, &(struct sek_pointer){ x_px, y_px, 0 });
	sek_pointer_write(&w, &(struct sek_pointer){ x_px, y_px, 1 });
	sek_pointer_write(&w, &(struct sek_pointer){ x_px, y_px, 0 });
	send_frames(m, &w);
}

void load_hand_end(struct load_member *m)
{
	uint8_t memory[SEK_FRAME_HEADER_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_empty_write(&w, SEK_MSG_END);
	send_frames(m, &w);
}

/* --- the key that is timed --- */

static bool marker_is_odd(const struct load_member *m)
{
	const struct sek_picture *p = sek_stream_picture(m->stream);

	if (!p->px || p->height_px <= SEK_MARKER_BAND_PX)
		return false;
	return sek_marker_is_odd(p->px[(size_t)sek_marker_y_px(p->height_px) * p->stride_px + sek_marker_x_px(p->width_px)]);
}

static void add_delay(struct load_member *m, double ms)
{
	m->key_ns = 0;
	m->keys++;
	sek_delays_add(&m->delays, ms);
	m->config->ops->delay(m->config->user, m, ms);
}

bool load_hand_waits(struct load_member *m)
{
	if (m->key_ns && uv_hrtime() - m->key_ns > LOAD_KEY_LIMIT_MS * 1000000ull) {
		m->config->ops->error(m->config->user, m, "key-lost", "a key was not seen within five seconds");
		add_delay(m, LOAD_KEY_LIMIT_MS);
	}
	return m->key_ns != 0;
}

void load_hand_timed(struct load_member *m, uint32_t codepoint)
{
	if (!load_hand_waits(m)) {
		m->was_odd = m->decodes && marker_is_odd(m);
		m->key_painted = false;
		m->key_ns = uv_hrtime();
	}
	load_hand_press(m, 0, codepoint);
}

void load_hand_painted(struct load_member *m, struct sek_rect r)
{
	const struct sek_picture *p = sek_stream_picture(m->stream);
	uint16_t x = sek_marker_x_px(p->width_px), y = sek_marker_y_px(p->height_px);

	if (m->key_ns && x >= r.x && y >= r.y && x - r.x < r.w && y - r.y < r.h)
		m->key_painted = true;
}

void load_hand_frame(struct load_member *m)
{
	if (m->key_ns && m->key_painted && (!m->decodes || marker_is_odd(m) != m->was_odd))
		add_delay(m, (double)(uv_hrtime() - m->key_ns) / 1e6);
}
