/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The socket by which the browser's rules change while it runs: RULES frames from capture, checked once more, merged with the
 * site's file, put where the browser looks. Chromium as a rule reads the file again at once; a change that comes while the
 * browser starts it may miss, so the file is replaced again later. The proxy hears of the rules before the browser does, and
 * when the browser has read them: in between it refuses what only the browser can judge.
 */
#ifndef SEK_RENDER_HOST_SANDBOX_RULES_H
#define SEK_RENDER_HOST_SANDBOX_RULES_H

#include "protocol/wire/messages.h"
#include "render-host/sandbox/keeper.h"

struct sek_rules_door {
	int listener, fd; /* fd -1: nobody is connected */
	char *text;       /* heap: the policies that were put there last, NULL: those of the start */
	int proxy;        /* SOCK_SEQPACKET */
	int watch, wd;    /* inotify, and the present file's number in it */
	int64_t touch_ms; /* monotonic: when the file is touched next, 0 = not at all */
	int64_t known_ms; /* monotonic: when the browser surely goes by what it has read, 0 = it has read nothing new */
	unsigned touches; /* still to come */
	bool keep, print; /* what the latest say of documents */
	bool changed;     /* they may have, until the keeper has looked */
	uint16_t told;    /* the count of downloads that capture knows */
	size_t n;
	uint8_t in[SEK_FRAME_HEADER_BYTES + SEK_MSG_RULES_MAX_BYTES];
};

/* Makes the listening socket SEK_SESSION_RULES. */
sek_status sek_rules_open(struct sek_rules_door *d, const struct sek_keeper_start *start);
/* What to poll for input. */
int sek_rules_fd(const struct sek_rules_door *d);
/* When sek_rules_tick is to be called, monotonic ms; INT64_MAX: not at all. */
int64_t sek_rules_due(const struct sek_rules_door *d);
/* Does what is due. Fails only if the proxy cannot be told. */
sek_status sek_rules_tick(struct sek_rules_door *d, const struct sek_keeper_start *start);
/* To be called when d->watch is readable. */
void sek_rules_on_watch(struct sek_rules_door *d);
/* Takes what has come (hostile: a frame that is refused closes the connection and changes nothing). Fails only if good rules
 * could not be put into force. */
sek_status sek_rules_take(struct sek_rules_door *d, const struct sek_keeper_start *start);

/* Tells capture how many downloads there are, if it does not know. */
void sek_rules_documents(struct sek_rules_door *d, uint16_t count);

#endif
