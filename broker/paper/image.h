/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A page's pixels as a picture that is exact and small: grey or palette of the fewest bits that hold it, else RGB; JPEG only where
 * exact would take several times the room, which photographs do and text does not.
 */
#ifndef SEK_BROKER_PAPER_IMAGE_H
#define SEK_BROKER_PAPER_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "broker/gap/paper.h"

struct sek_paper_image {
	enum sek_paper_form form;
	uint8_t bits;
	uint16_t colours;
	uint8_t palette[3 * SEK_PAPER_COLOURS_MAX];
	uint8_t *bytes;  /* heap */
	size_t n;        /* at most SEK_PAPER_IMAGE_MAX_BYTES */
};

/* px: BGRX, rows packed, private to the caller (they are looked at several times). width_px and height_px: 1 to SEK_DOCUMENT_MAX_PX.
 * SEK_E_NOMEM; SEK_E_LIMIT: larger than SEK_PAPER_IMAGE_MAX_BYTES in any form. */
sek_status sek_paper_image_make(const uint32_t *px, uint16_t width_px, uint16_t height_px, struct sek_paper_image *ret);
void sek_paper_image_free(struct sek_paper_image *i);

#endif
