/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * SDL's events: to the card that is shown, or to the isolated browser. Never both.
 */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "client/viewer/app.h"

enum { SMALL_BYTES = 64, POINTER_MS = 8 };

/* --- text --- */

/* Whole characters, line ends as line feeds, of the controls only tab and line feed: what a TEXT message may carry. */
static size_t clean(const char *text, uint8_t *ret, size_t size)
{
	size_t n = strlen(text), used = 0;
	uint32_t c;

	for (size_t at = 0, took; at < n; at += took) {
		took = sek_utf8_next((const uint8_t *)text + at, n - at, &c);
		if (took == 0) {
			took = 1;
			continue;
		}
		if ((c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7f && c <= 0x9f) || used + took > size)
			continue;
		memcpy(ret + used, text + at, took);
		used += took;
	}
	return used;
}

static void send_text(struct app *a, const char *text)
{
	uint8_t memory[SEK_FRAME_HEADER_BYTES + SEK_TEXT_MAX_BYTES], cleaned[SEK_TEXT_MAX_BYTES];
	size_t n = clean(text, cleaned, sizeof cleaned); /* SDL gives at most 32 bytes at a time */
	struct sek_writer w;

	if (n == 0)
		return;
	sek_writer_init(&w, memory, sizeof memory);
	sek_text_write(&w, &(struct sek_text){ cleaned, n });
	if (sek_is_ok(sek_writer_status(&w)))
		app_send(a, memory, w.len);
}

static void place_input_method(struct app *a)
{
	struct place place = window_place(a->window);
	SDL_Rect at;

	if (a->view != 0) {
		if (!card_caret(&a->card, &at))
			return;
	} else {
		at = geometry_to_window(&place, (SDL_Rect){ a->caret.x_px, a->caret.y_px, a->caret.width_px, a->caret.height_px });
	}
	at = (SDL_Rect){ window_logical(a->window, at.x), window_logical(a->window, at.y), window_logical(a->window, at.w),
		window_logical(a->window, at.h) };
	SDL_SetTextInputRect(&at);
}

/* --- keys --- */

/* The text that SDL gives with a key: it is the next event then. */
static bool text_of_key(SDL_Event *ret)
{
	return SDL_PeepEvents(ret, 1, SDL_PEEKEVENT, SDL_FIRSTEVENT, SDL_LASTEVENT) == 1 && ret->type == SDL_TEXTINPUT;
}

static void copied(struct app *a, bool repeat)
{
	a->copied_there = true;
	if (!clipboard_to_inner(a->clipboard) && !repeat)
		app_notice(a, "clipboard.copy-off", NULL, NULL);
}

/* What was copied there is pasted there as it is; what comes from here must be there before the key is. NULL: nothing of here. */
static char *begin_paste(struct app *a, SDL_Keysym key)
{
	char *text = a->copied_there ? NULL : SDL_GetClipboardText();

	if (text && clipboard_to_outer(a->clipboard)) {
		clipboard_hold(a->clipboard, keyboard_code(key.scancode));
		return text;
	}
	if (text && text[0])
		app_notice(a, "notice.paste", NULL, NULL);
	SDL_free(text);
	return NULL;
}

static void remote_key(struct app *a, const SDL_KeyboardEvent *e)
{
	SDL_Event text = { 0 };
	bool has_text = text_of_key(&text);
	char *pasted = keyboard_is_paste(e->keysym) && !e->repeat ? begin_paste(a, e->keysym) : NULL;
	enum keyboard_outcome outcome = keyboard_press(&a->keyboard, e->keysym, has_text ? text.text.text : NULL);

	if (has_text) { /* it was this key's: done with, one way or the other */
		SDL_PeepEvents(&text, 1, SDL_GETEVENT, SDL_TEXTINPUT, SDL_TEXTINPUT);
		if (outcome == KEYBOARD_TEXT)
			send_text(a, text.text.text);
	}
	if (outcome == KEYBOARD_SENT && keyboard_is_copy(e->keysym))
		copied(a, e->repeat);
	if (pasted)
		clipboard_paste(a->clipboard, pasted, false);
	SDL_free(pasted);
}

static void toggle_menu(struct app *a)
{
	if (a->dialog == DIALOG_NONE) {
		app_release(a);
		a->dialog = DIALOG_MENU;
		app_compose(a);
	} else if (a->dialog != DIALOG_CROSS) {
		app_act(a, ACT_CLOSE);
	}
}

static void key_down(struct app *a, const SDL_KeyboardEvent *e)
{
	bool live = link_phase(a->link) == LINK_LIVE;

	if (e->keysym.sym == SDLK_F8 && live && !a->composing[0]) {
		if (!e->repeat)
			toggle_menu(a);
	} else if (e->keysym.sym == SDLK_F11 && !a->config->file.kiosk && !a->config->file.all_monitors) {
		if (!e->repeat)
			window_toggle_fullscreen(a->window);
	} else if (app_is_remote(a)) {
		remote_key(a, e);
	} else {
		app_act(a, card_key(&a->card, e->keysym.sym, (SDL_Keymod)e->keysym.mod));
		a->redraw = true;
	}
}

static void text_input(struct app *a, const char *text)
{
	a->composing[0] = 0;
	if (app_is_remote(a))
		send_text(a, text);
	else
		card_text(&a->card, text);
	a->redraw = true;
}

static void text_editing(struct app *a, const char *text)
{
	if (app_is_remote(a))
		snprintf(a->composing, sizeof a->composing, "%s", text);
	else
		card_editing(&a->card, text);
	a->redraw = true;
	place_input_method(a);
}

