/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-pages: shared memory, a socket between the two, two processes. Must never open anything by name.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protocol/limits.h"
#include "render-host/helpers.h"
#include "render-host/pages/pages.h"

enum { CODE_USAGE = 10, CODE_JAIL = 11, BEHIND_NICE = 10 /* browsing comes first */ };

static bool number(const char *text, unsigned long least, unsigned long most, uint16_t *ret)
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

static bool parse(int argc, char **argv, struct sek_pages_options *o)
{
	return argc == 5 && number(argv[1], SEK_DOCUMENT_DPI_MIN, SEK_DOCUMENT_DPI_MAX, &o->dpi) &&
		number(argv[2], 1, SEK_DOCUMENT_PAGES_MAX, &o->pages_max) &&
		number(argv[3], SEK_DOCUMENT_MIN_PX, SEK_DOCUMENT_MAX_PX, &o->max_width_px) &&
		number(argv[4], SEK_DOCUMENT_MIN_PX, SEK_DOCUMENT_MAX_PX, &o->max_height_px);
}

int main(int argc, char **argv)
{
	struct sek_pages_options o;
	int pair[2], flags = fcntl(SEK_PAGES_STREAM_FD, F_GETFL);
	uint32_t *px;
	pid_t parent = getpid(), pid;

	if (!parse(argc, argv, &o) || flags < 0 || fcntl(SEK_PAGES_DOCUMENT_FD, F_GETFD) < 0)
		return CODE_USAGE;
	px = mmap(NULL, sek_pages_bytes(&o), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (px == MAP_FAILED || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0 ||
	    fcntl(SEK_PAGES_STREAM_FD, F_SETFL, flags & ~O_NONBLOCK) < 0)
		return CODE_JAIL;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)setpriority(PRIO_PROCESS, 0, BEHIND_NICE);
	pid = fork();
	if (pid < 0)
		return CODE_JAIL;
	if (pid == 0) {
		close(SEK_PAGES_STREAM_FD);
		close(pair[0]);
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
			_exit(CODE_JAIL);
		_exit(sek_pages_render(&o, SEK_PAGES_DOCUMENT_FD, pair[1], px));
	}
	close(SEK_PAGES_DOCUMENT_FD);
	close(pair[1]);
	/* _exit: exit handlers of libraries have nothing to do here */
	_exit(sek_pages_speak(&o, SEK_PAGES_STREAM_FD, pair[0], pid, px));
}
