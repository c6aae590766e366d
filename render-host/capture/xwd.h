/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The X server's framebuffer file (Xvfb -fbdir): an XWD header (X11/XWDFile.h, version 7, big-endian), colour-map
 * entries, then the pixels. Only the form that capture can use is accepted: ZPixmap, 32-bit B,G,R,X.
 */
#ifndef SEK_CAPTURE_XWD_H
#define SEK_CAPTURE_XWD_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { SEK_XWD_HEADER_BYTES = 100 };

struct sek_xwd {
	uint16_t width_px, height_px; /* the X server's size at its start: the largest that it can ever have */
	uint32_t stride_px;           /* pixels from one row to the next; fixed, whatever RandR does later */
	size_t pixels_offset;         /* of the first pixel in the file, a multiple of 4 */
};

/* Reads the header from the first n bytes of a file of file_bytes (hostile: the X server belongs to the sandbox).
 * SEK_E_MALFORMED if it is not such a file or its pixels do not lie wholly inside file_bytes. */
sek_status sek_xwd_parse(const void *bytes, size_t n, uint64_t file_bytes, struct sek_xwd *ret);

struct sek_framebuffer {
	void *map; /* owned; NULL: nothing mapped */
	size_t map_bytes;
	const uint32_t *px; /* into map; another process writes it at any moment */
	struct sek_xwd xwd;
};

/* Maps the file at path read-only. The caller's struct must be zeroed or finished before. */
sek_status sek_framebuffer_open(const char *path, struct sek_framebuffer *ret);
/* Unmaps; NULL and an unmapped struct are fine. */
void sek_framebuffer_finish(struct sek_framebuffer *fb);

#endif
