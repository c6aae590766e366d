/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Work on a recording that takes long: a video file of it, the words that were to be read on it. Each is done by two programs, one that
 * holds the recording's key and one, jailed, that looks at the pictures; here they are started, heard and ended. On the
 * loop's thread; nothing here blocks.
 */
#ifndef SEK_BROKER_HUB_RECORD_WORK_H
#define SEK_BROKER_HUB_RECORD_WORK_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/status.h"
#include "broker/hub/record/reader.h"
#include "broker/hub/session/child.h"
#include "protocol/recording/words.h"

#define SEK_WORK_WHY_BYTES 160

struct sek_work;

struct sek_work_programs {
	const char *feed, *film, *words; /* executables; must outlive the work */
};

/* Told on the loop, never from inside a call. Texts and words are good during the call. */
struct sek_work_ops {
	void (*progress)(void *user, uint64_t at_us);       /* how far it has come in the recording; may be NULL */
	void (*found)(void *user, const struct sek_words *w); /* of words */
	/* Once, at the end; the handle is gone. SEK_E_CLOSED: cancelled. why: for the log, "" if all is well. */
	void (*done)(void *user, sek_status status, const char *why);
	void *user;
};

struct sek_work_job {
	const char *path;                          /* the recording */
	const uint8_t *key;                        /* SEK_RECORDING_KEY_BYTES; copied, wiped when it was handed over */
	uint64_t from_us, to_us;
};

struct sek_film_job {
	struct sek_work_job of;
	int fd;                                    /* the file, empty, open for reading and writing; stays the caller's, as do the texts */
	uint16_t fps;                              /* at most so many pictures a second, 1 to 30 */
	uint64_t began_utc_us;
	int offset_minutes;                        /* of the site's time from UTC then */
	const char *name, *comment;                /* whose session; metadata of the file (the recording's id and hash) */
};

/* children: whose loop and whose list it is. SEK_E_NOMEM, SEK_E_IO. */
sek_status sek_work_film(struct sek_children *children, const struct sek_work_programs *programs, const struct sek_film_job *job,
	const struct sek_work_ops *ops, struct sek_work **ret);
/* languages: "jpn+eng". */
sek_status sek_work_words(struct sek_children *children, const struct sek_work_programs *programs, const struct sek_work_job *job,
	const char *languages, const struct sek_work_ops *ops, struct sek_work **ret);
/* Ends it; done is called with SEK_E_CLOSED, later. NULL is fine. */
void sek_work_cancel(struct sek_work *w);

#endif
