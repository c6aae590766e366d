/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A copy of the whole store, for backups: one moment of it, whoever writes meanwhile.
 */
#ifndef SEK_BROKER_HUB_STORE_COPY_H
#define SEK_BROKER_HUB_STORE_COPY_H

#include <stddef.h>

#include "base/status.h"

/* Writes the database at path, as of one moment, into a new file `to` (0600; must not exist). A broker may be using it. On failure err says
 * what is wrong and `to` is not there. Blocking. SEK_E_STORE, SEK_E_IO, SEK_E_EXISTS. */
sek_status sek_store_copy(const char *path, const char *to, char *err, size_t err_size);

#endif
