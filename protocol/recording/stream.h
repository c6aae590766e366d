/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Entries that come by a pipe, for the programs that make something else of a recording and have neither its key nor its path.
 * After create only read(2) is called: that works in the narrowest jail.
 */
#ifndef SEK_PROTOCOL_RECORDING_STREAM_H
#define SEK_PROTOCOL_RECORDING_STREAM_H

#include "protocol/recording/entry.h"

struct sek_entry_stream;

/* fd stays the caller's; blocking. The buffer (about 1.1 MB) is allocated here, once. SEK_E_NOMEM. */
sek_status sek_entry_stream_create(int fd, struct sek_entry_stream **ret);
void sek_entry_stream_destroy(struct sek_entry_stream *s); /* NULL is fine */

/* The next entry; its payload is good until the next call. SEK_E_CLOSED: the end, between two entries. SEK_E_MALFORMED: the
 * bytes break the form, or end within an entry; SEK_E_IO. After a failure nothing more is read. */
sek_status sek_entry_stream_next(struct sek_entry_stream *s, struct sek_entry *ret);

#endif
