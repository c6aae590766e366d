/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The encoder's loop: sleeps without a time limit unless something is due. Wake-ups are counted by the kernel while they
 * are not wanted: a look that is due anyway makes them worthless, so a flood of them costs nothing.
 */
#include "broker/encoder/loop.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"

static uint64_t clock_us(clockid_t which)
{
	struct timespec t;

	clock_gettime(which, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static uint64_t now_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

struct sek_encoder *sek_encoder_create(const struct sek_gap_layout *layout, struct sek_gap_reader *gap,
	struct sek_update_encoder *codec, int hub_fd, int wake_fd)
{
	struct sek_encoder *e = calloc(1, sizeof *e);

	if (!e)
		return NULL;
	e->layout = layout;
	e->gap = gap;
	e->codec = codec;
	e->hub_fd = hub_fd;
	e->wake_fd = wake_fd;
	e->visible = true;
	e->frame_us = SEK_ENCODER_LOOK_US;
	e->sent = e->acked = (uint32_t)(now_us() / 4000);
	e->look = true; /* an encoder that replaces a dead one is not woken for what is there already */
	sek_outbox_init(&e->outbox, hub_fd);
	sek_pace_init(&e->pace);
	sek_snapshots_init(&e->snapshots);
	if (!sek_watermark_init(&e->watermark, layout->stride_px, (uint32_t)layout->rows * SEK_TILE_PX)) {
		sek_encoder_destroy(e);
		return NULL;
	}
	return e;
}

void sek_encoder_destroy(struct sek_encoder *e)
{
	if (!e)
		return;
	sek_outbox_finish(&e->outbox);
	sek_watermark_finish(&e->watermark);
	free(e);
}

static sek_status wait_for_events(struct sek_encoder *e, struct pollfd p[2])
{
	uint64_t send = sek_encoder_due_us(e), aside = sek_encoder_aside_us(e), at = send < aside ? send : aside;
	uint64_t now = now_us(), us = at > now ? at - now : 0;
	struct timespec t = { .tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000 };

	p[0] = (struct pollfd){ .fd = e->hub_fd,
		.events = (short)(POLLIN | (sek_outbox_empty(&e->outbox) ? 0 : POLLOUT)) };
	p[1] = (struct pollfd){ .fd = e->look ? -1 : e->wake_fd, .events = POLLIN };
	int n = ppoll(p, 2, at == UINT64_MAX ? NULL : &t, NULL);

	if (n < 0 && errno != EINTR)
		return sek_from_errno();
	e->now_us = now_us();
	if (n == 0 && e->now_us > at && at > now)
		sek_pace_starved(&e->pace, e->now_us - at, e->now_us);
	return sek_ok();
}

static sek_status read_hub(struct sek_encoder *e)
{
	ssize_t n = read(e->hub_fd, e->in + e->in_n, sizeof e->in - e->in_n);

	if (n == 0)
		return sek_fail(SEK_E_CLOSED);
	if (n < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return sek_ok();
		return errno == ECONNRESET ? sek_fail(SEK_E_CLOSED) : sek_from_errno();
	}
	e->in_n += (size_t)n;
	return sek_encoder_take(e);
}

static sek_status read_wake(struct sek_encoder *e)
{
	uint64_t count;

	if (read(e->wake_fd, &count, sizeof count) < 0 && errno != EAGAIN && errno != EINTR)
		return sek_from_errno();
	e->look = true;
	return sek_ok();
}

static sek_status work(struct sek_encoder *e, const struct pollfd p[2])
{
	if (p[0].revents & POLLOUT)
		SEK_TRY(sek_outbox_flush(&e->outbox));
	if (p[0].revents & (POLLIN | POLLHUP | POLLERR))
		SEK_TRY(read_hub(e));
	if (p[1].revents)
		SEK_TRY(read_wake(e));
	sek_encoder_look(e, e->now_us);
	SEK_TRY(sek_encoder_send(e, e->now_us));
	return sek_encoder_aside(e);
}

static sek_status turn(struct sek_encoder *e)
{
	struct pollfd p[2];
	uint64_t ran_us, wall_us;

	SEK_TRY(wait_for_events(e, p));
	ran_us = clock_us(CLOCK_THREAD_CPUTIME_ID);
	SEK_TRY(work(e, p));
	ran_us = clock_us(CLOCK_THREAD_CPUTIME_ID) - ran_us;
	wall_us = now_us() - e->now_us;
	/* nothing above blocks: the rest of the time others had the processor */
	if (wall_us > ran_us)
		sek_pace_starved(&e->pace, wall_us - ran_us, e->now_us + wall_us);
	return sek_ok();
}

enum sek_child_exit sek_encoder_run(struct sek_encoder *e)
{
	sek_status s;

	do
		s = turn(e);
	while (sek_is_ok(s));
	if (sek_is(s, SEK_E_CLOSED))
		return SEK_EXIT_OK;
	return sek_is(s, SEK_E_MALFORMED) ? SEK_EXIT_PROTOCOL : SEK_EXIT_INTERNAL;
}
