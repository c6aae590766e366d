/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The render host's half of an enrolment: makes the key, waits for the broker (it never dials), shows that it has the key and knows the
 * code, and takes certificates. The private key never leaves this process but into its own file.
 */
#ifndef SEK_RENDER_HOST_SETUP_ENROL_H
#define SEK_RENDER_HOST_SETUP_ENROL_H

#include <stdint.h>

#include "base/status.h"
#include "protocol/enrol/enrol.h"

struct sek_host_key;
sek_status sek_host_key_make(struct sek_host_key **ret);
void sek_host_key_destroy(struct sek_host_key *k);
char *sek_host_key_text(const struct sek_host_key *k); /* PEM, heap; the caller wipes it. NULL: no memory */

enum sek_enrolling {
	SEK_ENROLLED,
	SEK_ENROLLING_BUSY,    /* somebody else listens at that address and port */
	SEK_ENROLLING_LISTEN,  /* it cannot be listened at; errno */
	SEK_ENROLLING_LATE,    /* nobody came in time */
	SEK_ENROLLING_TRIES,   /* too many came without the code */
	SEK_ENROLLING_STORED,  /* what came could not be stored */
	SEK_ENROLLING_INTERNAL,
};
/* What to do with an answer that was sealed by the code and whose certificate is of this key and CA. False: it could not be stored. */
typedef bool sek_enrol_take_fn(void *ctx, const struct sek_enrol_answer *a);
/* Somebody has come and gone without having shown the code; peer: numeric address. */
typedef void sek_enrol_stranger_fn(void *ctx, const char *peer);
/* ret_peer: the address of whom it was that had the code. */
enum sek_enrolling sek_enrol_wait(const char *address, uint16_t port, const uint8_t code[SEK_ENROL_CODE_BYTES], const struct sek_host_key *k,
	unsigned seconds, sek_enrol_take_fn *take, sek_enrol_stranger_fn *stranger, void *ctx, char ret_peer[64]);

#endif
