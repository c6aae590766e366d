/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Signals, and waiting for load balancers. Must never wait longer than its bound: whoever stops a broker has a machine to see to.
 */
#include "broker/hub/leave.h"

#include <signal.h>

#include "base/log.h"

enum { LOOK_MS = 20, SIGNALS = 3 };

static const int stop_signals[SIGNALS] = { SIGTERM, SIGINT, SIGUSR1 };

static void leave(struct sek_leave *l)
{
	sek_leave_now(l);
	l->fn(l->user, l->leaving);
}

static void on_heard(uv_timer_t *t)
{
	leave(t->data);
}

static void on_look(uv_timer_t *t)
{
	struct sek_leave *l = t->data;
	bool all = sek_faces_have_left(l->faces);

	if (!all && uv_now(t->loop) < l->until_ms)
		return;
	sek_log(all ? SEK_LOG_INFO : SEK_LOG_WARN, "broker.left", "balancers", all ? "know it" : "did not ask in time", NULL);
	uv_timer_start(t, on_heard, SEK_LEAVE_HEARD_MS, 0);
}

/* A second signal does not wait. */
static void on_signal(uv_signal_t *s, int number)
{
	struct sek_leave *l = s->data;

	if (l->done)
		return;
	l->leaving = number == SIGUSR1;
	if (l->until_ms > 0 || sek_faces_have_left(l->faces)) {
		leave(l);
		return;
	}
	sek_log(SEK_LOG_INFO, "broker.leaving", NULL);
	l->until_ms = uv_now(l->timer.loop) + SEK_LEAVE_TELL_MS;
	sek_faces_leave(l->faces);
	uv_timer_start(&l->timer, on_look, 0, LOOK_MS);
}

void sek_leave_init(struct sek_leave *l, uv_loop_t *loop, struct sek_faces *faces, sek_leave_fn *fn, void *user)
{
	*l = (struct sek_leave){ .faces = faces, .fn = fn, .user = user };
	uv_timer_init(loop, &l->timer);
	l->timer.data = l;
	for (size_t i = 0; i < SIGNALS; i++) {
		uv_signal_init(loop, &l->signals[i]);
		l->signals[i].data = l;
		uv_signal_start(&l->signals[i], on_signal, stop_signals[i]);
	}
}

void sek_leave_now(struct sek_leave *l)
{
	l->done = true;
	uv_timer_stop(&l->timer);
}

void sek_leave_finish(struct sek_leave *l)
{
	uv_close((uv_handle_t *)&l->timer, NULL);
	/* kept until now, and then ignored: a second signal must not kill what is being ended in good order */
	for (size_t i = 0; i < SIGNALS; i++) {
		uv_close((uv_handle_t *)&l->signals[i], NULL);
		signal(stop_signals[i], SIG_IGN);
	}
}
