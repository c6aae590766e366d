/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Phases of a session; API, decoder and stream in their order. Nothing of the broker is painted before the decoder has said
 * that its jail stands, and a decoder that could not build one ends the session.
 */
#include "client/viewer/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/viewer/login.h"
#include "client/viewer/words.h"

enum { PING_MS = 5000, SILENT_MS = 15000, END_PATIENCE_MS = 5000, SMALL_BYTES = 64 };

struct link {
	uv_loop_t *loop;
	struct sek_stream_context *streams;
	struct sek_door *door;
	struct link_config config;
	struct link_ops ops;
	void *user;

	enum link_phase phase;
	char key[64];
	unsigned seconds;
	enum link_again again;

	struct viewer_decoder *decoder;
	struct sek_stream *stream, *old; /* old: is over, and goes when its callback has returned */
	uv_timer_t retry, watch, reap;
	unsigned attempt;
	uint64_t retry_at_ms, heard_ms, ping_ms, end_ms;
	uint32_t ping_id;
	unsigned delay_ms;
	bool ever_live, end_wanted, connected, drawn, resumed, running;
	bool away;              /* the line is there, but the broker's store does not answer */
	uint16_t state;
	char token[128], cookie[256];
	int open_handles;
};

static void connect_now(struct link *l);

static void enter(struct link *l, enum link_phase phase, const char *key, unsigned seconds)
{
	l->phase = phase;
	snprintf(l->key, sizeof l->key, "%s", key);
	l->seconds = seconds;
	l->ops.phase(l->user);
}

static void on_reap(uv_timer_t *t)
{
	struct link *l = t->data;

	sek_stream_destroy(l->old);
	l->old = NULL;
}

/* Lets go of stream and decoder. The stream may be the one whose callback runs just now. */
static void drop(struct link *l)
{
	uv_timer_stop(&l->retry);
	uv_timer_stop(&l->watch);
	l->connected = false;
	viewer_decoder_destroy(l->decoder);
	l->decoder = NULL;
	if (l->stream) {
		sek_stream_destroy(l->old);
		l->old = l->stream;
		l->stream = NULL;
		uv_timer_start(&l->reap, on_reap, 0, 0);
	}
}

static void finish(struct link *l, const char *key, enum link_again again)
{
	l->end_wanted = false;
	drop(l);
	l->again = again;
	enter(l, LINK_ENDED, key, 0);
}

static void refuse(struct link *l)
{
	finish(l, "overlay.refused", LINK_AGAIN);
}

/* --- trying again --- */

static uint64_t now_ms(void)
{
	return uv_hrtime() / 1000000;
}

static void on_retry(uv_timer_t *t)
{
	struct link *l = t->data;
	uint64_t now = now_ms();

	if (now >= l->retry_at_ms)
		connect_now(l);
	else
		enter(l, LINK_RECONNECTING, l->away ? "overlay.away" : "", (unsigned)((l->retry_at_ms - now + 999) / 1000));
}

static void retry_later(struct link *l)
{
	unsigned wait = link_wait_ms(l->attempt++);

	drop(l);
	l->retry_at_ms = now_ms() + wait;
	uv_timer_start(&l->retry, on_retry, wait < 1000 ? wait : 1000, 1000);
	enter(l, LINK_RECONNECTING, l->away ? "overlay.away" : l->state == SEK_STATE_MOVING ? "state.moving" : "",
		wait < 1500 ? 0 : (wait + 999) / 1000);
}

void link_hurry(struct link *l)
{
	if (l->phase == LINK_RECONNECTING && uv_is_active((uv_handle_t *)&l->retry)) {
		l->attempt = 0;
		connect_now(l);
	}
}

/* --- the stream --- */

static void maybe_live(struct link *l)
{
	bool running = l->state == 0 || l->state == SEK_STATE_RUNNING;
	char key[64];

	if (l->drawn && running) {
		l->ever_live = true;
		if (l->phase != LINK_LIVE)
			enter(l, LINK_LIVE, "", 0);
		if (l->resumed)
			l->ops.notice(l->user, "notice.resumed", NULL, NULL);
		l->resumed = false;
	} else if (!running) {
		snprintf(key, sizeof key, "state.%s", sek_state_name(l->state));
		enter(l, l->ever_live ? LINK_RECONNECTING : LINK_STARTING, key, 0);
	}
}

