/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every message: round trip, every prefix refused, one byte too many refused, each limit at it and one past it, each
 * bit of a reserved field, and the writer refuses what the reader refuses.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/wire/messages.h"

static uint8_t memory[SEK_FRAME_HEADER_BYTES + SEK_MSG_CURSOR_MAX_BYTES + 16];

/* Reads a payload into memory that is big enough for any of the structs. */
union any {
	struct sek_hello hello;
	struct sek_welcome welcome;
	struct sek_ack ack;
	struct sek_resize resize;
	struct sek_key key;
	struct sek_pointer pointer;
	struct sek_wheel wheel;
	struct sek_text text;
	struct sek_visibility visibility;
	struct sek_ping ping;
	struct sek_cursor cursor;
	struct sek_caret caret;
	struct sek_size size;
	struct sek_state_msg state;
	struct sek_view view;
	struct sek_rules rules;
	struct sek_watch_msg watch;
	struct sek_health health;
	struct sek_policy_msg policy;
	struct sek_documents_msg documents;
	struct sek_document_msg document;
	struct sek_page_msg page;
	struct sek_pages_msg pages;
	struct sek_clipboard_piece piece;
	struct sek_clipboard_mode mode;
	struct sek_clipboard_answer clip_answer;
	struct sek_clipboard_result result;
};

static sek_status read_any(uint8_t type, const uint8_t *p, size_t n, union any *ret)
{
	switch (type) {
	case SEK_MSG_HELLO: return sek_hello_read(p, n, &ret->hello);
	case SEK_MSG_WELCOME: return sek_welcome_read(p, n, &ret->welcome);
	case SEK_MSG_ACK: return sek_ack_read(p, n, &ret->ack);
	case SEK_MSG_RESIZE: return sek_resize_read(p, n, &ret->resize);
	case SEK_MSG_KEY: return sek_key_read(p, n, &ret->key);
	case SEK_MSG_POINTER: return sek_pointer_read(p, n, &ret->pointer);
	case SEK_MSG_WHEEL: return sek_wheel_read(p, n, &ret->wheel);
	case SEK_MSG_TEXT: return sek_text_read(p, n, &ret->text);
	case SEK_MSG_VISIBILITY: return sek_visibility_read(p, n, &ret->visibility);
	case SEK_MSG_PING:
	case SEK_MSG_PONG: return sek_ping_read(p, n, &ret->ping);
	case SEK_MSG_CURSOR: return sek_cursor_read(p, n, &ret->cursor);
	case SEK_MSG_CARET: return sek_caret_read(p, n, &ret->caret);
	case SEK_MSG_SIZE: return sek_size_read(p, n, &ret->size);
	case SEK_MSG_STATE: return sek_state_read(p, n, &ret->state);
	case SEK_MSG_RULES: return sek_rules_read(p, n, &ret->rules);
	case SEK_MSG_WATCH: return sek_watch_msg_read(p, n, &ret->watch);
	case SEK_MSG_HEALTH: return sek_health_read(p, n, &ret->health);
	case SEK_MSG_VIEW: return sek_view_read(p, n, &ret->view);
	case SEK_MSG_POLICY: return sek_policy_msg_read(p, n, &ret->policy);
	case SEK_MSG_DOCUMENTS: return sek_documents_msg_read(p, n, &ret->documents);
	case SEK_MSG_DOCUMENT: return sek_document_msg_read(p, n, &ret->document);
	case SEK_MSG_TAKE_PAGE:
	case SEK_MSG_PAGE: return sek_page_msg_read(p, n, &ret->page);
	case SEK_MSG_PAGES: return sek_pages_msg_read(p, n, &ret->pages);
	case SEK_MSG_CLIPBOARD: return sek_clipboard_piece_read(p, n, &ret->piece);
	case SEK_MSG_CLIPBOARD_MODE: return sek_clipboard_mode_read(p, n, &ret->mode);
	case SEK_MSG_CLIPBOARD_ANSWER: return sek_clipboard_answer_read(p, n, &ret->clip_answer);
	case SEK_MSG_CLIPBOARD_RESULT: return sek_clipboard_result_read(p, n, &ret->result);
	default: ck_abort_msg("type %u", type);
	}
}

