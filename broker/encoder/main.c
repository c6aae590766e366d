/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-encoder: the clean side of the gap. One per session. Reads pixels, makes every byte that the client will
 * receive. Makes everything that it needs, enters its jail, and only then looks at the gap.
 * Contract: broker/gap/children.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/encoder/cell.h"
#include "broker/encoder/loop.h"

static bool parse_size(const char *text, uint16_t *ret)
{
	char *end;
	unsigned long v;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	v = strtoul(text, &end, 10);
	if (*end || errno || v > UINT16_MAX)
		return false;
	*ret = (uint16_t)v;
	return true;
}

static bool descriptors_are_right(void)
{
	struct stat st;

	if (fstat(SEK_ENCODER_HUB_FD, &st) < 0 || !S_ISSOCK(st.st_mode))
		return false;
	/* 0 and 1 are never used, but their numbers must be taken (base/jail.h, `files`). */
	return fcntl(SEK_ENCODER_WAKE_FD, F_GETFD) >= 0 && fcntl(0, F_GETFD) >= 0 && fcntl(1, F_GETFD) >= 0;
}

static bool set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

int main(int argc, char **argv)
{
	struct sek_update_encoder *codec;
	struct sek_gap_layout layout;
	struct sek_gap_reader *gap;
	struct sek_encoder *encoder;
	struct sek_jail jail;
	uint16_t width, height;

	if (argc != 3 || !parse_size(argv[1], &width) || !parse_size(argv[2], &height) ||
	    !sek_is_ok(sek_gap_layout_init(&layout, width, height)) || !descriptors_are_right() ||
	    !sek_is_ok(sek_gap_reader_open(SEK_ENCODER_GAP_FD, &layout, &gap)))
		return SEK_EXIT_USAGE;
	codec = sek_update_encoder_create(width, height);
	if (!codec || !set_nonblocking(SEK_ENCODER_HUB_FD))
		return SEK_EXIT_INTERNAL;
	encoder = sek_encoder_create(&layout, gap, codec, SEK_ENCODER_HUB_FD, SEK_ENCODER_WAKE_FD);
	if (!encoder)
		return SEK_EXIT_INTERNAL;
	malloc_trim(0);
	jail = sek_encoder_cell(layout.total_bytes, 2 * (size_t)layout.stride_px * height * sizeof(uint32_t));
	if (!sek_is_ok(sek_jail_enter(&jail)))
		_exit(SEK_EXIT_JAIL);
	_exit((int)sek_encoder_run(encoder));
}
