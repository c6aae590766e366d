/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The decoder's trust and key, as they come through the credentials pipe (broker/gap/children.h). Clean bytes: the broker
 * wrote them; they are checked all the same.
 */
#ifndef SEK_BROKER_DECODER_LINK_CREDENTIALS_H
#define SEK_BROKER_DECODER_LINK_CREDENTIALS_H

#include "base/tls.h"

/* Reads fd to its end (waiting for it; not closed) and makes the client's TLS context of the five texts. Every copy of
 * the key but the context's is wiped. SEK_E_MALFORMED: not exactly five texts, an empty one, one above
 * SEK_CREDENTIAL_MAX_BYTES or with a zero byte in it; SEK_E_CRYPTO: unusable; SEK_E_IO, SEK_E_NOMEM. */
sek_status sek_credentials_read(int fd, struct sek_tls_context **ret);

#endif
