/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * renderd's configuration: the YAML file, with defaults filled in and every value checked.
 */
#ifndef SEK_RENDERD_CONFIG_H
#define SEK_RENDERD_CONFIG_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define SEK_RENDERD_SESSIONS_MAX 1024
#define SEK_RENDERD_ALLOW_MAX 64
#define SEK_RENDERD_WARM_MAX 16
#define SEK_RENDERD_DIRECTORY_MAX_BYTES 70 /* the X server's socket below it must fit into a socket address */

struct sek_renderd_listen {
	char *address;
	uint16_t port;
};

struct sek_renderd_tls {
	char *certificate, *key, *ca, *crl; /* paths */
};

struct sek_renderd_sessions {
	char *directory;   /* absolute, on tmpfs */
	uint32_t max;      /* slots */
	uint32_t uid_base; /* two times (max and warm) uids from here on */
	uint32_t memory_mib, processes; /* of one session */
	uint32_t linger_seconds;
	uint16_t max_width, max_height;
};

struct sek_renderd_egress {
	char *upstream; /* HOST:PORT, NULL: none */
	char **allow;   /* CIDR or CIDR:PORT */
	unsigned allow_count;
};

struct sek_renderd_browser {
	char *policy_file;
	bool devtools; /* for tests only: a socket into each session's browser */
};

/* Where it is seen how old this machine is (ages.h); every one filled in. */
struct sek_renderd_image {
	char *built;    /* its modification time: when the image was built, or changed last */
	char *browser;  /* its modification time: when the browser was packaged */
	char *packages; /* dpkg's list, for the browser's version */
	char *package;  /* the browser's name in it */
};

/* What ends a session because it looks like an attack. */
struct sek_renderd_alarms {
	uint32_t *refused_given;       /* NULL: the default */
	uint32_t refused_destinations; /* requests for what is not the Internet, within `minutes`; 0: never */
	uint32_t minutes;
};

struct sek_renderd_programs {
	char *sandbox, *capture; /* filled in if they were not given */
};

struct sek_renderd_config {
	char *name; /* as in the certificate */
	uint32_t *warm_given; /* NULL: the default */
	uint32_t warm; /* sandboxes that are kept ready */
	struct sek_renderd_listen listen;
	struct sek_renderd_listen metrics; /* address NULL: no page of numbers */
	struct sek_renderd_alarms alarms;
	struct sek_renderd_tls tls;
	struct sek_renderd_sessions sessions;
	struct sek_renderd_egress egress;
	struct sek_renderd_browser browser;
	struct sek_renderd_image image;
	struct sek_renderd_programs programs;
};

/* Reads and checks the file. On failure err says what is wrong, with file and line, and what to do. SEK_E_CONFIG. */
sek_status sek_renderd_config_load(const char *path, struct sek_renderd_config **ret, char *err, size_t err_size);
void sek_renderd_config_free(struct sek_renderd_config *c);

/* Slots: of sessions, and as many more as sandboxes are kept ready. */
static inline uint32_t sek_renderd_slots(const struct sek_renderd_config *c)
{
	return c->sessions.max + c->warm;
}

/* Uids of a slot: everything of the session but its egress proxy, and that. */
static inline uint32_t sek_renderd_uid(const struct sek_renderd_config *c, unsigned slot)
{
	return c->sessions.uid_base + slot;
}

static inline uint32_t sek_renderd_egress_uid(const struct sek_renderd_config *c, unsigned slot)
{
	return c->sessions.uid_base + sek_renderd_slots(c) + slot;
}

#endif
