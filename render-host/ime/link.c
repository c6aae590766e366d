/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Frames over a stream socket inside GLib's loop. A frame that breaks the grammar, or has no business here, ends the peer.
 */
#include "render-host/ime/link.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib-unix.h>

#include "base/log.h"
#include "render-host/ime/engine.h"
#include "render-host/session.h"

enum {
	IN_BYTES = 4 * (SEK_FRAME_HEADER_BYTES + SEK_TEXT_MAX_BYTES),
	OUT_BYTES = 64, /* frames of 16 bytes */
};

static struct {
	int fd; /* -1: nobody is there */
	guint reads, writes; /* GLib sources, 0 if none */
	uint8_t in[IN_BYTES], out[OUT_BYTES];
	size_t in_n, out_n;
	bool has_newest;
	struct sek_caret newest; /* waits for room in out[] */
	bool has_pong;
	struct sek_ping pong; /* the same; a peer asks again only after the answer */
	bool knows_caret;
	struct sek_caret caret; /* the last one, for a peer that comes later */
} peer = { .fd = -1 };

/* A text must not overtake the keys before it, which come here by X, the browser and the bus: it waits until the key that
 * was pressed after them arrives. */
static struct {
	guint timer;     /* runs while frames are held; 0: they are not */
	gint64 early_us; /* the key came before its frame, then; 0: it did not */
	bool late;       /* the wait timed out: the key may still come, and then means nothing */
} fence;

static void drop_peer(const char *why)
{
	if (peer.fd < 0)
		return;
	if (why)
		sek_log(SEK_LOG_WARN, "ime.peer-dropped", "why", why, NULL);
	if (peer.reads)
		g_source_remove(peer.reads);
	if (peer.writes)
		g_source_remove(peer.writes);
	close(peer.fd);
	peer.fd = -1;
	peer.reads = peer.writes = 0;
	peer.in_n = peer.out_n = 0;
	peer.has_newest = peer.has_pong = false;
	if (fence.timer)
		g_source_remove(fence.timer);
	fence.timer = 0;
}

static gboolean on_writable(gint fd, GIOCondition what, gpointer unused);

static void put_pong(void)
{
	struct sek_writer w;

	if (!peer.has_pong || sizeof peer.out - peer.out_n < SEK_FRAME_HEADER_BYTES + SEK_MSG_PONG_MAX_BYTES)
		return;
	sek_writer_init(&w, peer.out + peer.out_n, sizeof peer.out - peer.out_n);
	sek_pong_write(&w, &peer.pong);
	if (sek_is_ok(sek_writer_status(&w)))
		peer.out_n += w.len;
	peer.has_pong = false;
}

static void put_newest(void)
{
	struct sek_writer w;

	if (!peer.has_newest || sizeof peer.out - peer.out_n < SEK_FRAME_HEADER_BYTES + SEK_MSG_CARET_MAX_BYTES)
		return;
	sek_writer_init(&w, peer.out + peer.out_n, sizeof peer.out - peer.out_n);
	sek_caret_write(&w, &peer.newest);
	if (sek_is_ok(sek_writer_status(&w)))
		peer.out_n += w.len;
	peer.has_newest = false;
}

static void write_out(void)
{
	for (;;) {
		ssize_t n;

		put_pong();
		put_newest();
		if (!peer.out_n)
			break;
		n = send(peer.fd, peer.out, peer.out_n, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			if (!peer.writes)
				peer.writes = g_unix_fd_add(peer.fd, G_IO_OUT, on_writable, NULL);
			return;
		}
		if (n < 0) {
			drop_peer("cannot write");
			return;
		}
		memmove(peer.out, peer.out + n, peer.out_n - (size_t)n);
		peer.out_n -= (size_t)n;
	}
}

static gboolean on_writable(gint fd, GIOCondition what, gpointer unused)
{
	(void)fd, (void)what, (void)unused;
	peer.writes = 0; /* this source ends here; write_out makes another if it is still needed */
	write_out();
	return G_SOURCE_REMOVE;
}

void sek_ime_link_caret(const struct sek_caret *caret)
{
	peer.caret = *caret;
	peer.knows_caret = true;
	if (peer.fd < 0)
		return;
	peer.newest = *caret;
	peer.has_newest = true;
	if (!peer.writes)
		write_out();
}

