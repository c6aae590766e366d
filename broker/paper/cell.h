/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The jail of sekisho-paper, as data: the program enters it, and the tests enter the very same.
 */
#ifndef SEK_BROKER_PAPER_CELL_H
#define SEK_BROKER_PAPER_CELL_H

#include <stdbool.h>

#include "base/jail.h"

/* mapped_bytes: of the gap; reads: words are read on the pages (language models, tesseract's memory). */
struct sek_jail sek_paper_cell(size_t mapped_bytes, bool reads);

#endif
