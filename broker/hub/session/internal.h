/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of the session manager share. Who owns what:
 *
 *   sek_sessions ─▶ sek_session ─▶ sek_host_link  one connection to a render host and its decoder
 *                               ─▶ sek_encoder    the clean child and the socket to it
 *                               ─▶ sek_client     the attached stream, which front/ owns
 *
 * A session can be replaced or ended at any moment: it lets go of link and encoder, which take themselves down (their
 * children get SEK_CHILD_GRACE_MS), and only the manager waits for that. So a callback of theirs never finds a dead
 * session: it was cut before.
 */
#ifndef SEK_BROKER_HUB_SESSION_INTERNAL_H
#define SEK_BROKER_HUB_SESSION_INTERNAL_H

#include "broker/gap/gap.h"
#include "broker/hub/session/child.h"
#include "broker/hub/session/clipboard.h"
#include "broker/hub/session/credentials.h"
#include "broker/hub/session/input.h"
#include "broker/hub/session/keep.h"
#include "broker/hub/session/rate.h"
#include "broker/hub/session/recording.h"
#include "broker/hub/policy/policy.h"
#include "broker/hub/session/session.h"

#define SEK_CLIENT_QUEUE_MAX_BYTES 1048576 /* above it the encoder is not read: back-pressure, constant memory */
#define SEK_HELLO_WAIT_MS 10000            /* an attached client that says nothing is dropped */
#define SEK_UNCLAIMED_MS 60000             /* a session that was opened but never greeted */
#define SEK_PING_IDLE_MS 10000
#define SEK_PONG_WAIT_MS 30000
#define SEK_WARN_S 60                      /* before the idle and the maximum time end a session */
#define SEK_START_WAIT_MS 60000            /* from a started decoder to "running", the first time */
#define SEK_RESUME_WAIT_MS 15000           /* the same when the session is there already */
#define SEK_ENDED_GRACE_MS 500             /* from the decoder's SEK_EXIT_ENDED to the state that explains it */
#define SEK_RECONNECT_TRIES 3
#define SEK_RECONNECT_WINDOW_MS 10000      /* the last try begins within this time */
#define SEK_STILL_UNKNOWN_MS 120000        /* a lost session whose holder the store cannot say is let go of after this time, */
#define SEK_STILL_AGAIN_MS 1000            /* and asked about so often until then */
#define SEK_AGAIN_EVERY_MS 2000            /* connections that a foreign host's decoder asks for are made no more often */
#define SEK_RECONNECT_STABLE_MS 30000      /* a link that held so long has earned fresh tries */
#define SEK_ENCODER_RESPAWNS 2
#define SEK_ENCODER_QUEUE_MAX_BYTES 65536  /* an encoder that does not read its socket is as good as dead */
#define SEK_STOP_WAIT_MS 3000

struct sek_host_link;
struct sek_farm;
struct sek_encoder;
struct sek_clipboard;
struct sek_clip_pipe;
struct sek_tape;

enum sek_phase {
	SEK_PHASE_OPENED,  /* no client has said HELLO yet: nothing runs */
	SEK_PHASE_LINKING, /* the first link is being made */
	SEK_PHASE_UP,      /* it stood at least once */
	SEK_PHASE_LOST,    /* being made again */
	SEK_PHASE_ENDED,
};

/* All slow clocks of a session share one timer, so that an idle session wakes nobody. */
enum sek_deadline {
	SEK_DL_TELL,      /* at once: tell clients that were taken over (attach must not call back) */
	SEK_DL_HELLO,     /* the client's first message */
	SEK_DL_PING,
	SEK_DL_PONG,
	SEK_DL_LINGER,
	SEK_DL_IDLE,
	SEK_DL_MAXIMUM,
	SEK_DL_HOURS,
	SEK_DL_VIEW,      /* the watermark shows the minute */
	SEK_DL_COALESCED, /* the next allowed pointer move, resize or refresh */
	SEK_DL_INPUT,     /* the decoder's pipe is stuck? */
	SEK_DL_RUNNING,   /* the host must have said "running" */
	SEK_DL_ENDED,     /* the host must have said why it ended */
	SEK_DL_RETRY,
	SEK_DL_STABLE,
	SEK_DL_RECORDING, /* the pointer's last place, for the recording */
	SEK_DL_CLIPBOARD, /* a question to the user has been open for too long */
	SEK_DEADLINES,
};

