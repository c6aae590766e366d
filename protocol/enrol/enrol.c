/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The four messages of an enrolment. Every key is made from the code, a word for its purpose and both nonces, so nothing of one exchange
 * fits another; BLAKE2b as keyed hash and XChaCha20-Poly1305, both libsodium's.
 */
#include "protocol/enrol/enrol.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "protocol/wire/wire.h"

_Static_assert(SEK_ENROL_PROOF_BYTES == crypto_generichash_BYTES, "a proof is a hash");
_Static_assert(sizeof(SEK_ENROL_MAGIC) - 1 == 8, "eight letters");

/* H(code; purpose, nonces, key): 32 bytes that only who knows the code can make. */
static void derive(const uint8_t code[SEK_ENROL_CODE_BYTES], const char *purpose, const uint8_t broker_nonce[SEK_ENROL_NONCE_BYTES],
	const struct sek_enrol_request *r, uint8_t ret[32])
{
	crypto_generichash_state h;
	char word[16] = "";

	memcpy(word, purpose, strlen(purpose)); /* a fixed length, so that no two inputs run together */
	crypto_generichash_init(&h, code, SEK_ENROL_CODE_BYTES, 32);
	crypto_generichash_update(&h, (const uint8_t *)SEK_ENROL_MAGIC, 8);
	crypto_generichash_update(&h, (const uint8_t *)word, sizeof word);
	crypto_generichash_update(&h, broker_nonce, SEK_ENROL_NONCE_BYTES);
	crypto_generichash_update(&h, r->nonce, sizeof r->nonce);
	crypto_generichash_update(&h, r->point, sizeof r->point);
	crypto_generichash_final(&h, ret, 32);
	sodium_memzero(&h, sizeof h);
}

void sek_enrol_request_write(const struct sek_enrol_request *r, uint8_t ret[SEK_ENROL_REQUEST_BYTES])
{
	struct sek_writer w;

	sek_writer_init(&w, ret, SEK_ENROL_REQUEST_BYTES);
	sek_write_bytes(&w, r->nonce, sizeof r->nonce);
	sek_write_bytes(&w, r->point, sizeof r->point);
	sek_write_bytes(&w, r->proof, sizeof r->proof);
	sek_write_u8(&w, r->signature_bytes);
	sek_write_bytes(&w, r->signature, sizeof r->signature);
}

static void copy(const uint8_t **from, uint8_t *to, size_t n)
{
	memcpy(to, *from, n);
	*from += n;
}

sek_status sek_enrol_request_read(const uint8_t bytes[SEK_ENROL_REQUEST_BYTES], struct sek_enrol_request *ret)
{
	struct sek_enrol_request r;
	const uint8_t *p = bytes;
	size_t i;

	copy(&p, r.nonce, sizeof r.nonce);
	copy(&p, r.point, sizeof r.point);
	copy(&p, r.proof, sizeof r.proof);
	copy(&p, &r.signature_bytes, 1);
	copy(&p, r.signature, sizeof r.signature);
	if (r.signature_bytes < 8 || r.signature_bytes > SEK_ENROL_SIGNATURE_BYTES)
		return sek_fail(SEK_E_MALFORMED);
	for (i = r.signature_bytes; i < SEK_ENROL_SIGNATURE_BYTES; i++)
		if (r.signature[i])
			return sek_fail(SEK_E_MALFORMED);
	*ret = r;
	return sek_ok();
}

void sek_enrol_signed(const uint8_t broker_nonce[SEK_ENROL_NONCE_BYTES], const struct sek_enrol_request *r, uint8_t ret[SEK_ENROL_SIGNED_BYTES])
{
	memcpy(ret, SEK_ENROL_MAGIC, 8);
	memcpy(ret + 8, broker_nonce, SEK_ENROL_NONCE_BYTES);
	memcpy(ret + 8 + SEK_ENROL_NONCE_BYTES, r->nonce, SEK_ENROL_NONCE_BYTES);
	memcpy(ret + 8 + 2 * SEK_ENROL_NONCE_BYTES, r->point, SEK_ENROL_POINT_BYTES);
}

void sek_enrol_prove(const uint8_t code[SEK_ENROL_CODE_BYTES], const uint8_t broker_nonce[SEK_ENROL_NONCE_BYTES],
	const struct sek_enrol_request *r, uint8_t ret[SEK_ENROL_PROOF_BYTES])
{
	derive(code, "request", broker_nonce, r, ret);
}

