/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The command lines of everything that a session runs, built from fixed lists. No text from outside becomes an argument
 * but those named here, each checked. The browser's own sandbox cannot be switched off: see sek_argv_browser_check.
 */
#ifndef SEK_RENDER_HOST_SANDBOX_ARGV_H
#define SEK_RENDER_HOST_SANDBOX_ARGV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "render-host/sandbox/options.h"

enum { SEK_ARGV_MAX = 192, SEK_ARGV_TEXT_BYTES = 8192, SEK_DEVTOOLS_PORT = 9222 };

/* An argument vector with the memory for its texts. */
struct sek_argv {
	char *v[SEK_ARGV_MAX + 1]; /* ended by NULL */
	size_t n;
	char text[SEK_ARGV_TEXT_BYTES];
	size_t used;
	bool failed; /* did not fit: the vector must not be run */
};

/* What runs inside a session. */
enum sek_program {
	SEK_PROGRAM_DISPLAY, /* Xvfb */
	SEK_PROGRAM_KEYMAP,  /* setxkbmap, once */
	SEK_PROGRAM_WM,
	SEK_PROGRAM_NAMES,   /* dbus-daemon: a session bus that knows one name */
	SEK_PROGRAM_BUS,     /* ibus-daemon */
	SEK_PROGRAM_IME,
	SEK_PROGRAM_CLIP,
	SEK_PROGRAM_BROWSER,
	SEK_PROGRAM_COUNT
};

/* The program's name for the log. */
const char *sek_program_name(enum sek_program p);

/* Descriptors that bubblewrap or the program in it reads; numbers in the new process. */
enum sek_program_fd {
	SEK_PROGRAM_STATUS_FD = 3, /* status pipe of display, names, wm and ime; of the browser: what its DevTools read, and 4 what they say */
	SEK_PROGRAM_LISTEN_FD = 4, /* ime, clip: its listening socket */
	SEK_PROGRAM_DEVTOOLS_FD = 4,
	SEK_PROGRAM_BINARY_FD = 5, /* wm, ime, clip, pages: the program itself (browser: what stands for xdg-open), so that it may lie where the session's uid cannot look */
};

/* Fills ret with the whole command line (bubblewrap first) of the program. SEK_E_LIMIT if it does not fit, SEK_E_DENIED
 * if the browser's arguments do not pass the check. */
sek_status sek_argv_build(enum sek_program p, const struct sek_sandbox_options *o, struct sek_argv *ret);

/* The same of sekisho-pages, which is started once for each document; its numbers as in helpers.h. */
struct sek_argv_pages {
	unsigned dpi, pages_max, max_width_px, max_height_px;
};
sek_status sek_argv_build_pages(const struct sek_argv_pages *numbers, struct sek_argv *ret);

/* Checks a browser's arguments (those after its path, ended by NULL): every one must be in the fixed list (exactly, or
 * the prefix of a value that we compute), and none may be one that weakens Chromium's sandbox or leads around the
 * proxy, however it is spelled. SEK_E_DENIED otherwise, *ret_bad (may be NULL) is the argument. */
sek_status sek_argv_browser_check(char *const *args, const char **ret_bad);

#endif
