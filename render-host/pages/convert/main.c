/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-convert: which of its roles, and the numbers.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "render-host/pages/convert/convert_internal.h"
#include "render-host/pages/convert/view.h"

enum { SECONDS_MAX = 600 };

int sek_convert_exit(enum sek_convert_reason r)
{
	return r == SEK_CONVERT_DONE ? 0 : SEK_CONVERT_EXIT_BASE + (int)r;
}

/* A decimal number from least to most; 0 if it is not one. */
static unsigned number(const char *text, unsigned long least, unsigned long most)
{
	char *end;
	unsigned long v;

	if (strspn(text, "0123456789") != strlen(text) || strlen(text) > 9)
		return 0;
	v = strtoul(text, &end, 10);
	return *text && v >= least && v <= most ? (unsigned)v : 0;
}

static bool stands_for_xdg_open(const char *name)
{
	const char *slash = strrchr(name, '/');

	return strcmp(slash ? slash + 1 : name, "xdg-open") == 0;
}

int main(int argc, char **argv)
{
	struct sek_convert_job job = { .pages = 0 };
	const char *serve_into = NULL;
	unsigned kind = 0;
	bool worker = false, lang = false;

	if (argc == 2 && stands_for_xdg_open(argv[0]))
		return sek_view_open(argv[1]);
	sek_log_init("sekisho-convert", SEK_LOG_INFO);
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (strcmp(argv[i], "--worker") == 0) {
			worker = true;
			continue;
		}
		i++;
		if (strcmp(argv[i - 1], "--office") == 0 && number(value, 1, SEK_KIND_OFFICE_END - 1)) {
			kind = number(value, 1, SEK_KIND_OFFICE_END - 1);
		} else if (strcmp(argv[i - 1], "--serve") == 0 && *value == '/') {
			serve_into = value;
		} else if (strcmp(argv[i - 1], "--say") == 0 && number(value, 1, SEK_CONVERT_REASONS - 1)) {
			job.say = (enum sek_convert_reason)number(value, 1, SEK_CONVERT_REASONS - 1);
		} else if (strcmp(argv[i - 1], "--lang") == 0 && (strcmp(value, "ja") == 0 || strcmp(value, "en") == 0)) {
			job.lang = *value == 'e' ? SEK_LANG_EN : SEK_LANG_JA;
			lang = true;
		} else if (strcmp(argv[i - 1], "--pages") == 0 && number(value, 1, SEK_DOCUMENT_PAGES_MAX)) {
			job.pages = number(value, 1, SEK_DOCUMENT_PAGES_MAX);
		} else if (strcmp(argv[i - 1], "--seconds") == 0 && number(value, 1, SECONDS_MAX)) {
			job.seconds = number(value, 1, SECONDS_MAX);
		} else {
			sek_log(SEK_LOG_ERROR, "convert.usage", "argument", argv[i - 1], NULL);
			return SEK_CONVERT_USAGE;
		}
	}
	if (!lang || !job.pages || !job.seconds) {
		sek_log(SEK_LOG_ERROR, "convert.usage", "note", "--lang ja|en --pages N --seconds N", NULL);
		return SEK_CONVERT_USAGE;
	}
	if (kind) /* a leak checker's look at the end is among what its filter refuses */
		_exit(sek_convert_office(&job, (enum sek_kind)kind));
	if (serve_into)
		return sek_view_serve(&job, serve_into);
	return worker ? sek_convert_worker(&job) : sek_convert_supervise(&job);
}
