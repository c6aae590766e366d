/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Seeds of fuzz_enrol: one good input of each kind.
 */
#include "tests/fuzz/seeds.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "protocol/enrol/enrol.h"

static void put(const char *dir, const char *name, uint8_t kind, const void *bytes, size_t n)
{
	uint8_t *all = malloc(n + 1);

	if (!all)
		exit(1);
	all[0] = kind;
	memcpy(all + 1, bytes, n);
	seed_write(dir, name, all, n + 1);
	free(all);
}

int main(int argc, char **argv)
{
	static const uint8_t code[SEK_ENROL_CODE_BYTES] = { 1 }, nonce[SEK_ENROL_NONCE_BYTES] = { 2 };
	static const struct sek_enrol_answer a = { "render1.sekisho.internal", "CA", "CRL", "CERTIFICATE" };
	static const char answers[] = "# a site\nca: /etc/sekisho-ca\ninner: \"10.1.0.10\"\nfilter: (&(objectClass=person)(uid=%s))\n";
	struct sek_enrol_request r = { .nonce = { 3 }, .signature_bytes = 70 };
	const char *dir = seed_dir(argc, argv);
	uint8_t bytes[SEK_ENROL_REQUEST_BYTES], *sealed;
	char text[SEK_ENROL_TEXT_BYTES];
	size_t n;

	if (sodium_init() < 0)
		return 1;
	sek_enrol_request_write(&r, bytes);
	put(dir, "request", 0, bytes, sizeof bytes);
	r.signature_bytes = 0;
	if (!sek_is_ok(sek_enrol_seal(code, nonce, &r, &a, &sealed, &n)))
		return 1;
	put(dir, "answer", 1, sealed + 4, n - 4);
	free(sealed);
	sek_enrol_code_text(code, text);
	put(dir, "code", 2, text, strlen(text));
	put(dir, "wide", 2, "７Ｋ　3m-OIL", strlen("７Ｋ　3m-OIL"));
	put(dir, "answers", 3, answers, sizeof answers - 1);
	return 0;
}
