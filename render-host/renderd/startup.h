/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a render host needs before its first session, and clearing away what a former run left.
 */
#ifndef SEK_RENDERD_STARTUP_H
#define SEK_RENDERD_STARTUP_H

#include "render-host/renderd/host.h"

/* Takes the range of uids for this process alone, opens the sessions' directory and the cgroups' place, kills and removes
 * leftovers. The log says what failed. */
sek_status sek_startup_prepare(struct sek_host *h);
void sek_startup_undo(struct sek_host *h);

#endif
