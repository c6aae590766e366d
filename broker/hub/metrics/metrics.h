/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The broker's numbers for a monitoring system (docs/monitoring): /metrics in OpenMetrics text and /health, on an address of
 * their own. Counts what sessions tell, reads everything else when it is asked. Must never name a user, a client's address or a
 * session.
 */
#ifndef SEK_BROKER_HUB_METRICS_METRICS_H
#define SEK_BROKER_HUB_METRICS_METRICS_H

#include "broker/hub/ages/ages.h"
#include "broker/hub/audit/audit.h"
#include "broker/hub/audit/syslog.h"
#include "broker/hub/auth/auth.h"
#include "broker/hub/config.h"
#include "broker/hub/documents/documents.h"
#include "broker/hub/front/front.h"
#include "broker/hub/record/record.h"
#include "broker/hub/session/session.h"
#include "broker/hub/viewers/viewers.h"

struct sek_metrics;

/* Whose numbers; all must outlive the metrics' listener, which ends with the front. */
struct sek_metrics_sources {
	const struct sek_broker_config *config;
	const struct sek_audit *audit;
	const struct sek_syslog *syslog;     /* NULL: records are not sent on */
	const struct sek_auth *auth;
	struct sek_sessions *sessions;
	const struct sek_recorder *recorder; /* NULL: this site records nothing */
	const struct sek_documents *documents; /* NULL: none cross */
	struct sek_front *front;
	uv_loop_t *loop;
};

/* Counts from now on; listens if the configuration says where. On failure writes what is wrong into err. */
sek_status sek_metrics_start(const struct sek_metrics_sources *from, struct sek_metrics **ret, char *err, size_t err_size);
/* After the front was destroyed, and before the loop's last round; NULL is fine. */
void sek_metrics_destroy(struct sek_metrics *m);

/* The port for VNC viewers, once it is there; it must outlive the listener. NULL: there is none. */
void sek_metrics_viewers(struct sek_metrics *m, const struct sek_viewers *viewers);

/* An event of sek_sessions_on_event. m == NULL: nobody counts. */
void sek_metrics_session(struct sek_metrics *m, const char *word, const struct sek_session_info *info);

#endif
