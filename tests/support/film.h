/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Recordings for tests, of any length and at any speed: the broker's own writing of files, with times that the caller says.
 * A failure ends the program.
 */
#ifndef SEK_TESTS_SUPPORT_FILM_H
#define SEK_TESTS_SUPPORT_FILM_H

#include "protocol/recording/entry.h"

struct film;

/* A file FOLDER/ID.sekrec of that user, whose key is sealed to the public half in public_path. The signing key is made at
 * FOLDER/film.key if it is not there. */
struct film *film_create(const char *folder, const char *public_path, const char *id_hex, const char *user, uint64_t began_utc_us);
/* at_us never goes back. */
void film_add(struct film *f, enum sek_entry_kind kind, uint64_t at_us, const uint8_t *payload, size_t n);
void film_event(struct film *f, uint64_t at_us, enum sek_record_event event, uint32_t arg, const char *words);
uint64_t film_bytes(const struct film *f);
void film_close(struct film *f); /* ends and signs it */

#endif
