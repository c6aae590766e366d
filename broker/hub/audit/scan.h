/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading a segment from the disk, following its chain. Private to audit/.
 */
#ifndef SEK_BROKER_HUB_AUDIT_SCAN_H
#define SEK_BROKER_HUB_AUDIT_SCAN_H

#include "broker/hub/audit/chain.h"

struct sek_audit_scan {
	struct sek_audit_point point; /* in: what stands before `offset`; out: the last sound record */
	uint64_t offset;              /* in: where to begin; out: behind the last sound record */
	uint64_t size;                /* out: of the file */
	uint64_t signed_seq;          /* out: the last checkpoint, if one was seen */
	/* in: a record whose hash is known; out: whether one of that number had another */
	struct sek_audit_point known;
	bool contradicts;
	bool from_header;             /* in: point is unknown, take it from the segment's first record */
};

/* Follows the chain from s->offset to the first byte that does not fit. SEK_E_IO, SEK_E_NOMEM; SEK_E_MALFORMED: from_header,
 * and there is no sound first record (s->size is set). */
sek_status sek_audit_scan(int fd, struct sek_audit_scan *s);

/* The highest number of a segment in the folder; 0 = there is none. */
sek_status sek_audit_last_segment(const char *path, unsigned *ret);

/* Reads n bytes at offset into the heap. SEK_E_IO also if there are fewer. */
sek_status sek_audit_read_at(int fd, uint64_t offset, size_t n, char **ret);

#endif
