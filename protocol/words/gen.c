/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-words-gen WHOSE JA.mjs EN.mjs [JA.mjs EN.mjs]...: those words of the web client that programs in C show too, as a table: of the native viewer
 * ("viewer"), or of whoever speaks to a VNC viewer ("vnc"). Runs at build time only.
 * Reads one form of line, `<tab>"key": "words",`; anything else that should be one ends the build.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 2048, WORDS_MAX = 1024 };

struct entry {
	char *key, *text;
};

/* What a person at a viewer may see; all else is for administrators, reviewers and browsers. */
static const struct reader {
	const char *whose, *header, *type, *name;
	const char *wanted[20];
} readers[] = {
	{ "viewer", "client/viewer/words.h", "viewer_word", "viewer_word",
		{ "app.name", "app.language", "login.", "step.", "notice.", "no-session.", "error.", "bar.", "end.", "logout.", "keys.",
			"clipboard.", "status.", "overlay.", "state.", "viewer.", "documents." } },
	{ "vnc", "protocol/words/words.h", "sek_wording_entry", "sek_wording", { "app.name", "error.", "state.", "status.watched", "status.recorded", "vnc." } },
};
static const struct reader *reader;

_Noreturn static void die(const char *what, const char *detail)
{
	fprintf(stderr, "sekisho-words-gen: %s: %s\n", what, detail);
	exit(1);
}

static int is_wanted(const char *key)
{
	for (size_t i = 0; reader->wanted[i]; i++)
		if (strncmp(key, reader->wanted[i], strlen(reader->wanted[i])) == 0)
			return 1;
	return 0;
}

static size_t read_words(const char *path, struct entry *to, size_t n)
{
	char line[LINE_BYTES];
	FILE *f = fopen(path, "r");

	if (!f)
		die("cannot open", path);
	while (fgets(line, sizeof line, f)) {
		char *end = strstr(line, "\": \""), *stop = strrchr(line, '"');

		if (strncmp(line, "\t\"", 2) != 0 || !strchr(line + 2, '"') || !is_wanted(line + 2))
			continue;
		if (!end || stop <= end + 3 || strcmp(stop, "\",\n") != 0 || n == WORDS_MAX)
			die("not a line of words", line);
		*end = *stop = 0;
		to[n].key = strdup(line + 2);
		to[n].text = strdup(end + 4);
		if (!to[n].key || !to[n].text)
			die("no memory", path);
		n++;
	}
	fclose(f);
	return n;
}

int main(int argc, char **argv)
{
	static struct entry ja[WORDS_MAX], en[WORDS_MAX];
	size_t n = 0, m = 0, k;

	for (size_t i = 0; argc >= 4 && argc % 2 == 0 && i < sizeof readers / sizeof readers[0]; i++)
		if (strcmp(readers[i].whose, argv[1]) == 0)
			reader = &readers[i];
	if (!reader) {
		fprintf(stderr, "usage: sekisho-words-gen viewer|vnc JA.mjs EN.mjs [JA.mjs EN.mjs]...\n");
		return 2;
	}
	for (int i = 2; i < argc; i += 2) {
		n = read_words(argv[i], ja, n);
		m = read_words(argv[i + 1], en, m);
		if (n == 0 || n != m)
			die("not the same number of words in", argv[i + 1]);
	}
	/* A string of JavaScript with nothing but \" and \\ escaped is one of C. */
	printf("/* Made by sekisho-words-gen. Do not edit. */\n#include \"%s\"\n\nconst struct %s %s_list[] = {\n", reader->header,
		reader->type, reader->name);
	for (size_t i = 0; i < n; i++) {
		for (k = 0; k < m && strcmp(en[k].key, ja[i].key) != 0; k++)
			;
		if (k == m)
			die("not in English", ja[i].key);
		printf("\t{ \"%s\", { \"%s\", \"%s\" } },\n", ja[i].key, ja[i].text, en[k].text);
	}
	printf("};\nconst unsigned %s_count = %zu;\n", reader->name, n);
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
