/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The contract of sekisho-convert: any file that a browser caught becomes a PDF, or a reason why not. The program itself
 * reads no byte of meaning: what does, runs in jails that it starts, and that end with it.
 *
 *   sekisho-convert --lang ja|en --pages N --seconds N
 *
 * (with --serve DIRECTORY it is the server of views, see view.h)
 *
 * is started once for each document, by somebody who may start jails (the keeper of a session does). Whoever kills it kills
 * its jails. It must be told of the end of its parent by PR_SET_PDEATHSIG, as sek_spawn does.
 */
#ifndef SEK_RENDER_HOST_PAGES_CONVERT_H
#define SEK_RENDER_HOST_PAGES_CONVERT_H

#include "protocol/limits.h"

enum sek_convert_fd {
	SEK_CONVERT_IN_FD = 3,  /* the file, open for reading, hostile; read from its beginning, at most SEK_CONVERT_IN_MAX_BYTES */
	SEK_CONVERT_PDF_FD = 4, /* an empty memfd made with MFD_ALLOW_SEALING */
};

/* Why there is no PDF. Numbers are part of the exit code. */
enum sek_convert_reason {
	SEK_CONVERT_DONE = 0,  /* the PDF is whole and sealed against every change */
	SEK_CONVERT_TYPE,      /* of no type that is shown, or of one that this host has no program for */
	SEK_CONVERT_ENCRYPTED, /* needs a password */
	SEK_CONVERT_BROKEN,    /* not well-formed, or empty */
	SEK_CONVERT_PAGES,     /* more pages than --pages */
	SEK_CONVERT_LARGE,     /* the file, what it unpacks to, its picture or its PDF is larger than the limits */
	SEK_CONVERT_TIME,      /* more than --seconds */
	SEK_CONVERT_DIED,      /* what converted it died, or did what it may not */
	SEK_CONVERT_JAIL,      /* a jail could not be built: nothing was read */
	SEK_CONVERT_REASONS
};

enum {
	SEK_CONVERT_USAGE = 2,      /* exit code: wrong arguments or descriptors */
	SEK_CONVERT_EXIT_BASE = 32, /* exit code: this + enum sek_convert_reason, but 0 for SEK_CONVERT_DONE */
};

#endif
