/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The web client's side of the wire: the same grammar as everywhere, compiled to WebAssembly. Its memory is fixed at
 * build time (nothing is allocated, memory never grows); it calls nothing outside. One instance serves one stream.
 *
 * For JavaScript. All numbers are u32 unless said otherwise; pointers are byte offsets into the exported `memory`.
 *
 *   sek_reset()                forgets the stream: size 0x0, no message. Call it for each new connection.
 *   sek_mode(mode)             0: a client's stream (as after the start); 1: a recording, in which updates may be ASIDE
 *
 * Receiving (client link, downwards):
 *   sek_in()                   where to put a frame: SEK_UPDATE_MAX_BYTES + 8 bytes
 *   sek_receive(n)             i32: reads the one whole frame of n bytes at sek_in(). The message type (0x81...), or
 *                              negative: refused (end the connection). What it gives is good until the next call.
 *   sek_field(i)               field i of the message that was received; 0 if there is no such field:
 *     WELCOME  0 version, 1 max width, 2 max height, 3 pointer to the 16 bytes of the session id
 *     UPDATE   0 frame number, 1 flags (1 keyframe: the picture becomes black first; 2 last part of the
 *              frame; 4 aside: part of the picture from nothing, of which 2 marks the end)
 *     CURSOR   0 width, 1 height, 2 hot x, 3 hot y, 4 pointer to RGBA pixels (not premultiplied), 5 their bytes
 *     CARET    0 x, 1 y, 2 width, 3 height
 *     SIZE     0 width, 1 height (sek_width() and sek_height() remember them for the updates that follow)
 *     STATE    0 state, 1 arg (u32); POLICY as in policy.h; PING, PONG  0 id
 *     CLIPBOARD   0 flags, 1 pointer to UTF-8, 2 its bytes
 *     DOCUMENTS   0 how many caught downloads could be taken over
 *     CLIPBOARD_RESULT  0 direction, 1 outcome, 2 arg
 *   sek_frame_number(), sek_frame_flags()   the same as fields 0 and 1 of UPDATE
 *   sek_width(), sek_height()
 *
 * Operations of an UPDATE come in one or more portions:
 *   sek_receive(n) === 0x82, then repeat { draw sek_op_count() records at sek_ops() } while (sek_next_ops() > 0)
 *   sek_op_count()             records in the present portion (0 for an update without operations)
 *   sek_ops()                  pointer to them: 10 u32 each: op, x, y, w, h, sx, sy, colour, data pointer, data bytes
 *       op 1 COPY  from sx, sy (as if all was read before any was written)
 *       op 2 FILL  colour: bytes R, G, B, 255 in memory
 *       op 3 TILES (DRAWN comes as this, too) data: w*h*4 bytes R, G, B, 255, rows packed
 *       op 4 JPEG  data: a whole baseline JPEG of w by h pixels, of which only the entropy-coded data came from outside
 *   sek_next_ops()             i32: makes the next portion: 1, or 0 when all were seen, or negative: refused.
 *                              Overwrites records and pixels of the portion before. sek_in() must not be touched
 *                              until it has returned 0.
 *
 * Sending (client link, upwards; send.c). Each writes one whole frame to sek_out() and returns its bytes, or 0 if an argument
 * is out of bounds:
 *   sek_out()
 *   sek_write_hello(width, height, scale_percent, lang)      lang: 0 ja, 1 en; versions are this build's
 *   sek_write_ack(frame)  sek_write_refresh()  sek_write_resize(width, height, scale_percent)
 *   sek_write_key(code, down, codepoint)  sek_write_pointer(x, y, buttons)  sek_write_wheel(x, y, i32 dx, i32 dy)
 *   sek_write_text(n)          n bytes of UTF-8 from sek_text_buf(), which holds SEK_TEXT_MAX_BYTES
 *   sek_write_clipboard(n, flags)   the same; at most SEK_CLIPBOARD_PIECE_MAX_BYTES
 *   sek_write_clipboard_answer(id, yes)
 *   sek_write_release()  sek_write_visibility(visible)  sek_write_end()  sek_write_ping(id)  sek_write_pong(id)
 */
#include "protocol/wasm/policy.h"
#include "protocol/codec/update.h"
#include "protocol/wasm/export.h"
#include "protocol/wire/messages.h"

#define OPS_MAX 8192
#define ARENA_PX (1024 * 1024)

struct record {
	uint32_t op, x, y, w, h, sx, sy, colour, data, bytes;
};
_Static_assert(sizeof(struct record) == 40, "JavaScript reads ten numbers");
/* What any one operation needs of it. */
#define ROOM_PX ((SEK_SCRATCH_RAW_BYTES + 3) / 4)
_Static_assert(ROOM_PX >= SEK_DRAWN_MAX_PX && ARENA_PX >= ROOM_PX && ARENA_PX >= SEK_CURSOR_MAX_PX * SEK_CURSOR_MAX_PX,
	"any operation and any cursor fits");

static uint8_t in[SEK_FRAME_HEADER_BYTES + SEK_UPDATE_MAX_BYTES];
static uint32_t arena[ARENA_PX];
static struct record ops[OPS_MAX];
static struct sek_update_scratch scratch;

