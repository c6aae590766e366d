/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Recordings of sessions: what others are told of them. One recording for each session, from before its first pixel to
 * its end; a policy that changes can begin another one or end it.
 */
#ifndef SEK_BROKER_HUB_SESSION_RECORDING_H
#define SEK_BROKER_HUB_SESSION_RECORDING_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/hub/record/record.h"

enum sek_recording_happening {
	SEK_RECORDING_BEGAN,
	SEK_RECORDING_FAILED,   /* it broke off; one that is required ends its session */
	SEK_RECORDING_REFUSED,  /* a required one could not begin: no session */
	SEK_RECORDING_CLOSED,   /* on the disk and signed; or, after FAILED, as much of it as there is */
};

/* What happened in it, a set of bits: as store/recordings.h keeps it. */
enum {
	SEK_RECORDED_CLIPBOARD = 1, SEK_RECORDED_POLICY = 2, SEK_RECORDED_MESSAGE = 4, SEK_RECORDED_LINK = 8,
	SEK_RECORDED_FAILED = 32,
};

/* Everything is good during the call only. */
struct sek_recording_news {
	enum sek_recording_happening what;
	const char *id;        /* 32 hex digits; "" when refused */
	const char *session, *user, *host;
	bool required;
	uint32_t days;         /* for which it is kept */
	uint32_t marks;
	uint64_t began_utc_us;
	uint64_t bytes;        /* so far */
	const char *ended;     /* CLOSED: word of the session's state, or "policy" */
	const char *why;       /* FAILED, REFUSED: a sentence for the administrator */
	const struct sek_recording_facts *facts; /* CLOSED: NULL after FAILED */
};

struct sek_recording_log {
	void (*tell)(void *user, const struct sek_recording_news *n);
	void *user;
};

#endif
