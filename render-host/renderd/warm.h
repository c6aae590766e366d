/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Warm sandboxes: sessions that are built before anybody asks, so that a log-in finds a browser that runs. Each is used by one
 * session and never again; nothing of an earlier session is in it. What a browser is told only at its start (language, scale,
 * greatest size) must fit: so there is one warm sandbox for each of the latest sessions' wishes.
 */
#ifndef SEK_RENDERD_WARM_H
#define SEK_RENDERD_WARM_H

#include <sys/stat.h>

#include "protocol/wire/messages.h"
#include "render-host/renderd/host.h"

/* What a sandbox was, or is to be, built for. */
struct sek_shape {
	struct sek_hello hello; /* sizes clamped to this host's; only sizes, scale and language count */
	size_t rules_n;         /* 0: nobody has asked yet. Nothing but the start page may be opened until rules come */
	uint8_t rules[SEK_MSG_RULES_MAX_BYTES];
};

/* Starts to keep warm sandboxes as the configuration says. */
sek_status sek_warm_start(struct sek_host *h);
void sek_warm_finish(struct sek_host *h);

/* A warm session that fits what a new one asks for, taken out of the stock; NULL: none. hello: sizes clamped. Remembers the wish. */
struct sek_live *sek_warm_take(struct sek_host *h, const struct sek_hello *hello, const uint8_t *rules, size_t rules_n);

/* A warm session has ended by itself: the next one is tried later. */
void sek_warm_failed(struct sek_host *h);

/* A warm session is ready. */
void sek_warm_worked(struct sek_host *h);

/* How many of a language are ready to be taken. */
unsigned sek_warm_ready(const struct sek_host *h, enum sek_lang lang);

#endif
