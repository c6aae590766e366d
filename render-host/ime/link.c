/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Frames over a stream socket inside GLib's loop, worked off strictly in their order: while the oldest must wait (a fence
 * for its key, a text for a field), all stay in the buffer, and when that is full nothing more is read. A frame that
 * breaks the grammar or is of another type ends the peer.
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
#include "render-host/ime/nudge.h"
#include "render-host/session.h"

enum {
	IN_BYTES = 16 * (SEK_FRAME_HEADER_BYTES + SEK_TEXT_MAX_BYTES),
	OUT_BYTES = 1024,
	REPLY_BYTES = SEK_FRAME_HEADER_BYTES + SEK_MSG_CARET_MAX_BYTES, /* of the two replies the larger */
	TURNS = 3, /* see text_has_arrived */
};

enum step { STEP_DONE, STEP_WAIT, STEP_REFUSED };

static struct {
	int fd; /* -1: nobody is there */
	guint reads, writes, wakes; /* GLib sources, 0 if none */
	uint8_t in[IN_BYTES], out[OUT_BYTES];
	size_t in_n, out_n;
	gint64 waits_since_us; /* the oldest frame waits since then; 0: it does not */
	bool has_newest;
	struct sek_caret newest; /* waits for room in out[] */
	bool knows_caret;
	struct sek_caret caret;  /* the last one, for a peer that comes later */
	unsigned presses;        /* of the fence key that no fence has used */
	gint64 pressed_us;       /* the last of them */
	bool fence_waits;        /* the oldest frame is a fence, and its key has not come */
	bool late;               /* a fence has given up: if its key still comes, it means nothing */
	unsigned turns;          /* nudges until the committed text has surely been handled; 0: it has, or there is none */
	guint nudge;             /* shows that it has; 0: not sent */
} peer = { .fd = -1 };

static gboolean on_readable(gint fd, GIOCondition what, gpointer unused);
static gboolean on_writable(gint fd, GIOCondition what, gpointer unused);

static void stop_source(guint *source)
{
	if (*source)
		g_source_remove(*source);
	*source = 0;
}

static void drop_peer(const char *why)
{
	if (peer.fd < 0)
		return;
	if (why)
		sek_log(SEK_LOG_WARN, "ime.peer-dropped", "why", why, NULL);
	stop_source(&peer.reads);
	stop_source(&peer.writes);
	stop_source(&peer.wakes);
	close(peer.fd);
	peer.fd = -1;
	peer.in_n = peer.out_n = 0;
	peer.waits_since_us = 0;
	peer.has_newest = peer.fence_waits = false;
}

static bool out_has_room(void)
{
	return sizeof peer.out - peer.out_n >= REPLY_BYTES;
}

static void put_newest(void)
{
	struct sek_writer w;

	if (!peer.has_newest || !out_has_room())
		return;
	sek_writer_init(&w, peer.out + peer.out_n, sizeof peer.out - peer.out_n);
	sek_caret_write(&w, &peer.newest);
	if (sek_is_ok(sek_writer_status(&w)))
		peer.out_n += w.len;
	peer.has_newest = false;
}

