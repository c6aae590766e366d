/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The sessions of this broker, as front/ sees them: make or find a user's session, attach a client's stream, pass frames,
 * end it. Owns decoder and encoder of each session, the gap, linger and idle timers. Everything runs on the one loop.
 */
#ifndef SEK_BROKER_HUB_SESSION_SESSION_H
#define SEK_BROKER_HUB_SESSION_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/status.h"
#include "broker/hub/policy/policy.h"
#include "broker/hub/session/ages.h"
#include "broker/hub/session/clipboard.h"
#include "broker/hub/session/recording.h"
#include "protocol/wire/messages.h"

struct sek_sessions;
struct sek_session;

/* What answers at the other end: our own render host, or a machine of somebody else's protocol: a "foreign" host. */
enum sek_host_kind { SEK_KIND_SEKISHO, SEK_KIND_VNC, SEK_KIND_RDP, SEK_HOST_KINDS };

struct sek_render_host {
	const char *name;    /* as in its certificate */
	const char *address; /* numeric */
	uint16_t port;
	const char *pool;    /* NULL: SEK_POOL_DEFAULT */
	enum sek_host_kind kind;
	/* the rest of foreign hosts only */
	bool insecure;       /* nothing is encrypted and nobody's certificate is looked at */
	const char *trust;   /* PEM: the CA of its certificate, or that very certificate; NULL, "": the site's own CA */
	uint16_t places;     /* sessions at a time, 0: SEK_PLACES_DEFAULT */
};
#define SEK_POOL_DEFAULT "default"
#define SEK_PLACES_DEFAULT 1          /* one screen is one state, which whoever else is there sees and changes */
#define SEK_PLACES_MAX 1000
#define SEK_HOST_TRUST_MAX_BYTES 8192

/* "sekisho", "vnc", "rdp". */
const char *sek_host_kind_name(enum sek_host_kind kind);
/* False if it is none of them. */
bool sek_host_kind_find(const char *name, enum sek_host_kind *ret);

/* With what a foreign host is logged in to. Texts with their ends; zeros behind them. */
struct sek_host_secret {
	char login[129], password[257];
};
/* Called in libuv's pool, by several threads at once: what is kept for that host and that user, else for that host; all zeros
 * if nothing is. */
typedef sek_status sek_host_secret_fn(void *user, const char *host, const char *who, struct sek_host_secret *ret);

/* All pointers must outlive the manager. */
struct sek_sessions_config {
	const char *outer_address;           /* numeric source address of connections to render hosts */
	const struct sek_render_host *hosts;
	size_t n_hosts;
	bool watch;                          /* each host is watched, and none is used whose health is not known */
	/* PEM files, all read again for each connection to a host: a stale or missing CRL ends in no session, and a renewed
	 * intermediate needs no restart. */
	const char *ca_path, *crl_path;
	const char *intermediate_path, *intermediate_key_path;
	const char *decoder_path, *encoder_path; /* executables */
	const char *decoder_vnc_path, *decoder_rdp_path; /* likewise, for foreign hosts; NULL: there is none */
	uint32_t max_sessions;
	uint16_t max_width_px, max_height_px;
	uint32_t linger_s;                   /* 300 */
	uint32_t idle_s, maximum_s;          /* 0 = no limit */
	/* A render host on whose account so many sessions within so many minutes have ended as HOST_PROTOCOL or JAIL_VIOLATION
	 * takes no new ones, as if it were drained, until an administrator takes it back. 0: never. */
	uint32_t alarm_faults, alarm_minutes;
	struct sek_age_limits ages;          /* a render host that is older takes no new sessions; nor does any while the CRL or our certificate is */
};

sek_status sek_sessions_create(uv_loop_t *loop, const struct sek_sessions_config *config, struct sek_sessions **ret);
/* Ends every session (state BROKER_STOPPING to clients; the render host is told END), then calls done. */
void sek_sessions_stop(struct sek_sessions *all, void (*done)(void *user), void *user);
/* The same for a restart: recordings are closed, clients lose their streams and are told nothing, render hosts keep the sessions for their
 * linger time, and so does the keeper (keep.h), for the next start. One that has no render host yet ends. */
