/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `sekisho-broker user ...`: who may log in, set at the broker's machine. A running broker follows within a second.
 */
#ifndef SEK_BROKER_HUB_USERS_H
#define SEK_BROKER_HUB_USERS_H

#include "broker/hub/config.h"

/* argv: the words after `user`. Prints results to stdout, errors to stderr. Returns the exit code (0, 1, 2 = usage). */
int sek_users_main(const struct sek_broker_config *config, int argc, char **argv);
/* 0, or an exit code after a message: this program runs as another user than the store's owner. */
int sek_users_check_owner(const char *store_path);
/* For --help. */
extern const char sek_users_usage[];

#endif
