/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How much may be under way to the client. From acknowledgements alone it learns how fast the line delivers and how long
 * it takes when it is empty, and keeps as many bytes in flight as fill the line and hardly any that would wait in front of
 * it: whatever queues there (here, in the broker, in the kernel, in a router) is in flight, and delays the next key press.
 * Pure arithmetic on a clock that the caller gives; no I/O, no allocation. Must never trust an acknowledgement for more
 * than its time: what was acknowledged is the caller's to check.
 */
#ifndef SEK_BROKER_ENCODER_PACE_H
#define SEK_BROKER_ENCODER_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/codec/encode.h"

enum {
	SEK_PACE_FRAMES = 16,             /* in flight at most, however long the line */
	SEK_PACE_FRAMES_LEAST = 3,        /* allowed on the shortest line */
	SEK_PACE_FRAME_US = 8333,         /* one more for each of these of the line's empty round trip */
	SEK_PACE_RATES = 10,              /* the line is as fast as the fastest of so many samples */
	SEK_PACE_RATE_START = 1250000,    /* bytes/s: 10 Mbit/s until the first sample */
	SEK_PACE_RATE_LEAST = 8000,
	SEK_PACE_QUEUE_US = 40000,        /* of line time: what may wait in front of the line, besides an eighth of a round trip */
	SEK_PACE_FRAME_MOST_US = 50000,   /* of line time: the largest frame */
	SEK_PACE_FRAME_LEAST_US = 15000,  /* of line time: with less room than this a frame waits */
	SEK_PACE_WINDOW_START = 16384,    /* bytes: before it is known how fast the line is */
	SEK_PACE_FIRST = 2048,            /* bytes: the first frame, which shows the empty line's round trip */
	SEK_PACE_ROOM_LEAST = 1024,       /* bytes: the smallest allowance */
	SEK_PACE_BURST_US = 60000,        /* of line time: what may be sent at once after a pause, though the window is larger */
	SEK_PACE_HURRY_US = 25000,        /* of line time above the window, for what a person waits for */
	SEK_PACE_STOP_US = 20000,         /* an acknowledgement that is later than expected by this is waited for, */
	SEK_PACE_LATE_US = 50000,         /* and one that came later than this says that the line has become slower */
	SEK_PACE_PROBE_LINE_US = 25000,   /* of line time: a longer frame does not show an empty line */
	SEK_PACE_PROBE_US = 8000000,      /* an empty round trip that was not seen again for so long is measured anew */
	SEK_PACE_QUALITY_MOST = SEK_JPEG_QUALITY,
	SEK_PACE_QUALITY_PRESS = 70,      /* below it the line is the reason for whatever looks bad */
	SEK_PACE_QUALITY_LEAST = 25,
	SEK_PACE_PASS_US = 80000,         /* of line time: photographs and films, once through */
	SEK_PACE_FREE_RATE = 4000000,     /* bytes/s: a line so fast is never the reason for a worse picture */
	SEK_PACE_FILL_US = 10000,         /* of line time above an empty round trip: so much under way fills the line */
	SEK_PACE_WEIGHT_US = 20000,       /* of line time: with less under way, a late acknowledgement may have any reason */
	SEK_PACE_JITTER_US = 1000,        /* below it a difference of two round trips tells nothing */
	SEK_PACE_STARVED_US = 10000,      /* whoever had to wait so long for a processor cannot tell how late an acknowledgement was, */
	SEK_PACE_STARVED_TIMES = 4,       /* unless it was later than by so many times that wait */
	SEK_PACE_STARVED_HALF_US = 500000, /* half of it is forgotten in this time */
	SEK_PACE_STARVED_MOST_US = 250000,
};

struct sek_pace_sent {
	uint32_t frame;
	bool lone;               /* nothing else was in flight */
	bool short_of;           /* did not fill the line: says nothing about a slower one */
	bool light;              /* hardly anything was under way */
	size_t bytes, ahead;     /* ahead: in flight when it was sent, with itself */
	uint64_t sent_us, before_us; /* before_us: sending time of the frame from which `delivered` counts */
	uint64_t delivered, delivered_us; /* when it was sent */
};

struct sek_pace {
	struct sek_pace_sent flight[SEK_PACE_FRAMES];
	unsigned first, n;
	size_t in_flight;        /* bytes */
	uint64_t delivered;      /* bytes acknowledged */
	uint64_t delivered_us, before_us;
	uint64_t short_until;    /* `delivered` up to which there was nothing more to send */
	uint64_t rates[SEK_PACE_RATES]; /* bytes/s, newest at [rates_n - 1 mod] */
	unsigned rates_n;
	uint64_t rate;           /* bytes/s; 0: not known */
	uint64_t rtt_us, rtt_seen_us; /* the empty line's round trip (0: not known), when it was last seen */
	size_t rtt_bytes;        /* and with how large a frame */
	uint64_t doubted_us;     /* when a light frame that was late last lowered the rate */
	unsigned acks;           /* up to a few: samples of the round trip */
	uint64_t starved_us, starved_at_us; /* how long we did not run although we had work, and when that was seen */
	uint64_t free_us;        /* when the line will have taken what it was given, if it is a little faster than it seems */
	bool probing;            /* lets the line run empty to measure it anew */
	unsigned quality;
	uint64_t pass_us;        /* of line time: what the photographs and films of one moment take */
};

void sek_pace_init(struct sek_pace *p);
/* A frame of `bytes` was sent. n < SEK_PACE_FRAMES. */
void sek_pace_sent(struct sek_pace *p, uint32_t frame, size_t bytes, uint64_t now_us);
/* All frames up to this one have been drawn; one that is not in flight changes nothing. */
void sek_pace_acked(struct sek_pace *p, uint32_t frame, uint64_t now_us);
/* Whoever draws has changed, or has lost the picture: nothing is in flight, nothing is known about the line. */
void sek_pace_restart(struct sek_pace *p);
/* For so long we did not run although we had work: this machine is busy, and a late acknowledgement is not the line's fault. */
void sek_pace_starved(struct sek_pace *p, uint64_t us, uint64_t now_us);
/* How long the line takes for so many bytes. */
uint64_t sek_pace_line_us(const struct sek_pace *p, size_t bytes);
/* There was room and nothing to send. */
void sek_pace_idle(struct sek_pace *p);
/* Photographs of so many pixels took so many bytes; so many pixels more had to wait: what quality is right from now on. */
void sek_pace_photos(struct sek_pace *p, uint64_t px, uint64_t bytes, uint64_t left_px);

/* So many bytes may be in flight. */
size_t sek_pace_window(const struct sek_pace *p);
/* For how many bytes a frame is allowed to be now; 0: none may be sent. hurry: it is small, and a person waits for it. */
size_t sek_pace_room(const struct sek_pace *p, bool hurry, uint64_t now_us);
/* When there will be room though nothing is acknowledged meanwhile; UINT64_MAX: not before an acknowledgement, or now. */
uint64_t sek_pace_due_us(const struct sek_pace *p, uint64_t now_us);
/* True while the line is so slow that the order in which a frame is made matters. */
bool sek_pace_slow(const struct sek_pace *p);

#endif
