/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Blocks that are not encrypted yet: what their heads say of their entries. Must never leave entries in memory that was freed.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "broker/hub/record/file.h"

enum { FIRST_ROOM = 16384 };

void sek_record_plain_destroy(struct sek_record_plain *list)
{
	while (list) {
		struct sek_record_plain *next = list->next;

		if (list->place && !list->sealed)
			sodium_memzero(list->place + SEK_RECORD_ENTRIES_AT, list->n);
		free(list->place);
		free(list);
		list = next;
	}
}

uint8_t *sek_record_plain_room(struct sek_record_plain *p, size_t n)
{
	size_t around = sek_record_block_bytes(0), room = p->room + around;
	uint8_t *more;

	if (p->n + n > p->room) {
		if (room < FIRST_ROOM)
			room = FIRST_ROOM;
		while (room < p->n + n + around)
			room *= 2;
		more = malloc(room); /* realloc would leave entries in what it frees */
		if (!more)
			return NULL;
		if (p->n > 0) {
			memcpy(more + SEK_RECORD_ENTRIES_AT, p->place + SEK_RECORD_ENTRIES_AT, p->n);
			sodium_memzero(p->place + SEK_RECORD_ENTRIES_AT, p->n);
		}
		free(p->place);
		p->place = more;
		p->room = room - around;
	}
	return p->place + SEK_RECORD_ENTRIES_AT + p->n;
}

static void count_frame(struct sek_block *b, enum sek_entry_kind kind, const uint8_t *payload, size_t n, uint64_t at_us)
{
	uint8_t type = 0, flags = 0;

	(void)sek_entry_frame_read(payload, n, &type, &flags);
	if (type == SEK_MSG_SIZE)
		b->flags |= SEK_BLOCK_SIZE;
	if (type != SEK_MSG_UPDATE)
		return;
	if (kind == SEK_ENTRY_DOWN) {
		b->updates++;
		b->update_bytes += (uint32_t)(n - SEK_FRAME_HEADER_BYTES);
	}
	if (flags & SEK_UPDATE_KEYFRAME && !(b->flags & SEK_BLOCK_SNAPSHOT)) {
		b->flags |= SEK_BLOCK_SNAPSHOT;
		b->start_us = at_us;
	}
}

void sek_record_count(struct sek_block *b, enum sek_entry_kind kind, const uint8_t *payload, size_t n, uint64_t at_us)
{
	if (b->entries++ == 0)
		b->first_us = at_us;
	b->last_us = at_us;
	switch (kind) {
	case SEK_ENTRY_DOWN:
	case SEK_ENTRY_ASIDE:
		count_frame(b, kind, payload, n, at_us);
		break;
	case SEK_ENTRY_POINTER:
	case SEK_ENTRY_WHEEL:
	case SEK_ENTRY_KEY:
	case SEK_ENTRY_TEXT:
		b->flags |= SEK_BLOCK_INPUT;
		b->inputs++;
		break;
	case SEK_ENTRY_CLIPBOARD:
		b->flags |= SEK_BLOCK_CLIPBOARD;
		break;
	case SEK_ENTRY_EVENT:
		b->flags |= payload[0] == 0 && payload[1] == SEK_RECORD_EVENT_POLICY ? SEK_BLOCK_POLICY : SEK_BLOCK_EVENT;
		break;
	case SEK_ENTRY_META:
	case SEK_ENTRY_CLOCK:
		break;
	}
}
