/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sd_notify(3) without the library: one datagram to the socket that the service manager named.
 */
#ifndef SEK_RENDERD_NOTIFY_H
#define SEK_RENDERD_NOTIFY_H

/* Sends a state like "READY=1" if NOTIFY_SOCKET is set; otherwise, and on failure, does nothing. */
void sek_notify(const char *state);

#endif
