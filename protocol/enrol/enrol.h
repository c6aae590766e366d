/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Enrolment of a render host (docs/protocol.md, "Enrolment"): a one-time code that a person carries from the render host to the broker
 * proves to each that the other is meant. What travels is a public key one way and certificates the other; never a private key.
 * No I/O. Whoever includes this calls sodium_init first.
 */
#ifndef SEK_PROTOCOL_ENROL_H
#define SEK_PROTOCOL_ENROL_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define SEK_ENROL_CODE_BYTES 16
#define SEK_ENROL_TEXT_BYTES 35 /* seven groups of four letters, hyphens between them, the end */
#define SEK_ENROL_MINUTES 15    /* a code is good for so long */
#define SEK_ENROL_TRIES 20      /* connections that a render host hears while it waits with one code */
#define SEK_ENROL_SILENCE_S 20  /* either end waits so long for the other's next bytes */

/* --- the code --- */
void sek_enrol_code_make(uint8_t ret[SEK_ENROL_CODE_BYTES]);
/* "7K3M-..." in capital letters and digits without I, L, O and U. */
void sek_enrol_code_text(const uint8_t code[SEK_ENROL_CODE_BYTES], char ret[SEK_ENROL_TEXT_BYTES]);
/* Reads what a person typed: lower case, full-width letters, spaces, hyphens, O for 0, I and L for 1 are all fine. SEK_E_MALFORMED: a letter
 * that no code has, or too few or many of them. SEK_E_DENIED: the right number, but one of them is mistyped (12 bits of check). */
sek_status sek_enrol_code_read(const char *text, uint8_t ret[SEK_ENROL_CODE_BYTES]);

/* --- HELLO, broker to render host: SEK_ENROL_MAGIC, then a nonce --- */
#define SEK_ENROL_MAGIC "sekenrl1"
#define SEK_ENROL_NONCE_BYTES 32
#define SEK_ENROL_HELLO_BYTES (8 + SEK_ENROL_NONCE_BYTES)

/* --- REQUEST, render host to broker: the members in this order, without gaps --- */
#define SEK_ENROL_POINT_BYTES 64 /* a P-256 public key: x, then y */
#define SEK_ENROL_PROOF_BYTES 32
#define SEK_ENROL_SIGNATURE_BYTES 72 /* longest DER form of an ECDSA P-256 signature */
#define SEK_ENROL_CORE_BYTES (SEK_ENROL_NONCE_BYTES + SEK_ENROL_POINT_BYTES + SEK_ENROL_PROOF_BYTES)
#define SEK_ENROL_REQUEST_BYTES (SEK_ENROL_CORE_BYTES + 1 + SEK_ENROL_SIGNATURE_BYTES)
struct sek_enrol_request {
	uint8_t nonce[SEK_ENROL_NONCE_BYTES];
	uint8_t point[SEK_ENROL_POINT_BYTES];
	uint8_t proof[SEK_ENROL_PROOF_BYTES]; /* sek_enrol_prove */
	uint8_t signature_bytes;              /* 8 to SEK_ENROL_SIGNATURE_BYTES; the rest of the signature is zero */
	uint8_t signature[SEK_ENROL_SIGNATURE_BYTES];
};
void sek_enrol_request_write(const struct sek_enrol_request *r, uint8_t ret[SEK_ENROL_REQUEST_BYTES]);
/* bytes: hostile. SEK_E_MALFORMED. */
sek_status sek_enrol_request_read(const uint8_t bytes[SEK_ENROL_REQUEST_BYTES], struct sek_enrol_request *ret);

/* What the render host signs with its new key, to show that it has it. */
#define SEK_ENROL_SIGNED_BYTES (8 + 2 * SEK_ENROL_NONCE_BYTES + SEK_ENROL_POINT_BYTES)
void sek_enrol_signed(const uint8_t broker_nonce[SEK_ENROL_NONCE_BYTES], const struct sek_enrol_request *r, uint8_t ret[SEK_ENROL_SIGNED_BYTES]);

/* Who knows the code can say this of nonces and key; nobody else can. */
void sek_enrol_prove(const uint8_t code[SEK_ENROL_CODE_BYTES], const uint8_t broker_nonce[SEK_ENROL_NONCE_BYTES],
	const struct sek_enrol_request *r, uint8_t ret[SEK_ENROL_PROOF_BYTES]);
/* SEK_E_DENIED: r->proof is not that. Takes the same time either way. */
sek_status sek_enrol_check(const uint8_t code[SEK_ENROL_CODE_BYTES], const uint8_t broker_nonce[SEK_ENROL_NONCE_BYTES],
	const struct sek_enrol_request *r);

/* --- ANSWER, broker to render host: u32 length of what follows, then four texts (each after its u32 length), sealed by the code --- */
#define SEK_ENROL_TEXT_MAX_BYTES 65536 /* of each */
#define SEK_ENROL_ANSWER_MAX_BYTES (4 * (4 + SEK_ENROL_TEXT_MAX_BYTES) + 16)
struct sek_enrol_answer {
	const char *name, *ca, *crl, *certificate; /* the render host's name; PEM texts */
};
/* *ret: heap, length and all, *ret_n bytes. SEK_E_LIMIT, SEK_E_NOMEM. */
sek_status sek_enrol_seal(const uint8_t code[SEK_ENROL_CODE_BYTES], const uint8_t broker_nonce[SEK_ENROL_NONCE_BYTES],
	const struct sek_enrol_request *r, const struct sek_enrol_answer *a, uint8_t **ret, size_t *ret_n);
/* bytes: what follows the length, n of them (hostile). The texts of *ret point into *ret_memory, which is the caller's. SEK_E_DENIED: not
 * sealed by this code for this exchange. SEK_E_MALFORMED, SEK_E_LIMIT, SEK_E_NOMEM. */
sek_status sek_enrol_open(const uint8_t code[SEK_ENROL_CODE_BYTES], const uint8_t broker_nonce[SEK_ENROL_NONCE_BYTES],
	const struct sek_enrol_request *r, const uint8_t *bytes, size_t n, struct sek_enrol_answer *ret, char **ret_memory);

/* --- DONE, render host to broker: SEK_ENROL_PROOF_BYTES that only who opened the answer can say --- */
void sek_enrol_done(const uint8_t code[SEK_ENROL_CODE_BYTES], const uint8_t broker_nonce[SEK_ENROL_NONCE_BYTES],
	const struct sek_enrol_request *r, uint8_t ret[SEK_ENROL_PROOF_BYTES]);

#endif
