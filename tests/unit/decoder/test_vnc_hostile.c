/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * VNC servers that attack: each known class of attack on VNC clients, and random ones. The decoder refuses or dies, with an end that the broker
 * has a state for; what it leaves in the gap is a picture inside its bounds.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/decoder/rfb_server.h"

/* Somebody's certificate: there must be one to trust, and no server here shows it. */
#define TRUST \
	"-----BEGIN CERTIFICATE-----\n" \
	"MIIBijCCAS+gAwIBAgIUfUmVltExOVkFhUsZpMOeZlFGIjAwCgYIKoZIzj0EAwIw\n" \
	"GTEXMBUGA1UEAwwObm9ib2R5LmV4YW1wbGUwIBcNMjYxMTIzMTcxNDA3WhgPMjEy\n" \
	"NjEwMzAxNzE0MDdaMBkxFzAVBgNVBAMMDm5vYm9keS5leGFtcGxlMFkwEwYHKoZI\n" \
	"zj0CAQYIKoZIzj0DAQcDQgAEFSf4mRKW5LWaaDowAf5ODbWoY0PfbRXUl+Ew19u8\n" \
	"INrj+OuAl5kx+FSu9JjoE8EZZQUFTu23jC3fsDBrzthFLKNTMFEwHQYDVR0OBBYE\n" \
	"FNqExsWU3vJbHbDDPtIv6MlXI2xVMB8GA1UdIwQYMBaAFNqExsWU3vJbHbDDPtIv\n" \
	"6MlXI2xVMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhANextJwB\n" \
	"wO4IGrr7ur8l/iioMx/o22G0kIta6AWGHiGPAiEAt1Sfq2KdxU5x6bHl9PX/YxAz\n" \
	"V2TATdEexDTknRaCq6E=\n" \
	"-----END CERTIFICATE-----\n"

enum { SEEDS = 60 };

struct rect {
	uint16_t x, y, w, h;
	int32_t encoding;
};

static size_t head(uint8_t *to, const struct rect *r)
{
	const uint16_t v[4] = { r->x, r->y, r->w, r->h };

	memset(to, 0, 4);
	to[3] = 1; /* one rectangle */
	for (int i = 0; i < 4; i++) {
		to[4 + 2 * i] = (uint8_t)(v[i] >> 8);
		to[5 + 2 * i] = (uint8_t)v[i];
	}
	for (int i = 0; i < 4; i++)
		to[12 + i] = (uint8_t)((uint32_t)r->encoding >> (24 - 8 * i));
	return 16;
}

enum { RAW = 0, COPY = 1, RRE = 2, CORRE = 4, HEXTILE = 5, ZLIB = 6, TIGHT = 7, ULTRA = 9, ZRLE = 16, RICH_CURSOR = -239, X_CURSOR = -240,
	NEW_SIZE = -223, EXTENDED_SIZE = -308, ULTRA_ZIP = (int32_t)0xffff0009, SUPPORTED_MESSAGES = (int32_t)0xfffe0001,
	SUPPORTED_ENCODINGS = (int32_t)0xfffe0002, IDENTITY = (int32_t)0xfffe0003 };

