/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Enrolment's code and messages: what people mistype, what another code, another exchange or a changed byte gives.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "protocol/enrol/enrol.h"

static uint8_t code[SEK_ENROL_CODE_BYTES], nonce[SEK_ENROL_NONCE_BYTES];
static struct sek_enrol_request request;
static const struct sek_enrol_answer answer = { "render1.sekisho.internal", "CA", "CRL", "" };

static void setup(void)
{
	ck_assert_int_ge(sodium_init(), 0);
	sek_enrol_code_make(code);
	randombytes_buf(nonce, sizeof nonce);
	randombytes_buf(&request, sizeof request);
	request.signature_bytes = 70;
	request.signature[70] = request.signature[71] = 0;
	sek_enrol_prove(code, nonce, &request, request.proof);
}

START_TEST(code_comes_back)
{
	uint8_t again[SEK_ENROL_CODE_BYTES];
	char text[SEK_ENROL_TEXT_BYTES];

	sek_enrol_code_text(code, text);
	ck_assert_uint_eq(strlen(text), SEK_ENROL_TEXT_BYTES - 1);
	ck_assert_ptr_null(strpbrk(text, "ILOU"));
	ck_assert(sek_is_ok(sek_enrol_code_read(text, again)));
	ck_assert_mem_eq(again, code, sizeof code);
}
END_TEST

START_TEST(code_as_people_type_it)
{
	static const uint8_t fixed[SEK_ENROL_CODE_BYTES] = { 0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf, 0x84, 0x65, 0x3a, 0x56, 0xd7, 0xc6 };
	char text[SEK_ENROL_TEXT_BYTES], typed[200] = "";
	uint8_t again[SEK_ENROL_CODE_BYTES];
	size_t i, n = 0;

	sek_enrol_code_text(fixed, text);
	ck_assert_int_eq(strncmp(text, "0123-4567-89AB-CDEF-GHJK-MNPQ-", 30), 0);
	for (i = 0; text[i]; i++) /* small, without hyphens, o for 0, l for 1 */
		if (text[i] != '-')
			typed[n++] = text[i] == '0' ? 'o' : text[i] == '1' ? 'l' : (char)(text[i] >= 'A' ? text[i] + 32 : text[i]);
	ck_assert(sek_is_ok(sek_enrol_code_read(typed, again)));
	ck_assert_mem_eq(again, fixed, sizeof fixed);
	for (i = 0, n = 0; text[i]; i++) { /* full-width, as an input method gives it */
		unsigned wide = 0xff00u + (unsigned char)text[i] - 0x20u;

		typed[n++] = (char)(0xe0 | wide >> 12);
		typed[n++] = (char)(0x80 | (wide >> 6 & 0x3f));
		typed[n++] = (char)(0x80 | (wide & 0x3f));
	}
	typed[n] = '\0';
	ck_assert(sek_is_ok(sek_enrol_code_read(typed, again)));
	ck_assert_mem_eq(again, fixed, sizeof fixed);
}
END_TEST

START_TEST(code_mistyped)
{
	uint8_t again[SEK_ENROL_CODE_BYTES];
	char text[SEK_ENROL_TEXT_BYTES + 2];
	int wrong = 0, tried = 0;
	size_t i;

	for (i = 0; i < SEK_ENROL_TEXT_BYTES - 1; i++) {
		sek_enrol_code_text(code, text);
		if (text[i] == '-')
			continue;
		text[i] = text[i] == 'Z' ? 'Y' : 'Z';
		tried++;
		wrong += sek_is(sek_enrol_code_read(text, again), SEK_E_DENIED);
	}
	ck_assert_int_eq(tried, 28);
	ck_assert_int_ge(wrong, 27); /* one in 4096 slips through, and then fails at the proof */
	sek_enrol_code_text(code, text);
	text[SEK_ENROL_TEXT_BYTES - 2] = '\0';
	ck_assert(sek_is(sek_enrol_code_read(text, again), SEK_E_MALFORMED));
	sek_enrol_code_text(code, text);
	strcat(text, "0");
	ck_assert(sek_is(sek_enrol_code_read(text, again), SEK_E_MALFORMED));
	sek_enrol_code_text(code, text);
	text[0] = 'U';
	ck_assert(sek_is(sek_enrol_code_read(text, again), SEK_E_MALFORMED));
	ck_assert(sek_is(sek_enrol_code_read("", again), SEK_E_MALFORMED));
	ck_assert(sek_is(sek_enrol_code_read("\xef\xbc", again), SEK_E_MALFORMED));
	ck_assert(sek_is(sek_enrol_code_read("\xe3\x81\x82", again), SEK_E_MALFORMED));
}
END_TEST

START_TEST(request_round_trip)
{
	uint8_t bytes[SEK_ENROL_REQUEST_BYTES];
	struct sek_enrol_request again;

	sek_enrol_request_write(&request, bytes);
	ck_assert(sek_is_ok(sek_enrol_request_read(bytes, &again)));
	ck_assert_mem_eq(&again, &request, sizeof again);
	bytes[SEK_ENROL_REQUEST_BYTES - 1] = 1; /* beyond the signature */
	ck_assert(sek_is(sek_enrol_request_read(bytes, &again), SEK_E_MALFORMED));
	bytes[SEK_ENROL_REQUEST_BYTES - 1] = 0;
	for (unsigned n = 0; n < 256; n++) {
		bytes[SEK_ENROL_CORE_BYTES] = (uint8_t)n;
		if (n < 8 || n > SEK_ENROL_SIGNATURE_BYTES)
			ck_assert(sek_is(sek_enrol_request_read(bytes, &again), SEK_E_MALFORMED));
	}
}
END_TEST

