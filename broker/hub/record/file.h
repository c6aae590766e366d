/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The threads' half of writing: one recording's file. Blocking; one thread at a time per file. Private to record/.
 */
#ifndef SEK_BROKER_HUB_RECORD_FILE_H
#define SEK_BROKER_HUB_RECORD_FILE_H

#include <limits.h>

#include "broker/hub/record/form.h"
#include "broker/hub/record/record.h"

/* Entries of a block, where they stand in the sealed one: it is sealed in place, so that each second touches one piece of memory, not two. */
struct sek_record_plain {
	struct sek_record_plain *next;
	struct sek_block head;  /* number and offset are set by writing */
	uint8_t *place;         /* of the whole block; entries from SEK_RECORD_ENTRIES_AT on */
	size_t n, room;         /* bytes of entries: there are, there can be */
	bool sealed;            /* nothing stands in place that would have to be wiped */
};
void sek_record_plain_destroy(struct sek_record_plain *list); /* wipes; NULL is fine */
/* Where n more bytes of entries go. NULL: no memory, nothing has changed. */
uint8_t *sek_record_plain_room(struct sek_record_plain *p, size_t n);
/* Takes an entry into what a block's head says. */
void sek_record_count(struct sek_block *b, enum sek_entry_kind kind, const uint8_t *payload, size_t n, uint64_t at_us);

struct sek_record_file {
	char path[PATH_MAX];
	const char *folder;             /* not owned */
	const struct sek_sign_key *signer; /* not owned */
	int fd;                         /* -1: none */
	struct sek_record_header header;/* id, session, where, began, recipient: set by the caller */
	uint8_t key[SEK_RECORDING_KEY_BYTES];
	uint8_t hash[SEK_RECORD_HASH_BYTES]; /* of the last block; after the end: the end's */
	uint64_t size, length_us;       /* of what is whole */
	uint64_t synced;                /* bytes that a power cut leaves */
	uint32_t blocks, snapshots;
};

/* "FOLDER/ID.sekrec". SEK_E_LIMIT: too long. */
sek_status sek_record_path(const char *folder, const uint8_t id[16], char ret[PATH_MAX]);

/* Makes the key and the file with its header, on the disk with its name. On failure there is no file. */
sek_status sek_record_file_make(struct sek_record_file *f);
/* Seals (in place) and writes the blocks of the list. On failure those that are whole are kept, the rest is cut off. */
sek_status sek_record_file_append(struct sek_record_file *f, struct sek_record_plain *list);
sek_status sek_record_file_sync(struct sek_record_file *f);
/* Instead of syncing: the disk begins to write what was appended, and tells of what it could not write since the last call. */
sek_status sek_record_file_push(struct sek_record_file *f);
/* Writes the end, signed, and syncs. */
sek_status sek_record_file_end(struct sek_record_file *f, uint32_t state, bool late);
void sek_record_file_drop(struct sek_record_file *f); /* closes, wipes */
void sek_record_file_facts(const struct sek_record_file *f, struct sek_recording_facts *ret);

uint64_t sek_record_utc_us(void);

/* Finishes what a crash left in the folder; counts the bytes of all recordings. */
sek_status sek_record_repair(const char *folder, const struct sek_sign_key *signer,
	void (*finished)(void *user, const struct sek_recording_facts *facts), void *user, uint64_t *ret_bytes);
/* Sum of the sizes of all recordings in the folder. */
sek_status sek_record_folder_bytes(const char *folder, uint64_t *ret);
/* True if the name is that of a recording. */
bool sek_record_is_name(const char *name);

#endif
