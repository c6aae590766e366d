/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A mail (RFC 5322, MIME: RFC 2045 to 2047, 2231) taken apart: bounded, without recursion deeper than SEK_MAIL_DEPTH_MAX, strict where
 * it costs nobody a letter. All bytes are hostile; nothing is ever fetched.
 */
#ifndef SEK_RENDER_HOST_PAGES_CONVERT_MAIL_H
#define SEK_RENDER_HOST_PAGES_CONVERT_MAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "render-host/pages/convert/charset.h"

enum {
	SEK_MAIL_PARTS_MAX = 256,
	SEK_MAIL_DEPTH_MAX = 8,
	SEK_MAIL_NAME_BYTES = 512,
	SEK_MAIL_TYPE_BYTES = 96,
	SEK_MAIL_FIELD_MAX_BYTES = 65536, /* one unfolded header field */
};

enum sek_mail_coding { SEK_MAIL_PLAIN, SEK_MAIL_QUOTED, SEK_MAIL_BASE64 };

/* One leaf: a body or an attachment. */
struct sek_mail_part {
	char type[SEK_MAIL_TYPE_BYTES]; /* lower case, printable ASCII without spaces, e.g. "text/plain" */
	char name[SEK_MAIL_NAME_BYTES]; /* UTF-8, "" if it has none */
	enum sek_charset charset;       /* NONE: not said, or not known */
	enum sek_mail_coding coding;
	bool attached;                  /* it says that it is an attachment, or has a name */
	unsigned group;                 /* number of the multipart/alternative that it is a choice of, 0: of none */
	const uint8_t *body;            /* inside the mail, still encoded */
	size_t n;
};

struct sek_mail {
	const uint8_t *header;
	size_t header_n;
	struct sek_mail_part part[SEK_MAIL_PARTS_MAX];
	size_t parts;
	unsigned groups;
	bool cut; /* more parts or deeper ones than are kept */
};

/* Takes the n bytes s apart; *ret points into them. Never fails: what has no structure is one part of text. */
void sek_mail_parse(const uint8_t *s, size_t n, struct sek_mail *ret);

/* Adds the field's value to ret, unfolded and with its encoded words read (RFC 2047), as UTF-8. False if there is none. */
bool sek_mail_field(const struct sek_mail *m, const char *name, struct sek_buffer *ret);

/* Adds the part's content to ret, its transfer encoding undone. */
void sek_mail_decode(const struct sek_mail_part *p, struct sek_buffer *ret);

#endif
