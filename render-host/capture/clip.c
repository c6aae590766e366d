/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The connection to sekisho-clip. It cannot be made again from inside the jail: when it is gone, the session has no
 * clipboard. Text goes through and is not kept.
 */
#include "render-host/capture/clip.h"

#include <string.h>

#include "render-host/capture/local_socket.h"

enum { OUT_MAX_BYTES = 2 * SEK_CLIPBOARD_MAX_BYTES };

sek_status sek_clip_open(struct sek_clip *clip, const char *path, const struct sek_clip_events *events)
{
	int fd = -1;

	memset(clip, 0, sizeof *clip);
	clip->events = *events;
	sek_stream_none(&clip->stream);
	SEK_TRY(sek_local_connect(path, &fd));
	return sek_stream_init(&clip->stream, fd, SEK_LINK_HOST, SEK_DIR_DOWN, OUT_MAX_BYTES);
}

void sek_clip_finish(struct sek_clip *clip)
{
	if (clip)
		sek_stream_finish(&clip->stream);
}

bool sek_clip_alive(const struct sek_clip *clip)
{
	return sek_stream_open(&clip->stream);
}

/* SEK_E_BUSY: a piece must wait. */
static sek_status take(struct sek_clip *clip, const struct sek_frame *f, const uint8_t *payload)
{
	struct sek_clipboard_piece piece;
	struct sek_ping pong;

	switch (f->type) {
	case SEK_MSG_CLIPBOARD:
		SEK_TRY(sek_clipboard_piece_read(payload, f->payload_bytes, &piece));
		if (piece.flags & SEK_CLIPBOARD_PREVIEW)
			return sek_fail(SEK_E_MALFORMED);
		return clip->events.piece(clip->events.user, &piece) ? sek_ok() : sek_fail(SEK_E_BUSY);
	case SEK_MSG_PONG:
		SEK_TRY(sek_ping_read(payload, f->payload_bytes, &pong));
		clip->events.pong(clip->events.user, pong.id);
		return sek_ok();
	default:
		return sek_fail(SEK_E_MALFORMED);
	}
}

static sek_status take_frames(struct sek_clip *clip)
{
	clip->blocked = false;
	for (;;) {
		size_t start = clip->stream.in_start;
		struct sek_frame f;
		const uint8_t *payload;
		sek_status s;

		SEK_TRY(sek_stream_next(&clip->stream, &f, &payload));
		s = take(clip, &f, payload);
		if (sek_is(s, SEK_E_BUSY)) {
			clip->stream.in_start = start;
			clip->blocked = true;
			return sek_ok();
		}
		SEK_TRY(s);
	}
}

static sek_status close_unless_again(struct sek_clip *clip, sek_status s)
{
	if (sek_is_ok(s) || sek_is(s, SEK_E_AGAIN))
		return sek_ok();
	sek_stream_finish(&clip->stream);
	clip->blocked = false;
	return s;
}

sek_status sek_clip_read(struct sek_clip *clip)
{
	sek_status s;

	if (!sek_clip_alive(clip) || clip->blocked)
		return sek_ok();
	s = sek_stream_fill(&clip->stream);
	return close_unless_again(clip, sek_is_ok(s) ? take_frames(clip) : s);
}

sek_status sek_clip_resume(struct sek_clip *clip)
{
	if (!sek_clip_alive(clip) || !clip->blocked)
		return sek_ok();
	return close_unless_again(clip, take_frames(clip));
}

sek_status sek_clip_flush(struct sek_clip *clip)
{
	if (!sek_clip_alive(clip))
		return sek_ok();
	return close_unless_again(clip, sek_stream_flush(&clip->stream));
}

void sek_clip_mode(struct sek_clip *clip, uint8_t directions)
{
	uint8_t memory[SEK_FRAME_HEADER_BYTES + SEK_MSG_CLIPBOARD_MODE_MAX_BYTES];
	struct sek_writer w;

	if (clip->directions == directions)
		return;
	clip->directions = directions;
	sek_writer_init(&w, memory, sizeof memory);
	sek_clipboard_mode_write(&w, &(struct sek_clipboard_mode){ directions });
	if (!sek_clip_alive(clip) || sek_is_ok(sek_stream_put(&clip->stream, memory, w.len)))
		return;
	/* it would not hear of a change: then it hears nothing more at all */
	sek_stream_finish(&clip->stream);
}

void sek_clip_put(struct sek_clip *clip, const struct sek_clipboard_piece *piece)
{
	uint8_t memory[SEK_FRAME_HEADER_BYTES + SEK_MSG_CLIPBOARD_MAX_BYTES];
	struct sek_writer w;

	if (!(clip->directions & SEK_CROSS_TO_OUTER))
		return;
	sek_writer_init(&w, memory, sizeof memory);
	sek_clipboard_piece_write(&w, piece);
	if (sek_is_ok(sek_writer_status(&w)))
		(void)sek_stream_put(&clip->stream, memory, w.len);
}

sek_status sek_clip_ping(struct sek_clip *clip, uint32_t *ret_id)
{
	uint8_t memory[SEK_FRAME_HEADER_BYTES + SEK_MSG_PING_MAX_BYTES];
	struct sek_ping ping = { clip->last_ping + 1 };
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_ping_write(&w, &ping);
	SEK_TRY(sek_stream_put(&clip->stream, memory, w.len));
	*ret_id = clip->last_ping = ping.id;
	return sek_ok();
}
