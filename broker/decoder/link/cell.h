/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The decoder's jail, as data: sekisho-decoder enters it, and the tests enter the very same to try what it forbids.
 */
#ifndef SEK_BROKER_DECODER_LINK_CELL_H
#define SEK_BROKER_DECODER_LINK_CELL_H

#include "base/jail.h"

/* The specification for a process that has `mapped_bytes` of gap mapped. The list of calls is static. */
struct sek_jail sek_decoder_cell(size_t mapped_bytes);

#endif