/* An administrator said something: the words come by the API, never by the stream. */
static void on_message_text(void *user, int status, const json_t *answer)
{
	struct link *l = user;
	const char *text = json_string_value(json_object_get(json_object_get(answer, "message"), "text"));

	if (status == 200 && text)
		l->ops.notice(l->user, "notice.message", "text", text);
}

static void take_state(struct link *l, const struct sek_state_msg *m)
{
	const char *name = sek_state_name(m->state);
	char key[64], number[16];

	if (sek_state_ended(m->state)) {
		if (strcmp(name, "ended-login") == 0) {
			drop(l);
			enter(l, LINK_LOGIN, "login.expired", 0);
			return;
		}
		snprintf(key, sizeof key, "state.%s", name);
		finish(l, key, strcmp(name, "taken-over") == 0 ? LINK_TAKE_BACK : LINK_AGAIN);
	} else if (strcmp(name, "message") == 0) {
		sek_door_ask(l->door, "/api/message", NULL, on_message_text, l);
	} else if (strncmp(name, "warn-", 5) == 0) {
		snprintf(key, sizeof key, "notice.%s", name);
		snprintf(number, sizeof number, "%u", m->arg);
		l->ops.notice(l->user, key, "seconds", number);
	} else {
		l->state = m->state;
		maybe_live(l);
	}
}

