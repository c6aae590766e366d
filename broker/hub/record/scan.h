/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Going along a recording's file: header, heads of blocks, end; links of the chain. For the reader and for what finishes
 * recordings after a crash. Private to record/.
 */
#ifndef SEK_BROKER_HUB_RECORD_SCAN_H
#define SEK_BROKER_HUB_RECORD_SCAN_H

#include "broker/hub/record/form.h"

struct sek_record_scan {
	int fd;                      /* not owned */
	bool trust;                  /* hashes are not checked: for fuzzing what stands behind them */
	struct sek_record_header header;
	struct sek_block *blocks;    /* whole ones, in their order */
	size_t n, room;
	uint64_t size;               /* of the file */
	uint64_t offset;             /* behind the last whole block, or behind the end */
	uint8_t hash[SEK_RECORD_HASH_BYTES]; /* of the last block, or the header's */
	bool closed;
	struct sek_record_end end;   /* if closed */
	uint8_t end_bytes[SEK_RECORD_END_BYTES];
	uint64_t window_at;
	size_t window_n;
	uint8_t window[16384];
};

/* Reads the header of an open file. SEK_E_MALFORMED (*ret_ours: it begins as one of ours), SEK_E_VERSION, SEK_E_IO. */
sek_status sek_record_scan_begin(struct sek_record_scan *s, int fd, bool trust, bool *ret_ours);
/* Goes on from s->offset up to the first that is not whole, or the end. SEK_E_IO, SEK_E_NOMEM. */
sek_status sek_record_scan_go(struct sek_record_scan *s);
/* Of an unfinished file: checks the hashes of the blocks within the last `bytes` (at least the last one), and forgets from the first
 * on whose bytes are not those that were written (a power cut). */
sek_status sek_record_scan_tail(struct sek_record_scan *s, uint64_t bytes);
/* True if the file ends with an end block, whole or not reached: then what is broken before it is damage, not a crash. */
bool sek_record_scan_ends(const struct sek_record_scan *s);
void sek_record_scan_finish(struct sek_record_scan *s);

/* Exactly n bytes at offset. SEK_E_MALFORMED: there are fewer. */
sek_status sek_record_read_at(int fd, uint64_t offset, void *ret, size_t n);

#endif
