/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The converter's own parsers: encodings, types, HTML, mails, JPEG markers, the shrinking of pictures.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render-host/pages/convert/charset.h"
#include "render-host/pages/convert/html.h"
#include "render-host/pages/convert/kind.h"
#include "render-host/pages/convert/mail.h"
#include "render-host/pages/convert/picture.h"
#include "render-host/pages/convert/words.h"

static const uint8_t *bytes(const char *s)
{
	return (const uint8_t *)s;
}

static void expect(enum sek_charset c, const char *s, size_t n, const char *wanted)
{
	struct sek_buffer b = { .p = NULL };

	sek_charset_read(c, bytes(s), n, &b);
	ck_assert(!b.failed);
	ck_assert_str_eq(b.p ? b.p : "", wanted);
	sek_buffer_finish(&b);
}
#define EXPECT(c, s, wanted) expect(c, s, sizeof(s) - 1, wanted)

START_TEST(charset_detection)
{
	static const struct { const char *s; size_t n; enum sek_charset is; } rows[] = {
#define ROW(s, is) { s, sizeof(s) - 1, is }
		ROW("plain ascii\r\n", SEK_CHARSET_UTF8),
		ROW("\xe6\x97\xa5\xe6\x9c\xac", SEK_CHARSET_UTF8),
		ROW("\x93\xfa\x96\x7b\x8c\xea\x82\xcc\x95\xb6\x8f\xcd", SEK_CHARSET_SJIS),
		ROW("\xc6\xfc\xcb\xdc\xb8\xec\xa4\xce\xca\xb8\xbe\xcf", SEK_CHARSET_EUCJP),
		ROW("\x1b$B%+%J\x1b(B", SEK_CHARSET_ISO2022JP),
		ROW("\xff\xfe" "a\0", SEK_CHARSET_UTF16LE),
		ROW("\xfe\xff\0a", SEK_CHARSET_UTF16BE),
		ROW("\xef\xbb\xbf" "a", SEK_CHARSET_UTF8),
		ROW("MZ\0\1\2", SEK_CHARSET_NONE),
		ROW("caf\xe9 \xa0\xff\x80", SEK_CHARSET_WESTERN),
		ROW("", SEK_CHARSET_UTF8),
#undef ROW
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		ck_assert_msg(sek_charset_of(bytes(rows[i].s), rows[i].n, true) == rows[i].is, "row %zu", i);
	/* a character that is cut is one of a cut text only */
	ck_assert_int_eq(sek_charset_of(bytes("a\xe6\x97"), 3, false), SEK_CHARSET_UTF8);
	ck_assert_int_ne(sek_charset_of(bytes("a\xe6\x97"), 3, true), SEK_CHARSET_UTF8);
	ck_assert_int_eq(sek_charset_named("Shift_JIS", 9), SEK_CHARSET_SJIS);
	ck_assert_int_eq(sek_charset_named("utf-8x", 6), SEK_CHARSET_NONE);
}
END_TEST

START_TEST(charset_conversion)
{
	EXPECT(SEK_CHARSET_SJIS, "\x83\x5c\x87\x40", "ソ①");
	EXPECT(SEK_CHARSET_SJIS, "a\x83", "a\xef\xbf\xbd");
	EXPECT(SEK_CHARSET_EUCJP, "\xa5\xbd\xad\xa1\x8e\xb6", "ソ①ｶ");
	EXPECT(SEK_CHARSET_ISO2022JP, "a\x1b$B%=-!\x1b(I6\x1b(Bz", "aソ①ｶz");
	EXPECT(SEK_CHARSET_ISO2022JP, "\x1b$B%", "%");
	EXPECT(SEK_CHARSET_ISO2022JP, "\x1b$B%=\nabc", "ソ\nabc");
	EXPECT(SEK_CHARSET_UTF8, "\xef\xbb\xbf" "a\xff\xc0\x80z", "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz");
	EXPECT(SEK_CHARSET_UTF16LE, "\xff\xfe" "a\0\x3d\xd8\x00\xde" "\x3d\xd8" "b\0", "a😀\xef\xbf\xbd" "b");
	EXPECT(SEK_CHARSET_UTF16BE, "\0a\xdc\x00" "x", "a\xef\xbf\xbd");
	EXPECT(SEK_CHARSET_WESTERN, "caf\xe9", "café");
}
END_TEST

START_TEST(buffers_have_an_end)
{
	struct sek_buffer b = { .most = 4 };

	sek_buffer_add(&b, "abcd", 4);
	ck_assert(!b.failed && b.n == 4);
	sek_buffer_add(&b, "e", 1);
	ck_assert(b.failed && b.n == 4);
	sek_buffer_finish(&b);
}
END_TEST

START_TEST(kinds)
{
	static const struct { const char *s; size_t n; enum sek_kind is; } rows[] = {
#define ROW(s, is) { s, sizeof(s) - 1, is }
		ROW("%PDF-1.4\n", SEK_KIND_PDF), ROW("{\\rtf1", SEK_KIND_RTF), ROW("PK\3\4", SEK_KIND_ZIP),
		ROW("\xff\xd8\xff\xe0", SEK_KIND_JPEG), ROW("RIFF1234WEBPVP8 ", SEK_KIND_WEBP), ROW("RIFF1234WAVEfmt ", SEK_KIND_TEXT),
		ROW("  <!DOCTYPE HTML>\n<p>", SEK_KIND_HTML), ROW("<?xml?><svg xmlns=''/>", SEK_KIND_UNKNOWN),
		ROW("From: a@b\r\nSubject: x\r\n\r\nbody", SEK_KIND_MAIL), ROW("From: a@b\nhello\n", SEK_KIND_TEXT),
		ROW("From a@b Mon\nReceived: x\n by y\nDate: z\n\n", SEK_KIND_MAIL), ROW("Subject: only one\n\nx", SEK_KIND_TEXT),
		ROW("From: a\nTo: b\n\n\0\1\2", SEK_KIND_MAIL), ROW("", SEK_KIND_UNKNOWN), ROW("\0\0\0\0", SEK_KIND_UNKNOWN),
		ROW("\x7f" "ELF\2\1\1\0", SEK_KIND_UNKNOWN), ROW("xx-lh5-xxxxxxxxxxxxxxxxx", SEK_KIND_ARCHIVE),
		ROW("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", SEK_KIND_UNKNOWN),
#undef ROW
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		ck_assert_msg(sek_kind_of(bytes(rows[i].s), rows[i].n) == rows[i].is, "row %zu", i);
}
END_TEST

static void expect_html(const char *page, const char *wanted)
{
	struct sek_buffer b = { .p = NULL };

	sek_html_text(page, strlen(page), &b);
	ck_assert_str_eq(b.p ? b.p : "", wanted);
	sek_buffer_finish(&b);
}

START_TEST(html)
{
	expect_html("<p>one</p>\n<p>two &amp; <b>three</b></p>", "one\n\ntwo & three\n");
	expect_html("a<script>alert('<p>x</p>')</script>b<style>p{}</style>c", "abc");
	expect_html("a<SCRIPT SRC=x>z</Script >b", "ab");
	expect_html("a<!-- <p>hidden</p> -->b<!-- never ends", "ab");
	expect_html("<a title='x>y' href=\"z\">text</a>", "text");
	expect_html("1 < 2 && 3 > 2 &#x3042;&#12356;&nbsp;&unknown; &#0;", "1 < 2 && 3 > 2 あい &unknown; &#0;");
	expect_html("<ul><li>a<li>b</ul>", "・a\n・b\n");
	expect_html("<pre>x\n  y</pre>", "x\n  y\n");
	expect_html("<script>never ends", "");
	expect_html("<p unclosed", "");
	ck_assert_int_eq(sek_html_charset(bytes("<meta charset=\"Shift_JIS\">"), 26), SEK_CHARSET_SJIS);
	ck_assert_int_eq(sek_html_charset(bytes("<meta content='text/html; charset=euc-jp'>"), 42), SEK_CHARSET_EUCJP);
	ck_assert_int_eq(sek_html_charset(bytes("charset="), 8), SEK_CHARSET_NONE);
}
END_TEST

static struct sek_mail mail;

static void expect_field(const char *header, const char *wanted)
{
	struct sek_buffer b = { .p = NULL };
	char text[1024];

	snprintf(text, sizeof text, "X: y\r\nSubject: %s\r\nTo: z\r\n\r\nbody", header);
	sek_mail_parse(bytes(text), strlen(text), &mail);
	ck_assert(sek_mail_field(&mail, "subject", &b));
	ck_assert_str_eq(b.p ? b.p : "", wanted);
	sek_buffer_finish(&b);
	ck_assert(!sek_mail_field(&mail, "Cc", &b));
}

START_TEST(mail_fields)
{
	expect_field("plain text", "plain text");
	expect_field("=?UTF-8?B?5Lya6K2w?= tail", "会議 tail");
	expect_field("=?utf-8?q?a_b=20=E4=BC=9A?=", "a b 会");
	expect_field("=?UTF-8?B?5Lya?=\r\n =?UTF-8?B?6K2w?=", "会議");
	expect_field("=?ISO-2022-JP?B?GyRCMnE1RBsoQg==?=", "会議");
	expect_field("=?UTF-8*ja?B?5Lya?=", "会");
	expect_field("=?UTF-8?X?abc?= =?UTF-8?B?", "=?UTF-8?X?abc?= =?UTF-8?B?");
	expect_field("raw \xe4\xbc\x9a\xe8\xad\xb0", "raw 会議");
	expect_field("one\r\n two", "one two");
}
END_TEST

START_TEST(mail_parts)
{
	static const char text[] =
		"From: a\nMIME-Version: 1.0\nContent-Type: MULTIPART/Mixed;\n boundary=\"b 1\"\n\npreamble\n--b 1\n"
		"Content-Type: multipart/alternative; boundary=c\n\n--c\n\nfirst\n--c\nContent-Type: text/html; charset=Shift_JIS\n\n<p>\n--c--\n"
		"--b 1\nContent-Type: application/x-y; name=\"=?UTF-8?B?5Lya?=.bin\"\nContent-Transfer-Encoding: BASE64\n\nSGVs\nbG8=\n"
		"--b 1\nContent-Disposition: attachment; filename*0*=UTF-8''%E4%BC; filename*1*=%9A; filename*2=.txt\n"
		"Content-Transfer-Encoding: quoted-printable\n\na=3D=\nb\n--b 1--\nepilogue\n--b 1\n\nnot a part\n";
	struct sek_buffer b = { .p = NULL };

	sek_mail_parse(bytes(text), sizeof text - 1, &mail);
	ck_assert_uint_eq(mail.parts, 4);
	ck_assert(!mail.cut);
	ck_assert_str_eq(mail.part[0].type, "text/plain");
	ck_assert(mail.part[0].n == 5 && memcmp(mail.part[0].body, "first", 5) == 0);
	ck_assert_str_eq(mail.part[1].type, "text/html");
	ck_assert_int_eq(mail.part[1].charset, SEK_CHARSET_SJIS);
	ck_assert(mail.part[0].group == mail.part[1].group && mail.part[0].group != 0 && mail.part[2].group == 0);
	ck_assert_str_eq(mail.part[2].name, "会.bin");
	ck_assert(mail.part[2].attached && !mail.part[1].attached);
	sek_mail_decode(&mail.part[2], &b);
	ck_assert_str_eq(b.p, "Hello");
	sek_buffer_finish(&b);
	ck_assert_str_eq(mail.part[3].name, "会.txt");
	sek_mail_decode(&mail.part[3], &b);
	ck_assert_str_eq(b.p, "a=b");
	sek_buffer_finish(&b);
}
END_TEST

/* Every prefix is taken apart without reading past its end (sanitizers watch), and the numbers stay in their bounds. */
START_TEST(mail_bounds)
{
	static const char text[] = "Content-Type: multipart/mixed; boundary=\"\\\"x\"; a*9999*=''; name*=x'y'%4\n\n--\"x\n\n=?a?b?c?=\n--\"x--";
	static char many[400 * 8 + 64];
	size_t n = (size_t)snprintf(many, sizeof many, "Content-Type: multipart/mixed; boundary=b\n\n");

	for (size_t i = 0; i <= sizeof text - 1; i++) {
		char *copy = malloc(i ? i : 1);

		memcpy(copy, text, i);
		sek_mail_parse(bytes(copy), i, &mail);
		ck_assert_uint_le(mail.parts, SEK_MAIL_PARTS_MAX);
		free(copy);
	}
	for (int i = 0; i < 400; i++)
		n += (size_t)snprintf(many + n, sizeof many - n, "--b\n\nx\n");
	sek_mail_parse(bytes(many), n, &mail);
	ck_assert_uint_eq(mail.parts, SEK_MAIL_PARTS_MAX);
}
END_TEST

START_TEST(jpeg_markers)
{
	static const uint8_t turned[] = { 0xff, 0xd8, 0xff, 0xe1, 0, 34, 'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, '*', 0, 0, 0, 8, 0, 1,
					  1, 0x12, 0, 3, 0, 0, 0, 1, 0, 8, 0, 0, 0, 0, 0, 0, 0xff, 0xc2, 0, 4, 0, 0, 0xff, 0xda, 0, 2 };
	struct sek_jpeg_head h;

	sek_jpeg_look(turned, sizeof turned, &h);
	ck_assert(h.progressive && h.turn == 8);
	for (size_t n = 0; n < sizeof turned; n++) {
		uint8_t *copy = malloc(n ? n : 1);

		memcpy(copy, turned, n);
		sek_jpeg_look(copy, n, &h);
		ck_assert(h.turn >= 1 && h.turn <= 8);
		free(copy);
	}
}
END_TEST

START_TEST(picture_limits)
{
	struct sek_picture p;
	uint8_t row[4 * 5000];

	ck_assert_int_eq(sek_picture_begin(&p, 0, 5, false), SEK_CONVERT_BROKEN);
	ck_assert_int_eq(sek_picture_begin(&p, 65536, 1, false), SEK_CONVERT_LARGE);
	ck_assert_int_eq(sek_picture_begin(&p, 40000, 40000, false), SEK_CONVERT_LARGE);
	ck_assert_int_eq(sek_picture_begin(&p, 9000, 9000, true), SEK_CONVERT_LARGE);
	/* 5000 x 3 become 2500 x 2: the last row has one row to be the mean of */
	ck_assert_int_eq(sek_picture_begin(&p, 5000, 3, false), SEK_CONVERT_DONE);
	ck_assert(p.small_width == 2500 && p.small_height == 2);
	for (int y = 0; y < 4; y++) { /* one more than it has */
		for (size_t x = 0; x < 5000; x++)
			memcpy(row + 4 * x, (uint8_t[]){ (uint8_t)(x % 2 ? 100 : 200), 10, 20, 255 }, 4);
		sek_picture_row(&p, row, 4);
	}
	ck_assert_uint_eq(p.pixels[0], 0x960a14);
	ck_assert_uint_eq(p.pixels[4999], 0x960a14);
	sek_picture_finish(&p);
	/* what can be seen through is white behind */
	ck_assert_int_eq(sek_picture_begin(&p, 1, 1, true), SEK_CONVERT_DONE);
	sek_picture_row(&p, (const uint8_t[]){ 9, 9, 9, 0 }, 4);
	ck_assert_uint_eq(p.pixels[0], 0xffffff);
	sek_picture_finish(&p);
}
END_TEST

START_TEST(words_are_there)
{
	for (int w = 0; w < SEK_WORD_COUNT; w++)
		ck_assert(*sek_word(SEK_LANG_JA, (enum sek_word)w) && *sek_word(SEK_LANG_EN, (enum sek_word)w));
	for (int r = 1; r < SEK_CONVERT_REASONS; r++)
		ck_assert(*sek_word_reason(SEK_LANG_JA, (enum sek_convert_reason)r) && *sek_word_reason(SEK_LANG_EN, (enum sek_convert_reason)r));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("convert parts");
	TCase *c = tcase_create("parts");
	SRunner *r;
	int failed;

	if (!sek_charset_init())
		return 1;
	tcase_add_test(c, charset_detection);
	tcase_add_test(c, charset_conversion);
	tcase_add_test(c, buffers_have_an_end);
	tcase_add_test(c, kinds);
	tcase_add_test(c, html);
	tcase_add_test(c, mail_fields);
	tcase_add_test(c, mail_parts);
	tcase_add_test(c, mail_bounds);
	tcase_add_test(c, jpeg_markers);
	tcase_add_test(c, picture_limits);
	tcase_add_test(c, words_are_there);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
