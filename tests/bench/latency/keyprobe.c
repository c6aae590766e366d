/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Times key presses to pixels through a VNC server, on the page that sekisho-load uses too, so that both can be compared.
 *
 *   keyprobe rfb  SITE N ADDRESS:PORT          a headless client on libvncclient, which decodes but does not paint
 *   keyprobe x    SITE N FRAMEBUFFER           a real viewer on an Xvfb ($DISPLAY, started with -fbdir): keys go in by
 *                                              XTEST, pixels are read from the X server's framebuffer file
 * Serves the page on SITE, prints its port on the first line, waits for the page to be ready, then prints one line of JSON.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rfb/rfbclient.h>
#include <xcb/damage.h>
#include <xcb/xtest.h>

#include "client/load/page.h"

enum { PROBES_MAX = 1000, KEY_LIMIT_MS = 5000, READY_LIMIT_MS = 30000, KEYCODE_A = 38, XWD_COLOUR_BYTES = 12 };

static uv_loop_t loop;
static struct sek_page_server *site;
static double delays_ms[PROBES_MAX];

/* --- the RFB client --- */

static rfbClient *rfb;
static uint64_t rfb_update_ns;

static void on_rfb_update(rfbClient *c)
{
	(void)c;
	rfb_update_ns = uv_hrtime();
}

static bool rfb_open(const char *where)
{
	char program[] = "keyprobe", *server = strdup(where), *args[] = { program, server, NULL };
	int n = 2;

	rfbEnableClientLogging = FALSE;
	rfb = rfbGetClient(8, 3, 4);
	rfb->FinishedFrameBufferUpdate = on_rfb_update;
	rfb->appData.encodingsString = "copyrect tight zrle hextile raw";
	rfb->appData.shareDesktop = TRUE;
	return rfbInitClient(rfb, &n, args);
}

static uint32_t rfb_pixel(void)
{
	size_t y = (size_t)(rfb->height - SEK_PAGE_COLOURED_PX / 2);

	return ((uint32_t *)(void *)rfb->frameBuffer)[y * (size_t)rfb->width + (size_t)rfb->width / 2];
}

static uint32_t rfb_red(uint32_t px)
{
	return px >> rfb->format.redShift & 0xff;
}

static bool rfb_step(int ms)
{
	int n = WaitForMessage(rfb, (unsigned)ms * 1000);

	return n >= 0 && (n == 0 || HandleRFBServerMessage(rfb));
}

static void rfb_key(void)
{
	SendKeyEvent(rfb, 'a', TRUE);
	SendKeyEvent(rfb, 'a', FALSE);
}

/* --- a viewer on an X display --- */

static xcb_connection_t *x;
static const uint8_t *x_pixels;
static uint32_t x_stride, x_width, x_height;

static uint32_t big_endian(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool x_open(const char *framebuffer)
{
	int fd = open(framebuffer, O_RDONLY | O_CLOEXEC);
	xcb_damage_damage_t damage;
	struct stat st;
	const uint8_t *map;

	x = xcb_connect(NULL, NULL);
	if (fd < 0 || fstat(fd, &st) < 0 || xcb_connection_has_error(x))
		return false;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return false;
	x_width = big_endian(map + 16);
	x_height = big_endian(map + 20);
	x_stride = big_endian(map + 48);
	x_pixels = map + big_endian(map) + big_endian(map + 76) * XWD_COLOUR_BYTES;
	free(xcb_damage_query_version_reply(x, xcb_damage_query_version(x, 1, 1), NULL));
	damage = xcb_generate_id(x);
	xcb_damage_create(x, damage, xcb_setup_roots_iterator(xcb_get_setup(x)).data->root,
		XCB_DAMAGE_REPORT_LEVEL_RAW_RECTANGLES);
	xcb_flush(x);
	return true;
}

static uint32_t x_red(void)
{
	const volatile uint8_t *p = x_pixels + (size_t)(x_height - SEK_PAGE_COLOURED_PX / 2) * x_stride + x_width / 2 * 4;

	return p[2];
}

static bool x_step(int ms)
{
	struct pollfd p = { xcb_get_file_descriptor(x), POLLIN, 0 };
	xcb_generic_event_t *e;

	poll(&p, 1, ms);
	while ((e = xcb_poll_for_event(x)))
		free(e);
	return !xcb_connection_has_error(x);
}

static void x_key(void)
{
	xcb_test_fake_input(x, XCB_KEY_PRESS, KEYCODE_A, XCB_CURRENT_TIME, XCB_NONE, 0, 0, 0);
	xcb_test_fake_input(x, XCB_KEY_RELEASE, KEYCODE_A, XCB_CURRENT_TIME, XCB_NONE, 0, 0, 0);
	xcb_flush(x);
}

/* --- both --- */

static bool step(int ms)
{
	uv_run(&loop, UV_RUN_NOWAIT);
	return rfb ? rfb_step(ms) : x_step(ms);
}

static int red(void)
{
	return (int)(rfb ? rfb_red(rfb_pixel()) : x_red());
}

static bool wait_ready(void)
{
	uint64_t end = uv_hrtime() + READY_LIMIT_MS * 1000000ull;

	while (!sek_page_server_ready(site))
		if (!step(10) || uv_hrtime() > end)
			return false;
	for (int i = 0; i < 100; i++) /* let the first picture settle */
		if (!step(10))
			return false;
	return true;
}

static bool probe(unsigned i)
{
	int before = red();
	uint64_t t0 = uv_hrtime(), now = t0;

	rfb ? rfb_key() : x_key();
	for (;;) {
		if (!step(2))
			return false;
		now = rfb ? rfb_update_ns : uv_hrtime();
		if (abs(red() - before) > 60)
			break;
		if (uv_hrtime() - t0 > KEY_LIMIT_MS * 1000000ull)
			return false;
	}
	delays_ms[i] = (double)(now - t0) / 1e6;
	return true;
}

static int by_value(const void *a, const void *b)
{
	double p = *(const double *)a, q = *(const double *)b;

	return p < q ? -1 : p > q;
}

int main(int argc, char **argv)
{
	unsigned n = argc == 5 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;

	if (n == 0 || n > PROBES_MAX) {
		fprintf(stderr, "usage: keyprobe rfb|x SITE N ADDRESS:PORT|FRAMEBUFFER\n");
		return 2;
	}
	uv_loop_init(&loop);
	if (!sek_is_ok(sek_page_server_create(&loop, argv[2], &site)))
		return 1;
	printf("%d\n", sek_page_server_port(site));
	fflush(stdout);
	if (!(strcmp(argv[1], "rfb") == 0 ? rfb_open(argv[4]) : x_open(argv[4])) || !wait_ready()) {
		fprintf(stderr, "keyprobe: no display, or the page was not opened\n");
		return 1;
	}
	for (unsigned i = 0; i < n; i++)
		if (!probe(i)) {
			fprintf(stderr, "keyprobe: the pixels did not change\n");
			return 1;
		}
	qsort(delays_ms, n, sizeof *delays_ms, by_value);
	printf("{\"input_to_pixel_ms\":{\"p50\":%.1f,\"p95\":%.1f,\"n\":%u}}\n", delays_ms[n / 2], delays_ms[n * 95 / 100], n);
	return 0;
}
