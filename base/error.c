/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Conversions between foreign error numbers, statuses and text.
 */
#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

sek_status sek_foreign(enum sek_code code, enum sek_origin origin, int detail)
{
	return (sek_status){ (uint8_t)code, (uint8_t)origin, detail };
}

sek_status sek_from_errno(void)
{
	int e = errno;
	enum sek_code code = SEK_E_IO;

	if (e == EAGAIN || e == EWOULDBLOCK || e == EINTR)
		code = SEK_E_AGAIN;
	else if (e == ENOMEM)
		code = SEK_E_NOMEM;
	return sek_foreign(code, SEK_FROM_ERRNO, e);
}

sek_status sek_from_uv(int result)
{
	if (result >= 0)
		return sek_ok();
	if (result == UV_EOF)
		return sek_fail(SEK_E_CLOSED);
	if (result == UV_ENOMEM)
		return sek_foreign(SEK_E_NOMEM, SEK_FROM_UV, result);
	return sek_foreign(SEK_E_IO, SEK_FROM_UV, result);
}

const char *sek_code_name(sek_status s)
{
	static const char *const names[] = {
		[SEK_OK] = "ok",
		[SEK_E_MALFORMED] = "malformed",
		[SEK_E_LIMIT] = "limit exceeded",
		[SEK_E_VERSION] = "no common version",
		[SEK_E_AGAIN] = "try again",
		[SEK_E_CLOSED] = "closed",
		[SEK_E_NOMEM] = "out of memory",
		[SEK_E_IO] = "i/o error",
		[SEK_E_TIMEOUT] = "timed out",
		[SEK_E_DENIED] = "denied",
		[SEK_E_NOT_FOUND] = "not found",
		[SEK_E_EXISTS] = "exists already",
		[SEK_E_BUSY] = "busy",
		[SEK_E_CONFLICT] = "changed by somebody else",
		[SEK_E_CONFIG] = "configuration error",
		[SEK_E_CRYPTO] = "cryptographic failure",
		[SEK_E_JAIL] = "jail could not be built",
		[SEK_E_STORE] = "store error",
		[SEK_E_INTERNAL] = "internal error",
	};

	if (s.code >= sizeof names / sizeof names[0])
		return "unknown";
	return names[s.code];
}

/* The detail is the five letters or digits of a SQLSTATE, as a number of base 36. */
static void postgresql_text(sek_status s, char *buf, size_t size)
{
	char state[6] = "00000";
	int32_t left = s.detail;

	for (int i = 4; i >= 0 && left > 0; i--, left /= 36)
		state[i] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[left % 36];
	snprintf(buf, size, "%s (PostgreSQL %s)", sek_code_name(s), state);
}

const char *sek_status_text(sek_status s, char *buf, size_t size)
{
	switch (s.origin) {
	case SEK_FROM_ERRNO:
		snprintf(buf, size, "%s (errno %d: %s)", sek_code_name(s), (int)s.detail, strerror(s.detail));
		break;
	case SEK_FROM_UV:
		snprintf(buf, size, "%s (libuv: %s)", sek_code_name(s), uv_strerror(s.detail));
		break;
	case SEK_FROM_GNUTLS:
		snprintf(buf, size, "%s (GnuTLS %d)", sek_code_name(s), (int)s.detail);
		break;
	case SEK_FROM_SQLITE:
		snprintf(buf, size, "%s (SQLite %d)", sek_code_name(s), (int)s.detail);
		break;
	case SEK_FROM_POSTGRESQL:
		postgresql_text(s, buf, size);
		break;
	default:
		snprintf(buf, size, "%s", sek_code_name(s));
	}
	return buf;
}

_Noreturn void sek_assert_failed(const char *cond, const char *file, int line)
{
	fprintf(stderr, "assertion failed: %s (%s:%d)\n", cond, file, line);
	abort();
}
