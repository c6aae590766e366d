/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * SQLite as a database of db.h. Private to store/.
 */
#ifndef SEK_BROKER_HUB_STORE_SQLITE_H
#define SEK_BROKER_HUB_STORE_SQLITE_H

#include "broker/hub/store/db.h"

/* Opens the database file at path, which is there. *ret is to be closed by the caller, also on failure (its error tells
 * what is wrong), unless it is NULL. */
sek_status sek_sqlite_connect(const char *path, struct sek_db **ret);

#endif
