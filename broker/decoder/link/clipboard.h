/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The decoder's end of the clipboard's pipe (broker/gap/children.h): how it comes and how it goes.
 */
#ifndef SEK_BROKER_DECODER_LINK_CLIPBOARD_H
#define SEK_BROKER_DECODER_LINK_CLIPBOARD_H

#include <stdbool.h>

#include "broker/decoder/link/loop.h"

/* What poll() said of the control socket and of the pipe. True if host frames that waited for the pipe can be taken. */
bool sek_decoder_clipboard_turn(struct sek_decoder *d, short control, short clipboard);
/* Closes the pipe; nothing waits for it any more. */
void sek_decoder_clipboard_gone(struct sek_decoder *d);

#endif
