/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What clipboard.c (rules, channels, pieces) and clip_cross.c (one text on its way across) share.
 */
#ifndef SEK_BROKER_HUB_SESSION_CLIPBOARD_INTERNAL_H
#define SEK_BROKER_HUB_SESSION_CLIPBOARD_INTERNAL_H

#include "broker/hub/session/internal.h"
#include "protocol/text/text.h"

#define SEK_CLIPBOARD_QUESTION_MS 60000 /* an unanswered question is a no */
#define SEK_CLIPBOARD_GESTURE_MS 15000  /* copied text comes in only so soon after the user's last key or button */
#define SEK_CLIPBOARD_GRACE_MS 10000    /* a client may not have heard yet that a direction was closed */

/* What the session's policy says of it. */
struct sek_clipboard_rules {
	uint8_t directions;  /* enum sek_cross */
	bool confirm;        /* the user sees what would cross and says yes */
	bool log_text;       /* the text itself goes on the record */
	uint32_t max_chars;  /* Unicode code points of one text */
	uint32_t per_minute; /* transfers in any minute, each way; 0: none */
	uint32_t approval_chars; /* a text of more towards the inner zone waits for an approver; 0: none does */
	uint32_t approval_hours;
};

/* A text that is arriving in pieces. */
struct sek_clip_text {
	uint8_t *bytes; /* heap, grown as it comes; NULL: none */
	size_t n, size;
	bool active;    /* its first piece has come, its last one has not */
	bool over;      /* longer than any text may be: only counted from there on */
};

/* A whole, cleaned text. */
struct sek_crossing {
	uint8_t *bytes; /* heap, a NUL behind it; NULL: none is on its way */
	size_t n, chars;
	bool asked, confirmed;
	uint32_t id;    /* of the question */
	void *ticket;   /* of the record that is being written */
	void *approval; /* of the approver who is being asked for */
};

enum { SEK_CLIP_WAYS = 2 };
struct sek_clip_way {
	struct sek_session *s;
	uint8_t direction;
	struct sek_clip_text text;
	struct sek_crossing crossing;
	uint64_t closed_ms; /* when the policy last closed it; 0: never */
	uint64_t at_ms[SEK_CLIPBOARD_PER_MINUTE_MAX]; /* when the latest transfers began: a ring */
	uint64_t count;
};

struct sek_clipboard {
	struct sek_clipboard_rules rules;
	struct sek_clip_way way[SEK_CLIP_WAYS]; /* to the outer, to the inner zone */
	struct sek_clip_pipe *pipe;             /* while text may come in and a decoder runs */
	uint32_t last_id;
	uint64_t gesture_ms;
};

/* way->text is complete: cleans, counts, asks, records, and lets it over. */
void sek_clip_begin(struct sek_session *s, struct sek_clip_way *way);
/* Forgets the text that is on its way across. */
void sek_clip_drop(struct sek_session *s, struct sek_clip_way *way);
/* Records that it was refused, tells the client, forgets it. */
void sek_clip_refuse(struct sek_session *s, struct sek_clip_way *way, enum sek_clipboard_outcome outcome, uint32_t arg);
void sek_clip_tell(struct sek_session *s, uint8_t direction, enum sek_clipboard_outcome outcome, uint32_t arg);

#endif
