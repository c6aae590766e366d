/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Drawing a card, and what keys and clicks do to it.
 */
#include "client/viewer/card.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define INK 0xff1c2733u
#define QUIET 0xff5a6775u
#define PAPER 0xffffffffu
#define GROUND 0xffe8edf2u
#define VEIL 0xa0101820u
#define LINE 0xffb4bfcau
#define BLUE 0xff1f4e79u
#define PALE 0xffdde7f1u
#define RED 0xffb3261eu

enum { WIDTH = 520, PAD = 32, BODY = 16, HEADING = 24, FIELD_H = 40, BUTTON_H = 42, GAP = 12, BODY_LINES = 12, CURSOR_W = 2, LEAST_PERCENT = 70 };

void card_reset(struct card *c)
{
	free(c->body);
	free(c->qr);
	explicit_bzero(c, sizeof *c);
}

void card_add_field(struct card *c, const char *label, bool secret)
{
	struct card_field *f = &c->fields[c->field_count];

	if (c->field_count == CARD_FIELDS)
		return;
	c->field_count++;
	snprintf(f->label, sizeof f->label, "%s", label);
	f->secret = secret;
}

void card_add_button(struct card *c, const char *label, int action)
{
	struct card_button *b = &c->buttons[c->button_count];

	if (c->button_count == CARD_BUTTONS)
		return;
	c->button_count++;
	snprintf(b->label, sizeof b->label, "%s", label);
	b->action = action;
}

void card_focus(struct card *c)
{
	for (c->focus = 0; c->focus < c->field_count; c->focus++)
		if (!c->fields[c->focus].text[0])
			return;
	c->focus = c->field_count > 0 && c->button_count == 0 ? 0 : c->field_count;
}

/* --- events --- */

static struct card_field *focused(struct card *c)
{
	return c->focus < c->field_count ? &c->fields[c->focus] : NULL;
}

static void take_back(struct card_field *f)
{
	size_t n = strlen(f->text);

	while (n > 0 && ((uint8_t)f->text[--n] & 0xc0) == 0x80)
		;
	explicit_bzero(f->text + n, sizeof f->text - n);
}

static void move(struct card *c, int by)
{
	int n = c->field_count + c->button_count;

	if (n > 0)
		c->focus = (c->focus + by + n) % n;
}

int card_key(struct card *c, SDL_Keycode key, SDL_Keymod mod)
{
	struct card_field *f = focused(c);

	if (c->editing[0])
		return 0; /* the input method's */
	switch (key) {
	case SDLK_TAB: move(c, mod & KMOD_SHIFT ? -1 : 1); return 0;
	case SDLK_DOWN: move(c, 1); return 0;
	case SDLK_UP: move(c, -1); return 0;
	case SDLK_PAGEDOWN: card_wheel(c, BODY_LINES); return 0;
	case SDLK_PAGEUP: card_wheel(c, -BODY_LINES); return 0;
	case SDLK_BACKSPACE:
		if (f && !c->busy)
			take_back(f);
		return 0;
	case SDLK_ESCAPE: return c->busy ? 0 : c->escape;
	case SDLK_SPACE:
	case SDLK_RETURN:
	case SDLK_KP_ENTER:
		if (c->busy || c->button_count == 0 || (f && key == SDLK_SPACE))
			return 0;
		if (f && c->focus + 1 < c->field_count && !c->fields[c->focus + 1].text[0]) {
			c->focus++;
			return 0;
		}
		return c->buttons[f ? 0 : c->focus - c->field_count].action;
	default: return 0;
	}
}

static bool holds(struct draw_box b, int x, int y)
{
	return x >= b.x && x < b.x + b.w && y >= b.y && y < b.y + b.h;
}

int card_click(struct card *c, int x, int y)
{
	for (int i = 0; i < c->field_count + c->button_count; i++) {
		if (!holds(c->at[i], x, y))
			continue;
		c->focus = i;
		return i < c->field_count || c->busy ? 0 : c->buttons[i - c->field_count].action;
	}
	return 0;
}

void card_text(struct card *c, const char *utf8)
{
	struct card_field *f = focused(c);
	size_t have = f ? strlen(f->text) : 0, n = strlen(utf8);

	c->editing[0] = 0;
	if (!f || c->busy || have + n >= sizeof f->text || !sek_utf8_valid((const uint8_t *)utf8, n, NULL))
		return;
	for (size_t i = 0; i < n; i++)
		if ((uint8_t)utf8[i] < 0x20 || utf8[i] == 0x7f)
			return;
	memcpy(f->text + have, utf8, n + 1);
}

