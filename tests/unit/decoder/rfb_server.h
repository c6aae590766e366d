/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A VNC server that means no good: the greeting of RFC 6143 as any server has it, then whatever the test says, or random messages made to look
 * plausible for as long as it takes to get somewhere.
 */
#ifndef SEK_TESTS_DECODER_RFB_SERVER_H
#define SEK_TESTS_DECODER_RFB_SERVER_H

#include "tests/unit/decoder/outside.h"

enum { RFB_WIDTH = 640, RFB_HEIGHT = 480 };

struct rfb_server {
	int fd;
	struct outside o; /* the decoder that it talks to */
};

/* Starts a decoder on a connection of its own; the greeting is the caller's. */
void rfb_start(struct rfb_server *s, const char *program, bool insecure, const char *trust);
/* The greeting without security, up to the picture's size. False if the decoder has left. */
bool rfb_greet(struct rfb_server *s, uint16_t width, uint16_t height, uint32_t name_bytes);
bool rfb_write(struct rfb_server *s, const void *bytes, size_t n);
/* Hangs up, and waits for the decoder's end. */
struct test_end rfb_end(struct rfb_server *s);

/* Random messages from the seed, at most 64 KiB into ret; the same seed gives the same. */
size_t rfb_nonsense(uint64_t seed, uint8_t ret[65536]);
/* True for an end that the broker has a state for. */
bool rfb_is_an_end(struct test_end e);

#endif
