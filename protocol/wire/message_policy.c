/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * VIEW, RULES and POLICY: what a policy says to the encoder, to the render host and to the client. Freestanding.
 */
#include "base/utf8.h"
#include "protocol/wire/checks.h"
#include "protocol/wire/messages.h"

/* --- VIEW --- */

static bool view_allowed(const struct sek_view *m)
{
	uint32_t c;

	if (m->max_fps < 1 || m->max_fps > SEK_FPS_MAX || m->bytes > SEK_WATERMARK_MAX_BYTES)
		return false;
	if (m->flags > (SEK_VIEW_RECORD | SEK_VIEW_SNAPSHOT) || m->flags == SEK_VIEW_SNAPSHOT)
		return false;
	for (size_t i = 0, k; i < m->bytes; i += k) {
		k = sek_utf8_next((const uint8_t *)m->text + i, m->bytes - i, &c);
		if (k == 0 || sek_utf8_is_unsafe(c))
			return false;
	}
	return true;
}

sek_status sek_view_read(const void *payload, size_t n, struct sek_view *ret)
{
	struct sek_reader r;
	struct sek_view m;
	const uint8_t *text;

	if (n < 4)
		return sek_fail(SEK_E_MALFORMED);
	sek_reader_init(&r, payload, n);
	SEK_TRY(sek_read_u8(&r, &m.max_fps));
	SEK_TRY(sek_read_u8(&r, &m.flags));
	SEK_TRY(sek_read_reserved(&r, 2));
	m.bytes = n - 4;
	SEK_TRY(sek_read_bytes(&r, m.bytes, &text));
	m.text = (const char *)text;
	SEK_TRY(sek_read_end(&r, view_allowed(&m)));
	*ret = m;
	return sek_ok();
}

void sek_view_write(struct sek_writer *w, const struct sek_view *m)
{
	size_t at;

	if (!sek_message_begin(w, SEK_MSG_VIEW, view_allowed(m), &at))
		return;
	sek_write_u8(w, m->max_fps);
	sek_write_u8(w, m->flags);
	sek_write_u16(w, 0);
	sek_write_bytes(w, (const uint8_t *)m->text, m->bytes);
	sek_frame_end(w, at);
}

/* --- RULES --- */

static bool starts_with(const char *line, size_t n, const char *word, size_t word_n)
{
	return n >= word_n && __builtin_memcmp(line, word, word_n) == 0;
}

/* One pattern of n characters. */
static bool pattern_allowed(const char *line, size_t n)
{
	size_t i = starts_with(line, n, "http://", 7) ? 7 : starts_with(line, n, "https://", 8) ? 8 : 0;

	if (n == 1 && line[0] == '*')
		return true;
	if (i >= n)
		return false;
	/* the host: no colon but one in front of a port, so that no other scheme can be said */
	for (; i < n && line[i] != '/'; i++) {
		if (line[i] == ':') {
			if (i + 1 >= n || line[i + 1] < '0' || line[i + 1] > '9')
				return false;
		} else if (!((line[i] >= 'a' && line[i] <= 'z') || (line[i] >= '0' && line[i] <= '9') || line[i] == '-' ||
				line[i] == '.')) {
			return false;
		}
	}
	for (; i < n; i++) {
		if (line[i] <= 0x20 || line[i] >= 0x7f || line[i] == '"' || line[i] == '\\' || line[i] == '*')
			return false;
	}
	return true;
}

static bool list_allowed(const char *list, size_t n)
{
	size_t start = 0;

	if (n > SEK_RULES_LIST_MAX_BYTES || (n > 0 && list[n - 1] != '\n'))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (list[i] != '\n')
			continue;
		if (!pattern_allowed(list + start, i - start))
			return false;
		start = i + 1;
	}
	return true;
}

static bool rules_allowed(const struct sek_rules *m)
{
	return list_allowed(m->allow, m->allow_bytes) && list_allowed(m->block, m->block_bytes);
}

