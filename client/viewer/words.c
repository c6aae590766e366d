/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Keys into words. Never takes words from the broker, but for what an administrator says to this user.
 */
#include "client/viewer/words.h"

#include <stdio.h>
#include <string.h>

static enum sek_lang language = SEK_LANG_JA;

enum sek_lang viewer_language(void)
{
	return language;
}

void viewer_set_language(enum sek_lang lang)
{
	language = lang;
}

static const struct viewer_word *find(const char *key)
{
	for (unsigned i = 0; i < viewer_word_count; i++)
		if (strcmp(viewer_word_list[i].key, key) == 0)
			return &viewer_word_list[i];
	return NULL;
}

bool viewer_has_words(const char *key)
{
	return find(key) != NULL;
}

const char *viewer_words(const char *key)
{
	const struct viewer_word *w = find(key);

	return w ? w->text[language] : key;
}

void viewer_fill_in(char *ret, size_t size, const char *text, const char *name, const char *value)
{
	const char *at;
	char mark[32];

	snprintf(mark, sizeof mark, "{%s}", name ? name : "");
	at = value ? strstr(text, mark) : NULL;
	if (at)
		snprintf(ret, size, "%.*s%s%s", (int)(at - text), text, value, at + strlen(mark));
	else
		snprintf(ret, size, "%s", text);
}

void viewer_fill(char *ret, size_t size, const char *key, const char *name, const char *value)
{
	viewer_fill_in(ret, size, viewer_words(key), name, value);
}

void viewer_fill_number(char *ret, size_t size, const char *key, const char *name, unsigned long value)
{
	char number[24];

	snprintf(number, sizeof number, "%lu", value);
	viewer_fill(ret, size, key, name, number);
}
