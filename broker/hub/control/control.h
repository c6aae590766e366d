/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The control socket: how sekishoctl speaks to a running broker on the same machine. Who may is asked of the kernel for each
 * connection (SO_PEERCRED): root, the broker's own user, and the members of one group whose group the socket belongs to.
 *
 * One line is one JSON object, in both directions, at most SEK_CONTROL_LINE_MAX bytes:
 *   {"op":"sessions/list","in":{...}}    ->  {"ok":true,"answer":{...}}
 *                                        ->  {"ok":false,"error":"WORD","answer":{...}}
 * The operations are those of broker/hub/admin (docs/api.md) and the few of the broker itself: "status", "audit/sync",
 * "processes", "selfcheck", "keys/reload". One at a
 * time for each connection.
 */
#ifndef SEK_BROKER_HUB_CONTROL_CONTROL_H
#define SEK_BROKER_HUB_CONTROL_CONTROL_H

#include <sys/types.h>

#include <uv.h>

#include "base/status.h"
#include "broker/hub/admin/admin.h"
#include "broker/hub/audit/audit.h"
#include "broker/hub/audit/syslog.h"
#include "broker/hub/auth/auth.h"
#include "broker/hub/session/session.h"

#define SEK_CONTROL_LINE_MAX 65536
#define SEK_CONTROL_PATH_BYTES 108 /* of a socket's path, with its end */
#define SEK_CONTROL_CONNECTIONS_MAX 16
#define SEK_CONTROL_IDLE_MS 60000 /* a connection that asks nothing for so long is closed */

struct sek_archive;
struct sek_front;
struct sek_recorder;
struct sek_viewers;
struct sek_broker_config;

/* Everything must outlive the control. */
struct sek_control_config {
	const char *path;
	gid_t gid;                  /* (gid_t)-1: nobody besides root and the broker's user */
	struct sek_admin *admin;
	struct sek_audit *audit;
	struct sek_syslog *syslog;  /* NULL: none */
	struct sek_auth *auth;
	struct sek_sessions *sessions;
	struct sek_front *const *front;     /* where it will stand; of these keys are taken anew */
	struct sek_viewers *const *viewers;
	struct sek_recorder *recorder;      /* NULL: likewise */
	struct sek_archive *archive; /* NULL: this site records nothing */
	const struct sek_broker_config *site; /* what `status` and the self-check look at */
};

struct sek_control;

/* Makes the socket (mode 0600, or 0660 with a group) in place of a dead broker's; one that somebody still serves is left alone. On
 * failure err says what is wrong and what to do. */
sek_status sek_control_create(uv_loop_t *loop, const struct sek_control_config *config, struct sek_control **ret, char *err,
	size_t err_size);
/* Removes the socket and closes every connection; the loop must run until it has nothing left to do. */
void sek_control_stop(struct sek_control *c);
void sek_control_destroy(struct sek_control *c); /* after that; NULL is fine */

#endif
