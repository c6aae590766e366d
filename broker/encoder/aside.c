/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Snapshots for the recording, a slice at a time between frames: what the client waits for is never behind more than one.
 * Must never count as sent to the client.
 */
#include <time.h>

#include "broker/encoder/loop.h"

static uint64_t cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static sek_status emit(void *user, const uint8_t *frame_bytes, size_t n)
{
	struct sek_encoder *e = user;

	return sek_outbox_put(&e->outbox, frame_bytes, n);
}

void sek_encoder_sent(struct sek_encoder *e, bool keyframe)
{
	e->made = true;
	sek_snapshots_sent(&e->snapshots, e->sent, keyframe, e->now_us, keyframe ? cpu_us() : 0);
}

void sek_encoder_record(struct sek_encoder *e, bool record, bool now)
{
	sek_snapshots_view(&e->snapshots, record, now);
	if (!record)
		sek_update_encoder_snapshot_stop(e->codec);
}

static sek_status slice(struct sek_encoder *e)
{
	const bool fast = e->snapshots.cost_us >= SEK_SNAPSHOTS_SMALL_US;
	uint64_t start = cpu_us(), end;
	bool done;

	SEK_TRY(sek_update_encoder_slice(e->codec, e->sent, SEK_SNAPSHOTS_EFFORT, fast, emit, e));
	end = cpu_us();
	done = !sek_update_encoder_snapshotting(e->codec);
	sek_snapshots_sliced(&e->snapshots, e->sent, done, end - start, e->now_us, end);
	/* what has to be sent again waits for nothing else */
	e->look = e->look || sek_update_encoder_dirty(e->codec);
	return sek_ok();
}

sek_status sek_encoder_aside(struct sek_encoder *e)
{
	struct sek_snapshots *s = &e->snapshots;
	bool made = e->made, calm;

	e->made = false;
	if (!s->on || sek_update_encoder_wants_keyframe(e->codec) || !sek_outbox_empty(&e->outbox))
		return sek_ok();
	if (!sek_update_encoder_snapshotting(e->codec)) {
		calm = !e->tiles && !e->holding && !sek_update_encoder_dirty(e->codec) && sek_update_encoder_exact(e->codec);
		if (!sek_snapshots_look(s, e->now_us) || !sek_snapshots_due(s, e->sent, calm, e->now_us, cpu_us()))
			return sek_ok();
		sek_update_encoder_snapshot(e->codec);
		sek_snapshots_begun(s, e->now_us);
	}
	if (made && e->now_us - s->slice_us < SEK_SNAPSHOTS_STARVED_US)
		return sek_ok();
	return slice(e);
}

uint64_t sek_encoder_aside_us(const struct sek_encoder *e)
{
	if (!e->snapshots.on || sek_update_encoder_wants_keyframe(e->codec) || !sek_outbox_empty(&e->outbox))
		return UINT64_MAX;
	return sek_update_encoder_snapshotting(e->codec) ? e->now_us : e->snapshots.look_us;
}
