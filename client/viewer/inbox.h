/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What crosses as pages, for the user of this viewer: what may be asked for, which request comes next, what an answer makes of it, and the
 * file that a finished document becomes on this computer. No connection, no drawing: whoever owns it sends the requests and shows the
 * rows. (The rules of client/web/documents, but for printing and copied texts, which are the browser's.)
 */
#ifndef SEK_CLIENT_VIEWER_INBOX_H
#define SEK_CLIENT_VIEWER_INBOX_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/wire/messages.h"

enum {
	INBOX_ROWS = 12,               /* of the newest documents */
	INBOX_ID_BYTES = 64,
	INBOX_NAME_BYTES = 404,        /* 100 characters */
	INBOX_WORD_BYTES = 40,
	INBOX_REASON_BYTES = 2048,
	INBOX_PATH_BYTES = 128,
	INBOX_FILE_MAX_BYTES = 1 << 30,
};

struct inbox_row {
	char id[INBOX_ID_BYTES], name[INBOX_NAME_BYTES], state[INBOX_WORD_BYTES];
	char reason[INBOX_REASON_BYTES]; /* a key's last part, or an approver's words */
	bool file;                     /* asked for to be had as a file, not to be printed */
	unsigned pages, pages_done;
};

struct inbox {
	uint8_t download;              /* POLICY's */
	uint16_t caught;               /* downloads that the isolated browser keeps */
	bool known;                    /* the broker has told of documents since the log-in */
	int count;
	struct inbox_row rows[INBOX_ROWS]; /* newest first */
	char error[64];                /* key of words, "" if there is none */
	char path[INBOX_PATH_BYTES];   /* of the request that was given last */
};

/* A log-in, or none any more: everything is forgotten. */
void inbox_reset(struct inbox *b);
/* Whether documents may be asked for; whether there is anything to show at all. */
bool inbox_may_take(const struct inbox *b);
bool inbox_useful(const struct inbox *b);
/* The newest document that can still be given up, or that can be saved; NULL: none. */
const struct inbox_row *inbox_open(const struct inbox *b);
const struct inbox_row *inbox_ready(const struct inbox *b);
/* In how many milliseconds to ask how things stand; 0: not by itself. shown: the user looks at it. */
unsigned inbox_wait_ms(const struct inbox *b, bool shown);

/* A body to be POSTed to b->path (the reference is the receiver's); NULL: out of memory. page: what the browser shows, else the newest
 * download. */
json_t *inbox_take(struct inbox *b, bool page, const char *name);
json_t *inbox_give_up(struct inbox *b);  /* of inbox_open, which is not NULL */
/* Sets b->path to what is to be GET: the list; the file of inbox_ready, which is not NULL. */
void inbox_list(struct inbox *b);
void inbox_file(struct inbox *b);

/* Answers (hostile), status 0 and NULL if there was none. inbox_listed: *ret_told is the newest row whose state is another one than it was
 * at the last answer and is worth a word, or NULL. */
void inbox_answered(struct inbox *b, int status, const json_t *answer);
void inbox_listed(struct inbox *b, int status, const json_t *answer, const struct inbox_row **ret_told);

/* A new file of that name in a folder, ".pdf" behind it and a number if there is one already; nothing in the name leads out of the folder. Its path
 * into ret; returns a descriptor to write to, or -1. */
int inbox_create_file(const char *folder, const char *name, char *ret, size_t size);

#endif
