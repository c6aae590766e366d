/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A sequence as frames of the host link, encoded once by the code that sekisho-capture encodes with, for any number of sessions.
 * The tile of client/load/marker.h is left out of it.
 */
#ifndef SEK_CLIENT_LOAD_SYNTHETIC_TRACK_H
#define SEK_CLIENT_LOAD_SYNTHETIC_TRACK_H

#include "base/status.h"
#include "client/load/synthetic/source.h"

enum {
	SEK_TRACK_FRAMES_MAX = 512,
	SEK_TRACK_ENTRY_EVERY = 32, /* frames between two places where a session can begin */
	SEK_TRACK_ENTRIES_MAX = SEK_TRACK_FRAMES_MAX / SEK_TRACK_ENTRY_EVERY,
};

/* One frame: whole UPDATE messages, numbered 0. */
struct sek_track_frame {
	uint8_t *bytes; /* owned */
	size_t n;
};

/* A place to begin: the picture from nothing, after which frames[next] goes on. Without the end of the frame: the marker's tile is
 * still to come. */
struct sek_track_entry {
	struct sek_track_frame keyframe;
	size_t next;
};

struct sek_track {
	uint16_t width_px, height_px;
	struct sek_track_frame frames[SEK_TRACK_FRAMES_MAX];
	struct sek_track_entry entries[SEK_TRACK_ENTRIES_MAX];
	size_t n_frames, n_entries; /* at least 1 entry */
	size_t bytes;               /* of all frames, without the keyframes */
};

/* Plays the source at step_ms a frame; steps in which nothing changes are left out. SEK_E_NOT_FOUND: there is no picture in it. */
sek_status sek_track_make(struct sek_source *source, uint16_t width_px, uint16_t height_px, uint32_t step_ms,
	struct sek_track **ret);
void sek_track_destroy(struct sek_track *t);

#endif
