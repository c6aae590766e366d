/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * "Test connection" of a foreign host: a decoder of its kind, in its jail, with everything that a session's would get, goes as far as
 * the host's picture and leaves. What it found is its exit code and nothing else.
 */
#ifndef SEK_BROKER_HUB_SESSION_PROBE_H
#define SEK_BROKER_HUB_SESSION_PROBE_H

#include "broker/hub/session/session.h"

#define SEK_PROBE_MS 20000 /* then it is "silent" */

struct sek_probe;

/* result: "ok", or the step that failed: "connect" (no TCP connection), "credentials" (what is kept cannot be read), "tls", "certificate", "login",
 * "size", "refused", "protocol", "lost", "silent", "jail", "died" (the decoder), "internal". The probe is gone then. Never called from inside. */
typedef void sek_probe_fn(void *user, const char *result);

/* host must outlive it. */
sek_status sek_probe_start(struct sek_sessions *all, const struct sek_render_host *host, sek_probe_fn *fn, void *user,
	struct sek_probe **ret);
void sek_probe_cancel(struct sek_probe *p); /* fn will not be called. NULL is fine. */

#endif
