/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One step after the other, each of a known length.
 */
#include "broker/hub/viewers/greeting.h"

#include <string.h>

#include "protocol/wire/wire.h"

enum { VENCRYPT = 19, X509_PLAIN = 262, CODE_DIGITS = 6 };

size_t sek_greeting_needs(const struct sek_greeting *g)
{
	switch (g->step) {
	case SEK_GREETING_VERSION: return 12;
	case SEK_GREETING_SECURITY: return 1;
	case SEK_GREETING_VENCRYPT: return 2;
	case SEK_GREETING_KIND: return 4;
	case SEK_GREETING_LENGTHS: return 8;
	case SEK_GREETING_LOGIN: return (size_t)g->name_n + g->password_n;
	default: return 0;
	}
}

static size_t refuse(struct sek_greeting *g, struct sek_writer *w)
{
	g->step = SEK_GREETING_REFUSED;
	return w->len;
}

/* "Any other 3.x should be treated as 3.3": those have no VeNCrypt. What is later than 3.8 is told 3.8. */
static size_t version(struct sek_greeting *g, const uint8_t *bytes, struct sek_writer *w)
{
	static const char why[] = "RFB 3.8 with VeNCrypt (X509Plain) is needed";
	unsigned minor = 0;

	for (int i = 8; i < 11; i++)
		minor = bytes[i] >= '0' && bytes[i] <= '9' ? minor * 10 + (unsigned)(bytes[i] - '0') : 0;
	if (memcmp(bytes, "RFB 003.", 8) != 0 || bytes[11] != '\n')
		return refuse(g, w);
	if (minor < 8) {
		if (minor == 7)
			sek_write_u8(w, 0);
		else
			sek_write_u32(w, 0);
		sek_write_u32(w, sizeof why - 1);
		sek_write_bytes(w, why, sizeof why - 1);
		return refuse(g, w);
	}
	g->step = SEK_GREETING_SECURITY;
	sek_write_u8(w, 1);
	sek_write_u8(w, VENCRYPT);
	return w->len;
}

static size_t kind(struct sek_greeting *g, const uint8_t *bytes, struct sek_writer *w)
{
	struct sek_reader r;
	uint32_t wanted = 0;

	sek_reader_init(&r, bytes, 4);
	if (!sek_is_ok(sek_read_u32(&r, &wanted)) || wanted != X509_PLAIN)
		return refuse(g, w);
	g->step = SEK_GREETING_TLS;
	sek_write_u8(w, 1);
	return w->len;
}

static size_t lengths(struct sek_greeting *g, const uint8_t *bytes, struct sek_writer *w)
{
	struct sek_reader r;

	sek_reader_init(&r, bytes, 8);
	if (!sek_is_ok(sek_read_u32(&r, &g->name_n)) || !sek_is_ok(sek_read_u32(&r, &g->password_n)) ||
	    g->name_n > SEK_GREETING_NAME_MAX || g->password_n > SEK_GREETING_PASSWORD_MAX || g->name_n == 0 || g->password_n == 0)
		return refuse(g, w);
	g->step = SEK_GREETING_LOGIN;
	return 0;
}

size_t sek_greeting_take(struct sek_greeting *g, const uint8_t *bytes, uint8_t *out)
{
	struct sek_writer w;

	sek_writer_init(&w, out, SEK_GREETING_OUT_BYTES);
	switch (g->step) {
	case SEK_GREETING_VERSION:
		return version(g, bytes, &w);
	case SEK_GREETING_SECURITY:
		if (bytes[0] != VENCRYPT)
			return refuse(g, &w);
		g->step = SEK_GREETING_VENCRYPT;
		sek_write_u16(&w, 0x0002);
		return w.len;
	case SEK_GREETING_VENCRYPT:
		if (bytes[0] != 0 || bytes[1] != 2) {
			sek_write_u8(&w, 255);
			return refuse(g, &w);
		}
		g->step = SEK_GREETING_KIND;
		sek_write_u8(&w, 0);
		sek_write_u8(&w, 1);
		sek_write_u32(&w, X509_PLAIN);
		return w.len;
	case SEK_GREETING_KIND:
		return kind(g, bytes, &w);
	case SEK_GREETING_LENGTHS:
		return lengths(g, bytes, &w);
	case SEK_GREETING_LOGIN:
		g->name = bytes;
		g->password = bytes + g->name_n;
		g->step = SEK_GREETING_DONE;
		return 0;
	default:
		return refuse(g, &w);
	}
}

void sek_greeting_secured(struct sek_greeting *g)
{
	if (g->step == SEK_GREETING_TLS)
		g->step = SEK_GREETING_LENGTHS;
}

size_t sek_greeting_cut(const uint8_t *password, size_t n, size_t *ret_code)
{
	*ret_code = 0;
	if (n < CODE_DIGITS + 2 || password[n - CODE_DIGITS - 1] != '+')
		return n;
	for (size_t i = n - CODE_DIGITS; i < n; i++)
		if (password[i] < '0' || password[i] > '9')
			return n;
	*ret_code = n - CODE_DIGITS;
	return n - CODE_DIGITS - 1;
}
