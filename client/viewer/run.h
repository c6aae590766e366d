/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Runs the viewer until its user leaves it.
 */
#ifndef SEK_CLIENT_VIEWER_RUN_H
#define SEK_CLIENT_VIEWER_RUN_H

#include "client/viewer/config.h"

/* NULL: left in good order; else what went wrong, in English, for the terminal. */
const char *viewer_run(const struct viewer_config *config);

#endif
