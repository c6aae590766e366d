/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One-use tokens that let one log-in open one stream, from one client address, within 30 seconds: those that this broker has given out, as hashes
 * in memory. The word on each use is the store's (claim.c), which all brokers share; here the worthless are told apart early. Pure: the
 * caller says what time it is.
 */
#ifndef SEK_BROKER_HUB_AUTH_TOKENS_H
#define SEK_BROKER_HUB_AUTH_TOKENS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "broker/hub/store/store.h"
#include "protocol/limits.h"

#define SEK_TOKEN_BYTES 44         /* 256 random bits in base64url, with its end */
#define SEK_TOKEN_LIFE_MS 30000
#define SEK_TOKENS_MAX 1024        /* unused at a time; the oldest makes room */
#define SEK_TOKENS_PER_LOGIN 4

enum sek_token_answer {
	SEK_TOKEN_GOOD, SEK_TOKEN_UNKNOWN /* or used */, SEK_TOKEN_EXPIRED, SEK_TOKEN_OTHER_LOGIN, SEK_TOKEN_OTHER_ADDRESS,
	SEK_TOKEN_ELSEWHERE, /* has the form of one, and was not given out here, or so long ago that it is forgotten */
	SEK_TOKEN_FAULT,     /* the store failed */
};
const char *sek_token_answer_name(enum sek_token_answer a); /* for the log; clients are not told which */

struct sek_tokens;
sek_status sek_tokens_create(struct sek_tokens **ret);
void sek_tokens_destroy(struct sek_tokens *t);

/* Makes a token for this log-in, address and session. ret: text, terminated. */
void sek_tokens_issue(struct sek_tokens *t, uint64_t login, const char *address,
	const uint8_t session[SEK_SESSION_ID_BYTES], uint64_t now_ms, char ret[SEK_TOKEN_BYTES]);

/* Uses a token of n bytes (hostile) up, whatever the answer is. ret_session is set if GOOD. */
enum sek_token_answer sek_tokens_redeem(struct sek_tokens *t, const char *token, size_t n, uint64_t login,
	const char *address, uint64_t now_ms, uint8_t ret_session[SEK_SESSION_ID_BYTES]);

/* Voids every token of a log-in that ended. */
void sek_tokens_forget(struct sek_tokens *t, uint64_t login);

#endif