void card_editing(struct card *c, const char *utf8)
{
	snprintf(c->editing, sizeof c->editing, "%s", focused(c) ? utf8 : "");
}

void card_wheel(struct card *c, int lines)
{
	int to = c->scroll + lines;

	c->scroll = to < 0 ? 0 : to > c->scroll_most ? c->scroll_most : to;
}

bool card_caret(const struct card *c, SDL_Rect *ret)
{
	if (c->focus >= c->field_count)
		return false;
	*ret = (SDL_Rect){ c->at[c->focus].x, c->at[c->focus].y, c->at[c->focus].w, c->at[c->focus].h };
	return true;
}

/* --- drawing --- */

/* Where the pen is; with d NULL only measured. */
struct pen {
	const struct draw *d;
	int x, y, width, percent;
};

static int scaled(const struct pen *p, int design)
{
	return design * p->percent / 100;
}

static void text(struct pen *p, int size, uint32_t colour, const char *words)
{
	if (!words[0])
		return;
	p->y += draw_lines(p->d, p->x, p->y, p->width, scaled(p, size), colour, words);
	p->y += scaled(p, GAP);
}

static void draw_code(struct card *c, struct pen *p)
{
	int side = c->qr_side + 8, dot = scaled(p, 4), x0 = p->x + (p->width - side * dot) / 2;

	if (!c->qr)
		return;
	if (p->d) {
		draw_box(p->d, (struct draw_box){ x0, p->y, side * dot, side * dot }, 0, 0xffffffffu);
		for (int y = 0; y < c->qr_side; y++)
			for (int x = 0; x < c->qr_side; x++)
				if (c->qr[y * c->qr_side + x] == '1')
					draw_box(p->d, (struct draw_box){ x0 + (x + 4) * dot, p->y + (y + 4) * dot, dot, dot }, 0,
						0xff000000u);
	}
	p->y += side * dot + scaled(p, GAP);
}

static void draw_body(struct card *c, struct pen *p)
{
	int size = scaled(p, BODY), pad = scaled(p, GAP), width = p->width - 2 * pad, line = 0, shown_lines = 0, h;
	const char *at = c->body;
	size_t n = at ? strlen(at) : 0, shown;

	if (!at)
		return;
	h = draw_lines(NULL, 0, 0, width, size, 0, at) / draw_leading(size);
	c->scroll_most = h > BODY_LINES ? h - BODY_LINES : 0;
	c->scroll = c->scroll > c->scroll_most ? c->scroll_most : c->scroll;
	h = (h < BODY_LINES ? h : BODY_LINES) * draw_leading(size) + 2 * pad;
	if (p->d)
		draw_box(p->d, (struct draw_box){ p->x, p->y, p->width, h }, scaled(p, 6), PALE);
	for (; p->d && n > 0 && shown_lines < BODY_LINES; line++) {
		size_t took = draw_line(size, width, at, n, &shown);

		if (line >= c->scroll)
			draw_text(p->d, p->x + pad, p->y + pad + shown_lines++ * draw_leading(size), size, INK, at, shown);
		at += took;
		n -= took;
	}
	if (p->d && c->scroll_most > 0) /* how far down, and how much there is */
		draw_box(p->d, (struct draw_box){ p->x + p->width - scaled(p, 6), p->y + (h - h / 4) * c->scroll / c->scroll_most,
			scaled(p, 4), h / 4 }, 0, LINE);
	p->y += h + scaled(p, GAP);
}

