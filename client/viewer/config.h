/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the viewer is told: a file (YAML, viewer.example.yaml) and options, which go before it.
 */
#ifndef SEK_CLIENT_VIEWER_CONFIG_H
#define SEK_CLIENT_VIEWER_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* As the file has it; members that are not there are NULL or 0. */
struct viewer_file {
	char *broker, *origin, *ca, *user, *lang, *certificate, *key, *passphrase_file, *save_to;
	bool fullscreen, kiosk, all_monitors;
	uint16_t scale_percent;
};

struct viewer_config {
	struct viewer_file file;
	char address[256], origin[300];
	uint16_t port;
	char *passphrase;  /* of the client certificate's key; wiped by viewer_config_finish */
	uint16_t width_px, height_px; /* of the window */
	char decoder[1024]; /* the program */
	char save_to[1024]; /* the folder for documents, "" = nothing is saved here */
	bool verbose;
	void *loaded;      /* the file's memory */
};

/* ADDRESS:PORT (or NAME:PORT, or [IPv6]:PORT) and the origin that belongs to it, if none was given. */
bool viewer_parse_broker(struct viewer_config *c, const char *text);
/* Reads options and file; defaults stand in the man page. SEK_E_CONFIG: err says what is wrong. *ret_help: --help was asked for,
 * and printed. */
sek_status viewer_config_read(int argc, char **argv, struct viewer_config *ret, bool *ret_help, char *err, size_t err_size);
void viewer_config_finish(struct viewer_config *c);

#endif
