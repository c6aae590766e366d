/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Each step reads a few bytes and either goes on or names itself. Must never offer a password to a host that is not encrypted, unless the
 * administrator said so.
 */
#include "broker/decoder/vnc/handshake.h"

#include <string.h>

#include <gnutls/crypto.h>

#include "base/error.h"

enum { GO_ON = -1, CHALLENGE_BYTES = 16, NAME_MAX_BYTES = 65536, TYPES_MAX = 255 };
enum security { NONE = 1, VNC_AUTH = 2, VENCRYPT = 19, X509_NONE = 260, X509_VNC = 261, X509_PLAIN = 262 };

struct hands {
	struct sek_vnc_line *line;
	struct sek_foreign *f;
	uint16_t width, height;
};

static uint32_t u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put_u32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

enum sek_child_exit sek_vnc_line_exit(const struct sek_vnc_line *l, sek_status s, enum sek_child_exit otherwise)
{
	if (l->stopped)
		return SEK_EXIT_OK;
	if (l->late || sek_is(s, SEK_E_TIMEOUT))
		return SEK_EXIT_SILENT;
	if (sek_is(s, SEK_E_CLOSED) || sek_is(s, SEK_E_IO))
		return SEK_EXIT_LOST;
	return sek_is(s, SEK_E_DENIED) ? SEK_EXIT_CERTIFICATE : otherwise;
}

static int get(struct hands *h, void *ret, size_t n)
{
	sek_status s = sek_vnc_line_read(h->line, ret, n);

	return sek_is_ok(s) ? GO_ON : (int)sek_vnc_line_exit(h->line, s, SEK_EXIT_TLS);
}

static int put(struct hands *h, const void *bytes, size_t n)
{
	sek_status s = sek_vnc_line_write(h->line, bytes, n);

	return sek_is_ok(s) ? GO_ON : (int)sek_vnc_line_exit(h->line, s, SEK_EXIT_TLS);
}

#define STEP(call)                   \
	do {                         \
		int step_ = (call);  \
		if (step_ != GO_ON)  \
			return step_; \
	} while (0)

/* "The protocol version message is 12 bytes", "RFB xxx.yyy\n". Before 3.7 the server alone chose the security. */
static int version(struct hands *h)
{
	static const char ours[] = "RFB 003.008\n";
	char theirs[sizeof ours] = "";
	int minor;

	STEP(get(h, theirs, 12));
	if (memcmp(theirs, "RFB 003.", 8) != 0 || theirs[11] != '\n' || strspn(theirs + 8, "0123456789") != 3)
		return SEK_EXIT_PROTOCOL;
	minor = (theirs[8] - '0') * 100 + (theirs[9] - '0') * 10 + theirs[10] - '0';
	if (minor < 8)
		return SEK_EXIT_PROTOCOL;
	return put(h, ours, 12);
}

/* DES, each byte of the key with its bits in the opposite order, the two halves one by one (7.2.2). */
static bool scramble(const char password[9], uint8_t challenge[CHALLENGE_BYTES])
{
	uint8_t key[8] = { 0 }, nothing[8] = { 0 };
	bool well = true;

	for (size_t i = 0; i < 8; i++)
		for (int bit = 0; bit < 8; bit++)
			key[i] |= (uint8_t)(((uint8_t)password[i] >> bit & 1) << (7 - bit));
	for (size_t i = 0; i < CHALLENGE_BYTES && well; i += 8) {
		gnutls_datum_t k = { key, sizeof key }, iv = { nothing, sizeof nothing };
		gnutls_cipher_hd_t cipher;

		well = gnutls_cipher_init(&cipher, GNUTLS_CIPHER_DES_CBC, &k, &iv) >= 0;
		if (!well)
			break;
		well = gnutls_cipher_encrypt(cipher, challenge + i, 8) >= 0;
		gnutls_cipher_deinit(cipher);
	}
	explicit_bzero(key, sizeof key);
	return well;
}

static int vnc_password(struct hands *h)
{
	uint8_t challenge[CHALLENGE_BYTES];
	char password[9] = ""; /* "truncated to eight characters" */
	bool well;

	STEP(get(h, challenge, sizeof challenge));
	memccpy(password, h->f->password, 0, sizeof password - 1);
	well = scramble(password, challenge);
	explicit_bzero(password, sizeof password);
	return !well ? (int)SEK_EXIT_INTERNAL : put(h, challenge, sizeof challenge);
}

/* VeNCrypt "Plain": two lengths, two texts. */
static int plain(struct hands *h)
{
	size_t a = strlen(h->f->login), b = strlen(h->f->password);
	uint8_t message[8 + 512];
	int r;

	if (a + b > sizeof message - 8)
		return SEK_EXIT_LOGIN;
	put_u32(message, (uint32_t)a);
	put_u32(message + 4, (uint32_t)b);
	memcpy(message + 8, h->f->login, a);
	memcpy(message + 8 + a, h->f->password, b);
	r = put(h, message, 8 + a + b);
	explicit_bzero(message, sizeof message);
	return r;
}

