/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The live status that --status-fd gives: one JSON object a line, one line a second, for ./demo and for tests.
 */
#ifndef SEK_BROKER_HUB_STATUS_H
#define SEK_BROKER_HUB_STATUS_H

#include "broker/hub/auth/auth.h"
#include "broker/hub/front/front.h"
#include "broker/hub/session/session.h"

struct sek_status_line {
	uv_timer_t timer;
	int fd;
	const struct sek_auth *auth;
	const struct sek_front *front;
	struct sek_sessions *sessions;
};

/* Begins to write, at most PIPE_BUF bytes at a time; while nobody reads, lines are left out. The descriptor's flags are
 * not changed. Close the timer to end it. SEK_E_IO if the descriptor cannot be written. */
sek_status sek_status_start(struct sek_status_line *s, uv_loop_t *loop, int fd);

#endif
