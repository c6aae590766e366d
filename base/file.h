/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whole small files: read with a bound, written so that a reader sees the old or the new text and never half of it.
 */
#ifndef SEK_BASE_FILE_H
#define SEK_BASE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/status.h"

#define SEK_FILE_MAX_BYTES (1024u * 1024u)

/* Reads a whole file (at most SEK_FILE_MAX_BYTES) into a terminated heap string; *ret_n may be NULL. SEK_E_IO (detail
 * errno), SEK_E_NOT_FOUND (no such file), SEK_E_LIMIT, SEK_E_NOMEM. */
sek_status sek_file_read(const char *path, char **ret, size_t *ret_n);

/* Writes n bytes to path with exactly this mode: into a new file beside it, synced, then renamed over it (or, with
 * SEK_FILE_NEW, linked only if path does not exist: SEK_E_EXISTS). On failure path is as it was. SEK_E_IO. */
enum sek_file_how { SEK_FILE_REPLACE, SEK_FILE_NEW };
sek_status sek_file_write(const char *path, const void *bytes, size_t n, mode_t mode, enum sek_file_how how);

/* Writes all n bytes to a blocking descriptor. The status of errno. */
sek_status sek_file_put(int fd, const void *bytes, size_t n);
/* Reads n bytes from a blocking descriptor, or up to its end if that comes before: *ret_n says how many. The status of errno. */
sek_status sek_file_get(int fd, void *ret, size_t n, size_t *ret_n);
/* The same two at an offset, where the descriptor's own place stays as it is. */
sek_status sek_file_put_at(int fd, const void *bytes, size_t n, uint64_t offset);
sek_status sek_file_get_at(int fd, void *ret, size_t n, uint64_t offset, size_t *ret_n);

#endif
