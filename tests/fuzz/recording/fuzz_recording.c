/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A recording's file that anybody may have written. The first byte chooses: 0 the reader without hashes and cipher, so that what stands
 * behind them is reached; 1 reader and verifier as they are; 2 the start after a crash, whose work must be sound; 3 a key file.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/hub/record/file.h"
#include "broker/hub/record/reader_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[64], path[160];
static struct sek_sign_key signer;

static void clean_up(void)
{
	(void)unlink(path);
	(void)rmdir(folder);
}

static int file_of(const uint8_t *data, size_t n)
{
	int fd = memfd_create("recording", MFD_CLOEXEC);

	SEK_ASSERT(fd >= 0 && pwrite(fd, data, n, 0) == (ssize_t)n);
	return fd;
}

static void read_all(struct sek_recording_reader *r)
{
	const struct sek_recording_head *h = sek_recording_head(r);
	uint8_t key[SEK_RECORDING_KEY_BYTES] = { 0 };
	const uint8_t *bytes;
	const struct sek_block *b;
	size_t blocks, n, i;
	struct sek_reader in;
	struct sek_entry e;

	b = sek_recording_blocks(r, &blocks);
	SEK_ASSERT(h->blocks == blocks && strlen(h->id) == 32 && strlen(h->where) < sizeof h->where);
	(void)sek_recording_use(r, key);
	for (i = 0; i < blocks; i++) {
		SEK_ASSERT(b[i].number == i && b[i].first_us <= b[i].last_us && (i == 0 || b[i].first_us >= b[i - 1].last_us));
		SEK_ASSERT(sek_recording_start_block(r, b[i].last_us) <= i + 1 || blocks > i + 1);
		if (!sek_is_ok(sek_recording_read(r, (uint32_t)i, &bytes, &n)))
			continue;
		SEK_ASSERT(n == b[i].plain_bytes);
		sek_reader_init(&in, bytes, n);
		while (in.left > 0)
			SEK_ASSERT(sek_is_ok(sek_entry_read(&in, &e)));
	}
	SEK_ASSERT(sek_is_ok(sek_recording_again(r)));
}

static void as_file(const uint8_t *data, size_t n, bool trust)
{
	enum sek_recording_verdict verdict = SEK_RECORDING_UNFINISHED;
	static const uint8_t nobody[32] = { 1 };
	struct sek_recording_reader *r = NULL;
	int fd = file_of(data, n);
	char err[256] = "", name[64];

	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	if (!trust && sek_is_ok(sek_recording_verify(name, nobody, nobody, NULL, NULL, &verdict)))
		SEK_ASSERT(verdict != SEK_RECORDING_SOUND); /* nobody has signed */
	if (sek_is_ok(sek_recording_open_fd(fd, trust, &r, err, sizeof err))) {
		read_all(r);
		sek_recording_reader_close(r);
	} else {
		SEK_ASSERT(*err);
	}
}

static void on_finished(void *user, const struct sek_recording_facts *facts)
{
	unsigned *n = user;

	SEK_ASSERT(facts->late);
	++*n;
}

static void as_left_by_a_crash(const uint8_t *data, size_t n)
{
	enum sek_recording_verdict verdict = SEK_RECORDING_DAMAGED;
	unsigned finished = 0;
	uint64_t bytes;
	FILE *f = fopen(path, "wb");

	SEK_ASSERT(f && fwrite(data, 1, n, f) == n && fclose(f) == 0);
	SEK_ASSERT(sek_is_ok(sek_record_repair(folder, &signer, on_finished, &finished, &bytes)) && bytes == n);
	if (!finished)
		return;
	SEK_ASSERT(sek_is_ok(sek_recording_verify(path, signer.public_key, NULL, NULL, NULL, &verdict)));
	SEK_ASSERT(verdict == SEK_RECORDING_SOUND);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t secret[32];

	if (!*folder) {
		SEK_ASSERT(sodium_init() >= 0);
		crypto_sign_keypair(signer.public_key, signer.secret);
		snprintf(folder, sizeof folder, "/tmp/sek-fuzz-recording-XXXXXX");
		SEK_ASSERT(mkdtemp(folder) && atexit(clean_up) == 0);
		snprintf(path, sizeof path, "%s/%032d" SEK_RECORDING_SUFFIX, folder, 7);
		sek_log_init("fuzz", (enum sek_log_level)(SEK_LOG_ERROR + 1)); /* what the start says of broken files is of no use here */
	}
	if (size < 1)
		return 0;
	switch (data[0] % 4) {
	case 0:
		as_file(data + 1, size - 1, true);
		break;
	case 1:
		as_file(data + 1, size - 1, false);
		break;
	case 2:
		as_left_by_a_crash(data + 1, size - 1);
		break;
	default: /* argon2id with numbers from the file: the grammar only, so that this stays fast */
		if (size < 60 || data[25] != '1' || data[27] != '8' || data[28] != ' ')
			SEK_ASSERT(!sek_is_ok(sek_recording_unlock(data + 1, size - 1 < 24 ? size - 1 : 24, "x", secret)));
		else
			SEK_ASSERT(!sek_is_ok(sek_recording_unlock(data + 1, size - 1, "x", secret)));
	}
	return 0;
}
