/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See world.h.
 */
#include "tests/integration/world.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

static void on_tick(uv_timer_t *timer)
{
	(void)timer; /* wakes UV_RUN_ONCE so that conditions are looked at */
}

void world_init(struct world *w)
{
	*w = (struct world){ 0 };
	farm_init(&w->farm);
	for (int i = 0; i < FARM_HOSTS; i++) {
		farm_start(&w->farm, i);
		w->hosts[i] = (struct sek_render_host){ .name = w->farm.hosts[i].name, .address = w->farm.hosts[i].address,
			.port = w->farm.hosts[i].port };
	}
	w->config = (struct sek_sessions_config){
		.outer_address = "127.0.21.1",
		.hosts = w->hosts,
		.n_hosts = FARM_HOSTS,
		.ca_path = w->farm.ca,
		.crl_path = w->farm.crl,
		.intermediate_path = w->farm.intermediate,
		.intermediate_key_path = w->farm.intermediate_key,
		.decoder_path = w->farm.decoder,
		.encoder_path = w->farm.encoder,
		.max_sessions = 8,
		.max_width_px = 1280,
		.max_height_px = 800,
		.linger_s = 300,
	};
	ck_assert_int_eq(uv_loop_init(&w->loop), 0);
	uv_timer_init(&w->loop, &w->ticker);
	uv_timer_start(&w->ticker, on_tick, 10, 10);
	uv_unref((uv_handle_t *)&w->ticker);
}

static void on_event(void *user, const char *event, const struct sek_session_info *info)
{
	struct world *w = user;
	size_t n = strlen(w->events);

	if (n + 128 < sizeof w->events)
		snprintf(w->events + n, sizeof w->events - n, "%s/%s/%s ", event, info->user, sek_state_name(info->state));
}

void world_start(struct world *w)
{
	ck_assert(sek_is_ok(sek_sessions_create(&w->loop, &w->config, &w->all)));
	sek_sessions_on_event(w->all, on_event, w);
}

static void on_stopped(void *user)
{
	((struct world *)user)->stopped = true;
}

/* Nothing of any session may be left on the render hosts: no process of its uids, nothing in its directory. */
static void look_for_leftovers(struct world *w)
{
	for (int i = 0; i < FARM_HOSTS; i++)
		for (uid_t uid = w->farm.hosts[i].uid_base; uid < w->farm.hosts[i].uid_base + 8; uid++)
			for (int tries = 0; procs_of_uid(uid) > 0; tries++) {
				if (tries == 100) {
					farm_tell(&w->farm);
					ck_abort_msg("a process of uid %u is left", (unsigned)uid);
				}
				world_run_ms(w, 100);
			}
}

void world_stop(struct world *w)
{
	if (!w->all)
		return;
	sek_sessions_stop(w->all, on_stopped, w);
	WORLD_UNTIL(w, 8000, w->stopped);
	sek_sessions_destroy(w->all);
	w->all = NULL;
}

void world_finish(struct world *w)
{
	world_stop(w);
	look_for_leftovers(w);
	uv_close((uv_handle_t *)&w->ticker, NULL);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	ck_assert_int_eq(uv_loop_close(&w->loop), 0);
	farm_finish(&w->farm);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
}

bool world_saw(const struct world *w, const char *event)
{
	return strstr(w->events, event) != NULL;
}

void world_run_ms(struct world *w, uint64_t ms)
{
	uint64_t end = uv_hrtime() / 1000000 + ms;

	while (uv_hrtime() / 1000000 < end)
		uv_run(&w->loop, UV_RUN_ONCE);
}

void world_up(struct world *w, const char *user, struct stream *c)
{
	stream_attach(w->all, user, c);
	stream_paint(c);
	stream_hello(c);
	for (uint64_t end = uv_hrtime() / 1000000 + WORLD_UP_MS; !c->closed && uv_hrtime() / 1000000 < end;) {
		uv_run(&w->loop, UV_RUN_ONCE);
		if (stream_state(c) == SEK_STATE_RUNNING && c->ends > 0 && stream_colours(c) > 3)
			return;
	}
	farm_tell(&w->farm);
	ck_abort_msg("%s has no picture: state %s, %u frames, %u colours", user, sek_state_name(stream_state(c)), c->ends,
		stream_colours(c));
}

struct search {
	const char *user;
	struct sek_session_info info;
};

static void match(void *user, const struct sek_session_info *info)
{
	struct search *s = user;

	if (strcmp(info->user, s->user) == 0)
		s->info = *info;
}

static struct sek_session_info info_of(struct world *w, const char *user)
{
	struct search s = { .user = user };

	sek_sessions_each(w->all, match, &s);
	return s.info;
}

int world_decoder(struct world *w, const char *user)
{
	return info_of(w, user).decoder_pid;
}

int world_encoder(struct world *w, const char *user)
{
	return info_of(w, user).encoder_pid;
}

uint16_t world_state(struct world *w, const char *user)
{
	return info_of(w, user).state;
}

void world_goes_on(struct world *w, struct stream *c)
{
	unsigned ends = c->ends;

	ck_assert(!c->closed);
	/* the browser's address bar: it opens and closes, whatever the page is */
	for (int i = 0; i < 100 && c->ends < ends + 2; i++) {
		stream_key(c, KEY_LEFTCTRL, true);
		stream_key(c, KEY_L, true);
		stream_key(c, KEY_L, false);
		stream_key(c, KEY_LEFTCTRL, false);
		stream_text(c, "a");
		world_run_ms(w, 100);
		ck_assert(!c->closed);
	}
	ck_assert_uint_ge(c->ends, ends + 2);
}

pid_t world_find(struct world *w, int host, const char *comm)
{
	return procs_find(w->farm.hosts[host].pid, comm, NULL, "--type=");
}
