/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-viewer-decoder: reads what the broker sends to a native client and paints it into memory that sekisho-viewer shows.
 * Started by sekisho-viewer only; jailed before it reads the first byte. Descriptors and exit codes: client/pane/pane.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/decoder/paint.h"
#include "protocol/wire/wire.h"

enum { IN_BYTES = SEK_FRAME_HEADER_BYTES + SEK_UPDATE_MAX_BYTES };

static bool answer(void)
{
	ssize_t n;

	do {
		n = write(SEK_PANE_SOCKET_FD, "", 1);
	} while (n < 0 && errno == EINTR);
	return n == 1;
}

/* Until the viewer closes the socket. */
static int run(struct sek_paint *paint, uint8_t *in)
{
	size_t have = 0, used;
	bool whole;

	for (;;) {
		ssize_t n = read(SEK_PANE_SOCKET_FD, in + have, IN_BYTES - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return SEK_PANE_EXIT_OK;
		have += (size_t)n;
		for (;;) {
			sek_status s = sek_paint_take(paint, in, have, &used, &whole);

			if (sek_is(s, SEK_E_AGAIN))
				break;
			if (!sek_is_ok(s))
				return SEK_PANE_EXIT_PROTOCOL;
			memmove(in, in + used, have - used);
			have -= used;
			if (whole && !answer())
				return SEK_PANE_EXIT_OK;
		}
	}
}

int main(void)
{
	struct sek_jail jail = sek_paint_cell();
	uint8_t *in = malloc(IN_BYTES);
	struct sek_paint *paint;
	struct sek_pane pane;

	if (!in || !sek_is_ok(sek_pane_map(SEK_PANE_MEMORY_FD, &pane)))
		return SEK_PANE_EXIT_INTERNAL;
	close(SEK_PANE_MEMORY_FD);
	paint = sek_paint_create(&pane);
	if (!paint)
		return SEK_PANE_EXIT_INTERNAL;
	if (!sek_is_ok(sek_jail_enter(&jail)))
		_exit(SEK_PANE_EXIT_JAIL);
	if (!answer())
		_exit(SEK_PANE_EXIT_OK);
	_exit(run(paint, in));
}
