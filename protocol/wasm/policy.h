/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * POLICY as the fields that exports.c gives to JavaScript.
 */
#ifndef SEK_PROTOCOL_WASM_POLICY_H
#define SEK_PROTOCOL_WASM_POLICY_H

#include "protocol/wire/messages.h"

/* Fields 0 clipboard, 1 confirm, 2 download, 3 print, 4 max chars, 5 per minute, 6 idle minutes, 7 max minutes, 8 eyes, 9 text layer. */
static inline sek_status sek_wasm_policy(const uint8_t *payload, size_t n, uint32_t *ret_fields)
{
	struct sek_policy_msg m;

	SEK_TRY(sek_policy_msg_read(payload, n, &m));
	ret_fields[0] = m.clipboard;
	ret_fields[1] = m.clipboard_confirm;
	ret_fields[2] = m.download;
	ret_fields[3] = m.print;
	ret_fields[4] = m.clipboard_max_chars;
	ret_fields[5] = m.clipboard_per_minute;
	ret_fields[6] = m.idle_minutes;
	ret_fields[7] = m.max_minutes;
	ret_fields[8] = (m.watched ? SEK_EYES_WATCHED : 0) | (m.recorded ? SEK_EYES_RECORDED : 0);
	ret_fields[9] = m.document_text;
	return sek_ok();
}

#endif
