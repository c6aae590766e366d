/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `download: view` for what a browser does not show itself: a helper in the browser's jail hands a caught file over, a server beside the
 * keeper has it converted and puts the PDF where the browser can read it, and the helper asks the browser to open that.
 *
 *   helper -> server  one byte and one descriptor (SCM_RIGHTS)
 *   server -> helper  a decimal number and '\n': the PDF is SEK_VIEW_INSIDE/NUMBER.pdf; the connection is closed without one if there is none
 */
#ifndef SEK_RENDER_HOST_PAGES_CONVERT_VIEW_H
#define SEK_RENDER_HOST_PAGES_CONVERT_VIEW_H

#include "render-host/pages/convert/convert_internal.h"

/* Serves for ever on SEK_VIEW_LISTEN_FD; PDFs go into the directory `into`, the oldest of them leave it. Returns an exit code. */
int sek_view_serve(const struct sek_convert_job *job, const char *into);

/* In the browser's jail, in xdg-open's place: has the file shown and becomes the browser's messenger. Returns only in failure. */
int sek_view_open(const char *path);

#endif
