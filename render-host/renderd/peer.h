/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One TLS connection of one broker's decoder: handshake, HELLO, then bytes both ways between TLS and the stream that capture
 * reads and writes. Buffers are bounded; whoever is slow makes the other side wait.
 */
#ifndef SEK_RENDERD_PEER_H
#define SEK_RENDERD_PEER_H

#include "protocol/wire/messages.h"
#include "render-host/renderd/host.h"

/* Takes over an accepted socket (closes it in the end). peer: its address for the log. */
void sek_peer_accept(struct sek_host *h, int fd, const char *peer);

/* --- for sessions --- */

/* From now on the session is told when the link goes. */
void sek_peer_join(struct sek_peer *l, struct sek_live *s);
/* Writes WELCOME; must be the first. */
void sek_peer_welcome(struct sek_peer *l, const uint8_t session[SEK_SESSION_ID_BYTES], uint16_t max_width_px,
	uint16_t max_height_px);
/* Writes a STATE while no stream is there yet. */
void sek_peer_say(struct sek_peer *l, enum sek_state state);
/* Starts passing bytes to and from this stream socket (the link closes it). */
void sek_peer_stream(struct sek_peer *l, int fd);
/* The session leaves the link: when the stream has ended (at once without one), says the state unless the stream has said
 * an ended one itself (SEK_STATE_NONE: says nothing), and closes. The session must forget the link. */
void sek_peer_end(struct sek_peer *l, enum sek_state state);
/* The same of a link that takes a document: the session must forget it. */
void sek_peer_document_over(struct sek_peer *l, enum sek_document_state reason);
/* Peer's address, for the log. */
const char *sek_peer_address(const struct sek_peer *l);

/* --- for the host --- */

/* Closes every link that has no session. */
void sek_peers_stop(struct sek_host *h);

#endif
