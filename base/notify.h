/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Telling a service manager how a daemon is (sd_notify(3)'s protocol), when there is one.
 */
#ifndef SEK_BASE_NOTIFY_H
#define SEK_BASE_NOTIFY_H

/* Sends one state text such as "READY=1" to $NOTIFY_SOCKET; does nothing without it. */
void sek_notify(const char *state);

#endif
