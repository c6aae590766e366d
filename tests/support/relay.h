/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A TCP line that can be cut: listens on 127.0.0.1 and passes bytes on to one address, on the test's own loop.
 */
#ifndef SEK_TESTS_SUPPORT_RELAY_H
#define SEK_TESTS_SUPPORT_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

struct relay;

/* *ret_port: where it listens. Fails the test if it cannot. */
struct relay *relay_open(uv_loop_t *loop, const char *address, uint16_t port, uint16_t *ret_port);
/* Breaks every connection, both ends. */
void relay_cut(struct relay *r);
/* While it refuses, connections are accepted and broken at once. */
void relay_refuse(struct relay *r, bool refuse);
/* While it swallows, nothing passes either way, and nobody is told. */
void relay_swallow(struct relay *r, bool swallow);
unsigned relay_connections(const struct relay *r); /* since it was opened */
/* The loop must run once more before it is closed. */
void relay_close(struct relay *r);

#endif
