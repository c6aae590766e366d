/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The arguments of sekisho-sandbox (render-host/session.h), checked.
 */
#ifndef SEK_RENDER_HOST_SANDBOX_OPTIONS_H
#define SEK_RENDER_HOST_SANDBOX_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/status.h"

enum { SEK_SANDBOX_ALLOW_MAX = 64, SEK_SANDBOX_PATH_MAX = 90 /* leaves room for x11/X0 in a sockaddr_un */ };

/* Texts point into argv. */
struct sek_sandbox_options {
	const char *dir;           /* absolute, at most SEK_SANDBOX_PATH_MAX bytes */
	uid_t uid;                 /* of the session; never 0 */
	gid_t gid;
	uid_t egress_uid;          /* of the egress proxy, also its gid; never 0, never uid */
	uint16_t max_width_px, max_height_px;
	uint16_t width_px, height_px;
	unsigned scale_percent;
	const char *lang;          /* "ja" or "en" */
	const char *policy;        /* file */
	const char *rules;         /* file with the payload of a RULES message, NULL if none */
	const char *upstream;      /* HOST:PORT for the egress proxy, NULL if none */
	const char *allow[SEK_SANDBOX_ALLOW_MAX];
	size_t allows;
	bool documents;            /* SEK_SANDBOX_DOCUMENTS_FD is open */
	const char *devtools;      /* path of the socket for tests, NULL in production */
};

/* Reads argv. SEK_E_CONFIG: wrong arguments, and *ret_why (static text) says which. */
sek_status sek_sandbox_options_parse(int argc, char **argv, struct sek_sandbox_options *ret, const char **ret_why);

#endif
