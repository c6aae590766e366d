/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What needs neither window nor broker: sizes and places, the wheel, options, lines of text, cards.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/viewer/card.h"
#include "client/viewer/config.h"
#include "client/viewer/geometry.h"

START_TEST(wanted)
{
	struct area a = { 1920, 1080, 100, 2560, 1600 };
	struct link_wanted w = geometry_wanted(&a);

	ck_assert(w.width_px == 1920 && w.height_px == 1080 && w.scale_percent == 100);
	a = (struct area){ 5120, 1440, 150, 2560, 1600 }; /* two screens, and the site allows less */
	w = geometry_wanted(&a);
	ck_assert(w.width_px == 2560 && w.height_px == 720 && w.scale_percent == 75);
	a = (struct area){ 50, 50, 1000, 2560, 1600 };
	w = geometry_wanted(&a);
	ck_assert(w.width_px == SEK_WIDTH_MIN_PX && w.height_px == SEK_HEIGHT_MIN_PX && w.scale_percent == SEK_SCALE_MAX_PERCENT);
}
END_TEST

START_TEST(placed)
{
	struct area a = { 1280, 800, 100, SEK_WIDTH_MAX_PX, SEK_HEIGHT_MAX_PX };
	struct place p = geometry_place(&a, 1272, 800);
	uint16_t x, y;
	SDL_Rect r;

	ck_assert_double_eq(p.scale, 1);
	p = geometry_place(&a, 2560, 1600);
	ck_assert_double_eq(p.scale, 2);
	geometry_to_picture(&p, 100, 50, &x, &y);
	ck_assert(x == 200 && y == 100);
	geometry_to_picture(&p, -5, 5000, &x, &y);
	ck_assert(x == 0 && y == 1599);
	r = geometry_to_window(&p, (SDL_Rect){ 2500, 100, 65535, 40 });
	ck_assert(r.x == 1250 && r.w == 30 && r.y == 50 && r.h == 20);
}
END_TEST

START_TEST(wheel)
{
	struct wheel w = { 0 };
	int16_t dx, dy;

	ck_assert(geometry_wheel(&w, 0, 1, &dx, &dy) && dy == -SEK_WHEEL_NOTCH && dx == 0);
	ck_assert(!geometry_wheel(&w, 0, -0.005, &dx, &dy));
	ck_assert(geometry_wheel(&w, 0, -0.005, &dx, &dy) && dy == 1);
	ck_assert(geometry_wheel(&w, 1e9, 0, &dx, &dy) && dx == SEK_WHEEL_MAX);
}
END_TEST

START_TEST(monitors)
{
	const SDL_Rect each[] = { { 0, 0, 1920, 1080 }, { 1920, -100, 1280, 1024 } };
	SDL_Rect all = geometry_union(each, 2);

	ck_assert(all.x == 0 && all.y == -100 && all.w == 3200 && all.h == 1180);
}
END_TEST

START_TEST(brokers)
{
	static const char *const bad[] = { "", "host", "host:", ":1", "host:0", "host:65536", "host:1x", "2001:db8::1:443", "[]:1" };
	struct viewer_config c = { 0 };

	ck_assert(viewer_parse_broker(&c, "10.1.2.3:8443"));
	ck_assert_str_eq(c.address, "10.1.2.3");
	ck_assert_uint_eq(c.port, 8443);
	ck_assert_str_eq(c.origin, "https://10.1.2.3:8443");
	ck_assert(viewer_parse_broker(&c, "browse.city.example:443"));
	ck_assert_str_eq(c.origin, "https://browse.city.example");
	ck_assert(viewer_parse_broker(&c, "[2001:db8::1]:8443"));
	ck_assert_str_eq(c.address, "2001:db8::1");
	ck_assert_str_eq(c.origin, "https://[2001:db8::1]:8443");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(!viewer_parse_broker(&c, bad[i]), "%s", bad[i]);
}
END_TEST

static sek_status read_options(struct viewer_config *c, const char *path, const char *extra, char *err)
{
	char *argv[] = { (char *)(uintptr_t)"sekisho-viewer", (char *)(uintptr_t)"--config", (char *)(uintptr_t)path, (char *)(uintptr_t)extra,
		NULL };
	bool help;

	return viewer_config_read(extra ? 4 : 3, argv, c, &help, err, 512);
}

