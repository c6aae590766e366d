/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The server's messages are looked at before the library sees them: five of them are known here, every other ends the session.
 */
#include "broker/decoder/vnc/loop.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/error.h"
#include "broker/decoder/vnc/handshake.h"

enum { GO_ON = -1, TYPE_UPDATE = 0, TYPE_BELL = 2, TYPE_CUT_TEXT = 3, SET_DESKTOP_SIZE = 251 };
/* The host asks for a pasted text at once or never; and whoever asked needs a moment to put it in. */
enum { PASTE_WAIT_MS = 500, PASTE_SETTLE_MS = 60, KEYSYM_SHIFT = 0xffe1, KEYSYM_INSERT = 0xff63 };
enum { WHEEL_UP = 8, WHEEL_DOWN = 16, WHEEL_LEFT = 32, WHEEL_RIGHT = 64, BUTTON_BACK = 128 };

enum { FAR_ONLY = 2 };
/* What we take, best first, those for long lines last; the library understands more and is never asked for it. */
static const int32_t encodings[] = {
	16 /* ZRLE */, 5 /* hextile */, 1 /* CopyRect */, 0 /* raw */, -239 /* cursor */, -308 /* ExtendedDesktopSize */, -223 /* DesktopSize */,
	-224 /* LastRect */, (int32_t)0xc0a1e5ce /* extended clipboard */, SEK_VNC_FENCE, SEK_VNC_CONTINUOUS,
};

static bool put(struct sek_vnc *v, const uint8_t *bytes, size_t n)
{
	if (!v->lost && !WriteToRFBServer(v->client, (const char *)bytes, (unsigned)n))
		v->lost = true;
	return true; /* a line that is lost is noticed by the loop, not by asking again */
}

static bool set_format(struct sek_vnc *v)
{
	/* SetPixelFormat: 32 bits, 24 deep, little-endian, true colour, BGRX */
	static const uint8_t format[20] = { 0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0 };
	const size_t count = sizeof encodings / sizeof encodings[0] - (v->flow.far ? 0 : FAR_ONLY);
	uint8_t list[4 + sizeof encodings] = { 2, 0, 0, (uint8_t)count };

	for (size_t i = 0; i < count; i++) {
		uint32_t e = (uint32_t)encodings[i];
		uint8_t *p = list + 4 + 4 * i;

		p[0] = (uint8_t)(e >> 24);
		p[1] = (uint8_t)(e >> 16);
		p[2] = (uint8_t)(e >> 8);
		p[3] = (uint8_t)e;
	}
	put(v, format, sizeof format);
	put(v, list, 4 + 4 * count);
	return !v->lost;
}

/* All of it, for memory that is new; the library asks for what changes, or nobody needs to. */
static void ask_for_all(struct sek_vnc *v)
{
	if (v->screen->fresh && !sek_vnc_flow_all(&v->flow, v->screen))
		v->lost = true;
	v->screen->fresh = false;
}

/* --- from the broker --- */

/* SetDesktopSize is for servers that have told us of their screens; others keep the size that they have. */
static void ask_for_size(struct sek_vnc *v)
{
	const rfbExtDesktopScreen *s = &v->client->screen;
	uint16_t w = v->wish_width_px, h = v->wish_height_px;
	uint8_t m[24] = { SET_DESKTOP_SIZE, 0, (uint8_t)(w >> 8), (uint8_t)w, (uint8_t)(h >> 8), (uint8_t)h, 1 };

	if (w == 0 || s->width == 0 || !v->screen->shown)
		return;
	v->wish_width_px = 0;
	if (w == v->screen->width_px && h == v->screen->height_px)
		return;
	memcpy(m + 8, &s->id, 4);
	memcpy(m + 16, m + 2, 4);
	memcpy(m + 20, &s->flags, 4);
	put(v, m, sizeof m);
}