START_TEST(proof_is_of_all)
{
	uint8_t other[SEK_ENROL_CODE_BYTES];
	struct sek_enrol_request r = request;

	ck_assert(sek_is_ok(sek_enrol_check(code, nonce, &r)));
	memcpy(other, code, sizeof other);
	other[3] ^= 1;
	ck_assert(sek_is(sek_enrol_check(other, nonce, &r), SEK_E_DENIED));
	r.point[63] ^= 1; /* somebody in between puts a key of his own */
	ck_assert(sek_is(sek_enrol_check(code, nonce, &r), SEK_E_DENIED));
	r = request;
	r.nonce[0] ^= 1;
	ck_assert(sek_is(sek_enrol_check(code, nonce, &r), SEK_E_DENIED));
	nonce[0] ^= 1; /* an old exchange again */
	ck_assert(sek_is(sek_enrol_check(code, nonce, &request), SEK_E_DENIED));
	nonce[0] ^= 1;
	sek_enrol_done(code, nonce, &request, r.proof); /* one proof is not the other */
	ck_assert(sek_is(sek_enrol_check(code, nonce, &r), SEK_E_DENIED));
}
END_TEST

START_TEST(answer_round_trip)
{
	struct sek_enrol_answer got;
	uint8_t *sealed;
	char *memory;
	size_t n, i;

	ck_assert(sek_is_ok(sek_enrol_seal(code, nonce, &request, &answer, &sealed, &n)));
	ck_assert(sek_is_ok(sek_enrol_open(code, nonce, &request, sealed + 4, n - 4, &got, &memory)));
	ck_assert_str_eq(got.name, answer.name);
	ck_assert_str_eq(got.ca, "CA");
	ck_assert_str_eq(got.crl, "CRL");
	ck_assert_str_eq(got.certificate, "");
	free(memory);
	for (i = 4; i < n; i++) {
		sealed[i] ^= 0x10;
		ck_assert(sek_is(sek_enrol_open(code, nonce, &request, sealed + 4, n - 4, &got, &memory), SEK_E_DENIED));
		sealed[i] ^= 0x10;
	}
	for (i = 0; i < n - 4; i++)
		ck_assert(sek_is(sek_enrol_open(code, nonce, &request, sealed + 4, i, &got, &memory), SEK_E_DENIED));
	ck_assert(sek_is(sek_enrol_open(code, nonce, &request, sealed + 4, SEK_ENROL_ANSWER_MAX_BYTES + 1, &got, &memory), SEK_E_LIMIT));
	code[0] ^= 1;
	ck_assert(sek_is(sek_enrol_open(code, nonce, &request, sealed + 4, n - 4, &got, &memory), SEK_E_DENIED));
	free(sealed);
}
END_TEST

START_TEST(answer_has_limits)
{
	struct sek_enrol_answer a = answer, got;
	char *long_text = malloc(SEK_ENROL_TEXT_MAX_BYTES + 2), *memory;
	uint8_t *sealed;
	size_t n;

	memset(long_text, 'x', SEK_ENROL_TEXT_MAX_BYTES + 1);
	long_text[SEK_ENROL_TEXT_MAX_BYTES + 1] = '\0';
	a.crl = long_text;
	ck_assert(sek_is(sek_enrol_seal(code, nonce, &request, &a, &sealed, &n), SEK_E_LIMIT));
	long_text[SEK_ENROL_TEXT_MAX_BYTES] = '\0';
	ck_assert(sek_is_ok(sek_enrol_seal(code, nonce, &request, &a, &sealed, &n)));
	ck_assert(sek_is_ok(sek_enrol_open(code, nonce, &request, sealed + 4, n - 4, &got, &memory)));
	ck_assert_uint_eq(strlen(got.crl), SEK_ENROL_TEXT_MAX_BYTES);
	free(memory);
	free(sealed);
	free(long_text);
}
END_TEST

static int print_code(void)
{
	char text[SEK_ENROL_TEXT_BYTES];

	if (sodium_init() < 0)
		return EXIT_FAILURE;
	sek_enrol_code_make(code);
	sek_enrol_code_text(code, text);
	return puts(text) < 0;
}

/* "code": prints a fresh one, for setup.py */
int main(int argc, char **argv)
{
	SRunner *r;
	TCase *t;
	Suite *s;
	int failed;

	if (argc == 2 && strcmp(argv[1], "code") == 0)
		return print_code();
	s = suite_create("enrol");
	t = tcase_create("enrol");
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, code_comes_back);
	tcase_add_test(t, code_as_people_type_it);
	tcase_add_test(t, code_mistyped);
	tcase_add_test(t, request_round_trip);
	tcase_add_test(t, proof_is_of_all);
	tcase_add_test(t, answer_round_trip);
	tcase_add_test(t, answer_has_limits);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
