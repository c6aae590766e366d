/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The viewer's one loop: libuv's, with SDL's events taken before each time it waits. Starting and stopping everything.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/viewer/app.h"
#include "client/viewer/run.h"
#include "client/viewer/words.h"

enum { POLL_MS = 8, CLOCK_MS = 250, RESIZE_QUIET_MS = 120 };

static void on_pump(uv_prepare_t *h)
{
	struct app *a = h->data;

	app_pump(a);
	if (a->redraw)
		app_draw(a);
	if (a->quit)
		uv_stop(&a->loop);
}

static void on_poll(uv_timer_t *t)
{
	(void)t; /* the pump runs before the loop waits again */
}

static void on_events(uv_poll_t *p, int status, int events)
{
	(void)p;
	(void)status;
	(void)events;
}

static void on_clock(uv_timer_t *t)
{
	struct app *a = t->data;
	uint64_t now = app_now_ms();

	if (a->toast[0] && now >= a->toast_until_ms) {
		a->toast[0] = 0;
		a->redraw = true;
	}
	app_documents_clock(a, now);
	if (a->resized_ms && now >= a->resized_ms + RESIZE_QUIET_MS)
		app_ask_for_size(a);
	if (a->retry_at_ms && link_phase(a->link) != LINK_LIVE) {
		if (now >= a->retry_at_ms) {
			bool turn = a->login.crowded;

			a->retry_at_ms = 0;
			a->login.error[0] = 0;
			snprintf(a->login.note, sizeof a->login.note, turn ? "login.crowded" : "login.retry-now");
			if (turn) {
				login_take_turn(&a->login);
				app_act(a, ACT_LOGIN);
			}
		}
		app_compose(a);
	}
}

static void on_stop(uv_signal_t *s, int signum)
{
	struct app *a = s->data;

	(void)signum;
	a->quit = true;
}

static void start_handles(struct app *a)
{
	static const int signals[] = { SIGTERM, SIGINT };
	int fd = window_fd(a->window);

	a->poll.data = a->clock.data = a->events.data = a->pump.data = a;
	uv_prepare_init(&a->loop, &a->pump);
	uv_prepare_start(&a->pump, on_pump);
	uv_timer_init(&a->loop, &a->clock);
	uv_timer_start(&a->clock, on_clock, CLOCK_MS, CLOCK_MS);
	/* Also where there is a descriptor: an input method's answers come by another one, which SDL keeps for itself. */
	uv_timer_init(&a->loop, &a->poll);
	uv_timer_start(&a->poll, on_poll, POLL_MS, POLL_MS);
	a->has_events = fd >= 0 && uv_poll_init(&a->loop, &a->events, fd) == 0;
	if (a->has_events)
		uv_poll_start(&a->events, UV_READABLE, on_events);
	for (int i = 0; i < 2; i++) {
		uv_signal_init(&a->loop, &a->stop[i]);
		a->stop[i].data = a;
		uv_signal_start(&a->stop[i], on_stop, signals[i]);
	}
}

static const char *start(struct app *a)
{
	const struct viewer_config *c = a->config;
	struct sek_stream_tls tls = { c->file.ca, c->file.certificate, c->file.key, c->passphrase };
	struct link_config link_config = { c->address, c->origin, c->decoder, c->port };
	struct window_config window_config = { .title = viewer_words("viewer.title"), .w = c->width_px, .h = c->height_px,
		.fullscreen = c->file.fullscreen || c->file.kiosk, .all_monitors = c->file.all_monitors,
		.grab = c->file.fullscreen || c->file.kiosk || c->file.all_monitors, .scale_percent = c->file.scale_percent };

	a->streams = sek_stream_context_create_with(&a->loop, &tls);
	if (!a->streams)
		return "TLS cannot be set up: is the CA's file a PEM certificate, and can the client certificate be used?";
	a->door = sek_door_create(a->streams, c->address, c->port, c->origin);
	a->documents_door = sek_door_create(a->streams, c->address, c->port, c->origin);
	a->clipboard = clipboard_create(&a->loop, &app_clipboard_ops, a);
	a->link = link_create(&a->loop, a->streams, a->door, &link_config, &app_link_ops, a);
	if (!a->door || !a->documents_door || !a->clipboard || !a->link)
		return "no memory";
	if (SDL_Init(SDL_INIT_VIDEO) < 0)
		return SDL_GetError();
	a->window = window_create(&window_config);
	return a->window ? NULL : SDL_GetError();
}

static void close_handle(uv_handle_t *h, void *arg)
{
	(void)arg;
	if (!uv_is_closing(h))
		uv_close(h, NULL);
}

static void finish(struct app *a)
{
	if (a->window) {
		close_handle((uv_handle_t *)&a->pump, NULL);
		close_handle((uv_handle_t *)&a->poll, NULL);
		close_handle((uv_handle_t *)&a->clock, NULL);
		for (int i = 0; i < 2; i++)
			close_handle((uv_handle_t *)&a->stop[i], NULL);
		if (a->has_events)
			close_handle((uv_handle_t *)&a->events, NULL);
	}
	link_destroy(a->link);
	if (a->documents_door)
		app_documents_forget(a);
	sek_door_destroy(a->documents_door);
	sek_door_destroy(a->door);
	clipboard_destroy(a->clipboard);
	login_finish(&a->login);
	card_reset(&a->card);
	free(a->crossing);
	for (int i = 0; i < 100; i++)
		uv_run(&a->loop, UV_RUN_NOWAIT);
	sek_stream_context_destroy(a->streams);
	window_destroy(a->window);
	SDL_Quit();
}

const char *viewer_run(const struct viewer_config *config)
{
	static struct app a;
	const char *failure;

	a = (struct app){ .config = config, .max_w = SEK_WIDTH_MAX_PX, .max_h = SEK_HEIGHT_MAX_PX, .saving_fd = -1,
		.keyboard = { app_on_key, &a, { 0 }, { 0 }, 0 } };
	uv_loop_init(&a.loop);
	login_init(&a.login);
	if (config->file.user)
		snprintf(a.login.user, sizeof a.login.user, "%s", config->file.user);
	failure = start(&a);
	if (!failure) {
		start_handles(&a);
		SDL_StartTextInput();
		app_compose(&a);
		uv_run(&a.loop, UV_RUN_DEFAULT);
		failure = a.failure;
	}
	finish(&a);
	return failure;
}