static bool wish(struct sek_vnc *v, uint16_t width, uint16_t height)
{
	const struct sek_gap_layout *g = &v->foreign.layout;

	v->wish_width_px = width < g->max_width_px ? width : g->max_width_px;
	v->wish_height_px = height < g->max_height_px ? height : g->max_height_px;
	ask_for_size(v);
	return true;
}

static bool on_hello(void *user, const struct sek_hello *m)
{
	return wish(user, m->width_px, m->height_px);
}

static bool on_resize(void *user, const struct sek_resize *m)
{
	return wish(user, m->width_px, m->height_px);
}

static bool send_key(void *user, uint32_t keysym, bool down)
{
	const uint8_t m[8] = { 4, down, 0, 0, (uint8_t)(keysym >> 24), (uint8_t)(keysym >> 16), (uint8_t)(keysym >> 8), (uint8_t)keysym };

	return put(user, m, sizeof m);
}

static bool send_pointer(struct sek_vnc *v, uint8_t mask)
{
	const uint8_t m[6] = { 5, mask, (uint8_t)(v->x_px >> 8), (uint8_t)v->x_px, (uint8_t)(v->y_px >> 8), (uint8_t)v->y_px };

	return put(v, m, sizeof m);
}

static void move(struct sek_vnc *v, uint16_t x, uint16_t y)
{
	v->x_px = x < v->screen->width_px ? x : (uint16_t)(v->screen->width_px - 1);
	v->y_px = y < v->screen->height_px ? y : (uint16_t)(v->screen->height_px - 1);
}

static bool on_key(void *user, const struct sek_key *m)
{
	struct sek_vnc *v = user;

	return !v->hold_ms && sek_vnc_key(&v->keys, m, send_key, v);
}

static bool on_pointer(void *user, const struct sek_pointer *m)
{
	struct sek_vnc *v = user;

	if (v->hold_ms)
		return false;
	move(v, m->x_px, m->y_px);
	v->buttons = (uint8_t)((m->buttons & (SEK_BUTTON_LEFT | SEK_BUTTON_MIDDLE | SEK_BUTTON_RIGHT)) |
		(m->buttons & SEK_BUTTON_BACK ? BUTTON_BACK : 0)); /* RFB has no bit for the one beyond */
	return send_pointer(v, v->buttons);
}

static void notches(struct sek_vnc *v, int *rest, int more, uint8_t less_button, uint8_t more_button)
{
	for (*rest += more; *rest >= SEK_WHEEL_NOTCH || *rest <= -SEK_WHEEL_NOTCH;) {
		uint8_t button = *rest > 0 ? more_button : less_button;

		*rest += *rest > 0 ? -SEK_WHEEL_NOTCH : SEK_WHEEL_NOTCH;
		send_pointer(v, v->buttons | button);
		send_pointer(v, v->buttons);
	}
}

static bool on_wheel(void *user, const struct sek_wheel *m)
{
	struct sek_vnc *v = user;

	if (v->hold_ms)
		return false;
	move(v, m->x_px, m->y_px);
	notches(v, &v->wheel_y, m->dy, WHEEL_UP, WHEEL_DOWN);
	notches(v, &v->wheel_x, m->dx, WHEEL_LEFT, WHEEL_RIGHT);
	return true;
}

/* Shift+Insert pastes everywhere: where a terminal takes the primary selection for it, Xvnc has put the text there too. */
static bool paste_text(struct sek_vnc *v, const struct sek_text *m)
{
	if (!sek_vnc_release(&v->keys, send_key, v) || v->lost)
		return true;
	if (!sek_vnc_cut_type(&v->cut, v->client, m->utf8, m->bytes))
		v->lost = true;
	send_key(v, KEYSYM_SHIFT, true);
	send_key(v, KEYSYM_INSERT, true);
	send_key(v, KEYSYM_INSERT, false);
	send_key(v, KEYSYM_SHIFT, false);
	v->hold_ms = sek_vnc_now_ms() + PASTE_WAIT_MS;
	return true;
}