/* Frames that the client has not acknowledged, oldest first: what makes an ACK sense or nonsense. */
struct sek_flight {
	struct {
		uint32_t frame, epoch;
	} sent[SEK_FRAMES_IN_FLIGHT_MAX];
	unsigned first, n;
};

struct sek_client {
	const struct sek_client_ops *ops; /* NULL: nobody is attached */
	void *user;
	bool greeted;   /* its HELLO was accepted */
	bool shown_late;/* a size, a caret or a cursor waits for the recording */
	bool synced;    /* has had the beginning of a keyframe of the present encoder */
	bool visible;
	uint16_t documents; /* the last count that it was told */
	bool ping_out;
	uint32_t ping_id;
	uint64_t heard_ms;
	uint8_t buttons; /* that it last sent */
	struct sek_rates rates;
	struct sek_flight flight;
	/* the newest of what came too fast, waiting for SEK_DL_COALESCED */
	bool move_waits, resize_waits, refresh_waits;
	struct sek_pointer move;
};

/* A client that was taken over and has not been told yet. */
struct sek_departing {
	struct sek_departing *next;
	const struct sek_client_ops *ops;
	void *user;
};

/* The last word of the encoder on each, for a client that joins later. */
struct sek_shown {
	uint8_t size[SEK_FRAME_HEADER_BYTES + SEK_MSG_SIZE_MAX_BYTES];
	uint8_t caret[SEK_FRAME_HEADER_BYTES + SEK_MSG_CARET_MAX_BYTES];
	size_t size_n, caret_n; /* 0 = none yet */
	uint16_t documents;     /* caught downloads that the sandbox holds */
	uint8_t *cursor;        /* heap */
	size_t cursor_n;
};

struct sek_session {
	struct sek_sessions *all;
	struct sek_session *next, **prev;
	uint8_t id[SEK_SESSION_ID_BYTES];
	char id_hex[2 * SEK_SESSION_ID_BYTES + 1];
	char *user;
	enum sek_phase phase;
	enum sek_state state;     /* what the user is to know */
	const struct sek_render_host *host;
	const struct sek_render_host *placing; /* the keeper is asked for a place there; NULL: it is not */
	struct sek_hello wish;    /* size, scale and language that the client wants now, clamped */
	uint16_t asked_width_px, asked_height_px; /* what the client asked for before it was clamped */
	struct sek_policy policy; /* in force */
	char *override[SEK_POLICY_ATTRIBUTES]; /* JSON text of the session's own values, heap, NULL = none */
	struct sek_client client;
	struct sek_departing *departing;
	struct sek_shown shown;
	struct sek_host_link *link;
	struct sek_encoder *encoder;
	struct sek_session_document *document; /* document.c; NULL: none is under way */
	struct sek_clipboard *clipboard; /* clipboard.c; never NULL */
	struct sek_tape *tape;           /* recording.c; NULL: not recorded */

	unsigned watchers;        /* reviewers who see it at this moment; the client is told */
	bool host_looks;          /* the present link was told that somebody sees the picture; a new one assumes it */
	bool host_has_it;         /* the host said something about this session: no CREATE any more */
	bool told_idle, told_maximum;
	uint64_t hours_end_ms;    /* the end that was warned of, 0 = none */
	unsigned tries;           /* of this reconnect */
	uint64_t lost_ms;
	enum sek_state lost_why;
	uint64_t again_ms;        /* when its decoder was last given another connection because it asked for one */
	unsigned encoder_deaths;
	uint32_t epoch;           /* counts encoders: their frame numbers start anew */

	/* keep.c */
	bool kept;                /* the keeper knows of it */
	int64_t generation;       /* one more each time that the session has changed hands */
	bool asking;              /* the keeper was asked whether it is still ours */
	bool unknown;             /* and could not say */
	const char *moved_from;   /* while it is told: the broker that held it until now */
	bool returning;           /* taken back from a broker that is gone; the host has not answered yet */
	enum sek_state over;      /* what it is ended with once it has */
	bool farewell;            /* nobody's any more: only there to tell the host that it is over */
	int64_t opened_s, started_s; /* UTC */
	char recorded_before[33]; /* the recording that the killed broker had begun, "" = none */

