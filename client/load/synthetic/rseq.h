/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reads recorded browsing sequences (.rseq, body zstd): what changed on a screen, when.
 */
#ifndef SEK_CLIENT_LOAD_SYNTHETIC_RSEQ_H
#define SEK_CLIENT_LOAD_SYNTHETIC_RSEQ_H

#include "protocol/codec/picture.h"

struct rseq;
/* Opens a file; NULL with a message on stderr if it is not one. *ret_width, *ret_height: of the screen. */
struct rseq *rseq_open(const char *path, uint16_t *ret_width, uint16_t *ret_height);
void rseq_close(struct rseq *r);
/* Applies the next record to pic (of the screen's size, black before the first). False at the end. */
bool rseq_next(struct rseq *r, const struct sek_picture *pic, struct sek_rect *ret, uint64_t *ret_us);

#endif
