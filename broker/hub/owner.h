/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Commands that root runs on what belongs to the broker's user: files that root made would lock the broker out.
 */
#ifndef SEK_BROKER_HUB_OWNER_H
#define SEK_BROKER_HUB_OWNER_H

#include "broker/hub/config.h"

/* root becomes, for good, whoever the file (or, if it is not there, its folder) belongs to; others stay who they are. NULL, or a sentence
 * why not. */
const char *sek_become_owner(const char *path);
/* sek_broker_config_load with the rights of the file's owner: a broker's user may own its configuration. */
sek_status sek_config_load_as_owner(const char *path, const char *program_folder, struct sek_broker_config **ret, char *err, size_t err_size);

#endif
