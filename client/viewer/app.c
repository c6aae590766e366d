/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What happens: choices on cards, answers of the broker, phases of the session. Decides nothing that is the broker's to decide.
 */
#include "client/viewer/app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/viewer/words.h"

enum { TOAST_MS = 7000, SAID_MS = 30000, SMALL_BYTES = 64 };

uint64_t app_now_ms(void)
{
	return uv_hrtime() / 1000000;
}

void app_notice(struct app *a, const char *key, const char *name, const char *value)
{
	viewer_fill(a->toast, sizeof a->toast, key, name, value);
	a->toast_until_ms = app_now_ms() + (strcmp(key, "notice.message") == 0 ? SAID_MS : TOAST_MS);
	a->redraw = true;
}

void app_send(struct app *a, const uint8_t *frame, size_t n)
{
	clipboard_send(a->clipboard, frame, n);
}

bool app_is_remote(const struct app *a)
{
	return link_phase(a->link) == LINK_LIVE && a->dialog == DIALOG_NONE;
}

static void send_empty(struct app *a, enum sek_msg_type type)
{
	uint8_t memory[SMALL_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_empty_write(&w, type);
	app_send(a, memory, w.len);
}

void app_release(struct app *a)
{
	keyboard_forget(&a->keyboard);
	a->buttons = 0;
	send_empty(a, SEK_MSG_RELEASE);
}

/* --- logging in --- */

static void on_login_answer(void *user, int status, const json_t *answer);

static void ask(struct app *a, struct login_request r)
{
	if (r.path)
		sek_door_ask(a->door, r.path, r.body, on_login_answer, a);
	app_compose(a);
}

static void on_forgotten(void *user, int status, const json_t *answer)
{
	(void)user;
	(void)status;
	(void)answer;
}

static void on_login_answer(void *user, int status, const json_t *answer)
{
	struct app *a = user;
	enum login_step step = a->login.step;
	struct login_request r = login_answer(&a->login, status, answer, viewer_language() == SEK_LANG_EN);

	a->retry_at_ms = a->login.retry_s ? app_now_ms() + a->login.retry_s * 1000u : 0;
	if (a->config->verbose)
		fprintf(stderr, "sekisho-viewer: login %s\n", a->login.error[0] ? a->login.error : a->login.crowded ? "waits" : "goes on");
	/* what was wrong is typed anew; a password that nobody has looked at is not */
	if (a->login.error[0] && (step != LOGIN_PASSWORD || strcmp(a->login.error, "error.login") == 0)) {
		struct card_field *f = &a->card.fields[step == LOGIN_PASSWORD ? 1 : 0];

		explicit_bzero(f->text, sizeof f->text);
	}
	if (a->login.step == LOGIN_DONE && !r.path) {
		login_restart(&a->login, "", "");
		link_start(a->link);
		return;
	}
	ask(a, r);
	if (a->login.error[0])
		card_focus(&a->card);
}

static void cancel_login(struct app *a)
{
	struct login_request r = login_cancel(&a->login);

	/* What was begun ends with its ticket in any case: nobody waits for the answer. */
	if (r.path)
		sek_door_ask(a->door, r.path, r.body, on_forgotten, a);
	app_compose(a);
}

/* --- choices --- */

static void leave_dialog(struct app *a)
{
	a->dialog = DIALOG_NONE;
	free(a->crossing);
	a->crossing = NULL;
	app_compose(a);
}

static void open_dialog(struct app *a, enum app_dialog dialog)
{
	app_release(a);
	a->dialog = dialog;
	app_compose(a);
}

static void paste_now(struct app *a)
{
	char *text = SDL_GetClipboardText();

	leave_dialog(a);
	clipboard_paste(a->clipboard, text ? text : "", false);
	SDL_free(text);
}

static void cross(struct app *a, bool yes)
{
	leave_dialog(a);
	clipboard_answer(a->clipboard, yes);
}

static void act_on_login(struct app *a, int action)
{
	const struct card *c = &a->card;

	switch (action) {
	case ACT_LOGIN: ask(a, login_password(&a->login, c->fields[0].text, c->fields[1].text)); break;
	case ACT_CERTIFICATE: ask(a, login_certificate(&a->login)); break;
	case ACT_CODE: ask(a, login_code(&a->login, c->fields[0].text)); break;
	case ACT_NOTICE_YES: ask(a, login_acknowledge(&a->login, viewer_language() == SEK_LANG_EN)); break;
	case ACT_LOGIN_BACK: cancel_login(a); break;
	default: { /* ACT_KEPT */
		struct login_request r = login_go_on(&a->login);

		if (a->login.step == LOGIN_DONE)
			link_start(a->link);
		else
			ask(a, r);
	}
	}
}

void app_act(struct app *a, int action)
{
	switch (action) {
	case ACT_NONE: break;
	case ACT_LANGUAGE:
		viewer_set_language(viewer_language() == SEK_LANG_JA ? SEK_LANG_EN : SEK_LANG_JA);
		window_title(a->window, viewer_words("viewer.title"));
		app_compose(a);
		break;
	case ACT_CLOSE: leave_dialog(a); break;
	case ACT_FULLSCREEN:
		leave_dialog(a);
		window_toggle_fullscreen(a->window);
		break;
	case ACT_KEYS: open_dialog(a, DIALOG_KEYS); break;
	case ACT_PASTE: paste_now(a); break;
	case ACT_END: open_dialog(a, DIALOG_END); break;
	case ACT_LOGOUT: open_dialog(a, DIALOG_LOGOUT); break;
	case ACT_END_YES:
		leave_dialog(a);
		link_end(a->link);
		break;
	case ACT_LOGOUT_YES:
		leave_dialog(a);
		link_logout(a->link);
		break;
	case ACT_AGAIN: link_start(a->link); break;
	case ACT_RETRY: link_hurry(a->link); break;
	case ACT_CROSS_YES: cross(a, true); break;
	case ACT_CROSS_NO: cross(a, false); break;
	case ACT_QUIT: a->quit = true; break;
	case ACT_DOCUMENTS:
		a->look_at_ms = 0;
		a->inbox.error[0] = 0;
		open_dialog(a, DIALOG_DOCUMENTS);
		break;
	case ACT_TAKE_DOWNLOAD:
	case ACT_TAKE_PAGE:
	case ACT_GIVE_UP:
	case ACT_SAVE: app_documents_act(a, action); break;
	default: act_on_login(a, action); break;
	}
}

/* --- what the session tells --- */

static void on_phase(void *user)
{
	static const char *const names[] = { "off", "opening", "starting", "live", "reconnecting", "ended", "login" };
	struct app *a = user;
	enum link_phase phase = link_phase(a->link);

	if (a->config->verbose)
		fprintf(stderr, "sekisho-viewer: phase %s %s decoder %d\n", names[phase], link_key(a->link), link_decoder_pid(a->link));
	if (phase != LINK_LIVE) {
		clipboard_reset(a->clipboard);
		keyboard_forget(&a->keyboard);
		a->dialog = DIALOG_NONE;
	}
	if (phase == LINK_OPENING || phase == LINK_ENDED || phase == LINK_LOGIN) {
		window_forget_picture(a->window);
		window_cursor(a->window, NULL);
		a->watched = a->recorded = false;
		a->caret = (struct sek_caret){ 0 };
	}
	if (phase == LINK_LOGIN) {
		app_documents_forget(a);
		if (a->config->file.kiosk) /* the next one is somebody else */
			a->login.user[0] = 0;
		if (a->config->file.user && !a->login.user[0])
			snprintf(a->login.user, sizeof a->login.user, "%s", a->config->file.user);
		login_restart(&a->login, "", link_key(a->link));
		a->view = 0;
	}
	app_compose(a);
}

static struct area area(struct app *a)
{
	struct area at = window_area(a->window);

	at.max_w = a->max_w;
	at.max_h = a->max_h;
	return at;
}

static struct link_wanted on_wanted(void *user)
{
	struct app *a = user;
	struct area at = area(a);

	a->asked = geometry_wanted(&at);
	return a->asked;
}

void app_ask_for_size(struct app *a)
{
	struct area at = area(a);
	struct link_wanted wanted = geometry_wanted(&at);
	uint8_t memory[SMALL_BYTES];
	struct sek_writer w;

	a->resized_ms = 0;
	if (memcmp(&wanted, &a->asked, sizeof wanted) == 0)
		return;
	sek_writer_init(&w, memory, sizeof memory);
	sek_resize_write(&w, &(struct sek_resize){ wanted.width_px, wanted.height_px, wanted.scale_percent });
	if (link_send(a->link, memory, w.len))
		a->asked = wanted;
}

static void on_welcome(void *user, const struct sek_welcome *m)
{
	struct app *a = user;

	a->max_w = m->max_width_px;
	a->max_h = m->max_height_px;
	clipboard_reset(a->clipboard);
	app_ask_for_size(a);
}

static void on_frame(void *user, const uint32_t *px, uint16_t width_px, uint16_t height_px, struct sek_rect changed)
{
	struct app *a = user;

	if (!window_picture(a->window, px, width_px, height_px, changed)) {
		a->failure = SDL_GetError();
		a->quit = true;
	}
	a->redraw = true;
}

static bool on_message(void *user, uint8_t type, const uint8_t *payload, size_t n)
{
	struct app *a = user;
	struct sek_policy_msg policy;
	struct sek_documents_msg documents;
	struct sek_cursor cursor;

	switch (type) {
	case SEK_MSG_CURSOR:
		if (!sek_is_ok(sek_cursor_read(payload, n, &cursor)))
			return false;
		window_cursor(a->window, &cursor);
		return true;
	case SEK_MSG_CARET:
		return sek_is_ok(sek_caret_read(payload, n, &a->caret));
	case SEK_MSG_DOCUMENTS:
		if (!sek_is_ok(sek_documents_msg_read(payload, n, &documents)))
			return false;
		app_documents_caught(a, documents.count);
		return true;
	case SEK_MSG_POLICY:
		if (!sek_is_ok(sek_policy_msg_read(payload, n, &policy)))
			return false;
		clipboard_policy(a->clipboard, &policy);
		app_documents_policy(a, policy.download);
		if (a->watched != policy.watched)
			a->redraw = true;
		a->watched = policy.watched;
		if (policy.recorded && !a->recorded)
			app_notice(a, "notice.recorded", NULL, NULL);
		a->recorded = policy.recorded;
		return true;
	default:
		return clipboard_hear(a->clipboard, type, payload, n);
	}
}

static void on_notice(void *user, const char *key, const char *name, const char *value)
{
	app_notice(user, key, name, value);
}

/* --- what the clipboard tells --- */

static void on_clipboard_send(void *user, const uint8_t *frame, size_t n)
{
	struct app *a = user;

	link_send(a->link, frame, n);
}

static void on_clipboard_notice(void *user, const char *key, const char *name, unsigned long value)
{
	char number[24];

	snprintf(number, sizeof number, "%lu", value);
	app_notice(user, key, name, name ? number : NULL);
}

static void on_clipboard_ask(void *user, bool to_outer, const char *text, size_t chars)
{
	struct app *a = user;

	if (!text) {
		if (a->dialog == DIALOG_CROSS)
			leave_dialog(a);
		return;
	}
	free(a->crossing);
	a->crossing = strdup(text);
	a->crossing_out = to_outer;
	a->crossing_chars = chars;
	open_dialog(a, DIALOG_CROSS);
}

static void on_clipboard_arrived(void *user, const char *text)
{
	(void)user;
	SDL_SetClipboardText(text);
}

void app_on_key(void *user, uint16_t code, bool down, uint32_t codepoint)
{
	struct app *a = user;
	uint8_t memory[SMALL_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_key_write(&w, &(struct sek_key){ code, down, codepoint });
	if (sek_is_ok(sek_writer_status(&w)))
		app_send(a, memory, w.len);
}

const struct link_ops app_link_ops = { on_phase, on_wanted, on_welcome, on_frame, on_message, on_notice };
const struct clipboard_ops app_clipboard_ops = { on_clipboard_send, on_clipboard_notice, on_clipboard_ask, on_clipboard_arrived };
