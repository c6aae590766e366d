/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The user's input in its order: keys and pointer go to the X server, composed text to the IME, and since the browser
 * gets the two on different ways, each waits for the other where it could overtake it.
 */
#ifndef SEK_CAPTURE_INPUT_H
#define SEK_CAPTURE_INPUT_H

#include "render-host/capture/clip.h"
#include "render-host/capture/ime.h"
#include "render-host/capture/keyboard.h"
#include "render-host/capture/pointer.h"

enum { SEK_INPUT_QUEUE_BYTES = 16384 };

struct sek_input {
	struct sek_keyboard_ops keys; /* to X; its `text` is not used */
	struct sek_keyboard keyboard;
	struct sek_pointer_state pointer;
	struct sek_ime *ime; /* not owned */
	struct sek_clip *clip; /* likewise; NULL: there is none */

	uint8_t queue[SEK_INPUT_QUEUE_BYTES]; /* messages that wait: u8 type, u16 bytes, payload */
	size_t queue_start, queue_end;
	uint8_t text[SEK_TEXT_MAX_BYTES]; /* the text that is being typed */
	size_t text_done, text_bytes;

	bool waiting; /* for the IME's PONG of that id: what comes next must not overtake a text */
	bool full;    /* the way to the IME is: the text waits for room */
	uint32_t wait_ping;
	uint64_t wait_until_ms;          /* with waiting or full: not longer than until then */
	bool pasting; /* for the clipboard's PONG of that id: what comes next may be the paste */
	uint32_t paste_ping;
	uint64_t paste_until_ms; /* with pasting: not longer than until then */
	uint64_t now_ms;
	uint64_t last_key_ms;            /* 0: no key since the last text */
	uint64_t last_text_ms;           /* 0: no text since the last answer */
	uint64_t characters_lost;     /* that could not be typed for lack of an IME */
};

/* What goes out to X is told to the ops (copied; keys->text may be NULL). ime stays the caller's and must live as long. The
 * struct must stay where it is from then on. */
void sek_input_init(struct sek_input *in, const struct sek_keyboard_ops *keys, const struct sek_pointer_ops *pointer,
	struct sek_ime *ime);
void sek_input_finish(struct sek_input *in);

/* True if any one message still fits into the queue: the stream is not read further until it does. */
bool sek_input_room(const struct sek_input *in);
/* Takes one frame of input: KEY, POINTER, WHEEL, TEXT, CLIPBOARD or RELEASE (anything else is our bug). SEK_E_MALFORMED if the
 * payload (hostile) is refused. Call run afterwards. */
sek_status sek_input_push(struct sek_input *in, uint8_t type, const uint8_t *payload, size_t n);
/* Does what can be done now. */
void sek_input_run(struct sek_input *in, uint64_t now_ms);
/* When run must be called again at the latest; 0: no need. */
uint64_t sek_input_wake_ms(const struct sek_input *in);

/* The IME answered. */
void sek_input_pong(struct sek_input *in, uint32_t id);
/* The clipboard answered, or is gone (`gone`). */
void sek_input_pasted(struct sek_input *in, uint32_t id, bool gone);
/* Nobody is attached any more, or the IME is gone: forget what waits (`all`) or only the waiting, and with `all` let go
 * of every key and button. */
void sek_input_reset(struct sek_input *in, bool all);

#endif
