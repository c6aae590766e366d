/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The choice of a language.
 */
#include "client/load/lang.h"

#include <stdio.h>
#include <string.h>

#include "base/language.h"

bool load_lang_default(void)
{
	return sek_language_of_environment();
}

bool load_lang_of(const char *text, bool *ret_ja)
{
	*ret_ja = strcmp(text, "ja") == 0;
	if (*ret_ja || strcmp(text, "en") == 0)
		return true;
	fputs("sekisho-load: --lang must be ja or en\n", stderr);
	return false;
}
