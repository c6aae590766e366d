/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What only the fuzz target and the verifier know of the reader.
 */
#ifndef SEK_BROKER_HUB_RECORD_READER_PRIVATE_H
#define SEK_BROKER_HUB_RECORD_READER_PRIVATE_H

#include "broker/hub/record/reader.h"

/* As sek_recording_open, of a descriptor that the reader owns from then on. With `trust` hashes are not compared and blocks are taken
 * as they stand, without decryption: what stands behind the cipher is reached by bytes that a fuzzer makes. */
sek_status sek_recording_open_fd(int fd, bool trust, struct sek_recording_reader **ret, char *err, size_t err_size);

#endif
