/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which language, and words in it.
 */
#include "base/language.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool sek_language_of_environment(void)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return strncmp(value, "ja", 2) == 0;
	}
	return false;
}

bool sek_language_of(int argc, char *const *argv)
{
	bool ja = sek_language_of_environment();

	for (int i = 0; i + 1 < argc; i++)
		if (strcmp(argv[i], "--lang") == 0)
			ja = strcmp(argv[i + 1], "ja") == 0;
	return ja;
}

const char *sek_phrase_of(bool ja, const struct sek_phrase *p)
{
	return ja ? p->ja : p->en;
}

static const struct sek_phrase *longest(const struct sek_phrase *list, size_t n, const char *text)
{
	const struct sek_phrase *best = NULL;
	size_t best_n = 0;

	for (size_t i = 0; i < n; i++) {
		size_t k = strlen(list[i].en);

		if (k > best_n && strncmp(text, list[i].en, k) == 0) {
			best = &list[i];
			best_n = k;
		}
	}
	return best;
}

void sek_phrases_translate(const struct sek_phrase *list, size_t n, const char *text, char *ret, size_t size)
{
	const char *at = text;
	size_t have = 0;

	ret[0] = '\0';
	while (*at && have + 1 < size) {
		const struct sek_phrase *p = at == text || at[-1] == ' ' ? longest(list, n, at) : NULL;

		if (p) {
			have += (size_t)snprintf(ret + have, size - have, "%s", p->ja);
			at += strlen(p->en);
		} else {
			ret[have++] = *at++;
			ret[have] = '\0';
		}
	}
}
