/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See pace.h. After BBR (Cardwell and others, ACM Queue 14/5, 2016), with frames for packets; how fast the line delivers is
 * estimated as in draft-cheng-iccrg-delivery-rate-estimation. Where it differs: a line that became slower is believed at
 * once, because here a queue hurts more than an unused line.
 */
#include "broker/encoder/pace.h"

#include "base/error.h"

#define SECOND_US 1000000u

void sek_pace_init(struct sek_pace *p)
{
	*p = (struct sek_pace){ .quality = SEK_PACE_QUALITY_MOST, .short_until = 1 };
}

void sek_pace_restart(struct sek_pace *p)
{
	unsigned quality = p->quality;

	sek_pace_init(p);
	p->quality = quality;
}

static uint64_t rate_of(const struct sek_pace *p)
{
	uint64_t rate = p->rate ? p->rate : SEK_PACE_RATE_START;

	return rate > SEK_PACE_RATE_LEAST ? rate : SEK_PACE_RATE_LEAST;
}

static uint64_t bytes_in(const struct sek_pace *p, uint64_t us)
{
	return rate_of(p) * us / SECOND_US;
}

uint64_t sek_pace_line_us(const struct sek_pace *p, size_t bytes)
{
	return bytes * SECOND_US / rate_of(p);
}

/* --- what is under way --- */

/* A frame tells how fast the line is only if the line had no pause until its acknowledgement: by what is in flight, not by
 * why it is not more. Nothing to send, small frames, too many of them: all the same. */
static bool fills_line(const struct sek_pace *p, size_t ahead)
{
	return p->rate == 0 || sek_pace_line_us(p, ahead) >= p->rtt_us + SEK_PACE_FILL_US;
}

void sek_pace_sent(struct sek_pace *p, uint32_t frame, size_t bytes, uint64_t now_us)
{
	struct sek_pace_sent *s = &p->flight[(p->first + p->n) % SEK_PACE_FRAMES];
	size_t ahead = p->in_flight + bytes;

	SEK_ASSERT(p->n < SEK_PACE_FRAMES);
	if (p->n == 0)
		p->before_us = p->delivered_us = now_us; /* idle time is nobody's fault */
	*s = (struct sek_pace_sent){ .frame = frame, .lone = p->n == 0,
		.short_of = p->short_until > p->delivered || !fills_line(p, ahead),
		.light = sek_pace_line_us(p, ahead) < SEK_PACE_WEIGHT_US, .bytes = bytes, .ahead = ahead, .sent_us = now_us, .before_us = p->before_us, .delivered = p->delivered,
		.delivered_us = p->delivered_us };
	p->n++;
	p->in_flight += bytes;
	p->free_us = (p->free_us > now_us ? p->free_us : now_us) + sek_pace_line_us(p, bytes) * 4 / 5;
}

void sek_pace_idle(struct sek_pace *p)
{
	p->short_until = p->delivered + p->in_flight + 1;
}

/* --- what acknowledgements tell --- */

/* After how long s is acknowledged if the line is what it was: what was sent before it passes while it travels. */
static uint64_t expected_us(const struct sek_pace *p, const struct sek_pace_sent *s)
{
	uint64_t ahead_us = sek_pace_line_us(p, s->ahead);

	return (ahead_us > p->rtt_us ? ahead_us : p->rtt_us) + sek_pace_line_us(p, s->bytes);
}

static void forget_rates(struct sek_pace *p)
{
	p->rates_n = 0;
}

static void take_rate(struct sek_pace *p, uint64_t rate)
{
	unsigned n = p->rates_n < SEK_PACE_RATES ? p->rates_n + 1 : SEK_PACE_RATES;

	p->rates[p->rates_n++ % SEK_PACE_RATES] = rate;
	if (p->rates_n == 2 * SEK_PACE_RATES)
		p->rates_n = SEK_PACE_RATES;
	p->rate = 0;
	for (unsigned i = 0; i < n; i++)
		p->rate = p->rates[i] > p->rate ? p->rates[i] : p->rate;
}

/* Half as much each SEK_PACE_STARVED_HALF_US. */
static uint64_t starved_us(const struct sek_pace *p, uint64_t now_us)
{
	uint64_t halves = now_us > p->starved_at_us ? (now_us - p->starved_at_us) / SEK_PACE_STARVED_HALF_US : 0;

	return halves < 32 ? p->starved_us >> halves : 0;
}

void sek_pace_starved(struct sek_pace *p, uint64_t us, uint64_t now_us)
{
	us = us < SEK_PACE_STARVED_MOST_US ? us : SEK_PACE_STARVED_MOST_US;
	if (us < starved_us(p, now_us))
		return;
	p->starved_us = us;
	p->starved_at_us = now_us;
}