static bool on_text(void *user, const struct sek_text *m)
{
	struct sek_vnc *v = user;

	if (v->hold_ms)
		return false;
	return v->cut.asks && !sek_vnc_text_is_latin1(m) ? paste_text(v, m) : sek_vnc_text(&v->keys, m, send_key, v);
}

static bool on_release(void *user)
{
	struct sek_vnc *v = user;

	if (v->hold_ms)
		return false;
	v->buttons = 0;
	return sek_vnc_release(&v->keys, send_key, v) && send_pointer(v, 0);
}

static bool on_paste(void *user, const uint8_t *utf8, size_t n)
{
	struct sek_vnc *v = user;

	if (v->hold_ms)
		return false;
	if (!v->lost && !sek_vnc_cut_paste(&v->cut, v->client, utf8, n))
		v->lost = true;
	return true;
}

static const struct sek_foreign_input_ops ops = { on_hello, on_resize, on_key, on_pointer, on_wheel, on_text, on_release, on_paste, NULL };

/* --- from the server --- */

/* The type byte of the next message stays where the library will look for it. */
static bool look_at_type(rfbClient *c, uint8_t *ret)
{
	char type;

	if (!ReadFromRFBServer(c, &type, 1))
		return false;
	c->bufoutptr--;
	c->buffered++;
	*ret = (uint8_t)type;
	return true;
}

static int take_message(struct sek_vnc *v)
{
	bool malformed = false, well;
	uint8_t type;
	char byte;

	if (!look_at_type(v->client, &type))
		return SEK_EXIT_LOST;
	switch (type) {
	case TYPE_UPDATE:
	case TYPE_BELL:
		v->client->requestedResize = FALSE; /* what the library would wait for, had it asked */
		well = HandleRFBServerMessage(v->client);
		/* a line that broke and a message that it does not take are the same to it */
		malformed = !well && (v->client->buffered > 0 || !sek_vnc_line_ended(&v->line));
		break;
	case TYPE_CUT_TEXT:
		well = ReadFromRFBServer(v->client, &byte, 1) && sek_vnc_cut_read(&v->cut, v->client, &malformed);
		break;
	case SEK_VNC_TYPE_FENCE:
		well = ReadFromRFBServer(v->client, &byte, 1) && sek_vnc_flow_fence(v->client, &malformed);
		break;
	case SEK_VNC_TYPE_END:
		well = ReadFromRFBServer(v->client, &byte, 1) && sek_vnc_flow_end(&v->flow, v->screen);
		break;
	default:
		return SEK_EXIT_PROTOCOL;
	}
	if (well) {
		ask_for_all(v);
		ask_for_size(v);
		return GO_ON;
	}
	if (v->line.stopped)
		return SEK_EXIT_OK;
	return v->line.late ? SEK_EXIT_SILENT : malformed ? SEK_EXIT_PROTOCOL : SEK_EXIT_LOST;
}

/* Fills the library's own buffer with what is there, so that it is only called for messages that have begun. */
static int read_server(struct sek_vnc *v)
{
	size_t n = 0;
	sek_status s;

	if (v->client->buffered > 0)
		return take_message(v);
	v->line.patient = false;
	s = sek_vnc_line_take(&v->line, v->client->buf, RFB_BUF_SIZE, &n);
	v->line.patient = true;
	if (sek_is(s, SEK_E_AGAIN))
		return GO_ON;
	if (!sek_is_ok(s))
		return (int)sek_vnc_line_exit(&v->line, s, SEK_EXIT_PROTOCOL);
	v->client->bufoutptr = v->client->buf;
	v->client->buffered = (unsigned)n;
	return take_message(v);
}

static bool more_is_there(const struct sek_vnc *v)
{
	return v->client->buffered > 0 || (v->line.secure && gnutls_record_check_pending(v->line.tls) > 0);
}

enum { POLL_HOST, POLL_INPUT, POLL_CONTROL, POLL_CLIPBOARD, POLL_FDS };

