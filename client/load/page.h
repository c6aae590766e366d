/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The web site that the load generator serves in the outer zone, so that what happens there can be known: one page with
 * a text field that reports what it received. A large area of it is red after an odd number of inputs, blue after an even one.
 */
#ifndef SEK_CLIENT_LOAD_PAGE_H
#define SEK_CLIENT_LOAD_PAGE_H

#include <stdbool.h>
#include <uv.h>

#include "base/status.h"

enum { SEK_PAGE_TYPED_MAX_BYTES = 4096, SEK_PAGE_COLOURED_PX = 120 };

struct sek_page_server;
/* Serves on address (numeric) and a free port. */
sek_status sek_page_server_create(uv_loop_t *loop, const char *address, struct sek_page_server **ret);
/* Closes everything; memory goes when the loop has run the close callbacks. */
void sek_page_server_destroy(struct sek_page_server *s);

int sek_page_server_port(const struct sek_page_server *s);
/* The page was loaded and its text field has the focus. */
bool sek_page_server_ready(const struct sek_page_server *s);
/* How many inputs that text came in, when it last reported. */
unsigned sek_page_server_inputs(const struct sek_page_server *s);
/* What the text field held when it last reported, UTF-8, terminated. */
const char *sek_page_server_typed(const struct sek_page_server *s);

#endif
