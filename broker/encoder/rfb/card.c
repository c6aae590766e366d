/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a viewer's user is told: the window's title while the session lives, a card in the place of the picture when it does not. The words are
 * those of every client.
 */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "broker/encoder/rfb/rfb.h"
#include "protocol/font/font.h"
#include "protocol/words/words.h"

enum { LINE_PX = 24 };
#define INK 0x1d2530u

static void dot(const struct sek_picture *p, unsigned x, unsigned y)
{
	if (x < p->width_px && y < p->height_px)
		p->px[(size_t)y * p->stride_px + x] = INK;
}

static unsigned letter(const struct sek_picture *p, unsigned x, unsigned y, uint32_t c)
{
	struct sek_glyph g = sek_font_glyph(c);

	for (unsigned row = 0; row < SEK_FONT_ROWS; row++)
		for (unsigned column = 0; column < g.columns; column++)
			if (g.rows[row * (g.columns / 8) + column / 8] & (0x80 >> column % 8))
				dot(p, x + column, y + row);
	return g.columns;
}

/* Breaks where it must. */
unsigned sek_rfb_lines(const struct sek_picture *p, struct sek_rect in, unsigned y, const char *text, size_t n)
{
	const uint8_t *at = (const uint8_t *)text;
	unsigned x = in.x;
	size_t used;
	uint32_t c;

	for (; n > 0; at += used, n -= used) {
		used = sek_utf8_next(at, n, &c);
		if (used == 0)
			break;
		if (c == '\n' || x + SEK_FONT_COLUMNS_MAX > (unsigned)in.x + in.w) {
			x = in.x;
			y += LINE_PX;
		}
		if (c == '\n')
			continue;
		x += p ? letter(p, x, y, c) : sek_font_glyph(c).columns;
	}
	return y + LINE_PX;
}

void sek_rfb_card(struct sek_rfb *r, uint16_t state)
{
	const struct sek_picture *p = sek_rfb_screen_picture(r->screen);
	struct sek_rect in;
	const char *text;
	char key[80];
	unsigned y;

	sek_rfb_ask_end(r, false);
	r->card = true;
	r->in_frame = false;
	r->leave_ms = sek_rfb_now_ms() + SEK_RFB_CARD_MS;
	if (!r->has_size && !sek_is_ok(sek_rfb_screen_resize(r->screen, r->width_px, r->height_px))) {
		r->done = true;
		return;
	}
	r->has_size = true;
	for (size_t i = 0; i < p->height_px; i++)
		for (size_t x = 0; x < p->width_px; x++)
			p->px[i * p->stride_px + x] = SEK_RFB_PAPER;
	snprintf(key, sizeof key, "state.%s", sek_state_name(state));
	in = (struct sek_rect){ SEK_RFB_MARGIN_PX, SEK_RFB_MARGIN_PX, (uint16_t)(p->width_px - 2 * SEK_RFB_MARGIN_PX), 0 };
	text = sek_wording(r->lang, key);
	y = sek_rfb_lines(p, in, SEK_RFB_MARGIN_PX, text, strlen(text));
	snprintf(key, sizeof key, "state.%s.hint", sek_state_name(state));
	text = sek_wording(r->lang, key);
	sek_rfb_lines(p, in, y, text, strlen(text));
	sek_rfb_screen_touched(r->screen, (struct sek_rect){ 0, 0, p->width_px, p->height_px });
}

void sek_rfb_title(const struct sek_rfb *r, char ret[SEK_RFB_NAME_BYTES])
{
	char key[80], state[120] = "", seen[120] = "", asked[160] = "";

	snprintf(key, sizeof key, "state.%s", sek_state_name(r->state));
	if (r->state != SEK_STATE_NONE && r->state != SEK_STATE_RUNNING)
		snprintf(state, sizeof state, " - %s", sek_wording(r->lang, key));
	if (r->watched || r->recorded)
		snprintf(seen, sizeof seen, " - %s", sek_wording(r->lang, r->watched ? "status.watched" : "status.recorded"));
	if (r->ask.shown || r->note_ms)
		snprintf(asked, sizeof asked, " - %s", sek_wording(r->lang, r->ask.shown ? "vnc.ask" : "vnc.ask.too-long"));
	snprintf(ret, SEK_RFB_NAME_BYTES, "%s%s%s%s", sek_wording(r->lang, "app.name"), asked, seen, state);
}
