/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the two files of the log's folder share: files.c (appending) and repair.c (opening).
 */
#ifndef SEK_BROKER_HUB_AUDIT_FILES_PRIVATE_H
#define SEK_BROKER_HUB_AUDIT_FILES_PRIVATE_H

#include <limits.h>

#include "broker/hub/audit/files.h"

struct sek_audit_files {
	struct sek_audit_config config;
	struct sek_sign_key key;
	int lock_fd, head_fd, fd;     /* fd: the segment that is written; -1 = none */
	unsigned segment;
	uint64_t size;                /* of the segment up to the last whole record */
	struct sek_audit_point point; /* the last record */
	uint64_t signed_seq;
	uint64_t repaired;
	bool damaged;
	bool dirty;                   /* bytes behind size that no one was told of */
};

sek_status sek_audit_lock(struct sek_audit_files *f);
void sek_audit_unlock(struct sek_audit_files *f);
void sek_audit_segment_path(const struct sek_audit_files *f, unsigned segment, char ret[PATH_MAX]);
/* Opens segment n for writing in the place of the present one. */
sek_status sek_audit_segment_open(struct sek_audit_files *f, unsigned n);
/* Begins segment n with its header after f->point, on the disk. */
sek_status sek_audit_segment_make(struct sek_audit_files *f, unsigned n);
/* Adds one record of the log about itself. */
sek_status sek_audit_note(struct sek_audit_files *f, const char *what, enum sek_audit_outcome outcome,
	const char *const *details);
/* Keeps what stands behind f->size in a file of its own, cuts it off and records that. */
sek_status sek_audit_cut_tail(struct sek_audit_files *f, uint64_t size);
/* The log was changed by somebody else: the file is left as it is, a new one begins, and says so. */
sek_status sek_audit_go_on_after_damage(struct sek_audit_files *f, const char *why, uint64_t expected_seq);
/* Appends lines without looking at the folder first. */
sek_status sek_audit_write(struct sek_audit_files *f, const struct sek_audit_body *bodies, size_t n, bool sign,
	char **ret_lines, size_t *ret_lines_n);
/* rekey.c, under the lock: if a change of the key was interrupted, finishes it (f stands at the log's end). */
sek_status sek_audit_rekey_finish(struct sek_audit_files *f);
/* The same, and then takes the key that lies there: somebody else has written, and may have changed it. */
sek_status sek_audit_take_key(struct sek_audit_files *f);
/* Under the lock: takes in what other processes have appended, and notices what nobody may do. */
sek_status sek_audit_catch_up(struct sek_audit_files *f);

#endif
