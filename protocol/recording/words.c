/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See words.h. Writing and reading stand together.
 */
#include "protocol/recording/words.h"

#include "base/error.h"
#include "base/utf8.h"
#include "protocol/wire/wire.h"

void sek_words_head_write(const struct sek_words *w, uint8_t ret[SEK_WORDS_HEAD_BYTES])
{
	struct sek_writer out;

	sek_writer_init(&out, ret, SEK_WORDS_HEAD_BYTES);
	sek_write_u64(&out, w->at_us);
	sek_write_u16(&out, w->x_px);
	sek_write_u16(&out, w->y_px);
	sek_write_u16(&out, w->width_px);
	sek_write_u16(&out, w->height_px);
	sek_write_u32(&out, w->bytes);
}

static sek_status check_text(const uint8_t *text, size_t n)
{
	for (size_t at = 0; at < n;) {
		uint32_t c;
		size_t k = sek_utf8_next(text + at, n - at, &c);

		if (k == 0 || (c < 0x20 && c != '\n') || c == 0x7f)
			return sek_fail(SEK_E_MALFORMED);
		at += k;
	}
	return sek_ok();
}

sek_status sek_words_read(const uint8_t *bytes, size_t n, struct sek_words *ret, size_t *ret_total)
{
	struct sek_reader r;

	if (n < SEK_WORDS_HEAD_BYTES)
		return sek_fail(SEK_E_AGAIN);
	sek_reader_init(&r, bytes, n);
	SEK_TRY(sek_read_u64(&r, &ret->at_us));
	SEK_TRY(sek_read_u16(&r, &ret->x_px));
	SEK_TRY(sek_read_u16(&r, &ret->y_px));
	SEK_TRY(sek_read_u16(&r, &ret->width_px));
	SEK_TRY(sek_read_u16(&r, &ret->height_px));
	SEK_TRY(sek_read_u32(&r, &ret->bytes));
	if (ret->bytes > SEK_WORDS_TEXT_MAX_BYTES)
		return sek_fail(SEK_E_MALFORMED);
	if (n - SEK_WORDS_HEAD_BYTES < ret->bytes)
		return sek_fail(SEK_E_AGAIN);
	SEK_TRY(check_text(bytes + SEK_WORDS_HEAD_BYTES, ret->bytes));
	ret->text = (const char *)bytes + SEK_WORDS_HEAD_BYTES;
	*ret_total = SEK_WORDS_HEAD_BYTES + ret->bytes;
	return sek_ok();
}
