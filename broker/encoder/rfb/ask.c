/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * May this text cross? A VNC viewer has no window of ours to ask in, so the question stands in the picture, and a key answers it: a digit that is
 * another one each time, so that nobody says yes by typing on, and Escape. The whole text is shown or there is no question. What is drawn lies
 * over the picture that the broker's updates refer to and is lifted before each of them. Must never answer yes by itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/encoder/rfb/rfb.h"
#include "protocol/words/words.h"

enum { KEY_ESCAPE = 0xff1b, KEYPAD_0 = 0xffb0, DIGIT_LEAST = 2, DIGITS = 8 };
#define RIM 0xb3261eu

static void answer(struct sek_rfb *r, bool yes)
{
	uint8_t memory[SEK_FRAME_HEADER_BYTES + SEK_MSG_CLIPBOARD_ANSWER_MAX_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_clipboard_answer_write(&w, &(struct sek_clipboard_answer){ .id = r->ask.id, .yes = yes });
	sek_rfb_up(r, memory, w.len);
}

/* --- the picture under the question --- */

static void swap_rows(struct sek_rfb *r, bool keep)
{
	const struct sek_picture *p = sek_rfb_screen_picture(r->screen);
	const struct sek_rect *at = &r->ask.at;

	for (size_t y = 0; y < at->h; y++) {
		uint32_t *row = p->px + (at->y + y) * p->stride_px + at->x, *under = r->ask.under + y * at->w;

		if (keep)
			memcpy(under, row, at->w * sizeof *row);
		else
			memcpy(row, under, at->w * sizeof *row);
	}
	sek_rfb_screen_touched(r->screen, *at);
}

static void fill(const struct sek_picture *p, struct sek_rect at, uint32_t colour)
{
	for (size_t y = at.y; y < (size_t)at.y + at.h; y++)
		for (size_t x = at.x; x < (size_t)at.x + at.w; x++)
			p->px[y * p->stride_px + x] = colour;
}

/* Heading, text and keys, one below the other; draws if p is there; returns how high it all is. */
static unsigned words_at(const struct sek_rfb *r, const struct sek_picture *p, struct sek_rect in)
{
	const struct sek_rfb_ask *a = &r->ask;
	char keys[400], digit[2] = { (char)('0' + a->digit), 0 };
	unsigned y = in.y;
	const char *way = sek_wording(r->lang, a->to_outer ? "vnc.ask.to-outer" : "vnc.ask.to-inner"), *how = sek_wording(r->lang, "vnc.ask.keys");
	const char *mark = strstr(how, "{digit}");

	snprintf(keys, sizeof keys, "%.*s%s%s", mark ? (int)(mark - how) : 0, how, digit, mark ? mark + strlen("{digit}") : "");
	y = sek_rfb_lines(p, in, y, way, strlen(way)) + SEK_RFB_MARGIN_PX / 2;
	y = sek_rfb_lines(p, in, y, (const char *)a->text, a->n) + SEK_RFB_MARGIN_PX / 2;
	y = sek_rfb_lines(p, in, y, keys, strlen(keys));
	return y - in.y;
}

static void draw(struct sek_rfb *r)
{
	const struct sek_picture *p = sek_rfb_screen_picture(r->screen);
	struct sek_rect at = r->ask.at, in;

	fill(p, at, RIM);
	in = (struct sek_rect){ (uint16_t)(at.x + 2), (uint16_t)(at.y + 2), (uint16_t)(at.w - 4), (uint16_t)(at.h - 4) };
	fill(p, in, SEK_RFB_PAPER);
	in = (struct sek_rect){ (uint16_t)(at.x + SEK_RFB_MARGIN_PX), (uint16_t)(at.y + SEK_RFB_MARGIN_PX), (uint16_t)(at.w - 2 * SEK_RFB_MARGIN_PX),
		(uint16_t)(at.h - 2 * SEK_RFB_MARGIN_PX) };
	words_at(r, p, in);
}

void sek_rfb_ask_lift(struct sek_rfb *r)
{
	if (r->ask.shown)
		swap_rows(r, false);
}

void sek_rfb_ask_lay(struct sek_rfb *r)
{
	if (!r->ask.shown)
		return;
	swap_rows(r, true);
	draw(r);
}

/* --- the question --- */

/* Where all of it fits, in the upper half if it can; false: nowhere. */
static bool place(struct sek_rfb *r)
{
	const struct sek_picture *p = sek_rfb_screen_picture(r->screen);
	unsigned w = p->width_px < SEK_RFB_ASK_MAX_PX ? p->width_px : SEK_RFB_ASK_MAX_PX, h, most = p->height_px < SEK_RFB_ASK_MAX_PX ? p->height_px : SEK_RFB_ASK_MAX_PX;

	if (!r->has_size || w < 4 * SEK_RFB_MARGIN_PX)
		return false;
	h = words_at(r, NULL, (struct sek_rect){ 0, 0, (uint16_t)(w - 2 * SEK_RFB_MARGIN_PX), 0 }) + 2 * SEK_RFB_MARGIN_PX;
	if (h > most)
		return false;
	r->ask.at = (struct sek_rect){ (uint16_t)((p->width_px - w) / 2), (uint16_t)((p->height_px - h) / 3), (uint16_t)w, (uint16_t)h };
	return true;
}

static void forget(struct sek_rfb *r)
{
	free(r->ask.under);
	r->ask.under = NULL;
	explicit_bzero(r->ask.text, sizeof r->ask.text);
	r->ask.n = 0;
	r->ask.open = r->ask.shown = r->ask.too_long = false;
	r->owes_name = true;
}

void sek_rfb_ask_begin(struct sek_rfb *r, uint32_t id, bool to_outer)
{
	sek_rfb_ask_end(r, true);
	r->ask.open = true;
	r->ask.id = id;
	r->ask.to_outer = to_outer;
	if (to_outer && r->holding) /* what is typed waits for the answer */
		r->hold_ms = sek_rfb_now_ms() + SEK_RFB_ASK_MS + SEK_RFB_PASTE_MS;
}

static void show(struct sek_rfb *r)
{
	struct sek_rfb_ask *a = &r->ask;

	a->seed = a->seed * 1103515245u + 12345u;
	a->digit = (uint8_t)(DIGIT_LEAST + (a->seed >> 16) % DIGITS);
	if (!a->too_long && place(r))
		a->under = malloc((size_t)a->at.w * a->at.h * sizeof *a->under);
	if (!a->under) {
		answer(r, false);
		forget(r);
		r->note_ms = sek_rfb_now_ms() + SEK_RFB_NOTE_MS;
		return;
	}
	a->shown = true;
	a->from_ms = sek_rfb_now_ms() + SEK_RFB_ASK_QUIET_MS;
	r->owes_name = true;
	sek_rfb_ask_lay(r);
}

void sek_rfb_ask_piece(struct sek_rfb *r, const struct sek_clipboard_piece *m)
{
	struct sek_rfb_ask *a = &r->ask;

	if (!a->open || a->shown)
		return;
	if (m->bytes > sizeof a->text - a->n)
		a->too_long = true;
	else
		memcpy(a->text + a->n, m->utf8, m->bytes);
	a->n += a->too_long ? 0 : m->bytes;
	if (m->flags & SEK_CLIPBOARD_LAST)
		show(r);
}

void sek_rfb_ask_end(struct sek_rfb *r, bool decline)
{
	if (!r->ask.open)
		return;
	sek_rfb_ask_lift(r);
	if (decline)
		answer(r, false);
	forget(r);
}

bool sek_rfb_ask_key(struct sek_rfb *r, uint32_t symbol, bool down)
{
	uint32_t digit = r->ask.digit;
	bool yes = symbol == '0' + digit || symbol == KEYPAD_0 + digit;

	if (!r->ask.shown || !down)
		return false; /* what went down before comes up */
	if ((yes || symbol == KEY_ESCAPE) && sek_rfb_now_ms() >= r->ask.from_ms) {
		sek_rfb_ask_lift(r);
		answer(r, yes);
		forget(r);
	}
	return true;
}
