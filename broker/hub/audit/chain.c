/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Lines, hashes and signatures of the log. Must never accept a line that the writer could not have written byte for byte.
 */
#include "broker/hub/audit/chain.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

static const char tail_mark[] = ",\"hash\":\"";

void sek_audit_hash(const uint8_t prev[SEK_AUDIT_HASH_BYTES], const char *text, size_t n, uint8_t ret[SEK_AUDIT_HASH_BYTES])
{
	crypto_hash_sha256_state s;

	crypto_hash_sha256_init(&s);
	crypto_hash_sha256_update(&s, prev, SEK_AUDIT_HASH_BYTES);
	crypto_hash_sha256_update(&s, (const unsigned char *)text, n);
	crypto_hash_sha256_final(&s, ret);
}

size_t sek_audit_line_write(struct sek_audit_point *p, const char *body, size_t n, char *ret)
{
	char hex[SEK_AUDIT_HEX_BYTES];
	size_t at = (size_t)sprintf(ret, "{\"seq\":%llu,", (unsigned long long)++p->seq);

	memcpy(ret + at, body, n);
	at += n;
	sek_audit_hash(p->hash, ret, at, p->hash);
	sek_hex(p->hash, sizeof p->hash, hex);
	return at + (size_t)sprintf(ret + at, "%s%s\"}\n", tail_mark, hex);
}

sek_status sek_audit_line_read(const char *line, size_t n, struct sek_audit_point *ret, size_t *ret_text_n)
{
	static const char begin[] = "{\"seq\":";
	size_t at = sizeof begin - 1, text_n;
	struct sek_audit_point p = { .seq = 0 };

	if (n < at + 3 + SEK_AUDIT_TAIL_BYTES || n >= SEK_AUDIT_LINE_MAX_BYTES || memcmp(line, begin, at) != 0)
		return sek_fail(SEK_E_MALFORMED);
	/* no sign, no leading zero, at most 18 digits */
	if (line[at] < '1' || line[at] > '9')
		return sek_fail(SEK_E_MALFORMED);
	for (; line[at] >= '0' && line[at] <= '9'; at++) {
		if (at >= sizeof begin - 1 + 18)
			return sek_fail(SEK_E_MALFORMED);
		p.seq = p.seq * 10 + (uint64_t)(line[at] - '0');
	}
	text_n = n - SEK_AUDIT_TAIL_BYTES;
	if (line[at] != ',' || at >= text_n || memcmp(line + text_n, tail_mark, sizeof tail_mark - 1) != 0 ||
			!sek_unhex(line + text_n + sizeof tail_mark - 1, 64, p.hash, sizeof p.hash) ||
			line[n - 2] != '"' || line[n - 1] != '}')
		return sek_fail(SEK_E_MALFORMED);
	*ret = p;
	*ret_text_n = text_n;
	return sek_ok();
}

/* The text that is signed; its first words keep a signature from meaning anything else. Returns its length. */
static size_t statement(enum sek_audit_signed what, const struct sek_audit_point *p, uint8_t ret[128])
{
	int n = sprintf((char *)ret, "sekisho audit %s 1\n%llu\n", what == SEK_AUDIT_HEAD ? "head" : "checkpoint",
		(unsigned long long)p->seq);

	memcpy(ret + n, p->hash, sizeof p->hash);
	return (size_t)n + sizeof p->hash;
}

void sek_audit_sign(const struct sek_sign_key *k, enum sek_audit_signed what, const struct sek_audit_point *p,
	uint8_t ret[SEK_AUDIT_SIGNATURE_BYTES])
{
	uint8_t text[128];

	crypto_sign_detached(ret, NULL, text, statement(what, p, text), k->secret);
}

bool sek_audit_signature_ok(const uint8_t key[SEK_AUDIT_KEY_BYTES], enum sek_audit_signed what,
	const struct sek_audit_point *p, const uint8_t signature[SEK_AUDIT_SIGNATURE_BYTES])
{
	uint8_t text[128];

	return crypto_sign_verify_detached(signature, text, statement(what, p, text), key) == 0;
}