static void write_any(uint8_t type, struct sek_writer *w, const union any *m)
{
	switch (type) {
	case SEK_MSG_HELLO: sek_hello_write(w, &m->hello); break;
	case SEK_MSG_WELCOME: sek_welcome_write(w, &m->welcome); break;
	case SEK_MSG_ACK: sek_ack_write(w, &m->ack); break;
	case SEK_MSG_RESIZE: sek_resize_write(w, &m->resize); break;
	case SEK_MSG_KEY: sek_key_write(w, &m->key); break;
	case SEK_MSG_POINTER: sek_pointer_write(w, &m->pointer); break;
	case SEK_MSG_WHEEL: sek_wheel_write(w, &m->wheel); break;
	case SEK_MSG_TEXT: sek_text_write(w, &m->text); break;
	case SEK_MSG_VISIBILITY: sek_visibility_write(w, &m->visibility); break;
	case SEK_MSG_PING: sek_ping_write(w, &m->ping); break;
	case SEK_MSG_PONG: sek_pong_write(w, &m->ping); break;
	case SEK_MSG_CURSOR: sek_cursor_write(w, &m->cursor); break;
	case SEK_MSG_CARET: sek_caret_write(w, &m->caret); break;
	case SEK_MSG_SIZE: sek_size_write(w, &m->size); break;
	case SEK_MSG_STATE: sek_state_write(w, &m->state); break;
	case SEK_MSG_RULES: sek_rules_write(w, &m->rules); break;
	case SEK_MSG_WATCH: sek_watch_msg_write(w, &m->watch); break;
	case SEK_MSG_HEALTH: sek_health_write(w, &m->health); break;
	case SEK_MSG_VIEW: sek_view_write(w, &m->view); break;
	case SEK_MSG_POLICY: sek_policy_msg_write(w, &m->policy); break;
	case SEK_MSG_DOCUMENTS: sek_documents_msg_write(w, &m->documents); break;
	case SEK_MSG_DOCUMENT: sek_document_msg_write(w, &m->document); break;
	case SEK_MSG_TAKE_PAGE: sek_take_page_write(w, &m->page); break;
	case SEK_MSG_PAGE: sek_page_msg_write(w, &m->page); break;
	case SEK_MSG_PAGES: sek_pages_msg_write(w, &m->pages); break;
	case SEK_MSG_CLIPBOARD: sek_clipboard_piece_write(w, &m->piece); break;
	case SEK_MSG_CLIPBOARD_MODE: sek_clipboard_mode_write(w, &m->mode); break;
	case SEK_MSG_CLIPBOARD_ANSWER: sek_clipboard_answer_write(w, &m->clip_answer); break;
	case SEK_MSG_CLIPBOARD_RESULT: sek_clipboard_result_write(w, &m->result); break;
	default: ck_abort_msg("type %u", type);
	}
}

/* A payload by its bytes, whether the reader takes it. What is read is written again and must give the same bytes. */
struct row {
	uint8_t type;
	bool good;
	const char *bytes;
	size_t n;
};
#define GOOD(type, bytes) { SEK_MSG_##type, true, bytes, sizeof(bytes) - 1 }
#define BAD(type, bytes) { SEK_MSG_##type, false, bytes, sizeof(bytes) - 1 }

#define HELLO_HEAD "SEKI\0\1\0\1"
#define ID16 "0123456789abcdef"

