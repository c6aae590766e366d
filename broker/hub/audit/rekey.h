/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Another signing key for a log that goes on: a record of the old key names the new one, and a new segment begins with it. A broker that has
 * the log open takes the new key when it writes next. Public halves of old keys stay as KEY.pub.1, KEY.pub.2 ...; their secret halves are gone.
 */
#ifndef SEK_BROKER_HUB_AUDIT_REKEY_H
#define SEK_BROKER_HUB_AUDIT_REKEY_H

#include "broker/hub/audit/files.h"

/* Blocking, as the log's owner. On failure err says what is wrong, and the log goes on with the old key. ret_old and ret_new: hex. */
sek_status sek_audit_rekey(const struct sek_audit_config *config, const char *who, char ret_old[SEK_AUDIT_HEX_BYTES],
	char ret_new[SEK_AUDIT_HEX_BYTES], char *err, size_t err_size);

#endif