sek_status sek_enrol_check(const uint8_t code[SEK_ENROL_CODE_BYTES], const uint8_t broker_nonce[SEK_ENROL_NONCE_BYTES],
	const struct sek_enrol_request *r)
{
	uint8_t right[SEK_ENROL_PROOF_BYTES];

	sek_enrol_prove(code, broker_nonce, r, right);
	return sodium_memcmp(right, r->proof, sizeof right) == 0 ? sek_ok() : sek_fail(SEK_E_DENIED);
}

void sek_enrol_done(const uint8_t code[SEK_ENROL_CODE_BYTES], const uint8_t broker_nonce[SEK_ENROL_NONCE_BYTES],
	const struct sek_enrol_request *r, uint8_t ret[SEK_ENROL_PROOF_BYTES])
{
	derive(code, "done", broker_nonce, r, ret);
}

/* The key of the answer serves once, so its nonce may be zero. */
static const uint8_t zero[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];

sek_status sek_enrol_seal(const uint8_t code[SEK_ENROL_CODE_BYTES], const uint8_t broker_nonce[SEK_ENROL_NONCE_BYTES],
	const struct sek_enrol_request *r, const struct sek_enrol_answer *a, uint8_t **ret, size_t *ret_n)
{
	const char *const texts[] = { a->name, a->ca, a->crl, a->certificate };
	size_t plain = 0, sealed, i;
	struct sek_writer w;
	uint8_t *out, key[32];

	for (i = 0; i < 4; i++) {
		if (strlen(texts[i]) > SEK_ENROL_TEXT_MAX_BYTES)
			return sek_fail(SEK_E_LIMIT);
		plain += 4 + strlen(texts[i]);
	}
	sealed = plain + crypto_aead_xchacha20poly1305_ietf_ABYTES;
	out = malloc(4 + sealed);
	if (!out)
		return sek_fail(SEK_E_NOMEM);
	sek_writer_init(&w, out, 4 + sealed);
	sek_write_u32(&w, (uint32_t)sealed);
	for (i = 0; i < 4; i++) {
		sek_write_u32(&w, (uint32_t)strlen(texts[i]));
		sek_write_bytes(&w, texts[i], strlen(texts[i]));
	}
	derive(code, "answer", broker_nonce, r, key);
	crypto_aead_xchacha20poly1305_ietf_encrypt(out + 4, NULL, out + 4, plain, NULL, 0, NULL, zero, key);
	sodium_memzero(key, sizeof key);
	*ret = out;
	*ret_n = 4 + sealed;
	return sek_ok();
}

/* Four texts after each other, each terminated, in memory of n + 4 bytes. */
static sek_status take_texts(const uint8_t *plain, size_t n, char *memory, struct sek_enrol_answer *ret)
{
	const char *texts[4];
	struct sek_reader in;
	size_t i;

	sek_reader_init(&in, plain, n);
	for (i = 0; i < 4; i++) {
		const uint8_t *bytes;
		uint32_t length;

		SEK_TRY(sek_read_u32(&in, &length));
		if (length > SEK_ENROL_TEXT_MAX_BYTES)
			return sek_fail(SEK_E_LIMIT);
		SEK_TRY(sek_read_bytes(&in, length, &bytes));
		if (memchr(bytes, 0, length))
			return sek_fail(SEK_E_MALFORMED);
		memcpy(memory, bytes, length);
		memory[length] = '\0';
		texts[i] = memory;
		memory += length + 1;
	}
	SEK_TRY(sek_read_done(&in));
	*ret = (struct sek_enrol_answer){ texts[0], texts[1], texts[2], texts[3] };
	return sek_ok();
}

sek_status sek_enrol_open(const uint8_t code[SEK_ENROL_CODE_BYTES], const uint8_t broker_nonce[SEK_ENROL_NONCE_BYTES],
	const struct sek_enrol_request *r, const uint8_t *bytes, size_t n, struct sek_enrol_answer *ret, char **ret_memory)
{
	uint8_t key[32], *plain;
	unsigned long long got = 0;
	sek_status s = sek_fail(SEK_E_DENIED);
	char *memory;

	if (n > SEK_ENROL_ANSWER_MAX_BYTES)
		return sek_fail(SEK_E_LIMIT);
	plain = malloc(n + 1);
	memory = malloc(n + 4);
	if (!plain || !memory) {
		s = sek_fail(SEK_E_NOMEM);
		goto out;
	}
	derive(code, "answer", broker_nonce, r, key);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, &got, NULL, bytes, n, NULL, 0, zero, key) == 0)
		s = take_texts(plain, (size_t)got, memory, ret);
	sodium_memzero(key, sizeof key);
out:
	free(plain);
	if (sek_is_ok(s))
		*ret_memory = memory;
	else
		free(memory);
	return s;
}