static const struct row rows[] = {
	GOOD(DOCUMENTS, "\0\0\0\0"),
	GOOD(DOCUMENTS, "\0\x10\0\0"),
	BAD(DOCUMENTS, "\0\x11\0\0"),
	BAD(DOCUMENTS, "\0\1\0\1"),
	GOOD(DOCUMENT, "\0\1\0\1\1\0\0\x48\0\1\0\xa0\0\xa0\0\0"), /* the least of everything */
	GOOD(DOCUMENT, "\0\1\xff\xff\2\0\1\x2c\1\xf4\x10\xe0\x10\xe0\0\0"), /* the most */
	BAD(DOCUMENT, "\0\0\0\1\1\0\0\x96\0\1\0\xa0\0\xa0\0\0"), /* versions */
	BAD(DOCUMENT, "\0\2\0\1\1\0\0\x96\0\1\0\xa0\0\xa0\0\0"),
	BAD(DOCUMENT, "\0\1\0\1\0\0\0\x96\0\1\0\xa0\0\xa0\0\0"), /* source */
	BAD(DOCUMENT, "\0\1\0\1\3\0\0\x96\0\1\0\xa0\0\xa0\0\0"),
	BAD(DOCUMENT, "\0\1\0\1\1\1\0\x96\0\1\0\xa0\0\xa0\0\0"), /* reserved */
	BAD(DOCUMENT, "\0\1\0\1\1\0\0\x96\0\1\0\xa0\0\xa0\0\1"),
	BAD(DOCUMENT, "\0\1\0\1\1\0\0\x47\0\1\0\xa0\0\xa0\0\0"), /* dpi */
	BAD(DOCUMENT, "\0\1\0\1\1\0\1\x2d\0\1\0\xa0\0\xa0\0\0"),
	BAD(DOCUMENT, "\0\1\0\1\1\0\0\x96\0\0\0\xa0\0\xa0\0\0"), /* pages */
	BAD(DOCUMENT, "\0\1\0\1\1\0\0\x96\1\xf5\0\xa0\0\xa0\0\0"),
	BAD(DOCUMENT, "\0\1\0\1\1\0\0\x96\0\1\0\x9f\0\xa0\0\0"), /* sides */
	BAD(DOCUMENT, "\0\1\0\1\1\0\0\x96\0\1\0\xa0\0\x9f\0\0"),
	BAD(DOCUMENT, "\0\1\0\1\1\0\0\x96\0\1\x10\xe1\0\xa0\0\0"),
	BAD(DOCUMENT, "\0\1\0\1\1\0\0\x96\0\1\0\xa0\x10\xe1\0\0"),
	GOOD(TAKE_PAGE, "\0\1\0\0"),
	GOOD(TAKE_PAGE, "\1\xf4\0\0"),
	BAD(TAKE_PAGE, "\0\0\0\0"),
	BAD(TAKE_PAGE, "\1\xf5\0\0"),
	BAD(TAKE_PAGE, "\0\1\1\0"),
	GOOD(PAGE, "\0\1\0\0"),
	BAD(PAGE, "\0\0\0\0"),
	BAD(PAGE, "\1\xf5\0\0"),
	GOOD(PAGES, "\0\1\0\0\0\0\0\0"),
	GOOD(PAGES, "\0\1\0\x9\1\xf4\0\0"),
	BAD(PAGES, "\0\2\0\0\0\0\0\0"), /* version */
	BAD(PAGES, "\0\0\0\0\0\0\0\0"),
	BAD(PAGES, "\0\1\0\xa\0\0\0\0"), /* not in the list */
	BAD(PAGES, "\0\1\1\0\0\0\0\0"),
	BAD(PAGES, "\0\1\0\0\1\xf5\0\0"),
	BAD(PAGES, "\0\1\0\0\0\0\0\1"),
	GOOD(CLIPBOARD, "\7\0\0\0x"),
	GOOD(CLIPBOARD, "\0\0\0\0\xe5\x85\xb3\n"),
	GOOD(CLIPBOARD, "\3\0\0\0\1\x7f"), /* encoding only: protocol/text removes these */
	BAD(CLIPBOARD, "\x8\0\0\0x"), /* unknown flag */
	BAD(CLIPBOARD, "\1\1\0\0x"),
	BAD(CLIPBOARD, "\1\0\0\1x"),
	BAD(CLIPBOARD, "\1\0\0\0"), /* no text */
	BAD(CLIPBOARD, "\1\0\0\0\xe5\x85"), /* cut inside a character */
	BAD(CLIPBOARD, "\1\0\0\0\xc0\x80"),
	BAD(CLIPBOARD, "\1\0\0\0\xed\xa0\x80"), /* a surrogate */
	GOOD(CLIPBOARD_MODE, "\0\0\0\0"),
	GOOD(CLIPBOARD_MODE, "\3\0\0\0"),
	BAD(CLIPBOARD_MODE, "\4\0\0\0"),
	BAD(CLIPBOARD_MODE, "\1\0\0\1"),
	GOOD(CLIPBOARD_ANSWER, "\xff\xff\xff\xff\1\0\0\0"),
	GOOD(CLIPBOARD_ANSWER, "\0\0\0\0\0\0\0\0"),
	BAD(CLIPBOARD_ANSWER, "\0\0\0\0\2\0\0\0"),
	BAD(CLIPBOARD_ANSWER, "\0\0\0\0\1\0\0\1"),
	GOOD(CLIPBOARD_RESULT, "\1\1\0\0\0\0\0\0"),
	GOOD(CLIPBOARD_RESULT, "\2\7\0\0\xff\xff\xff\xff"),
	GOOD(CLIPBOARD_RESULT, "\2\xa\0\0\0\0\0\0"),
	BAD(CLIPBOARD_RESULT, "\0\1\0\0\0\0\0\0"), /* no direction */
	BAD(CLIPBOARD_RESULT, "\3\1\0\0\0\0\0\0"), /* both */
	BAD(CLIPBOARD_RESULT, "\1\0\0\0\0\0\0\0"),
	BAD(CLIPBOARD_RESULT, "\1\xb\0\0\0\0\0\0"),
	BAD(CLIPBOARD_RESULT, "\1\1\0\1\0\0\0\0"),
	GOOD(HELLO, HELLO_HEAD "\x07\x80\x04\x38\0\x64\0\1\0\0\0\0"), /* 1920x1080 100 % ja CREATE */
	GOOD(HELLO, HELLO_HEAD "\0\xa0\0\x78\0\x32\1\0\x1e\0\x10\xe0"), /* 160x120 50 % en, max 7680x4320 */
	GOOD(HELLO, HELLO_HEAD "\x1e\0\x10\xe0\x01\x90\1\1\0\xa0\0\x78"), /* 7680x4320 400 %, max 160x120 */
	GOOD(HELLO, "SEKI\0\1\xff\xff\x07\x80\x04\x38\0\x64\0\1\0\0\0\0"), /* a peer of the future */
	BAD(HELLO, "SEKJ\0\1\0\1\x07\x80\x04\x38\0\x64\0\1\0\0\0\0"),
	BAD(HELLO, "SEKI\0\0\0\1\x07\x80\x04\x38\0\x64\0\1\0\0\0\0"), /* version 0 */
	BAD(HELLO, "SEKI\0\2\0\1\x07\x80\x04\x38\0\x64\0\1\0\0\0\0"), /* least above most */
	BAD(HELLO, HELLO_HEAD "\0\x9f\0\x78\0\x32\1\0\0\0\0\0"), /* 159 wide */
	BAD(HELLO, HELLO_HEAD "\x1e\1\0\x78\0\x32\1\0\0\0\0\0"), /* 7681 wide */
	BAD(HELLO, HELLO_HEAD "\0\xa0\0\x77\0\x32\1\0\0\0\0\0"), /* 119 high */
	BAD(HELLO, HELLO_HEAD "\0\xa0\x10\xe1\0\x32\1\0\0\0\0\0"), /* 4321 high */
	BAD(HELLO, HELLO_HEAD "\0\xa0\0\x78\0\x31\1\0\0\0\0\0"), /* 49 % */
	BAD(HELLO, HELLO_HEAD "\0\xa0\0\x78\x01\x91\1\0\0\0\0\0"), /* 401 % */
	BAD(HELLO, HELLO_HEAD "\0\xa0\0\x78\0\x32\2\0\0\0\0\0"), /* language 2 */
	GOOD(HELLO, HELLO_HEAD "\0\xa0\0\x78\0\x32\1\3\0\0\0\0"), /* both flags */
	BAD(HELLO, HELLO_HEAD "\0\xa0\0\x78\0\x32\1\4\0\0\0\0"), /* flag 4 */
	BAD(HELLO, HELLO_HEAD "\0\xa0\0\x78\0\x32\1\0\0\xa0\0\0"), /* half a maximum */
	BAD(HELLO, HELLO_HEAD "\0\xa0\0\x78\0\x32\1\0\0\x9f\0\x78"),
	BAD(HELLO, HELLO_HEAD "\0\xa0\0\x78\0\x32\1\0\x1e\1\x10\xe0"),
	GOOD(WELCOME, "\0\1\0\xa0\0\x78\0\0" ID16),
	GOOD(WELCOME, "\0\1\x1e\0\x10\xe0\0\0" ID16),
	BAD(WELCOME, "\0\0\0\xa0\0\x78\0\0" ID16),
	BAD(WELCOME, "\0\2\0\xa0\0\x78\0\0" ID16),
	BAD(WELCOME, "\0\1\0\x9f\0\x78\0\0" ID16),
	BAD(WELCOME, "\0\1\0\xa0\x10\xe1\0\0" ID16),
	BAD(WELCOME, "\0\1\0\xa0\0\x78\0\1" ID16),
	BAD(WELCOME, "\0\1\0\xa0\0\x78\x80\0" ID16),
	GOOD(ACK, "\0\0\0\0"),
	GOOD(ACK, "\xff\xff\xff\xff"),
	GOOD(RESIZE, "\0\xa0\0\x78\0\x32\0\0"),
	GOOD(RESIZE, "\x1e\0\x10\xe0\x01\x90\0\0"),
	BAD(RESIZE, "\0\x9f\0\x78\0\x32\0\0"),
	BAD(RESIZE, "\x1e\1\x10\xe0\x01\x90\0\0"),
	BAD(RESIZE, "\0\xa0\0\x77\0\x32\0\0"),
	BAD(RESIZE, "\x1e\0\x10\xe1\x01\x90\0\0"),
	BAD(RESIZE, "\0\xa0\0\x78\0\x31\0\0"),
	BAD(RESIZE, "\x1e\0\x10\xe0\x01\x91\0\0"),
	BAD(RESIZE, "\0\xa0\0\x78\0\x32\0\1"),
	GOOD(KEY, "\0\0\0\0\0\0\0\0"),
	GOOD(KEY, "\0\xff\1\0\0\x10\xff\xff"),
	GOOD(KEY, "\0\x1e\1\0\0\0\xd7\xff"),
	GOOD(KEY, "\0\x1e\1\0\0\0\xe0\0"),
	BAD(KEY, "\1\0\1\0\0\0\0\0"), /* code 256 */
	BAD(KEY, "\0\xff\2\0\0\0\0\0"), /* down 2 */
	BAD(KEY, "\0\xff\1\1\0\0\0\0"),
	BAD(KEY, "\0\xff\1\0\0\x11\0\0"), /* U+110000 */
	BAD(KEY, "\0\xff\1\0\0\0\xd8\0"), /* surrogates */
	BAD(KEY, "\0\xff\1\0\0\0\xdf\xff"),
	GOOD(POINTER, "\0\0\0\0\0\0\0\0"),
	GOOD(POINTER, "\xff\xff\xff\xff\x1f\0\0\0"),
	BAD(POINTER, "\0\0\0\0\x20\0\0\0"),
	BAD(POINTER, "\0\0\0\0\x1f\1\0\0"),
	BAD(POINTER, "\0\0\0\0\x1f\0\1\0"),
	BAD(POINTER, "\0\0\0\0\x1f\0\0\1"),
	GOOD(WHEEL, "\0\1\0\2\0\0\0\0"),
	GOOD(WHEEL, "\0\1\0\2\x2e\xe0\xd1\x20"), /* 12000, -12000 */
	BAD(WHEEL, "\0\1\0\2\x2e\xe1\0\0"),
	BAD(WHEEL, "\0\1\0\2\0\0\x2e\xe1"),
	BAD(WHEEL, "\0\1\0\2\xd1\x1f\0\0"),
	BAD(WHEEL, "\0\1\0\2\0\0\xd1\x1f"),
	BAD(WHEEL, "\0\1\0\2\x80\0\x80\0"),
	GOOD(VISIBILITY, "\0\0\0\0"),
	GOOD(VISIBILITY, "\1\0\0\0"),
	BAD(VISIBILITY, "\2\0\0\0"),
	BAD(VISIBILITY, "\1\1\0\0"),
	BAD(VISIBILITY, "\1\0\0\1"),
	GOOD(PING, "\1\2\3\4"),
	GOOD(PONG, "\1\2\3\4"),
	GOOD(CURSOR, "\0\0\0\0\0\0\0\0"),
	GOOD(CURSOR, "\0\1\0\1\0\0\0\0BGRA"),
	GOOD(CURSOR, "\0\2\0\1\0\1\0\0BGRABGRA"),
	BAD(CURSOR, "\0\0\0\0\0\1\0\0"),
	BAD(CURSOR, "\0\0\0\1\0\0\0\0"),
	BAD(CURSOR, "\0\1\0\0\0\0\0\0"),
	BAD(CURSOR, "\0\1\0\1\0\1\0\0BGRA"),
	BAD(CURSOR, "\0\1\0\1\0\0\0\1BGRA"),
	BAD(CURSOR, "\0\0\0\0\0\0\0\0BGRA"),
	BAD(CURSOR, "\0\x41\0\1\0\0\0\0BGRA"),
	BAD(CURSOR, "\xff\xff\xff\xff\0\0\0\0BGRA"),
	GOOD(CARET, "\0\0\0\0\0\0\0\0"),
	GOOD(CARET, "\xff\xff\xff\xff\xff\xff\xff\xff"),
	GOOD(SIZE, "\0\1\0\1"),
	GOOD(SIZE, "\x1e\0\x10\xe0"),
	BAD(SIZE, "\0\0\0\1"),
	BAD(SIZE, "\0\1\0\0"),
	BAD(SIZE, "\x1e\1\x10\xe0"),
	BAD(SIZE, "\x1e\0\x10\xe1"),
	GOOD(WATCH, "\0\1\0\1"),
	GOOD(WATCH, "\0\1\xff\xff"),
	BAD(WATCH, "\0\0\0\1"),
	BAD(WATCH, "\0\2\0\1"),
	GOOD(HEALTH, "\0\1\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	GOOD(HEALTH, "\0\1\0\1\0\2\0\3\0\0\1\0\0\0\1\0\3\xe8\3\xe8\0\4\0\1\0\2\0\0\0\0\0\0\0\0\0\0"),
	GOOD(HEALTH, "\0\1\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\2\xff\xff\xff\xff\xff\xff\xff\xff"),
	BAD(HEALTH, "\0\1\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\3\0\0\0\0\0\0\0\0"), /* no such limits */
	BAD(HEALTH, "\0\2\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), /* version */
	GOOD(HEALTH, "\0\2\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x5a\0\x15\0\x9c\0\x64\1\x29\0\xa8"), /* with its age */
	GOOD(HEALTH, "\0\2\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), /* of which it knows nothing */
	BAD(HEALTH, "\0\1\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), /* version 1 has none */
	BAD(HEALTH, "\0\2\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), /* one is missing */
	BAD(HEALTH, "\0\3\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), /* version */
	BAD(HEALTH, "\0\1\0\2\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), /* flag */
	BAD(HEALTH, "\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), /* no session at all */
	BAD(HEALTH, "\0\1\0\0\0\0\0\1\0\0\0\1\0\0\0\2\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), /* more than there is */
	BAD(HEALTH, "\0\1\0\0\0\0\0\1\0\0\0\0\0\0\0\0\3\xe9\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	BAD(HEALTH, "\0\1\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\3\xe9\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	BAD(HEALTH, "\0\1\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), /* no core */
	GOOD(RULES, "\0\0\0\0\0\0\0\0"),
	GOOD(RULES, "\1\0\0\0\0\2\0\xf" "*\nhttp://a:8/b?c\n"),
	GOOD(RULES, "\2\0\0\0\0\0\0\0"),
	GOOD(RULES, "\3\0\0\0\0\0\0\0"),
	GOOD(RULES, "\7\0\0\0\0\0\0\0"),
	BAD(RULES, "\x8\0\0\0\0\0\0\0"),
	BAD(RULES, "\0\0\0\1\0\0\0\0"),
	BAD(RULES, "\0\0\0\0\0\1\0\0" "*"), /* no line feed */
	BAD(RULES, "\0\0\0\0\0\1\0\0" "\n"), /* an empty pattern */
	BAD(RULES, "\0\0\0\0\0\x9\0\0" "file://a\n"),
	BAD(RULES, "\0\0\0\0\0\xb\0\0" "chrome://*\n"),
	BAD(RULES, "\0\0\0\0\0\x8\0\0" "http://\n"),
	BAD(RULES, "\0\0\0\0\0\3\0\0" "a\"\n"),
	BAD(RULES, "\0\0\0\0\0\4\0\0" "a/\"\n"),
	BAD(RULES, "\0\0\0\0\0\3\0\0" "a:\n"),
	BAD(RULES, "\0\0\0\0\0\3\0\0" "*a\n"),
	BAD(RULES, "\0\0\0\0\0\3\0\0" "\xe3\x81\n"),
	GOOD(VIEW, "\1\0\0\0"),
	GOOD(VIEW, "\x78\0\0\0taro 2026-11-23 10:30"),
	BAD(VIEW, "\0\0\0\0"),
	BAD(VIEW, "\x79\0\0\0"),
	GOOD(VIEW, "\1\1\0\0"),
	GOOD(VIEW, "\1\3\0\0"),
	BAD(VIEW, "\1\2\0\0"), /* a snapshot for no recording */
	BAD(VIEW, "\1\4\0\0"),
	BAD(VIEW, "\1\0\1\0"),
	BAD(VIEW, "\1\0\0\0\x1f"),
	BAD(VIEW, "\1\0\0\0a\x7f"),
	BAD(VIEW, "\1\0\0\0\xe3"),
	GOOD(VIEW, "\1\0\0\0山田 太郎"),
	BAD(VIEW, "\1\0\0\0\xe5\xb1"),
	BAD(VIEW, "\1\0\0\0\xc0\x80"),
	BAD(VIEW, "\1\0\0\0\xe2\x80\xae"), /* right to left from here on */
	BAD(VIEW, "\1\0\0\0\xc2\x85"),
	GOOD(POLICY, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	GOOD(POLICY, "\3\1\7\3\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0"),
	BAD(POLICY, "\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	BAD(POLICY, "\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	BAD(POLICY, "\0\0\x8\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	BAD(POLICY, "\0\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0"),
	GOOD(POLICY, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"),
	GOOD(POLICY, "\0\0\0\0\0\0\0\0\0\0\0\0\0\3\0\0"),
	GOOD(POLICY, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2\0"),
	GOOD(POLICY, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\3\0"),
	BAD(POLICY, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\4\0"),
	BAD(POLICY, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2"),
	GOOD(POLICY, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0"),
	GOOD(STATE, "\0\2\0\0\0\0\0\0"),
	GOOD(STATE, "\0\x68\0\0\xff\xff\xff\xff"),
	BAD(STATE, "\0\0\0\0\0\0\0\0"),
	BAD(STATE, "\0\x6a\0\0\0\0\0\0"),
	BAD(STATE, "\x01\2\0\0\0\0\0\0"),
	BAD(STATE, "\0\2\0\1\0\0\0\0"),
	BAD(STATE, "\0\2\x80\0\0\0\0\0"),
	GOOD(TEXT, "a"),
	GOOD(TEXT, "\t\n \x7e"),
	GOOD(TEXT, "\xe6\xb8\x8b\xe8\xb0\xb7\xe5\x8c\xba\xf0\x9f\x91\x8d"),
	GOOD(TEXT, "\xc2\xa0"),
	BAD(TEXT, ""),
	BAD(TEXT, "a\0b"),
	BAD(TEXT, "\x08"),
	BAD(TEXT, "\x0d"),
	BAD(TEXT, "\x1b"),
	BAD(TEXT, "\x7f"),
	BAD(TEXT, "\xc2\x80"),
	BAD(TEXT, "\xc2\x9f"),
	BAD(TEXT, "\xc0\xaf"),
	BAD(TEXT, "\xed\xa0\x80"),
	BAD(TEXT, "\xe6\xb8"),
};
#define ROWS ((int)(sizeof rows / sizeof rows[0]))

START_TEST(rows_of_limits)
{
	const struct row *row = &rows[_i];
	struct sek_writer w;
	union any m, before;

	memset(&m, 0x5a, sizeof m);
	memcpy(&before, &m, sizeof m);
	ck_assert_msg(sek_is_ok(read_any(row->type, (const uint8_t *)row->bytes, row->n, &m)) == row->good, "row %d",
		_i);
	if (!row->good) {
		ck_assert_mem_eq(&m, &before, sizeof m);
		return;
	}
	sek_writer_init(&w, memory, sizeof memory);
	write_any(row->type, &w, &m);
	ck_assert(sek_is_ok(sek_writer_status(&w)));
	ck_assert_uint_eq(w.len, SEK_FRAME_HEADER_BYTES + row->n);
	ck_assert_mem_eq(memory + SEK_FRAME_HEADER_BYTES, row->bytes, row->n);

	/* Memory that is one byte too small: nothing is left behind. */
	sek_writer_init(&w, memory, SEK_FRAME_HEADER_BYTES + row->n - 1);
	write_any(row->type, &w, &m);
	ck_assert(sek_is(sek_writer_status(&w), SEK_E_LIMIT));
	ck_assert_uint_eq(w.len, 0);
}
END_TEST

START_TEST(prefixes_and_trailing_bytes)
{
	const struct row *row = &rows[_i];
	union any m;
	uint8_t longer[64];

	if (!row->good || row->type == SEK_MSG_TEXT || row->type == SEK_MSG_VIEW || row->type == SEK_MSG_CLIPBOARD)
		return; /* texts: a part of one is one */
	for (size_t n = 0; n < row->n; n++) {
		/* a heap copy of exactly n bytes, so that ASan sees any read past it */
		uint8_t *copy = malloc(n ? n : 1);

		memcpy(copy, row->bytes, n);
		ck_assert(sek_is(read_any(row->type, copy, n, &m), SEK_E_MALFORMED));
		free(copy);
	}
	memset(longer, 0, sizeof longer);
	memcpy(longer, row->bytes, row->n);
	ck_assert(sek_is(read_any(row->type, longer, row->n + 1, &m), SEK_E_MALFORMED));
}
END_TEST

START_TEST(clipboard_pieces_are_cut_between_characters)
{
	static uint8_t text[3 * SEK_CLIPBOARD_PIECE_MAX_BYTES], payload[SEK_MSG_CLIPBOARD_MAX_BYTES + 1];
	struct sek_clipboard_piece m;
	size_t n;

	for (size_t i = 0; i + 3 <= sizeof text; i += 3)
		memcpy(text + i, "\xe9\x96\xa2", 3);
	n = sek_clipboard_piece_bytes(text, sizeof text);
	ck_assert_uint_eq(n, SEK_CLIPBOARD_PIECE_MAX_BYTES / 3 * 3);
	ck_assert_uint_eq(sek_clipboard_piece_bytes(text, 3), 3);
	ck_assert_uint_eq(sek_clipboard_piece_bytes(text, SEK_CLIPBOARD_PIECE_MAX_BYTES), SEK_CLIPBOARD_PIECE_MAX_BYTES);
	memcpy(payload, "\1\0\0\0", 4);
	memset(payload + 4, 'a', SEK_CLIPBOARD_PIECE_MAX_BYTES + 1);
	ck_assert(sek_is_ok(sek_clipboard_piece_read(payload, 4 + SEK_CLIPBOARD_PIECE_MAX_BYTES, &m)));
	ck_assert(sek_is(sek_clipboard_piece_read(payload, 5 + SEK_CLIPBOARD_PIECE_MAX_BYTES, &m), SEK_E_MALFORMED));
	ck_assert(sek_is(sek_clipboard_piece_read(payload, 3, &m), SEK_E_MALFORMED));
	/* the whole frame is written to a pipe at once or not at all */
	ck_assert_uint_le(SEK_FRAME_HEADER_BYTES + SEK_MSG_CLIPBOARD_MAX_BYTES, 4096);
}
END_TEST

/* Whatever one flipped bit makes of a message, it is refused or it is another message that is written the same way. */
START_TEST(bit_flips)
{
	const struct row *row = &rows[_i];
	uint8_t copy[64];
	struct sek_writer w;
	union any m;

	for (size_t bit = 0; bit < row->n * 8; bit++) {
		memcpy(copy, row->bytes, row->n);
		copy[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		if (!sek_is_ok(read_any(row->type, copy, row->n, &m)))
			continue;
		sek_writer_init(&w, memory, sizeof memory);
		write_any(row->type, &w, &m);
		ck_assert(sek_is_ok(sek_writer_status(&w)));
		ck_assert_mem_eq(memory + SEK_FRAME_HEADER_BYTES, copy, row->n);
	}
}
END_TEST

START_TEST(long_text_and_large_cursor)
{
	static uint8_t text[SEK_TEXT_MAX_BYTES + 1];
	static uint8_t cursor[SEK_MSG_CURSOR_MAX_BYTES] = { 0, 64, 0, 64, 0, 63, 0, 63 };
	struct sek_writer w;
	union any m;

	memset(text, 'a', sizeof text);
	ck_assert(sek_is_ok(sek_text_read(text, SEK_TEXT_MAX_BYTES, &m.text)));
	ck_assert(sek_is(sek_text_read(text, SEK_TEXT_MAX_BYTES + 1, &m.text), SEK_E_MALFORMED));
	m.text.bytes = SEK_TEXT_MAX_BYTES + 1;
	sek_writer_init(&w, memory, sizeof memory);
	sek_text_write(&w, &m.text);
	ck_assert(sek_is(sek_writer_status(&w), SEK_E_LIMIT));

	ck_assert(sek_is_ok(sek_cursor_read(cursor, sizeof cursor, &m.cursor)));
	ck_assert(m.cursor.bgra == cursor + 8);
	ck_assert(sek_is(sek_cursor_read(cursor, sizeof cursor - 1, &m.cursor), SEK_E_MALFORMED));
	cursor[5] = 64;
	ck_assert(sek_is(sek_cursor_read(cursor, sizeof cursor, &m.cursor), SEK_E_MALFORMED));
}
END_TEST

/* A writer refuses what its reader would refuse: each row breaks one field. */
START_TEST(writers_refuse)
{
	const struct sek_hello h = { 1, 1, 800, 600, 100, 0, 0, 0, 0 };
	const struct {
		uint8_t type;
		union any m;
	} bad[] = {
		{ SEK_MSG_HELLO, { .hello = { 0, 1, 800, 600, 100, 0, 0, 0, 0 } } },
		{ SEK_MSG_HELLO, { .hello = { 2, 1, 800, 600, 100, 0, 0, 0, 0 } } },
		{ SEK_MSG_HELLO, { .hello = { 1, 1, 159, 600, 100, 0, 0, 0, 0 } } },
		{ SEK_MSG_HELLO, { .hello = { 1, 1, 800, 4321, 100, 0, 0, 0, 0 } } },
		{ SEK_MSG_HELLO, { .hello = { 1, 1, 800, 600, 401, 0, 0, 0, 0 } } },
		{ SEK_MSG_HELLO, { .hello = { 1, 1, 800, 600, 100, 2, 0, 0, 0 } } },
		{ SEK_MSG_HELLO, { .hello = { 1, 1, 800, 600, 100, 0, 4, 0, 0 } } },
		{ SEK_MSG_HELLO, { .hello = { 1, 1, 800, 600, 100, 0, 0, 800, 0 } } },
		{ SEK_MSG_WELCOME, { .welcome = { 2, 800, 600, { 0 } } } },
		{ SEK_MSG_WELCOME, { .welcome = { 1, 800, 119, { 0 } } } },
		{ SEK_MSG_RESIZE, { .resize = { 800, 600, 49 } } },
		{ SEK_MSG_RESIZE, { .resize = { 800, 119, 100 } } },
		{ SEK_MSG_KEY, { .key = { 256, true, 0 } } },
		{ SEK_MSG_KEY, { .key = { 1, true, 0xd800 } } },
		{ SEK_MSG_POINTER, { .pointer = { 0, 0, 32 } } },
		{ SEK_MSG_WHEEL, { .wheel = { 0, 0, 12001, 0 } } },
		{ SEK_MSG_WHEEL, { .wheel = { 0, 0, 0, -12001 } } },
		{ SEK_MSG_TEXT, { .text = { (const uint8_t *)"\x1b", 1 } } },
		{ SEK_MSG_TEXT, { .text = { (const uint8_t *)"", 0 } } },
		{ SEK_MSG_CURSOR, { .cursor = { 65, 1, 0, 0, memory } } },
		{ SEK_MSG_CURSOR, { .cursor = { 1, 1, 1, 0, memory } } },
		{ SEK_MSG_SIZE, { .size = { 0, 1 } } },
		{ SEK_MSG_SIZE, { .size = { 1, 4321 } } },
		{ SEK_MSG_DOCUMENTS, { .documents = { 17 } } },
		{ SEK_MSG_DOCUMENT, { .document = { 1, 1, 3, 150, 1, 160, 160 } } },
		{ SEK_MSG_DOCUMENT, { .document = { 1, 1, 1, 150, 501, 160, 160 } } },
		{ SEK_MSG_TAKE_PAGE, { .page = { 0 } } },
		{ SEK_MSG_PAGE, { .page = { 501 } } },
		{ SEK_MSG_PAGES, { .pages = { 1, 10, 0 } } },
		{ SEK_MSG_STATE, { .state = { 0, 0 } } },
		{ SEK_MSG_STATE, { .state = { 200, 0 } } },
	};
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_hello_write(&w, &h);
	ck_assert(sek_is_ok(sek_writer_status(&w)));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		sek_writer_init(&w, memory, sizeof memory);
		write_any(bad[i].type, &w, &bad[i].m);
		ck_assert(sek_is(sek_writer_status(&w), SEK_E_LIMIT));
		ck_assert_uint_eq(w.len, 0);
	}
}
END_TEST

START_TEST(messages_without_payload)
{
	static const enum sek_msg_type types[] = { SEK_MSG_REFRESH, SEK_MSG_RELEASE, SEK_MSG_END };
	struct sek_frame f;
	struct sek_writer w;
	size_t total;

	for (size_t i = 0; i < 3; i++) {
		sek_writer_init(&w, memory, sizeof memory);
		sek_empty_write(&w, types[i]);
		ck_assert(sek_is_ok(sek_writer_status(&w)));
		ck_assert(sek_is_ok(sek_frame_whole(memory, w.len, SEK_LINK_CLIENT, SEK_DIR_UP, &f, &total)));
		ck_assert(f.type == types[i] && total == SEK_FRAME_HEADER_BYTES);
	}
	sek_writer_init(&w, memory, sizeof memory);
	sek_empty_write(&w, SEK_MSG_ACK); /* has a payload */
	ck_assert(sek_is(sek_writer_status(&w), SEK_E_LIMIT));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wire messages");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, rows_of_limits, 0, ROWS);
	tcase_add_loop_test(t, prefixes_and_trailing_bytes, 0, ROWS);
	tcase_add_test(t, clipboard_pieces_are_cut_between_characters);
	tcase_add_loop_test(t, bit_flips, 0, ROWS);
	tcase_add_test(t, long_text_and_large_cursor);
	tcase_add_test(t, writers_refuse);
	tcase_add_test(t, messages_without_payload);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
