/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The PROXY header of version 2: what HAProxy sends, and everything that is not that.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "broker/hub/door/proxy.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"

static const char v4[] = SIGNATURE "\x21\x11\0\x0c\x0a\x01\x00\x64\x0a\x01\x00\x0a\xc3\x50\x01\xbb";

/* Reads a whole header of n bytes. */
static sek_status read_all(const char *bytes, size_t n, struct sek_proxy *p)
{
	const uint8_t *b = (const uint8_t *)bytes;

	for (size_t i = 1; i <= SEK_PROXY_FIXED_BYTES && i <= n; i++)
		if (!sek_proxy_may_begin(b, i))
			return sek_fail(SEK_E_MALFORMED);
	SEK_TRY(sek_proxy_read_fixed(b, p));
	ck_assert_uint_eq((size_t)SEK_PROXY_FIXED_BYTES + p->rest, n);
	return sek_proxy_read_rest(b + SEK_PROXY_FIXED_BYTES, p);
}

START_TEST(clients)
{
	static const char v6[] = SIGNATURE "\x21\x21\0\x24\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x05\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\xc3\x50\x01\xbb";
	static const char mapped[] = SIGNATURE "\x21\x21\0\x24\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\x01\0\x64\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\xc3\x50\x01\xbb";
	struct sek_proxy p = { 0 };

	ck_assert(sek_is_ok(read_all(v4, sizeof v4 - 1, &p)));
	ck_assert_str_eq(p.address, "10.1.0.100");
	ck_assert_uint_eq(p.port, 50000);
	ck_assert(!p.local);
	ck_assert(sek_is_ok(read_all(v6, sizeof v6 - 1, &p)));
	ck_assert_str_eq(p.address, "fd00::5");
	/* one machine, one address: else throttles could be had twice */
	ck_assert(sek_is_ok(read_all(mapped, sizeof mapped - 1, &p)));
	ck_assert_str_eq(p.address, "10.1.0.100");
}
END_TEST

START_TEST(the_balancer_itself)
{
	static const char plain[] = SIGNATURE "\x20\0\0\0";
	static const char with_rest[] = SIGNATURE "\x20\x77\0\x05\xff\xff\xff\xff\xff"; /* nothing of it counts */
	struct sek_proxy p = { 0 };

	ck_assert(sek_is_ok(read_all(plain, sizeof plain - 1, &p)));
	ck_assert(p.local);
	ck_assert_str_eq(p.address, "");
	ck_assert(sek_is_ok(read_all(with_rest, sizeof with_rest - 1, &p)));
	ck_assert(p.local);
}
END_TEST

/* Every single byte of the fixed part counts; a bit of difference in any of them is another header, or none. */
START_TEST(fixed_parts)
{
	struct sek_proxy p = { 0 };
	char bytes[sizeof v4];

	for (size_t i = 0; i < SEK_PROXY_FIXED_BYTES; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			memcpy(bytes, v4, sizeof v4);
			bytes[i] = (char)(bytes[i] ^ (1 << bit));
			if (i == 12 && bit == 0)
				continue; /* LOCAL */
			if (i >= 14) {
				/* another length: 12 is the least, and what is too long is refused before anything is kept for it */
				unsigned rest = (unsigned char)bytes[14] * 256u + (unsigned char)bytes[15];
				bool good = rest >= 12 && rest <= SEK_PROXY_REST_MAX;

				ck_assert_int_eq(sek_is_ok(sek_proxy_read_fixed((const uint8_t *)bytes, &p)), good);
				continue;
			}
			ck_assert(sek_is(sek_proxy_read_fixed((const uint8_t *)bytes, &p), SEK_E_MALFORMED));
		}
}
END_TEST

START_TEST(beginnings)
{
	static const char *const others[] = { "PROXY TCP4 10.1.0.100 10.1.0.10 50000 443\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x01\x01\x01\x01\x01",
		"GET / HTTP/1.1\r\n", SIGNATURE "\x11" };

	for (size_t i = 0; i < 3; i++)
		ck_assert(!sek_proxy_may_begin((const uint8_t *)others[i], 1));
	ck_assert(!sek_proxy_may_begin((const uint8_t *)SIGNATURE "\x11", 13)); /* version 1 in this form does not exist */
	for (size_t n = 1; n <= 16; n++)
		ck_assert(sek_proxy_may_begin((const uint8_t *)v4, n));
}
END_TEST

