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

enum { LINE_PX = 24, MARGIN_PX = 24 };
#define PAPER 0xf4f5f7u
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

/* Breaks where it must; returns the y below. */
static unsigned lines(const struct sek_picture *p, unsigned y, const char *text)
{
	const uint8_t *at = (const uint8_t *)text;
	size_t left = strlen(text), used;
	unsigned x = MARGIN_PX;
	uint32_t c;

	for (; left > 0; at += used, left -= used) {
		used = sek_utf8_next(at, left, &c);
		if (used == 0)
			break;
		if (x + SEK_FONT_COLUMNS_MAX + MARGIN_PX > p->width_px) {
			x = MARGIN_PX;
			y += LINE_PX;
		}
		x += letter(p, x, y, c);
	}
	return y + LINE_PX;
}

void sek_rfb_card(struct sek_rfb *r, uint16_t state)
{
	const struct sek_picture *p = sek_rfb_screen_picture(r->screen);
	char key[80];
	unsigned y;

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
			p->px[i * p->stride_px + x] = PAPER;
	snprintf(key, sizeof key, "state.%s", sek_state_name(state));
	y = lines(p, MARGIN_PX, sek_wording(r->lang, key));
	snprintf(key, sizeof key, "state.%s.hint", sek_state_name(state));
	lines(p, y, sek_wording(r->lang, key));
	sek_rfb_screen_touched(r->screen, (struct sek_rect){ 0, 0, p->width_px, p->height_px });
}

void sek_rfb_title(const struct sek_rfb *r, char ret[SEK_RFB_NAME_BYTES])
{
	char key[80], state[120] = "", watched[120] = "";

	snprintf(key, sizeof key, "state.%s", sek_state_name(r->state));
	if (r->state != SEK_STATE_NONE && r->state != SEK_STATE_RUNNING)
		snprintf(state, sizeof state, " - %s", sek_wording(r->lang, key));
	if (r->watched)
		snprintf(watched, sizeof watched, " - %s", sek_wording(r->lang, "status.watched"));
	snprintf(ret, SEK_RFB_NAME_BYTES, "%s%s%s", sek_wording(r->lang, "app.name"), watched, state);
}