static bool is_starved(const struct sek_pace *p, uint64_t now_us)
{
	return starved_us(p, now_us) >= SEK_PACE_STARVED_US;
}

static void learn_round_trip(struct sek_pace *p, const struct sek_pace_sent *s, uint64_t rtt_us, uint64_t now_us)
{
	/* a long frame does not show the line's round trip but its own length */
	bool shows = s->lone && (s->bytes <= 2 * SEK_PACE_ROOM_LEAST || sek_pace_line_us(p, s->bytes) < SEK_PACE_PROBE_LINE_US);

	if (p->rtt_us == 0 || rtt_us <= p->rtt_us || (p->probing && shows && !is_starved(p, now_us))) {
		p->rtt_us = rtt_us > 0 ? rtt_us : 1;
		p->rtt_bytes = s->bytes;
		p->rtt_seen_us = now_us;
		p->probing = false;
	} else if (now_us - p->rtt_seen_us > SEK_PACE_PROBE_US) {
		p->probing = true;
	}
}

/* By so much later than on the empty line. */
static uint64_t queue_us(const struct sek_pace *p, uint64_t rtt_us)
{
	return rtt_us > p->rtt_us ? rtt_us - p->rtt_us : 0;
}

/* A late acknowledgement says that the line is slower than was thought, and is believed at once if there was enough under
 * way to tell. A few bytes that took 300 ms tell of a client that was busy, or a page that was collected: then the rate is
 * halved, once for all that was under way. If it is the line, the next ones are late, too, and soon weigh enough. */
static void learn_late(struct sek_pace *p, const struct sek_pace_sent *s, uint64_t rate, uint64_t rtt_us, uint64_t now_us)
{
	uint64_t before = rate_of(p);

	if (s->light && p->rate > 0) {
		if (s->sent_us < p->doubted_us)
			return;
		p->doubted_us = now_us;
		forget_rates(p);
		take_rate(p, rate > before / 2 ? rate : before / 2);
		return;
	}
	/* the pictures that come next are for this line, not for the one before */
	if (rate < before / 2 && p->quality > SEK_PACE_QUALITY_LEAST)
		p->quality -= (p->quality - SEK_PACE_QUALITY_LEAST) / 2;
	/* alone on the line: what it took longer than an empty line is its own length */
	if (s->lone && s->bytes >= 2048)
		rate = s->bytes * SECOND_US / queue_us(p, rtt_us);
	if (rate < before || s->lone)
		forget_rates(p);
	take_rate(p, rate);
}

/* Two round trips, of a small frame and of a larger one: the difference is the line's time for the bytes that it was larger
 * by. If that is less than half of what it ought to be, the line is at least twice as fast as was thought. So an estimate
 * that became too low by mistake recovers from lone frames, however long the line, in proportion to what it costs: the
 * lower it is, the smaller the frames that find it out. */
static bool is_twice_as_fast(const struct sek_pace *p, const struct sek_pace_sent *s, uint64_t rtt_us, uint64_t now_us)
{
	uint64_t queue = queue_us(p, rtt_us), ours = starved_us(p, now_us) / 2;

	if (p->rate == 0 || !s->lone || s->bytes <= p->rtt_bytes)
		return false;
	return (queue > ours ? queue - ours : 0) + SEK_PACE_JITTER_US < sek_pace_line_us(p, s->bytes - p->rtt_bytes) / 2;
}

static void learn_rate(struct sek_pace *p, const struct sek_pace_sent *s, uint64_t rtt_us, uint64_t now_us)
{
	/* what was delivered since s was sent came no faster than it was sent: bunched acknowledgements tell nothing */
	uint64_t by_sending = s->sent_us - s->before_us, by_arrival = now_us - s->delivered_us;
	uint64_t us = by_sending > by_arrival ? by_sending : by_arrival;
	uint64_t rate = (p->delivered - s->delivered) * SECOND_US / (us ? us : 1);

	if (rtt_us > expected_us(p, s) + SEK_PACE_LATE_US + SEK_PACE_STARVED_TIMES * starved_us(p, now_us)) {
		learn_late(p, s, rate, rtt_us, now_us);
		return;
	}
	if (rate < 2 * rate_of(p) && is_twice_as_fast(p, s, rtt_us, now_us))
		rate = 2 * rate_of(p);
	/* A busy machine must not pass for a slow line: what is done for one takes more of the processor, and so would never end. */
	if (is_starved(p, now_us)) {
		if (p->rate == 0 && rate < SEK_PACE_FREE_RATE)
			rate = SEK_PACE_FREE_RATE;
		if (rate > p->rate)
			take_rate(p, rate);
		return;
	}
	if (!s->short_of || (p->rate > 0 && rate > p->rate))
		take_rate(p, rate);
}