static void take_frames_or_drop(void);

static gboolean on_fence_timeout(gpointer unused)
{
	(void)unused;
	fence.timer = 0;
	fence.late = true;
	take_frames_or_drop();
	return G_SOURCE_REMOVE;
}

static void hold_frames(void)
{
	bool early = fence.early_us && g_get_monotonic_time() - fence.early_us < SEK_IME_FENCE_MS * 1000;

	fence.early_us = 0;
	if (!early)
		fence.timer = g_timeout_add(SEK_IME_FENCE_MS, on_fence_timeout, NULL);
}

void sek_ime_link_fence_key(void)
{
	if (fence.timer) {
		g_source_remove(fence.timer);
		fence.timer = 0;
		take_frames_or_drop();
	} else if (!fence.late) {
		fence.early_us = g_get_monotonic_time();
	}
	fence.late = false;
}

static sek_status take_frame(const struct sek_frame *frame, const uint8_t *payload)
{
	struct sek_text text;
	struct sek_key key;

	switch (frame->type) {
	case SEK_MSG_TEXT:
		SEK_TRY(sek_text_read(payload, frame->payload_bytes, &text));
		sek_ime_engine_type(text.utf8, text.bytes);
		return sek_ok();
	case SEK_MSG_PING:
		SEK_TRY(sek_ping_read(payload, frame->payload_bytes, &peer.pong));
		peer.has_pong = true;
		return sek_ok();
	case SEK_MSG_KEY:
		SEK_TRY(sek_key_read(payload, frame->payload_bytes, &key));
		if (key.code != SEK_IME_FENCE_CODE || !key.down)
			return sek_fail(SEK_E_MALFORMED);
		hold_frames();
		return sek_ok();
	default:
		return sek_fail(SEK_E_MALFORMED);
	}
}

/* Takes the whole frames out of in[], up to a fence. False: the peer broke the grammar. */
static bool take_frames(void)
{
	size_t at = 0;

	while (!fence.timer) {
		struct sek_frame frame;
		size_t total;
		sek_status s = sek_frame_whole(peer.in + at, peer.in_n - at, SEK_LINK_HOST, SEK_DIR_UP, &frame, &total);

		if (sek_is(s, SEK_E_AGAIN))
			break;
		if (!sek_is_ok(s) || !sek_is_ok(take_frame(&frame, peer.in + at + SEK_FRAME_HEADER_BYTES)))
			return false;
		at += total;
	}
	memmove(peer.in, peer.in + at, peer.in_n - at);
	peer.in_n -= at;
	if (!peer.writes)
		write_out();
	/* sek_frame_whole refuses an over-long frame by its header, so a full buffer always holds a whole TEXT frame; any
	 * other type of that size would fill it for ever. Held frames that fill it: capture never sends so many. */
	return peer.in_n < sizeof peer.in;
}

static void take_frames_or_drop(void)
{
	if (peer.fd >= 0 && !take_frames())
		drop_peer("refused frame");
}

static gboolean on_readable(gint fd, GIOCondition what, gpointer unused)
{
	ssize_t n = recv(fd, peer.in + peer.in_n, sizeof peer.in - peer.in_n, MSG_DONTWAIT);

	(void)what, (void)unused;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return G_SOURCE_CONTINUE;
	if (n > 0) {
		peer.in_n += (size_t)n;
		if (take_frames())
			return G_SOURCE_CONTINUE;
	}
	peer.reads = 0; /* returning G_SOURCE_REMOVE takes it out */
	drop_peer(n > 0 ? "refused frame" : NULL);
	return G_SOURCE_REMOVE;
}

static gboolean on_peer(gint fd, GIOCondition what, gpointer unused)
{
	int s = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)what, (void)unused;
	if (s < 0)
		return G_SOURCE_CONTINUE;
	drop_peer(peer.fd >= 0 ? "another one came" : NULL);
	peer.fd = s;
	peer.reads = g_unix_fd_add(s, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, NULL);
	if (peer.knows_caret)
		sek_ime_link_caret(&(struct sek_caret){ peer.caret.x_px, peer.caret.y_px, peer.caret.width_px,
							peer.caret.height_px });
	return G_SOURCE_CONTINUE;
}

void sek_ime_link_listen(int fd)
{
	g_unix_fd_add(fd, G_IO_IN, on_peer, NULL);
}
