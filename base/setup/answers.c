/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Answers in a file. Must never hold a password: those stand in files of their own, which answers name.
 */
#include "base/setup/setup.h"

#include <stdlib.h>
#include <string.h>

struct sek_answer *sek_answers_find(struct sek_answers *a, const char *key)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (strcmp(a->list[i].key, key) == 0)
			return &a->list[i];
	return NULL;
}

sek_status sek_answers_set(struct sek_answers *a, const char *key, const char *text)
{
	struct sek_answer *x = sek_answers_find(a, key);
	char *copy = strdup(text);

	if (!copy)
		return sek_fail(SEK_E_NOMEM);
	if (!x) {
		char *name = a->n < SEK_ANSWERS_MAX ? strdup(key) : NULL;

		if (!name) {
			free(copy);
			return sek_fail(a->n < SEK_ANSWERS_MAX ? SEK_E_NOMEM : SEK_E_LIMIT);
		}
		x = &a->list[a->n++];
		*x = (struct sek_answer){ .key = name };
	}
	free(x->text);
	x->text = copy;
	return sek_ok();
}

void sek_answers_remove(struct sek_answers *a, const char *key)
{
	struct sek_answer *x = sek_answers_find(a, key);

	if (!x)
		return;
	free(x->key);
	free(x->text);
	memmove(x, x + 1, (size_t)(&a->list[a->n] - (x + 1)) * sizeof *x);
	a->n--;
}

static char *trim(char *s)
{
	size_t n;

	s += strspn(s, " \t");
	n = strlen(s);
	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t' || s[n - 1] == '\r'))
		s[--n] = '\0';
	if (n >= 2 && (s[0] == '"' || s[0] == '\'') && s[n - 1] == s[0]) {
		s[n - 1] = '\0';
		s++;
	}
	return s;
}

static bool is_key(const char *s)
{
	return *s && s[strspn(s, "abcdefghijklmnopqrstuvwxyz_0123456789")] == '\0';
}

static bool is_plain(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

static sek_status take_line(char *line, size_t number, struct sek_answers *ret)
{
	char *colon, *text = trim(line);

	if (!*text || *text == '#')
		return sek_ok();
	colon = strchr(text, ':');
	if (!colon)
		return sek_fail(SEK_E_MALFORMED);
	*colon = '\0';
	text = trim(colon + 1);
	if (!is_key(trim(line)) || sek_answers_find(ret, trim(line)) || !is_plain(text) || strlen(text) >= SEK_ANSWER_BYTES)
		return sek_fail(SEK_E_MALFORMED);
	SEK_TRY(sek_answers_set(ret, trim(line), text));
	ret->list[ret->n - 1].line = number;
	return sek_ok();
}

sek_status sek_answers_parse(const char *text, struct sek_answers *ret, size_t *ret_line)
{
	struct sek_answers a = { .n = 0 };
	char *copy = strdup(text), *at = copy, *line;
	sek_status s = copy ? sek_ok() : sek_fail(SEK_E_NOMEM);
	size_t number = 0;

	while (sek_is_ok(s) && (line = strsep(&at, "\n"))) {
		number++;
		s = take_line(line, number, &a);
	}
	free(copy);
	*ret_line = number;
	if (sek_is_ok(s))
		*ret = a;
	else
		sek_answers_finish(&a);
	return s;
}

char *sek_answers_text(const struct sek_answers *a, const char *heading)
{
	char *text = NULL;
	size_t size = 0, i;
	FILE *f = open_memstream(&text, &size);
	bool ok;

	if (!f)
		return NULL;
	fputs(heading, f);
	for (i = 0; i < a->n; i++)
		fprintf(f, "%s: %s\n", a->list[i].key, a->list[i].text);
	ok = fclose(f) == 0;
	if (!ok)
		free(text);
	return ok ? text : NULL;
}

void sek_answers_finish(struct sek_answers *a)
{
	size_t i;

	for (i = 0; i < a->n; i++) {
		free(a->list[i].key);
		free(a->list[i].text);
	}
	a->n = 0;
}
