/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A log in a folder of its own, for tests.
 */
#ifndef SEK_TESTS_HUB_AUDIT_RIG_H
#define SEK_TESTS_HUB_AUDIT_RIG_H

#include <check.h>

#include "broker/hub/audit/audit.h"
#include "broker/hub/audit/files.h"

struct rig {
	char dir[64], log[96], key[96];
	struct sek_audit_config config;
	char err[512];
};

void rig_init(struct rig *r);
void rig_finish(struct rig *r);

/* Opens the log, which must work. */
struct sek_audit_files *rig_open(struct rig *r);
/* Appends one record with that `what`. */
sek_status rig_add(struct sek_audit_files *f, const char *what);

/* Appends about 2 MB: a limit on file sizes that stands in for a full disk must leave room for Check's own file. */
void rig_grow(struct sek_audit_files *f);

/* A file of the log's folder: its path, its whole text (heap), and back. */
const char *rig_path(const struct rig *r, const char *name);
char *rig_read(const struct rig *r, const char *name, size_t *ret_n);
void rig_write(const struct rig *r, const char *name, const char *text, size_t n);

/* How many lines of the file hold the words. */
unsigned rig_count(const struct rig *r, const char *name, const char *words);

int rig_run(Suite *s);

#endif