	uint64_t opened_ms, started_ms, hello_ms, input_ms;
	uint64_t pressed_ns;      /* a key went down and no picture has followed yet; 0: none */
	uint64_t bytes_down, updates;
	uint32_t first_frame_ms;

	uv_timer_t timer;
	uint64_t at_ms[SEK_DEADLINES]; /* 0 = off */
};

/* The waits above that a test may want shorter. */
struct sek_times {
	uint32_t unclaimed_ms, hello_ms, ping_ms, pong_ms, stall_ms, start_ms, resume_ms, stable_ms, hours_ms;
};

struct sek_sessions {
	uv_loop_t *loop;
	struct sek_sessions_config config;
	struct sek_times times;
	struct sek_credential_files files;
	struct sek_gap_layout layout;
	struct sek_children children;
	struct sek_farm *farm;
	struct sek_session *first;
	size_t n;       /* live sessions */
	struct sek_delays delays;
	uint64_t refused[SEK_OPEN_REFUSALS];
	struct sek_claim *claims; /* users who wait for the answer whose session theirs is */
	uint64_t next_call_ms;    /* when the next session that is taken back may call its host */
	size_t pending; /* objects with handles or jobs that still have to say goodbye; children count apart */
	sek_session_event_fn *event;
	void *event_user;
	sek_session_policy_fn *policy_fn; /* NULL: the built-in policy */
	void *policy_user;
	sek_host_secret_fn *secret_fn; /* NULL: nothing is known */
	void *secret_user;
	struct sek_session_keeper keeper;       /* put == NULL: nothing is kept */
	struct sek_clipboard_log clipboard_log; /* record == NULL: nobody keeps one */
	struct sek_clipboard_approval clipboard_approval; /* ask == NULL: what needs one is refused */
	struct sek_recorder *recorder;          /* NULL: this broker records nothing */
	struct sek_recording_log recording_log; /* tell == NULL: nobody is told */
	bool stopping, stopped;
	uv_timer_t stop_timer;
	void (*done)(void *user);
	void *done_user;
};

/* What a client's message was. */
enum sek_verdict { SEK_VERDICT_FINE, SEK_VERDICT_REFUSED, SEK_VERDICT_FLOOD };

/* manager.c */
struct sek_session *sek_sessions_find(struct sek_sessions *all, const uint8_t id[SEK_SESSION_ID_BYTES]);
void sek_sessions_hold(struct sek_sessions *all);
void sek_sessions_release(void *all); /* an object has gone */
void sek_sessions_tell(struct sek_session *s, const char *word);

/* life.c: one session from opening to end */
/* id: NULL = a new one. */
sek_status sek_session_create(struct sek_sessions *all, const char *user, const uint8_t id[SEK_SESSION_ID_BYTES], struct sek_session **ret);
/* The steps of it that a session which is taken back goes, too: memory and name; into the list, with its timer; freed before that. */
sek_status sek_session_new(struct sek_sessions *all, const char *user, const uint8_t id[SEK_SESSION_ID_BYTES],
	struct sek_session **ret);
void sek_session_enlist(struct sek_session *s);
void sek_session_drop(struct sek_session *s);
/* Ends it for good, whatever it is doing: tells client and host, lets go of everything, frees. `cause` is a fixed word
 * for the log, NULL if the state says it all. s must not be used after the caller has returned to the loop. */
