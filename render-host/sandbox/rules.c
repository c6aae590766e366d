/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Changing the browser's rules. One connection at a time: capture's.
 */
#include "render-host/sandbox/rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "render-host/sandbox/policy.h"
#include "render-host/session.h"

enum { TOUCH_MS = 8000, TOUCHES = 3 };

sek_status sek_rules_open(struct sek_rules_door *d, const struct sek_sandbox_options *o)
{
	char path[SEK_SANDBOX_PATH_MAX + 64];

	d->fd = -1;
	d->n = 0;
	d->text = NULL;
	d->touch_ms = 0;
	snprintf(path, sizeof path, "%s/%s", o->dir, SEK_SESSION_RULES);
	return sek_keeper_listen(path, &d->listener);
}

int sek_rules_fd(const struct sek_rules_door *d)
{
	return d->fd >= 0 ? d->fd : d->listener;
}

static void hang_up(struct sek_rules_door *d, const char *why)
{
	if (why)
		sek_log(SEK_LOG_WARN, "sandbox.rules-refused", "why", why, NULL);
	close(d->fd);
	d->fd = -1;
	d->n = 0;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Only what is written or renamed counts for the browser; other times on the same file do not. */
void sek_rules_touch(struct sek_rules_door *d, const struct sek_keeper_start *start)
{
	d->touch_ms = --d->touches > 0 ? now_ms() + TOUCH_MS : 0;
	if (!sek_is_ok(sek_keeper_replace_policies(start->options, d->text)))
		sek_log(SEK_LOG_WARN, "sandbox.rules-untouched", NULL);
}

static sek_status enforce(struct sek_rules_door *d, const struct sek_keeper_start *start, const struct sek_rules *rules)
{
	char *text = NULL;
	sek_status s;

	SEK_TRY(sek_policy_make(start->base, start->base_n, start->options, rules, &text));
	if (strcmp(text, d->text ? d->text : start->policies) == 0) { /* said again by a new link */
		free(text);
		return sek_ok();
	}
	s = sek_keeper_replace_policies(start->options, text);
	if (!sek_is_ok(s)) {
		free(text);
		return s;
	}
	free(d->text);
	d->text = text;
	d->touches = TOUCHES;
	d->touch_ms = now_ms() + TOUCH_MS;
	sek_log(SEK_LOG_INFO, "sandbox.rules", NULL);
	return s;
}

/* The first whole frame of in[], if there is one. */
static sek_status take_one(struct sek_rules_door *d, const struct sek_keeper_start *start, bool *ret_more)
{
	struct sek_frame f;
	struct sek_rules rules;
	size_t total = 0;
	sek_status s = sek_frame_whole(d->in, d->n, SEK_LINK_HOST, SEK_DIR_UP, &f, &total);

	*ret_more = false;
	if (sek_is(s, SEK_E_AGAIN))
		return sek_ok();
	if (!sek_is_ok(s) || f.type != SEK_MSG_RULES ||
			!sek_is_ok(sek_rules_read(d->in + SEK_FRAME_HEADER_BYTES, f.payload_bytes, &rules))) {
		hang_up(d, "not a RULES message");
		return sek_ok();
	}
	SEK_TRY(enforce(d, start, &rules));
	memmove(d->in, d->in + total, d->n - total);
	d->n -= total;
	*ret_more = true;
	return sek_ok();
}

sek_status sek_rules_take(struct sek_rules_door *d, const struct sek_keeper_start *start)
{
	bool more = true;
	ssize_t k;

	if (d->fd < 0) {
		d->fd = accept4(d->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		return sek_ok(); /* a connection that is gone again is none */
	}
	k = read(d->fd, d->in + d->n, sizeof d->in - d->n);
	if (k < 0 && (errno == EAGAIN || errno == EINTR))
		return sek_ok();
	if (k <= 0) {
		hang_up(d, NULL);
		return sek_ok();
	}
	d->n += (size_t)k;
	while (more)
		SEK_TRY(take_one(d, start, &more));
	return sek_ok();
}
