/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The web client's files, read into memory once. What was not read at start cannot be asked for, whatever a path says.
 */
#ifndef SEK_BROKER_HUB_FRONT_FILES_H
#define SEK_BROKER_HUB_FRONT_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define SEK_FILES_MAX 1024
#define SEK_FILES_TOTAL_BYTES (64u * 1024u * 1024u)
#define SEK_FILES_DEPTH_MAX 8
#define SEK_ETAG_BYTES 35 /* quotes, 32 hex digits, end */

struct sek_file {
	char *path;          /* as in a URL, "/app/main.mjs" */
	const char *type;    /* media type */
	char etag[SEK_ETAG_BYTES];
	uint8_t *bytes;
	size_t n;
};

struct sek_files;

/* Reads every file below root whose suffix is known. Links, hidden files and other suffixes are passed over and reported
 * to skipped (may be NULL). On failure writes what is wrong into err. */
sek_status sek_files_load(const char *root, void (*skipped)(const char *path, const char *why), struct sek_files **ret,
	char *err, size_t err_size);
void sek_files_destroy(struct sek_files *f);

/* The file of a URL path of n bytes (hostile); a path that ends in a slash means its index.html. NULL if there is none. */
const struct sek_file *sek_files_find(const struct sek_files *f, const char *path, size_t n);

#endif
