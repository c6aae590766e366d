/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Clipboard text between a user and his or her session: what others are told of it. Text only; every
 * text is cleaned (protocol/text) before it goes anywhere.
 */
#ifndef SEK_BROKER_HUB_SESSION_CLIPBOARD_H
#define SEK_BROKER_HUB_SESSION_CLIPBOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "protocol/wire/messages.h"

/* One transfer, or one that was refused. Everything is good during the call only. */
struct sek_clipboard_event {
	const char *session, *user, *host;
	uint8_t direction;     /* SEK_CROSS_TO_OUTER or SEK_CROSS_TO_INNER */
	uint8_t outcome;       /* enum sek_clipboard_outcome, never ASK */
	bool confirmed;        /* the user was asked and said yes */
	size_t chars, bytes;   /* of the cleaned text, 0 if it was not even read to its end */
	const char *sha256;    /* of the cleaned text, 64 hex digits; "" if there is none */
	const char *text;      /* only if log_text, else NULL */
};

/* Who keeps the record. A text crosses only after `done` was called with SEK_OK. */
struct sek_clipboard_log {
	/* done == NULL: nothing is waited for. Returns what forget takes; NULL with done: the answer is no, and done will not
	 * be called. done is never called from inside. */
	void *(*record)(void *user, const struct sek_clipboard_event *e, void (*done)(void *arg, sek_status s), void *arg);
	void (*forget)(void *ticket); /* done will not be called */
	void *user;
};

/* Who asks an approver, where the policy wants one for long texts towards the inner zone. */
struct sek_clipboard_approval {
	/* e as for a record, with text beside it (good during the call). hours: of the policy. done(arg, NULL): it waits now, kept by whoever
	 * was asked; else a word: "no-approver", "many-waiting" or another. done is never called from inside; NULL: the answer is no. Returns
	 * what forget takes. */
	void *(*ask)(void *user, const struct sek_clipboard_event *e, const char *text, uint32_t hours, bool log_text,
		void (*done)(void *arg, const char *error), void *arg);
	void (*forget)(void *ticket); /* done will not be called; what was asked for may wait nevertheless */
	void *user;
};

#endif
