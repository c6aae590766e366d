/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A member's states. What the stream tells is only noted; the timer, set to now, acts on it, because the stream may not be
 * destroyed while it tells.
 */
#include "client/load/member.h"

#include <arpa/inet.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <string.h>

#include "client/load/member_private.h"
#include "client/load/site.h"

enum {
	LOGIN_LIMIT_MS = 60000,   /* to the first picture */
	QUIET_MS = 700,           /* without a frame: the browser has come to rest */
	SETTLE_LIMIT_MS = 8000,
	BAR_LIMIT_MS = 3000,      /* then Ctrl+L is pressed again */
	LOADING_LIMIT_MS = 20000, /* of a page */
	TRIES = 4,
	AWAY_LIMIT_MS = 60000,
	LEAVE_LIMIT_MS = 15000,
	POLL_MS = 100,
};

static void on_timer(uv_timer_t *t);

static void wake_in(struct load_member *m, uint64_t ms)
{
	uv_timer_start(&m->timer, on_timer, ms, 0);
}

static void enter(struct load_member *m, enum load_member_state state, uint64_t limit_ms)
{
	m->state = state;
	m->since_ns = uv_hrtime();
	m->deadline_ns = m->since_ns + limit_ms * 1000000u;
}

static bool is_late(const struct load_member *m)
{
	return uv_hrtime() > m->deadline_ns;
}

/* --- what the stream tells --- */

static void on_welcome(void *user, const struct sek_welcome *w)
{
	struct load_member *m = user;

	if (m->has_session && memcmp(m->session, w->session, sizeof m->session) != 0)
		m->session_state = SEK_STATE_SESSION_GONE; /* it came back to another session: the old one is lost */
	memcpy(m->session, w->session, sizeof m->session);
	m->has_session = true;
}

static void on_state(void *user, const struct sek_state_msg *s)
{
	struct load_member *m = user;

	if (s->state == SEK_STATE_MESSAGE || m->session_state == SEK_STATE_SESSION_GONE)
		return;
	m->session_state = s->state;
	if (sek_state_ended(s->state))
		wake_in(m, 0);
}

static void on_frame(void *user, uint32_t frame)
{
	struct load_member *m = user;

	(void)frame;
	m->frame_ns = uv_hrtime();
	load_hand_frame(m);
	if (m->state == LOAD_LOGIN || m->state == LOAD_AWAY)
		wake_in(m, 0);
}

static void on_painted(void *user, struct sek_rect r)
{
	load_hand_painted(user, r);
}

/* The remote page gets Ctrl+L first and the browser only then: what is typed before its caret has moved is lost. */
static bool caret_is_in_bar(const struct load_member *m)
{
	return m->caret.height_px > 0 && m->caret.y_px > LOAD_TOOLBAR_PX / 2 && m->caret.y_px < LOAD_TOOLBAR_PX;
}

static void on_caret(void *user, const struct sek_caret *c)
{
	struct load_member *m = user;

	m->caret = *c;
	if (m->state == LOAD_BAR && caret_is_in_bar(m))
		wake_in(m, 0);
}

static void on_closed(void *user, enum sek_stream_failure why, int http_status)
{
	struct load_member *m = user;

	m->closed = true;
	m->why = why;
	m->http_status = http_status;
	wake_in(m, 0);
}

/* --- begin and end --- */

static void add_figures(struct sek_stream_figures *to, struct sek_stream_figures f)
{
	to->bytes += f.bytes;
	to->updates += f.updates;
	to->frames += f.frames;
	to->keyframes += f.keyframes;
	to->bytes_sent += f.bytes_sent;
}

struct sek_stream_figures load_member_figures(const struct load_member *m)
{
	struct sek_stream_figures f = m->before;

	if (m->stream)
		add_figures(&f, sek_stream_figures_now(m->stream));
	return f;
}