void sek_sessions_leave(struct sek_sessions *all, void (*done)(void *user), void *user);
void sek_sessions_destroy(struct sek_sessions *all); /* after done */

/* The user's live session, or a new one (which starts nothing until its first client's HELLO). SEK_E_LIMIT when the
 * broker is full or stopping. SEK_E_DENIED outside of the hours that the policy allows. SEK_E_STORE: it must be recorded and cannot
 * be. *ret_resumed: it was there already. */
sek_status sek_sessions_open(struct sek_sessions *all, const char *user, uint8_t ret_id[SEK_SESSION_ID_BYTES],
	bool *ret_resumed);

/* The same where several brokers share a store: the user's session wherever it is. One that another broker holds is taken over from it,
 * and goes on here. existing: none is made; SEK_E_NOT_FOUND if there is none. */
struct sek_session_answer {
	sek_status status; /* as sek_sessions_open; SEK_E_IO: the store cannot say; SEK_E_NOT_FOUND */
	uint8_t id[SEK_SESSION_ID_BYTES];
	bool resumed;
};
typedef void sek_session_ask_fn(void *user, const struct sek_session_answer *a);
struct sek_session_ask;
/* NULL: *ret is the answer. Else fn is called with it later, from the loop, unless it is forgotten; after that the ask is gone. */
struct sek_session_ask *sek_sessions_ask(struct sek_sessions *all, const char *user, bool existing, sek_session_ask_fn *fn, void *arg,
	struct sek_session_answer *ret);
void sek_session_ask_forget(struct sek_session_ask *ask); /* NULL is fine */

/* What front/ offers for each client stream. Called by the session, never from inside sek_session_attach. */
struct sek_client_ops {
	/* How many bytes wait in this stream's queue. */
	size_t (*queued)(void *client);
	/* Queues one frame as one WebSocket binary message (copied). */
	void (*send)(void *client, const uint8_t *frame, size_t n);
	/* Closes the stream after what is queued was sent; the session has forgotten the client already. */
	void (*close)(void *client);
	const char *kind; /* what it is, for records and pages; NULL: a client of our own */
};

/* Attaches a client to the session (only its own user's: SEK_E_DENIED; unknown or ended: SEK_E_NOT_FOUND). A client that
 * was attached before gets TAKEN_OVER and is closed. */
sek_status sek_session_attach(struct sek_sessions *all, const uint8_t id[SEK_SESSION_ID_BYTES], const char *user,
	const struct sek_client_ops *ops, void *client, struct sek_session **ret);
/* One WebSocket message from the client (hostile): must be exactly one frame of link CLIENT, direction UP. Anything else
 * ends the session with CLIENT_PROTOCOL. After this call the client may have been closed (ops->close was called). */
void sek_session_receive(struct sek_session *s, void *client, const uint8_t *bytes, size_t n);
/* The client's queue has become shorter. */
void sek_session_drained(struct sek_session *s, void *client);
/* The client's stream is gone; the session lingers. */
void sek_session_detach(struct sek_session *s, void *client);

/* Ends every session of a user, with the state that its client is told. Returns how many. */
size_t sek_sessions_end_user(struct sek_sessions *all, const char *user, enum sek_state state);

/* Ends one session. SEK_E_NOT_FOUND. */
sek_status sek_sessions_end_one(struct sek_sessions *all, const uint8_t id[SEK_SESSION_ID_BYTES], enum sek_state state);
/* Ends every session on that render host, NULL: every session. Returns how many. */
size_t sek_sessions_end_host(struct sek_sessions *all, const char *host, enum sek_state state);
/* Sends a state that changes nothing (SEK_STATE_MESSAGE) to the session's client, if there is one. SEK_E_NOT_FOUND. */
sek_status sek_sessions_say(struct sek_sessions *all, const uint8_t id[SEK_SESSION_ID_BYTES], enum sek_state state);

/* Tells the client of each session whose host is watched, or that has none yet, that another broker can serve it, and closes its stream; the
 * session lingers. Returns how many. */
size_t sek_sessions_send_away(struct sek_sessions *all);

/* A reviewer (who: a user's name) begins or stops seeing the session while it runs: its client shows that for as long as it
 * lasts, its recording keeps it. SEK_E_NOT_FOUND: unknown or ended. */
