/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rdp_fuzz SECONDS [FIRST-SEED]: a hostile RDP server, inside its TLS and after a proper greeting, against sekisho-decoder-rdp in its jail, one
 * decoder for each seed, for as long as it is told. Says how the decoders ended; exit code 1 if one ended in a way for which the broker has no state.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/decoder/rdp_server.h"

struct made {
	uint64_t seed;
	uint8_t bytes[12000];
	size_t n;
};

static uint64_t seconds, seed = 1;

static uint32_t any(struct made *m, uint32_t below)
{
	m->seed ^= m->seed << 13;
	m->seed ^= m->seed >> 7;
	m->seed ^= m->seed << 17;
	return (uint32_t)(m->seed >> 20) % below;
}

static void u8(struct made *m, uint32_t v)
{
	if (m->n < sizeof m->bytes)
		m->bytes[m->n++] = (uint8_t)v;
}

static void u16(struct made *m, uint32_t v)
{
	u8(m, v);
	u8(m, v >> 8);
}

static void u32(struct made *m, uint32_t v)
{
	u16(m, v);
	u16(m, v >> 16);
}

static void noise(struct made *m, uint32_t n)
{
	while (n-- > 0)
		u8(m, any(m, 4) ? any(m, 256) : any(m, 2) * 0xf0 + any(m, 16)); /* headers of runs among them */
}

/* Inside as a rule, else at an edge, beyond it, or huge. */
static uint32_t side(struct made *m, uint32_t most)
{
	switch (any(m, 14)) {
	case 0:
		return most;
	case 1:
		return 65535 - any(m, 3);
	case 2:
		return most + any(m, 20);
	case 3:
		return 0;
	default:
		return any(m, 80);
	}
}

/* A length that is right as a rule. */
static uint32_t length(struct made *m, uint32_t right)
{
	return any(m, 12) ? right : any(m, 2) ? 0xffff - any(m, 3) : any(m, 2 * right + 2);
}

static void bitmap(struct made *m)
{
	static const uint8_t depths[] = { 32, 32, 24, 16, 15, 16, 24, 8, 1, 0, 31, 255 };
	uint32_t x = side(m, RDP_WIDTH), y = side(m, RDP_HEIGHT), w = side(m, 70), h = side(m, 70), depth = depths[any(m, 4) ? any(m, 7) : any(m, 12)];
	bool packed = any(m, 4), header = any(m, 8) == 0;
	uint32_t n = packed ? any(m, 1500) : (w * h * depth / 8) % 6000;

	u16(m, x);
	u16(m, y);
	u16(m, any(m, 10) ? x + w - 1 : side(m, RDP_WIDTH));
	u16(m, any(m, 10) ? y + h - 1 : side(m, RDP_HEIGHT));
	u16(m, w);
	u16(m, h);
	u16(m, depth);
	u16(m, (packed ? 1u : 0) | (header ? 0 : 0x400u));
	u16(m, length(m, n));
	if (packed && depth == 32)
		u8(m, any(m, 3) ? 0x10 | any(m, 4) << 4 : any(m, 256));
	noise(m, n);
}

static void pointer(struct made *m, uint8_t code)
{
	static const uint8_t depths[] = { 1, 4, 8, 16, 24, 32, 13, 0 };
	uint32_t w = side(m, 96), h = side(m, 96), depth = depths[any(m, 8)], xor = ((w * depth + 15) / 16 * 2 * h) % 5000, and = ((w + 15) / 16 * 2 * h) % 2000;

	if (code != 9)
		u16(m, depth);
	u16(m, any(m, 8) ? any(m, 32) : any(m, 65536));
	u16(m, side(m, 96));
	u16(m, side(m, 96));
	u16(m, w);
	u16(m, h);
	if (code == 12) {
		u32(m, length(m, and));
		u32(m, length(m, xor));
	} else {
		u16(m, length(m, and));
		u16(m, length(m, xor));
	}
	noise(m, xor + and);
}

static bool update(struct rdp_server *s, struct made *m)
{
	static const uint8_t codes[] = { 1, 1, 1, 1, 1, 9, 10, 11, 11, 12, 0, 2, 3, 4, 5, 6, 8, 7, 13, 15 };
	uint8_t code = codes[any(m, sizeof codes)];
	uint32_t n = 1 + any(m, 5);

	switch (code) {
	case 1:
		u16(m, any(m, 20) ? 1 : any(m, 5));
		u16(m, any(m, 15) ? n : 65535);
		while (n-- > 0)
			bitmap(m);
		break;
	case 9:
	case 11:
	case 12:
		pointer(m, code);
		break;
	case 0:
		u16(m, n);
		u8(m, (uint32_t[]){ 1, 2, 3, 5, 9, 13 }[any(m, 6)] | any(m, 64) << 2);
		noise(m, any(m, 300));
		break;
	default:
		noise(m, any(m, 300));
	}
	return rdp_fast(s, code, any(m, 12) ? 0 : (uint8_t)any(m, 4), m->bytes, m->n);
}

