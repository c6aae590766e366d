/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a VNC viewer says. First byte odd: its greeting, up to name and password. Even: everything from ClientInit on, by the whole process but its
 * loop: what it makes of that must be what the broker takes from any client, and what it writes to the viewer stays within its bounds.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "broker/encoder/rfb/rfb.h"
#include "broker/hub/viewers/greeting.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WIDTH = 320, HEIGHT = 240 };

static void greet(const uint8_t *data, size_t size)
{
	struct sek_greeting g = { 0 };
	uint8_t in[SEK_GREETING_IN_BYTES], out[SEK_GREETING_OUT_BYTES];
	size_t needs, code;

	for (;;) {
		if (g.step == SEK_GREETING_TLS)
			sek_greeting_secured(&g);
		needs = sek_greeting_needs(&g);
		if (needs > sizeof in)
			abort();
		if (needs == 0 || needs > size)
			break;
		memcpy(in, data, needs);
		if (sek_greeting_take(&g, in, out) > sizeof out)
			abort();
		data += needs;
		size -= needs;
	}
	if (g.step == SEK_GREETING_DONE && sek_greeting_cut(g.password, g.password_n, &code) > g.password_n)
		abort();
}

/* Whatever goes up is what the broker would take: well-formed, of the client's side. */
static void check_up(struct sek_rfb *r)
{
	struct sek_frame f;
	size_t total;

	for (size_t at = 0; at < r->up_n; at += total)
		if (!sek_is_ok(sek_frame_whole(r->up + at, r->up_n - at, SEK_LINK_CLIENT, SEK_DIR_UP, &f, &total)) || f.type == SEK_MSG_END)
			abort();
	r->up_n = 0;
}

static void begin(struct sek_rfb *r)
{
	static struct sek_rfb first;
	static struct sek_rfb_screen *screen;

	if (!screen) {
		first = (struct sek_rfb){ .width_px = WIDTH, .height_px = HEIGHT };
		if (!sek_is_ok(sek_rfb_prepare(&first)))
			abort();
		screen = first.screen;
		first.up_n = 0;
		first.most_width_px = 1920;
		first.most_height_px = 1200;
		first.has_size = true;
		first.clip.directions = SEK_CROSS_TO_OUTER | SEK_CROSS_TO_INNER;
	}
	memcpy(r, &first, sizeof *r);
	if (!sek_is_ok(sek_rfb_screen_resize(screen, WIDTH, HEIGHT)))
		abort();
	sek_rfb_screen_wants(screen, &r->wants);
	if (!sek_is_ok(sek_rfb_screen_format(screen, &(struct sek_rfb_format){ .bits = 32, .depth = 24, .red_max = 255, .green_max = 255,
			.blue_max = 255, .red_shift = 16, .green_shift = 8 })))
		abort();
}

static void ask(struct sek_rfb *r, uint32_t n)
{
	static const char text[] = "関所を越える文字\nthe second line";

	sek_rfb_ask_begin(r, n, n & 1);
	sek_rfb_ask_piece(r, &(struct sek_clipboard_piece){ SEK_CLIPBOARD_FIRST | SEK_CLIPBOARD_LAST | SEK_CLIPBOARD_PREVIEW, (const uint8_t *)text,
		sizeof text - 1 });
	if (!r->ask.shown)
		abort();
	r->ask.from_ms = 0;
}

static void talk(const uint8_t *data, size_t size)
{
	static struct sek_rfb r;
	struct sek_rfb_event e;
	size_t used;

	begin(&r);
	while (!r.done) {
		sek_status s = sek_rfb_viewer_take(&r.viewer, data, size, &e, &used);

		if (used > size)
			abort();
		data += used;
		size -= used;
		if (!sek_is_ok(s))
			break;
		if (!sek_is_ok(sek_rfb_said(&r, &e)))
			break;
		if (r.init_came && !r.init_sent)
			sek_rfb_put_init(&r);
		sek_rfb_settle(&r);
		if (size % 5 == 0)
			sek_rfb_screen_touched(r.screen, (struct sek_rect){ (uint16_t)(size % 200), (uint16_t)(size % 100), 64, 64 });
		if (size % 11 == 0) /* the broker asks, and takes it back now and then */
			ask(&r, (uint32_t)size);
		else if (size % 13 == 0)
			sek_rfb_ask_end(&r, false);
		sek_rfb_offer(&r);
		check_up(&r);
		r.out_start = r.out_end;
		sek_rfb_out_empty(&r);
		if (size % 7 == 0)
			sek_rfb_let_go(&r);
		check_up(&r);
	}
	sek_rfb_ask_end(&r, false);
	if (ftruncate(r.out_fd, 0) < 0 || lseek(r.out_fd, 0, SEEK_SET) < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	if (data[0] & 1)
		greet(data + 1, size - 1);
	else
		talk(data + 1, size - 1);
	return 0;
}
