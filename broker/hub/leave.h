/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The signals that stop a broker, and what comes before: load balancers in front of it are told by its health page, and are waited for, so that
 * whoever connects in the meantime is sent to another broker and nobody meets a closed door.
 */
#ifndef SEK_BROKER_HUB_LEAVE_H
#define SEK_BROKER_HUB_LEAVE_H

#include <stdbool.h>

#include <uv.h>

#include "broker/hub/faces.h"

#define SEK_LEAVE_TELL_MS 6000 /* until they have asked, at most; broker/package/haproxy.example.cfg asks every second */
#define SEK_LEAVE_HEARD_MS 300 /* and from then until they act on it */

/* SIGUSR1 (leaving): sessions are left at their render hosts, for the next start. SIGTERM, SIGINT: this broker is not to come back; they end,
 * unless there is another one for them. Called at most once. */
typedef void sek_leave_fn(void *user, bool leaving);

/* In the caller's memory, one for each process. */
struct sek_leave {
	uv_signal_t signals[3];
	uv_timer_t timer;
	struct sek_faces *faces;
	sek_leave_fn *fn;
	void *user;
	bool leaving, done;
	uint64_t until_ms; /* of uv_now; 0 = not begun */
};

/* Waits for signals from now on. faces must outlive it. */
void sek_leave_init(struct sek_leave *l, uv_loop_t *loop, struct sek_faces *faces, sek_leave_fn *fn, void *user);
/* The broker stops, whoever said so: fn is not called any more. Signals are still kept from ending the process. */
void sek_leave_now(struct sek_leave *l);
/* Closes what the loop holds of it; signals are ignored from now on. */
void sek_leave_finish(struct sek_leave *l);

#endif
