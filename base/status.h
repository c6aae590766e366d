/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The one status type. It is a struct so that it can never be mixed up with the ints of libuv, GnuTLS or errno.
 * Freestanding: this header is also compiled to WebAssembly and must need no libc.
 */
#ifndef SEK_BASE_STATUS_H
#define SEK_BASE_STATUS_H

#include <stdbool.h>
#include <stdint.h>

/* What went wrong, in the project's words. Numbers are not part of any wire format. */
enum sek_code {
	SEK_OK = 0,
	SEK_E_MALFORMED, /* a peer's bytes break the grammar: end that session */
	SEK_E_LIMIT,     /* a named limit was exceeded */
	SEK_E_VERSION,   /* no protocol version in common */
	SEK_E_AGAIN,     /* not now: more bytes or more room are needed (frame layer and sockets only) */
	SEK_E_CLOSED,    /* the peer closed in good order */
	SEK_E_NOMEM,
	SEK_E_IO,        /* a system call failed; detail is errno */
	SEK_E_TIMEOUT,
	SEK_E_DENIED,    /* authentication, certificate or policy says no */
	SEK_E_NOT_FOUND,
	SEK_E_EXISTS,
	SEK_E_BUSY,
	SEK_E_CONFLICT,  /* somebody else has changed it since it was read: nothing was written */
	SEK_E_CONFIG,
	SEK_E_CRYPTO,
	SEK_E_JAIL,      /* a jail could not be built: no jail, no session */
	SEK_E_STORE,
	SEK_E_INTERNAL,
};

/* Whose number `detail` is. */
enum sek_origin { SEK_FROM_SEKISHO = 0, SEK_FROM_ERRNO, SEK_FROM_UV, SEK_FROM_GNUTLS, SEK_FROM_SQLITE, SEK_FROM_POSTGRESQL };

typedef struct sek_status {
	uint8_t code;   /* enum sek_code */
	uint8_t origin; /* enum sek_origin */
	int32_t detail; /* the foreign library's number, 0 if none */
} sek_status;

static inline sek_status sek_ok(void)
{
	return (sek_status){ SEK_OK, SEK_FROM_SEKISHO, 0 };
}

static inline sek_status sek_fail(enum sek_code code)
{
	return (sek_status){ (uint8_t)code, SEK_FROM_SEKISHO, 0 };
}

static inline bool sek_is_ok(sek_status s)
{
	return s.code == SEK_OK;
}

static inline bool sek_is(sek_status s, enum sek_code code)
{
	return s.code == code;
}

/* Returns the status of `expr` from the calling function unless it is SEK_OK. Only where nothing is owned yet. */
#define SEK_TRY(expr)                          \
	do {                                   \
		sek_status sek_try_ = (expr);  \
		if (!sek_is_ok(sek_try_))      \
			return sek_try_;       \
	} while (0)

#endif
