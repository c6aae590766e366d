/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A card: what the viewer shows when it is not, or not only, the isolated browser: heading, text, fields to fill in, buttons.
 * Whoever makes one fills the structure in; drawing, focus, typing and clicks are the card's. Knows nothing of sessions.
 */
#ifndef SEK_CLIENT_VIEWER_CARD_H
#define SEK_CLIENT_VIEWER_CARD_H

#include <SDL.h>

#include "client/viewer/draw.h"

enum { CARD_FIELDS = 2, CARD_BUTTONS = 9, CARD_FIELD_BYTES = 256, CARD_TEXT_BYTES = 1024, CARD_QR_MAX = 128 };

struct card_field {
	char label[128], text[CARD_FIELD_BYTES]; /* UTF-8 */
	bool secret;
};

struct card_button {
	char label[128];
	int action; /* above 0 */
};

struct card {
	char heading[256], lead[CARD_TEXT_BYTES], note[CARD_TEXT_BYTES], error[CARD_TEXT_BYTES], hint[CARD_TEXT_BYTES];
	char *body;           /* a long text in a frame of its own, which scrolls; on the heap, owned; or NULL */
	char *qr;             /* side x side characters 0 and 1; on the heap, owned; or NULL */
	int qr_side;
	struct card_field fields[CARD_FIELDS];
	struct card_button buttons[CARD_BUTTONS]; /* the first is what Enter does */
	int field_count, button_count;
	int escape;           /* action of the Escape key, 0: none */
	bool busy;            /* nothing can be done now */
	bool over;            /* stands over a picture that stays visible */

	/* the card's own */
	int focus;            /* fields, then buttons */
	char editing[128];    /* what an input method composes in the focused field */
	int scroll, scroll_most;
	struct draw_box at[CARD_FIELDS + CARD_BUTTONS];
};

/* Empty, with nothing owned. Fields' contents, and a password among them, are wiped. */
void card_reset(struct card *c);
void card_add_field(struct card *c, const char *label, bool secret);
void card_add_button(struct card *c, const char *label, int action);
/* Focus on the first empty field, or on the first button. */
void card_focus(struct card *c);

/* Events; the returned action is 0 unless something was chosen. x, y: device pixels. */
int card_key(struct card *c, SDL_Keycode key, SDL_Keymod mod);
int card_click(struct card *c, int x, int y);
void card_text(struct card *c, const char *utf8);
void card_editing(struct card *c, const char *utf8);
void card_wheel(struct card *c, int lines);
/* Draws it in the middle of `in`, which lies in the picture, and its ground all over the picture; percent: 100 is one device pixel for each pixel of the design. */
void card_draw(struct card *c, const struct draw *d, struct draw_box in, int percent);
/* Where text goes in, for the input method's window. False: nowhere. */
bool card_caret(const struct card *c, SDL_Rect *ret);

#endif