void sek_session_end(struct sek_session *s, enum sek_state state, const char *cause);
/* Lets go of it as a broker does that is started again at once: for the host the line has dropped. */
void sek_session_leave(struct sek_session *s);
/* The same for one that another broker has: its client is told. */
void sek_session_hand_over(struct sek_session *s);
void sek_session_call_again(struct sek_session *s); /* the lost link is made once more */
void sek_session_begin(struct sek_session *s); /* it has a host: make the link */
/* place.c: the first HELLO came: choose a host, take a place there, then begin. It may have ended on return. */
void sek_session_place(struct sek_session *s);
/* A state for the client, remembered as the session's. */
void sek_session_show(struct sek_session *s, enum sek_state state);
/* What the link reports. */
void sek_session_link_up(struct sek_session *s);                          /* the decoder runs */
void sek_session_link_failed(struct sek_session *s, enum sek_state why, const char *cause); /* it never came that far */
void sek_session_decoder_exit(struct sek_session *s, int code, int signal_number);
/* What the encoder reports. */
void sek_session_host_state(struct sek_session *s, enum sek_state state);
void sek_session_encoder_exit(struct sek_session *s, int code, int signal_number);
/* The session's deadlines that are life.c's. */
void sek_session_due(struct sek_session *s, enum sek_deadline which);

/* keep.c */
void sek_session_keep(struct sek_session *s); /* something of it has changed that a killed broker has to know again */
void sek_session_keep_no_more(struct sek_session *s);
/* s has ended while no decoder was there to tell the host: once more calls the host, and says so. */
void sek_session_farewell(const struct sek_session *s);
/* The host has answered: a session that was taken back goes on, or ends. False: it has ended. */
bool sek_session_returned(struct sek_session *s);

bool sek_session_read_id(const char *hex, uint8_t ret[SEK_SESSION_ID_BYTES]);

/* claim.c */
void sek_claims_drop(struct sek_sessions *all); /* the manager stops: those who wait are told */
/* manager.c */
struct sek_session *sek_sessions_of_user(struct sek_sessions *all, const char *user);
/* As sek_sessions_open, without looking for one that is there; id, generation: as the keeper has it, NULL: it has not. */
sek_status sek_sessions_make(struct sek_sessions *all, const char *user, const uint8_t *id, struct sek_session **ret);

/* policy.c */
/* The session's own values; returns how many. */
size_t sek_session_own_rows(const struct sek_session *s, struct sek_policy_row ret[SEK_POLICY_ATTRIBUTES]);
sek_status sek_session_policy_open(struct sek_session *s);
void sek_session_policy_finish(struct sek_session *s);
bool sek_session_keeps_downloads(const struct sek_session *s); /* its policy lets their pages cross as pixels */
bool sek_session_prints(const struct sek_session *s);          /* the page that the browser shows may be taken over */
void sek_session_policy_tell(struct sek_session *s); /* to the client */
void sek_session_view(struct sek_session *s); /* to the encoder: frames a second, watermark */
/* RULES, for the host, written by w. */
void sek_session_rules(const struct sek_session *s, struct sek_writer *w);
void sek_session_fit(struct sek_session *s); /* s->wish from what the client asked for */
uint32_t sek_session_idle_s(const struct sek_session *s); /* 0 = no limit, likewise the next */
uint32_t sek_session_maximum_s(const struct sek_session *s);

/* limits.c */
void sek_session_limit_due(struct sek_session *s, enum sek_deadline which);
void sek_session_limits_changed(struct sek_session *s); /* may end it */
bool sek_session_hours_allow(const struct sek_policy *p);
void sek_session_input_seen(struct sek_session *s); /* a person is there */

/* deadline.c */
void sek_deadlines_init(struct sek_session *s);
void sek_deadline_in(struct sek_session *s, enum sek_deadline which, uint64_t ms);
void sek_deadline_off(struct sek_session *s, enum sek_deadline which);

/* client.c: the client's stream */
void sek_client_attach(struct sek_session *s, const struct sek_client_ops *ops, void *client);
void sek_client_forget(struct sek_session *s); /* no word to it; encoder and host learn that nobody looks */
void sek_client_send(struct sek_session *s, const uint8_t *frame, size_t n); /* to a greeted client; else nothing */
void sek_client_show(struct sek_session *s); /* sends what had to wait for the recording, if it need not any more */
void sek_client_documents(struct sek_session *s); /* how many caught downloads it may take over, if that is news */
void sek_client_send_state(struct sek_session *s, enum sek_state state, uint32_t arg);
void sek_client_send_away(struct sek_session *s); /* tells it to come back at another broker, closes, forgets */
void sek_client_bye(struct sek_session *s, enum sek_state state); /* tells, closes, forgets; greeted or not */
void sek_client_tell_departing(struct sek_session *s);
bool sek_client_has_room(const struct sek_session *s);
void sek_client_linger(struct sek_session *s); /* nobody is there: how long the session waits */
void sek_client_due(struct sek_session *s, enum sek_deadline which);
void sek_client_message(struct sek_session *s, const uint8_t *bytes, size_t n);

