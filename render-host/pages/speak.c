/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The speaker: orders of the decoder in, pages out. Reads of the renderer nothing but numbers, which it clamps, and pixels, of which every
 * pattern is valid. A renderer that dies or takes too long is a reason.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "protocol/codec/encode.h"
#include "protocol/wire/messages.h"
#include "render-host/pages/pages.h"

enum {
	OPEN_MS = 60000, PAGE_MS = 60000, LIFE_MS = 3600000, IN_BYTES = 512, SMALL_BYTES = 64,
	GO_ON = -1, CODE_OK = 0, CODE_JAIL = 11, CODE_PROTOCOL = 15, CODE_LOST = 16,
};

struct speaker {
	const struct sek_pages_options *o;
	int stream, socket;
	pid_t renderer;
	struct sek_picture picture;
	struct sek_update_encoder *encoder;
	uint32_t frame;
	uint16_t pages;
	uint16_t page;        /* the one that is being rendered, 0: none */
	bool opened;
	int64_t due_ms, end_ms; /* due: of what the renderer does, INT64_MAX: it does nothing */
	size_t in_n;
	uint8_t in[IN_BYTES];
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool put_bytes(struct speaker *s, const uint8_t *bytes, size_t n)
{
	while (n > 0) {
		ssize_t k = send(s->stream, bytes, n, MSG_NOSIGNAL);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return false;
		bytes += k;
		n -= (size_t)k;
	}
	return true;
}

static int put(struct speaker *s, const struct sek_writer *w)
{
	return sek_is_ok(sek_writer_status(w)) && put_bytes(s, w->start, w->len) ? GO_ON : CODE_LOST;
}

static int say_pages(struct speaker *s, enum sek_document_state state)
{
	uint8_t bytes[SMALL_BYTES];
	struct sek_writer w;
	int code;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_pages_msg_write(&w, &(struct sek_pages_msg){ SEK_VERSION_MAX, (uint16_t)state, s->pages });
	code = put(s, &w);
	return code == GO_ON && state != SEK_DOCUMENT_WORKING ? CODE_OK : code;
}

static sek_status emit(void *user, const uint8_t *bytes, size_t n)
{
	return put_bytes(user, bytes, n) ? sek_ok() : sek_fail(SEK_E_CLOSED);
}

/* The page that stands in the shared memory. */
static int say_page(struct speaker *s, uint16_t width, uint16_t height)
{
	static const struct sek_encode_options options = { .lossless = true, .fast = true };
	uint8_t bytes[SMALL_BYTES];
	struct sek_writer w;
	bool sent = false;
	int code;

	s->picture.width_px = width;
	s->picture.height_px = height;
	sek_writer_init(&w, bytes, sizeof bytes);
	sek_size_write(&w, &(struct sek_size){ width, height });
	code = put(s, &w);
	if (code != GO_ON)
		return code;
	if (!sek_is_ok(sek_update_encoder_resize(s->encoder, width, height)))
		return say_pages(s, SEK_DOCUMENT_DIED);
	sek_update_encoder_refresh(s->encoder);
	sek_update_encoder_damage(s->encoder, (struct sek_rect){ 0, 0, width, height });
	if (!sek_is_ok(sek_update_encoder_encode(s->encoder, &s->picture, ++s->frame, 0, &options, emit, s, &sent)))
		return CODE_LOST;
	if (!sent)
		return say_pages(s, SEK_DOCUMENT_DIED);
	sek_writer_init(&w, bytes, sizeof bytes);
	sek_page_msg_write(&w, &(struct sek_page_msg){ s->page });
	s->page = 0;
	return put(s, &w);
}

/* --- from the renderer: presumed lost --- */

static int hear(struct speaker *s)
{
	struct sek_pages_word word;
	ssize_t n = recv(s->socket, &word, sizeof word, 0);

	if (n < 0 && errno == EINTR)
		return GO_ON;
	if (n != (ssize_t)sizeof word)
		return say_pages(s, SEK_DOCUMENT_DIED);
	if ((s->opened && s->page == 0) || !sek_document_state_known(word.state)) /* nobody asked */
		return say_pages(s, SEK_DOCUMENT_DIED);
	s->due_ms = INT64_MAX;
	if (word.state != SEK_DOCUMENT_WORKING)
		return say_pages(s, (enum sek_document_state)word.state);
	if (!s->opened) {
		if (word.pages < 1 || word.pages > s->o->pages_max)
			return say_pages(s, SEK_DOCUMENT_DIED);
		s->opened = true;
		s->pages = word.pages;
		return say_pages(s, SEK_DOCUMENT_WORKING);
	}
	if (word.width_px < 1 || word.width_px > s->o->max_width_px || word.height_px < 1 || word.height_px > s->o->max_height_px)
		return say_pages(s, SEK_DOCUMENT_DIED);
	return say_page(s, word.width_px, word.height_px);
}

/* --- from the decoder --- */

static int take_order(struct speaker *s, const uint8_t *payload, size_t n)
{
	struct sek_page_msg m;

	/* "the next one after the PAGE that answers the one before" */
	if (!sek_is_ok(sek_page_msg_read(payload, n, &m)) || s->page != 0)
		return CODE_PROTOCOL;
	if (!s->opened || m.page > s->pages)
		return say_pages(s, SEK_DOCUMENT_BROKEN);
	s->page = m.page;
	s->due_ms = now_ms() + PAGE_MS;
	return send(s->socket, &m.page, sizeof m.page, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof m.page ? GO_ON :
		say_pages(s, SEK_DOCUMENT_DIED);
}

static int take(struct speaker *s, const struct sek_frame *f, const uint8_t *payload)
{
	uint8_t bytes[SMALL_BYTES];
	struct sek_writer w;
	struct sek_ping ping;

	switch (f->type) {
	case SEK_MSG_TAKE_PAGE:
		return take_order(s, payload, f->payload_bytes);
	case SEK_MSG_PING:
		if (!sek_is_ok(sek_ping_read(payload, f->payload_bytes, &ping)))
			return CODE_PROTOCOL;
		sek_writer_init(&w, bytes, sizeof bytes);
		sek_pong_write(&w, &ping);
		return put(s, &w);
	case SEK_MSG_PONG:
	case SEK_MSG_ACK:
		return GO_ON;
	default:
		return CODE_PROTOCOL;
	}
}

static int listen_to(struct speaker *s)
{
	ssize_t k = recv(s->stream, s->in + s->in_n, sizeof s->in - s->in_n, MSG_DONTWAIT);
	size_t at = 0, total;
	struct sek_frame f;
	int code = GO_ON;

	if (k < 0 && (errno == EAGAIN || errno == EINTR))
		return GO_ON;
	if (k <= 0)
		return CODE_OK;
	s->in_n += (size_t)k;
	while (code == GO_ON) {
		sek_status status = sek_frame_whole(s->in + at, s->in_n - at, SEK_LINK_HOST, SEK_DIR_UP, &f, &total);

		if (sek_is(status, SEK_E_AGAIN))
			break;
		if (!sek_is_ok(status))
			return CODE_PROTOCOL;
		code = take(s, &f, s->in + at + SEK_FRAME_HEADER_BYTES);
		at += total;
	}
	memmove(s->in, s->in + at, s->in_n - at);
	s->in_n -= at;
	return s->in_n == sizeof s->in ? CODE_PROTOCOL : code; /* a frame that long is none that may come */
}

static int turn(struct speaker *s)
{
	struct pollfd p[2] = { { .fd = s->stream, .events = POLLIN }, { .fd = s->socket, .events = POLLIN } };
	int64_t at = s->due_ms < s->end_ms ? s->due_ms : s->end_ms, left = at - now_ms();
	int code = GO_ON;

	if (left <= 0)
		return say_pages(s, SEK_DOCUMENT_TOO_LONG);
	if (poll(p, 2, left > INT32_MAX ? INT32_MAX : (int)left) < 0 && errno != EINTR)
		return CODE_LOST;
	if (p[1].revents)
		code = hear(s);
	if (code == GO_ON && p[0].revents)
		code = listen_to(s);
	return code;
}

int sek_pages_speak(const struct sek_pages_options *o, int stream_fd, int socket_fd, int renderer, const uint32_t *px)
{
	/* the encoder only reads; its struct serves painters too */
	struct speaker s = { .o = o, .stream = stream_fd, .socket = socket_fd, .renderer = renderer,
		.picture = { .px = (uint32_t *)(uintptr_t)px, .stride_px = o->max_width_px }, .due_ms = now_ms() + OPEN_MS,
		.end_ms = now_ms() + LIFE_MS };
	int code = GO_ON;

	s.encoder = sek_update_encoder_create(o->max_width_px, o->max_height_px);
	if (!s.encoder || !sek_is_ok(sek_pages_confine_speaker()))
		return CODE_JAIL;
	while (code == GO_ON)
		code = turn(&s);
	(void)kill(s.renderer, SIGKILL);
	return code;
}
