/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-recording-feed: the entries of a recording, or of a part of it, decrypted, into a pipe: for sekisho-film and sekisho-words,
 * which have neither key nor path. It holds one recording's key, for as long as it runs, and writes nothing but that pipe.
 *
 *   sekisho-recording-feed FILE FROM_US TO_US    everything that is needed to see the picture from FROM_US on, until TO_US
 *   sekisho-recording-feed FILE extent           one line: width and height that hold every picture of the recording
 *
 * Descriptors: broker/gap/children.h. Exit codes likewise.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/error.h"
#include "base/file.h"
#include "broker/gap/children.h"
#include "broker/hub/record/extent.h"
#include "broker/hub/record/reader.h"

#define SETTLED_US 2000000u

static bool read_key(uint8_t ret[SEK_RECORDING_KEY_BYTES])
{
	size_t n = 0;

	if (!sek_is_ok(sek_file_get(SEK_FEED_KEY_FD, ret, SEK_RECORDING_KEY_BYTES, &n)) || n < SEK_RECORDING_KEY_BYTES)
		return false;
	close(SEK_FEED_KEY_FD);
	return true;
}

static sek_status put(const uint8_t *p, size_t n)
{
	return sek_is_ok(sek_file_put(SEK_FEED_ENTRIES_FD, p, n)) ? sek_ok() : sek_fail(SEK_E_CLOSED);
}

static sek_status feed(struct sek_recording_reader *r, uint64_t from_us, uint64_t to_us)
{
	size_t blocks;
	const struct sek_block *b = sek_recording_blocks(r, &blocks);
	/* a snapshot is made in slices, and some tiles come with the frames after it: all is there by then */
	uint32_t first = sek_recording_start_block(r, from_us > SETTLED_US ? from_us - SETTLED_US : 0);

	/* the size that a snapshot is painted in may have been told at the end of the block before */
	for (size_t i = first > 0 ? first - 1 : 0; i < blocks && b[i].first_us <= to_us; i++) {
		const uint8_t *bytes;
		size_t n;

		SEK_TRY(sek_recording_read(r, (uint32_t)i, &bytes, &n));
		SEK_TRY(put(bytes, n));
	}
	return sek_ok();
}

static sek_status tell_extent(struct sek_recording_reader *r)
{
	uint16_t width, height;

	SEK_TRY(sek_recording_extent(r, &width, &height));
	printf("%u %u\n", width, height);
	return fflush(stdout) == 0 ? sek_ok() : sek_fail(SEK_E_CLOSED);
}

static bool number(const char *text, uint64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno;
}

static int run(int argc, char **argv)
{
	struct sek_recording_reader *r = NULL;
	uint8_t key[SEK_RECORDING_KEY_BYTES];
	bool extent = argc == 3 && strcmp(argv[2], "extent") == 0;
	uint64_t from_us = 0, to_us = 0;
	char err[256];
	sek_status s;

	if ((!extent && (argc != 4 || !number(argv[2], &from_us) || !number(argv[3], &to_us))) || sodium_init() < 0 || !read_key(key))
		return SEK_EXIT_USAGE;
	s = sek_recording_open(argv[1], &r, err, sizeof err);
	if (sek_is_ok(s))
		s = sek_recording_use(r, key);
	sodium_memzero(key, sizeof key);
	if (sek_is_ok(s))
		s = extent ? tell_extent(r) : feed(r, from_us, to_us);
	sek_recording_reader_close(r);
	if (sek_is_ok(s) || sek_is(s, SEK_E_CLOSED))
		return SEK_EXIT_OK;
	return sek_is(s, SEK_E_DENIED) ? SEK_EXIT_REFUSED : sek_is(s, SEK_E_MALFORMED) ? SEK_EXIT_PROTOCOL : SEK_EXIT_LOST;
}

int main(int argc, char **argv)
{
	return run(argc, argv);
}
