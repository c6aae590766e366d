/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Log-ins that are half done: what a user has shown already, kept for five minutes for one client address under a ticket of
 * 256 random bits. They lie in the store, as hashes and sealed, so that the next step may come to any broker. Every call blocks: they run in
 * libuv's pool. The caller says what time it is, in milliseconds since 1970.
 */
#ifndef SEK_BROKER_HUB_AUTH_TICKETS_H
#define SEK_BROKER_HUB_AUTH_TICKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "broker/hub/auth/tokens.h"
#include "broker/hub/auth/totp.h"

#define SEK_TICKET_LIFE_MS 300000
#define SEK_TICKET_TRIES 5      /* wrong codes, at all brokers together; then the log-in begins anew */
#define SEK_TICKETS_PER_USER 4

struct sek_ticket {
	char user[SEK_STORE_NAME_BYTES];
	uint32_t have;              /* enum sek_factor */
	bool enrolling;             /* the code confirms a new generator: */
	uint8_t secret[SEK_TOTP_SECRET_BYTES]; /* of that, which is nowhere else until then */
};

/* key: seals what it stands for. ret: text, terminated; the caller wipes it. */
sek_status sek_tickets_issue(struct sek_store *s, const uint8_t key[SEK_TOTP_KEY_BYTES], const struct sek_ticket *what, const char *address,
	int64_t now_ms, char ret[SEK_TOKEN_BYTES]);
/* What a ticket of n bytes (hostile) stands for, if it is good for this address; it counts as one try. SEK_E_NOT_FOUND. */
sek_status sek_tickets_try(struct sek_store *s, const uint8_t key[SEK_TOTP_KEY_BYTES], const char *ticket, size_t n, const char *address,
	int64_t now_ms, struct sek_ticket *ret);
/* The try was never looked at: it does not count. */
sek_status sek_tickets_untry(struct sek_store *s, const char *ticket, size_t n);
/* Used up, or its user is gone. */
sek_status sek_tickets_drop(struct sek_store *s, const char *ticket, size_t n);

#endif
