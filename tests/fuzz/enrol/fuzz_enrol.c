/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Everything of an enrolment that somebody else wrote: the request, what was in a sealed answer, a typed code, an answers file. The first
 * byte chooses. What is taken is written again and must come out the same.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/setup/setup.h"
#include "protocol/enrol/enrol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const uint8_t code[SEK_ENROL_CODE_BYTES] = { 1 }, nonce[SEK_ENROL_NONCE_BYTES] = { 2 };
static const struct sek_enrol_request whose = { .nonce = { 3 } };

static void request(const uint8_t *data, size_t n)
{
	uint8_t bytes[SEK_ENROL_REQUEST_BYTES] = { 0 }, again[SEK_ENROL_REQUEST_BYTES];
	struct sek_enrol_request r;

	memcpy(bytes, data, n < sizeof bytes ? n : sizeof bytes);
	if (!sek_is_ok(sek_enrol_request_read(bytes, &r)))
		return;
	sek_enrol_request_write(&r, again);
	if (memcmp(bytes, again, sizeof again) != 0)
		abort();
}

/* Nobody can seal what he likes; whoever knows the code can, so the texts inside are looked at as hostile ones, too. */
static void answer(const uint8_t *data, size_t n)
{
	struct sek_enrol_answer a;
	char *memory = NULL;

	if (sek_is_ok(sek_enrol_open(code, nonce, &whose, data, n, &a, &memory))) {
		uint8_t *sealed = NULL;
		size_t sealed_n = 0;

		if (!sek_is_ok(sek_enrol_seal(code, nonce, &whose, &a, &sealed, &sealed_n)) || sealed_n != n + 4 || memcmp(sealed + 4, data, n) != 0)
			abort();
		free(sealed);
		free(memory);
	}
}

static void typed(const char *text)
{
	uint8_t got[SEK_ENROL_CODE_BYTES], again[SEK_ENROL_CODE_BYTES];
	char letters[SEK_ENROL_TEXT_BYTES];

	if (!sek_is_ok(sek_enrol_code_read(text, got)))
		return;
	sek_enrol_code_text(got, letters);
	if (!sek_is_ok(sek_enrol_code_read(letters, again)) || memcmp(got, again, sizeof got) != 0)
		abort();
}

static void answers(const char *text)
{
	struct sek_answers a, b;
	size_t line;
	char *out;

	if (!sek_is_ok(sek_answers_parse(text, &a, &line)))
		return;
	out = sek_answers_text(&a, "# heading\n");
	if (out && sek_is_ok(sek_answers_parse(out, &b, &line))) {
		if (a.n != b.n)
			abort();
		sek_answers_finish(&b);
	}
	free(out);
	sek_answers_finish(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text;

	if (n == 0 || sodium_init() < 0)
		return 0;
	text = malloc(n);
	if (!text)
		return 0;
	memcpy(text, data + 1, n - 1);
	text[n - 1] = '\0';
	switch (data[0] & 3) {
	case 0: request(data + 1, n - 1); break;
	case 1: answer(data + 1, n - 1); break;
	case 2: typed(text); break;
	default: answers(text);
	}
	free(text);
	return 0;
}
