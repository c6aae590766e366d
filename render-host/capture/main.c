/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-capture --dir DIR --max WxH (render-host/session.h): arguments, opening, jail, loop. Must not speak to anybody
 * outside the session before the jail is closed.
 */
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "render-host/capture/capture.h"
#include "render-host/session.h"

struct arguments {
	const char *dir;
	uint16_t max_width_px, max_height_px;
};

static bool parse_size(const char *s, struct arguments *a)
{
	unsigned w, h;
	char rest;

	if (sscanf(s, "%5ux%5u%c", &w, &h, &rest) != 2 || w < SEK_WIDTH_MIN_PX || w > SEK_WIDTH_MAX_PX ||
	    h < SEK_HEIGHT_MIN_PX || h > SEK_HEIGHT_MAX_PX)
		return false;
	a->max_width_px = (uint16_t)w;
	a->max_height_px = (uint16_t)h;
	return true;
}

static bool parse_arguments(int argc, char **argv, struct arguments *a)
{
	static const struct option options[] = {
		{ "dir", required_argument, NULL, 'd' }, { "max", required_argument, NULL, 'm' }, { NULL, 0, NULL, 0 },
	};
	int o;

	opterr = 0;
	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (o == 'd')
			a->dir = optarg;
		else if (o != 'm' || !parse_size(optarg, a))
			return false;
	}
	return optind == argc && a->dir && a->max_width_px;
}

/* The X server cut its framebuffer file short under our feet: the display is of no use any more. */
static void on_sigbus(int sig)
{
	(void)sig;
	_exit(SEK_CAPTURE_DISPLAY_LOST);
}

static void set_signals(void)
{
	struct sigaction bus = { .sa_handler = on_sigbus }, ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGBUS, &bus, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

int main(int argc, char **argv)
{
	static struct sek_capture capture;
	struct arguments a = { .dir = NULL };
	char text[96];
	sek_status s;
	int code;

	sek_log_init("capture", SEK_LOG_INFO);
	tzset(); /* reads its files here, not inside the jail */
	if (!parse_arguments(argc, argv, &a)) {
		fprintf(stderr, "usage: sekisho-capture --dir DIR --max WIDTHxHEIGHT, control socket on descriptor %d\n",
			SEK_CAPTURE_CONTROL_FD);
		return SEK_CAPTURE_USAGE;
	}
	/* whatever a careless parent left open */
	close_range(SEK_CAPTURE_CONTROL_FD + 1, ~0U, 0);
	/* without the control socket, the display's would get its number */
	if (fcntl(SEK_CAPTURE_CONTROL_FD, F_GETFD) < 0 || chdir(a.dir) < 0) {
		sek_log(SEK_LOG_ERROR, "capture.start", "why", "no control socket or no session directory", NULL);
		return SEK_CAPTURE_USAGE;
	}
	set_signals();
	s = sek_capture_open(&capture, SEK_CAPTURE_CONTROL_FD, a.max_width_px, a.max_height_px, &code);
	if (!sek_is_ok(s)) {
		sek_log(SEK_LOG_ERROR, "capture.open", "why", sek_status_text(s, text, sizeof text), NULL);
		return code;
	}
	s = sek_capture_jail(&capture);
	if (!sek_is_ok(s)) {
		sek_log(SEK_LOG_ERROR, "capture.jail", "why", sek_status_text(s, text, sizeof text), NULL);
		return SEK_CAPTURE_JAIL;
	}
	sek_log(SEK_LOG_INFO, "capture.ready", NULL);
	code = sek_capture_run(&capture);
	/* inside the jail nothing is left to tidy up that the kernel does not */
	_exit(code);
}
