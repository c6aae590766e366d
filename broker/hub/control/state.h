/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What `sekishoctl status` shows. Private to control/.
 */
#ifndef SEK_BROKER_HUB_CONTROL_STATE_H
#define SEK_BROKER_HUB_CONTROL_STATE_H

#include "broker/hub/control/control.h"

/* New references; NULL when out of memory. */
json_t *sek_control_status(const struct sek_control_config *c, uint64_t uptime_s);
json_t *sek_control_audit(const struct sek_control_config *c);
/* {"broker":PID,"children":[PID...]}: decoders and encoders. */
json_t *sek_control_processes(const struct sek_control_config *c);

#endif
