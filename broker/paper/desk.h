/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where pages are made: waits for commands and for the decoder's wake-ups, copies a page out of the gap once, makes its picture, has
 * its words read, writes the record. Must never look at the gap's pixels twice: they may change at any moment.
 */
#ifndef SEK_BROKER_PAPER_DESK_H
#define SEK_BROKER_PAPER_DESK_H

#include "broker/gap/children.h"
#include "broker/gap/gap.h"
#include "broker/ocr/ocr.h"

struct sek_desk {
	const struct sek_gap_layout *layout;
	struct sek_gap_reader *gap;
	struct sek_ocr *ocr;      /* NULL: no words are read */
	int dpi;
	/* private */
	uint16_t wanted;          /* page, 0 = none */
	bool told;
	uint16_t state, pages;    /* as told last */
	uint8_t command[2];
	unsigned command_n;
};

/* Runs until the commands end. */
enum sek_child_exit sek_desk_run(struct sek_desk *d);

#endif
