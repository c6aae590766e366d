/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How a mail's header fields are written: values, parameters, encoded words. For mail.c only.
 */
#ifndef SEK_RENDER_HOST_PAGES_CONVERT_MAIL_INTERNAL_H
#define SEK_RENDER_HOST_PAGES_CONVERT_MAIL_INTERNAL_H

#include "render-host/pages/convert/mail.h"

/* The raw value of one field, unfolded. */
struct sek_mail_value {
	struct sek_buffer text;
};

/* Finds the first field of that name in a header of n bytes. False: none, or longer than SEK_MAIL_FIELD_MAX_BYTES. */
bool sek_mail_value_read(const uint8_t *header, size_t n, const char *name, struct sek_mail_value *ret);
void sek_mail_value_finish(struct sek_mail_value *v);

/* What stands before the first semicolon, in lower case, printable ASCII only. */
void sek_mail_value_word(const struct sek_mail_value *v, char *out, size_t room);

/* The value of a parameter as UTF-8, cut at a character where it does not fit: as RFC 2045 has it, in pieces and with an encoding (RFC 2231),
 * or with encoded words, as many programs write it. False if there is none. */
bool sek_mail_parameter(const struct sek_mail_value *v, const char *name, char *out, size_t room);

/* Reads encoded words; other bytes above ASCII are judged as a text's. */
void sek_mail_words(const char *s, size_t n, struct sek_buffer *ret);

void sek_mail_quoted(const uint8_t *s, size_t n, bool in_header, struct sek_buffer *ret);
void sek_mail_base64(const uint8_t *s, size_t n, struct sek_buffer *ret);

#endif
