/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The life of one session: opened, linked to a host, lost and found, ended. Decides which enumerated state follows from
 * what happened to a child or a connection; touches no bytes of either side.
 */
#include "broker/hub/session/internal.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/gap/children.h"
#include "broker/hub/session/farm.h"

static void log_fault(const struct sek_session *s, enum sek_state state, const char *cause)
{
	sek_log(SEK_LOG_WARN, "session.fault", "session", s->id_hex, "user", s->user, "host", s->host ? s->host->name : "-",
		"state", sek_state_name(state), "cause", cause, NULL);
}

sek_status sek_session_new(struct sek_sessions *all, const char *user, const uint8_t id[SEK_SESSION_ID_BYTES],
	struct sek_session **ret)
{
	static const char digits[] = "0123456789abcdef";
	struct sek_session *s = calloc(1, sizeof *s);

	if (!s)
		return sek_fail(SEK_E_NOMEM);
	s->user = strdup(user);
	if (!s->user) {
		free(s);
		return sek_fail(SEK_E_NOMEM);
	}
	memcpy(s->id, id, sizeof s->id);
	for (size_t i = 0; i < sizeof s->id; i++) {
		s->id_hex[2 * i] = digits[s->id[i] >> 4];
		s->id_hex[2 * i + 1] = digits[s->id[i] & 15];
	}
	s->all = all;
	*ret = s;
	return sek_ok();
}

void sek_session_drop(struct sek_session *s)
{
	sek_session_policy_finish(s);
	free(s->clipboard);
	free(s->shown.cursor);
	free(s->user);
	free(s);
}

void sek_session_enlist(struct sek_session *s)
{
	struct sek_sessions *all = s->all;

	sek_rates_init(&s->client.rates, uv_now(all->loop));
	s->next = all->first;
	s->prev = &all->first;
	if (s->next)
		s->next->prev = &s->next;
	all->first = s;
	all->n += !s->farewell;
	sek_sessions_hold(all);
	sek_deadlines_init(s);
	sek_client_linger(s);
}

