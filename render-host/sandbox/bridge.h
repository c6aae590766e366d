/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * For tests only: carries the browser's DevTools port out of the session's network namespace.
 */
#ifndef SEK_RENDER_HOST_SANDBOX_BRIDGE_H
#define SEK_RENDER_HOST_SANDBOX_BRIDGE_H

/* Serves the listening unix socket for ever: each connection is joined with one to 127.0.0.1:port of the network
 * namespace that the caller is in. Owns the process: never returns. At most 16 connections at a time. */
_Noreturn void sek_bridge_run(int listener, unsigned port);

#endif
