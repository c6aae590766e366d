/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Connecting to a socket of the session's directory.
 */
#ifndef SEK_CAPTURE_LOCAL_SOCKET_H
#define SEK_CAPTURE_LOCAL_SOCKET_H

#include "base/status.h"

/* Connects a blocking stream socket (close-on-exec, owned by the caller) to the UNIX socket at path. SEK_E_LIMIT if the
 * path is longer than a socket's address can be (107 bytes). */
sek_status sek_local_connect(const char *path, int *ret_fd);

#endif
