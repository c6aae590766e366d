/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Blocks that are not encrypted yet: what their heads say of their entries. Must never leave entries in memory that was freed.
 */
#include <stdlib.h>

#include <sodium.h>

#include "broker/hub/record/file.h"

void sek_record_plain_destroy(struct sek_record_plain *list)
{
	while (list) {
		struct sek_record_plain *next = list->next;

		if (list->bytes)
			sodium_memzero(list->bytes, list->n);
		free(list->bytes);
		free(list);
		list = next;
	}
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