sek_status sek_sessions_watch(struct sek_sessions *all, const uint8_t id[SEK_SESSION_ID_BYTES], const char *who, bool on);

/* Asked for the policy of a user's session: at its opening, and for each session at sek_sessions_refresh_policy. rows: the
 * session's own n values, to be resolved with the rest. Without fn the built-in policy holds. A failure ends the session. */
typedef sek_status sek_session_policy_fn(void *user, const char *name, const struct sek_policy_row *rows, size_t n,
	struct sek_policy *ret);
void sek_sessions_policy_from(struct sek_sessions *all, sek_session_policy_fn *fn, void *user);
/* Something changed: every session's policy is asked for anew, what differs is in force on return, its client is told. */
void sek_sessions_refresh_policy(struct sek_sessions *all);
/* The live override: sets one value of a session (JSON text of n bytes, hostile; NULL takes it away), in force on return.
 * SEK_E_NOT_FOUND; else as sek_policy_check, with words in err. */
sek_status sek_session_set_override(struct sek_sessions *all, const uint8_t id[SEK_SESSION_ID_BYTES],
	enum sek_policy_attribute a, const char *json, size_t n, char *err, size_t err_size);
/* For "explain" of a live session: calls fn once with its user and its own values. SEK_E_NOT_FOUND. */
sek_status sek_session_policy_rows(struct sek_sessions *all, const uint8_t id[SEK_SESSION_ID_BYTES],
	void (*fn)(void *user, const char *name, const struct sek_policy_row *rows, size_t n), void *user);
/* What is in force; good until the loop goes on. */
const struct sek_policy *sek_session_policy(const struct sek_session *s);

/* Who keeps the record of clipboard transfers; *log is copied. Without a call nobody does. */
void sek_sessions_log_clipboard(struct sek_sessions *all, const struct sek_clipboard_log *log);
void sek_sessions_approve_clipboard(struct sek_sessions *all, const struct sek_clipboard_approval *approval);

/* Who records sessions; the recorder must be stopped after the manager. Without a call nothing can be recorded. */
void sek_sessions_record(struct sek_sessions *all, struct sek_recorder *r, const struct sek_recording_log *log);
/* The recorder can write again: sessions that went on without a recording get one. */
void sek_sessions_recorder_changed(struct sek_sessions *all);
/* --- render hosts (farm.h) --- */

struct sek_host_info {
	const struct sek_render_host *host; /* good during the call */
	const char *state;      /* "up", "full", "draining", "old" (ages.h), "sick" (silent for 5 s), "lost", "unknown" (not watched, or not heard of yet). A
	                         * foreign host is not watched: what the latest connection to it showed */
	const char *test;       /* of a foreign host: what the latest test said (probe.h), "" = none was made */
	bool drain;             /* by an administrator, or by an alarm: */
	bool alarm;             /* it has misbehaved (sek_sessions_config.alarm_faults) */
	uint32_t force_in_s;    /* until its sessions are ended, 0 = never */
	uint32_t here;          /* this broker's sessions on it */
	bool heard;             /* the rest is known */
	uint16_t sessions, sessions_max, cpu_permille, stall_permille, cores, warm_ja, warm_en;
	uint32_t memory_mib, available_mib;
	const char *limits;     /* what holds its sessions back: "rlimits", "cgroup-v1", "cgroup-v2" */
	struct sek_age_verdict age; /* what the site thinks of the following; of a host that was not heard of: nothing */
	uint16_t image_days, browser_days, browser_major, certificate_days, certificate_left_days, crl_left_hours; /* SEK_AGE_UNKNOWN */
	uint32_t refused, faults; /* since its start, as it says: requests to what is not the Internet; sessions that it could not keep up */
};
void sek_hosts_each(struct sek_sessions *all, void (*fn)(void *user, const struct sek_host_info *info), void *user);
/* How many hosts are watched, how many of them have told of themselves within so long, and how many have not been called to an end yet. */
struct sek_hosts_reach {
	unsigned watched, heard, unknown;
};
struct sek_hosts_reach sek_hosts_reach(const struct sek_sessions *all, uint64_t within_ms);
/* Every watched host without a line is called again within so long, however often that has failed. */
void sek_hosts_hurry(struct sek_sessions *all, uint64_t within_ms);
/* Texts are copied. SEK_E_EXISTS; SEK_E_LIMIT. */
sek_status sek_hosts_add(struct sek_sessions *all, const struct sek_render_host *host);
/* No new sessions (on), or again (not on). force_s: after so long its sessions end, with a warning SEK_WARN_S before; 0 =
 * they go on. SEK_E_NOT_FOUND. */