static void drop_stream(struct load_member *m)
{
	if (!m->stream)
		return;
	snprintf(m->cookie, sizeof m->cookie, "%s", sek_stream_cookie(m->stream));
	add_figures(&m->before, sek_stream_figures_now(m->stream));
	sek_stream_destroy(m->stream);
	m->stream = NULL;
	m->key_ns = m->input_ns = 0;
}

static bool open_stream(struct load_member *m, const char *cookie)
{
	static const struct sek_stream_ops ops = { .welcome = on_welcome, .state = on_state, .frame = on_frame, .caret = on_caret,
		.painted = on_painted, .closed = on_closed };
	struct sek_stream_config c = {
		.address = m->config->address, .port = m->config->port, .origin = m->config->origin, .user = m->account->name,
		.password = m->account->password, .totp = m->account->secret, .acknowledge = m->config->acknowledge,
		.from = m->from[0] ? m->from : NULL, .cookie = cookie, .check_only = !m->decodes,
		.hello = { .version_min = SEK_VERSION_MIN, .version_max = SEK_VERSION_MAX, .width_px = m->config->width_px,
			.height_px = m->config->height_px, .scale_percent = 100, .lang = SEK_LANG_JA },
	};

	m->closed = false;
	m->http_status = 0;
	m->session_state = 0;
	m->frame_ns = 0;
	m->stream = sek_stream_open(m->config->context, &c, &ops, m);
	return m->stream != NULL;
}

static void finish(struct load_member *m, enum sek_load_end end, const char *kind, const char *text)
{
	if (m->state == LOAD_IDLE)
		return;
	snprintf(m->said, sizeof m->said, "%s", text);
	m->end = end;
	m->over_ns = uv_hrtime();
	drop_stream(m);
	if (end == SEK_END_LOGGED_OUT || m->http_status == 401)
		m->cookie[0] = 0; /* else the log-in is still good: the next session needs no other */
	uv_timer_stop(&m->timer);
	m->state = LOAD_IDLE;
	if (kind)
		m->config->ops->error(m->config->user, m, kind, text);
	m->config->ops->over(m->config->user, m);
}

static bool is_full(uint16_t state)
{
	return state == SEK_STATE_HOSTS_FULL || state == SEK_STATE_HOST_FULL || state == SEK_STATE_BROKER_FULL;
}

/* The session or its connection is over, and nobody wanted that. */
static void finish_broken(struct load_member *m)
{
	bool ran = m->first_ns != 0, ended = sek_state_ended(m->session_state);
	char text[160];

	if (ended)
		snprintf(text, sizeof text, "%s", sek_state_name(m->session_state));
	else if (m->closed)
		snprintf(text, sizeof text, "%s%s%s (HTTP %d)", sek_stream_failure_name(m->why), m->stream && *sek_stream_error(m->stream) ? ": " : "",
			m->stream ? sek_stream_error(m->stream) : "", m->http_status);
	else
		snprintf(text, sizeof text, "no picture came in time (state %s)", sek_state_name(m->session_state));
	if (ended && is_full(m->session_state))
		finish(m, ran ? SEK_END_LOST : SEK_END_REFUSED, "host-full", text);
	else if (ran)
		finish(m, SEK_END_LOST, "lost", text);
	else if (ended || !m->closed)
		finish(m, SEK_END_REFUSED, "no-session", text);
	else if (m->why == SEK_STREAM_PROTOCOL)
		finish(m, SEK_END_LOST, "protocol", text);
	else
		finish(m, SEK_END_REFUSED, m->why == SEK_STREAM_CONNECT ? "no-connection" : "login-refused", text);
}

/* --- the browser --- */

static void ask_bar(struct load_member *m)
{
	enter(m, LOAD_BAR, BAR_LIMIT_MS);
	m->caret = (struct sek_caret){ 0 };
	load_hand_key(m, KEY_LEFTCTRL, 0, true);
	load_hand_press(m, KEY_L, 'l');
	load_hand_key(m, KEY_LEFTCTRL, 0, false);
	wake_in(m, BAR_LIMIT_MS);
}

