/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What sekisho-viewer and its sekisho-viewer-decoder share: sealed memory in which every bit pattern is valid (the same idea as
 * broker/gap), and a socket. The viewer writes frames of the client link (SIZE, UPDATE) into the socket; the decoder, which is
 * jailed before it reads the first, paints them into the memory and answers one byte, of any value, for each whole frame, and
 * one at the start, once its jail stands. The viewer sends nothing of a frame before the answer to the one before it is there and
 * what that one changed has been taken out: so whatever an honest decoder has painted is shown as a whole.
 */
#ifndef SEK_CLIENT_PANE_PANE_H
#define SEK_CLIENT_PANE_PANE_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/status.h"
#include "protocol/codec/update.h"
#include "protocol/limits.h"

/* Descriptors of the decoder besides 0, 1, 2 (/dev/null). */
enum { SEK_PANE_SOCKET_FD = 3, SEK_PANE_MEMORY_FD = 4, SEK_PANE_FDS_END = 5 };

/* Exit codes of the decoder. */
enum sek_pane_exit {
	SEK_PANE_EXIT_OK = 0,        /* the viewer has closed the socket */
	SEK_PANE_EXIT_INTERNAL = 10, /* no memory, or a descriptor is not there */
	SEK_PANE_EXIT_JAIL = 11,     /* the jail could not be built: no session */
	SEK_PANE_EXIT_PROTOCOL = 15, /* a message that breaks the grammar */
};

enum { SEK_PANE_HEADER_BYTES = 4096 };

/* At the start of the memory: the rectangle that holds all that changed since the last answer. Any numbers; the reader clamps. */
struct sek_pane_header {
	_Atomic uint32_t x_px, y_px, w_px, h_px;
};

/* One end's view. Pixels: 32-bit B,G,R,X, rows one after the other, as wide as the picture that SIZE told. */
struct sek_pane {
	struct sek_pane_header *header; /* the viewer's mapping is read-only */
	uint32_t *px;
};

/* Bytes of the whole memory; pages that nothing was painted into take none. */
size_t sek_pane_bytes(void);
/* The viewer's end: makes the memory, maps it for reading, seals its size. *ret_fd: the decoder's, for writing; the caller's. */
sek_status sek_pane_create(struct sek_pane *ret, int *ret_fd);
/* The decoder's end, of the descriptor that it inherited. */
sek_status sek_pane_map(int fd, struct sek_pane *ret);
void sek_pane_unmap(struct sek_pane *p);

/* The decoder's: the picture's changes so far as one rectangle (w 0: none). */
void sek_pane_tell(const struct sek_pane *p, struct sek_rect r);
/* The viewer's: that rectangle (hostile), cut to a picture of this size. False if nothing of it lies inside. */
bool sek_pane_changed(const struct sek_pane *p, uint16_t width_px, uint16_t height_px, struct sek_rect *ret);
/* The smallest rectangle that holds both (either may be empty). */
struct sek_rect sek_pane_join(struct sek_rect a, struct sek_rect b);

#endif
