/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Frames off the pipe. Runs in the jail: allocates nothing.
 */
#include "broker/decoder/foreign/input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

enum took { TOOK, LATER, WRONG };

sek_status sek_foreign_input_init(struct sek_foreign_input *in, const struct sek_foreign_input_ops *ops, void *user)
{
	memset(in, 0, sizeof *in);
	in->ops = ops;
	in->user = user;
	in->text = malloc(SEK_CLIPBOARD_MAX_BYTES);
	return in->text ? sek_ok() : sek_fail(SEK_E_NOMEM);
}

static enum took done(bool went)
{
	return went ? TOOK : LATER;
}

static enum took take_clipboard(struct sek_foreign_input *in, const uint8_t *payload, size_t n)
{
	struct sek_clipboard_piece m;
	size_t before = in->text_n;
	enum took r = TOOK;

	if (!sek_is_ok(sek_clipboard_piece_read(payload, n, &m)))
		return WRONG;
	if (m.flags & SEK_CLIPBOARD_FIRST)
		before = 0;
	if (m.bytes > SEK_CLIPBOARD_MAX_BYTES - before)
		return WRONG;
	memcpy(in->text + before, m.utf8, m.bytes);
	if (m.flags & SEK_CLIPBOARD_LAST)
		r = done(in->ops->paste(in->user, in->text, before + m.bytes));
	if (r == TOOK)
		in->text_n = m.flags & SEK_CLIPBOARD_LAST ? 0 : before + m.bytes;
	return r;
}

static enum took take_typed(struct sek_foreign_input *in, uint8_t type, const uint8_t *payload, size_t n)
{
	struct sek_key key;
	struct sek_pointer pointer;
	struct sek_wheel wheel;
	struct sek_text text;

	switch (type) {
	case SEK_MSG_KEY:
		return sek_is_ok(sek_key_read(payload, n, &key)) ? done(in->ops->key(in->user, &key)) : WRONG;
	case SEK_MSG_POINTER:
		return sek_is_ok(sek_pointer_read(payload, n, &pointer)) ? done(in->ops->pointer(in->user, &pointer)) : WRONG;
	case SEK_MSG_WHEEL:
		return sek_is_ok(sek_wheel_read(payload, n, &wheel)) ? done(in->ops->wheel(in->user, &wheel)) : WRONG;
	case SEK_MSG_TEXT:
		return sek_is_ok(sek_text_read(payload, n, &text)) ? done(in->ops->text(in->user, &text)) : WRONG;
	case SEK_MSG_RELEASE:
		return done(in->ops->release(in->user));
	default:
		return WRONG;
	}
}

static enum took take(struct sek_foreign_input *in, uint8_t type, const uint8_t *payload, size_t n)
{
	struct sek_clipboard_mode mode;
	struct sek_hello hello;
	struct sek_resize resize;

	switch (type) {
	case SEK_MSG_HELLO:
		return sek_is_ok(sek_hello_read(payload, n, &hello)) ? done(in->ops->hello(in->user, &hello)) : WRONG;
	case SEK_MSG_RESIZE:
		return sek_is_ok(sek_resize_read(payload, n, &resize)) ? done(in->ops->resize(in->user, &resize)) : WRONG;
	case SEK_MSG_CLIPBOARD:
		return take_clipboard(in, payload, n);
	case SEK_MSG_CLIPBOARD_MODE: /* the pipe says what may come; what goes out was the broker's to judge */
		if (!sek_is_ok(sek_clipboard_mode_read(payload, n, &mode)))
			return WRONG;
		if (in->ops->mode)
			in->ops->mode(in->user, mode.directions);
		return TOOK;
	case SEK_MSG_END:
		in->ended = true;
		return TOOK;
	case SEK_MSG_RULES:          /* nothing here could keep them; the broker sees to it that nobody needs them */
	case SEK_MSG_ACK:
	case SEK_MSG_REFRESH:
	case SEK_MSG_VISIBILITY:
	case SEK_MSG_PING:
	case SEK_MSG_PONG:
		return TOOK;
	default:
		return take_typed(in, type, payload, n);
	}
}

/* Hands on the whole frames that are there. */
static enum took hand_on(struct sek_foreign_input *in)
{
	size_t at = 0, total;
	struct sek_frame f;
	enum took r = TOOK;

	while (r == TOOK && !in->ended) {
		sek_status s = sek_frame_whole(in->pipe + at, in->n - at, SEK_LINK_HOST, SEK_DIR_UP, &f, &total);

		if (sek_is(s, SEK_E_AGAIN))
			break;
		r = sek_is_ok(s) ? take(in, f.type, in->pipe + at + SEK_FRAME_HEADER_BYTES, f.payload_bytes) : WRONG;
		if (r == TOOK)
			at += total;
	}
	memmove(in->pipe, in->pipe + at, in->n - at);
	in->n -= at;
	return r;
}

sek_status sek_foreign_input_read(struct sek_foreign_input *in, int fd)
{
	enum took r = hand_on(in);

	while (r == TOOK && !in->ended) {
		ssize_t n = read(fd, in->pipe + in->n, sizeof in->pipe - in->n);

		if (n == 0) {
			in->ended = true;
		} else if (n < 0) {
			return errno == EAGAIN || errno == EINTR ? sek_ok() : sek_from_errno();
		} else {
			in->n += (size_t)n;
			r = hand_on(in);
		}
	}
	return r == WRONG ? sek_fail(SEK_E_INTERNAL) : sek_ok();
}
