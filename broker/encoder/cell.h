/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The encoder's jail, as data: sekisho-encoder enters it, and the tests enter the very same to try what it forbids.
 */
#ifndef SEK_BROKER_ENCODER_CELL_H
#define SEK_BROKER_ENCODER_CELL_H

#include "base/jail.h"

/* The specification for a process that has mapped_bytes of gap mapped and keeps a copy of a picture of picture_bytes. */
struct sek_jail sek_encoder_cell(size_t mapped_bytes, size_t picture_bytes);

#endif
