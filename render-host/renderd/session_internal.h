/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What session.c (decisions), session_build.c (making) and session_end.c (unmaking) share.
 */
#ifndef SEK_RENDERD_SESSION_INTERNAL_H
#define SEK_RENDERD_SESSION_INTERNAL_H

#include "render-host/renderd/peer.h"
#include "render-host/renderd/session.h"
#include "render-host/renderd/warm.h"

enum sek_live_phase {
	LIVE_BUILDING, /* the sandbox starts */
	LIVE_RUNNING,  /* capture runs */
	LIVE_TELLING,  /* over; capture tells its link why, for a moment */
	LIVE_KILLING,  /* until nothing of it runs any more */
	LIVE_REMOVING, /* its directory is being removed */
	LIVE_LEFT,     /* that failed: the slot stays taken until the host stops */
};

struct sek_live {
	struct sek_host *host;
	unsigned slot;
	enum sek_live_phase phase;
	bool warm;       /* nobody's yet */
	bool window;     /* the browser has one */
	bool shape_open; /* was built with a session's rules, not closed until rules come */
	struct stat site; /* the site's policy file as it was when the sandbox was started */
	uint8_t id[SEK_SESSION_ID_BYTES];
	char hex[2 * SEK_SESSION_ID_BYTES + 1];
	char broker[64];
	struct sek_hello hello; /* of the link that is attached, sizes clamped to max_* */
	uint16_t max_width_px, max_height_px;
	char directory[128], devtools[128]; /* devtools: "" unless switched on */
	uint8_t *rules; /* heap: payload of the RULES with which the browser was started, NULL: none */
	size_t rules_n;
	struct sek_cgroup group;
	bool has_group;
	struct sek_peer *link; /* NULL: nobody is attached */
	struct sek_peer *document; /* one of its documents is being taken over; NULL: none */
	int documents_fd; /* to the sandbox, -1 = closed */
	pid_t sandbox, capture; /* 0 = not running */
	int control_fd; /* -1 = closed */
	int status_fd;  /* valid while `status` is a handle */
	bool status_open;
	uv_poll_t status;
	uv_timer_t timer;  /* of the phase */
	uv_timer_t linger;
	uv_work_t removal;
	int open_handles;
	enum sek_state blame; /* what capture's death looked like, until the sandbox's tells the cause */
	unsigned kill_rounds;
	uint64_t started_ms;
	struct sek_alarm alarm;
	sek_status removed;
};

/* session.c */
void sek_live_sandbox_ended(struct sek_live *s, int status);
void sek_live_capture_ended(struct sek_live *s, int status);
/* Begins a session that is nobody's yet. False: it cannot be. */
bool sek_live_make_warm(struct sek_host *h, const struct sek_shape *shape);

/* session_build.c */
sek_status sek_live_build(struct sek_live *s);   /* directory, cgroup, sandbox; what fails is unmade by sek_live_end */
sek_status sek_live_attach(struct sek_live *s);  /* gives capture a stream for s->link */
/* Hands the sandbox a stream for a document; *ret_fd is our end. */
sek_status sek_live_give_document(struct sek_live *s, const struct sek_document_msg *ask, int *ret_fd);
/* A packet without descriptor to capture's control socket. */
sek_status sek_live_packet(struct sek_live *s, const struct sek_writer *w);
sek_status sek_live_tell(struct sek_live *s, enum sek_state state); /* STATE to capture's control socket */

/* session_end.c */
/* Ends the session with a state (SEK_STATE_NONE: nobody needs to be told); `why` for the log. Does nothing if it is ending. */
void sek_live_end(struct sek_live *s, enum sek_state state, const char *why);
void sek_live_child_gone(struct sek_live *s); /* a child was reaped while ending */

#endif
