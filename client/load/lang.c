/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The choice of a language.
 */
#include "client/load/lang.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool load_lang_default(void)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

	for (size_t i = 0; i < 3; i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return strncmp(value, "ja", 2) == 0;
	}
	return false;
}

bool load_lang_of(const char *text, bool *ret_ja)
{
	*ret_ja = strcmp(text, "ja") == 0;
	if (*ret_ja || strcmp(text, "en") == 0)
		return true;
	fputs("sekisho-load: --lang must be ja or en\n", stderr);
	return false;
}
