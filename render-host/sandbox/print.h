/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Prints the page that the browser shows into a file, by the browser's DevTools over a pair of pipes. A process of its own for each time,
 * forked by the keeper: it reads what the browser says (hostile) and leaves by its exit code.
 */
#ifndef SEK_RENDER_HOST_SANDBOX_PRINT_H
#define SEK_RENDER_HOST_SANDBOX_PRINT_H

#include <stdint.h>

#include "protocol/wire/messages.h"

/* Never returns: leaves with an enum sek_document_state; 0: pdf_fd holds a PDF. first_id: message numbers from there on, so that late
 * answers to somebody before are known as such. dir: the session's directory, for a download that the browser shows itself. */
_Noreturn void sek_print_run(int from_browser, int to_browser, int pdf_fd, uint32_t first_id, const char *dir);

#endif
