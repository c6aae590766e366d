/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The broker's parts, put together on one libuv loop and taken apart again in the opposite order. Must never run when any part could
 * not be started.
 */
#ifndef SEK_BROKER_HUB_PARTS_H
#define SEK_BROKER_HUB_PARTS_H

#include <uv.h>

#include "broker/hub/admin/admin.h"
#include "broker/hub/away.h"
#include "broker/hub/config.h"
#include "broker/hub/control/control.h"
#include "broker/hub/documented.h"
#include "broker/hub/faces.h"
#include "broker/hub/leave.h"
#include "broker/hub/metrics/metrics.h"
#include "broker/hub/options.h"
#include "broker/hub/peers.h"
#include "broker/hub/recorded.h"
#include "broker/hub/review/review.h"
#include "broker/hub/status.h"
#include "broker/hub/store/watch.h"

/* Zeroed but for config, which is the caller's. A part that is NULL has not been started, or is not wanted. */
struct sek_parts {
	uv_loop_t loop;
	struct sek_broker_config *config;
	struct sek_store *store;
	struct sek_audit *audit;
	struct sek_syslog *syslog;
	struct sek_auth *auth;
	struct sek_sessions *sessions;
	struct sek_recorded recorded;
	struct sek_admin *admin;
	struct sek_review *review; /* NULL: likewise */
	struct sek_documented documented;
	struct sek_policy_book *book;
	struct sek_store_watch *watch; /* NULL: the store tells nothing */
	struct sek_faces faces;
	struct sek_control *control;
	struct sek_metrics *metrics;
	struct sek_peers *peers;
	struct sek_status_line status;
	bool has_status, stopping, failed;
	uint8_t login_key[SEK_TOTP_KEY_BYTES];
	struct sek_leave leave;
	struct sek_away away;
	bool leaving; /* sessions are left to the next start, or to another broker */
	uv_timer_t drain, too_long;
	uint64_t drain_until_ms;
};

/* The loop, its timers and signals; before all else. */
void sek_parts_init(struct sek_parts *b);
/* Starts all parts, in order. On failure has logged why; the caller stops what runs. */
sek_status sek_parts_start(struct sek_parts *b, const struct sek_options *o);
/* Ends what runs; the loop is empty when the last part has ended. May be called more than once. */
void sek_parts_stop(struct sek_parts *b);
/* After the loop has run empty: frees every part and closes the loop. */
void sek_parts_destroy(struct sek_parts *b);

#endif