enum { KEY_STATEMENT_BYTES = 160 };

static size_t key_statement(const struct sek_audit_point *p, const uint8_t key[SEK_AUDIT_KEY_BYTES], uint8_t ret[KEY_STATEMENT_BYTES])
{
	int n = sprintf((char *)ret, "sekisho audit key 1\n%llu\n", (unsigned long long)p->seq);

	memcpy(ret + n, p->hash, sizeof p->hash);
	memcpy(ret + n + sizeof p->hash, key, SEK_AUDIT_KEY_BYTES);
	return (size_t)n + sizeof p->hash + SEK_AUDIT_KEY_BYTES;
}

void sek_audit_sign_key(const struct sek_sign_key *old, const struct sek_audit_point *p, const uint8_t key[SEK_AUDIT_KEY_BYTES],
	uint8_t ret[SEK_AUDIT_SIGNATURE_BYTES])
{
	uint8_t text[KEY_STATEMENT_BYTES];

	crypto_sign_detached(ret, NULL, text, key_statement(p, key, text), old->secret);
}

bool sek_audit_key_ok(const uint8_t old[SEK_AUDIT_KEY_BYTES], const struct sek_audit_point *p, const uint8_t key[SEK_AUDIT_KEY_BYTES],
	const uint8_t signature[SEK_AUDIT_SIGNATURE_BYTES])
{
	uint8_t text[KEY_STATEMENT_BYTES];

	return crypto_sign_verify_detached(signature, text, key_statement(p, key, text), old) == 0;
}

void sek_audit_head_write(const struct sek_sign_key *k, const struct sek_audit_point *p, char ret[SEK_AUDIT_HEAD_BYTES])
{
	char hash[SEK_AUDIT_HEX_BYTES], signature[2 * SEK_AUDIT_SIGNATURE_BYTES + 1];
	uint8_t raw[SEK_AUDIT_SIGNATURE_BYTES];
	char line[SEK_AUDIT_HEAD_BYTES + 64];
	int n;

	sek_audit_sign(k, SEK_AUDIT_HEAD, p, raw);
	sek_hex(raw, sizeof raw, signature);
	sek_hex(p->hash, sizeof p->hash, hash);
	n = snprintf(line, sizeof line, "%llu %s %s", (unsigned long long)p->seq, hash, signature);
	memset(ret, ' ', SEK_AUDIT_HEAD_BYTES);
	memcpy(ret, line, (size_t)n);
	ret[SEK_AUDIT_HEAD_BYTES - 1] = '\n';
}

sek_status sek_audit_head_read(const uint8_t key[SEK_AUDIT_KEY_BYTES], const char *text, size_t n,
	struct sek_audit_point *ret)
{
	uint8_t signature[SEK_AUDIT_SIGNATURE_BYTES];
	struct sek_audit_point p = { .seq = 0 };
	size_t at = 0;

	if (n != SEK_AUDIT_HEAD_BYTES)
		return sek_fail(SEK_E_MALFORMED);
	for (; at < 19 && text[at] >= '0' && text[at] <= '9'; at++)
		p.seq = p.seq * 10 + (uint64_t)(text[at] - '0');
	if (at == 0 || at == 19 || text[at] != ' ' || !sek_unhex(text + at + 1, 64, p.hash, sizeof p.hash) ||
			text[at + 65] != ' ' || !sek_unhex(text + at + 66, 128, signature, sizeof signature))
		return sek_fail(SEK_E_MALFORMED);
	for (at += 66 + 128; at < SEK_AUDIT_HEAD_BYTES - 1; at++)
		if (text[at] != ' ')
			return sek_fail(SEK_E_MALFORMED);
	if (text[at] != '\n')
		return sek_fail(SEK_E_MALFORMED);
	if (!sek_audit_signature_ok(key, SEK_AUDIT_HEAD, &p, signature))
		return sek_fail(SEK_E_CRYPTO);
	*ret = p;
	return sek_ok();
}
