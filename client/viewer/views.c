/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which card is shown, and what stands on it; the line at the bottom; what an input method composes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/viewer/app.h"
#include "client/viewer/words.h"

/* Numbers of cards: within one, fields, focus and scroll stay when the words change. */
enum { VIEW_NONE, VIEW_LOGIN = 100, VIEW_PHASE = 200, VIEW_DIALOG = 300 };

static void say(char *to, size_t size, const char *key)
{
	snprintf(to, size, "%s", key[0] ? viewer_words(key) : "");
}

static void button(struct card *c, const char *key, int action)
{
	card_add_button(c, viewer_words(key), action);
}

static void language_button(struct card *c)
{
	button(c, viewer_language() == SEK_LANG_JA ? "app.language.en" : "app.language.ja", ACT_LANGUAGE);
}

/* --- the log-in --- */

static void password_card(struct app *a, struct card *c)
{
	uint64_t now = app_now_ms();
	unsigned long wait = a->retry_at_ms > now ? (unsigned long)((a->retry_at_ms - now + 999) / 1000) : 0;

	say(c->heading, sizeof c->heading, "login.heading");
	say(c->lead, sizeof c->lead, "login.lead");
	card_add_field(c, viewer_words("login.user"), false);
	card_add_field(c, viewer_words("login.password"), true);
	snprintf(c->fields[0].text, sizeof c->fields[0].text, "%s", a->login.user);
	if (wait && !a->login.crowded)
		viewer_fill_number(c->note, sizeof c->note, "login.retry-in", "seconds", wait);
	else if (SDL_GetModState() & KMOD_CAPS && !c->note[0])
		say(c->note, sizeof c->note, "login.capslock");
	c->busy = a->login.busy || wait > 0;
	button(c, a->login.busy ? "login.busy" : "login.submit", ACT_LOGIN);
	if (a->config->file.certificate)
		button(c, "login.certificate", ACT_CERTIFICATE);
	language_button(c);
	if (!a->config->file.kiosk)
		button(c, "viewer.quit", ACT_QUIT);
	say(c->hint, sizeof c->hint, "login.notice");
}

static void code_card(struct app *a, struct card *c)
{
	bool enrol = a->login.step == LOGIN_ENROL;

	say(c->heading, sizeof c->heading, enrol ? "step.enrol.heading" : "step.code.heading");
	say(c->lead, sizeof c->lead, enrol ? "step.enrol.lead" : "step.code.lead");
	if (enrol && a->login.qr) {
		c->qr = strdup(a->login.qr);
		c->qr_side = c->qr ? a->login.qr_side : 0;
	}
	if (enrol)
		snprintf(c->note, sizeof c->note, "%s\n%s", viewer_words("step.enrol.secret"), a->login.secret);
	card_add_field(c, viewer_words("step.code"), false);
	say(c->hint, sizeof c->hint, enrol ? "step.enrol.hint" : "step.code.hint");
	button(c, a->login.busy ? "login.busy" : "step.submit", ACT_CODE);
	button(c, enrol ? "step.enrol.cancel" : "step.back", ACT_LOGIN_BACK);
	c->escape = ACT_LOGIN_BACK;
}

static void login_card(struct app *a, struct card *c)
{
	say(c->note, sizeof c->note, a->login.note);
	say(c->error, sizeof c->error, a->login.error);
	c->busy = a->login.busy;
	switch (a->login.step) {
	case LOGIN_CODE:
	case LOGIN_ENROL:
		code_card(a, c);
		break;
	case LOGIN_RECOVERY:
		say(c->heading, sizeof c->heading, "step.recovery.heading");
		say(c->lead, sizeof c->lead, "step.recovery.lead");
		c->body = strdup(a->login.text ? a->login.text : "");
		button(c, "step.recovery.kept", ACT_KEPT);
		break;
	case LOGIN_NOTICE:
		say(c->heading, sizeof c->heading, "notice.heading");
		c->body = a->login.text ? strdup(a->login.text) : NULL;
		button(c, "notice.yes", ACT_NOTICE_YES);
		button(c, "notice.no", ACT_LOGIN_BACK);
		break;
	case LOGIN_NO_ROLE:
		say(c->heading, sizeof c->heading, "no-session.heading");
		viewer_fill(c->lead, sizeof c->lead, "no-session.body", "user", a->login.user);
		button(c, "overlay.logout", ACT_LOGIN_BACK);
		break;
	default:
		password_card(a, c);
		break;
	}
}

