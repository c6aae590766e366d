/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The form of the log's bytes: one line a record, each with the hash of everything before it; signatures over that hash.
 * Pure functions, shared by the writer and by sekisho-audit-verify. docs/audit.md is the specification.
 *
 *   {"seq":7,"time":"2026-01-02T03:04:05.678901Z","mono_ms":123,"where":"broker1","who":"taro","what":"login.ok",
 *    "object":"","outcome":"ok","details":{"address":"192.0.2.7"},"hash":"64 hex digits"}\n      (all on one line)
 *
 *   hash(n) = SHA-256(hash(n-1) || the line's bytes before `,"hash":"`), hash(0) = 32 zero bytes
 */
#ifndef SEK_BROKER_HUB_AUDIT_CHAIN_H
#define SEK_BROKER_HUB_AUDIT_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hex.h"
#include "base/status.h"
#include "broker/hub/keys/sign.h"

#define SEK_AUDIT_HASH_BYTES 32
#define SEK_AUDIT_HEX_BYTES 65
#define SEK_AUDIT_KEY_BYTES SEK_SIGN_KEY_BYTES
#define SEK_AUDIT_SIGNATURE_BYTES SEK_SIGN_SIGNATURE_BYTES
#define SEK_AUDIT_LINE_MAX_BYTES (1024u * 1024)
#define SEK_AUDIT_TAIL_BYTES 75       /* `,"hash":"` 64 digits `"}` */
#define SEK_AUDIT_HEAD_BYTES 256      /* of the head file, exactly */
#define SEK_AUDIT_SEGMENT_NAME "audit-%08u.log"

struct sek_audit_point {
	uint64_t seq;                      /* 0 = before the first record */
	uint8_t hash[SEK_AUDIT_HASH_BYTES];
};

/* hash of the record whose text (before its tail) is n bytes long. */
void sek_audit_hash(const uint8_t prev[SEK_AUDIT_HASH_BYTES], const char *text, size_t n, uint8_t ret[SEK_AUDIT_HASH_BYTES]);

/* Writes the whole line of the record after `p` into ret (room for n + 128 bytes): body is what stands between the sequence
 * number and the hash. Moves p to the new record. Returns the line's length with its end. */
size_t sek_audit_line_write(struct sek_audit_point *p, const char *body, size_t n, char *ret);

/* Reads a line of n bytes (hostile; without its end): the number and the hash that it states and the length of what the
 * hash covers. SEK_E_MALFORMED: no such line can have been written by us. */
sek_status sek_audit_line_read(const char *line, size_t n, struct sek_audit_point *ret, size_t *ret_text_n);

/* What a signature of a checkpoint or of the head says: the chain up to p is the signer's. */
enum sek_audit_signed { SEK_AUDIT_CHECKPOINT, SEK_AUDIT_HEAD };
void sek_audit_sign(const struct sek_sign_key *k, enum sek_audit_signed what, const struct sek_audit_point *p,
	uint8_t ret[SEK_AUDIT_SIGNATURE_BYTES]);
bool sek_audit_signature_ok(const uint8_t key[SEK_AUDIT_KEY_BYTES], enum sek_audit_signed what,
	const struct sek_audit_point *p, const uint8_t signature[SEK_AUDIT_SIGNATURE_BYTES]);

/* The old key's word, in the record after p, that from there on another key signs. */
void sek_audit_sign_key(const struct sek_sign_key *old, const struct sek_audit_point *p, const uint8_t key[SEK_AUDIT_KEY_BYTES],
	uint8_t ret[SEK_AUDIT_SIGNATURE_BYTES]);
bool sek_audit_key_ok(const uint8_t old[SEK_AUDIT_KEY_BYTES], const struct sek_audit_point *p, const uint8_t key[SEK_AUDIT_KEY_BYTES],
	const uint8_t signature[SEK_AUDIT_SIGNATURE_BYTES]);

/* The head file: the newest record, signed. */
void sek_audit_head_write(const struct sek_sign_key *k, const struct sek_audit_point *p, char ret[SEK_AUDIT_HEAD_BYTES]);
/* n hostile bytes. SEK_E_MALFORMED; SEK_E_CRYPTO: the signature is not this key's. */
sek_status sek_audit_head_read(const uint8_t key[SEK_AUDIT_KEY_BYTES], const char *text, size_t n,
	struct sek_audit_point *ret);

#endif
