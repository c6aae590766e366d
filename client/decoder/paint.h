/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What sekisho-viewer-decoder does with what it reads. In a library of its own, so that tests and a fuzzer call the same.
 */
#ifndef SEK_CLIENT_DECODER_PAINT_H
#define SEK_CLIENT_DECODER_PAINT_H

#include "base/jail.h"
#include "client/pane/pane.h"

struct sek_paint;

/* Paints into pane, which must stay mapped. NULL: no memory. */
struct sek_paint *sek_paint_create(const struct sek_pane *pane);
void sek_paint_destroy(struct sek_paint *p);
/* Takes the next frame out of n bytes of the stream (hostile). SEK_OK: *ret_used bytes are done, *ret_whole: it completed what is
 * to be seen at once, and the pane tells what changed. SEK_E_AGAIN: more bytes are needed. Else: it breaks the grammar. */
sek_status sek_paint_take(struct sek_paint *p, const uint8_t *bytes, size_t n, size_t *ret_used, bool *ret_whole);

/* cell.c: what the process may ask of the kernel afterwards. */
struct sek_jail sek_paint_cell(void);

#endif
