/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-encoder-rfb: one session's picture for one standard VNC viewer. Reads what the viewer says after it has logged in, so it makes
 * everything that it needs, enters its jail, and only then reads. Contract: broker/gap/children.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/encoder/rfb/rfb.h"

static bool parse_size(const char *text, unsigned long least, unsigned long most, uint16_t *ret)
{
	char *end;
	unsigned long v;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	v = strtoul(text, &end, 10);
	if (*end || errno || v < least || v > most)
		return false;
	*ret = (uint16_t)v;
	return true;
}

static bool is_socket(int fd)
{
	struct stat st;
	int flags = fcntl(fd, F_GETFL);

	return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode) && flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

int main(int argc, char **argv)
{
	static struct sek_rfb r = { .hub_fd = SEK_RFB_HUB_FD, .viewer_fd = SEK_RFB_VIEWER_FD };
	uint16_t width, height;
	struct sek_jail jail;

	if (argc != 6 || !parse_size(argv[1], SEK_WIDTH_MIN_PX, SEK_WIDTH_MAX_PX, &width) ||
	    !parse_size(argv[2], SEK_HEIGHT_MIN_PX, SEK_HEIGHT_MAX_PX, &height) ||
	    !parse_size(argv[3], SEK_WIDTH_MIN_PX, width, &r.width_px) || !parse_size(argv[4], SEK_HEIGHT_MIN_PX, height, &r.height_px) ||
	    (strcmp(argv[5], "ja") != 0 && strcmp(argv[5], "en") != 0) || !is_socket(SEK_RFB_HUB_FD) || !is_socket(SEK_RFB_VIEWER_FD) ||
	    fcntl(0, F_GETFD) < 0 || fcntl(1, F_GETFD) < 0)
		return SEK_EXIT_USAGE;
	r.lang = argv[5][0] == 'j' ? SEK_LANG_JA : SEK_LANG_EN;
	if (!sek_is_ok(sek_rfb_prepare(&r)) || r.out_fd != SEK_RFB_FDS_END)
		return SEK_EXIT_INTERNAL;
	malloc_trim(0);
	jail = sek_rfb_cell((size_t)width * height * sizeof(uint32_t));
	if (!sek_is_ok(sek_jail_enter(&jail)))
		_exit(SEK_EXIT_JAIL);
	_exit((int)sek_rfb_run(&r));
}
