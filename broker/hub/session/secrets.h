/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the decoder of a foreign host is handed by its credentials pipe (broker/gap/children.h): whom to trust, and with what to log in.
 * Fetched on libuv's pool, in memory for as long as the job runs and wiped after it.
 */
#ifndef SEK_BROKER_HUB_SESSION_SECRETS_H
#define SEK_BROKER_HUB_SESSION_SECRETS_H

#include <uv.h>

#include "broker/hub/session/credentials.h"
#include "broker/hub/session/session.h"

struct sek_secret_job;

/* fn and gone as in credentials.h. secret may be NULL. who: the user whose session it is, "" = a test. host and who are copied; files
 * must outlive the job. */
sek_status sek_secret_start(uv_loop_t *loop, const struct sek_credential_files *files, sek_host_secret_fn *secret, void *secret_user,
	const struct sek_render_host *host, const char *who, sek_credentials_fn *fn, void (*gone)(void *all), void *all, void *user,
	struct sek_secret_job **ret);
/* fn will not be called. NULL is fine. */
void sek_secret_cancel(struct sek_secret_job *job);

#endif
