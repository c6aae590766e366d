/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-decoder-rdp against a server that means no good, inside its TLS: what it asks for it does not get, what breaks a rule ends the decoder,
 * what only looks odd is painted or passed over; and beside it what a good server gets: copied text by the one channel, another size.
 */
#include <check.h>
#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/decoder/rdp_server.h"

enum { BITMAP = 1, PALETTE = 2, ORDERS = 0, SURFACE = 4, POINTER_HIDDEN = 5, POINTER_COLOUR = 9, POINTER_CACHED = 10, POINTER_NEW = 11,
	POINTER_LARGE = 12, SINGLE = 0, FIRST_OF = 2, NEXT_OF = 3 };
enum { ANY_END = -1, LIVES = -2 };

static void up(struct rdp_server *s, uint8_t directions)
{
	rdp_start(s, SEK_DECODER_RDP, directions, RDP_WIDTH, RDP_HEIGHT);
	ck_assert(rdp_greet(s, 0, 0));
	ck_assert_uint_eq(s->asked_width_px, RDP_WIDTH);
	ck_assert(rdp_paint(s, 0, 0, 0x123456));
	OUTSIDE_UNTIL(outside_header(&s->o).state == SEK_STATE_RUNNING);
	ck_assert_uint_eq(outside_pixel(&s->o, 15, 15), 0x123456);
}

/* It goes on: what is painted now is seen. */
static void lives(struct rdp_server *s)
{
	ck_assert(rdp_paint(s, 320, 320, 0xabcdef));
	OUTSIDE_UNTIL(outside_pixel(&s->o, 335, 335) == 0xabcdef || !test_alive(s->o.decoder));
	ck_assert_uint_eq(outside_pixel(&s->o, 335, 335), 0xabcdef);
	ck_assert_int_eq(outside_stop(&s->o).code, SEK_EXIT_OK);
	rdp_close(s);
}

static void ends(struct rdp_server *s, int code)
{
	struct test_end e;

	if (code == LIVES) {
		lives(s);
		return;
	}
	e = rdp_end(s);
	ck_assert_msg(e.signal == 0 && (code == ANY_END ? rdp_is_an_end(e) : e.code == code), "exit %d, signal %d", e.code, e.signal);
}

/* --- updates --- */

#define BYTES(text) text, sizeof text - 1
#define RECT(left, top, right, bottom, w, h, bpp, flags, n) "\1\0\1\0" left top right bottom w h bpp flags n