/* delay.c */
void sek_delay_pressed(struct sek_session *s);
void sek_delay_shown(struct sek_session *s);

/* upstream.c: what a client's messages become, once they are well-formed */
enum sek_verdict sek_upstream(struct sek_session *s, const struct sek_frame *f, const uint8_t *payload);
void sek_upstream_coalesced(struct sek_session *s); /* sends what waited for its rate */
void sek_upstream_resize(struct sek_session *s);    /* the wished size, to the host */
/* Tells encoder and host whether somebody sees the picture: for nobody, nothing is captured. */
void sek_upstream_look(struct sek_session *s, bool refresh);
void sek_upstream_refresh(struct sek_session *s);   /* a keyframe for the client, when its rate allows */
void sek_flight_push(struct sek_flight *f, uint32_t frame, uint32_t epoch);
/* Takes `frame` and all before it out. False if it is not there. *ret_epoch: whose frame it was. */
bool sek_flight_ack(struct sek_flight *f, uint32_t frame, uint32_t *ret_epoch);

/* downstream.c: one whole frame of the encoder that is number `epoch` (link HUB, direction DOWN, bounds checked). Returns
 * what is wrong with it, or NULL. May end the session or take this encoder from it. */
const char *sek_downstream(struct sek_session *s, uint32_t epoch, const struct sek_frame *f, const uint8_t *frame, size_t n);

/* policy.c */
bool sek_session_in_pool(const struct sek_session *s, const char *pool); /* the policy names that pool */
bool sek_session_wants_rules(const struct sek_session *s); /* addresses are restricted: only a sekisho host can see to that */

/* link.c */
sek_status sek_link_start(struct sek_session *s, bool create, struct sek_host_link **ret);
/* Lets go of it: tell_host sends END first. The decoder has SEK_CHILD_GRACE_MS to leave. NULL is fine. */
void sek_link_finish(struct sek_host_link *l, bool tell_host);
/* To the host. Nothing is done without a link; SEK_E_LIMIT: the queue is full. */
sek_status sek_link_put(struct sek_session *s, enum sek_input_kind kind, const uint8_t *frame, size_t n);
bool sek_link_alive(const struct sek_host_link *l); /* its decoder runs */
size_t sek_link_queued(const struct sek_host_link *l);
uint64_t sek_link_stalled_ms(const struct sek_host_link *l);
int sek_link_pid(const struct sek_host_link *l);
void sek_link_fds(const struct sek_host_link *l, int *ret_gap, int *ret_wake); /* for an encoder; not to be read */

/* A pipe that holds all n bytes, and has no writing end any more. */
sek_status sek_link_fill_pipe(const uint8_t *bytes, size_t n, int *ret_read);

/* The gap, wake-up, pipes and control socket of a decoder that is not there yet; each -1 or open. */
struct sek_decoder_ends {
	int gap_rw, gap_ro, wake, input_read, input_write, control_theirs, control_ours;
};
/* All or nothing. */
sek_status sek_decoder_ends_make(const struct sek_gap_layout *layout, struct sek_decoder_ends *ret);
void sek_decoder_ends_close_theirs(struct sek_decoder_ends *e);
void sek_decoder_ends_close(struct sek_decoder_ends *e);
/* Starts the decoder that the host's kind asks for with those ends; its socket and credentials stay the caller's. test: SEK_DECODER_TEST. */
sek_status sek_decoder_spawn(struct sek_sessions *all, const struct sek_render_host *host, bool test, const struct sek_decoder_ends *e,
	int socket_fd, int credentials_fd, sek_child_exit_fn *fn, void *user, struct sek_child **ret);

