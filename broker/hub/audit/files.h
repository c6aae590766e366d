/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The log's folder: segments, head, key, lock. Blocking; one thread at a time per handle. Several processes may have the
 * folder open: each append takes the folder's lock and first reads what others have added. Private to audit/.
 *
 *   audit-00000001.log ...  the segments: a chain that goes on from each to the next
 *   head                    the newest record's number and hash, signed, written anew after each append
 *   lock                    flock(2) of whoever writes
 *   torn-SEQ                what was cut off after record SEQ: the end of a write that was interrupted
 */
#ifndef SEK_BROKER_HUB_AUDIT_FILES_H
#define SEK_BROKER_HUB_AUDIT_FILES_H

#include "broker/hub/audit/audit.h"
#include "broker/hub/audit/chain.h"

struct sek_audit_files;

/* Opens and repairs. On failure err says what is wrong and what to do. */
sek_status sek_audit_files_open(const struct sek_audit_config *config, struct sek_audit_files **ret, char *err,
	size_t err_size);
/* Signs if anything is unsigned. NULL is fine. */
void sek_audit_files_close(struct sek_audit_files *f);

struct sek_audit_body {
	const char *text;
	size_t n;
};

/* Appends n records and syncs them: all of them are on the disk, or (any other answer) none of them is in the log. `sign`: a
 * checkpoint follows in any case. *ret_lines: the lines as written, heap, the caller frees; may be NULL. */
sek_status sek_audit_files_append(struct sek_audit_files *f, const struct sek_audit_body *bodies, size_t n, bool sign,
	char **ret_lines, size_t *ret_lines_n);

/* What stands on the disk, as of the last call. */
struct sek_audit_point sek_audit_files_point(const struct sek_audit_files *f);
uint64_t sek_audit_files_signed(const struct sek_audit_files *f); /* number of the last checkpoint */
unsigned sek_audit_files_segment(const struct sek_audit_files *f);
/* What opening found: bytes of a torn tail; whether records that had been acknowledged are gone or changed. */
uint64_t sek_audit_files_repaired(const struct sek_audit_files *f);
bool sek_audit_files_damaged(const struct sek_audit_files *f);

#endif
