/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Plays a track: from a keyframe, round and round. A frame is never left out, because the next one builds on it: a receiver that
 * does not keep up is sent everything later, and that is counted.
 */
#include "client/load/synthetic/play.h"

#include <stdlib.h>
#include <string.h>

#include "client/load/marker.h"

void sek_play_init(struct sek_play *p, const struct sek_track *track, uint32_t period_us, uint64_t seed, uint64_t now_us)
{
	*p = (struct sek_play){ .track = track, .period_us = period_us, .visible = true };
	p->entry = (size_t)(seed % track->n_entries);
	p->due_us = now_us + (period_us ? seed / track->n_entries % period_us : 0);
	p->keyframe_due = true;
}

void sek_play_receiver(struct sek_play *p)
{
	p->acked = p->sent;
	p->visible = true;
	sek_play_refresh(p);
}

void sek_play_refresh(struct sek_play *p)
{
	p->keyframe_due = true;
}

sek_status sek_play_ack(struct sek_play *p, uint32_t frame)
{
	uint32_t ahead = frame - p->acked;

	if (ahead == 0 || ahead > p->sent - p->acked)
		return sek_fail(SEK_E_MALFORMED);
	p->acked = frame;
	return sek_ok();
}

void sek_play_input(struct sek_play *p)
{
	p->inputs++;
	p->figures.inputs++;
	p->marker_due = true;
}

uint64_t sek_play_due_us(const struct sek_play *p)
{
	if (!p->visible || p->sent - p->acked >= SEK_PLAY_IN_FLIGHT)
		return UINT64_MAX;
	if (p->keyframe_due || p->marker_due)
		return 0;
	return p->period_us && p->track->n_frames ? p->due_us : UINT64_MAX;
}

sek_status sek_play_out_put(struct sek_play_out *o, const void *bytes, size_t n)
{
	if (n > o->size - o->end) {
		size_t size = o->end + n;
		uint8_t *more = realloc(o->bytes, size);

		if (!more)
			return sek_fail(SEK_E_NOMEM);
		o->bytes = more;
		o->size = size;
	}
	memcpy(o->bytes + o->end, bytes, n);
	o->end += n;
	return sek_ok();
}

void sek_play_out_taken(struct sek_play_out *o, size_t n)
{
	o->start += n;
	if (o->start == o->end)
		sek_play_out_finish(o);
}

void sek_play_out_finish(struct sek_play_out *o)
{
	free(o->bytes);
	*o = (struct sek_play_out){ NULL, 0, 0, 0 };
}

/* The frame's messages, with its number in each. */
static sek_status put_frame(const struct sek_track_frame *f, uint32_t number, struct sek_play_out *out)
{
	size_t at = out->end;

	SEK_TRY(sek_play_out_put(out, f->bytes, f->n));
	while (at < out->end) {
		uint8_t *head = out->bytes + at;

		for (unsigned i = 0; i < 4; i++)
			head[SEK_FRAME_HEADER_BYTES + i] = (uint8_t)(number >> (24 - 8 * i));
		at += SEK_FRAME_HEADER_BYTES + ((size_t)head[4] << 24 | (size_t)head[5] << 16 | (size_t)head[6] << 8 | head[7]);
	}
	return sek_ok();
}

static sek_status put_marker(struct sek_play *p, uint32_t number, struct sek_play_out *out)
{
	const struct sek_rect r = sek_marker_tile(p->track->width_px, p->track->height_px);
	const uint32_t colour = p->inputs % 2 ? SEK_MARKER_ODD : SEK_MARKER_EVEN;
	uint8_t memory[SEK_FRAME_HEADER_BYTES + 32];
	struct sek_writer w;
	size_t at;

	sek_writer_init(&w, memory, sizeof memory);
	at = sek_frame_begin(&w, SEK_MSG_UPDATE, SEK_UPDATE_END);
	sek_write_u32(&w, number);
	sek_write_u16(&w, 1);
	sek_write_u16(&w, 0);
	sek_write_u8(&w, SEK_OP_FILL);
	sek_write_u16(&w, r.x);
	sek_write_u16(&w, r.y);
	sek_write_u16(&w, r.w);
	sek_write_u16(&w, r.h);
	sek_write_u8(&w, (uint8_t)(colour >> 16));
	sek_write_u8(&w, (uint8_t)(colour >> 8));
	sek_write_u8(&w, (uint8_t)colour);
	SEK_TRY(sek_frame_end(&w, at));
	p->marker_due = false;
	return sek_play_out_put(out, memory, w.len);
}

static sek_status put_keyframe(struct sek_play *p, struct sek_play_out *out)
{
	const struct sek_track_entry *e = &p->track->entries[p->entry];

	p->sent++;
	SEK_TRY(put_frame(&e->keyframe, p->sent, out));
	SEK_TRY(put_marker(p, p->sent, out));
	p->next = e->next;
	p->keyframe_due = false;
	p->figures.keyframes++;
	return sek_ok();
}

static void next_time(struct sek_play *p, uint64_t now_us)
{
	if (!p->period_us)
		return;
	if (now_us > p->due_us + p->period_us / 2) {
		p->figures.late++;
		p->due_us = now_us;
	}
	p->due_us += p->period_us;
}

static sek_status put_next(struct sek_play *p, struct sek_play_out *out)
{
	if (p->next == p->track->n_frames) {
		p->entry = 0;
		return put_keyframe(p, out);
	}
	SEK_TRY(put_frame(&p->track->frames[p->next], p->sent + 1, out));
	p->sent++;
	p->next++;
	p->figures.frames++;
	return sek_ok();
}

sek_status sek_play_go(struct sek_play *p, uint64_t now_us, struct sek_play_out *out)
{
	if (sek_play_due_us(p) > now_us)
		return sek_ok();
	if (p->keyframe_due) {
		SEK_TRY(put_keyframe(p, out));
		if (now_us >= p->due_us)
			p->due_us = now_us + p->period_us;
		return sek_ok();
	}
	if (p->marker_due)
		return put_marker(p, ++p->sent, out);
	SEK_TRY(put_next(p, out));
	next_time(p, now_us);
	return sek_ok();
}
