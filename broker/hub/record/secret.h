/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The secret half of the recording key on the command line: its file, and the passphrase that opens it.
 */
#ifndef SEK_BROKER_HUB_RECORD_SECRET_H
#define SEK_BROKER_HUB_RECORD_SECRET_H

#include "broker/hub/record/reader.h"

/* Opens the file. The passphrase is the first line of passphrase_file, or, if that is NULL, what is typed on the terminal without being
 * shown. NULL: ret is the secret half, which the caller wipes; else a sentence why not. Blocking. */
const char *sek_recording_secret(const char *path, const char *passphrase_file, uint8_t ret[32]);

#endif