/* Hands the writing end of a pipe to the decoder, which has none then or gives up the one before. Not consumed. */
sek_status sek_link_give_clipboard(const struct sek_host_link *l, int write_fd);

/* clip_pipe.c: a new pipe, its writing end handed to the link's decoder. */
sek_status sek_clip_pipe_open(struct sek_session *s, struct sek_clip_pipe **ret);
void sek_clip_pipe_close(struct sek_clip_pipe *p); /* NULL is fine */

/* document.c */
void sek_session_document_policy(struct sek_session *s); /* s->policy has changed: in force on return */
void sek_session_document_close(struct sek_session *s);  /* the session ends */

/* clipboard.c */
sek_status sek_clipboard_create(struct sek_session *s); /* s->policy is there */
void sek_clipboard_finish(struct sek_session *s);      /* nothing crosses any more; frees */
void sek_clipboard_policy(struct sek_session *s);      /* s->policy has changed: in force on return */
/* Adds CLIPBOARD_MODE as the policy has it. */
void sek_clipboard_mode(const struct sek_session *s, struct sek_writer *w);
void sek_clipboard_link_up(struct sek_session *s);     /* a new decoder runs */
void sek_clipboard_link_down(struct sek_session *s);
void sek_clipboard_forget_client(struct sek_session *s);
void sek_clipboard_gesture(struct sek_session *s);     /* the user pressed a key or a button */
enum sek_verdict sek_clipboard_from_client(struct sek_session *s, const uint8_t *payload, size_t n);
enum sek_verdict sek_clipboard_answered(struct sek_session *s, const uint8_t *payload, size_t n);
void sek_clipboard_from_host(struct sek_session *s, const struct sek_clipboard_piece *piece);
void sek_clipboard_due(struct sek_session *s);

/* recording.c: what goes into the session's recording. Each does nothing while there is none. */
/* False, on the record, if the policy requires a recording that could not begin. */
bool sek_tape_possible(const struct sek_session *s);
/* Begins or ends the recording as the policy says. False: that ended the session. */
enum sek_tape_from { SEK_TAPE_FROM_START, SEK_TAPE_LATE /* the session has run without */, SEK_TAPE_RESTORED /* with another one */ };
bool sek_tape_follow_policy(struct sek_session *s, enum sek_tape_from from);
/* how: a word for lists, the state's name as a rule. */
void sek_tape_end(struct sek_session *s, const char *how, uint32_t state);
bool sek_tape_holds_back(const struct sek_session *s); /* no pixel may go to the client yet */
uint8_t sek_tape_view_flags(struct sek_session *s);
const char *sek_tape_id(const struct sek_session *s);  /* "" = none */
bool sek_tape_ok(const struct sek_session *s);
void sek_tape_due(struct sek_session *s);
void sek_tape_down(struct sek_session *s, const uint8_t *frame, size_t n); /* the client was sent this */
void sek_tape_aside(struct sek_session *s, uint8_t flags, const uint8_t *frame, size_t n);
void sek_tape_pointer(struct sek_session *s, const struct sek_pointer *m);
void sek_tape_wheel(struct sek_session *s, const struct sek_wheel *m);
void sek_tape_key(struct sek_session *s);
void sek_tape_text(struct sek_session *s, const struct sek_text *m);
void sek_tape_clipboard(struct sek_session *s, const struct sek_clipboard_event *e);
void sek_tape_event(struct sek_session *s, enum sek_record_event event, uint32_t arg, const char *words);

/* encoder.c */
sek_status sek_encoder_start(struct sek_session *s, struct sek_encoder **ret);
void sek_encoder_finish(struct sek_encoder *e); /* NULL is fine */
void sek_encoder_send(struct sek_encoder *e, const uint8_t *frame, size_t n); /* NULL is fine */
void sek_encoder_ack(struct sek_encoder *e, uint32_t frame);
void sek_encoder_look(struct sek_encoder *e, bool visible, bool refresh);     /* VISIBILITY, then REFRESH */
void sek_encoder_resume(struct sek_encoder *e);                               /* the client has room again */
void sek_encoder_urgent(struct sek_encoder *e);                               /* read on, room or not: the link is dead */
int sek_encoder_pid(const struct sek_encoder *e);

#endif