#define FF "\xff\xff\xff\xff"
/* code: exactly that end; 0: any end will do, since what the library makes of it is its own affair */
static const struct {
	struct rect r;
	const char *more;
	size_t n;
	int code;
} pictures[] = {
	{ { 600, 0, 100, 10, RAW }, "", 0, SEK_EXIT_PROTOCOL },          /* beyond the right edge */
	{ { 0, 470, 10, 11, RAW }, "", 0, SEK_EXIT_PROTOCOL },           /* beyond the lower edge */
	{ { 65535, 65535, 65535, 65535, RAW }, "", 0, SEK_EXIT_PROTOCOL }, /* sums that wrap in 16 bits */
	{ { 0, 0, 10, 10, COPY }, FF, 4, 0 },                            /* from outside */
	{ { 600, 0, 2049, 10, TIGHT }, "\x40\x02\xff\xff\x7f", 5, SEK_EXIT_PROTOCOL }, /* CVE-2026-50538 */
	{ { 0, 0, 640, 480, TIGHT }, "\x40\x02\xff\xff\x7f", 5, 0 },     /* CVE-2026-44988: a gradient, longer than it can be */
	{ { 0, 0, 640, 480, TIGHT }, "\x90\xff\xff\x7f", 4, 0 },         /* a JPEG of 4 MiB that never comes */
	{ { 65535, 0, 4, 0, ULTRA_ZIP }, "\0\0\0\4", 4, 0 },             /* CVE-2026-32853: more rectangles than bytes */
	{ { 0, 0, 640, 480, ULTRA }, FF, 4, 0 },
	{ { 0, 0, 640, 480, ZLIB }, FF, 4, 0 },
	{ { 0, 0, 640, 480, ZRLE }, FF, 4, 0 },
	{ { 0, 0, 64, 64, ZRLE }, "\0\0\0\4abcd", 8, SEK_EXIT_PROTOCOL }, /* not deflated at all */
	{ { 0, 0, 10, 10, RRE }, "\x20\0\0\1", 4, 0 },                   /* CVE-2018-20020: a count times eight wraps */
	{ { 0, 0, 10, 10, CORRE }, "\x20\0\0\1", 4, 0 },
	{ { 0, 0, 16, 16, HEXTILE }, "\x08\xff\xff\xff", 4, 0 },         /* 255 rectangles, each beyond its tile */
	{ { 0, 0, 65535, 65535, RICH_CURSOR }, "", 0, 0 },
	{ { 60000, 60000, 65535, 1, X_CURSOR }, "", 0, 0 },
	{ { 0, 0, 65535, 65535, NEW_SIZE }, "", 0, SEK_EXIT_SIZE },
	{ { 0, 0, 0, 0, NEW_SIZE }, "", 0, SEK_EXIT_SIZE },
	{ { 0, 0, 1281, 480, NEW_SIZE }, "", 0, SEK_EXIT_SIZE },
	{ { 0, 0, 65535, 65535, EXTENDED_SIZE }, "\1\0\0\0\0\0\0\1\0\0\0\0\xff\xff\xff\xff\0\0\0\0", 20, SEK_EXIT_SIZE },
	{ { 0, 0, 100, 100, EXTENDED_SIZE }, "\xff\0\0\0", 4, 0 },       /* 255 screens that never come */
	{ { 0, 0, 65535, 1, SUPPORTED_MESSAGES }, "", 0, 0 },
	{ { 0, 0, 65535, 65535, SUPPORTED_ENCODINGS }, "", 0, 0 },
	{ { 0, 0, 65535, 0, IDENTITY }, "", 0, 0 },
};

START_TEST(a_picture_that_attacks)
{
	uint8_t bytes[64];
	struct rfb_server s;
	struct test_end e;
	size_t n;

	rfb_start(&s, SEK_DECODER_VNC, true, NULL);
	ck_assert(rfb_greet(&s, RFB_WIDTH, RFB_HEIGHT, 3));
	n = head(bytes, &pictures[_i].r);
	memcpy(bytes + n, pictures[_i].more, pictures[_i].n);
	(void)rfb_write(&s, bytes, n + pictures[_i].n);
	ck_assert_uint_le(outside_header(&s.o).width_px, 1280);
	ck_assert_uint_le(outside_header(&s.o).height_px, 800);
	if (pictures[_i].code) { /* before anybody hangs up */
		e = outside_end(&s.o);
		close(s.fd);
		ck_assert_msg(e.code == pictures[_i].code, "it left with %d, signal %d", e.code, e.signal);
		return;
	}
	e = rfb_end(&s);
	ck_assert_msg(rfb_is_an_end(e), "it left with %d, signal %d", e.code, e.signal);
}
END_TEST