static void type_address(struct load_member *m)
{
	char url[160];

	snprintf(url, sizeof url, "%s/m%u/p%02u", m->config->site, m->number, m->page);
	load_hand_ascii(m, url);
	load_hand_press(m, KEY_ENTER, 0);
	enter(m, LOAD_LOADING, LOADING_LIMIT_MS);
	wake_in(m, LOADING_LIMIT_MS);
}

static void open_page(struct load_member *m, unsigned page)
{
	m->page = page;
	m->tries = 0;
	ask_bar(m);
}

static void plan(struct load_member *m)
{
	enter(m, LOAD_WORK, 0);
	load_script_next(&m->script, &m->next);
	wake_in(m, m->next.think_ms);
}

static void try_again(struct load_member *m)
{
	char text[120];

	snprintf(text, sizeof text, "page %u (%s, try %u) was not painted within %d s", m->page, m->next.act == LOAD_CLICK ? "link" : "address",
		m->tries + 1, LOADING_LIMIT_MS / 1000);
	if (++m->tries < TRIES) {
		m->config->ops->error(m->config->user, m, "page-slow", text);
		ask_bar(m);
	} else {
		finish(m, SEK_END_LOST, "page-lost", "a page was not painted, however often it was opened");
	}
}

void load_member_painted(struct load_member *m, unsigned page)
{
	if (m->state != LOAD_LOADING || page != m->page)
		return;
	m->input_ns = 0;
	plan(m);
}

static void click(struct load_member *m)
{
	uint16_t x, y;

	load_site_link_at(m->next.which, &x, &y);
	load_hand_click(m, x, y);
	if (!m->config->site) {
		plan(m);
		return;
	}
	m->page = load_site_link(m->page, m->next.which);
	m->tries = 0;
	enter(m, LOAD_LOADING, LOADING_LIMIT_MS);
	wake_in(m, LOADING_LIMIT_MS);
}

/* --- the script --- */

static void act(struct load_member *m)
{
	bool goes = m->next.act == LOAD_OPEN || m->next.act == LOAD_CLICK;

	if (load_hand_waits(m) && goes) { /* the next page would hide what is waited for */
		wake_in(m, POLL_MS);
		return;
	}
	switch (m->next.act) {
	case LOAD_OPEN:
		if (m->config->site)
			open_page(m, m->next.which);
		else
			plan(m);
		return;
	case LOAD_CLICK:
		click(m);
		return;
	case LOAD_WHEEL:
		load_hand_wheel(m, m->next.notches);
		break;
	case LOAD_KEY:
		load_hand_timed(m, m->next.which);
		break;
	case LOAD_TEXT:
		load_hand_text(m, m->next.text);
		break;
	}
	plan(m);
}

/* --- states --- */

static void see_first(struct load_member *m)
{
	if (!m->frame_ns || m->session_state != SEK_STATE_RUNNING) {
		if (is_late(m))
			finish_broken(m);
		else
			wake_in(m, POLL_MS);
		return;
	}
	m->first_ns = m->frame_ns;
	m->config->ops->first_frame(m->config->user, m, (double)(m->first_ns - m->began_ns) / 1e6);
	enter(m, LOAD_SETTLE, SETTLE_LIMIT_MS);
	wake_in(m, m->config->site ? QUIET_MS : 0);
}

static void settle(struct load_member *m)
{
	if (m->config->site && uv_hrtime() - m->frame_ns < QUIET_MS * 1000000ull && !is_late(m))
		wake_in(m, POLL_MS);
	else
		plan(m);
}

/* A broken line is no lost session: the web client comes back by itself, and so does this. */
static void go_away(struct load_member *m)
{
	if (m->state != LOAD_AWAY)
		enter(m, LOAD_AWAY, AWAY_LIMIT_MS);
	drop_stream(m);
	wake_in(m, 1000);
}

static void come_back(struct load_member *m)
{
	if (m->stream && m->frame_ns && m->session_state == SEK_STATE_RUNNING) {
		plan(m);
		return;
	}
	if (is_late(m)) {
		finish_broken(m);
		return;
	}
	if (!m->stream && !open_stream(m, m->cookie))
		finish(m, SEK_END_LOST, "lost", "no memory for a connection");
	else
		wake_in(m, POLL_MS);
}

