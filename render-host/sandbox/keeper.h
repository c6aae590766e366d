/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The keeper: the first process of a session's namespaces, under the session's uid. It starts the display, the window
 * manager, the input method and the browser, tells what is ready, and ends when the session is over.
 */
#ifndef SEK_RENDER_HOST_SANDBOX_KEEPER_H
#define SEK_RENDER_HOST_SANDBOX_KEEPER_H

#include "render-host/sandbox/options.h"

/* What the keeper inherits. All descriptors are close-on-exec and owned by the keeper from now on. */
struct sek_keeper_start {
	const struct sek_sandbox_options *options;
	const char *policies; /* JSON text for the browser */
	const char *base;     /* the site's part of it, for the day on which the rules change */
	size_t base_n;
	int rules_fd;         /* our end of the proxy's SEK_EGRESS_RULES_FD */
	int status_fd;        /* SEK_SANDBOX_STATUS_FD */
	int documents_fd;     /* SEK_SANDBOX_DOCUMENTS_FD, -1 */
	int pages_fd;         /* the program sekisho-pages, -1: no documents can be taken over */
	int convert_fd;       /* the program sekisho-convert */
	bool keep, print;     /* what the first rules say: downloads stay, after they were shown, too; the shown page may be printed */
	int wm_fd, ime_fd, clip_fd; /* the programs sekisho-wm, sekisho-ime and sekisho-clip, open for reading */
	int devtools_fd;      /* listening unix socket for tests, -1 in production */
};

/* Runs the session and returns an enum sek_sandbox_exit. The caller must exit with it at once: only the end of the
 * process ends what it started. */
int sek_keeper_run(const struct sek_keeper_start *start);

/* Makes the directories and files that the session's programs find in DIR. */
sek_status sek_keeper_files(const struct sek_sandbox_options *o, const char *policies);

/* Puts other policies in the place of those there, whole. watch: an inotify descriptor that will tell, as the number
 * *ret_wd, that somebody has read them. */
sek_status sek_keeper_replace_policies(const struct sek_sandbox_options *o, const char *policies, int watch, int *ret_wd);

/* Says whether downloads stay in the sandbox after they were shown (SEK_VIEW_KEEP). */
sek_status sek_keeper_keep_downloads(const struct sek_sandbox_options *o, bool keep);

/* Makes the listening socket `name` (SEK_SESSION_IME, SEK_SESSION_CLIPBOARD) in the session's directory, mode 0600. */
sek_status sek_keeper_socket(const struct sek_sandbox_options *o, const char *name, int *ret_fd);

/* A listening unix socket at path, mode 0600; a socket file that is there already is replaced. */
sek_status sek_keeper_listen(const char *path, int *ret_fd);

#endif
