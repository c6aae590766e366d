/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Everything in hub/front and hub/auth that reads text of a client that has not logged in: header lines, names,
 * passwords, cookies and tokens. The first byte chooses the reader. What a reader takes must read the same when it is
 * read again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "broker/hub/auth/name.h"
#include "broker/hub/auth/password.h"
#include "broker/hub/front/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_name(const char *text, size_t n)
{
	char once[SEK_NAME_BYTES], again[SEK_NAME_BYTES];

	if (!sek_is_ok(sek_name_normalize(text, n, once)))
		return;
	SEK_ASSERT(sek_is_ok(sek_name_normalize(once, strlen(once), again)));
	SEK_ASSERT(strcmp(once, again) == 0);
}

static void fuzz_password(const char *text, size_t n)
{
	char once[SEK_PASSWORD_MAX_BYTES], again[SEK_PASSWORD_MAX_BYTES];
	size_t m = 0, k = 0;

	if (!sek_is_ok(sek_password_normalize(text, n, once, &m, NULL)))
		return;
	SEK_ASSERT(m > 0 && m <= sizeof once);
	SEK_ASSERT(sek_is_ok(sek_password_normalize(once, m, again, &k, NULL)));
	SEK_ASSERT(k == m && memcmp(once, again, m) == 0);
}

static void fuzz_line(uint8_t which, const char *text)
{
	static const char *const origins[] = { "https://sekisho.city.example" };
	char cookie[SEK_COOKIE_BYTES], token[SEK_TOKEN_BYTES];
	uint64_t n;

	switch (which) {
	case 0:
		if (sek_is_ok(sek_cookie_parse(text, cookie)))
			SEK_ASSERT(cookie[0] == '\0' || strlen(cookie) == SEK_COOKIE_BYTES - 1);
		break;
	case 1:
		if (sek_is_ok(sek_subprotocols_parse(text, token)))
			SEK_ASSERT(strlen(token) == SEK_TOKEN_BYTES - 1);
		break;
	case 2:
		(void)sek_is_json_type(text);
		break;
	case 3:
		if (sek_is_ok(sek_length_parse(text, &n)))
			SEK_ASSERT(n <= 999999999999999);
		break;
	case 4:
		SEK_ASSERT(sek_origin_allowed(text, origins, 1) == (strcmp(text, origins[0]) == 0));
		break;
	default:
		(void)sek_list_has(text, "upgrade");
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t key[SEK_STORE_LOGIN_KEY_BYTES];
	char *text;

	if (size == 0)
		return 0;
	SEK_ASSERT(sek_is_ok(sek_auth_init()));
	text = malloc(size); /* the bytes after the first, and an end */
	if (!text)
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	switch (data[0] % 9) {
	case 6:
		fuzz_name(text, size - 1);
		break;
	case 7:
		fuzz_password(text, size - 1);
		break;
	case 8:
		(void)sek_cookie_key(text, size - 1, key);
		break;
	default:
		fuzz_line(data[0] % 9, text);
		break;
	}
	free(text);
	return 0;
}
