/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Not a test: prints what capture costs on this machine, on a real X server at 1920x1080. Delays are from the X request to
 * the whole frame in the receiver's hands (X server, damage, encoding, socket).
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/capture/rig.h"

enum { WIDTH = 1920, HEIGHT = 1080, SAMPLES = 400, SCROLL_FRAMES = 300 };

static struct rig rig;

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static bool frame_came(struct rig *r, void *before)
{
	return r->frames > *(unsigned *)before;
}

static void delay(const char *what, uint16_t side, bool noise)
{
	static uint64_t us[SAMPLES];

	for (unsigned i = 0; i < SAMPLES; i++) {
		unsigned before = rig.frames;
		uint64_t t;
		int16_t x = (int16_t)(i * 37 % (WIDTH - side)), y = (int16_t)(i * 53 % (HEIGHT - side));

		t = rig_now_us();
		if (noise)
			rig_noise(&rig, x, y, side, side, i);
		else
			rig_fill(&rig, 0x10307u * (i + 1u) & 0xffffffu, x, y, side, side);
		rig_until(&rig, frame_came, &before, "a frame");
		us[i] = rig_now_us() - t;
		usleep(18000); /* quiet: the next leaves at once */
	}
	qsort(us, SAMPLES, sizeof us[0], by_value);
	printf("%-28s p50 %5llu us  p95 %5llu us  max %5llu us\n", what, (unsigned long long)us[SAMPLES / 2],
		(unsigned long long)us[SAMPLES * 95 / 100], (unsigned long long)us[SAMPLES - 1]);
}

/* Lines of small glyph-like marks, as text would have. */
static void text_rows(int16_t y, uint16_t rows, uint32_t seed)
{
	xcb_rectangle_t marks[400];

	rig_fill(&rig, 0xffffff, 0, y, WIDTH, rows);
	for (int16_t line = (int16_t)(y + 4); line + 16 <= y + rows; line = (int16_t)(line + 22)) {
		uint32_t black = 0x202020;

		for (unsigned i = 0; i < 400; i++) {
			seed = seed * 1664525u + 1013904223u;
			marks[i] = (xcb_rectangle_t){ (int16_t)(20 + 4 * i), (int16_t)(line + (int)(seed >> 20 & 7)),
						      (uint16_t)(1 + (seed >> 28 & 3)), (uint16_t)(1 + (seed >> 24 & 7)) };
		}
		xcb_change_gc(rig.x, rig.gc, XCB_GC_FOREGROUND, &black);
		xcb_poly_fill_rectangle(rig.x, rig.window, rig.gc, 400, marks);
	}
	xcb_flush(rig.x);
}

static void scroll(void)
{
	uint64_t cpu, t, bytes;
	unsigned frames;

	text_rows(0, HEIGHT, 1);
	rig_until_same_picture(&rig);
	rig_for(&rig, 500);
	cpu = rig_capture_cpu_us(&rig);
	bytes = rig.bytes;
	frames = rig.frames;
	t = rig_now_us();
	for (unsigned i = 0; i < SCROLL_FRAMES; i++) {
		uint64_t next = t + (i + 1) * 16667ull, now;

		xcb_copy_area(rig.x, rig.window, rig.window, rig.gc, 0, 44, 0, 0, WIDTH, HEIGHT - 44);
		text_rows(HEIGHT - 44, 44, i + 2u);
		now = rig_now_us();
		if (now < next)
			rig_for(&rig, (int)((next - now) / 1000));
	}
	t = rig_now_us() - t;
	cpu = rig_capture_cpu_us(&rig) - cpu;
	printf("scroll 44 px, 60 a second    %.0f frames/s  %.2f ms CPU a frame  %.1f %% of a core  %.1f KiB a frame\n",
		(rig.frames - frames) * 1e6 / (double)t, (double)cpu / 1e3 / (rig.frames - frames),
		(double)cpu * 100 / (double)t, (double)(rig.bytes - bytes) / 1024 / (rig.frames - frames));
	rig_until_same_picture(&rig);
}

/* A test only in form: the rig's checks need one around them. */
START_TEST(measure)
{
	uint64_t cpu;

	rig_start(&rig, WIDTH, HEIGHT, NULL);
	printf("not attached                 PSS %u KiB\n", rig_capture_pss_kib(&rig));
	rig_attach(&rig, WIDTH, HEIGHT);
	rig_until_same_picture(&rig);
	rig_for(&rig, 500);
	delay("64x64 filled", 64, false);
	delay("64x64 noise", 64, true);
	delay("600x400 filled", 600, false);
	scroll();
	printf("after that                   PSS %u KiB (framebuffer and copy: %u KiB)\n", rig_capture_pss_kib(&rig),
		2 * WIDTH * HEIGHT * 4 / 1024);
	rig_for(&rig, 1000);
	cpu = rig_capture_cpu_us(&rig);
	rig_for(&rig, 5000);
	printf("idle                         %llu us CPU in 5 s\n", (unsigned long long)(rig_capture_cpu_us(&rig) - cpu));
	rig_stop(&rig);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("measure capture");
	TCase *t = tcase_create("measure");
	SRunner *r = srunner_create(s);
	int failed;

	setvbuf(stdout, NULL, _IOLBF, 0);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, measure);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_SILENT);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