static uint32_t fields[10];
static uint32_t width, height, op_count, arena_used;
static struct sek_update_parser parser;
static bool recording; /* mode 1 */
static bool parsing; /* operations of the present UPDATE are left */

/* --- receiving --- */

/* The picture's BGRX as the bytes R, G, B, 255. */
static uint32_t rgba(uint32_t bgrx)
{
	return (bgrx >> 16 & 255) | (bgrx & 0xff00) | (bgrx & 255) << 16 | 0xff000000u;
}

static struct record *add(uint32_t op, struct sek_rect r)
{
	ops[op_count] = (struct record){ .op = op, .x = r.x, .y = r.y, .w = r.w, .h = r.h };
	return &ops[op_count++];
}

static sek_status on_copy(void *user, uint16_t sx, uint16_t sy, struct sek_rect to)
{
	struct record *op = add(SEK_OP_COPY, to);

	(void)user;
	op->sx = sx;
	op->sy = sy;
	return sek_ok();
}

static sek_status on_fill(void *user, struct sek_rect r, uint32_t bgrx)
{
	(void)user;
	add(SEK_OP_FILL, r)->colour = rgba(bgrx);
	return sek_ok();
}

static sek_status on_pixels(void *user, struct sek_rect r, const uint32_t *px)
{
	struct record *op = add(SEK_OP_TILES, r);
	uint32_t n = (uint32_t)r.w * r.h, *to = arena + arena_used;

	(void)user;
	for (uint32_t i = 0; i < n; i++)
		to[i] = rgba(px[i]);
	op->data = address(to);
	op->bytes = n * 4;
	arena_used += n;
	return sek_ok();
}

static sek_status on_jpeg(void *user, struct sek_rect r, const uint8_t *jpeg, size_t bytes)
{
	struct record *op = add(SEK_OP_JPEG, r);
	uint32_t *to = arena + arena_used;

	(void)user;
	__builtin_memcpy(to, jpeg, bytes);
	op->data = address(to);
	op->bytes = (uint32_t)bytes;
	arena_used += (uint32_t)(bytes + 3) / 4;
	return sek_ok();
}

/* Fills a portion until the next operation might not fit. */
static sek_status more_ops(void)
{
	static const struct sek_update_sink sink = { NULL, on_copy, on_fill, on_pixels, on_jpeg };

	op_count = 0;
	arena_used = 0;
	while (parsing && op_count < OPS_MAX && ARENA_PX - arena_used >= ROOM_PX) {
		bool done = false;
		sek_status s = sek_update_next(&parser, &sink, &done);

		parsing = sek_is_ok(s) && !done;
		SEK_TRY(s);
	}
	return sek_ok();
}

static sek_status take_update(const uint8_t *payload, size_t n, uint8_t flags)
{
	SEK_TRY(sek_update_begin(&parser, flags, payload, n, (uint16_t)width, (uint16_t)height, &scratch,
		&fields[0]));
	fields[1] = flags;
	parsing = true;
	return more_ops();
}

/* Cursors travel premultiplied; a canvas wants plain colours. Colours above alpha cannot be: they are cut. */
static uint32_t plain(const uint8_t *bgra)
{
	uint32_t a = bgra[3], px = a << 24;

	for (unsigned i = 0; i < 3 && a > 0; i++) {
		uint32_t c = ((uint32_t)bgra[2 - i] * 255 + a / 2) / a;

		px |= (c < 255 ? c : 255) << (8 * i);
	}
	return px;
}

static sek_status take_cursor(const uint8_t *payload, size_t n)
{
	struct sek_cursor m;
	uint32_t count;

	SEK_TRY(sek_cursor_read(payload, n, &m));
	count = (uint32_t)m.width_px * m.height_px;
	for (uint32_t i = 0; i < count; i++)
		arena[i] = plain(m.bgra + (size_t)i * 4);
	fields[0] = m.width_px;
	fields[1] = m.height_px;
	fields[2] = m.hot_x_px;
	fields[3] = m.hot_y_px;
	fields[4] = address(arena);
	fields[5] = count * 4;
	return sek_ok();
}

static sek_status take_welcome(const uint8_t *payload, size_t n)
{
	static uint8_t session[SEK_SESSION_ID_BYTES];
	struct sek_welcome m;

	SEK_TRY(sek_welcome_read(payload, n, &m));
	__builtin_memcpy(session, m.session, sizeof session);
	fields[0] = m.version;
	fields[1] = m.max_width_px;
	fields[2] = m.max_height_px;
	fields[3] = address(session);
	return sek_ok();
}

static sek_status take_size(const uint8_t *payload, size_t n)
{
	struct sek_size m;

	SEK_TRY(sek_size_read(payload, n, &m));
	fields[0] = width = m.width_px;
	fields[1] = height = m.height_px;
	return sek_ok();
}

static sek_status take_caret(const uint8_t *payload, size_t n)
{
	struct sek_caret m;

	SEK_TRY(sek_caret_read(payload, n, &m));
	fields[0] = m.x_px;
	fields[1] = m.y_px;
	fields[2] = m.width_px;
	fields[3] = m.height_px;
	return sek_ok();
}

