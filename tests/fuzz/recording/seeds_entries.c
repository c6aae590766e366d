/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Seeds of fuzz_entries: an entry of each kind, and all in a row.
 */
#include <string.h>

#include "entries.h"
#include "tests/fuzz/seeds.h"

int main(int argc, char **argv)
{
	const char *dir = seed_dir(argc, argv);
	uint8_t bytes[ENTRIES_BYTES];
	size_t n = entries_make(bytes), at = 0;
	struct sek_reader r;
	struct sek_entry e;

	seed_write(dir, "all", bytes, n);
	sek_reader_init(&r, bytes, n);
	while (sek_is_ok(sek_entry_read(&r, &e))) {
		seed_write(dir, sek_entry_name(e.kind), bytes + at, SEK_ENTRY_HEAD_BYTES + e.n);
		at += SEK_ENTRY_HEAD_BYTES + e.n;
	}
	return at == n ? 0 : 1;
}
