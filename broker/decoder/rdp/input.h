/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the broker says, on its way to the host.
 */
#ifndef SEK_BROKER_DECODER_RDP_INPUT_H
#define SEK_BROKER_DECODER_RDP_INPUT_H

#include "broker/decoder/rdp/session.h"

/* Before the jail. SEK_E_NOMEM. */
sek_status sek_rdp_input_init(struct sek_rdp *r);

#endif
