/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One member of staff who looks whether everything holds, from log-in to log-out, and what was measured on the way.
 */
#ifndef SEK_CLIENT_LOAD_PROBE_H
#define SEK_CLIENT_LOAD_PROBE_H

#include <stdbool.h>
#include <stdint.h>

enum { PROBE_KEYS_MAX = 1000 };

struct probe_config {
	const char *address;      /* of the broker */
	uint16_t port;
	const char *ca_path, *user;
	char *password;
	const char *totp;         /* base32; NULL: none */
	bool acknowledge;         /* the site's notice */
	const char *site_address; /* where the test page is served */
	uint16_t width_px, height_px;
	unsigned probes;          /* key presses that are timed, 1..PROBE_KEYS_MAX */
	bool json;
	const char *picture_path; /* where the last picture goes, NULL: nowhere */
};

/* Runs the script and prints the summary. 0 = everything held, 1 = something did not (said on stderr). */
int probe_run(const struct probe_config *config);

#endif
