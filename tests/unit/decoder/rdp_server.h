/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An RDP server of our own that means no good: negotiation, TLS with a certificate of the moment, MCS, licence and capabilities as any server has
 * them (MS-RDPBCGR 1.3.1.1), then whatever the test says. It writes down what the decoder asked for on the way.
 */
#ifndef SEK_TESTS_DECODER_RDP_SERVER_H
#define SEK_TESTS_DECODER_RDP_SERVER_H

#include <gnutls/gnutls.h>

#include "tests/unit/decoder/outside.h"

enum { RDP_WIDTH = 640, RDP_HEIGHT = 480, RDP_CHANNELS_MAX = 31, RDP_IO = 1003, RDP_FIRST_CHANNEL = 1004, RDP_BYTES_MAX = 65536 };

struct rdp_server {
	int fd;
	bool secure;
	gnutls_session_t tls;
	gnutls_certificate_credentials_t key;
	struct outside o;                       /* the decoder that it talks to */
	uint16_t asked_width_px, asked_height_px;
	unsigned channels;                      /* that the decoder asked for; the n-th has RDP_FIRST_CHANNEL + n */
	char channel[RDP_CHANNELS_MAX][9];
	unsigned joined;                        /* channels beyond its own and RDP_IO */
	unsigned blocks;                        /* a bit for each kind of data block that it sent: 1 << (type & 31) of 0xc0xx */
	uint32_t flags;                         /* early capabilities */
	unsigned replies;                       /* messages that it wrote to a channel since rdp_greet */
	uint8_t in[RDP_BYTES_MAX];
};

/* Starts a decoder on a connection of its own, with these directions open for copied text (SEK_CROSS_*), and says HELLO. */
void rdp_start(struct rdp_server *s, const char *program, uint8_t directions, uint16_t width, uint16_t height);
/* The same server at the end of a connection that somebody else's decoder has: fd is consumed. */
void rdp_on(struct rdp_server *s, int fd);
/* Up to the first picture, of this size; 0: of the size that is asked for. False if the decoder has left. */
bool rdp_greet(struct rdp_server *s, uint16_t width, uint16_t height);
bool rdp_write(struct rdp_server *s, const void *bytes, size_t n);
/* A fast-path update (2.2.9.1.2.1): its code, its fragmentation (0 single, 1 last, 2 first, 3 next). */
bool rdp_fast(struct rdp_server *s, uint8_t code, uint8_t fragment, const void *bytes, size_t n);
/* A message on a channel: whatever stands behind the MCS header. */
bool rdp_send(struct rdp_server *s, uint16_t channel, const void *bytes, size_t n);
/* A share data message (2.2.8.1.1.1.2), or with type2 0 a share control message of this type. */
bool rdp_share(struct rdp_server *s, uint8_t type, uint8_t type2, const void *bytes, size_t n);
/* Capabilities for a picture of this size, as in "Demand Active". */
bool rdp_demand(struct rdp_server *s, uint16_t width, uint16_t height);
/* What ends the greeting and each later "Demand Active": what the decoder confirms, and our share of it. */
bool rdp_confirm(struct rdp_server *s);
/* A piece of a virtual channel's message. */
bool rdp_piece(struct rdp_server *s, uint16_t channel, uint32_t total, uint32_t flags, const void *bytes, size_t n);
/* The next whole message on that channel, behind its channel header, without it; others are passed over. 0: it has left. */
size_t rdp_take(struct rdp_server *s, uint16_t channel, uint8_t *ret, size_t size);
/* A square of one colour at that place, so that the decoder has something to show. */
bool rdp_paint(struct rdp_server *s, uint16_t x, uint16_t y, uint32_t colour);
/* Reads what it says until it leaves or nothing comes for ms. */
void rdp_listen(struct rdp_server *s, int ms);
/* Hangs up, and waits for the decoder's end. */
struct test_end rdp_end(struct rdp_server *s);
/* Hangs up only. */
void rdp_close(struct rdp_server *s);
/* True for an end that the broker has a state for. */
bool rdp_is_an_end(struct test_end e);

#endif
