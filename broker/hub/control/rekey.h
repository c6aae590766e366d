/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the running broker takes anew of its keys, without a restart.
 */
#ifndef SEK_BROKER_HUB_CONTROL_REKEY_H
#define SEK_BROKER_HUB_CONTROL_REKEY_H

#include <jansson.h>

#include "broker/hub/control/control.h"

/* Certificate and key of the inner face and of the viewers' port, keys of the recordings: for what begins from now on. Short reads of small
 * files, on the loop. A new reference: {"taken":["https", ...]}; *ret_error: NULL, or "conflict" and, in the answer, why. */
json_t *sek_control_rekey(const struct sek_control_config *c, const char **ret_error);

#endif
