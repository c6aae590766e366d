/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See rfb_server.h.
 */
#include "tests/unit/decoder/rfb_server.h"

#include <check.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <zlib.h>

void rfb_start(struct rfb_server *s, const char *program, bool insecure, const char *trust)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval patience = { .tv_sec = TEST_WAIT_MS / 1000 };
	struct outside_options options = { .program = program, .insecure = insecure, .trust = trust };
	socklen_t n = sizeof a;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&a, sizeof a), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&a, &n), 0);
	options.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(options.fd, (struct sockaddr *)&a, sizeof a), 0);
	s->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	close(listener);
	setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(s->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	outside_start(&s->o, &options);
}

bool rfb_write(struct rfb_server *s, const void *bytes, size_t n)
{
	const uint8_t *at = bytes;

	while (n > 0) {
		ssize_t k = send(s->fd, at, n, MSG_NOSIGNAL);

		if (k <= 0)
			return false;
		at += k;
		n -= (size_t)k;
	}
	return true;
}

static bool take(struct rfb_server *s, size_t n)
{
	uint8_t bytes[64];

	return recv(s->fd, bytes, n, MSG_WAITALL) == (ssize_t)n;
}

bool rfb_greet(struct rfb_server *s, uint16_t width, uint16_t height, uint32_t name_bytes)
{
	static const uint8_t none[2] = { 1, 1 }, fine[4] = { 0 };
	uint8_t init[24] = { (uint8_t)(width >> 8), (uint8_t)width, (uint8_t)(height >> 8), (uint8_t)height, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255,
		16, 8, 0 };

	for (int i = 0; i < 4; i++)
		init[20 + i] = (uint8_t)(name_bytes >> (24 - 8 * i));
	if (!rfb_write(s, "RFB 003.008\n", 12) || !take(s, 12) || !rfb_write(s, none, 2) || !take(s, 1) || !rfb_write(s, fine, 4) || !take(s, 1) ||
	    !rfb_write(s, init, sizeof init))
		return false;
	for (uint32_t i = 0; i < name_bytes && i < 1000; i++)
		if (!rfb_write(s, "n", 1))
			return false;
	return true;
}

struct test_end rfb_end(struct rfb_server *s)
{
	struct test_end e;

	shutdown(s->fd, SHUT_WR);
	e = outside_end(&s->o);
	close(s->fd);
	return e;
}

bool rfb_is_an_end(struct test_end e)
{
	return e.signal != 0 || (e.code >= SEK_EXIT_PROTOCOL && e.code <= SEK_EXIT_SILENT) || e.code == SEK_EXIT_SIZE || e.code == SEK_EXIT_INTERNAL;
}

/* --- nonsense --- */

struct made {
	uint64_t seed;
	uint8_t *to;
	size_t n;
};

static uint32_t any(struct made *m, uint32_t below)
{
	m->seed ^= m->seed << 13;
	m->seed ^= m->seed >> 7;
	m->seed ^= m->seed << 17;
	return (uint32_t)(m->seed >> 16) % below;
}

static void u8(struct made *m, uint32_t v)
{
	if (m->n < 65536)
		m->to[m->n++] = (uint8_t)v;
}

static void u16(struct made *m, uint32_t v)
{
	u8(m, v >> 8);
	u8(m, v);
}

static void u32(struct made *m, uint32_t v)
{
	u16(m, v >> 16);
	u16(m, v);
}

static void noise(struct made *m, uint32_t n)
{
	bool calm = any(m, 2);

	for (uint32_t i = 0; i < n; i++)
		u8(m, calm ? any(m, 4) : any(m, 256));
}

/* A length, and deflated noise of that length, of another, or none at all. */
static void packed(struct made *m, uint32_t most)
{
	static uint8_t plain[65536], small[66000];
	uLongf n = sizeof small;
	uint32_t size = 1 + any(m, most);
	struct made p = { m->seed, plain, 0 };

	noise(&p, size);
	if (compress2(small, &n, plain, size, 1) != Z_OK)
		n = 0;
	switch (any(m, 6)) {
	case 0:
		u32(m, any(m, 2) ? 0xffffffff : 0x7fffffff);
		break;
	case 1:
		u32(m, (uint32_t)n + any(m, 100));
		break;
	default:
		u32(m, (uint32_t)n);
	}
	for (size_t i = 0; i < n; i++)
		u8(m, small[i]);
}

/* Inside as a rule, else at an edge, beyond it, or huge. */
static uint32_t side(struct made *m, uint32_t most)
{
	switch (any(m, 12)) {
	case 0:
		return most;
	case 1:
		return 65535 - any(m, 3);
	case 2:
		return most + any(m, 20);
	case 3:
		return 0;
	default:
		return any(m, 100);
	}
}

static void tight(struct made *m)
{
	uint32_t control = any(m, 256);

	u8(m, control);
	if (control & 0x40)
		u8(m, any(m, 4)); /* a filter: copy, palette, gradient, none such */
	u8(m, any(m, 256));
	u8(m, any(m, 256));
	u8(m, any(m, 256));
	noise(m, any(m, 3000));
}

static void rectangle(struct made *m)
{
	static const int32_t kinds[] = { 0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 15, 16, 17, -223, -224, -232, -239, -240, -258, -260, -308, -314, (int32_t)0xffff0009,
		(int32_t)0xfffe0000, (int32_t)0xfffe0001, (int32_t)0xfffe0002, (int32_t)0xfffe0003, (int32_t)0xffff8000, 12345 };
	int32_t kind = kinds[any(m, sizeof kinds / sizeof kinds[0])];
	uint32_t w = side(m, RFB_WIDTH), h = side(m, RFB_HEIGHT);

	u16(m, side(m, RFB_WIDTH));
	u16(m, side(m, RFB_HEIGHT));
	u16(m, w);
	u16(m, h);
	u32(m, (uint32_t)kind);
	if (kind == 7)
		tight(m);
	else if (kind == 6 || kind == 8 || kind == 9 || kind == 16 || kind == 17 || kind == 10)
		packed(m, 1 + any(m, 20000));
	else if (kind == 2 || kind == 4)
		u32(m, any(m, 3) ? any(m, 50) : 0x20000001), noise(m, any(m, 2000));
	else if (kind == 0 && w * h < 4000)
		noise(m, w * h * 4);
	else
		noise(m, any(m, 4000));
}

size_t rfb_nonsense(uint64_t seed, uint8_t ret[65536])
{
	struct made m = { seed * 0x9e3779b97f4a7c15u + 1, ret, 0 };

	for (uint32_t messages = 1 + any(&m, 6); messages > 0; messages--) {
		uint32_t n = 1 + any(&m, 4);

		switch (any(&m, 12)) {
		case 0:
			u8(&m, 3);
			noise(&m, 3);
			packed(&m, 3000);
			break;
		case 1:
			u8(&m, any(&m, 256));
			noise(&m, any(&m, 50));
			break;
		case 2: /* a fence */
			u32(&m, 248u << 24);
			u32(&m, any(&m, 2) ? 0x80000007 : 0xffffffff);
			u8(&m, n = any(&m, 70));
			noise(&m, n);
			break;
		case 3: /* pictures come by themselves, or do no longer */
			u8(&m, 150);
			break;
		default:
			u16(&m, 0);
			u16(&m, any(&m, 8) ? n : 65535);
			while (n-- > 0)
				rectangle(&m);
		}
	}
	return m.n;
}