static void send_empty(struct link *l, enum sek_msg_type type)
{
	uint8_t memory[SMALL_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_empty_write(&w, type);
	link_send(l, memory, w.len);
}

static bool take_welcome(struct link *l, const uint8_t *payload, size_t n)
{
	struct sek_welcome welcome;

	if (l->connected || !sek_is_ok(sek_welcome_read(payload, n, &welcome)))
		return false;
	l->connected = true;
	send_empty(l, SEK_MSG_RELEASE);
	if (l->end_wanted)
		send_empty(l, SEK_MSG_END);
	l->ops.welcome(l->user, &welcome);
	return true;
}

static bool take_ping(struct link *l, uint8_t type, const uint8_t *payload, size_t n)
{
	uint8_t memory[SMALL_BYTES];
	struct sek_ping ping;
	struct sek_writer w;

	if (!sek_is_ok(sek_ping_read(payload, n, &ping)))
		return false;
	if (type == SEK_MSG_PONG) {
		if (ping.id == l->ping_id)
			l->delay_ms = (unsigned)(now_ms() - l->ping_ms);
		return true;
	}
	sek_writer_init(&w, memory, sizeof memory);
	sek_pong_write(&w, &ping);
	return link_send(l, memory, w.len);
}

static bool on_frame_bytes(void *user, const uint8_t *bytes, size_t n)
{
	struct link *l = user;
	struct sek_frame frame;
	struct sek_state_msg state;
	const uint8_t *payload = bytes + SEK_FRAME_HEADER_BYTES;
	size_t total;

	l->heard_ms = now_ms();
	if (!l->stream || !l->decoder)
		return true; /* over already */
	if (!sek_is_ok(sek_frame_whole(bytes, n, SEK_LINK_CLIENT, SEK_DIR_DOWN, &frame, &total)) || total != n)
		return false;
	if (!l->connected && frame.type != SEK_MSG_WELCOME)
		return false;
	switch (frame.type) {
	case SEK_MSG_WELCOME:
		return take_welcome(l, payload, frame.payload_bytes);
	case SEK_MSG_SIZE:
	case SEK_MSG_UPDATE:
		return sek_is_ok(viewer_decoder_feed(l->decoder, bytes, n));
	case SEK_MSG_STATE:
		if (!sek_is_ok(sek_state_read(payload, frame.payload_bytes, &state)))
			return false;
		take_state(l, &state);
		return true;
	case SEK_MSG_PING:
	case SEK_MSG_PONG:
		return take_ping(l, frame.type, payload, frame.payload_bytes);
	default:
		return l->ops.message(l->user, frame.type, payload, frame.payload_bytes);
	}
}

static void on_stream_closed(void *user, enum sek_stream_failure why, int http_status)
{
	struct link *l = user;

	(void)http_status;
	if (!l->stream || l->phase == LINK_ENDED)
		return;
	if (why == SEK_STREAM_PROTOCOL)
		refuse(l);
	else
		retry_later(l);
}

/* A line that is dead without having been closed is given up. */
static void on_watch(uv_timer_t *t)
{
	struct link *l = t->data;
	uint8_t memory[SMALL_BYTES];
	struct sek_writer w;

	if (l->end_wanted && l->phase == LINK_LIVE && now_ms() - l->end_ms > END_PATIENCE_MS) {
		finish(l, "state.ended-user", LINK_AGAIN);
	} else if (now_ms() - l->heard_ms > SILENT_MS) {
		retry_later(l);
	} else if (l->connected) {
		l->ping_id++;
		l->ping_ms = now_ms();
		sek_writer_init(&w, memory, sizeof memory);
		sek_ping_write(&w, &(struct sek_ping){ l->ping_id });
		link_send(l, memory, w.len);
	}
}

/* --- the decoder --- */

static void on_ready(void *user)
{
	static const struct sek_stream_ops ops = { .message = on_frame_bytes, .closed = on_stream_closed };
	struct link *l = user;
	struct link_wanted wanted = l->ops.wanted(l->user);
	struct sek_stream_config c = { .address = l->config.address, .port = l->config.port, .origin = l->config.origin,
		.cookie = l->cookie, .token = l->token,
		.hello = { .version_min = SEK_VERSION_MIN, .version_max = SEK_VERSION_MAX, .width_px = wanted.width_px,
			.height_px = wanted.height_px, .scale_percent = wanted.scale_percent, .lang = (uint8_t)viewer_language() } };

	l->heard_ms = now_ms();
	l->stream = sek_stream_open(l->streams, &c, &ops, l);
	if (!l->stream)
		retry_later(l);
	else
		uv_timer_start(&l->watch, on_watch, PING_MS, PING_MS);
}

static void on_painted(void *user, uint32_t frame, const uint32_t *px, uint16_t width_px, uint16_t height_px, struct sek_rect changed)
{
	struct link *l = user;
	uint8_t memory[SMALL_BYTES];
	struct sek_writer w;

	l->ops.frame(l->user, px, width_px, height_px, changed);
	sek_writer_init(&w, memory, sizeof memory);
	sek_ack_write(&w, &(struct sek_ack){ frame });
	link_send(l, memory, w.len);
	if (!l->drawn) {
		l->drawn = true;
		l->attempt = 0;
		maybe_live(l);
	}
}

static void on_crowded(void *user, bool crowded)
{
	struct link *l = user;

	if (l->stream)
		sek_stream_pause(l->stream, crowded);
}

static void on_decoder_died(void *user, int exit_code)
{
	struct link *l = user;

	if (exit_code == SEK_PANE_EXIT_JAIL)
		finish(l, "viewer.no-jail", LINK_NONE);
	else if (exit_code == SEK_PANE_EXIT_PROTOCOL)
		refuse(l);
	else
		finish(l, "viewer.decoder-died", LINK_AGAIN);
}

/* --- connecting --- */

static void failed(struct link *l, int status, const json_t *answer)
{
	static const char *const final[] = { "full", "hours", "forbidden", "notice", "origin", "not-found", "method", "bad-request",
		"content-type", "too-large" };
	char key[64];

	login_error_key(status, answer, key, sizeof key);
	l->away = strcmp(key, "error.store") == 0;
	if (strcmp(key, "error.login-required") == 0) {
		drop(l);
		enter(l, LINK_LOGIN, "login.expired", 0);
		return;
	}
	if (strcmp(key, "error.no-session") == 0) {
		finish(l, l->end_wanted ? "state.ended-user" : "overlay.lost", LINK_AGAIN);
		return;
	}
	for (size_t i = 0; i < sizeof final / sizeof final[0]; i++)
		if (strcmp(key + strlen("error."), final[i]) == 0) {
			finish(l, key, LINK_AGAIN);
			return;
		}
	retry_later(l);
}

static void on_opened(void *user, int status, const json_t *answer)
{
	static const struct viewer_decoder_ops ops = { on_ready, on_painted, on_crowded, on_decoder_died };
	struct link *l = user;
	const char *token = json_string_value(json_object_get(answer, "token"));

	if (status != 200 || !token || strlen(token) >= sizeof l->token) {
		failed(l, status, answer);
		return;
	}
	l->resumed = json_is_true(json_object_get(answer, "resumed")) && !l->ever_live;
	if (l->away && !l->ever_live)
		enter(l, LINK_OPENING, "", 0);
	l->away = false;
	snprintf(l->token, sizeof l->token, "%s", token);
	snprintf(l->cookie, sizeof l->cookie, "%s", sek_door_cookie(l->door));
	viewer_decoder_destroy(l->decoder);
	l->decoder = viewer_decoder_create(l->loop, l->config.decoder, &ops, l);
	if (!l->decoder)
		finish(l, "viewer.no-jail", LINK_NONE);
}

static void connect_now(struct link *l)
{
	drop(l);
	l->drawn = false;
	l->state = 0;
	/* Once there was a picture, only the same session will do: a new one must be the user's wish. */
	if (l->ever_live)
		enter(l, LINK_RECONNECTING, l->away ? "overlay.away" : "", 0);
	sek_door_ask(l->door, "/api/session", l->ever_live ? json_pack("{s:b}", "existing", 1) : json_object(), on_opened, l);
}

void link_start(struct link *l)
{
	l->ever_live = l->end_wanted = false;
	l->attempt = 0;
	enter(l, LINK_OPENING, "", 0);
	connect_now(l);
}

void link_end(struct link *l)
{
	l->end_wanted = true;
	l->end_ms = now_ms();
	if (l->connected)
		send_empty(l, SEK_MSG_END);
}

static void on_logged_out(void *user, int status, const json_t *answer)
{
	struct link *l = user;
	char key[64];

	login_error_key(status, answer, key, sizeof key);
	if (status == 200 || strcmp(key, "error.login-required") == 0)
		enter(l, LINK_LOGIN, "login.logged-out", 0);
	else
		finish(l, key, LINK_AGAIN);
}

void link_logout(struct link *l)
{
	drop(l);
	sek_door_ask(l->door, "/api/logout", json_object(), on_logged_out, l);
}

bool link_send(struct link *l, const uint8_t *frame, size_t n)
{
	return l->connected && l->stream && sek_is_ok(sek_stream_send(l->stream, frame, n));
}

enum link_phase link_phase(const struct link *l) { return l->phase; }
const char *link_key(const struct link *l) { return l->key; }
unsigned link_seconds(const struct link *l) { return l->seconds; }
enum link_again link_again(const struct link *l) { return l->again; }
unsigned link_delay_ms(const struct link *l) { return l->delay_ms; }

int link_decoder_pid(const struct link *l)
{
	return l->decoder ? viewer_decoder_pid(l->decoder) : 0;
}

struct link *link_create(uv_loop_t *loop, struct sek_stream_context *streams, struct sek_door *door,
	const struct link_config *config, const struct link_ops *ops, void *user)
{
	struct link *l = calloc(1, sizeof *l);

	if (!l)
		return NULL;
	*l = (struct link){ .loop = loop, .streams = streams, .door = door, .config = *config, .ops = *ops, .user = user };
	uv_timer_init(loop, &l->retry);
	uv_timer_init(loop, &l->watch);
	uv_timer_init(loop, &l->reap);
	l->retry.data = l->watch.data = l->reap.data = l;
	l->open_handles = 3;
	return l;
}

static void on_handle_closed(uv_handle_t *h)
{
	struct link *l = h->data;

	if (--l->open_handles == 0)
		free(l);
}

void link_destroy(struct link *l)
{
	if (!l)
		return;
	drop(l);
	sek_stream_destroy(l->old);
	l->old = NULL;
	uv_close((uv_handle_t *)&l->retry, on_handle_closed);
	uv_close((uv_handle_t *)&l->watch, on_handle_closed);
	uv_close((uv_handle_t *)&l->reap, on_handle_closed);
}
