/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sets of factors as text. Must never read a text that it does not wholly understand as a weaker set.
 */
#include "broker/hub/auth/needs.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *word;
	enum sek_factor factor;
} words[] = {
	{ "password", SEK_FACTOR_PASSWORD }, { "certificate", SEK_FACTOR_CERTIFICATE }, { "totp", SEK_FACTOR_TOTP },
};
enum { WORDS = sizeof words / sizeof words[0] };

bool sek_needs_parse(const char *text, uint32_t *ret)
{
	uint32_t needs = 0;
	size_t i, n;

	for (;; text += n + 1) {
		n = strcspn(text, "+");
		for (i = 0; i < WORDS; i++)
			if (strlen(words[i].word) == n && memcmp(words[i].word, text, n) == 0)
				break;
		if (i == WORDS || (needs & words[i].factor))
			return false;
		needs |= words[i].factor;
		if (text[n] == '\0')
			break;
	}
	if (needs == SEK_FACTOR_TOTP)
		return false;
	*ret = needs;
	return true;
}

const char *sek_needs_text(uint32_t needs, char ret[SEK_NEEDS_BYTES])
{
	size_t at = 0, i;

	ret[0] = '\0';
	for (i = 0; i < WORDS; i++)
		if (needs & words[i].factor)
			at += (size_t)snprintf(ret + at, SEK_NEEDS_BYTES - at, "%s%s", at ? "+" : "", words[i].word);
	return ret;
}
