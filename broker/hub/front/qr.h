/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * QR codes (libqrencode) as JSON, to be drawn by the page.
 */
#ifndef SEK_BROKER_HUB_FRONT_QR_H
#define SEK_BROKER_HUB_FRONT_QR_H

#include <jansson.h>

/* A square of rows, each a text of '0' (light) and '1' (dark), without the quiet zone around it. NULL: too long a text, or no
 * memory. */
json_t *sek_qr_make(const char *text);

#endif
