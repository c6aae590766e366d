/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Dialling, starting the watching decoder, reading its page, and again when it ends.
 */
#include "broker/hub/session/watch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/gap/children.h"
#include "broker/hub/session/connect.h"
#include "broker/hub/session/internal.h"

enum { AGAIN_MS = 500, DOUBLINGS_MAX = 6, SAID_MS = 60000 };

struct sek_watch {
	struct sek_sessions *all;
	const struct sek_render_host *host;
	struct sek_connect *connect;    /* while it connects */
	struct sek_credential_job *job; /* while they are made */
	struct sek_child *decoder;
	struct sek_health_reader *page;
	int socket_fd, credentials_fd;  /* until the decoder has them */
	int input_fd;                   /* its end is the decoder's */
	struct sek_host_health health;  /* the latest */
	uint64_t heard_ms;              /* 0: never */
	uint64_t dial_ms;               /* not before */
	unsigned failures;              /* since it was last heard */
	uint64_t said_ms;               /* when the log was last told of one */
	bool tried;
	unsigned old;                   /* why it was too old, as the log was told */
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

struct sek_watch *sek_watch_create(struct sek_sessions *all, const struct sek_render_host *host)
{
	struct sek_watch *w = calloc(1, sizeof *w);

	if (!w)
		return NULL;
	w->all = all;
	w->host = host;
	w->socket_fd = w->credentials_fd = w->input_fd = -1;
	return w;
}

static void let_go(struct sek_watch *w)
{
	sek_connect_cancel(w->connect);
	sek_credentials_cancel(w->job);
	w->connect = NULL;
	w->job = NULL;
	close_fd(&w->input_fd); /* tells the decoder to go */
	sek_child_leave(w->decoder);
	w->decoder = NULL;
	sek_health_reader_close(w->page);
	w->page = NULL;
	close_fd(&w->socket_fd);
	close_fd(&w->credentials_fd);
}

static void failed(struct sek_watch *w, const char *step, const char *why)
{
	uint64_t now = uv_now(w->all->loop);

	/* then it is known, and said once a minute */
	if (w->failures == 0 || now - w->said_ms >= SAID_MS) {
		w->said_ms = now;
		sek_log(SEK_LOG_WARN, "host.unwatched", "host", w->host->name, "step", step, "why", why, NULL);
	}
	let_go(w);
	w->tried = true;
	w->dial_ms = now + ((uint64_t)AGAIN_MS << (w->failures < DOUBLINGS_MAX ? w->failures : DOUBLINGS_MAX));
	w->failures++;
}

static void failed_status(struct sek_watch *w, const char *step, sek_status s)
{
	char text[120];

	failed(w, step, sek_status_text(s, text, sizeof text));
}

static void on_decoder_exit(void *user, int code, int signal_number)
{
	struct sek_watch *w = user;

	w->decoder = NULL;
	failed(w, "watching decoder", sek_logf("exit %d signal %d", code, signal_number));
}

static sek_status start_decoder(struct sek_watch *w, int page_rw, int wake, int input)
{
	/* not the program's name: those who look for a session's decoder are not to find this one */
	const char *const argv[] = { "sekisho-watch", SEK_DECODER_WATCH, w->host->name, NULL };
	const int fds[SEK_DECODER_FDS_END] = {
		[0] = -1, [1] = -1, [2] = -1,
		[SEK_DECODER_HOST_FD] = w->socket_fd,
		[SEK_DECODER_GAP_FD] = page_rw,
		[SEK_DECODER_WAKE_FD] = wake,
		[SEK_DECODER_INPUT_FD] = input,
		[SEK_DECODER_CONTROL_FD] = -1,
		[SEK_DECODER_CREDENTIALS_FD] = w->credentials_fd,
	};
	struct sek_child_spec spec = { w->all->config.decoder_path, argv, fds, SEK_DECODER_FDS_END };

	return sek_child_spawn(&w->all->children, &spec, on_decoder_exit, w, &w->decoder);
}

static sek_status build(struct sek_watch *w)
{
	int rw = -1, ro = -1, wake = -1, input[2] = { -1, -1 };
	sek_status s;

	SEK_TRY(sek_health_create(&rw, &ro));
	s = sek_health_reader_open(ro, &w->page);
	/* nobody reads the wake-ups: the page is looked at once a second. The writer never blocks on it */
	wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (sek_is_ok(s) && (wake < 0 || pipe2(input, O_CLOEXEC) < 0))
		s = sek_from_errno();
	w->input_fd = input[1];
	if (sek_is_ok(s))
		s = start_decoder(w, rw, wake, input[0]);
	close_fd(&rw);
	close_fd(&ro);
	close_fd(&wake);
	close_fd(&input[0]);
	close_fd(&w->socket_fd);
	close_fd(&w->credentials_fd);
	w->health.count = 0;
	return s;
}

static void go_on(struct sek_watch *w)
{
	sek_status s;

	if (w->socket_fd < 0 || w->credentials_fd < 0)
		return;
	s = build(w);
	if (!sek_is_ok(s))
		failed_status(w, "starting the watching decoder", s);
}

static void on_connected(void *user, sek_status s, int fd)
{
	struct sek_watch *w = user;

	w->connect = NULL;
	w->socket_fd = fd;
	if (sek_is_ok(s))
		go_on(w);
	else
		failed_status(w, "connecting", s);
}

static void on_credentials(void *user, sek_status s, const char *what, const uint8_t *bytes, size_t n)
{
	struct sek_watch *w = user;

	w->job = NULL;
	if (sek_is_ok(s)) {
		what = "credentials pipe";
		s = sek_link_fill_pipe(bytes, n, &w->credentials_fd);
	}
	if (sek_is_ok(s))
		go_on(w);
	else
		failed_status(w, what, s);
}

static void dial(struct sek_watch *w)
{
	struct sek_sessions *all = w->all;
	sek_status s = sek_connect_start(all->loop, all->config.outer_address, w->host->address, w->host->port, on_connected,
		sek_sessions_release, all, w, &w->connect);

	if (sek_is_ok(s)) {
		sek_sessions_hold(all);
		s = sek_credentials_start(all->loop, &all->files, NULL, w->host->name, on_credentials, sek_sessions_release, all, w,
			&w->job);
		if (sek_is_ok(s))
			sek_sessions_hold(all);
	}
	if (!sek_is_ok(s))
		failed_status(w, "dialling", s);
}

static void say_age(struct sek_watch *w)
{
	unsigned old = sek_ages_of_host(&w->all->config.ages, &w->health).old;
	char why[80] = "";

	if (old == w->old)
		return;
	w->old = old;
	for (unsigned k = 0; k < SEK_AGE_FAULTS; k++)
		if (old >> k & 1)
			snprintf(why + strlen(why), sizeof why - strlen(why), "%s%s", *why ? " " : "", sek_age_fault_name((enum sek_age_fault)k));
	sek_log(old ? SEK_LOG_ERROR : SEK_LOG_INFO, old ? "host.old" : "host.young", "host", w->host->name, "why", old ? why : "-", NULL);
}

void sek_watch_tick(struct sek_watch *w)
{
	uint64_t now = uv_now(w->all->loop);
	struct sek_host_health h;

	if (w->page) {
		sek_health_reader_get(w->page, &h);
		if (h.count != w->health.count) {
			if (w->failures > 0 || !w->heard_ms)
				sek_log(SEK_LOG_INFO, "host.watched", "host", w->host->name, NULL);
			w->health = h;
			say_age(w);
			w->heard_ms = now ? now : 1;
			w->failures = 0;
			w->tried = true;
		}
	} else if (!w->connect && !w->job && w->socket_fd < 0 && w->credentials_fd < 0 && now >= w->dial_ms) {
		dial(w);
	}
}

void sek_watch_hurry(struct sek_watch *w, uint64_t within_ms)
{
	uint64_t most = uv_now(w->all->loop) + within_ms;

	if (w->dial_ms > most)
		w->dial_ms = most;
}

void sek_watch_finish(struct sek_watch *w)
{
	if (!w)
		return;
	let_go(w);
	free(w);
}

const struct sek_host_health *sek_watch_health(const struct sek_watch *w)
{
	return w->heard_ms && w->page && uv_now(w->all->loop) - w->heard_ms < SEK_WATCH_SICK_MS ? &w->health : NULL;
}

uint64_t sek_watch_silent_ms(const struct sek_watch *w)
{
	return w->heard_ms ? uv_now(w->all->loop) - w->heard_ms : UINT64_MAX;
}

const char *sek_watch_state(const struct sek_watch *w)
{
	if (sek_watch_health(w))
		return "up";
	if (!w->tried && !w->heard_ms)
		return "unknown";
	return w->page ? "sick" : "lost";
}

void sek_watch_describe(const struct sek_host_health *health, struct sek_host_info *ret)
{
	static const char *const limits[] = { [SEK_LIMITS_PROCESS] = "rlimits", [SEK_LIMITS_CGROUP_V1] = "cgroup-v1",
		[SEK_LIMITS_CGROUP_V2] = "cgroup-v2" };

	ret->sessions = health->sessions;
	ret->sessions_max = health->sessions_max;
	ret->cpu_permille = health->cpu_permille;
	ret->stall_permille = health->stall_permille;
	ret->cores = health->cores;
	ret->warm_ja = health->warm_ja;
	ret->warm_en = health->warm_en;
	ret->memory_mib = health->memory_mib;
	ret->available_mib = health->available_mib;
	ret->limits = limits[health->limits];
	ret->image_days = health->image_days;
	ret->browser_days = health->browser_days;
	ret->browser_major = health->browser_major;
	ret->certificate_days = health->certificate_days;
	ret->certificate_left_days = health->certificate_left_days;
	ret->crl_left_hours = health->crl_left_hours;
	ret->refused = health->refused;
	ret->faults = health->faults;
}
