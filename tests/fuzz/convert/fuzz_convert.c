/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The converter's own readers on any bytes: type, encodings, HTML, mail, bitmap, JPEG markers. What they say must lie within what they got,
 * and what is said to be UTF-8 must be it.
 */
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "render-host/pages/convert/charset.h"
#include "render-host/pages/convert/html.h"
#include "render-host/pages/convert/kind.h"
#include "render-host/pages/convert/mail.h"
#include "render-host/pages/convert/picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take_mail(const uint8_t *data, size_t size)
{
	static const char *const fields[] = { "Subject", "From", "To", "Date" };
	static struct sek_mail m;
	struct sek_buffer b = { .p = NULL };

	sek_mail_parse(data, size, &m);
	SEK_ASSERT(m.parts <= SEK_MAIL_PARTS_MAX);
	for (size_t i = 0; i < m.parts; i++) {
		const struct sek_mail_part *p = &m.part[i];

		SEK_ASSERT(p->body >= data && p->n <= size && p->body + p->n <= data + size);
		SEK_ASSERT(sek_utf8_valid((const uint8_t *)p->name, strlen(p->name), NULL));
		sek_mail_decode(p, &b);
		SEK_ASSERT(b.n <= size);
		sek_buffer_finish(&b);
	}
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		(void)sek_mail_field(&m, fields[i], &b);
		SEK_ASSERT(!b.p || sek_utf8_valid((const uint8_t *)b.p, b.n, NULL));
		sek_buffer_finish(&b);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sek_buffer b = { .p = NULL };
	struct sek_picture p = { .pixels = NULL };
	struct sek_jpeg_head head;

	SEK_ASSERT(sek_charset_init());
	(void)sek_kind_of(data, size);
	(void)sek_kind_of_compound(data, size);
	sek_charset_read(sek_charset_of(data, size, true), data, size, &b);
	SEK_ASSERT(b.failed || !b.p || sek_utf8_valid((const uint8_t *)b.p, b.n, NULL));
	sek_buffer_finish(&b);
	sek_charset_read((enum sek_charset)(size % SEK_CHARSET_COUNT), data, size, &b);
	SEK_ASSERT(b.failed || !b.p || sek_utf8_valid((const uint8_t *)b.p, b.n, NULL));
	sek_buffer_finish(&b);
	sek_html_text((const char *)data, size, &b);
	SEK_ASSERT(b.n <= 4 * size + 4);
	sek_buffer_finish(&b);
	(void)sek_html_charset(data, size);
	take_mail(data, size);
	sek_jpeg_look(data, size, &head);
	SEK_ASSERT(head.turn >= 1 && head.turn <= 8);
	/* not the sizes that only cost time */
	if (size > 26 && data[20] == 0 && data[21] == 0 && data[24] == 0 && data[25] == 0)
		(void)sek_picture_bmp(data, size, &p);
	sek_picture_finish(&p);
	return 0;
}