static const struct {
	const char *bytes;
	size_t n;
} messages[] = {
	{ "\x03\0\0\0\x7f\xff\xff\xff", 8 },             /* cut text of 2 GiB */
	{ "\x03\0\0\0\x80\0\0\0", 8 },                   /* the length that is its own negative */
	{ "\x03\0\0\0\x80\0\0\1", 8 },
	{ "\1\0\0\0\xff\xff", 6 },                       /* a colour map: nobody asked for one */
	{ "\4\0\0\0\0\0\0\0", 8 }, { "\7\0\0\0\0\0\0\0", 8 }, /* sizes by Palm, files by UltraVNC */
	{ "\x0b\0\0\0\xff\xff\xff\xff", 8 },             /* chat of 4 GiB: CVE-2020-14405 */
	{ "\xf8\0\0\0\x80\0\0\1\x41", 9 },             /* a fence of 65 bytes */
	{ "\x97\0", 2 }, { "\xf9\0", 2 }, { "\xfa\0\0\1", 4 }, { "\xff\0", 2 },
};

START_TEST(a_message_that_is_not_taken)
{
	struct rfb_server s;

	rfb_start(&s, SEK_DECODER_VNC, true, NULL);
	ck_assert(rfb_greet(&s, RFB_WIDTH, RFB_HEIGHT, 3));
	ck_assert(rfb_write(&s, messages[_i].bytes, messages[_i].n));
	ck_assert_int_eq(outside_end(&s.o).code, SEK_EXIT_PROTOCOL); /* before anybody hangs up */
	close(s.fd);
}
END_TEST

static const struct {
	uint16_t width, height;
	uint32_t name;
	int code;
} sizes[] = {
	{ 65535, 65535, 0, SEK_EXIT_SIZE }, { 0, 0, 0, SEK_EXIT_SIZE }, { 1281, 480, 0, SEK_EXIT_SIZE }, { 640, 480, 0xffffffff, SEK_EXIT_PROTOCOL },
	{ 640, 480, 65537, SEK_EXIT_PROTOCOL },
};

START_TEST(a_size_that_does_not_fit)
{
	struct rfb_server s;

	rfb_start(&s, SEK_DECODER_VNC, true, NULL);
	(void)rfb_greet(&s, sizes[_i].width, sizes[_i].height, sizes[_i].name);
	ck_assert_int_eq(outside_end(&s.o).code, sizes[_i].code);
	close(s.fd);
}
END_TEST

static const struct {
	const char *bytes;
	size_t n;
	int code;
} greetings[] = {
	{ "HTTP/1.1 200", 12, SEK_EXIT_PROTOCOL }, { "RFB 003.003\n", 12, SEK_EXIT_PROTOCOL }, { "RFB 004.000\n", 12, SEK_EXIT_PROTOCOL },
	{ "RFB 003.008\n\0\0\0\0\7refused", 24, SEK_EXIT_REFUSED },
	{ "RFB 003.008\n\2\1\2", 15, SEK_EXIT_TLS },                     /* nothing with a certificate */
	{ "RFB 003.008\n\1\x13\0\1", 16, SEK_EXIT_TLS },                 /* VeNCrypt 0.1 */
	{ "RFB 003.008\n\1\x13\0\2\0\0", 18, SEK_EXIT_TLS },             /* no kind at all */
	{ "RFB 003.008\n\1\x13\0\2\0\1\0\0\1\1", 22, SEK_EXIT_TLS },     /* TLSNone: encrypted for whomever */
	{ "RFB 003.008\n\1\x13\0\2\0\1\0\0\1\4\1this is not TLS", 38, SEK_EXIT_TLS },
};

START_TEST(a_greeting_that_is_refused)
{
	struct rfb_server s;

	rfb_start(&s, SEK_DECODER_VNC, false, TRUST);
	ck_assert(rfb_write(&s, greetings[_i].bytes, greetings[_i].n));
	ck_assert_int_eq(outside_end(&s.o).code, greetings[_i].code);
	close(s.fd);
}
END_TEST

