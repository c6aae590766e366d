/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The live sessions of this host: slot, uid, directory, cgroup, sandbox, capture, linger.
 */
#ifndef SEK_RENDERD_SESSION_H
#define SEK_RENDERD_SESSION_H

#include "protocol/wire/messages.h"
#include "render-host/renderd/host.h"

/* A verified peer has sent its HELLO: finds or makes the session and attaches the link, or says why not (WELCOME and an
 * ended STATE) and ends the link. rules: the payload of the RULES that came with it (checked; rules_n 0: none came), for a
 * browser that has not started yet; the frame itself stays in the stream, for one that has. */
void sek_live_hello(struct sek_host *h, struct sek_peer *l, const uint8_t id[SEK_SESSION_ID_BYTES],
	const char *broker, const struct sek_hello *hello, const uint8_t *rules, size_t rules_n);

/* A verified peer has sent DOCUMENT: it gets the pages of one, or the state ENDED if there is no such session that runs. */
void sek_live_document(struct sek_host *h, struct sek_peer *l, const uint8_t id[SEK_SESSION_ID_BYTES], const struct sek_document_msg *ask);

/* The link of this session is gone: it lingers, unless the link's last word was END. */
void sek_live_detached(struct sek_live *s, struct sek_peer *l, bool asked_to_end);

/* Sessions of somebody (not the warm ones). */
unsigned sek_lives_count(const struct sek_host *h);

/* Some child has died: looks which. */
void sek_lives_reap(struct sek_host *h);
/* Ends all sessions with a state. */
void sek_lives_end(struct sek_host *h, enum sek_state state);
/* Without cgroups: ends sessions that use more memory than allowed. */
void sek_lives_watch_memory(struct sek_host *h);

/* SESSIONS/s<slot> and SESSIONS/d<slot> (socket for tests) into ret, size bytes. */
void sek_live_path(const struct sek_renderd_config *c, char kind, unsigned slot, char *ret, size_t size);

#endif
