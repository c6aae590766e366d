/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Log-ins that are half done: what a user has shown already, kept for five minutes for one client address under a ticket of
 * 256 random bits. Kept as hashes, in memory only. Pure: the caller says what time it is.
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
#define SEK_TICKET_TRIES 5      /* wrong codes; then the log-in begins anew */
#define SEK_TICKETS_MAX 1024    /* at a time; the oldest makes room */
#define SEK_TICKETS_PER_USER 4

struct sek_ticket {
	char user[SEK_STORE_NAME_BYTES];
	uint32_t have;              /* enum sek_factor */
	bool enrolling;             /* the code confirms a new generator: */
	uint8_t secret[SEK_TOTP_SECRET_BYTES]; /* of that, which is nowhere else until then */
};

struct sek_tickets;
sek_status sek_tickets_create(struct sek_tickets **ret);
void sek_tickets_destroy(struct sek_tickets *t);
/* ret: text, terminated; the caller wipes it. */
void sek_tickets_issue(struct sek_tickets *t, const struct sek_ticket *what, const char *address, uint64_t now_ms,
	char ret[SEK_TOKEN_BYTES]);
/* What a ticket of n bytes (hostile) stands for, if it is good for this address; it counts as one try. */
bool sek_tickets_try(struct sek_tickets *t, const char *ticket, size_t n, const char *address, uint64_t now_ms,
	struct sek_ticket *ret);
/* The try was never looked at (the broker was busy): it does not count. */
void sek_tickets_untry(struct sek_tickets *t, const char *ticket, size_t n);
/* Used up, or its user is gone. */
void sek_tickets_drop(struct sek_tickets *t, const char *ticket, size_t n);

#endif