sek_status sek_session_create(struct sek_sessions *all, const char *user, const uint8_t id[SEK_SESSION_ID_BYTES], struct sek_session **ret)
{
	uint8_t random[SEK_SESSION_ID_BYTES];
	struct sek_session *s;
	sek_status status;

	if (!id && getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
		return sek_fail(SEK_E_NOMEM);
	SEK_TRY(sek_session_new(all, user, id ? id : random, &s));
	status = sek_session_policy_open(s);
	if (sek_is_ok(status) && !sek_session_hours_allow(&s->policy))
		status = sek_fail(SEK_E_DENIED);
	if (sek_is_ok(status) && !sek_tape_possible(s))
		status = sek_fail(SEK_E_STORE);
	if (sek_is_ok(status))
		status = sek_clipboard_create(s);
	if (!sek_is_ok(status)) {
		sek_session_drop(s);
		return status;
	}
	s->phase = SEK_PHASE_OPENED;
	s->state = SEK_STATE_CONNECTING;
	s->opened_ms = s->input_ms = uv_now(all->loop);
	s->opened_s = (int64_t)time(NULL);
	sek_session_enlist(s);
	*ret = s;
	return sek_ok();
}

static void on_timer_closed(uv_handle_t *handle)
{
	struct sek_session *s = handle->data;
	struct sek_sessions *all = s->all;

	sek_session_drop(s);
	sek_sessions_release(all);
}

static void drop_link(struct sek_session *s, bool tell_host)
{
	struct sek_host_link *l = s->link;
	struct sek_encoder *e = s->encoder;

	sek_clipboard_link_down(s);
	s->link = NULL;
	s->encoder = NULL;
	s->shown.documents = 0; /* the next one says it anew */
	sek_link_finish(l, tell_host);
	sek_encoder_finish(e);
	sek_deadline_off(s, SEK_DL_INPUT);
	sek_deadline_off(s, SEK_DL_RUNNING);
	sek_deadline_off(s, SEK_DL_ENDED);
	sek_deadline_off(s, SEK_DL_RETRY);
	sek_deadline_off(s, SEK_DL_STABLE);
}

void sek_session_end(struct sek_session *s, enum sek_state state, const char *cause)
{
	if (s->phase == SEK_PHASE_ENDED)
		return;
	if (cause)
		log_fault(s, state, cause);
	s->phase = SEK_PHASE_ENDED;
	s->state = state;
	*s->prev = s->next;
	if (s->next)
		s->next->prev = s->prev;
	s->all->n -= !s->farewell;
	sek_clipboard_finish(s);
	sek_session_document_close(s);
	sek_session_keep_no_more(s);
	sek_session_farewell(s);
	sek_sessions_tell(s, "session.ended"); /* while the children can still be named */
	if (!s->farewell && sek_farm_suspect(s->all, s->host, state))
		sek_sessions_tell(s, "host.alarm");
	uv_close((uv_handle_t *)&s->timer, on_timer_closed);
	drop_link(s, true);
	sek_client_tell_departing(s);
	sek_client_bye(s, state);
	sek_tape_end(s, sek_state_name(state), state);
}

/* It goes on, and not here. */
static void part(struct sek_session *s, const char *word)
{
	s->phase = SEK_PHASE_ENDED;
	*s->prev = s->next;
	if (s->next)
		s->next->prev = s->prev;
	s->all->n--;
	sek_clipboard_finish(s);
	sek_session_document_close(s);
	sek_sessions_tell(s, word);
	uv_close((uv_handle_t *)&s->timer, on_timer_closed);
	drop_link(s, false);
	sek_client_tell_departing(s);
}

void sek_session_leave(struct sek_session *s)
{
	const struct sek_client_ops *ops = s->client.ops;
	void *user = s->client.user;

	if (!s->kept || s->phase == SEK_PHASE_OPENED || s->over != SEK_STATE_NONE) { /* nobody could take it back, or may */
		sek_session_end(s, SEK_STATE_BROKER_STOPPING, NULL);
		return;
	}
	part(s, "session.left");
	if (ops) {
		sek_client_forget(s);
		ops->close(user);
	}
	sek_tape_end(s, "restart", 0);
}

void sek_session_hand_over(struct sek_session *s)
{
	if (s->phase == SEK_PHASE_ENDED)
		return;
	part(s, "session.moved-away");
	sek_client_bye(s, SEK_STATE_TAKEN_OVER);
	sek_tape_end(s, "moved", 0);
}

void sek_session_show(struct sek_session *s, enum sek_state state)
{
	if (s->state == state && state != SEK_STATE_CONNECTING)
		return;
	s->state = state;
	sek_client_send_state(s, state, 0);
}

static void start_link(struct sek_session *s)
{
	sek_status st = sek_link_start(s, !s->host_has_it, &s->link);
	char text[120];

	if (sek_is_ok(st))
		return;
	sek_session_link_failed(s, sek_is(st, SEK_E_IO) ? SEK_STATE_HOST_UNREACHABLE : SEK_STATE_INTERNAL,
		sek_status_text(st, text, sizeof text));
}

void sek_session_begin(struct sek_session *s)
{
	SEK_ASSERT(s->phase == SEK_PHASE_OPENED);
	s->phase = SEK_PHASE_LINKING;
	s->started_ms = s->hello_ms = s->input_ms = uv_now(s->all->loop);
	s->started_s = (int64_t)time(NULL);
	sek_session_keep(s);
	sek_session_show(s, SEK_STATE_CONNECTING);
	sek_sessions_tell(s, "session.started");
	start_link(s);
	if (s->phase != SEK_PHASE_ENDED)
		sek_session_limits_changed(s);
}

/* --- lost and found --- */

static void retry(struct sek_session *s)
{
	static const uint64_t wait_ms[SEK_RECONNECT_TRIES] = { 100, 1000, 3000 };
	uint64_t gone_ms = uv_now(s->all->loop) - s->lost_ms;

	if (s->tries >= SEK_RECONNECT_TRIES || gone_ms + wait_ms[s->tries] > SEK_RECONNECT_WINDOW_MS)
		sek_session_end(s, s->lost_why, "the render host could not be reached again");
	else
		sek_deadline_in(s, SEK_DL_RETRY, wait_ms[s->tries]);
}

void sek_session_call_again(struct sek_session *s)
{
	s->tries++;
	start_link(s);
}

/* The host may still have the session: everything on our side is made anew, the gap included, so that a decoder which was
 * taken over by the other side keeps nothing. */
static void lost(struct sek_session *s, enum sek_state why, const char *cause)
{
	drop_link(s, false);
	if (!s->host_has_it) { /* there is nothing to come back to */
		sek_session_end(s, why, cause);
		return;
	}
	log_fault(s, SEK_STATE_RECONNECTING, cause);
	if (s->phase != SEK_PHASE_LOST) {
		sek_tape_event(s, SEK_RECORD_EVENT_LINK, 1, NULL);
		s->phase = SEK_PHASE_LOST;
		s->lost_ms = uv_now(s->all->loop);
		s->lost_why = why;
		sek_sessions_tell(s, "session.reconnecting");
		sek_session_show(s, SEK_STATE_RECONNECTING);
	}
	retry(s);
}

static void found(struct sek_session *s)
{
	sek_farm_reached(s->all->farm, s->host, true);
	sek_deadline_off(s, SEK_DL_RUNNING);
	if (!sek_session_returned(s))
		return;
	if (s->phase == SEK_PHASE_LOST) {
		s->phase = SEK_PHASE_UP;
		sek_deadline_in(s, SEK_DL_STABLE, s->all->times.stable_ms);
		sek_sessions_tell(s, "session.reconnected");
		sek_tape_event(s, SEK_RECORD_EVENT_LINK, 0, NULL);
		sek_session_show(s, SEK_STATE_RUNNING);
	} else if (s->phase == SEK_PHASE_LINKING) {
		s->phase = SEK_PHASE_UP;
		sek_sessions_tell(s, "session.running");
	}
}

/* A foreign host's decoder wants another connection, for another size or another clipboard: no fault, and no try is used up, but no more often than
 * every SEK_AGAIN_EVERY_MS, for the decoder's word is all that there is. */
static void again(struct sek_session *s)
{
	uint64_t now = uv_now(s->all->loop), wait_ms = 0;

	if (s->phase != SEK_PHASE_UP || s->host->kind == SEK_KIND_SEKISHO) {
		sek_session_end(s, SEK_STATE_DECODER_DIED, "it wanted a new connection before there was one");
		return;
	}
	if (s->again_ms && now - s->again_ms < SEK_AGAIN_EVERY_MS)
		wait_ms = SEK_AGAIN_EVERY_MS - (now - s->again_ms);
	s->again_ms = now + wait_ms;
	drop_link(s, false);
	sek_tape_event(s, SEK_RECORD_EVENT_LINK, 1, NULL);
	s->phase = SEK_PHASE_LOST;
	s->lost_ms = s->again_ms;
	s->lost_why = SEK_STATE_HOST_LOST;
	sek_log(SEK_LOG_INFO, "session.again", "session", s->id_hex, "user", s->user, "host", s->host->name, NULL);
	sek_sessions_tell(s, "session.reconnecting");
	sek_session_show(s, SEK_STATE_RECONNECTING);
	s->tries = 0;
	sek_deadline_in(s, SEK_DL_RETRY, wait_ms ? wait_ms : 1);
}

/* Something ended the link. A line that broke is worth another try; a word of the host, a wrong certificate or a dead
 * child is not. */
static void broken(struct sek_session *s, enum sek_state state, const char *cause)
{
	if (state >= SEK_STATE_HOST_UNREACHABLE && state <= SEK_STATE_HOST_SIZE)
		sek_farm_reached(s->all->farm, s->host, false);
	if (state == SEK_STATE_HOST_LOST || state == SEK_STATE_HOST_SILENT ||
	    (state == SEK_STATE_HOST_UNREACHABLE && s->phase == SEK_PHASE_LOST))
		lost(s, state, cause);
	else
		sek_session_end(s, state, cause);
}

void sek_session_link_failed(struct sek_session *s, enum sek_state why, const char *cause)
{
	broken(s, why, cause);
}

static bool start_encoder(struct sek_session *s)
{
	sek_status st = sek_encoder_start(s, &s->encoder);
	char text[120];

	if (!sek_is_ok(st)) {
		sek_session_end(s, SEK_STATE_INTERNAL, sek_logf("encoder: %s", sek_status_text(st, text, sizeof text)));
		return false;
	}
	/* also where nobody looks (a link made again while the client is away): an encoder assumes that somebody does */
	sek_session_view(s);
	sek_upstream_look(s, true);
	return true;
}

void sek_session_link_up(struct sek_session *s)
{
	s->host_looks = true;
	if (!start_encoder(s))
		return;
	sek_clipboard_link_up(s);
	sek_deadline_in(s, SEK_DL_RUNNING, s->host_has_it ? s->all->times.resume_ms : s->all->times.start_ms);
}

/* --- what children tell by dying --- */

static enum sek_state decoder_state(int code, int signal_number)
{
	if (signal_number == SIGSYS)
		return SEK_STATE_JAIL_VIOLATION;
	if (signal_number)
		return SEK_STATE_DECODER_DIED;
	switch (code) {
	case SEK_EXIT_USAGE:
	case SEK_EXIT_INTERNAL:
		return SEK_STATE_INTERNAL;
	case SEK_EXIT_JAIL:
		return SEK_STATE_JAIL_FAILED;
	default: /* SEK_EXIT_OK too: nobody told it to stop */
		return sek_child_exit_state(code) ? sek_child_exit_state(code) : SEK_STATE_DECODER_DIED;
	}
}

void sek_session_decoder_exit(struct sek_session *s, int code, int signal_number)
{
	const char *cause = sek_logf("decoder: exit %d signal %d", code, signal_number);
	enum sek_state state = decoder_state(code, signal_number);

	if (!signal_number && code == SEK_EXIT_ENDED) {
		/* why stands in the gap; the encoder has it or will have it in a moment */
		sek_deadline_in(s, SEK_DL_ENDED, SEK_ENDED_GRACE_MS);
		if (s->encoder)
			sek_encoder_urgent(s->encoder);
	} else if (!signal_number && code == SEK_EXIT_AGAIN) {
		again(s);
	} else {
		broken(s, state, cause);
	}
}

void sek_session_encoder_exit(struct sek_session *s, int code, int signal_number)
{
	const char *cause = sek_logf("encoder: exit %d signal %d", code, signal_number);
	struct sek_encoder *e = s->encoder;

	s->encoder = NULL;
	sek_encoder_finish(e);
	if (!signal_number && code == SEK_EXIT_JAIL) {
		sek_session_end(s, SEK_STATE_JAIL_FAILED, cause);
	} else if (!signal_number && code == SEK_EXIT_USAGE) {
		sek_session_end(s, SEK_STATE_INTERNAL, cause);
	} else if (++s->encoder_deaths > SEK_ENCODER_RESPAWNS) {
		sek_session_end(s, SEK_STATE_ENCODER_DIED, cause);
	} else if (s->link && sek_link_alive(s->link)) {
		log_fault(s, s->state, cause);
		if (start_encoder(s)) {
			sek_tape_event(s, SEK_RECORD_EVENT_ENCODER, 0, NULL);
			sek_sessions_tell(s, "session.encoder-restarted");
		}
	}
	/* without a decoder: SEK_DL_ENDED comes in a moment */
}

void sek_session_host_state(struct sek_session *s, enum sek_state state)
{
	if (sek_state_from_host(state))
		s->host_has_it = true;
	if (sek_state_ended(state)) {
		broken(s, state, "told through the gap");
	} else if (state == SEK_STATE_RUNNING) {
		found(s);
		if (s->phase != SEK_PHASE_ENDED)
			sek_session_show(s, state);
	} else if (s->phase != SEK_PHASE_LOST) { /* there the user knows already that we are at it */
		sek_session_show(s, state);
	}
}

void sek_session_due(struct sek_session *s, enum sek_deadline which)
{
	uint64_t stalled;

	switch (which) {
	case SEK_DL_LINGER:
		sek_session_end(s, SEK_STATE_ENDED_IDLE, NULL);
		break;
	case SEK_DL_IDLE:
	case SEK_DL_MAXIMUM:
	case SEK_DL_HOURS:
		sek_session_limit_due(s, which);
		break;
	case SEK_DL_VIEW:
		sek_session_view(s);
		break;
	case SEK_DL_INPUT:
		if (!s->link || !sek_link_queued(s->link))
			break;
		stalled = sek_link_stalled_ms(s->link);
		if (stalled >= s->all->times.stall_ms)
			sek_session_end(s, SEK_STATE_HOST_SILENT, "the decoder's input pipe is stuck");
		else
			sek_deadline_in(s, which, s->all->times.stall_ms - stalled);
		break;
	case SEK_DL_RUNNING:
		lost(s, SEK_STATE_HOST_SILENT, "no word from the render host");
		break;
	case SEK_DL_ENDED:
		sek_session_end(s, SEK_STATE_HOST_LOST, "the host ended the session and did not say why");
		break;
	case SEK_DL_RETRY:
		/* what cut the line may have been another broker's call */
		if (s->kept && !s->returning && s->all->keeper.still) {
			s->asking = true;
			s->all->keeper.still(s->all->keeper.user, s->id_hex, s->generation);
		} else {
			sek_session_call_again(s);
		}
		break;
	case SEK_DL_RECORDING:
		sek_tape_due(s);
		break;
	case SEK_DL_CLIPBOARD:
		sek_clipboard_due(s);
		break;
	case SEK_DL_STABLE:
		s->tries = 0;
		break;
	default:
		SEK_ASSERT(false);
	}
}
