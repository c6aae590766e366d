/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A member's hands and eyes: real messages of input, and the moment at which a key is seen. Who paints reads from the marker how many inputs it
 * shows; who only checks updates takes a rectangle over it for the change. Nothing else on the site's pages or the synthetic hosts paints there.
 */
#include <stdio.h>
#include <string.h>

#include "client/load/marker.h"
#include "client/load/member_private.h"
#include "client/load/site.h"

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
	m->input_ns = uv_hrtime(); /* how many inputs it is for the page is the browser's affair */
	m->unseen++;
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

/* How many inputs the marker shows, modulo LOAD_MARKER_STEPS; a synthetic host's marker has two of these values. */
static unsigned marker_shows(const struct load_member *m)
{
	const struct sek_picture *p = sek_stream_picture(m->stream);
	uint32_t px;

	if (!p->px || p->height_px <= SEK_MARKER_BAND_PX)
		return 0;
	px = p->px[(size_t)sek_marker_y_px(p->height_px) * p->stride_px + sek_marker_x_px(p->width_px)];
	return load_marker_value((uint8_t)(px >> 8));
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

/* After a pause whatever was typed before has been seen: what the marker shows now is where counting begins. */
static void begin_counting(struct load_member *m)
{
	if (m->input_ns && uv_hrtime() - m->input_ns < LOAD_PAUSE_MS * 1000000ull)
		return;
	m->inputs = m->decodes ? marker_shows(m) : 0;
	m->unseen = 0;
}

/* A letter is timed only if all before it has been seen: else a change of the marker could be another one's. */
void load_hand_timed(struct load_member *m, uint32_t codepoint)
{
	bool waits = load_hand_waits(m);

	if (!waits) {
		begin_counting(m);
		m->shown = m->decodes ? marker_shows(m) : 0;
		if (m->decodes && m->config->site ? m->shown == m->inputs % LOAD_MARKER_STEPS : m->unseen == 0)
			m->key_ns = uv_hrtime();
	}
	m->inputs++;
	m->unseen++;
	if (m->key_ns && !waits)
		m->awaited = m->inputs % LOAD_MARKER_STEPS;
	m->input_ns = uv_hrtime();
	m->marked = false;
	load_hand_press(m, 0, codepoint);
}

void load_hand_painted(struct load_member *m, struct sek_rect r)
{
	const struct sek_picture *p = sek_stream_picture(m->stream);
	uint16_t x = sek_marker_x_px(p->width_px), y = sek_marker_y_px(p->height_px);

	if (x >= r.x && y >= r.y && x - r.x < r.w && y - r.y < r.h)
		m->marked = true;
}

/* The marker has reached or passed what is waited for: several inputs may become visible at once. */
static bool is_seen(const struct load_member *m)
{
	unsigned shows;

	if (!m->decodes)
		return true;
	shows = marker_shows(m);
	if (!m->config->site)
		return shows != m->shown;
	return (shows + LOAD_MARKER_STEPS - m->awaited) % LOAD_MARKER_STEPS < LOAD_MARKER_STEPS / 2;
}

void load_hand_frame(struct load_member *m)
{
	if (!m->marked)
		return;
	m->marked = false;
	if (m->unseen > 0)
		m->unseen--;
	if (m->key_ns && is_seen(m))
		add_delay(m, (double)(uv_hrtime() - m->key_ns) / 1e6);
}
