/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The bytes of a line, of a signature and of the head file.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "rig.h"

static const char body[] = "\"who\":\"taro\",\"details\":{}";

static size_t line(struct sek_audit_point *p, char *ret)
{
	return sek_audit_line_write(p, body, sizeof body - 1, ret);
}

static void make_key(struct sek_sign_key *k)
{
	ck_assert_int_ge(sodium_init(), 0);
	crypto_sign_keypair(k->public_key, k->secret);
}

START_TEST(round_trip)
{
	struct sek_audit_point p = { .seq = 41 }, back;
	uint8_t zero[32] = { 0 }, hash[32];
	char text[512];
	size_t n = line(&p, text), text_n = 0;

	ck_assert_int_eq(text[n - 1], '\n');
	ck_assert(sek_is_ok(sek_audit_line_read(text, n - 1, &back, &text_n)));
	ck_assert_uint_eq(back.seq, 42);
	ck_assert_mem_eq(back.hash, p.hash, 32);
	sek_audit_hash(zero, text, text_n, hash);
	ck_assert_mem_eq(hash, p.hash, 32);
	ck_assert_int_eq(strncmp(text, "{\"seq\":42,\"who\":\"taro\"", 22), 0);
}
END_TEST

START_TEST(prefixes_and_trailing_bytes_are_refused)
{
	struct sek_audit_point p = { .seq = 0 }, back;
	char text[512];
	size_t n = line(&p, text) - 1, i, text_n;

	for (i = 0; i < n; i++)
		ck_assert(!sek_is_ok(sek_audit_line_read(text, i, &back, &text_n)));
	ck_assert(!sek_is_ok(sek_audit_line_read(text, n + 1, &back, &text_n)));
}
END_TEST

/* Any changed bit makes a line that is refused or has another hash. */
START_TEST(bit_flips)
{
	struct sek_audit_point p = { .seq = 6 }, back;
	uint8_t zero[32] = { 0 }, hash[32];
	char text[512];
	size_t n = line(&p, text) - 1, i, text_n;

	for (i = 0; i < n * 8; i++) {
		text[i / 8] = (char)(text[i / 8] ^ (1 << i % 8));
		if (sek_is_ok(sek_audit_line_read(text, n, &back, &text_n))) {
			sek_audit_hash(zero, text, text_n, hash);
			ck_assert_mem_ne(hash, back.hash, 32);
		}
		text[i / 8] = (char)(text[i / 8] ^ (1 << i % 8));
	}
}
END_TEST

static const char *const numbers[] = { "0", "01", "-1", "+1", "", " 1", "1000000000000000000", "1e3", "\xef\xbc\x91" };

START_TEST(odd_numbers)
{
	struct sek_audit_point back;
	char text[512];
	size_t text_n;
	int n = snprintf(text, sizeof text, "{\"seq\":%s,\"x\":1,\"hash\":\"%064d\"}", numbers[_i], 0);

	ck_assert(!sek_is_ok(sek_audit_line_read(text, (size_t)n, &back, &text_n)));
}
END_TEST

START_TEST(signatures)
{
	struct sek_sign_key k, other;
	struct sek_audit_point p = { .seq = 7 };
	uint8_t s[SEK_AUDIT_SIGNATURE_BYTES];

	make_key(&k);
	make_key(&other);
	sek_audit_sign(&k, SEK_AUDIT_CHECKPOINT, &p, s);
	ck_assert(sek_audit_signature_ok(k.public_key, SEK_AUDIT_CHECKPOINT, &p, s));
	ck_assert(!sek_audit_signature_ok(other.public_key, SEK_AUDIT_CHECKPOINT, &p, s));
	/* one kind is never taken for the other */
	ck_assert(!sek_audit_signature_ok(k.public_key, SEK_AUDIT_HEAD, &p, s));
	p.seq++;
	ck_assert(!sek_audit_signature_ok(k.public_key, SEK_AUDIT_CHECKPOINT, &p, s));
	p.seq--;
	p.hash[31] ^= 1;
	ck_assert(!sek_audit_signature_ok(k.public_key, SEK_AUDIT_CHECKPOINT, &p, s));
}
END_TEST

START_TEST(head)
{
	struct sek_sign_key k;
	struct sek_audit_point p = { .seq = 123456789012345678, .hash = { 1, 2, 3 } }, back;
	char text[SEK_AUDIT_HEAD_BYTES];
	size_t i;

	make_key(&k);
	sek_audit_head_write(&k, &p, text);
	ck_assert(sek_is_ok(sek_audit_head_read(k.public_key, text, sizeof text, &back)));
	ck_assert_uint_eq(back.seq, p.seq);
	ck_assert_mem_eq(back.hash, p.hash, 32);
	for (i = 0; i < sizeof text; i++)
		ck_assert(!sek_is_ok(sek_audit_head_read(k.public_key, text, i, &back)));
	for (i = 0; i < sizeof text * 8; i++) {
		text[i / 8] = (char)(text[i / 8] ^ (1 << i % 8));
		ck_assert(!sek_is_ok(sek_audit_head_read(k.public_key, text, sizeof text, &back)));
		text[i / 8] = (char)(text[i / 8] ^ (1 << i % 8));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("audit chain");
	TCase *t = tcase_create("chain");

	tcase_add_test(t, round_trip);
	tcase_add_test(t, prefixes_and_trailing_bytes_are_refused);
	tcase_add_test(t, bit_flips);
	tcase_add_loop_test(t, odd_numbers, 0, (int)(sizeof numbers / sizeof numbers[0]));
	tcase_add_test(t, signatures);
	tcase_add_test(t, head);
	suite_add_tcase(s, t);
	return rig_run(s);
}