sek_status sek_rules_read(const void *payload, size_t n, struct sek_rules *ret)
{
	const uint8_t *allow, *block;
	uint16_t allow_bytes, block_bytes;
	struct sek_reader r;
	struct sek_rules m;
	uint8_t downloads;

	sek_reader_init(&r, payload, n);
	SEK_TRY(sek_read_u8(&r, &downloads));
	SEK_TRY(sek_read_reserved(&r, 3));
	SEK_TRY(sek_read_u16(&r, &allow_bytes));
	SEK_TRY(sek_read_u16(&r, &block_bytes));
	SEK_TRY(sek_read_bytes(&r, allow_bytes, &allow));
	SEK_TRY(sek_read_bytes(&r, block_bytes, &block));
	m = (struct sek_rules){ (downloads & SEK_RULES_VIEW) != 0, (downloads & SEK_RULES_KEEP) != 0,
		(downloads & SEK_RULES_PRINT) != 0, (const char *)allow, (const char *)block, allow_bytes, block_bytes };
	SEK_TRY(sek_read_end(&r, downloads <= (SEK_RULES_VIEW | SEK_RULES_KEEP | SEK_RULES_PRINT) && rules_allowed(&m)));
	*ret = m;
	return sek_ok();
}

void sek_rules_write(struct sek_writer *w, const struct sek_rules *m)
{
	size_t at;

	if (!sek_message_begin(w, SEK_MSG_RULES, rules_allowed(m), &at))
		return;
	sek_write_u8(w, (uint8_t)((m->view ? SEK_RULES_VIEW : 0) | (m->keep ? SEK_RULES_KEEP : 0) |
		(m->print ? SEK_RULES_PRINT : 0)));
	sek_write_u8(w, 0);
	sek_write_u16(w, 0);
	sek_write_u16(w, (uint16_t)m->allow_bytes);
	sek_write_u16(w, (uint16_t)m->block_bytes);
	sek_write_bytes(w, (const uint8_t *)m->allow, m->allow_bytes);
	sek_write_bytes(w, (const uint8_t *)m->block, m->block_bytes);
	sek_frame_end(w, at);
}

/* --- POLICY --- */

static bool policy_allowed(const struct sek_policy_msg *m)
{
	return m->clipboard <= 3 && m->download <= 7 && m->print <= 3;
}

sek_status sek_policy_msg_read(const void *payload, size_t n, struct sek_policy_msg *ret)
{
	struct sek_reader r;
	struct sek_policy_msg m;
	uint8_t confirm, eyes, text;

	sek_reader_init(&r, payload, n);
	SEK_TRY(sek_read_u8(&r, &m.clipboard));
	SEK_TRY(sek_read_u8(&r, &confirm));
	SEK_TRY(sek_read_u8(&r, &m.download));
	SEK_TRY(sek_read_u8(&r, &m.print));
	SEK_TRY(sek_read_u32(&r, &m.clipboard_max_chars));
	SEK_TRY(sek_read_u16(&r, &m.clipboard_per_minute));
	SEK_TRY(sek_read_u16(&r, &m.idle_minutes));
	SEK_TRY(sek_read_u16(&r, &m.max_minutes));
	SEK_TRY(sek_read_u8(&r, &eyes));
	SEK_TRY(sek_read_u8(&r, &text));
	SEK_TRY(sek_read_end(&r, confirm <= 1 && eyes <= (SEK_EYES_WATCHED | SEK_EYES_RECORDED) && text <= 1 && policy_allowed(&m)));
	m.clipboard_confirm = confirm != 0;
	m.watched = (eyes & SEK_EYES_WATCHED) != 0;
	m.recorded = (eyes & SEK_EYES_RECORDED) != 0;
	m.document_text = text != 0;
	*ret = m;
	return sek_ok();
}

void sek_policy_msg_write(struct sek_writer *w, const struct sek_policy_msg *m)
{
	size_t at;

	if (!sek_message_begin(w, SEK_MSG_POLICY, policy_allowed(m), &at))
		return;
	sek_write_u8(w, m->clipboard);
	sek_write_u8(w, m->clipboard_confirm);
	sek_write_u8(w, m->download);
	sek_write_u8(w, m->print);
	sek_write_u32(w, m->clipboard_max_chars);
	sek_write_u16(w, m->clipboard_per_minute);
	sek_write_u16(w, m->idle_minutes);
	sek_write_u16(w, m->max_minutes);
	sek_write_u8(w, (uint8_t)((m->watched ? SEK_EYES_WATCHED : 0) | (m->recorded ? SEK_EYES_RECORDED : 0)));
	sek_write_u8(w, m->document_text);
	sek_frame_end(w, at);
}
