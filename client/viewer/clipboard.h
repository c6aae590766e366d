/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Copy and paste between this computer and the isolated browser, as far as the broker allows: it decides, this only asks, shows
 * and holds the input back until a pasted text is where the paste will look for it. Text only. (As client/web/clipboard.mjs.)
 */
#ifndef SEK_CLIENT_VIEWER_CLIPBOARD_H
#define SEK_CLIENT_VIEWER_CLIPBOARD_H

#include <uv.h>

#include "protocol/wire/messages.h"

struct clipboard_ops {
	void (*send)(void *user, const uint8_t *frame, size_t n);
	void (*notice)(void *user, const char *key, const char *name, unsigned long value); /* name NULL: nothing to fill in */
	/* Shows what would cross, until clipboard_answer; text NULL: it was taken back. */
	void (*ask)(void *user, bool to_outer, const char *text, size_t chars);
	/* Text for this computer's clipboard. */
	void (*arrived)(void *user, const char *text);
};

struct clipboard;
struct clipboard *clipboard_create(uv_loop_t *loop, const struct clipboard_ops *ops, void *user);
void clipboard_destroy(struct clipboard *c);

bool clipboard_to_outer(const struct clipboard *c);
bool clipboard_to_inner(const struct clipboard *c);
/* Key of words: what is possible now. */
const char *clipboard_summary(const struct clipboard *c);

/* Passes a frame on, or holds it back while a paste is under way. */
void clipboard_send(struct clipboard *c, const uint8_t *frame, size_t n);
/* A key that pastes (its code) is about to go out: what is sent from now on waits. */
void clipboard_hold(struct clipboard *c, uint16_t code);
/* The text that it pastes, "" if there is none here; others: there is something else than text. */
void clipboard_paste(struct clipboard *c, const char *text, bool others);
/* What the user said to a question. */
void clipboard_answer(struct clipboard *c, bool yes);
/* A new connection, or none: nothing is under way. */
void clipboard_reset(struct clipboard *c);

/* Messages of the broker (hostile); false: one breaks the grammar. */
void clipboard_policy(struct clipboard *c, const struct sek_policy_msg *m);
bool clipboard_hear(struct clipboard *c, uint8_t type, const uint8_t *payload, size_t n);

#endif
