/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The connection to sekisho-ime. It cannot be made again from inside the jail: when it is gone, texts are typed with
 * keys as far as those go (input.c).
 */
#include "render-host/capture/ime.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "render-host/capture/local_socket.h"
#include "render-host/session.h"

enum {
	OUT_MAX_BYTES = 65536,
	/* a fence and a text */
	MESSAGE_MAX_BYTES = 2 * SEK_FRAME_HEADER_BYTES + SEK_MSG_KEY_MAX_BYTES + SEK_TEXT_MAX_BYTES,
};

sek_status sek_ime_open(struct sek_ime *ime, const char *path, const struct sek_ime_events *events)
{
	int fd = -1;

	memset(ime, 0, sizeof *ime);
	ime->events = *events;
	sek_stream_none(&ime->stream);
	SEK_TRY(sek_local_connect(path, &fd));
	return sek_stream_init(&ime->stream, fd, SEK_LINK_HOST, SEK_DIR_DOWN, OUT_MAX_BYTES);
}

void sek_ime_finish(struct sek_ime *ime)
{
	if (ime)
		sek_stream_finish(&ime->stream);
}

bool sek_ime_alive(const struct sek_ime *ime)
{
	return sek_stream_open(&ime->stream);
}

static sek_status take(struct sek_ime *ime, const struct sek_frame *f, const uint8_t *payload)
{
	struct sek_caret caret;
	struct sek_ping pong;

	switch (f->type) {
	case SEK_MSG_CARET:
		SEK_TRY(sek_caret_read(payload, f->payload_bytes, &caret));
		ime->events.caret(ime->events.user, &caret);
		return sek_ok();
	case SEK_MSG_PONG:
		SEK_TRY(sek_ping_read(payload, f->payload_bytes, &pong));
		ime->events.pong(ime->events.user, pong.id);
		return sek_ok();
	default:
		return sek_fail(SEK_E_MALFORMED);
	}
}

static sek_status read_frames(struct sek_ime *ime)
{
	SEK_TRY(sek_stream_fill(&ime->stream));
	for (;;) {
		struct sek_frame f;
		const uint8_t *payload;

		SEK_TRY(sek_stream_next(&ime->stream, &f, &payload));
		SEK_TRY(take(ime, &f, payload));
	}
}

static sek_status close_unless_again(struct sek_ime *ime, sek_status s)
{
	if (sek_is_ok(s) || sek_is(s, SEK_E_AGAIN))
		return sek_ok();
	sek_stream_finish(&ime->stream);
	return s;
}

sek_status sek_ime_read(struct sek_ime *ime)
{
	if (!sek_ime_alive(ime))
		return sek_ok();
	return close_unless_again(ime, read_frames(ime));
}

sek_status sek_ime_flush(struct sek_ime *ime)
{
	if (!sek_ime_alive(ime))
		return sek_ok();
	return close_unless_again(ime, sek_stream_flush(&ime->stream));
}

bool sek_ime_room(const struct sek_ime *ime)
{
	return !sek_ime_alive(ime) || OUT_MAX_BYTES - sek_stream_waiting(&ime->stream) >= MESSAGE_MAX_BYTES;
}

sek_status sek_ime_text(struct sek_ime *ime, const uint8_t *utf8, size_t bytes, bool fence)
{
	uint8_t memory[MESSAGE_MAX_BYTES];
	struct sek_key key = { .code = SEK_IME_FENCE_CODE, .down = true };
	struct sek_text text = { utf8, bytes };
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	if (fence)
		sek_key_write(&w, &key);
	sek_text_write(&w, &text);
	SEK_TRY(sek_writer_status(&w));
	return sek_stream_put(&ime->stream, memory, w.len);
}

sek_status sek_ime_ping(struct sek_ime *ime, uint32_t *ret_id)
{
	uint8_t memory[SEK_FRAME_HEADER_BYTES + SEK_MSG_PING_MAX_BYTES];
	struct sek_ping ping = { ime->last_ping + 1 };
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_ping_write(&w, &ping);
	SEK_TRY(sek_writer_status(&w));
	SEK_TRY(sek_stream_put(&ime->stream, memory, w.len));
	ime->last_ping = ping.id;
	*ret_id = ping.id;
	return sek_ok();
}