static sek_status take_state(const uint8_t *payload, size_t n)
{
	struct sek_state_msg m;

	SEK_TRY(sek_state_read(payload, n, &m));
	fields[0] = m.state;
	fields[1] = m.arg;
	return sek_ok();
}

static sek_status take_ping(const uint8_t *payload, size_t n)
{
	struct sek_ping m;

	SEK_TRY(sek_ping_read(payload, n, &m));
	fields[0] = m.id;
	return sek_ok();
}

static sek_status take_clipboard(const uint8_t *payload, size_t n)
{
	struct sek_clipboard_piece m;

	SEK_TRY(sek_clipboard_piece_read(payload, n, &m));
	fields[0] = m.flags;
	fields[1] = address(m.utf8);
	fields[2] = (uint32_t)m.bytes;
	return sek_ok();
}

static sek_status take_clipboard_result(const uint8_t *payload, size_t n)
{
	struct sek_clipboard_result m;

	SEK_TRY(sek_clipboard_result_read(payload, n, &m));
	fields[0] = m.direction;
	fields[1] = m.outcome;
	fields[2] = m.arg;
	return sek_ok();
}

static sek_status take_documents(const uint8_t *payload, size_t n)
{
	struct sek_documents_msg m;

	SEK_TRY(sek_documents_msg_read(payload, n, &m));
	fields[0] = m.count;
	return sek_ok();
}

static sek_status take(const struct sek_frame *f, const uint8_t *payload)
{
	switch (f->type) {
	case SEK_MSG_WELCOME: return take_welcome(payload, f->payload_bytes);
	case SEK_MSG_UPDATE: return take_update(payload, f->payload_bytes, f->flags);
	case SEK_MSG_CURSOR: return take_cursor(payload, f->payload_bytes);
	case SEK_MSG_CARET: return take_caret(payload, f->payload_bytes);
	case SEK_MSG_SIZE: return take_size(payload, f->payload_bytes);
	case SEK_MSG_STATE: return take_state(payload, f->payload_bytes);
	case SEK_MSG_POLICY: return sek_wasm_policy(payload, f->payload_bytes, fields);
	case SEK_MSG_CLIPBOARD: return take_clipboard(payload, f->payload_bytes);
	case SEK_MSG_CLIPBOARD_RESULT: return take_clipboard_result(payload, f->payload_bytes);
	case SEK_MSG_DOCUMENTS: return take_documents(payload, f->payload_bytes);
	case SEK_MSG_PING:
	case SEK_MSG_PONG: return take_ping(payload, f->payload_bytes);
	default: return sek_fail(SEK_E_MALFORMED);
	}
}

void EXPORT(sek_reset)(void)
{
	__builtin_memset(fields, 0, sizeof fields);
	width = height = op_count = 0;
	parsing = false;
	sek_drawn_reset(&scratch.model);
}

void EXPORT(sek_mode)(uint32_t mode)
{
	recording = mode == 1;
}

uint32_t EXPORT(sek_in)(void)
{
	return address(in);
}

/* Which link's rules the frame at `in` has to keep: in a recording, what is ASIDE came from the encoder. */
static enum sek_link link_of(uint32_t n)
{
	return recording && n >= 2 && in[0] == SEK_MSG_UPDATE && (in[1] & SEK_UPDATE_ASIDE) ? SEK_LINK_HUB : SEK_LINK_CLIENT;
}

int32_t EXPORT(sek_receive)(uint32_t n)
{
	struct sek_frame f;
	sek_status s;
	size_t total;

	__builtin_memset(fields, 0, sizeof fields);
	op_count = 0;
	parsing = false;
	if (n > sizeof in)
		return -SEK_E_LIMIT;
	s = sek_frame_whole(in, n, link_of(n), SEK_DIR_DOWN, &f, &total);
	if (sek_is_ok(s) && total != n) /* one WebSocket message is one frame */
		s = sek_fail(SEK_E_MALFORMED);
	if (sek_is_ok(s))
		s = take(&f, in + SEK_FRAME_HEADER_BYTES);
	return sek_is_ok(s) ? (int32_t)f.type : -(int32_t)s.code;
}

int32_t EXPORT(sek_next_ops)(void)
{
	sek_status s = more_ops();

	if (!sek_is_ok(s))
		return -(int32_t)s.code;
	return op_count > 0;
}

uint32_t EXPORT(sek_ops)(void)
{
	return address(ops);
}

uint32_t EXPORT(sek_op_count)(void)
{
	return op_count;
}

uint32_t EXPORT(sek_field)(uint32_t i)
{
	return i < sizeof fields / sizeof fields[0] ? fields[i] : 0;
}

uint32_t EXPORT(sek_frame_number)(void)
{
	return fields[0];
}

uint32_t EXPORT(sek_frame_flags)(void)
{
	return fields[1];
}

uint32_t EXPORT(sek_width)(void)
{
	return width;
}

uint32_t EXPORT(sek_height)(void)
{
	return height;
}
