/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Changing the browser's rules. One connection at a time: capture's.
 */
#include "render-host/sandbox/rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "render-host/sandbox/policy.h"
#include "render-host/session.h"

enum {
	TOUCH_MS = 8000, TOUCHES = 3,
	KNOWN_MS = 1000, /* from the browser's reading of the file to its going by it, amply */
};

sek_status sek_rules_open(struct sek_rules_door *d, const struct sek_keeper_start *start)
{
	char path[SEK_SANDBOX_PATH_MAX + 64];

	d->fd = d->wd = -1;
	d->n = 0;
	d->text = NULL;
	d->touch_ms = d->known_ms = 0;
	d->changed = false;
	d->told = 0;
	d->proxy = start->rules_fd;
	d->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (d->watch < 0)
		return sek_from_errno();
	snprintf(path, sizeof path, "%s/%s", start->options->dir, SEK_SESSION_RULES);
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
static void touch(struct sek_rules_door *d, const struct sek_keeper_start *start)
{
	d->touch_ms = --d->touches > 0 ? now_ms() + TOUCH_MS : 0;
	if (!sek_is_ok(sek_keeper_replace_policies(start->options, d->text, d->watch, &d->wd)))
		sek_log(SEK_LOG_WARN, "sandbox.rules-untouched", NULL);
}

static sek_status tell_proxy(struct sek_rules_door *d, const struct sek_writer *w)
{
	SEK_TRY(sek_writer_status(w));
	/* the proxy reads whenever there is something: a queue that is full is a proxy that hangs */
	return send(d->proxy, w->start, w->len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)w->len ? sek_ok() : sek_from_errno();
}

int64_t sek_rules_due(const struct sek_rules_door *d)
{
	int64_t touch_ms = d->touch_ms ? d->touch_ms : INT64_MAX, known_ms = d->known_ms ? d->known_ms : INT64_MAX;

	return touch_ms < known_ms ? touch_ms : known_ms;
}

sek_status sek_rules_tick(struct sek_rules_door *d, const struct sek_keeper_start *start)
{
	uint8_t frame[SEK_FRAME_HEADER_BYTES + 4];
	struct sek_writer w;
	int64_t now = now_ms();

	if (d->touch_ms && d->touch_ms <= now)
		touch(d, start);
	if (!d->known_ms || d->known_ms > now)
		return sek_ok();
	d->known_ms = 0;
	sek_writer_init(&w, frame, sizeof frame);
	sek_ping_write(&w, &(struct sek_ping){ 0 });
	return tell_proxy(d, &w);
}

void sek_rules_on_watch(struct sek_rules_door *d)
{
	union {
		char bytes[4096];
		struct inotify_event align;
	} in;
	ssize_t n;

	while ((n = read(d->watch, in.bytes, sizeof in.bytes)) > 0) {
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *e = (const struct inotify_event *)(const void *)(in.bytes + at);

			/* what was read before its successor came counts for nothing */
			if (e->wd == d->wd && (e->mask & IN_CLOSE_NOWRITE) && !d->known_ms)
				d->known_ms = now_ms() + KNOWN_MS;
			at += (ssize_t)(sizeof *e + e->len);
		}
	}
}

static sek_status enforce(struct sek_rules_door *d, const struct sek_keeper_start *start, const struct sek_rules *rules)
{
	uint8_t frame[SEK_FRAME_HEADER_BYTES + SEK_MSG_RULES_MAX_BYTES];
	char *text = NULL;
	struct sek_writer w;
	sek_status s;

	SEK_TRY(sek_policy_make(start->base, start->base_n, start->options, rules, &text));
	if (strcmp(text, d->text ? d->text : start->policies) == 0) { /* said again by a new link */
		free(text);
		return sek_ok();
	}
	sek_writer_init(&w, frame, sizeof frame);
	sek_rules_write(&w, rules);
	s = tell_proxy(d, &w);
	d->known_ms = 0;
	if (sek_is_ok(s))
		s = sek_keeper_keep_downloads(start->options, rules->keep);
	if (sek_is_ok(s))
		s = sek_keeper_replace_policies(start->options, text, d->watch, &d->wd);
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
	d->keep = rules.keep;
	d->print = rules.print;
	d->changed = true;
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
		d->told = 0;
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

void sek_rules_documents(struct sek_rules_door *d, uint16_t count)
{
	uint8_t frame[SEK_FRAME_HEADER_BYTES + SEK_MSG_DOCUMENTS_MAX_BYTES];
	struct sek_writer w;

	if (d->fd < 0 || count == d->told)
		return;
	sek_writer_init(&w, frame, sizeof frame);
	sek_documents_msg_write(&w, &(struct sek_documents_msg){ count });
	/* one that does not read is told at the next change */
	if (sek_is_ok(sek_writer_status(&w)) && send(d->fd, frame, w.len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)w.len)
		d->told = count;
}