/* What the decoder sends after the list of encodings. */
static void hears(struct rfb_server *s, const char *bytes, size_t n)
{
	uint8_t got[96];

	ck_assert_uint_le(n, sizeof got);
	ck_assert_int_eq(recv(s->fd, got, n, MSG_WAITALL), (ssize_t)n);
	ck_assert_mem_eq(got, bytes, n);
}

#define AREA "\0\0\0\0\x02\x80\x01\xe0" /* of 640 by 480 */
#define ONE_PIXEL "\0\0\0\1\0\0\0\0\0\1\0\1\0\0\0\0abcd"

START_TEST(each_message_is_answered_by_one)
{
	struct rfb_server s;
	uint8_t b[256];
	size_t n;

	rfb_start(&s, SEK_DECODER_VNC, true, NULL);
	ck_assert(rfb_greet(&s, RFB_WIDTH, RFB_HEIGHT, 3));
	ck_assert_int_eq(recv(s.fd, b, 24, MSG_WAITALL), 24); /* the format, and how many encodings */
	n = b[23] * 4u;
	ck_assert_uint_le(n, sizeof b);
	ck_assert_int_eq(recv(s.fd, b, n, MSG_WAITALL), (ssize_t)n);
	hears(&s, "\x03\0" AREA, 10);
	ck_assert(rfb_write(&s, ONE_PIXEL, 20));
	hears(&s, "\x03\1" AREA, 10);
	/* a fence that asks comes back without what nobody knows; one that answers, or asks nothing, does not */
	ck_assert(rfb_write(&s, "\xf8\0\0\0\0\0\0\1\2no" "\xf8\1\2\3\x8f\xff\xff\xff\3yes", 23));
	hears(&s, "\xf8\0\0\0\0\0\0\7\3yes", 12);
	/* once it is known that pictures come by themselves, nothing asks for them: the fence is the next that is heard */
	ck_assert(rfb_write(&s, "\x96" ONE_PIXEL ONE_PIXEL "\xf8\0\0\0\x80\0\0\0\0", 50));
	hears(&s, "\x96\1" AREA, 10);
	hears(&s, "\xf8\0\0\0\0\0\0\0\0", 9);
	/* and when they do no longer, they are asked for again: once, however often that is said */
	ck_assert(rfb_write(&s, "\x96\x96\x96" ONE_PIXEL, 23));
	hears(&s, "\x03\1" AREA "\x03\1" AREA, 20);
	ck_assert_int_eq(rfb_end(&s).code, SEK_EXIT_LOST);
}
END_TEST

START_TEST(nonsense_ends_in_an_end)
{
	static uint8_t bytes[65536];

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct rfb_server s;
		struct test_end e;

		rfb_start(&s, SEK_DECODER_VNC, true, NULL);
		ck_assert(rfb_greet(&s, RFB_WIDTH, RFB_HEIGHT, 0));
		(void)rfb_write(&s, bytes, rfb_nonsense(seed, bytes));
		e = rfb_end(&s);
		ck_assert_msg(rfb_is_an_end(e), "seed %llu: %d, signal %d", (unsigned long long)seed, e.code, e.signal);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("decoder.vnc.hostile");
	TCase *t = tcase_create("hostile");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, a_picture_that_attacks, 0, sizeof pictures / sizeof pictures[0]);
	tcase_add_loop_test(t, a_message_that_is_not_taken, 0, sizeof messages / sizeof messages[0]);
	tcase_add_loop_test(t, a_size_that_does_not_fit, 0, sizeof sizes / sizeof sizes[0]);
	tcase_add_loop_test(t, a_greeting_that_is_refused, 0, sizeof greetings / sizeof greetings[0]);
	tcase_add_test(t, each_message_is_answered_by_one);
	tcase_add_test(t, nonsense_ends_in_an_end);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