START_TEST(rests)
{
	static const struct {
		const char *bytes;
		size_t n;
		bool good;
	} rows[] = {
#define ROW(rest, good) { rest, sizeof rest - 1, good }
		ROW("\x0a\x01\0\x64\x0a\x01\0\x0a\xc3\x50\x01\xbb", true),
		ROW("\x0a\x01\0\x64\x0a\x01\0\x0a\xc3\x50\x01\xbb\x04\0\0", true),             /* NOOP of no length */
		ROW("\x0a\x01\0\x64\x0a\x01\0\x0a\xc3\x50\x01\xbb\x02\0\x03www\xff\0\x01z", true), /* authority; a type that nobody knows */
		ROW("\x0a\x01\0\x64\x0a\x01\0\x0a\xc3\x50\x01\xbb\x02\0\x04www", false),       /* reaches past the end */
		ROW("\x0a\x01\0\x64\x0a\x01\0\x0a\xc3\x50\x01\xbb\x02\xff\xff", false),
		ROW("\x0a\x01\0\x64\x0a\x01\0\x0a\xc3\x50\x01\xbb\x02\0", false),              /* half a length */
		ROW("\x0a\x01\0\x64\x0a\x01\0\x0a\xc3\x50\x01\xbb\x02", false),
		ROW("\0\0\0\0\x0a\x01\0\x0a\xc3\x50\x01\xbb", false),                          /* nobody */
		ROW("\0\x01\x02\x03\x0a\x01\0\x0a\xc3\x50\x01\xbb", false),
		ROW("\xe0\0\0\x01\x0a\x01\0\x0a\xc3\x50\x01\xbb", false),                      /* many */
		ROW("\xff\xff\xff\xff\x0a\x01\0\x0a\xc3\x50\x01\xbb", false),
		ROW("\x7f\0\0\x01\x0a\x01\0\x0a\xc3\x50\x01\xbb", true),
#undef ROW
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sek_proxy p = { .rest = (uint16_t)rows[i].n };

		ck_assert_int_eq(sek_is_ok(sek_proxy_read_rest((const uint8_t *)rows[i].bytes, &p)), rows[i].good);
		ck_assert_int_eq(p.address[0] != '\0', rows[i].good);
		/* and of each every shorter one */
		for (uint16_t n = 0; n < 12; n++) {
			struct sek_proxy shorter = { .rest = n };

			ck_assert(!sek_is_ok(sek_proxy_read_rest((const uint8_t *)rows[i].bytes, &shorter)));
		}
	}
}
END_TEST

START_TEST(rests_of_v6)
{
	uint8_t bytes[36] = { 0 };
	struct sek_proxy p = { .v6 = true, .rest = 36 };

	ck_assert(!sek_is_ok(sek_proxy_read_rest(bytes, &p))); /* :: */
	bytes[0] = 0xff;
	ck_assert(!sek_is_ok(sek_proxy_read_rest(bytes, &p))); /* multicast */
	bytes[0] = 0;
	bytes[10] = bytes[11] = 0xff;
	ck_assert(!sek_is_ok(sek_proxy_read_rest(bytes, &p))); /* ::ffff:0.0.0.0 */
	bytes[12] = 10;
	ck_assert(sek_is_ok(sek_proxy_read_rest(bytes, &p)));
	ck_assert_str_eq(p.address, "10.0.0.0");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("proxy");
	TCase *t = tcase_create("proxy");
	SRunner *r;
	int failed;

	tcase_add_test(t, clients);
	tcase_add_test(t, the_balancer_itself);
	tcase_add_test(t, fixed_parts);
	tcase_add_test(t, beginnings);
	tcase_add_test(t, rests);
	tcase_add_test(t, rests_of_v6);
	suite_add_tcase(suite, t);
	r = srunner_create(suite);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
