/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The clipboard's messages: CLIPBOARD, CLIPBOARD_MODE, CLIPBOARD_ANSWER, CLIPBOARD_RESULT. Reader and writer
 * of each side by side, sharing one check. Carries Unicode text and nothing else. Freestanding.
 */
#include "base/utf8.h"
#include "protocol/wire/checks.h"
#include "protocol/wire/messages.h"

/* --- CLIPBOARD --- */

static bool piece_allowed(uint32_t flags, const uint8_t *utf8, size_t n)
{
	return flags <= (SEK_CLIPBOARD_FIRST | SEK_CLIPBOARD_LAST | SEK_CLIPBOARD_PREVIEW) && n >= 1 &&
	       n <= SEK_CLIPBOARD_PIECE_MAX_BYTES && sek_utf8_valid(utf8, n, NULL);
}

sek_status sek_clipboard_piece_read(const void *payload, size_t n, struct sek_clipboard_piece *ret)
{
	struct sek_reader r;
	struct sek_clipboard_piece m;

	sek_reader_init(&r, payload, n);
	SEK_TRY(sek_read_u8(&r, &m.flags));
	SEK_TRY(sek_read_reserved(&r, 3));
	m.bytes = r.left;
	SEK_TRY(sek_read_bytes(&r, m.bytes, &m.utf8));
	SEK_TRY(sek_read_end(&r, piece_allowed(m.flags, m.utf8, m.bytes)));
	*ret = m;
	return sek_ok();
}

void sek_clipboard_piece_write(struct sek_writer *w, const struct sek_clipboard_piece *m)
{
	size_t at;

	if (!sek_message_begin(w, SEK_MSG_CLIPBOARD, piece_allowed(m->flags, m->utf8, m->bytes), &at))
		return;
	sek_write_u8(w, m->flags);
	for (int i = 0; i < 3; i++)
		sek_write_u8(w, 0);
	sek_write_bytes(w, m->utf8, m->bytes);
	sek_frame_end(w, at);
}

size_t sek_clipboard_piece_bytes(const uint8_t *utf8, size_t n)
{
	if (n <= SEK_CLIPBOARD_PIECE_MAX_BYTES)
		return n;
	n = SEK_CLIPBOARD_PIECE_MAX_BYTES;
	while (n > 1 && (utf8[n] & 0xc0) == 0x80)
		n--;
	return n;
}

/* --- CLIPBOARD_MODE --- */

sek_status sek_clipboard_mode_read(const void *payload, size_t n, struct sek_clipboard_mode *ret)
{
	struct sek_reader r;
	struct sek_clipboard_mode m;

	sek_reader_init(&r, payload, n);
	SEK_TRY(sek_read_u8(&r, &m.directions));
	SEK_TRY(sek_read_reserved(&r, 3));
	SEK_TRY(sek_read_end(&r, m.directions <= SEK_CROSS_BOTH));
	*ret = m;
	return sek_ok();
}

void sek_clipboard_mode_write(struct sek_writer *w, const struct sek_clipboard_mode *m)
{
	size_t at;

	if (!sek_message_begin(w, SEK_MSG_CLIPBOARD_MODE, m->directions <= SEK_CROSS_BOTH, &at))
		return;
	sek_write_u8(w, m->directions);
	for (int i = 0; i < 3; i++)
		sek_write_u8(w, 0);
	sek_frame_end(w, at);
}

/* --- CLIPBOARD_ANSWER --- */

sek_status sek_clipboard_answer_read(const void *payload, size_t n, struct sek_clipboard_answer *ret)
{
	struct sek_reader r;
	uint32_t id;
	uint8_t yes;

	sek_reader_init(&r, payload, n);
	SEK_TRY(sek_read_u32(&r, &id));
	SEK_TRY(sek_read_u8(&r, &yes));
	SEK_TRY(sek_read_reserved(&r, 3));
	SEK_TRY(sek_read_end(&r, yes <= 1));
	*ret = (struct sek_clipboard_answer){ id, yes == 1 };
	return sek_ok();
}

void sek_clipboard_answer_write(struct sek_writer *w, const struct sek_clipboard_answer *m)
{
	size_t at = sek_frame_begin(w, SEK_MSG_CLIPBOARD_ANSWER, 0);

	sek_write_u32(w, m->id);
	sek_write_u8(w, m->yes);
	for (int i = 0; i < 3; i++)
		sek_write_u8(w, 0);
	sek_frame_end(w, at);
}

/* --- CLIPBOARD_RESULT --- */

static bool result_allowed(const struct sek_clipboard_result *m)
{
	return (m->direction == SEK_CROSS_TO_OUTER || m->direction == SEK_CROSS_TO_INNER) &&
	       m->outcome >= SEK_CLIPBOARD_DONE && m->outcome <= SEK_CLIPBOARD_TOO_MANY;
}

sek_status sek_clipboard_result_read(const void *payload, size_t n, struct sek_clipboard_result *ret)
{
	struct sek_reader r;
	struct sek_clipboard_result m;

	sek_reader_init(&r, payload, n);
	SEK_TRY(sek_read_u8(&r, &m.direction));
	SEK_TRY(sek_read_u8(&r, &m.outcome));
	SEK_TRY(sek_read_reserved(&r, 2));
	SEK_TRY(sek_read_u32(&r, &m.arg));
	SEK_TRY(sek_read_end(&r, result_allowed(&m)));
	*ret = m;
	return sek_ok();
}

void sek_clipboard_result_write(struct sek_writer *w, const struct sek_clipboard_result *m)
{
	size_t at;

	if (!sek_message_begin(w, SEK_MSG_CLIPBOARD_RESULT, result_allowed(m), &at))
		return;
	sek_write_u8(w, m->direction);
	sek_write_u8(w, m->outcome);
	sek_write_u16(w, 0);
	sek_write_u32(w, m->arg);
	sek_frame_end(w, at);
}