static bool comes_back(const struct load_member *m)
{
	bool line = m->why == SEK_STREAM_CLOSED || m->why == SEK_STREAM_CONNECT || (m->state == LOAD_AWAY && m->why != SEK_STREAM_PROTOCOL);

	return m->first_ns && line && !m->stopping && !sek_state_ended(m->session_state) && !(m->state == LOAD_AWAY && is_late(m));
}

static void on_timer(uv_timer_t *t)
{
	struct load_member *m = t->data;

	if (m->closed || sek_state_ended(m->session_state)) {
		if (m->state == LOAD_LEAVE)
			finish(m, m->stopping ? SEK_END_STOPPED : SEK_END_LOGGED_OUT, NULL, "");
		else if (m->closed && comes_back(m))
			go_away(m), m->closed = false;
		else
			finish_broken(m);
		return;
	}
	switch (m->state) {
	case LOAD_IDLE: break;
	case LOAD_LOGIN: see_first(m); break;
	case LOAD_SETTLE: settle(m); break;
	case LOAD_BAR: type_address(m); break; /* the caret is there; or it did not tell, and the page will */
	case LOAD_LOADING: try_again(m); break;
	case LOAD_WORK: act(m); break;
	case LOAD_AWAY: come_back(m); break;
	case LOAD_LEAVE: finish(m, SEK_END_LOST, "no-end", "the session did not end within fifteen seconds"); break;
	}
}

/* --- from outside --- */

void load_member_init(struct load_member *m, const struct load_member_config *config, const struct load_user *account, unsigned number,
	enum load_script_kind kind, bool decodes)
{
	struct in_addr at;

	*m = (struct load_member){ .config = config, .account = account, .number = number, .kind = kind, .decodes = decodes };
	uv_timer_init(config->loop, &m->timer);
	m->timer.data = m;
	if (config->from && inet_pton(AF_INET, config->from, &at) == 1) {
		at.s_addr = htonl(ntohl(at.s_addr) + number);
		inet_ntop(AF_INET, &at, m->from, sizeof m->from);
	}
}

void load_member_start(struct load_member *m)
{
	m->began_ns = uv_hrtime();
	m->first_ns = m->over_ns = m->key_ns = m->input_ns = 0;
	m->before = (struct sek_stream_figures){ 0 };
	m->delays = (struct sek_delays){ { 0 } };
	m->keys = 0;
	m->said[0] = 0;
	m->has_session = false;
	m->caret = (struct sek_caret){ 0 };
	load_script_init(&m->script, m->kind, m->config->seed, m->number);
	enter(m, LOAD_LOGIN, LOGIN_LIMIT_MS);
	if (open_stream(m, m->cookie[0] ? m->cookie : NULL))
		wake_in(m, LOGIN_LIMIT_MS);
	else
		finish(m, SEK_END_REFUSED, "no-connection", "no connection could be begun");
}

void load_member_leave(struct load_member *m)
{
	if (m->state == LOAD_IDLE || m->state == LOAD_LEAVE)
		return;
	if (m->state == LOAD_LOGIN || m->state == LOAD_AWAY) {
		load_member_stop(m);
		return;
	}
	load_hand_end(m);
	enter(m, LOAD_LEAVE, LEAVE_LIMIT_MS);
	wake_in(m, LEAVE_LIMIT_MS);
}

void load_member_stop(struct load_member *m)
{
	bool can_end = m->stream && m->first_ns && !m->closed;

	m->stopping = true;
	if (m->state == LOAD_IDLE || m->state == LOAD_LEAVE)
		return;
	if (!can_end) {
		finish(m, SEK_END_STOPPED, NULL, "");
		return;
	}
	load_hand_end(m);
	enter(m, LOAD_LEAVE, LEAVE_LIMIT_MS);
	wake_in(m, LEAVE_LIMIT_MS);
}