static void write_out(void)
{
	while (peer.fd >= 0) {
		ssize_t n;

		put_newest();
		if (!peer.out_n)
			return;
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
	sek_ime_link_resume();
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

static gboolean on_wake(gpointer unused)
{
	(void)unused;
	peer.wakes = 0;
	sek_ime_link_resume();
	return G_SOURCE_REMOVE;
}

/* The oldest frame cannot go yet. True while it may wait on, at most so long since it began to. */
static bool may_wait(unsigned most_ms)
{
	gint64 now_us = g_get_monotonic_time(), waited_us;

	if (!peer.waits_since_us)
		peer.waits_since_us = now_us;
	waited_us = now_us - peer.waits_since_us;
	if (waited_us >= (gint64)most_ms * 1000)
		return false;
	if (!peer.wakes)
		peer.wakes = g_timeout_add(most_ms - (guint)(waited_us / 1000), on_wake, NULL);
	return true;
}

void sek_ime_link_fence(void)
{
	bool counts = peer.fence_waits || !peer.late;

	peer.late = false;
	if (!counts)
		return;
	peer.presses++;
	peer.pressed_us = g_get_monotonic_time();
	sek_ime_link_resume();
}

static enum step step_fence(const uint8_t *payload, size_t n)
{
	struct sek_key key;

	if (!sek_is_ok(sek_key_read(payload, n, &key)) || key.code != SEK_IME_FENCE_CODE || !key.down || key.codepoint)
		return STEP_REFUSED;
	/* a press without a frame for so long belonged to a peer that is gone */
	if (g_get_monotonic_time() - peer.pressed_us > (gint64)SEK_IME_FENCE_MS * 1000)
		peer.presses = 0;
	if (peer.presses) {
		peer.presses--;
		peer.fence_waits = false;
		return STEP_DONE;
	}
	peer.fence_waits = may_wait(SEK_IME_FENCE_MS);
	peer.late |= !peer.fence_waits;
	return peer.fence_waits ? STEP_WAIT : STEP_DONE;
}

static enum step step_text(const uint8_t *payload, size_t n)
{
	struct sek_text text;

	if (!sek_is_ok(sek_text_read(payload, n, &text)))
		return STEP_REFUSED;
	if (!sek_ime_engine_focused()) {
		if (may_wait(SEK_IME_FOCUS_MS))
			return STEP_WAIT;
		sek_log(SEK_LOG_INFO, "ime.text-dropped", "bytes", sek_logf("%zu", text.bytes), "why",
			"no field has the focus", NULL);
		return STEP_DONE;
	}
	sek_ime_engine_type(text.utf8, text.bytes);
	sek_ime_nudge(); /* the caret has moved */
	peer.turns = TURNS;
	peer.nudge = 0;
	return STEP_DONE;
}

/* The answer to a PING lets keys go on their way, which is shorter than that of a text. So a nudge is sent behind the text
 * by the way of the keys. The browser asks its input method about the nudge while the text may still wait in its own queue
 * of messages, and takes that turn in the queue only afterwards: only a further nudge, sent when the first has come through,
 * shows that it did. */
static bool text_has_arrived(void)
{
	for (; peer.turns; peer.turns--) {
		if (!peer.nudge)
			peer.nudge = sek_ime_nudge_send();
		if (peer.nudge && !sek_ime_nudge_passed(peer.nudge)) {
			if (may_wait(SEK_IME_FENCE_MS))
				return false;
			sek_ime_nudge_give_up();
			peer.turns = 1;
		}
		peer.nudge = 0;
	}
	return true;
}

static enum step step_ping(const uint8_t *payload, size_t n)
{
	struct sek_ping ping;
	struct sek_writer w;

	if (!sek_is_ok(sek_ping_read(payload, n, &ping)))
		return STEP_REFUSED;
	if (!text_has_arrived() || !out_has_room())
		return STEP_WAIT; /* for the nudge, or until on_writable */
	sek_writer_init(&w, peer.out + peer.out_n, sizeof peer.out - peer.out_n);
	sek_pong_write(&w, &ping);
	if (!sek_is_ok(sek_writer_status(&w)))
		return STEP_REFUSED;
	peer.out_n += w.len;
	if (!peer.writes)
		write_out();
	return STEP_DONE;
}

/* Does the frame at the front of in[]; *ret_total is its size. */
static enum step step(size_t at, size_t *ret_total)
{
	const uint8_t *payload = peer.in + at + SEK_FRAME_HEADER_BYTES;
	struct sek_frame f;
	sek_status s = sek_frame_parse(peer.in + at, peer.in_n - at, SEK_LINK_HOST, SEK_DIR_UP, &f);

	/* other types are refused by their header, before a byte of theirs is waited for */
	if (sek_is_ok(s) && f.type != SEK_MSG_TEXT && f.type != SEK_MSG_PING && f.type != SEK_MSG_KEY)
		return STEP_REFUSED;
	if (sek_is_ok(s))
		s = sek_frame_whole(peer.in + at, peer.in_n - at, SEK_LINK_HOST, SEK_DIR_UP, &f, ret_total);
	if (!sek_is_ok(s))
		return sek_is(s, SEK_E_AGAIN) ? STEP_WAIT : STEP_REFUSED;
	if (f.type == SEK_MSG_TEXT)
		return step_text(payload, f.payload_bytes);
	if (f.type == SEK_MSG_PING)
		return step_ping(payload, f.payload_bytes);
	return step_fence(payload, f.payload_bytes);
}

void sek_ime_link_resume(void)
{
	static bool inside;
	enum step result = STEP_WAIT;
	size_t at = 0, total = 0;

	if (inside || peer.fd < 0)
		return; /* a step's own doings called back: the loop below goes on anyway */
	inside = true;
	while (at < peer.in_n && (result = step(at, &total)) == STEP_DONE) {
		at += total;
		peer.waits_since_us = 0;
		stop_source(&peer.wakes);
	}
	inside = false;
	if (peer.fd < 0)
		return;
	if (result == STEP_REFUSED) {
		drop_peer("refused frame");
		return;
	}
	memmove(peer.in, peer.in + at, peer.in_n - at);
	peer.in_n -= at;
	if (!peer.reads && peer.in_n < sizeof peer.in)
		peer.reads = g_unix_fd_add(peer.fd, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, NULL);
}

static gboolean on_readable(gint fd, GIOCondition what, gpointer unused)
{
	ssize_t n = recv(fd, peer.in + peer.in_n, sizeof peer.in - peer.in_n, MSG_DONTWAIT);

	(void)what, (void)unused;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return G_SOURCE_CONTINUE;
	peer.reads = 0; /* resume makes a new one if there is room */
	if (n <= 0) {
		drop_peer(NULL);
		return G_SOURCE_REMOVE;
	}
	peer.in_n += (size_t)n;
	sek_ime_link_resume();
	return G_SOURCE_REMOVE;
}

static gboolean on_peer(gint fd, GIOCondition what, gpointer unused)
{
	int s = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct sek_caret caret = peer.caret;

	(void)what, (void)unused;
	if (s < 0)
		return G_SOURCE_CONTINUE;
	drop_peer("another one came");
	peer.fd = s;
	if (peer.knows_caret)
		sek_ime_link_caret(&caret);
	sek_ime_link_resume();
	return G_SOURCE_CONTINUE;
}

void sek_ime_link_listen(int fd)
{
	g_unix_fd_add(fd, G_IO_IN, on_peer, NULL);
}
