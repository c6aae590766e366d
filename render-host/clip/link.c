/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * capture's side: frames of link HOST over a stream socket (render-host/session.h). A frame that breaks the grammar or is
 * of another type ends the peer.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "render-host/clip/clip.h"

static void drop(struct sek_clip *k, const char *why)
{
	if (k->peer < 0)
		return;
	if (why)
		sek_log(SEK_LOG_WARN, "clip.peer-dropped", "why", why, NULL);
	close(k->peer);
	k->peer = -1;
	k->in_n = k->out_n = 0;
	k->directions = SEK_CROSS_NONE;
	k->arriving.bytes = 0;
}

void sek_clip_accept(struct sek_clip *k)
{
	int fd = accept4(k->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	drop(k, "another one came");
	k->peer = fd;
}

static void take_piece(struct sek_clip *k, const struct sek_clipboard_piece *m)
{
	struct sek_clip_text *t = &k->arriving;

	if (m->flags & SEK_CLIPBOARD_FIRST) {
		t->bytes = 0;
		k->arriving_over = false;
	}
	if (m->bytes > SEK_CLIPBOARD_MAX_BYTES - t->bytes)
		k->arriving_over = true;
	if (!k->arriving_over) {
		memcpy(t->utf8 + t->bytes, m->utf8, m->bytes);
		t->bytes += m->bytes;
	}
	if (!(m->flags & SEK_CLIPBOARD_LAST))
		return;
	if (!k->arriving_over && (k->directions & SEK_CROSS_TO_OUTER)) {
		memcpy(k->offered.utf8, t->utf8, t->bytes);
		k->offered.bytes = t->bytes;
		sek_clip_offer(k);
	}
	explicit_bzero(t->utf8, t->bytes);
	t->bytes = 0;
}

static bool answer(struct sek_clip *k, const struct sek_ping *ping)
{
	struct sek_writer w;

	sek_writer_init(&w, k->out + k->out_n, sizeof k->out - k->out_n);
	sek_pong_write(&w, ping);
	if (w.failed)
		return false;
	k->out_n += w.len;
	return true;
}

static bool take(struct sek_clip *k, const struct sek_frame *f, const uint8_t *payload)
{
	struct sek_clipboard_piece piece;
	struct sek_clipboard_mode mode;
	struct sek_ping ping;

	switch (f->type) {
	case SEK_MSG_CLIPBOARD:
		if (!sek_is_ok(sek_clipboard_piece_read(payload, f->payload_bytes, &piece)))
			return false;
		take_piece(k, &piece);
		return true;
	case SEK_MSG_CLIPBOARD_MODE:
		if (!sek_is_ok(sek_clipboard_mode_read(payload, f->payload_bytes, &mode)))
			return false;
		k->directions = mode.directions;
		return true;
	case SEK_MSG_PING:
		return sek_is_ok(sek_ping_read(payload, f->payload_bytes, &ping)) && answer(k, &ping);
	default:
		return false;
	}
}

void sek_clip_read(struct sek_clip *k)
{
	ssize_t n = recv(k->peer, k->in + k->in_n, sizeof k->in - k->in_n, MSG_DONTWAIT);
	struct sek_frame f;
	size_t at = 0, total;
	sek_status s;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		drop(k, NULL);
		return;
	}
	k->in_n += (size_t)n;
	while (sek_is_ok(s = sek_frame_whole(k->in + at, k->in_n - at, SEK_LINK_HOST, SEK_DIR_UP, &f, &total))) {
		if (!take(k, &f, k->in + at + SEK_FRAME_HEADER_BYTES)) {
			drop(k, "refused frame");
			return;
		}
		at += total;
	}
	if (!sek_is(s, SEK_E_AGAIN)) {
		drop(k, "broken frame");
		return;
	}
	memmove(k->in, k->in + at, k->in_n - at);
	k->in_n -= at;
	/* full and not whole: a frame that is larger than any that has business here */
	if (k->in_n == sizeof k->in)
		drop(k, "a frame that is too long");
}

void sek_clip_flush(struct sek_clip *k)
{
	ssize_t n;

	if (k->peer < 0 || !k->out_n)
		return;
	n = send(k->peer, k->out, k->out_n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		drop(k, "cannot write");
		return;
	}
	memmove(k->out, k->out + n, k->out_n - (size_t)n);
	k->out_n -= (size_t)n;
	explicit_bzero(k->out + k->out_n, (size_t)n); /* what was sent does not stay */
}

void sek_clip_tell(struct sek_clip *k)
{
	const struct sek_clip_text *t = &k->wanted;
	struct sek_writer w;

	if (k->peer < 0 || !t->bytes)
		return;
	sek_writer_init(&w, k->out + k->out_n, sizeof k->out - k->out_n);
	for (size_t at = 0, n; at < t->bytes; at += n) {
		struct sek_clipboard_piece m = { 0, t->utf8 + at, sek_clipboard_piece_bytes(t->utf8 + at, t->bytes - at) };

		n = m.bytes;
		m.flags = (uint8_t)((at == 0 ? SEK_CLIPBOARD_FIRST : 0) | (at + n == t->bytes ? SEK_CLIPBOARD_LAST : 0));
		sek_clipboard_piece_write(&w, &m);
	}
	/* no UTF-8, or capture has not taken the last one yet: this one is dropped */
	if (!w.failed)
		k->out_n += w.len;
}