static bool share(struct rdp_server *s, struct made *m)
{
	static const uint8_t types[] = { 2, 0x1b, 0x1f, 0x14, 0x22, 0x26, 0x28, 0x29, 0x2d, 0x2f, 0x36, 0x37, 0x38, 0x21, 0x27, 0x31 };

	noise(m, any(m, 200));
	return any(m, 5) ? rdp_share(s, 0x17, any(m, 6) ? types[any(m, sizeof types)] : (uint8_t)(1 + any(m, 255)), m->bytes, m->n)
			 : rdp_share(s, (uint8_t)(0x10 | (any(m, 3) ? 1 + any(m, 10) : any(m, 256))), 0, m->bytes, m->n);
}

static bool copied(struct rdp_server *s, struct made *m)
{
	uint32_t n = any(m, 300);

	u16(m, any(m, 10) ? 1 + any(m, 11) : any(m, 65536));
	u16(m, any(m, 8));
	u32(m, any(m, 10) ? n : 0xffffffff - any(m, 3));
	noise(m, n);
	return rdp_piece(s, RDP_FIRST_CHANNEL, any(m, 10) ? (uint32_t)m->n : 0xffffffff - any(m, 9), any(m, 10) ? 3 : any(m, 16), m->bytes, m->n);
}

static void misbehave(struct rdp_server *s)
{
	static struct made m;
	bool well = true;

	m.seed = seed * 0x9e3779b97f4a7c15u + 1;
	for (uint32_t left = 1 + any(&m, 8); left > 0 && well; left--) {
		uint32_t what = any(&m, 12);

		m.n = 0;
		if (what < 8) {
			well = update(s, &m);
		} else if (what < 10) {
			well = copied(s, &m);
		} else if (what == 10) {
			well = share(s, &m);
		} else {
			noise(&m, any(&m, 200));
			well = any(&m, 3) ? rdp_send(s, (uint16_t)(RDP_IO + any(&m, 5)), m.bytes, m.n) : rdp_write(s, m.bytes, m.n);
		}
	}
}

START_TEST(fuzz)
{
	unsigned long codes[64] = { 0 }, signals[64] = { 0 }, n = 0;
	uint64_t until = test_now_ms() + seconds * 1000;

	for (; test_now_ms() < until; seed++, n++) {
		struct test_end e;
		static struct rdp_server s;

		rdp_start(&s, getenv("SEK_DECODER_RDP"), SEK_CROSS_BOTH, RDP_WIDTH, RDP_HEIGHT);
		if (rdp_greet(&s, 0, 0))
			misbehave(&s);
		e = rdp_end(&s);
		ck_assert_msg(rdp_is_an_end(e), "seed %llu: exit %d, signal %d", (unsigned long long)seed, e.code, e.signal);
		codes[e.code & 63] += e.signal == 0;
		signals[e.signal & 63] += e.signal != 0;
		if (e.signal)
			printf("seed %llu: signal %d\n", (unsigned long long)seed, e.signal);
	}
	printf("%lu decoders, seeds up to %llu\n", n, (unsigned long long)seed - 1);
	for (int i = 0; i < 64; i++) {
		if (codes[i])
			printf("exit %d: %lu\n", i, codes[i]);
		if (signals[i])
			printf("signal %d: %lu\n", i, signals[i]);
	}
}
END_TEST

/* A Check test only so that what it shares with the tests can say what failed. */
int main(int argc, char **argv)
{
	Suite *suite = suite_create("rdp_fuzz");
	TCase *t = tcase_create("fuzz");
	SRunner *runner;
	int failed;

	if (argc < 2 || !getenv("SEK_DECODER_RDP")) {
		fprintf(stderr, "usage: SEK_DECODER_RDP=PROGRAM rdp_fuzz SECONDS [FIRST-SEED]\n");
		return 2;
	}
	seconds = strtoull(argv[1], NULL, 10);
	if (argc > 2)
		seed = strtoull(argv[2], NULL, 10);
	tcase_add_test(t, fuzz);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