void sek_pace_acked(struct sek_pace *p, uint32_t frame, uint64_t now_us)
{
	struct sek_pace_sent last;
	unsigned i;

	for (i = 0; i < p->n && p->flight[(p->first + i) % SEK_PACE_FRAMES].frame != frame; i++)
		;
	if (i == p->n)
		return;
	for (unsigned k = 0; k <= i; k++) {
		last = p->flight[p->first];
		p->delivered += last.bytes;
		p->in_flight -= last.bytes;
		p->first = (p->first + 1) % SEK_PACE_FRAMES;
		p->n--;
	}
	p->delivered_us = now_us;
	p->before_us = last.sent_us;
	if (p->acks < SEK_PACE_FRAMES_LEAST)
		p->acks++;
	learn_round_trip(p, &last, now_us - last.sent_us, now_us);
	learn_rate(p, &last, now_us - last.sent_us, now_us);
}

/* --- what may be sent --- */

size_t sek_pace_window(const struct sek_pace *p)
{
	if (p->rate == 0)
		return SEK_PACE_WINDOW_START;
	return (size_t)bytes_in(p, p->rtt_us + p->rtt_us / 8 + SEK_PACE_QUEUE_US);
}

/* The oldest frame ought to have been drawn long ago: the line is not what it was, or stands. */
static bool is_late(const struct sek_pace *p, uint64_t now_us)
{
	const struct sek_pace_sent *s = &p->flight[p->first];

	if (p->n == 0 || p->rtt_us == 0)
		return false;
	return now_us - s->sent_us > expected_us(p, s) + SEK_PACE_STOP_US;
}

size_t sek_pace_room(const struct sek_pace *p, bool hurry, uint64_t now_us)
{
	/* one acknowledgement alone may be late for any reason */
	uint64_t more = p->acks < SEK_PACE_FRAMES_LEAST ? 0 : p->rtt_us / SEK_PACE_FRAME_US + (hurry ? 1 : 0);
	uint64_t frames = SEK_PACE_FRAMES_LEAST + more;
	uint64_t most = bytes_in(p, hurry ? SEK_PACE_HURRY_US : SEK_PACE_FRAME_MOST_US);
	uint64_t window = sek_pace_window(p) + (hurry ? most : 0), room = window > p->in_flight ? window - p->in_flight : 0;
	uint64_t burst_us = SEK_PACE_BURST_US + (hurry ? SEK_PACE_HURRY_US : 0), wait_us = p->free_us > now_us ? p->free_us - now_us : 0;
	uint64_t least = bytes_in(p, SEK_PACE_FRAME_LEAST_US) < window / 4 ? bytes_in(p, SEK_PACE_FRAME_LEAST_US) : window / 4;
	uint64_t burst = burst_us > wait_us ? bytes_in(p, burst_us - wait_us) : 0;

	if (p->n >= SEK_PACE_FRAMES || p->n >= frames || is_late(p, now_us))
		return 0;
	room = room < burst ? room : burst;
	if (p->n > 0 && room < (hurry ? SEK_PACE_ROOM_LEAST : least))
		return 0;
	most = most < room ? most : room;
	if (p->probing && p->n > 0)
		return 0;
	if (p->probing)
		most /= 8; /* its own length must not pass for the line's */
	if (p->rtt_us == 0 && p->n == 0)
		most = SEK_PACE_FIRST;
	return (size_t)(most > SEK_PACE_ROOM_LEAST ? most : SEK_PACE_ROOM_LEAST);
}

uint64_t sek_pace_due_us(const struct sek_pace *p, uint64_t now_us)
{
	uint64_t at = p->free_us > SEK_PACE_BURST_US ? p->free_us - SEK_PACE_BURST_US + SEK_PACE_FRAME_LEAST_US + 1000 : 0;

	return p->n > 0 && at > now_us ? at : UINT64_MAX;
}

bool sek_pace_slow(const struct sek_pace *p)
{
	return rate_of(p) < SEK_PACE_FREE_RATE;
}

/* --- quality --- */

/* Steps of less than a tenth, so that a film does not flicker; down fast, up slowly. */
void sek_pace_photos(struct sek_pace *p, uint64_t px, uint64_t bytes, uint64_t left_px)
{
	if (px == 0)
		return;
	p->pass_us = sek_pace_line_us(p, bytes + bytes * left_px / px);
	if (p->pass_us > 2 * SEK_PACE_PASS_US)
		p->quality -= p->quality / 8;
	else if (p->pass_us > SEK_PACE_PASS_US)
		p->quality -= p->quality / 16;
	else if (p->pass_us < SEK_PACE_PASS_US / 2)
		p->quality += 2;
	if (!sek_pace_slow(p) || p->quality > SEK_PACE_QUALITY_MOST)
		p->quality = SEK_PACE_QUALITY_MOST;
	if (p->quality < SEK_PACE_QUALITY_LEAST)
		p->quality = SEK_PACE_QUALITY_LEAST;
}