/* --- phases of a session --- */

static void phase_card(struct app *a, struct card *c)
{
	enum link_phase phase = link_phase(a->link);
	const char *key = link_key(a->link);
	unsigned seconds = link_seconds(a->link);
	char hint[96];

	if (!key[0])
		key = phase == LINK_OPENING ? "overlay.opening" : seconds ? "overlay.waiting" : "overlay.reconnecting";
	say(c->heading, sizeof c->heading, key);
	snprintf(hint, sizeof hint, "%s.hint", key);
	if (viewer_has_words(hint))
		viewer_fill_number(c->lead, sizeof c->lead, hint, "seconds", seconds);
	c->over = phase == LINK_RECONNECTING;
	if (phase == LINK_RECONNECTING && seconds)
		button(c, "overlay.retry-now", ACT_RETRY);
	if (phase != LINK_ENDED)
		return;
	if (link_again(a->link) == LINK_AGAIN)
		button(c, "overlay.again", ACT_AGAIN);
	else if (link_again(a->link) == LINK_TAKE_BACK)
		button(c, "overlay.take-back", ACT_AGAIN);
	button(c, "overlay.logout", ACT_LOGOUT_YES);
	if (!a->config->file.kiosk)
		button(c, "viewer.quit", ACT_QUIT);
}

/* --- dialogs --- */

static void menu_card(struct app *a, struct card *c)
{
	unsigned delay = link_delay_ms(a->link);

	say(c->heading, sizeof c->heading, "bar.label");
	if (delay)
		viewer_fill_number(c->lead, sizeof c->lead, "bar.delay", "ms", delay);
	button(c, "bar.back", ACT_CLOSE);
	if (!a->config->file.kiosk && !a->config->file.all_monitors)
		button(c, window_is_fullscreen(a->window) ? "bar.fullscreen.leave" : "bar.fullscreen", ACT_FULLSCREEN);
	if (clipboard_to_outer(a->clipboard))
		button(c, "viewer.paste", ACT_PASTE);
	if (inbox_useful(&a->inbox) && a->inbox.caught > 0) {
		char label[sizeof c->buttons[0].label];

		viewer_fill_number(label, sizeof label, "bar.documents.count", "n", a->inbox.caught);
		card_add_button(c, label, ACT_DOCUMENTS);
	} else if (inbox_useful(&a->inbox)) {
		button(c, "bar.documents", ACT_DOCUMENTS);
	}
	button(c, "bar.keys", ACT_KEYS);
	language_button(c);
	button(c, "bar.end", ACT_END);
	button(c, "bar.logout", ACT_LOGOUT);
	if (!a->config->file.kiosk)
		button(c, "viewer.quit", ACT_QUIT);
}

static void keys_card(struct app *a, struct card *c)
{
	char text[4096];

	say(c->heading, sizeof c->heading, "keys.heading");
	snprintf(text, sizeof text, "%s\n%s\n%s\n%s", viewer_words("keys.f8"), viewer_words("viewer.keys"), viewer_words("keys.ime"),
		viewer_words(clipboard_summary(a->clipboard)));
	c->body = strdup(text);
	button(c, "keys.close", ACT_CLOSE);
}

static void cross_card(struct app *a, struct card *c)
{
	say(c->heading, sizeof c->heading, "clipboard.ask.heading");
	viewer_fill_number(c->lead, sizeof c->lead, a->crossing_out ? "clipboard.ask.to-outer" : "clipboard.ask.to-inner", "chars",
		a->crossing_chars);
	c->body = a->crossing ? strdup(a->crossing) : NULL;
	button(c, "clipboard.ask.yes", ACT_CROSS_YES);
	button(c, "clipboard.ask.no", ACT_CROSS_NO);
}

static void dialog_card(struct app *a, struct card *c)
{
	c->over = true;
	c->escape = ACT_CLOSE;
	switch (a->dialog) {
	case DIALOG_MENU: menu_card(a, c); break;
	case DIALOG_KEYS: keys_card(a, c); break;
	case DIALOG_DOCUMENTS: app_documents_card(a, c); break;
	case DIALOG_CROSS:
		cross_card(a, c);
		c->escape = ACT_CROSS_NO;
		break;
	case DIALOG_END:
		say(c->heading, sizeof c->heading, "end.heading");
		say(c->lead, sizeof c->lead, "end.body");
		button(c, "end.yes", ACT_END_YES);
		button(c, "end.no", ACT_CLOSE);
		break;
	default:
		say(c->heading, sizeof c->heading, "logout.heading");
		say(c->lead, sizeof c->lead, "logout.body");
		button(c, "logout.yes", ACT_LOGOUT_YES);
		button(c, "end.no", ACT_CLOSE);
		break;
	}
}

