/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The jail of sekisho-words, as data.
 */
#ifndef SEK_BROKER_WORDS_CELL_H
#define SEK_BROKER_WORDS_CELL_H

#include "base/jail.h"

struct sek_jail sek_words_cell(void);

#endif
