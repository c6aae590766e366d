/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The jail of sekisho-film, as data.
 */
#ifndef SEK_BROKER_FILM_CELL_H
#define SEK_BROKER_FILM_CELL_H

#include "base/jail.h"

struct sek_jail sek_film_cell(void);

#endif
