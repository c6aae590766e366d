/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The viewer as a whole: log-in, session, window, cards, held together. Shared by app.c (what happens), documents.c (what
 * crosses as pages), views.c (which card is shown), input.c (SDL's events) and loop.c (start and stop). Not for others.
 */
#ifndef SEK_CLIENT_VIEWER_APP_H
#define SEK_CLIENT_VIEWER_APP_H

#include "client/viewer/card.h"
#include "client/viewer/clipboard.h"
#include "client/viewer/config.h"
#include "client/viewer/inbox.h"
#include "client/viewer/keyboard.h"
#include "client/viewer/link.h"
#include "client/viewer/login.h"
#include "client/viewer/window.h"

enum app_action {
	ACT_NONE, ACT_LOGIN, ACT_CERTIFICATE, ACT_CODE, ACT_KEPT, ACT_NOTICE_YES, ACT_LOGIN_BACK, ACT_LANGUAGE, ACT_CLOSE, ACT_FULLSCREEN,
	ACT_KEYS, ACT_PASTE, ACT_END, ACT_END_YES, ACT_LOGOUT, ACT_LOGOUT_YES, ACT_AGAIN, ACT_RETRY, ACT_CROSS_YES, ACT_CROSS_NO, ACT_QUIT,
	ACT_DOCUMENTS, ACT_TAKE_DOWNLOAD, ACT_TAKE_PAGE, ACT_GIVE_UP, ACT_SAVE,
};

/* What stands over the picture by the user's wish, or by the broker's question. */
enum app_dialog { DIALOG_NONE, DIALOG_MENU, DIALOG_KEYS, DIALOG_END, DIALOG_LOGOUT, DIALOG_CROSS, DIALOG_DOCUMENTS };

enum { APP_LINE_BYTES = 1024 };

struct app {
	const struct viewer_config *config;
	uv_loop_t loop;
	uv_timer_t poll, clock;   /* poll: SDL where it has no descriptor; clock: what ends by itself */
	uv_poll_t events;
	uv_prepare_t pump;
	uv_signal_t stop[2];
	bool has_events, quit;
	const char *failure;      /* why it ends with an error, or NULL */

	struct sek_stream_context *streams;
	struct sek_door *door;
	struct link *link;
	struct link_wanted asked; /* the size that was asked for last */
	uint16_t max_w, max_h;    /* the site's largest picture */
	uint64_t resized_ms;      /* when the window last changed its size, 0: the broker knows */

	struct login login;
	uint64_t retry_at_ms;     /* a log-in makes sense again then, 0: now */

	struct window *window;
	struct card card;
	int view;                 /* which card it is, 0: none */
	enum app_dialog dialog;
	char toast[APP_LINE_BYTES];
	uint64_t toast_until_ms;
	bool watched, recorded, redraw;

	struct keyboard keyboard;
	struct clipboard *clipboard;
	bool copied_there;        /* on the other side, since the window last came to the front: a paste means that */
	char *crossing;           /* the text that is asked about */
	bool crossing_out;
	size_t crossing_chars;
	struct inbox inbox;
	struct sek_door *documents_door;
	bool inbox_asked, inbox_busy; /* how things stand was asked for; something of the user's is under way */
	uint64_t look_at_ms;      /* when to ask again, if there is something to ask for */
	int saving_fd;            /* -1: nothing is being saved */
	char saving[1600];        /* its path */
	char composing[256];      /* by the input method, over the picture */
	struct sek_caret caret;
	int mouse_x, mouse_y;     /* device pixels */
	uint8_t buttons;
	bool moved;               /* the pointer, since it was last sent */
	uint64_t pointer_sent_ms;
	struct wheel wheel;
};

/* app.c */
uint64_t app_now_ms(void);
void app_act(struct app *a, int action);
/* Sends what a sek_*_write function made into memory, by way of the clipboard (which may hold it back). */
void app_send(struct app *a, const uint8_t *frame, size_t n);
void app_notice(struct app *a, const char *key, const char *name, const char *value);
/* Whether keys and pointer are the isolated browser's now. */
bool app_is_remote(const struct app *a);
/* Everything that is held is let go, here and there. */
void app_release(struct app *a);
/* Tells the broker the window's size, if it does not know it. */
void app_ask_for_size(struct app *a);
/* What link, clipboard and keyboard call. */
extern const struct link_ops app_link_ops;
extern const struct clipboard_ops app_clipboard_ops;
void app_on_key(void *user, uint16_t code, bool down, uint32_t codepoint);

/* documents.c */
void app_documents_card(struct app *a, struct card *c);
void app_documents_act(struct app *a, int action);
void app_documents_policy(struct app *a, uint8_t download);
void app_documents_caught(struct app *a, uint16_t count);
void app_documents_clock(struct app *a, uint64_t now);
/* The log-in is another one, or over: whatever is under way is given up. */
void app_documents_forget(struct app *a);

/* views.c: chooses the card for what is going on now, and draws. */
void app_compose(struct app *a);
void app_draw(struct app *a);

/* input.c: all events that SDL has. */
void app_pump(struct app *a);

#endif
