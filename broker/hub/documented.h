/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Documents, sessions and approvals of a broker whose configuration says where documents lie, put together.
 */
#ifndef SEK_BROKER_HUB_DOCUMENTED_H
#define SEK_BROKER_HUB_DOCUMENTED_H

#include "broker/hub/approvals/approvals.h"
#include "broker/hub/config.h"
#include "broker/hub/documents/documents.h"

/* documents NULL: this site has none. (Texts of the clipboard can wait for an approver all the same.) */
struct sek_documented {
	struct sek_documents *documents;
	struct sek_sessions *sessions;
	struct sek_approvals *approvals;
	void (*done)(void *user);
	void *done_user;
};

/* Before policies are read. key: SEK_SEAL_KEY_BYTES. Blocking, before the loop runs. */
sek_status sek_documented_start(struct sek_documented *d, uv_loop_t *loop, const struct sek_broker_config *config, const uint8_t *key,
	struct sek_audit *audit, struct sek_sessions *sessions, char *err, size_t err_size);
/* After the sessions have ended and nobody asks any more. */
void sek_documented_stop(struct sek_documented *d, void (*done)(void *user), void *user);
void sek_documented_destroy(struct sek_documented *d);

#endif
