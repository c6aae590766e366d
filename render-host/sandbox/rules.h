/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The socket by which the browser's rules change while it runs: RULES frames from capture, checked once more, merged with the
 * site's file, put where the browser looks. Chromium reads the file again when it has nothing better to do, one or two
 * seconds later as a rule; a change that comes while the browser starts it may miss, so the file is replaced again later.
 */
#ifndef SEK_RENDER_HOST_SANDBOX_RULES_H
#define SEK_RENDER_HOST_SANDBOX_RULES_H

#include "protocol/wire/messages.h"
#include "render-host/sandbox/keeper.h"

struct sek_rules_door {
	int listener, fd; /* fd -1: nobody is connected */
	char *text;       /* heap: the policies that were put there last, NULL: those of the start */
	int64_t touch_ms; /* monotonic: when the file is touched next, 0 = not at all */
	unsigned touches; /* still to come */
	size_t n;
	uint8_t in[SEK_FRAME_HEADER_BYTES + SEK_MSG_RULES_MAX_BYTES];
};

/* Makes the listening socket SEK_SESSION_RULES. */
sek_status sek_rules_open(struct sek_rules_door *d, const struct sek_sandbox_options *o);
/* What to poll for input. */
int sek_rules_fd(const struct sek_rules_door *d);
/* To be called when touch_ms has come. */
void sek_rules_touch(struct sek_rules_door *d, const struct sek_keeper_start *start);
/* Takes what has come (hostile: a frame that is refused closes the connection and changes nothing). Fails only if good rules
 * could not be put into force. */
sek_status sek_rules_take(struct sek_rules_door *d, const struct sek_keeper_start *start);

#endif
