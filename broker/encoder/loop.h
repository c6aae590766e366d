/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The encoder's loop: looks at the gap when it is woken, makes messages for the client, keeps few frames in flight.
 */
#ifndef SEK_BROKER_ENCODER_LOOP_H
#define SEK_BROKER_ENCODER_LOOP_H

#include "broker/encoder/outbox.h"
#include "broker/encoder/pace.h"
#include "broker/encoder/snapshots.h"
#include "broker/encoder/watermark.h"
#include "broker/gap/children.h"
#include "broker/gap/gap.h"
#include "protocol/codec/encode.h"

#define SEK_ENCODER_LOOK_US 8333    /* between two looks at the gap while something moves: 120 a second on average */
#define SEK_ENCODER_LOOK_SLOW_US 50000 /* the same while no picture could be sent: for the state alone */
#define SEK_ENCODER_LOOK_HELD_US 1000  /* the same while a frame is half painted */
#define SEK_ENCODER_HOLD_PART_US 8000  /* how long the end of a changed picture is waited for */
#define SEK_ENCODER_HOLD_WHOLE_US 300000 /* and of one that is painted anew, which would flash black */
#define SEK_ENCODER_CURSOR_US 33333 /* between two cursor images: they are large and may be a flood */
#define SEK_ENCODER_REFINE_MS 450 /* longer, and less is made exact that goes away; a film still is within a second */
#define SEK_ENCODER_FILM_GAP_MS 150 /* on a line that shows a film at its own rate; more on a slow one */
#define SEK_ENCODER_FILM_GAP_MAX_MS 2000

struct sek_encoder {
	const struct sek_gap_layout *layout; /* not owned, likewise the next two */
	struct sek_gap_reader *gap;
	struct sek_update_encoder *codec;
	struct sek_outbox outbox;
	struct sek_pace pace;
	int hub_fd, wake_fd;

	bool visible;
	bool picture;        /* the gap has held a whole frame */
	bool look;           /* woken: look at the gap as soon as the pace allows */
	bool fresh;          /* looked at in this turn: a frame may be made of it */
	bool tiles;          /* the tile counters have to be looked at, or tiles had to wait for the line */
	bool size_due, state_due, cursor_due, caret_due, documents_due;
	struct sek_gap_header now;  /* the latest look */
	uint16_t width_px, height_px; /* what the client has been or will be told */
	/* Frame numbers. They start with the clock, faster than frames can be made, so that an encoder that replaces a dead
	 * one goes on above it: the client's late acknowledgements are then old, not nonsense. */
	uint32_t sent, acked;
	size_t unframed; /* bytes since the last frame: the next one's acknowledgement stands for them, too */

	struct sek_watermark watermark;
	bool remark;         /* every tile has to be looked at as if it had changed: another watermark, or another size */

	struct sek_snapshots snapshots;
	bool made;           /* a frame, in this turn */

	bool holding;
	uint32_t hold_frame, given_up_frame; /* the gap's frame count */
	bool given_up;

	uint32_t frame_us;   /* at least so long between two looks that may become frames: the policy's frames a second */
	/* Monotonic microseconds. */
	uint64_t now_us; /* of this turn */
	uint64_t looked_us, look_due_us, hold_until_us, cursor_at_us, refine_not_before_us;

	size_t in_n;
	uint8_t in[256]; /* frames of the hub: the largest is VIEW */
	struct sek_gap_cursor cursor; /* scratch */
};

/* NULL when out of memory. The descriptors, layout, gap and codec stay the caller's. */
struct sek_encoder *sek_encoder_create(const struct sek_gap_layout *layout, struct sek_gap_reader *gap,
	struct sek_update_encoder *codec, int hub_fd, int wake_fd);
void sek_encoder_destroy(struct sek_encoder *e);

/* Runs until the broker closes the hub socket (SEK_EXIT_OK) or breaks the grammar, or memory ends. */
enum sek_child_exit sek_encoder_run(struct sek_encoder *e);

/* hub.c: takes the whole frames in e->in. SEK_E_MALFORMED: the grammar, or an ACK for a frame that was never sent. */
sek_status sek_encoder_take(struct sek_encoder *e);
/* view.c: one look at the gap's header, if one is wanted and the pace allows it: what of it is news. */
void sek_encoder_look(struct sek_encoder *e, uint64_t now_us);
/* view.c: whether a picture may be sent now. */
bool sek_encoder_has_room(const struct sek_encoder *e);
/* view.c: sends what is due and allowed. SEK_E_CLOSED if the broker is gone. */
sek_status sek_encoder_send(struct sek_encoder *e, uint64_t now_us);
/* view.c: when something will be due by itself; UINT64_MAX if never. */
uint64_t sek_encoder_due_us(const struct sek_encoder *e);

/* aside.c: a frame was sent in this turn; what VIEW says of the recording. */
void sek_encoder_sent(struct sek_encoder *e, bool keyframe);
void sek_encoder_record(struct sek_encoder *e, bool record, bool now);
/* aside.c: at the end of a turn: the next slice of a snapshot, if one is due. SEK_E_CLOSED. */
sek_status sek_encoder_aside(struct sek_encoder *e);
/* aside.c: when that is due by itself; UINT64_MAX if never. */
uint64_t sek_encoder_aside_us(const struct sek_encoder *e);

#endif
