/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pixels as PNG's filtered rows in one zlib stream (ISO/IEC 15948, 7, 9, 10): the content of IDAT, which PDF takes as it is.
 */
#ifndef SEK_BROKER_PAPER_ROWS_H
#define SEK_BROKER_PAPER_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/gap/paper.h"

struct sek_rows {
	const uint32_t *px;                  /* BGRX, rows packed */
	uint16_t width_px, height_px;
	enum sek_paper_form form;            /* GREY, PALETTE or RGB */
	uint8_t bits;
	uint8_t (*index_of)(const void *ctx, uint32_t colour); /* of PALETTE */
	const void *ctx;
};

/* filtered: each row gets the filter that leaves the least; else none. ret_sampled: NULL for the whole; else only some of the rows are
 * packed, quickly, to see what the whole would take, and *ret_sampled tells how many. *ret: heap. SEK_E_NOMEM; SEK_E_LIMIT: more than
 * most_bytes. */
sek_status sek_rows_pack(const struct sek_rows *r, bool filtered, size_t most_bytes, unsigned *ret_sampled, uint8_t **ret, size_t *ret_n);

#endif