static sek_status wait_for_events(struct sek_vnc *v, struct pollfd p[POLL_FDS])
{
	uint64_t now = sek_vnc_now_ms(), ms = v->hold_ms > now && !more_is_there(v) ? v->hold_ms - now : 0;
	struct timespec t = { .tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000 };

	p[POLL_HOST] = (struct pollfd){ .fd = v->line.fd, .events = POLLIN };
	p[POLL_INPUT] = (struct pollfd){ .fd = v->line.stop_fd, .events = v->hold_ms ? 0 : POLLIN };
	p[POLL_CONTROL] = (struct pollfd){ .fd = v->clipboard.control_fd, .events = POLLIN };
	p[POLL_CLIPBOARD] = (struct pollfd){ .fd = v->clipboard.pipe_fd, .events = sek_foreign_clipboard_wants(&v->clipboard) };
	return ppoll(p, POLL_FDS, v->hold_ms || more_is_there(v) ? &t : NULL, NULL) < 0 && errno != EINTR ? sek_from_errno() : sek_ok();
}

/* True if what the broker has said meanwhile may go on now. */
static bool paste_is_over(struct sek_vnc *v)
{
	uint64_t now = sek_vnc_now_ms();

	if (!v->hold_ms)
		return false;
	if (v->cut.given) {
		v->cut.given = false;
		v->hold_ms = now + PASTE_SETTLE_MS;
	}
	if (now < v->hold_ms)
		return false;
	v->hold_ms = 0;
	if (!sek_vnc_cut_typed(&v->cut, v->client))
		v->lost = true;
	return true;
}

static int turn(struct sek_vnc *v)
{
	struct pollfd p[POLL_FDS];
	bool over;

	if (!sek_is_ok(wait_for_events(v, p)))
		return SEK_EXIT_INTERNAL;
	sek_foreign_clipboard_turn(&v->clipboard, p[POLL_CONTROL].revents, p[POLL_CLIPBOARD].revents);
	over = paste_is_over(v);
	if (v->hold_ms && p[POLL_INPUT].revents & POLLHUP)
		return SEK_EXIT_OK;
	if (!v->hold_ms && (over || p[POLL_INPUT].revents) && !sek_is_ok(sek_foreign_input_read(&v->input, v->line.stop_fd)))
		return SEK_EXIT_INTERNAL;
	if (v->input.ended)
		return SEK_EXIT_OK;
	if (v->lost)
		return v->line.late ? SEK_EXIT_SILENT : SEK_EXIT_LOST;
	return p[POLL_HOST].revents || more_is_there(v) ? read_server(v) : GO_ON;
}

sek_status sek_vnc_prepare(struct sek_vnc *v)
{
	SEK_TRY(sek_vnc_line_init(&v->line, SEK_DECODER_HOST_FD, SEK_DECODER_INPUT_FD, !v->foreign.insecure));
	sek_vnc_flow_init(&v->flow, SEK_DECODER_HOST_FD);
	SEK_TRY(sek_foreign_input_init(&v->input, &ops, v));
	SEK_TRY(sek_foreign_clipboard_init(&v->clipboard, SEK_DECODER_CONTROL_FD));
	return sek_vnc_cut_init(&v->cut, &v->clipboard);
}

enum sek_child_exit sek_vnc_run(struct sek_vnc *v, uint16_t width, uint16_t height)
{
	int code = GO_ON;

	v->screen = sek_vnc_screen_create(&v->foreign, width, height);
	if (!v->screen)
		return SEK_EXIT_INTERNAL;
	v->client = v->screen->client;
	v->client->sock = v->line.fd;
	v->client->tlsSession = v->line.secure ? v->line.tls : NULL;
	v->client->readTimeout = SEK_VNC_STALL_MS / 1000;
	if (!set_format(v))
		return SEK_EXIT_LOST;
	ask_for_all(v);
	while (code == GO_ON)
		code = turn(v);
	return (enum sek_child_exit)code;
}
