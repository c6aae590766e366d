/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Checking a log that may have been changed by anybody. Needs the files and the public key, nothing of the broker. Private to
 * sekisho-audit-verify and its tests.
 */
#ifndef SEK_BROKER_HUB_AUDIT_VERIFY_H
#define SEK_BROKER_HUB_AUDIT_VERIFY_H

#include "broker/hub/audit/chain.h"

enum sek_finding_kind {
	SEK_FINDING_UNREADABLE,   /* a file could not be read */
	SEK_FINDING_MALFORMED,    /* a line that the writer cannot have written */
	SEK_FINDING_CHANGED,      /* a record's bytes are not those that its hash was made of */
	SEK_FINDING_GAP,          /* numbers are missing: records were deleted */
	SEK_FINDING_ORDER,        /* a number came before: records were moved or repeated */
	SEK_FINDING_SIGNATURE,    /* a checkpoint is not signed by the key, or speaks of another chain: it was made anew */
	SEK_FINDING_HEADER,       /* a segment does not begin with its own header */
	SEK_FINDING_KEY,          /* a segment names another key */
	SEK_FINDING_SEGMENT,      /* a segment is missing */
	SEK_FINDING_BEGINNING,    /* the log does not begin at record 1 */
	SEK_FINDING_SHORT,        /* the log ends before a record that is known to have been written */
	SEK_FINDING_OTHER,        /* a record of a known number is another one */
	SEK_FINDING_NO_HEAD,      /* the head file is missing, or not signed by the key */
	SEK_FINDING_REPORTED,     /* the broker itself found the log damaged and wrote that down */
	SEK_FINDING_TAIL,         /* note: the last line is incomplete (being written, or torn) and nobody was told of it */
	SEK_FINDING_UNSIGNED,     /* note: the last records are covered by the head only, no checkpoint follows them yet */
	SEK_FINDING_REKEYED,      /* note: the old key has named another one, which signs from here on */
	SEK_FINDING_ARCHIVED,     /* note: the beginning was not given, as allowed */
	SEK_FINDINGS,
};
bool sek_finding_is_note(enum sek_finding_kind k);
const char *sek_finding_word(enum sek_finding_kind k);          /* "changed" */
const char *sek_finding_text(enum sek_finding_kind k, bool ja); /* a sentence */

struct sek_finding {
	enum sek_finding_kind kind;
	const char *file;  /* good during the call */
	uint64_t line;     /* of the file, 0 = none */
	uint64_t seq;      /* of the record, 0 = unknown */
};

struct sek_audit_verify {
	const char *folder;
	uint8_t key[SEK_AUDIT_KEY_BYTES];
	const char *head;          /* path of the head file; NULL: folder/head */
	bool no_head;              /* do not ask for one */
	bool archived;             /* earlier segments may be missing */
	const struct sek_audit_point *known; /* records known from elsewhere (a copy of a checkpoint) */
	size_t n_known;
	void (*found)(void *user, const struct sek_finding *f);
	void *user;

	/* out */
	uint64_t findings, notes, records, checkpoints, segments;
	struct sek_audit_point first, last;
	uint64_t signed_seq;       /* of the last sound checkpoint */
	char from[40], to[40];     /* times of the first and last record */
};

/* The numbers of the files of a log, in their order (heap, the caller's). SEK_E_IO, SEK_E_NOMEM. */
sek_status sek_audit_segments(const char *folder, unsigned **ret, size_t *ret_n);

/* Reads everything; each finding is told as it is met. SEK_E_IO: the folder cannot be read. */
sek_status sek_audit_verify(struct sek_audit_verify *v);

#endif