static void draw_field(struct card *c, struct pen *p, int i)
{
	struct card_field *f = &c->fields[i];
	struct draw_box b, rim;
	int size = scaled(p, BODY), edge = scaled(p, i == c->focus ? 2 : 1), x, room;
	char shown[CARD_FIELD_BYTES * 3 + sizeof c->editing];
	size_t n = 0;

	p->y += draw_lines(p->d, p->x, p->y, p->width, size, INK, f->label);
	b = (struct draw_box){ p->x, p->y, p->width, scaled(p, FIELD_H) };
	p->y += b.h + scaled(p, GAP);
	if (!p->d)
		return;
	c->at[i] = b;
	rim = (struct draw_box){ b.x - edge, b.y - edge, b.w + 2 * edge, b.h + 2 * edge };
	draw_box(p->d, rim, scaled(p, 6), i == c->focus ? BLUE : LINE);
	draw_box(p->d, b, scaled(p, 5), PAPER);
	if (f->secret) {
		for (const char *t = f->text; *t; t++)
			if (((uint8_t)*t & 0xc0) != 0x80)
				n += (size_t)snprintf(shown + n, sizeof shown - n, "\xe2\x97\x8f");
		shown[n] = 0;
	} else {
		n = (size_t)snprintf(shown, sizeof shown, "%s", f->text);
	}
	if (i == c->focus)
		n += (size_t)snprintf(shown + n, sizeof shown - n, "%s", c->editing);
	/* What does not fit is cut off at the left: the end is where one types. */
	room = b.w - scaled(p, 24);
	for (x = 0; (size_t)x < n && draw_width(size, shown + x, n - (size_t)x) > room;)
		do
			x++;
		while (((uint8_t)shown[x] & 0xc0) == 0x80);
	n = strlen(shown + x);
	draw_text(p->d, b.x + scaled(p, 10), b.y + (b.h - size) / 2, size, INK, shown + x, n);
	room = draw_width(size, shown + x, n);
	if (i == c->focus && c->editing[0]) {
		int w = draw_width(size, c->editing, strlen(c->editing));

		draw_box(p->d, (struct draw_box){ b.x + scaled(p, 10) + room - w, b.y + (b.h + size) / 2 + 1, w, scaled(p, 2) }, 0, BLUE);
	}
	if (i == c->focus)
		draw_box(p->d, (struct draw_box){ b.x + scaled(p, 10) + room + 1, b.y + (b.h - size) / 2 - 1, scaled(p, CURSOR_W), size + 2 },
			0, INK);
	explicit_bzero(shown, sizeof shown);
}

static void draw_button(struct card *c, struct pen *p, int i)
{
	const struct card_button *b = &c->buttons[i];
	int size = scaled(p, BODY), at = c->field_count + i, w = draw_width(size, b->label, strlen(b->label)), edge = scaled(p, 3);
	struct draw_box box = { p->x, p->y, p->width, scaled(p, BUTTON_H) };
	bool first = i == 0;

	p->y += box.h + scaled(p, GAP);
	if (!p->d)
		return;
	c->at[at] = box;
	if (at == c->focus)
		draw_box(p->d, (struct draw_box){ box.x - edge, box.y - edge, box.w + 2 * edge, box.h + 2 * edge }, scaled(p, 9), 0xff7fa8cfu);
	draw_box(p->d, box, scaled(p, 6), c->busy ? LINE : first ? BLUE : PALE);
	draw_text(p->d, box.x + (box.w - w) / 2, box.y + (box.h - size) / 2, size, first ? PAPER : BLUE, b->label, strlen(b->label));
}

static void contents(struct card *c, struct pen *p)
{
	text(p, HEADING, BLUE, c->heading);
	text(p, BODY, QUIET, c->lead);
	text(p, BODY, INK, c->note);
	text(p, BODY, RED, c->error);
	draw_code(c, p);
	draw_body(c, p);
	for (int i = 0; i < c->field_count; i++)
		draw_field(c, p, i);
	text(p, BODY, QUIET, c->hint);
	for (int i = 0; i < c->button_count; i++)
		draw_button(c, p, i);
}

void card_draw(struct card *c, const struct draw *d, struct draw_box in, int percent)
{
	struct pen p;
	int pad, width, h;

	do { /* smaller where it does not fit, as long as it can be read */
		p = (struct pen){ NULL, 0, 0, 0, percent };
		pad = scaled(&p, PAD);
		width = scaled(&p, WIDTH) < in.w - 8 ? scaled(&p, WIDTH) : in.w - 8;
		p.width = width - 2 * pad;
		contents(c, &p);
		h = p.y + 2 * pad - scaled(&p, GAP);
	} while (h > in.h && (percent -= 10) >= LEAST_PERCENT);
	p = (struct pen){ d, in.x + (in.w - width) / 2 + pad, in.y + (in.h > h ? (in.h - h) / 2 : 0) + pad, p.width, percent };
	draw_clear(d, c->over ? VEIL : GROUND);
	draw_box(d, (struct draw_box){ p.x - pad, p.y - pad, width, h }, scaled(&p, 10), PAPER);
	contents(c, &p);
}
