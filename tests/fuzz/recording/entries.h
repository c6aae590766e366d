/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One entry of each kind, for the seed generators.
 */
#ifndef SEK_TESTS_FUZZ_RECORDING_ENTRIES_H
#define SEK_TESTS_FUZZ_RECORDING_ENTRIES_H

#include <string.h>

#include "protocol/recording/entry.h"

enum { ENTRIES = 11, ENTRIES_BYTES = 2048 };

static inline size_t entries_one(enum sek_entry_kind kind, uint64_t at_us, const void *payload, size_t n, uint8_t *ret)
{
	if (!sek_is_ok(sek_entry_head_write(kind, at_us, n, ret)))
		__builtin_trap();
	memcpy(ret + SEK_ENTRY_HEAD_BYTES, payload, n);
	return SEK_ENTRY_HEAD_BYTES + n;
}

/* Writes ENTRIES of them at times 0, 1, ... */
static inline size_t entries_make(uint8_t ret[ENTRIES_BYTES])
{
	static const uint8_t update[] = { SEK_MSG_UPDATE, SEK_UPDATE_KEYFRAME, 0, 0, 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0 };
	static const uint8_t size[] = { SEK_MSG_SIZE, 0, 0, 0, 0, 0, 0, 4, 3, 32, 2, 88 };
	uint8_t clipboard[41] = { SEK_CROSS_TO_OUTER, SEK_CLIPBOARD_DONE, 0, 0, 0, 0, 0, 1 };
	size_t n = 0;

	clipboard[40] = 'x';
	n += entries_one(SEK_ENTRY_META, 0, "{\"user\":\"taro\"}", 15, ret + n);
	n += entries_one(SEK_ENTRY_CLOCK, 1, "\0\5\x99\0\0\0\0\0", 8, ret + n);
	n += entries_one(SEK_ENTRY_EVENT, 2, "\0\1\0\0\0\0\0\0taro", 12, ret + n);
	n += entries_one(SEK_ENTRY_DOWN, 3, size, sizeof size, ret + n);
	n += entries_one(SEK_ENTRY_DOWN, 4, update, sizeof update, ret + n);
	n += entries_one(SEK_ENTRY_ASIDE, 5, update, sizeof update, ret + n);
	n += entries_one(SEK_ENTRY_POINTER, 6, "\0\x0a\0\x14\1\0\0\0", 8, ret + n);
	n += entries_one(SEK_ENTRY_WHEEL, 7, "\0\x0a\0\x14\0\0\0\x78", 8, ret + n);
	n += entries_one(SEK_ENTRY_KEY, 8, "", 0, ret + n);
	n += entries_one(SEK_ENTRY_TEXT, 9, "\xe6\x97\xa5", 3, ret + n);
	n += entries_one(SEK_ENTRY_CLIPBOARD, 10, clipboard, sizeof clipboard, ret + n);
	return n;
}

#endif
