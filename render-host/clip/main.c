/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-clip: the clipboard of one session. It offers to the browser what the user pasted, and hands to capture what was
 * copied in the browser, each only while the broker has said so. It logs no text.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "render-host/clip/clip.h"
#include "render-host/helpers.h"

static int wait_ms(const struct sek_clip *k)
{
	int64_t left;

	if (k->stage == SEK_CLIP_IDLE)
		return -1;
	left = k->deadline_ms - sek_clip_now_ms();
	return left < 0 ? 0 : (int)left;
}

static int run(struct sek_clip *k)
{
	for (;;) {
		struct pollfd p[] = {
			{ .fd = xcb_get_file_descriptor(k->c), .events = POLLIN },
			{ .fd = k->listener, .events = POLLIN },
			{ .fd = k->peer, .events = (short)(POLLIN | (k->out_n ? POLLOUT : 0)) },
		};

		if (poll(p, 3, wait_ms(k)) < 0 && errno != EINTR)
			return 1;
		sek_clip_want_due(k, sek_clip_now_ms());
		/* what was copied before a direction opened was copied before it opened */
		if (p[0].revents && !sek_clip_events(k))
			return 0;
		if (p[1].revents)
			sek_clip_accept(k);
		else if (p[2].revents & ~POLLOUT)
			sek_clip_read(k);
		/* also after the others: their round trips may have brought events along */
		if (!sek_clip_events(k))
			return 0; /* the display is gone: that is how a session ends */
		sek_clip_flush(k);
	}
}

int main(void)
{
	static struct sek_clip clip = { .listener = SEK_CLIP_LISTEN_FD, .peer = -1 };

	sek_log_init("sekisho-clip", SEK_LOG_INFO);
	fcntl(SEK_CLIP_LISTEN_FD, F_SETFD, FD_CLOEXEC);
	if (!sek_clip_open(&clip)) {
		sek_log(SEK_LOG_ERROR, "clip.no-display", NULL);
		return 1;
	}
	return run(&clip);
}
