/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-pages: one document's pages as pixels. Two processes: the renderer reads the PDF (hostile) and paints pages into memory that
 * both share; the speaker sends what stands there as messages of a document's connection (docs/protocol.md) and reads nothing of the
 * renderer but four numbers at a time. Whatever becomes of the renderer is a reason that the speaker tells.
 *
 *   sekisho-pages DPI MOST_PAGES MAX_WIDTH MAX_HEIGHT      descriptors: render-host/helpers.h
 */
#ifndef SEK_RENDER_HOST_PAGES_PAGES_H
#define SEK_RENDER_HOST_PAGES_PAGES_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct sek_pages_options {
	uint16_t dpi, pages_max, max_width_px, max_height_px;
};

/* From the speaker to the renderer: one page number, u16. From the renderer: this, first for the document (page 0), then for each page. */
struct sek_pages_word {
	uint16_t state; /* enum sek_document_state; the speaker clamps everything */
	uint16_t pages; /* of the document */
	uint16_t width_px, height_px; /* of the page that was painted */
};

/* Pixels of a page: rows of max_width_px, 32-bit BGRX. */
static inline size_t sek_pages_bytes(const struct sek_pages_options *o)
{
	return (size_t)o->max_width_px * o->max_height_px * sizeof(uint32_t);
}

/* Each confines itself and does not return while all is well; the code to _exit with. */
int sek_pages_render(const struct sek_pages_options *o, int document_fd, int socket_fd, uint32_t *px);
/* renderer: its process, which is killed when it takes too long. */
int sek_pages_speak(const struct sek_pages_options *o, int stream_fd, int socket_fd, int renderer, const uint32_t *px);

/* The seccomp filters. From then on a forbidden call kills the speaker; the renderer too if it would reach another process or the network,
 * everything else that its list lacks fails. */
sek_status sek_pages_confine_renderer(void);
sek_status sek_pages_confine_speaker(void);

#endif
