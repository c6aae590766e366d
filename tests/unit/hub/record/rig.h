/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A folder of recordings with its keys and a loop, for tests.
 */
#ifndef SEK_TESTS_HUB_RECORD_RIG_H
#define SEK_TESTS_HUB_RECORD_RIG_H

#include <check.h>

#include "broker/hub/record/reader.h"
#include "broker/hub/record/record.h"

struct rig {
	char dir[64], folder[96], public_key[96], signing_key[96], signing_pub[112];
	uint8_t secret[32], signer[32];
	uv_loop_t loop;
	struct sek_recorder_config config;
	struct sek_recorder *recorder;
	char err[512];
	/* what was told */
	unsigned ready, failed, closed, changes, finished;
	sek_status status;               /* of the last ready */
	char why[SEK_RECORD_WHY_BYTES];
	bool sound;                      /* the last closed had facts */
	struct sek_recording_facts facts, late;
};

void rig_init(struct rig *r);   /* keys, no recorder */
void rig_finish(struct rig *r);
void rig_open(struct rig *r);   /* the recorder, which must work */
void rig_stop(struct rig *r);   /* ... and its end */
/* Runs the loop until *what reaches n; fails the test after half a minute. */
void rig_until(struct rig *r, const unsigned *what, unsigned n);
void rig_run(struct rig *r, unsigned ms);

/* Begins a recording and waits until it is ready. */
struct sek_recording *rig_begin(struct rig *r);
/* A frame for the client as an entry of so many bytes; flags of its header. */
void rig_frame(struct sek_recording *rec, enum sek_entry_kind kind, uint8_t flags, size_t n, uint8_t fill);
#define RIG_LARGE_BYTES (SEK_RECORD_BLOCK_BYTES / 4 * 3) /* no two of these fit into a block */
/* A recording of about `blocks` blocks (of 3 large entries each), closed. */
void rig_make(struct rig *r, unsigned blocks);

const char *rig_path(const struct rig *r, const char *id);
uint8_t *rig_read(const char *path, size_t *ret_n); /* heap */
void rig_write(const char *path, const uint8_t *bytes, size_t n);
/* Opens with its key. */
struct sek_recording_reader *rig_reader(struct rig *r, const char *id);
int rig_suite(Suite *s);

#endif