START_TEST(files)
{
	char path[] = "/tmp/sekisho-viewer-XXXXXX", err[512];
	struct viewer_config c;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	dprintf(fd, "broker: 127.0.0.1:9443\nca: %s\nuser: tanaka\nlang: en\nkiosk: true\nscale_percent: 150\n", path);
	ck_assert_msg(sek_is_ok(read_options(&c, path, "--lang=ja", err)), "%s", err);
	ck_assert_str_eq(c.file.user, "tanaka");
	ck_assert_str_eq(c.file.lang, "ja"); /* an option goes before the file */
	ck_assert(c.file.kiosk && !c.file.fullscreen);
	ck_assert_uint_eq(c.file.scale_percent, 150);
	ck_assert(strstr(c.decoder, "/sekisho-viewer-decoder"));
	viewer_config_finish(&c);
	ck_assert(!sek_is_ok(read_options(&c, path, "--lang=fr", err)));
	viewer_config_finish(&c);
	ck_assert(!sek_is_ok(read_options(&c, path, "--nonsense", err)));
	viewer_config_finish(&c);
	ck_assert(!sek_is_ok(read_options(&c, path, "--size=1x1", err)));
	viewer_config_finish(&c);
	dprintf(fd, "passwort: x\n");
	ck_assert(!sek_is_ok(read_options(&c, path, NULL, err)));
	ck_assert(strstr(err, "passwort"));
	viewer_config_finish(&c);
	close(fd);
	unlink(path);
}
END_TEST

static void breaks(const char *text, int width, const char *const *lines)
{
	size_t n = strlen(text), shown, took;

	for (; n > 0; text += took, n -= took, lines++) {
		took = draw_line(16, width, text, n, &shown);
		ck_assert_ptr_nonnull(*lines);
		ck_assert_msg(shown == strlen(*lines) && memcmp(text, *lines, shown) == 0, "'%.*s', not '%s'", (int)shown, text, *lines);
	}
	ck_assert_ptr_null(*lines);
}

START_TEST(lines)
{
	breaks("one two three", 8 * 8, (const char *const[]){ "one two", "three", NULL });
	breaks("a\n\nb", 100, (const char *const[]){ "a", "", "b", NULL });
	breaks("隔離された画面。", 16 * 7, (const char *const[]){ "隔離された画", "面。", NULL }); /* 。 begins no line */
	breaks("wwwwwwwwww", 8 * 4, (const char *const[]){ "wwww", "wwww", "ww", NULL });
	breaks("\xff\xfe", 8, (const char *const[]){ "\xff", "\xfe", NULL });
	ck_assert_int_eq(draw_width(16, "aあ", 4), 24);
}
END_TEST

START_TEST(cards)
{
	static uint32_t px[640 * 480];
	struct draw d = { px, 640, 480 };
	struct card c = { 0 };
	SDL_Rect at;

	card_add_field(&c, "user", false);
	card_add_field(&c, "password", true);
	card_add_button(&c, "go", 7);
	card_add_button(&c, "back", 8);
	c.escape = 9;
	card_focus(&c);
	card_text(&c, "田中");
	card_text(&c, "x\n");           /* no controls */
	card_text(&c, "\xff");          /* no bad UTF-8 */
	ck_assert_str_eq(c.fields[0].text, "田中");
	card_key(&c, SDLK_BACKSPACE, KMOD_NONE);
	ck_assert_str_eq(c.fields[0].text, "田");
	ck_assert_int_eq(card_key(&c, SDLK_RETURN, KMOD_NONE), 0); /* on to the empty field */
	card_text(&c, "secret");
	ck_assert_str_eq(c.fields[1].text, "secret");
	ck_assert(card_caret(&c, &at));
	ck_assert_int_eq(card_key(&c, SDLK_RETURN, KMOD_NONE), 7);
	card_editing(&c, "か");
	ck_assert_int_eq(card_key(&c, SDLK_RETURN, KMOD_NONE), 0); /* the input method's */
	card_editing(&c, "");
	card_key(&c, SDLK_TAB, KMOD_NONE);
	card_key(&c, SDLK_TAB, KMOD_NONE);
	ck_assert_int_eq(card_key(&c, SDLK_SPACE, KMOD_NONE), 8);
	ck_assert_int_eq(card_key(&c, SDLK_ESCAPE, KMOD_NONE), 9);
	card_draw(&c, &d, (struct draw_box){ 0, 0, d.w, d.h }, 100);
	ck_assert_int_eq(card_click(&c, c.at[2].x + 5, c.at[2].y + 5), 7);
	ck_assert_int_eq(card_click(&c, 1, 1), 0);
	c.busy = true;
	ck_assert_int_eq(card_click(&c, c.at[2].x + 5, c.at[2].y + 5), 0);
	for (int percent = 50; percent <= 400; percent += 50) /* also where it does not fit */
		card_draw(&c, &d, (struct draw_box){ 0, 0, d.w, d.h }, percent);
	card_reset(&c);
	ck_assert_str_eq(c.fields[1].text, "");
}
END_TEST

START_TEST(backoff)
{
	ck_assert_uint_eq(link_backoff_ms(0, 500), 200);
	ck_assert_uint_eq(link_backoff_ms(1, 0), 800);
	ck_assert_uint_eq(link_backoff_ms(99, 1000), 6000);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("viewer.parts");
	TCase *t = tcase_create("parts");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, wanted);
	tcase_add_test(t, placed);
	tcase_add_test(t, wheel);
	tcase_add_test(t, monitors);
	tcase_add_test(t, brokers);
	tcase_add_test(t, files);
	tcase_add_test(t, lines);
	tcase_add_test(t, cards);
	tcase_add_test(t, backoff);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
