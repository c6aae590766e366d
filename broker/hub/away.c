/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Looks, decides (reach.h), tells. Must never close a stream before a load balancer knows that its next one belongs elsewhere: without one in front
 * users would come back here at once.
 */
#include "broker/hub/away.h"

#include "base/log.h"
#include "broker/hub/audited.h"

enum {
	LOOK_MS = 250,
	CALL_MS = 1000,  /* between two calls of a host while none is heard of: whoever is slower than the other brokers loses its users to them */
	AGAIN_MS = 3000, /* between two rounds: whoever came back in spite of all */
};

static void turn(struct sek_away *a, bool away)
{
	a->away = away;
	a->since_ms = uv_now(a->timer.loop);
	a->told_ms = 0;
	sek_log(away ? SEK_LOG_ERROR : SEK_LOG_INFO, away ? "broker.away" : "broker.ready-again", "why",
		!away ? "-" : "no render host is reached from here, while another broker reaches one", NULL);
	sek_audited_broker(a->audit, away ? "broker.away" : "broker.ready-again");
	sek_faces_send_away(a->faces, away);
}

/* All balancers know it; or some, and the others had as long as one that leaves waits for them. */
static bool known(const struct sek_away *a)
{
	bool all;
	size_t n = sek_faces_told(a->faces, &all);

	return n > 0 && (all || uv_now(a->timer.loop) - a->since_ms >= SEK_LEAVE_TELL_MS);
}

static void send_away(struct sek_away *a)
{
	uint64_t now = uv_now(a->timer.loop);
	size_t n;

	if (!a->told_ms && known(a))
		a->told_ms = now + SEK_LEAVE_HEARD_MS;
	if (!a->told_ms || now < a->told_ms)
		return;
	a->told_ms = now + AGAIN_MS;
	n = sek_sessions_send_away(a->sessions);
	if (n > 0)
		sek_log(SEK_LOG_WARN, "broker.sent-away", "clients", sek_logf("%zu", n), NULL);
}

static void on_look(uv_timer_t *t)
{
	struct sek_away *a = t->data;
	struct sek_hosts_reach r = sek_hosts_reach(a->sessions, SEK_PEERS_REACH_MS);
	uint64_t since = a->away ? 0 : sek_reach_since(&a->reach);
	bool away = sek_reach_decide(&a->reach, uv_now(t->loop), r.watched, r.heard, r.unknown, sek_peers_reach_since(a->peers, since));

	if (away != a->away)
		turn(a, away);
	if (r.watched && !r.heard && sek_peers_others(a->peers))
		sek_hosts_hurry(a->sessions, CALL_MS);
	if (away && !r.heard) /* one that is coming back is given nobody new yet, and keeps those who are here */
		send_away(a);
}

void sek_away_start(struct sek_away *a, uv_loop_t *loop, struct sek_sessions *sessions, struct sek_peers *peers, struct sek_faces *faces,
	struct sek_audit *audit)
{
	a->sessions = sessions;
	a->peers = peers;
	a->faces = faces;
	a->audit = audit;
	a->running = true;
	uv_timer_init(loop, &a->timer);
	a->timer.data = a;
	uv_timer_start(&a->timer, on_look, LOOK_MS, LOOK_MS);
}

void sek_away_stop(struct sek_away *a)
{
	if (!a->running)
		return;
	a->running = false;
	uv_close((uv_handle_t *)&a->timer, NULL);
}
