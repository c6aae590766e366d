/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-viewer: the native client, in a window of SDL. Log-in, session, keyboard, pointer and clipboard are here; what the broker
 * sends is decoded by sekisho-viewer-decoder, which is jailed.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <SDL.h>

#include "client/viewer/run.h"
#include "client/viewer/words.h"

static enum sek_lang language_of(const char *told)
{
	const char *locale = getenv("LC_ALL");

	if (told)
		return strcmp(told, "en") == 0 ? SEK_LANG_EN : SEK_LANG_JA;
	if (!locale || !*locale)
		locale = getenv("LANG");
	return locale && strncmp(locale, "en", 2) == 0 ? SEK_LANG_EN : SEK_LANG_JA;
}

int main(int argc, char **argv)
{
	struct viewer_config config;
	char err[512];
	const char *failure;
	bool help;
	sek_status s = viewer_config_read(argc, argv, &config, &help, err, sizeof err);

	if (!sek_is_ok(s))
		fprintf(stderr, "sekisho-viewer: %s\n", err);
	if (!sek_is_ok(s) || help) {
		viewer_config_finish(&config);
		return sek_is_ok(s) ? 0 : 2;
	}
	signal(SIGPIPE, SIG_IGN);
	viewer_set_language(language_of(config.file.lang));
	SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
	SDL_SetHint(SDL_HINT_IME_SHOW_UI, "1");           /* the input method's own window of candidates */
	SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
	SDL_SetHint(SDL_HINT_VIDEO_MINIMIZE_ON_FOCUS_LOSS, "0");
	SDL_SetHint("SDL_APP_NAME", "Sekisho");
	failure = viewer_run(&config);
	if (failure)
		fprintf(stderr, "sekisho-viewer: %s\n", failure);
	viewer_config_finish(&config);
	return failure ? 1 : 0;
}
