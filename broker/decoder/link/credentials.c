/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reads the credentials pipe before the jail is entered. Must leave no copy of the key behind.
 */
#include "broker/decoder/link/credentials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "broker/gap/children.h"
#include "protocol/wire/wire.h"

enum { CA, CRL, CERTIFICATE, INTERMEDIATE, KEY, TEXTS };
#define PIPE_MAX_BYTES (TEXTS * (4u + SEK_CREDENTIAL_MAX_BYTES))

struct texts {
	char *text[TEXTS]; /* heap, terminated */
	char *chain;       /* certificate and intermediate */
};

static void wipe(char *p)
{
	if (p)
		explicit_bzero(p, strlen(p));
	free(p);
}

static void finish(struct texts *t)
{
	for (int i = 0; i < TEXTS; i++)
		wipe(t->text[i]);
	free(t->chain);
}

/* One byte more than can be right is asked for, so that too much is noticed. */
static sek_status read_all(int fd, uint8_t *buf, size_t *ret_n)
{
	size_t n = 0;

	SEK_TRY(sek_file_get(fd, buf, PIPE_MAX_BYTES + 1, &n));
	if (n > PIPE_MAX_BYTES)
		return sek_fail(SEK_E_MALFORMED);
	*ret_n = n;
	return sek_ok();
}

static sek_status split(const uint8_t *bytes, size_t n, struct texts *t)
{
	struct sek_reader r;

	sek_reader_init(&r, bytes, n);
	for (int i = 0; i < TEXTS; i++) {
		const uint8_t *text;
		uint32_t len;

		SEK_TRY(sek_read_u32(&r, &len));
		if (len == 0 || len > SEK_CREDENTIAL_MAX_BYTES)
			return sek_fail(SEK_E_MALFORMED);
		SEK_TRY(sek_read_bytes(&r, len, &text));
		if (memchr(text, 0, len))
			return sek_fail(SEK_E_MALFORMED);
		t->text[i] = strndup((const char *)text, len);
		if (!t->text[i])
			return sek_fail(SEK_E_NOMEM);
	}
	return sek_read_done(&r);
}

static sek_status make_context(struct texts *t, struct sek_tls_context **ret)
{
	struct sek_tls_pem pem = { .ca = t->text[CA], .crl = t->text[CRL], .key = t->text[KEY] };
	size_t n = strlen(t->text[CERTIFICATE]) + strlen(t->text[INTERMEDIATE]) + 2;

	t->chain = malloc(n);
	if (!t->chain)
		return sek_fail(SEK_E_NOMEM);
	snprintf(t->chain, n, "%s\n%s", t->text[CERTIFICATE], t->text[INTERMEDIATE]);
	pem.chain = t->chain;
	return sek_tls_context_create(SEK_TLS_CLIENT, &pem, ret);
}

sek_status sek_credentials_read(int fd, struct sek_tls_context **ret)
{
	uint8_t *bytes = malloc(PIPE_MAX_BYTES + 1);
	struct texts t = { { NULL }, NULL };
	size_t n = 0;
	sek_status s;

	if (!bytes)
		return sek_fail(SEK_E_NOMEM);
	s = read_all(fd, bytes, &n);
	if (sek_is_ok(s))
		s = split(bytes, n, &t);
	if (sek_is_ok(s))
		s = make_context(&t, ret);
	finish(&t);
	explicit_bzero(bytes, n);
	free(bytes);
	return s;
}
