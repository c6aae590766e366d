/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A stream of frames in one direction, on any link, to the reader of each message. The first byte chooses the link.
 * What is read must be written back to the same bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "protocol/codec/update.h"
#include "protocol/wire/messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(cond)            \
	do {                     \
		if (!(cond))     \
			abort(); \
	} while (0)

static uint8_t written[SEK_FRAME_HEADER_BYTES + SEK_MSG_CURSOR_MAX_BYTES];
static struct sek_update_scratch scratch;
static struct sek_size size_now;

static sek_status on_copy(void *user, uint16_t sx, uint16_t sy, struct sek_rect to)
{
	(void)user;
	REQUIRE(sx + to.w <= size_now.width_px && sy + to.h <= size_now.height_px);
	REQUIRE(to.x + to.w <= size_now.width_px && to.y + to.h <= size_now.height_px);
	return sek_ok();
}

static sek_status on_fill(void *user, struct sek_rect r, uint32_t bgrx)
{
	(void)user;
	REQUIRE(r.x + r.w <= size_now.width_px && r.y + r.h <= size_now.height_px && bgrx <= 0xffffff);
	return sek_ok();
}

static sek_status on_pixels(void *user, struct sek_rect r, const uint32_t *px)
{
	return on_fill(user, r, px[(size_t)r.w * r.h - 1]);
}

static sek_status on_jpeg(void *user, struct sek_rect r, const uint8_t *jpeg, size_t bytes)
{
	REQUIRE(jpeg[0] == 0xff && jpeg[bytes - 1] <= 0xff);
	return on_fill(user, r, 0);
}

/* Reads a message and writes it again. */
#define TAKE(kind, writer)                                                                       \
	do {                                                                                     \
		struct sek_##kind m;                                                             \
		if (sek_is_ok(sek_##kind##_read(payload, n, &m))) {                              \
			writer(&w, &m);                                                          \
			REQUIRE(!w.failed && w.len == SEK_FRAME_HEADER_BYTES + n);               \
			REQUIRE(memcmp(written + SEK_FRAME_HEADER_BYTES, payload, n) == 0);      \
		}                                                                                \
	} while (0)

static void take(const struct sek_frame *f, const uint8_t *payload)
{
	static const struct sek_update_sink sink = { NULL, on_copy, on_fill, on_pixels, on_jpeg };
	struct sek_writer w;
	struct sek_state_msg state;
	size_t n = f->payload_bytes;
	uint32_t frame;

	sek_writer_init(&w, written, sizeof written);
	switch (f->type) {
	case SEK_MSG_HELLO: TAKE(hello, sek_hello_write); break;
	case SEK_MSG_ACK: TAKE(ack, sek_ack_write); break;
	case SEK_MSG_RESIZE: TAKE(resize, sek_resize_write); break;
	case SEK_MSG_KEY: TAKE(key, sek_key_write); break;
	case SEK_MSG_POINTER: TAKE(pointer, sek_pointer_write); break;
	case SEK_MSG_WHEEL: TAKE(wheel, sek_wheel_write); break;
	case SEK_MSG_TEXT: TAKE(text, sek_text_write); break;
	case SEK_MSG_VISIBILITY: TAKE(visibility, sek_visibility_write); break;
	case SEK_MSG_PING: TAKE(ping, sek_ping_write); break;
	case SEK_MSG_PONG: TAKE(ping, sek_pong_write); break;
	case SEK_MSG_WELCOME: TAKE(welcome, sek_welcome_write); break;
	case SEK_MSG_CURSOR: TAKE(cursor, sek_cursor_write); break;
	case SEK_MSG_CARET: TAKE(caret, sek_caret_write); break;
	case SEK_MSG_VIEW: TAKE(view, sek_view_write); break;
	case SEK_MSG_RULES: TAKE(rules, sek_rules_write); break;
	case SEK_MSG_WATCH: TAKE(watch_msg, sek_watch_msg_write); break;
	case SEK_MSG_HEALTH: TAKE(health, sek_health_write); break;
	case SEK_MSG_DOCUMENTS: TAKE(documents_msg, sek_documents_msg_write); break;
	case SEK_MSG_DOCUMENT: TAKE(document_msg, sek_document_msg_write); break;
	case SEK_MSG_TAKE_PAGE: TAKE(page_msg, sek_take_page_write); break;
	case SEK_MSG_PAGES: TAKE(pages_msg, sek_pages_msg_write); break;
	case SEK_MSG_PAGE: TAKE(page_msg, sek_page_msg_write); break;
	case SEK_MSG_POLICY: TAKE(policy_msg, sek_policy_msg_write); break;
	case SEK_MSG_SIZE:
		TAKE(size, sek_size_write);
		(void)sek_size_read(payload, n, &size_now);
		break;
	case SEK_MSG_STATE:
		if (sek_is_ok(sek_state_read(payload, n, &state))) {
			sek_state_write(&w, &state);
			REQUIRE(!w.failed && memcmp(written + SEK_FRAME_HEADER_BYTES, payload, n) == 0);
		}
		break;
	case SEK_MSG_UPDATE:
		(void)sek_update_parse(f->flags, payload, n, size_now.width_px, size_now.height_px, &scratch, &sink,
			&frame);
		break;
	case SEK_MSG_CLIPBOARD: TAKE(clipboard_piece, sek_clipboard_piece_write); break;
	case SEK_MSG_CLIPBOARD_MODE: TAKE(clipboard_mode, sek_clipboard_mode_write); break;
	case SEK_MSG_CLIPBOARD_ANSWER: TAKE(clipboard_answer, sek_clipboard_answer_write); break;
	case SEK_MSG_CLIPBOARD_RESULT: TAKE(clipboard_result, sek_clipboard_result_write); break;
	default: /* the messages without payload */
		REQUIRE(n == 0);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum sek_link links[] = { SEK_LINK_HOST, SEK_LINK_CLIENT, SEK_LINK_HUB };
	enum sek_link link;
	struct sek_frame f;
	size_t total;

	if (size < 1)
		return 0;
	link = links[data[0] % 3];
	data++;
	size--;
	size_now = (struct sek_size){ 320, 200 };
	while (sek_is_ok(sek_frame_whole(data, size, link, FUZZ_DIRECTION, &f, &total))) {
		REQUIRE(total <= size && total == SEK_FRAME_HEADER_BYTES + f.payload_bytes);
		take(&f, data + SEK_FRAME_HEADER_BYTES);
		data += total;
		size -= total;
	}
	return 0;
}
