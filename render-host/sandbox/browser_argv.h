/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Between argv.c, which puts command lines together, and browser_argv.c, which knows what a browser may be told.
 */
#ifndef SEK_RENDER_HOST_SANDBOX_BROWSER_ARGV_H
#define SEK_RENDER_HOST_SANDBOX_BROWSER_ARGV_H

#include "render-host/helpers.h"

#define SEK_BROWSER_START_PAGE "http://" SEK_START_HOST "/"

/* The arguments that every browser gets, ended by NULL. */
extern const char *const sek_browser_fixed[];

#endif
