/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The command `store migrate`: moving the store from its SQLite file to the PostgreSQL of the configuration.
 */
#ifndef SEK_BROKER_HUB_MOVED_H
#define SEK_BROKER_HUB_MOVED_H

#include "broker/hub/config.h"

/* Says on standard output what was moved, in Japanese or English, on a terminal with a bar, and puts it on the audit log. Exit code. */
int sek_moved_main(const struct sek_broker_config *c, bool ja);

#endif
