/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-paper: the clean side of a page gap. One per document. Reads pixels, makes every byte of the pages that the broker will keep.
 * Makes everything that it needs, enters its jail, and only then looks at the gap. Contract: broker/gap/children.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/paper/cell.h"
#include "broker/paper/desk.h"

static bool parse_number(const char *text, uint16_t *ret)
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

/* OpenMP reads this before main, and would begin threads, which the jail kills. */
static void one_thread(char **argv)
{
	const char *limit = getenv("OMP_THREAD_LIMIT");

	if (limit && strcmp(limit, "1") == 0)
		return;
	setenv("OMP_THREAD_LIMIT", "1", 1);
	execv("/proc/self/exe", argv);
}

/* tesseract tells on stderr what it finds strange about a page; pages are nobody's business. */
static bool be_quiet(void)
{
	int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);
	bool done = quiet >= 0 && dup2(quiet, STDERR_FILENO) >= 0;

	if (quiet >= 0)
		close(quiet);
	return done;
}

static bool set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

int main(int argc, char **argv)
{
	struct sek_gap_layout layout;
	struct sek_desk desk = { .layout = &layout };
	struct sek_jail jail;
	uint16_t width, height, dpi;

	if (argc != 5 || !parse_number(argv[1], &width) || !parse_number(argv[2], &height) || !parse_number(argv[3], &dpi) || dpi == 0 ||
	    !sek_is_ok(sek_gap_layout_init(&layout, width, height)))
		return SEK_EXIT_USAGE;
	if (argv[4][0])
		one_thread(argv);
	if (!sek_is_ok(sek_gap_reader_open(SEK_PAPER_GAP_FD, &layout, &desk.gap)) || !set_nonblocking(SEK_PAPER_WAKE_FD))
		return SEK_EXIT_USAGE;
	desk.dpi = dpi;
	if (argv[4][0] && (!be_quiet() || !sek_is_ok(sek_ocr_create(argv[4], &desk.ocr))))
		return SEK_EXIT_USAGE;
	jail = sek_paper_cell(layout.total_bytes, desk.ocr != NULL);
	if (!sek_is_ok(sek_jail_enter(&jail)))
		_exit(SEK_EXIT_JAIL);
	_exit((int)sek_desk_run(&desk));
}
