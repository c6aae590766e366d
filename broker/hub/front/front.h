/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The inner face: one TLS port with the web client's files, the JSON API (docs/api.md) and the stream. libwebsockets on
 * our loop; everything runs on its thread. front/ knows auth/ and the interface of session/, not the store.
 */
#ifndef SEK_BROKER_HUB_FRONT_FRONT_H
#define SEK_BROKER_HUB_FRONT_FRONT_H

#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/status.h"
#include "broker/hub/admin/admin.h"
#include "broker/hub/approvals/approvals.h"
#include "broker/hub/audit/audit.h"
#include "broker/hub/auth/auth.h"
#include "broker/hub/documents/documents.h"
#include "broker/hub/door/door.h"
#include "broker/hub/review/review.h"
#include "broker/hub/session/session.h"

/* All pointers must outlive the front. */
struct sek_front_config {
	const char *address;          /* numeric, one address of this machine */
	uint16_t port;
	const char *certificate, *key; /* PEM files */
	struct sek_door_proxies proxies; /* load balancers that say whose a connection is */
	const char *const *origins;   /* what an Origin header may say */
	size_t n_origins;
	const char *web_root;
	const char *notice, *notice_ja, *notice_en; /* hash and texts of what users must acknowledge; "" = nothing */
	const char *client_ca;        /* PEM file: whose client certificates are asked for; NULL = none are */
	struct sek_audit *audit;      /* NULL: nothing is recorded (tests) */
	struct sek_review *review;    /* NULL: there are no recordings */
	struct sek_documents *documents; /* NULL: none cross */
	struct sek_approvals *approvals; /* NULL: nothing can be approved (tests) */
};

struct sek_front;

/* Loads files and certificate and listens. Registers itself with auth (sek_auth_on_end, sek_auth_on_sweep). On failure
 * writes what is wrong and what to do into err. */
sek_status sek_front_create(uv_loop_t *loop, const struct sek_front_config *config, struct sek_auth *auth,
	struct sek_sessions *sessions, struct sek_admin *admin, struct sek_front **ret, char *err, size_t err_size);

/* Takes certificate and key as they lie there now, for connections that begin from now on; those that are open stay. On failure err says why,
 * and the old ones are still used. SEK_E_CONFIG: the files are not right, or the key is of another kind (then a restart takes it). */
sek_status sek_front_reload(struct sek_front *f, char *err, size_t err_size);
/* From now on the health page says that this broker is about to go, so that load balancers send new connections elsewhere; connections that are kept
 * for later requests are closed, so that these come by the load balancer as well. Everything else goes on. */
void sek_front_leave(struct sek_front *f);
/* Whether every load balancer of the configuration has been told so (true if there is none); and how many have. */
bool sek_front_has_left(const struct sek_front *f);
size_t sek_front_told(const struct sek_front *f);
/* The same, and back: not because the broker goes, but because others can serve better than it now can. */
void sek_front_send_away(struct sek_front *f, bool on);
/* From now on every new connection and request is refused; streams go on until their sessions end. */
void sek_front_refuse(struct sek_front *f);
/* Closes everything. The loop must then run until it has nothing left to do, then call sek_front_destroy. */
void sek_front_stop(struct sek_front *f);
void sek_front_destroy(struct sek_front *f);

struct sek_front_counts {
	size_t connections; /* open, streams among them */
	size_t streams;
	size_t queued_bytes, queued_most_bytes; /* waiting for clients now: together, and in the longest queue */
	uint64_t requests, refused_upgrades, bytes_down;
};
void sek_front_count(const struct sek_front *f, struct sek_front_counts *ret);

/* A second listener, without TLS, for a monitoring system: GET of a path that fn knows, and nothing else. One for each front;
 * fn is called on the loop until sek_front_stop. address must outlive the front. On failure writes what is wrong into err. */
struct sek_front_page {
	int status;       /* 200 or 503 */
	const char *type;
	char *text;       /* heap; the front frees it */
};
typedef bool sek_front_page_fn(void *user, const char *path, struct sek_front_page *ret); /* false: there is no such page */
sek_status sek_front_monitor(struct sek_front *f, const char *address, uint16_t port, sek_front_page_fn *fn, void *user,
	char *err, size_t err_size);

/* Whether certificate and key can be used together, for --check-config. Writes the reason into err. */
sek_status sek_front_check_tls(const char *certificate, const char *key, char *err, size_t err_size);

#endif
