/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One QR code. Must never keep the text: it holds a secret.
 */
#include "broker/hub/front/qr.h"

#include <qrencode.h>
#include <sodium.h>

enum { SIDE_MAX = 177 }; /* version 40 */

json_t *sek_qr_make(const char *text)
{
	QRcode *qr = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
	char row[SIDE_MAX + 1];
	json_t *rows = NULL;
	int x, y;

	if (qr && qr->width <= SIDE_MAX)
		rows = json_array();
	for (y = 0; rows && y < qr->width; y++) {
		for (x = 0; x < qr->width; x++)
			row[x] = qr->data[y * qr->width + x] & 1 ? '1' : '0';
		row[qr->width] = '\0';
		json_array_append_new(rows, json_string(row));
	}
	if (qr)
		sodium_memzero(qr->data, (size_t)qr->width * (size_t)qr->width);
	QRcode_free(qr);
	return rows;
}
