/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From what a TLS client shows to the name by which an account is found: whatever the bytes, a certificate counts only if the
 * CA has signed it, and a name is one line of text that nobody can mistake for another.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/error.h"
#include "base/utf8.h"
#include "broker/hub/auth/certificate.h"
#include "tests/fuzz/hub/authority.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static char folder[] = "/tmp/sek-fuzz-ca-XXXXXX", ca[64], crl[64];
static const char *const signed_names[] = { "CN=taro", "CN=\xe5\xb1\xb1\xe7\x94\xb0\\, \xe5\xa4\xaa\xe9\x83\x8e" };

static void remove_all(void)
{
	unlink(ca);
	unlink(crl);
	rmdir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	uint8_t der[AUTHORITY_CERTIFICATE_BYTES];
	struct sek_certificate c;
	const char *why;
	size_t n;

	(void)argc, (void)argv;
	SEK_ASSERT(sodium_init() >= 0 && mkdtemp(folder));
	snprintf(ca, sizeof ca, "%s/ca", folder);
	snprintf(crl, sizeof crl, "%s/crl", folder);
	authority_write(ca, crl);
	atexit(remove_all);
	/* or else everything would be refused for a reason that has nothing to do with it */
	n = authority_issue("taro", der);
	SEK_ASSERT(sek_is_ok(sek_certificate_verify(&(struct sek_certificate_config){ ca, crl }, der, n, &c, &why)));
	SEK_ASSERT(strcmp(c.subject, signed_names[0]) == 0);
	/* signed, and yet no name: letters from right to left from here on */
	n = authority_issue("a\xe2\x80\xae" "orat", der);
	SEK_ASSERT(sek_is_ok(sek_certificate_verify(&(struct sek_certificate_config){ ca, crl }, der, n, &c, &why)));
	SEK_ASSERT(c.subject[0] == '\0' && strlen(c.fingerprint) == 64);
	return 0;
}

static void check_names(const struct sek_certificate *c)
{
	const uint8_t *p = (const uint8_t *)c->subject;
	size_t left = strnlen(c->subject, sizeof c->subject), k;
	uint32_t letter;

	SEK_ASSERT(strlen(c->fingerprint) == 64 && strspn(c->fingerprint, "0123456789abcdef") == 64);
	SEK_ASSERT(left < sizeof c->subject);
	for (; left > 0; p += k, left -= k) {
		k = sek_utf8_next(p, left, &letter);
		SEK_ASSERT(k > 0 && !sek_utf8_is_unsafe(letter));
	}
}

static void verify(const uint8_t *data, size_t size)
{
	const struct sek_certificate_config config = { ca, crl };
	struct sek_certificate c;
	const char *why = NULL;
	bool known = false;

	if (!sek_is_ok(sek_certificate_verify(&config, data, size, &c, &why))) {
		SEK_ASSERT(why && *why);
		return;
	}
	check_names(&c);
	for (size_t i = 0; i < sizeof signed_names / sizeof signed_names[0]; i++)
		known |= strcmp(c.subject, signed_names[i]) == 0;
	SEK_ASSERT(known);
}

/* The same bytes as an administrator would paste them. */
static void read_pem(const uint8_t *data, size_t size)
{
	size_t n = sodium_base64_ENCODED_LEN(size, sodium_base64_VARIANT_ORIGINAL), at;
	char *pem = malloc(n + n / 64 + 128), *base64 = malloc(n);
	struct sek_certificate c;

	SEK_ASSERT(pem && base64);
	sodium_bin2base64(base64, n, data, size, sodium_base64_VARIANT_ORIGINAL);
	at = (size_t)sprintf(pem, "-----BEGIN CERTIFICATE-----\n");
	for (size_t i = 0; i < strlen(base64); i += 64)
		at += (size_t)sprintf(pem + at, "%.64s\n", base64 + i);
	sprintf(pem + at, "-----END CERTIFICATE-----\n");
	if (sek_is_ok(sek_certificate_read(pem, &c)))
		check_names(&c);
	free(base64);
	free(pem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > SEK_CERTIFICATE_MAX_BYTES + 16)
		return 0;
	verify(data, size);
	read_pem(data, size);
	return 0;
}
