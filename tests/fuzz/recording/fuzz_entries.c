/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Entries that anybody may have made: read one after the other, from memory and from a descriptor, which must agree.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "protocol/recording/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a reader of a payload does with it. */
static size_t look(const struct sek_entry *e)
{
	struct sek_entry_clipboard c;
	struct sek_entry_event v;
	uint8_t type, flags;
	size_t sum = 0, i;

	for (i = 0; i < e->n; i++)
		sum += e->payload[i];
	if (e->kind == SEK_ENTRY_CLIPBOARD) {
		SEK_ASSERT(sek_is_ok(sek_entry_clipboard_read(e->payload, e->n, &c)));
		SEK_ASSERT(!c.text || c.text + c.text_n == e->payload + e->n);
	} else if (e->kind == SEK_ENTRY_EVENT) {
		SEK_ASSERT(sek_is_ok(sek_entry_event_read(e->payload, e->n, &v)));
		SEK_ASSERT(v.words_n <= SEK_ENTRY_WORDS_MAX_BYTES && sek_record_event_word(v.event));
	} else if (e->kind == SEK_ENTRY_DOWN || e->kind == SEK_ENTRY_ASIDE) {
		SEK_ASSERT(sek_is_ok(sek_entry_frame_read(e->payload, e->n, &type, &flags)));
	}
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sek_entry_stream *stream;
	static int fd = -1;
	uint8_t head[SEK_ENTRY_HEAD_BYTES];
	struct sek_reader r;
	struct sek_entry a, b;
	sek_status s;

	if (fd >= 0)
		close(fd);
	fd = memfd_create("entries", MFD_CLOEXEC);
	SEK_ASSERT(fd >= 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
	sek_entry_stream_destroy(stream);
	SEK_ASSERT(sek_is_ok(sek_entry_stream_create(fd, &stream)));
	sek_reader_init(&r, data, size);
	while (sek_is_ok(sek_entry_read(&r, &a))) {
		SEK_ASSERT(sek_is_ok(sek_entry_stream_next(stream, &b)));
		SEK_ASSERT(a.kind == b.kind && a.at_us == b.at_us && a.n == b.n && look(&a) == look(&b));
		/* what is taken could have been written */
		SEK_ASSERT(sek_is_ok(sek_entry_head_write(a.kind, a.at_us, a.n, head)));
		SEK_ASSERT(memcmp(head, a.payload - sizeof head, sizeof head) == 0);
	}
	s = sek_entry_stream_next(stream, &b);
	SEK_ASSERT(sek_is(s, r.left == 0 ? SEK_E_CLOSED : SEK_E_MALFORMED));
	return 0;
}
