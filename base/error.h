/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where foreign error numbers become a sek_status, one function each, and where a status becomes text.
 */
#ifndef SEK_BASE_ERROR_H
#define SEK_BASE_ERROR_H

#include <stddef.h>

#include "base/status.h"

/* Converts the present errno (EAGAIN becomes SEK_E_AGAIN, ENOMEM SEK_E_NOMEM, everything else SEK_E_IO). */
sek_status sek_from_errno(void);

/* Converts a negative libuv result; 0 and above give SEK_OK. */
sek_status sek_from_uv(int result);

/* A code with a foreign number attached, for the one place per library that converts. */
sek_status sek_foreign(enum sek_code code, enum sek_origin origin, int detail);

/* The code's fixed English name, e.g. "malformed"; never NULL. For logs, not for staff. */
const char *sek_code_name(sek_status s);

/* Writes "code (errno 13: Permission denied)" or just "code" into buf (always terminated, cut at size). Returns buf. */
const char *sek_status_text(sek_status s, char *buf, size_t size);

/* Logs and aborts: for our own bugs only, never compiled out, never for a peer's bytes. */
#define SEK_ASSERT(cond) ((cond) ? (void)0 : sek_assert_failed(#cond, __FILE__, __LINE__))
_Noreturn void sek_assert_failed(const char *cond, const char *file, int line);

#endif
