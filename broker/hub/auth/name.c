/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Normal forms by libunistring. Must never let two names that look the same after NFKC and case folding be two users.
 */
#include "broker/hub/auth/name.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>

#include "base/utf8.h"

/* RFC 8265 (PRECIS), UsernameCaseMapped, narrowed to what stands safely in logs and certificates. */
static bool may_stand_in_name(ucs4_t c, bool first)
{
	uc_general_category_t letters = uc_general_category_or(UC_LETTER, UC_DECIMAL_DIGIT_NUMBER);

	if (uc_is_general_category(c, letters))
		return true;
	if (first)
		return false;
	return uc_is_general_category(c, UC_MARK) || c == '.' || c == '_' || c == '-' || c == '@';
}

sek_status sek_name_normalize(const char *name, size_t n, char ret[SEK_NAME_BYTES])
{
	uint8_t out[SEK_NAME_BYTES];
	size_t len = sizeof out - 1, at = 0, chars = 0;
	uint8_t *folded;
	uint32_t c;

	/* the longest name that can shrink to the limit; also bounds the work below */
	if (n == 0 || n > SEK_NAME_MAX_CHARS * 8 || !sek_utf8_valid((const uint8_t *)name, n, NULL))
		return sek_fail(SEK_E_MALFORMED);
	folded = u8_casefold((const uint8_t *)name, n, NULL, UNINORM_NFKC, out, &len);
	if (!folded)
		return sek_fail(SEK_E_MALFORMED);
	if (folded != out) { /* did not fit, so it went to the heap */
		free(folded);
		return sek_fail(SEK_E_MALFORMED);
	}
	while (at < len) {
		size_t k = sek_utf8_next(out + at, len - at, &c);

		if (k == 0 || chars == SEK_NAME_MAX_CHARS || !may_stand_in_name(c, at == 0))
			return sek_fail(SEK_E_MALFORMED);
		at += k;
		chars++;
	}
	if (len == 0)
		return sek_fail(SEK_E_MALFORMED);
	memcpy(ret, out, len);
	ret[len] = '\0';
	return sek_ok();
}

sek_status sek_password_normalize(const char *password, size_t n, char ret[SEK_PASSWORD_MAX_BYTES], size_t *ret_n,
	size_t *ret_chars)
{
	size_t len = SEK_PASSWORD_MAX_BYTES, at = 0, chars = 0;
	sek_status status = sek_ok();
	uint8_t *normal;
	uint32_t c;

	if (n == 0 || !sek_utf8_valid((const uint8_t *)password, n, NULL))
		return sek_fail(SEK_E_MALFORMED);
	if (n > SEK_PASSWORD_MAX_BYTES)
		return sek_fail(SEK_E_LIMIT);
	normal = u8_normalize(UNINORM_NFKC, (const uint8_t *)password, n, (uint8_t *)ret, &len);
	if (!normal)
		return sek_fail(SEK_E_NOMEM);
	if (normal != (uint8_t *)ret) {
		sodium_memzero(normal, len);
		free(normal);
		return sek_fail(SEK_E_LIMIT);
	}
	while (at < len && sek_is_ok(status)) {
		size_t k = sek_utf8_next((const uint8_t *)ret + at, len - at, &c);

		if (k == 0 || uc_is_general_category(c, UC_CONTROL))
			status = sek_fail(SEK_E_MALFORMED);
		at += k;
		chars++;
	}
	if (!sek_is_ok(status)) {
		sodium_memzero(ret, SEK_PASSWORD_MAX_BYTES);
		return status;
	}
	*ret_n = len;
	if (ret_chars)
		*ret_chars = chars;
	return status;
}