static int view_of(const struct app *a)
{
	enum link_phase phase = link_phase(a->link);

	if (phase == LINK_OFF || phase == LINK_LOGIN)
		return VIEW_LOGIN + (int)a->login.step;
	if (phase != LINK_LIVE)
		return VIEW_PHASE + (int)phase;
	return a->dialog == DIALOG_NONE ? VIEW_NONE : VIEW_DIALOG + (int)a->dialog;
}

void app_compose(struct app *a)
{
	int view = view_of(a), focus = a->card.focus, scroll = a->card.scroll;
	struct card_field fields[CARD_FIELDS];

	memcpy(fields, a->card.fields, sizeof fields);
	card_reset(&a->card);
	if (view >= VIEW_DIALOG)
		dialog_card(a, &a->card);
	else if (view >= VIEW_PHASE)
		phase_card(a, &a->card);
	else if (view >= VIEW_LOGIN)
		login_card(a, &a->card);
	if (view == a->view) {
		for (int i = 0; i < a->card.field_count; i++)
			memcpy(a->card.fields[i].text, fields[i].text, sizeof fields[i].text);
		a->card.focus = focus < a->card.field_count + a->card.button_count ? focus : 0;
		a->card.scroll = scroll;
	} else {
		card_focus(&a->card);
		a->composing[0] = 0;
	}
	explicit_bzero(fields, sizeof fields);
	a->view = view;
	window_usual_cursor(a->window, view != VIEW_NONE);
	a->redraw = true;
}

/* --- drawing --- */

static void line_of_words(const struct draw *d, struct draw_box in, int percent, bool at_top, uint32_t ground, const char *text)
{
	int size = 16 * percent / 100, pad = 10 * percent / 100, width = in.w * 3 / 4;
	int h = draw_lines(NULL, 0, 0, width, size, 0, text), w = draw_width(size, text, strlen(text));
	struct draw_box b;

	w = w < width ? w : width;
	b = (struct draw_box){ in.x + (in.w - w) / 2 - pad, in.y + (at_top ? 0 : in.h - h - 3 * pad), w + 2 * pad, h + 2 * pad };
	draw_box(d, b, pad / 2, ground);
	draw_lines(d, b.x + pad, b.y + pad + size / 4, width, size, 0xffffffffu, text);
}

static void draw_composing(struct app *a, const struct draw *d)
{
	struct place place = window_place(a->window);
	SDL_Rect at = geometry_to_window(&place, (SDL_Rect){ a->caret.x_px, a->caret.y_px, a->caret.width_px, a->caret.height_px });
	int size = at.h * 2 / 3, w;

	size = size < 12 ? 16 : size > 48 ? 48 : size;
	at.h = at.h < size ? size + 6 : at.h;
	w = draw_width(size, a->composing, strlen(a->composing));
	if (at.x + w > d->w)
		at.x = d->w - w;
	draw_box(d, (struct draw_box){ at.x - 2, at.y, w + 4, at.h }, 0, 0xffffffffu);
	draw_box(d, (struct draw_box){ at.x, at.y + at.h - 2, w, 2 }, 0, 0xff1f4e79u);
	draw_text(d, at.x, at.y + (at.h - size) / 2, size, 0xff101010u, a->composing, strlen(a->composing));
}

void app_draw(struct app *a)
{
	unsigned percent = window_area(a->window).scale_percent;
	bool over = a->view != VIEW_NONE || a->toast[0] || a->watched || a->composing[0];
	const struct draw *d = over ? window_over(a->window) : NULL;

	a->redraw = false;
	if (d) {
		struct draw_box in = window_front(a->window);

		draw_clear(d, 0);
		if (a->view != VIEW_NONE)
			card_draw(&a->card, d, in, (int)percent);
		else if (a->composing[0])
			draw_composing(a, d);
		if (a->watched && link_phase(a->link) == LINK_LIVE)
			line_of_words(d, in, (int)percent, true, 0xe0b3261eu, viewer_words("status.watched"));
		if (a->toast[0])
			line_of_words(d, in, (int)percent, false, 0xe01c2733u, a->toast);
	}
	window_show(a->window, d != NULL);
}