sek_status sek_hosts_drain(struct sek_sessions *all, const char *name, bool on, uint32_t force_s);
/* SEK_E_NOT_FOUND; SEK_E_CONFLICT while sessions of this broker are on it. */
sek_status sek_hosts_remove(struct sek_sessions *all, const char *name);
/* Begins a test: a decoder of its kind, in its jail, goes as far as the host's picture. The answer is sek_host_info.test: "running" at
 * first. SEK_E_NOT_FOUND; SEK_E_CONFLICT: one runs; SEK_E_DENIED: not a foreign host, or no decoder for its kind. */
sek_status sek_hosts_test(struct sek_sessions *all, const char *name);
/* Whom to ask for what foreign hosts are logged in to with. Without a call: nothing is known. */
void sek_sessions_secrets_from(struct sek_sessions *all, sek_host_secret_fn *fn, void *user);
/* The decoder for hosts of that kind; NULL: there is none. */
const char *sek_sessions_decoder(const struct sek_sessions *all, enum sek_host_kind kind);

/* For status lines, API and tests. */
struct sek_session_info {
	char id[33];             /* hex */
	const char *user;        /* good during the call */
	const char *host;        /* render host's name, "" before it was chosen */
	uint16_t state;          /* enum sek_state */
	bool attached;
	const char *client;      /* what is attached: "vnc viewer"; "" = a client of our own, or none */
	uint64_t age_ms, idle_ms, bytes_down, updates;
	uint32_t first_frame_ms; /* HELLO to first whole frame, 0 = none yet */
	int decoder_pid, encoder_pid; /* 0 = not running */
	const struct sek_policy *policy; /* in force; good until the loop goes on */
	char recording[33];      /* its recording's id, "" = none */
	bool recorded;           /* that recording is on the disk and goes on */
	const char *moved_from;  /* in session.moved-here: the broker that held it; else "" */
	bool over;               /* likewise: it will be ended as soon as its host is reached, and nothing of it is shown */
};
void sek_sessions_each(struct sek_sessions *all, void (*fn)(void *user, const struct sek_session_info *info), void *user);
size_t sek_sessions_count(const struct sek_sessions *all);

/* From a key press or a text to the next whole picture for the client, since the start: how many took at most sek_delay_ms[i] and
 * longer than the one before; the last: longer than any, up to two seconds. */
#define SEK_DELAYS 10
extern const uint32_t sek_delay_ms[SEK_DELAYS];
struct sek_delays {
	uint64_t n[SEK_DELAYS + 1], sum_us;
};
void sek_sessions_delays(const struct sek_sessions *all, struct sek_delays *ret);

/* Sessions that were not opened, since the start, by why: the broker is full, the hours, the recording. */
enum sek_open_refusal { SEK_OPEN_FULL, SEK_OPEN_HOURS, SEK_OPEN_RECORDING, SEK_OPEN_OTHER, SEK_OPEN_REFUSALS };
uint64_t sek_sessions_refused(const struct sek_sessions *all, enum sek_open_refusal why);

/* Told of session events that others care about (log, later audit): word is one of session.opened, .attached (a HELLO was
 * accepted), .started (the host is being called), .running, .first-frame, .detached, .taken-over, .reconnecting,
 * .reconnected, .left (to the next start), .restored (taken back by it), .moved-here (taken over from another broker), .moved-away (another one has it), .encoder-restarted, .ended (info->state says why), host.alarm (its host takes no new ones any more: alarm_faults). fn must not call back into the sessions. */
typedef void sek_session_event_fn(void *user, const char *word, const struct sek_session_info *info);
void sek_sessions_on_event(struct sek_sessions *all, sek_session_event_fn *fn, void *user);

#endif