/* --- pointer --- */

static void send_pointer(struct app *a)
{
	struct place place = window_place(a->window);
	uint8_t memory[SMALL_BYTES];
	struct sek_pointer m = { .buttons = a->buttons };
	struct sek_writer w;

	a->moved = false;
	a->pointer_sent_ms = app_now_ms();
	if (!app_is_remote(a))
		return;
	geometry_to_picture(&place, a->mouse_x, a->mouse_y, &m.x_px, &m.y_px);
	sek_writer_init(&w, memory, sizeof memory);
	sek_pointer_write(&w, &m);
	app_send(a, memory, w.len);
}

static void motion(struct app *a, int x, int y)
{
	a->mouse_x = window_device(a->window, x);
	a->mouse_y = window_device(a->window, y);
	a->moved = true;
}

static uint8_t mask_of(uint8_t button)
{
	switch (button) {
	case SDL_BUTTON_LEFT: return SEK_BUTTON_LEFT;
	case SDL_BUTTON_MIDDLE: return SEK_BUTTON_MIDDLE;
	case SDL_BUTTON_RIGHT: return SEK_BUTTON_RIGHT;
	case SDL_BUTTON_X1: return SEK_BUTTON_BACK;
	case SDL_BUTTON_X2: return SEK_BUTTON_FORWARD;
	default: return 0;
	}
}

static void mouse_button(struct app *a, const SDL_MouseButtonEvent *e)
{
	bool down = e->state == SDL_PRESSED;

	motion(a, e->x, e->y);
	if (app_is_remote(a)) {
		a->buttons = (uint8_t)(down ? a->buttons | mask_of(e->button) : a->buttons & ~mask_of(e->button));
		if (down && a->composing[0]) { /* before the click moves the caret away */
			SDL_StopTextInput();
			SDL_StartTextInput();
		}
		send_pointer(a);
	} else if (down && e->button == SDL_BUTTON_LEFT) {
		app_act(a, card_click(&a->card, a->mouse_x, a->mouse_y));
		a->moved = false;
		a->redraw = true;
	}
}

static void mouse_wheel(struct app *a, const SDL_MouseWheelEvent *e)
{
	struct place place = window_place(a->window);
	double sign = e->direction == SDL_MOUSEWHEEL_FLIPPED ? -1 : 1;
	uint8_t memory[SMALL_BYTES];
	struct sek_wheel m = { 0 };
	struct sek_writer w;

	if (!app_is_remote(a)) {
		card_wheel(&a->card, -e->y);
		a->redraw = true;
		return;
	}
	if (!geometry_wheel(&a->wheel, sign * (double)e->preciseX, sign * (double)e->preciseY, &m.dx, &m.dy))
		return;
	geometry_to_picture(&place, a->mouse_x, a->mouse_y, &m.x_px, &m.y_px);
	sek_writer_init(&w, memory, sizeof memory);
	sek_wheel_write(&w, &m);
	app_send(a, memory, w.len);
}

/* --- the window --- */

static void send_visibility(struct app *a, bool visible)
{
	uint8_t memory[SMALL_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_visibility_write(&w, &(struct sek_visibility){ visible });
	link_send(a->link, memory, w.len);
}

static void window_event(struct app *a, const SDL_WindowEvent *e)
{
	a->redraw = true;
	switch (e->event) {
	case SDL_WINDOWEVENT_SIZE_CHANGED:
		a->resized_ms = app_now_ms();
		break;
	case SDL_WINDOWEVENT_FOCUS_LOST:
		a->copied_there = false;
		if (link_phase(a->link) == LINK_LIVE)
			app_release(a);
		break;
	case SDL_WINDOWEVENT_MINIMIZED:
	case SDL_WINDOWEVENT_HIDDEN:
		send_visibility(a, false);
		break;
	case SDL_WINDOWEVENT_RESTORED:
	case SDL_WINDOWEVENT_SHOWN:
		send_visibility(a, true);
		break;
	default:
		break;
	}
}

static void take(struct app *a, const SDL_Event *e)
{
	if (a->moved && e->type != SDL_MOUSEMOTION)
		send_pointer(a); /* before what happens there */
	switch (e->type) {
	case SDL_QUIT:
		a->quit = a->quit || !a->config->file.kiosk;
		break;
	case SDL_WINDOWEVENT: window_event(a, &e->window); break;
	case SDL_KEYDOWN: key_down(a, &e->key); break;
	case SDL_KEYUP: keyboard_release(&a->keyboard, e->key.keysym.scancode); break;
	case SDL_TEXTINPUT: text_input(a, e->text.text); break;
	case SDL_TEXTEDITING: text_editing(a, e->edit.text); break;
	case SDL_MOUSEMOTION: motion(a, e->motion.x, e->motion.y); break;
	case SDL_MOUSEBUTTONDOWN:
	case SDL_MOUSEBUTTONUP: mouse_button(a, &e->button); break;
	case SDL_MOUSEWHEEL: mouse_wheel(a, &e->wheel); break;
	case SDL_RENDER_TARGETS_RESET:
	case SDL_RENDER_DEVICE_RESET: a->redraw = true; break;
	default: break; /* files that are dropped, sensors: nothing to us */
	}
}

void app_pump(struct app *a)
{
	SDL_Event e;

	while (SDL_PollEvent(&e))
		take(a, &e);
	/* What a hand does, not what a mouse can: the broker ends a session whose input has no human rate. */
	if (a->moved && app_now_ms() - a->pointer_sent_ms >= POINTER_MS)
		send_pointer(a);
}