static const struct {
	const char *what;
	uint8_t code;
	const char *bytes;
	size_t n;
	int end;
} updates[] = {
	{ "beyond the right edge", BITMAP, BYTES(RECT("\xf0\xff", "\0\0", "\xf1\xff", "\1\0", "\2\0", "\2\0", "\x20\0", "\0\0", "\x10\0") "0123456789abcdef"), LIVES },
	{ "half beyond", BITMAP, BYTES(RECT("\x7f\2", "\xdf\1", "\x80\2", "\xe0\1", "\2\0", "\2\0", "\x20\0", "\0\0", "\x10\0") "0123456789abcdef"), LIVES },
	{ "right before left", BITMAP, BYTES(RECT("\5\0", "\0\0", "\4\0", "\1\0", "\2\0", "\2\0", "\x20\0", "\0\0", "\x10\0") "0123456789abcdef"), SEK_EXIT_PROTOCOL },
	{ "more announced than comes", BITMAP, BYTES(RECT("\0\0", "\0\0", "\1\0", "\1\0", "\2\0", "\2\0", "\x20\0", "\0\0", "\xff\xff") "0123"), ANY_END },
	{ "65535 rectangles", BITMAP, BYTES("\1\0\xff\xff" "\0\0\0\0\1\0\1\0\2\0\2\0\x20\0\0\0\x10\0" "0123456789abcdef"), ANY_END },
	{ "65535 by 65535", BITMAP, BYTES(RECT("\0\0", "\0\0", "\xff\xff", "\xff\xff", "\xff\xff", "\xff\xff", "\x20\0", "\1\4", "\4\0") "\x10\xff\xff\xff"), SEK_EXIT_PROTOCOL },
	{ "no width", BITMAP, BYTES(RECT("\0\0", "\0\0", "\0\0", "\0\0", "\0\0", "\0\0", "\x20\0", "\1\4", "\4\0") "\x10\xff\xff\xff"), SEK_EXIT_PROTOCOL },
	{ "too little of a picture", BITMAP, BYTES(RECT("\0\0", "\0\0", "\1\0", "\1\0", "\2\0", "\2\0", "\x20\0", "\0\0", "\4\0") "0123"), SEK_EXIT_PROTOCOL },
	{ "a run beyond the end", BITMAP, BYTES(RECT("\0\0", "\0\0", "\x3f\0", "\x3f\0", "\x40\0", "\x40\0", "\x10\0", "\1\4", "\6\0") "\xf3\xff\xff\1\2\3"), SEK_EXIT_PROTOCOL },
	{ "a run that stops short", BITMAP, BYTES(RECT("\0\0", "\0\0", "\x3f\0", "\x3f\0", "\x40\0", "\x40\0", "\x10\0", "\1\4", "\2\0") "\xf0\xff"), SEK_EXIT_PROTOCOL },
	{ "an unknown run", BITMAP, BYTES(RECT("\0\0", "\0\0", "\x3f\0", "\x3f\0", "\x40\0", "\x40\0", "\x18\0", "\1\4", "\4\0") "\xff\xff\xff\xff"), SEK_EXIT_PROTOCOL },
	{ "planes without bytes", BITMAP, BYTES(RECT("\0\0", "\0\0", "\x3f\0", "\x3f\0", "\x40\0", "\x40\0", "\x20\0", "\1\4", "\1\0") "\x10"), SEK_EXIT_PROTOCOL },
	{ "planes beyond their end", BITMAP, BYTES(RECT("\0\0", "\0\0", "\x3f\0", "\x3f\0", "\x40\0", "\x40\0", "\x20\0", "\1\4", "\6\0") "\x30\xff\xff\xff\xff\xff"), SEK_EXIT_PROTOCOL },
	{ "planes in halves", BITMAP, BYTES(RECT("\0\0", "\0\0", "\x3f\0", "\x3f\0", "\x40\0", "\x40\0", "\x20\0", "\1\4", "\6\0") "\x2f\1\2\3\4\5"), SEK_EXIT_PROTOCOL },
	{ "by a palette", BITMAP, BYTES(RECT("\0\0", "\0\0", "\3\0", "\0\0", "\4\0", "\1\0", "\10\0", "\0\0", "\4\0") "0123"), SEK_EXIT_PROTOCOL },
	{ "by a palette, packed", BITMAP, BYTES(RECT("\0\0", "\0\0", "\3\0", "\0\0", "\4\0", "\1\0", "\10\0", "\1\4", "\4\0") "\xf3\4\0\1"), SEK_EXIT_PROTOCOL },
	{ "7 bits a pixel", BITMAP, BYTES(RECT("\0\0", "\0\0", "\3\0", "\0\0", "\4\0", "\1\0", "\7\0", "\0\0", "\4\0") "0123"), SEK_EXIT_PROTOCOL },
	{ "a header that ends", BITMAP, BYTES("\1\0\1\0\0\0"), ANY_END },
	{ "a palette of 2^32 colours", PALETTE, BYTES("\2\0\0\0\xff\xff\xff\xff\1\2\3"), ANY_END },
	{ "a pointer kept at 65535", POINTER_NEW, BYTES("\x20\0\xff\xff\0\0\0\0\1\0\1\0\4\0\4\0" "0123" "4567"), ANY_END },
	{ "a pointer of 65535", POINTER_NEW, BYTES("\x20\0\1\0\0\0\0\0\xff\xff\xff\xff\4\0\4\0" "0123" "4567"), ANY_END },
	{ "masks that are shorter", POINTER_NEW, BYTES("\x20\0\1\0\0\0\0\0\x20\0\x20\0\4\0\4\0" "0123" "4567"), ANY_END },
	{ "masks that are longer", POINTER_NEW, BYTES("\x20\0\1\0\0\0\0\0\1\0\1\0\xff\xff\xff\xff" "0123" "4567"), ANY_END },
	{ "no masks", POINTER_NEW, BYTES("\1\0\1\0\0\0\0\0\x20\0\x20\0\0\0\0\0"), ANY_END },
	{ "a hot spot outside", POINTER_NEW, BYTES("\x20\0\1\0\xff\xff\xff\xff\1\0\1\0\2\0\4\0" "0123" "45"), LIVES },
	{ "a pointer of 13 bits", POINTER_NEW, BYTES("\x0d\0\1\0\0\0\0\0\1\0\1\0\2\0\4\0" "0123" "45"), ANY_END },
	{ "a coloured pointer, too large", POINTER_COLOUR, BYTES("\1\0\0\0\0\0\x60\0\x60\0\4\0\4\0" "0123" "4567"), ANY_END },
	{ "a pointer that was never kept", POINTER_CACHED, BYTES("\x1f\0"), LIVES },
	{ "a pointer that cannot be kept", POINTER_CACHED, BYTES("\xff\xff"), SEK_EXIT_PROTOCOL },
	{ "a large pointer of 4 GiB", POINTER_LARGE, BYTES("\x20\0\1\0\0\0\0\0\x80\1\x80\1\xff\xff\xff\xff\xff\xff\xff\xff" "0123"), ANY_END },
	{ "surface bits", SURFACE, BYTES("\1\0\0\0\0\0\x10\0\x10\0\x20\0\0\3\x10\0\x10\0\xff\xff\xff\xff" "0123"), ANY_END },
	{ "a frame marker", SURFACE, BYTES("\4\0\0\0\1\0\0\0"), ANY_END },
	{ "an opaque rectangle", ORDERS, BYTES("\1\0\x09\x0a\x7f\0\0\0\0\x10\0\x10\0\1\2\3"), ANY_END },
	{ "65535 orders", ORDERS, BYTES("\xff\xff\x09\x0a\x7f\0\0\0\0\x10\0\x10\0\1\2\3"), ANY_END },
	{ "a bitmap to keep", ORDERS, BYTES("\1\0\3\x20\0\x30\4\4\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), ANY_END },
	{ "a glyph to keep", ORDERS, BYTES("\1\0\3\x10\0\0\0\3\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), ANY_END },
	{ "a brush to keep", ORDERS, BYTES("\1\0\3\x10\0\0\0\7\xff\x06\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), ANY_END },
	{ "a surface elsewhere", ORDERS, BYTES("\1\0\2\1\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), ANY_END },
	{ "a window order", ORDERS, BYTES("\1\0\2\x2e\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), ANY_END },
	{ "GDI+", ORDERS, BYTES("\1\0\2\x1a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), ANY_END },
	{ "an update of no kind", 15, BYTES("\1\2\3\4"), ANY_END },
};

START_TEST(an_update)
{
	struct rdp_server s;

	up(&s, SEK_CROSS_NONE);
	ck_assert(rdp_fast(&s, updates[_i].code, SINGLE, updates[_i].bytes, updates[_i].n));
	ends(&s, updates[_i].end);
}
END_TEST

/* Pieces without an end: what is kept of them is bounded, or the decoder is gone. */
START_TEST(fragments_without_end)
{
	static const uint8_t piece[16000];
	struct rdp_server s;
	long before;

	up(&s, SEK_CROSS_NONE);
	before = test_memory_kib(s.o.decoder, "Pss");
	for (int i = 0; i < 64 && rdp_fast(&s, BITMAP, i == 0 ? FIRST_OF : NEXT_OF, piece, sizeof piece) && test_alive(s.o.decoder); i++)
		;
	if (test_alive(s.o.decoder))
		ck_assert_int_lt(test_memory_kib(s.o.decoder, "Pss"), before + 16384);
	ends(&s, ANY_END);
}
END_TEST

/* --- messages --- */

static const struct {
	const char *what;
	uint8_t type, type2;
	const char *bytes;
	size_t n;
	int end;
} messages[] = {
	{ "sent on to another host", 0x1a, 0, BYTES("\0\0\0\4\x3c\0\1\0\0\0\x01\0\0\0\x16\0\0\0" "1\0" "0\0" ".\0" "0\0" ".\0" "0\0" ".\0" "9\0" "9\0" "9\0" "\0\0"), ANY_END },
	{ "sent on to nowhere", 0x1a, 0, BYTES("\0\0\0\4\xff\xff\1\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff"), ANY_END },
	{ "capabilities without end", 0x11, 0, BYTES("\xea\3\1\0\4\0\xff\xff" "RDP\0" "\xff\xff\0\0\1\0\x18\0"), ANY_END },
	{ "off, and pictures all the same", 0x16, 0, BYTES("\xea\3\1\0\0\0"), ANY_END },
	{ "screens without number", 0x17, 0x37, BYTES("\xff\xff\xff\xff\0\0\0\0\0\0\0\0"), ANY_END },
	{ "who logged on", 0x17, 0x26, BYTES("\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), ANY_END },
	{ "a cookie for later", 0x17, 0x26, BYTES("\3\0\0\0\xff\xff\1\0\0\0\xff\xff\xff\xff"), ANY_END },
	{ "an error", 0x17, 0x2f, BYTES("\xff\xff\xff\xff"), LIVES },
	{ "a sound", 0x17, 0x22, BYTES("\xff\xff\xff\xff\xff\xff\xff\xff"), LIVES },
	{ "lamps", 0x17, 0x29, BYTES("\0\0\7\0"), LIVES },
	{ "half a lamp", 0x17, 0x29, BYTES("\0"), ANY_END },
	{ "an input method", 0x17, 0x2d, BYTES("\0\0\1\0\0\0\x09\0\0\0"), LIVES },
	{ "what it is at", 0x17, 0x36, BYTES("\4\4\0\0"), LIVES },
	{ "a bitmap by the slow way", 0x17, 2, BYTES("\1\0\xff\xff\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\x20\0\1\4\xff\xff"), ANY_END },
	{ "a pointer by the slow way", 0x17, 0x1b, BYTES("\x08\0\0\0\x20\0\xff\xff\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff"), ANY_END },
	{ "nothing at all", 0x17, 0x7f, BYTES(""), LIVES },
	{ "of no kind", 0x1f, 0, BYTES("\1\2\3\4"), ANY_END },
};

START_TEST(a_message)
{
	struct rdp_server s;

	up(&s, SEK_CROSS_NONE);
	ck_assert(rdp_share(&s, messages[_i].type, messages[_i].type2, messages[_i].bytes, messages[_i].n));
	ends(&s, messages[_i].end);
}
END_TEST

/* Behind MCS, before anything of RDP's own: security headers, lengths. */
static const struct {
	const char *what, *bytes;
	size_t n;
	int end;
} raw[] = {
	{ "how long does this take", BYTES("\0\x10\0\0\6\0\1\0\x01\x10"), ANY_END },
	{ "another transport", BYTES("\2\0\0\0\1\0\0\0\2\0\0\0" "0123456789abcdef"), ANY_END },
	{ "encrypted", BYTES("\x08\0\0\0" "01234567" "abcd"), ANY_END },
	{ "sent on before it began", BYTES("\0\4\0\0\0\4\xff\xff\1\0\0\0\1\0\0\0"), ANY_END },
	{ "shorter than its head", BYTES("\2\0\x17"), ANY_END },
	{ "longer than it is", BYTES("\xff\xff\x17\0\xea\3\xea\3\1\0\0\1\xff\xff\2\0\0\0"), ANY_END },
	{ "packed", BYTES("\x1a\0\x17\0\xea\3\xea\3\1\0\0\1\x40\0\2\x21\x08\0" "01234567"), ANY_END },
};

START_TEST(a_header)
{
	struct rdp_server s;

	up(&s, SEK_CROSS_NONE);
	ck_assert(rdp_send(&s, RDP_IO, raw[_i].bytes, raw[_i].n));
	ends(&s, raw[_i].end);
}
END_TEST

START_TEST(on_and_off_and_on)
{
	struct rdp_server s;

	up(&s, SEK_CROSS_NONE);
	for (int i = 0; i < 300; i++) /* "Deactivate All" */
		if (!rdp_share(&s, 0x16, 0, "\xea\3\1\0\0\0", 6))
			break;
	(void)rdp_demand(&s, 65535, 65535);
	ends(&s, ANY_END);
}
END_TEST

START_TEST(a_size_beyond_what_can_be_shown)
{
	struct rdp_server s;

	up(&s, SEK_CROSS_NONE);
	ck_assert(rdp_share(&s, 0x16, 0, "\xea\3\1\0\0\0", 6));
	ck_assert(rdp_demand(&s, 4096, 4096));
	ends(&s, SEK_EXIT_SIZE);
}
END_TEST

/* A server whose screen gets another size says so by itself (1.3.1.3). */
START_TEST(the_hosts_own_size_is_followed)
{
	struct rdp_server s;

	up(&s, SEK_CROSS_NONE);
	ck_assert(rdp_share(&s, 0x16, 0, "\xea\3\1\0\0\0", 6));
	ck_assert(rdp_demand(&s, 800, 600));
	OUTSIDE_UNTIL(outside_header(&s.o).width_px == 800 && outside_header(&s.o).height_px == 600);
	ck_assert(rdp_confirm(&s));
	lives(&s);
}
END_TEST

/* --- channels --- */

/* What servers begin the conversation with on the channels that are dangerous. */
static const struct {
	const char *what, *bytes;
	size_t n;
} askers[] = {
	{ "rdpdr: drives, printers, smart cards", BYTES("rDnI\1\0\x0c\0\1\0\0\0") },
	{ "rdpsnd: sound", BYTES("\7\0\x16\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\6\0") },
	{ "drdynvc: dynamic channels", BYTES("\x50\0\3\0\x33\x33\x11\x11\x3d\x0a\xa7\x04") },
	{ "drdynvc: one of them", BYTES("\x10\3Microsoft::Windows::RDS::Graphics") },
	{ "cliprdr, which is closed", BYTES("\1\0\0\0\0\0\0\0") },
};

START_TEST(a_server_that_asks_gets_nothing)
{
	struct rdp_server s;

	up(&s, SEK_CROSS_NONE);
	ck_assert_uint_eq(s.channels, 0);
	ck_assert_uint_eq(s.joined, 0);
	ck_assert_uint_eq(s.blocks & ~(1u << 1 | 1u << 2 | 1u << 3 | 1u << 4), 0); /* who, security, channels, cluster: no second transport, no channel for measuring */
	ck_assert_uint_eq(s.flags & (1u << 8 | 1u << 7), 0); /* neither graphics pipeline nor measuring */
	rdp_listen(&s, 100);
	s.replies = 0;
	ck_assert(rdp_piece(&s, RDP_FIRST_CHANNEL, (uint32_t)askers[_i].n, 3, askers[_i].bytes, askers[_i].n));
	rdp_listen(&s, TEST_WAIT_MS);
	ck_assert_uint_eq(s.replies, 0);
	ends(&s, SEK_EXIT_PROTOCOL);
}
END_TEST

START_TEST(with_copied_text_there_is_that_channel_and_no_other)
{
	struct rdp_server s;

	up(&s, SEK_CROSS_BOTH);
	ck_assert_uint_eq(s.channels, 1);
	ck_assert_uint_eq(s.joined, 1);
	ck_assert_str_eq(s.channel[0], "cliprdr");
	rdp_listen(&s, 100);
	s.replies = 0;
	ck_assert(rdp_piece(&s, RDP_FIRST_CHANNEL + 1, (uint32_t)askers[_i].n, 3, askers[_i].bytes, askers[_i].n));
	rdp_listen(&s, TEST_WAIT_MS);
	ck_assert_uint_eq(s.replies, 0);
	ends(&s, SEK_EXIT_PROTOCOL);
}
END_TEST

/* --- copied text --- */

static bool say(struct rdp_server *s, const void *bytes, size_t n)
{
	return rdp_piece(s, RDP_FIRST_CHANNEL, (uint32_t)n, 3, bytes, n);
}

/* Capabilities and "ready"; what it answers. */
static void begin_clipboard(struct rdp_server *s, bool long_names)
{
	uint8_t m[256], caps[] = "\7\0\0\0\x10\0\0\0\1\0\0\0\1\0\x0c\0\2\0\0\0\0\0\0\0";

	caps[20] = long_names ? 2 : 0;
	ck_assert(say(s, caps, sizeof caps - 1));
	ck_assert(say(s, BYTES("\1\0\0\0\0\0\0\0")));
	ck_assert_uint_eq(rdp_take(s, RDP_FIRST_CHANNEL, m, sizeof m), 24);
	ck_assert_uint_eq(m[0], 7);
	ck_assert_uint_eq(m[20], long_names ? 2 : 0); /* no files, no locks */
	ck_assert_uint_eq(rdp_take(s, RDP_FIRST_CHANNEL, m, sizeof m), 8);
	ck_assert_uint_eq(m[0], 2); /* an empty list */
	ck_assert(say(s, BYTES("\3\0\1\0\0\0\0\0")));
}

START_TEST(copied_text_goes_out)
{
	static const char wanted[] = "\5\0\1\0\x0e\0\0\0" "a\0\r\0\n\0\xe5\x65\x67\xd8\x3d\xde\0\0";
	struct rdp_server s;
	uint8_t m[256];

	up(&s, _i ? SEK_CROSS_BOTH : SEK_CROSS_TO_OUTER);
	begin_clipboard(&s, _i);
	outside_paste(&s.o, "a\n日𩸽");
	outside_key(&s.o, KEY_V, true, 'v'); /* waits for the answer */
	ck_assert_uint_eq(rdp_take(&s, RDP_FIRST_CHANNEL, m, sizeof m), _i ? 14 : 44);
	ck_assert_mem_eq(m, _i ? "\2\0\0\0\6\0\0\0\x0d\0\0\0\0\0" : "\2\0\0\0\x24\0\0\0\x0d\0\0\0\0\0", 14);
	ck_assert(say(&s, BYTES("\3\0\1\0\0\0\0\0")));
	ck_assert(say(&s, BYTES("\4\0\0\0\4\0\0\0\x0d\0\0\0")));
	ck_assert_uint_eq(rdp_take(&s, RDP_FIRST_CHANNEL, m, sizeof m), sizeof wanted - 1);
	ck_assert_mem_eq(m, wanted, sizeof wanted - 1);
	ck_assert(say(&s, BYTES("\4\0\0\0\4\0\0\0\1\0\0\0"))); /* in a form that was not offered */
	ck_assert_uint_eq(rdp_take(&s, RDP_FIRST_CHANNEL, m, sizeof m), 8);
	ck_assert_mem_eq(m, "\5\0\2\0\0\0\0\0", 8);
	ck_assert(say(&s, BYTES("\x08\0\0\0\x1c\0\0\0" "\0\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0"))); /* a file: there are none */
	if (_i) {
		outside_clipboard_mode(&s.o, SEK_CROSS_TO_INNER); /* taken back */
		ck_assert_uint_eq(rdp_take(&s, RDP_FIRST_CHANNEL, m, sizeof m), 8);
		ck_assert_mem_eq(m, "\2\0\0\0\0\0\0\0", 8);
		ck_assert(say(&s, BYTES("\4\0\0\0\4\0\0\0\x0d\0\0\0")));
		ck_assert_uint_eq(rdp_take(&s, RDP_FIRST_CHANNEL, m, sizeof m), 8);
		ck_assert_mem_eq(m, "\5\0\2\0\0\0\0\0", 8);
	}
	lives(&s);
}
END_TEST

static const struct {
	const char *bytes;
	size_t n;
	const char *text; /* NULL: nothing comes in */
} copied[] = {
	{ BYTES("\5\0\1\0\x10\0\0\0" "a\0\r\0\n\0\xe5\x65\x2e\x20\x67\xd8\x3d\xde\0\0"), "a\n日𩸽" },
	{ BYTES("\5\0\1\0\4\0\0\0" "a\0b\0" "\0\0\0\0"), "ab" },           /* without a zero, and padded as some do */
	{ BYTES("\5\0\1\0\4\0\0\0" "\x67\xd8" "a\0"), NULL },              /* half a pair */
	{ BYTES("\5\0\1\0\4\0\0\0" "\x3d\xde" "a\0"), NULL },              /* the other half */
	{ BYTES("\5\0\2\0\0\0\0\0"), NULL },                               /* it has none after all */
};

START_TEST(copied_text_comes_in)
{
	uint8_t m[256], text[64];
	struct rdp_server s;
	size_t n;

	up(&s, SEK_CROSS_BOTH);
	begin_clipboard(&s, true);
	ck_assert(say(&s, BYTES("\2\0\0\0\x1c\0\0\0" "\1\0\0\0\0\0" "\1\xc0\0\0" "H\0T\0M\0L\0\0\0" "\x0d\0\0\0\0\0" "\0\0")));
	ck_assert_uint_eq(rdp_take(&s, RDP_FIRST_CHANNEL, m, sizeof m), 8);
	ck_assert_mem_eq(m, "\3\0\1\0\0\0\0\0", 8);
	ck_assert_uint_eq(rdp_take(&s, RDP_FIRST_CHANNEL, m, sizeof m), 12);
	ck_assert_mem_eq(m, "\4\0\0\0\4\0\0\0\x0d\0\0\0", 12); /* text it is, and nothing else */
	ck_assert(rdp_piece(&s, RDP_FIRST_CHANNEL, (uint32_t)copied[_i].n, 1, copied[_i].bytes, 5)); /* in two pieces */
	ck_assert(rdp_piece(&s, RDP_FIRST_CHANNEL, (uint32_t)copied[_i].n, 2, copied[_i].bytes + 5, copied[_i].n - 5));
	if (copied[_i].text) {
		ck_assert(outside_copied(&s.o, text, sizeof text, &n, TEST_WAIT_MS));
		ck_assert_uint_eq(n, strlen(copied[_i].text));
		ck_assert_mem_eq(text, copied[_i].text, n);
	}
	ck_assert(say(&s, BYTES("\5\0\1\0\4\0\0\0" "a\0b\0"))); /* which nobody has asked for */
	ck_assert(!outside_copied(&s.o, text, sizeof text, &n, 100));
	lives(&s);
}
END_TEST

START_TEST(only_what_the_policy_opens_is_asked_for)
{
	struct rdp_server s;
	uint8_t m[256];

	up(&s, SEK_CROSS_TO_OUTER);
	begin_clipboard(&s, true);
	ck_assert(say(&s, BYTES("\2\0\0\0\6\0\0\0" "\x0d\0\0\0\0\0")));
	ck_assert_uint_eq(rdp_take(&s, RDP_FIRST_CHANNEL, m, sizeof m), 8);
	rdp_listen(&s, 100);
	ck_assert_uint_eq(s.replies, 0);
	lives(&s);
}
END_TEST

static const struct {
	const char *what;
	uint32_t total, flags;
	const char *bytes;
	size_t n;
	int end;
} abuses[] = {
	{ "4 GiB announced", 0xffffffff, 1, BYTES("\5\0\1\0\xff\xff\xff\xff" "abcd"), LIVES }, /* nothing is kept of it, and nobody waits for the rest */
	{ "more than announced", 8, 3, BYTES("\1\0\0\0\0\0\0\0\0\0\0\0"), SEK_EXIT_PROTOCOL },
	{ "less than announced", 64, 3, BYTES("\1\0\0\0\0\0\0\0"), SEK_EXIT_PROTOCOL },
	{ "longer inside than outside", 12, 3, BYTES("\5\0\1\0\xff\xff\xff\xff" "abcd"), SEK_EXIT_PROTOCOL },
	{ "no header", 4, 3, BYTES("\1\0\0\0"), SEK_EXIT_PROTOCOL },
	{ "no beginning", 8, 2, BYTES("\1\0\0\0\0\0\0\0"), SEK_EXIT_PROTOCOL },
	{ "packed", 8, 0x200003, BYTES("\1\0\0\0\0\0\0\0"), SEK_EXIT_PROTOCOL },
	{ "of no kind", 8, 3, BYTES("\xff\0\0\0\0\0\0\0"), SEK_EXIT_PROTOCOL },
	{ "capabilities without end", 16, 3, BYTES("\7\0\0\0\x08\0\0\0\xff\xff\0\0\1\0\xff\xff"), SEK_EXIT_PROTOCOL },
	{ "no capabilities", 10, 3, BYTES("\7\0\0\0\2\0\0\0\xff\xff"), SEK_EXIT_PROTOCOL },
	{ "half a request", 10, 3, BYTES("\4\0\0\0\2\0\0\0\x0d\0"), SEK_EXIT_PROTOCOL },
	{ "files", 12, 3, BYTES("\x09\0\1\0\4\0\0\0" "abcd"), LIVES },
};

START_TEST(the_channel_abused)
{
	struct rdp_server s;

	up(&s, SEK_CROSS_BOTH);
	ck_assert(rdp_piece(&s, RDP_FIRST_CHANNEL, abuses[_i].total, abuses[_i].flags, abuses[_i].bytes, abuses[_i].n));
	ends(&s, abuses[_i].end);
}
END_TEST

/* --- another connection --- */

static const struct {
	uint16_t width, height;  /* of the host; 0: as it was asked */
	uint16_t to_width, to_height;
	uint8_t before, after;   /* directions of copied text */
	int end;
} agains[] = {
	{ 0, 0, 800, 600, 0, 0, SEK_EXIT_AGAIN },
	{ 0, 0, 643, 480, 0, 0, LIVES },             /* the same, in steps of four */
	{ 1024, 768, 800, 600, 0, 0, LIVES },        /* a host that has its own size keeps it */
	{ 0, 0, 640, 480, 0, SEK_CROSS_TO_OUTER, SEK_EXIT_AGAIN },
	{ 0, 0, 640, 480, SEK_CROSS_BOTH, 0, SEK_EXIT_AGAIN },
	{ 0, 0, 640, 480, SEK_CROSS_TO_OUTER, SEK_CROSS_BOTH, LIVES },
};

START_TEST(what_needs_another_connection)
{
	struct rdp_server s;

	rdp_start(&s, SEK_DECODER_RDP, agains[_i].before, RDP_WIDTH, RDP_HEIGHT);
	ck_assert(rdp_greet(&s, agains[_i].width, agains[_i].height));
	ck_assert(rdp_paint(&s, 0, 0, 0x123456));
	OUTSIDE_UNTIL(outside_header(&s.o).state == SEK_STATE_RUNNING);
	outside_resize(&s.o, 700, 500); /* a window on its way */
	outside_resize(&s.o, agains[_i].to_width, agains[_i].to_height);
	outside_clipboard_mode(&s.o, agains[_i].after);
	if (agains[_i].end == LIVES) {
		usleep(900000);
		lives(&s);
	} else {
		ck_assert_int_eq(outside_end(&s.o).code, agains[_i].end);
		rdp_close(&s);
	}
}
END_TEST

#define LOOP(test, table) tcase_add_loop_test(c, test, 0, sizeof table / sizeof table[0])

int main(void)
{
	Suite *suite = suite_create("decoder rdp hostile");
	TCase *c = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_set_timeout(c, 60);
	LOOP(an_update, updates);
	tcase_add_test(c, fragments_without_end);
	LOOP(a_message, messages);
	LOOP(a_header, raw);
	tcase_add_test(c, on_and_off_and_on);
	tcase_add_test(c, a_size_beyond_what_can_be_shown);
	tcase_add_test(c, the_hosts_own_size_is_followed);
	LOOP(a_server_that_asks_gets_nothing, askers);
	tcase_add_loop_test(c, with_copied_text_there_is_that_channel_and_no_other, 0, 4);
	tcase_add_loop_test(c, copied_text_goes_out, 0, 2);
	LOOP(copied_text_comes_in, copied);
	tcase_add_test(c, only_what_the_policy_opens_is_asked_for);
	LOOP(the_channel_abused, abuses);
	LOOP(what_needs_another_connection, agains);
	suite_add_tcase(suite, c);
	r = srunner_create(suite);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
