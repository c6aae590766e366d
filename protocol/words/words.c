/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Keys into words.
 */
#include "protocol/words/words.h"

#include <string.h>

const char *sek_wording(enum sek_lang lang, const char *key)
{
	for (unsigned i = 0; i < sek_wording_count; i++)
		if (strcmp(sek_wording_list[i].key, key) == 0)
			return sek_wording_list[i].text[lang];
	return key;
}
