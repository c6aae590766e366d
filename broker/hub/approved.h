/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Connects sessions, whose long texts wait for an approver, with approvals, which know no sessions.
 */
#ifndef SEK_BROKER_HUB_APPROVED_H
#define SEK_BROKER_HUB_APPROVED_H

#include "broker/hub/approvals/approvals.h"
#include "broker/hub/session/session.h"

/* Creates the approvals, and the sessions ask them. On failure writes what is wrong and what to do into err. */
sek_status sek_approved_start(uv_loop_t *loop, const struct sek_approvals_config *config, struct sek_sessions *sessions,
	struct sek_approvals **ret, char *err, size_t err_size);

#endif