static bool has(const uint32_t *list, size_t n, uint32_t what)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == what)
			return true;
	return false;
}

/* The strongest that what we know is enough for. 0: none. */
static uint32_t choose_sub(const struct hands *h, const uint32_t *list, size_t n)
{
	if (*h->f->login && has(list, n, X509_PLAIN))
		return X509_PLAIN;
	if (*h->f->password && has(list, n, X509_VNC))
		return X509_VNC;
	return has(list, n, X509_NONE) ? X509_NONE : 0;
}

static int vencrypt(struct hands *h)
{
	static const uint8_t ours[2] = { 0, 2 };
	uint8_t b[4], raw[4 * TYPES_MAX];
	uint32_t list[TYPES_MAX], chosen;
	sek_status s;
	size_t n;

	STEP(get(h, b, 2));
	if (b[0] != 0 || b[1] < 2)
		return SEK_EXIT_TLS;
	STEP(put(h, ours, sizeof ours));
	STEP(get(h, b, 2));
	if (b[0] != 0 || b[1] == 0)
		return SEK_EXIT_TLS;
	n = b[1];
	STEP(get(h, raw, 4 * n));
	for (size_t i = 0; i < n; i++)
		list[i] = u32(raw + 4 * i);
	chosen = choose_sub(h, list, n);
	if (!chosen) /* with a certificate, but for a log-in that we have nothing for; or without any */
		return has(list, n, X509_VNC) || has(list, n, X509_PLAIN) ? SEK_EXIT_LOGIN : SEK_EXIT_TLS;
	put_u32(b, chosen);
	STEP(put(h, b, 4));
	STEP(get(h, b, 1));
	if (b[0] != 1)
		return SEK_EXIT_TLS;
	s = sek_vnc_line_secure(h->line, h->f->trust);
	if (!sek_is_ok(s))
		return (int)sek_vnc_line_exit(h->line, s, SEK_EXIT_TLS);
	return chosen == X509_PLAIN ? plain(h) : chosen == X509_VNC ? vnc_password(h) : GO_ON;
}

static int security(struct hands *h)
{
	uint8_t n, types[TYPES_MAX], chosen;

	STEP(get(h, &n, 1));
	if (n == 0) /* and a reason in words, which nobody reads */
		return SEK_EXIT_REFUSED;
	STEP(get(h, types, n));
	if (!h->f->insecure) {
		chosen = VENCRYPT;
		if (!memchr(types, VENCRYPT, n))
			return SEK_EXIT_TLS;
		STEP(put(h, &chosen, 1));
		return vencrypt(h);
	}
	chosen = *h->f->password && memchr(types, VNC_AUTH, n) ? VNC_AUTH : NONE;
	if (!memchr(types, chosen, n))
		return SEK_EXIT_LOGIN;
	STEP(put(h, &chosen, 1));
	return chosen == VNC_AUTH ? vnc_password(h) : GO_ON;
}

static int size(struct hands *h)
{
	static const uint8_t shared = 1;
	uint8_t b[24], rest[512];
	uint32_t name;

	STEP(put(h, &shared, 1));
	STEP(get(h, b, sizeof b));
	h->width = (uint16_t)(b[0] << 8 | b[1]);
	h->height = (uint16_t)(b[2] << 8 | b[3]);
	name = u32(b + 20);
	if (name > NAME_MAX_BYTES)
		return SEK_EXIT_PROTOCOL;
	while (name > 0) { /* nobody is told what it calls itself */
		size_t k = name < sizeof rest ? name : sizeof rest;

		STEP(get(h, rest, k));
		name -= (uint32_t)k;
	}
	return h->width < SEK_WIDTH_MIN_PX || h->height < SEK_HEIGHT_MIN_PX || h->width > h->f->layout.max_width_px ||
		h->height > h->f->layout.max_height_px ? SEK_EXIT_SIZE : GO_ON;
}

static int steps(struct hands *h)
{
	uint8_t result[4];

	STEP(version(h));
	STEP(security(h));
	sek_foreign_forget(h->f);
	STEP(get(h, result, sizeof result)); /* "SecurityResult": 0 OK, 1 failed, 2 failed, too many attempts */
	if (u32(result) != 0)
		return SEK_EXIT_LOGIN;
	return size(h);
}

enum sek_child_exit sek_vnc_handshake(struct sek_vnc_line *l, struct sek_foreign *f, uint16_t *ret_width, uint16_t *ret_height)
{
	struct hands h = { .line = l, .f = f };
	int r;

	l->patient = true;
	l->until_ms = sek_vnc_now_ms() + SEK_VNC_HANDSHAKE_MS;
	r = steps(&h);
	l->until_ms = 0;
	sek_foreign_forget(f);
	if (r != GO_ON)
		return (enum sek_child_exit)r;
	*ret_width = h.width;
	*ret_height = h.height;
	return SEK_EXIT_OK;
}
