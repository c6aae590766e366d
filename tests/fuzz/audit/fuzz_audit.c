/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A log that anybody may have written: the verifier reads it as a file, the parsers of lines and of the head as bytes. The first byte
 * chooses. No file that was made without the key is ever found whole.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/error.h"
#include "broker/hub/audit/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[64];

static void clean_up(void)
{
	char path[128];

	snprintf(path, sizeof path, "%s/audit-00000001.log", folder);
	(void)unlink(path);
	(void)rmdir(folder);
}

static void write_file(const char *name, const uint8_t *data, size_t n)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	f = fopen(path, "wb");
	SEK_ASSERT(f && fwrite(data, 1, n, f) == n && fclose(f) == 0);
}

static void as_line(const uint8_t *data, size_t n)
{
	struct sek_audit_point p, again;
	size_t text_n, begin;
	char *copy;

	if (!sek_is_ok(sek_audit_line_read((const char *)data, n, &p, &text_n)))
		return;
	SEK_ASSERT(text_n < n && p.seq > 0);
	/* what is accepted is written again byte for byte, but for its hash */
	copy = malloc(n + 256);
	SEK_ASSERT(copy);
	again = p;
	again.seq--;
	begin = (size_t)((const uint8_t *)memchr(data, ',', n) + 1 - data);
	SEK_ASSERT(sek_audit_line_write(&again, (const char *)data + begin, text_n - begin, copy) == n + 1);
	SEK_ASSERT(again.seq == p.seq && memcmp(copy, data, text_n) == 0);
	free(copy);
}

static void as_file(const uint8_t *data, size_t n)
{
	struct sek_audit_verify v = { .folder = folder, .no_head = true };

	randombytes_buf(v.key, sizeof v.key);
	write_file("audit-00000001.log", data, n);
	SEK_ASSERT(sek_is_ok(sek_audit_verify(&v)));
	/* nobody but the holder of the key can have signed: the header, at least, is another's */
	SEK_ASSERT(v.findings > 0);
	SEK_ASSERT(v.checkpoints == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sek_audit_point p;
	uint8_t key[SEK_AUDIT_KEY_BYTES] = { 1 };

	if (!*folder) {
		SEK_ASSERT(sodium_init() >= 0);
		snprintf(folder, sizeof folder, "/tmp/sek-fuzz-audit-XXXXXX");
		SEK_ASSERT(mkdtemp(folder) && atexit(clean_up) == 0);
	}
	if (size < 1)
		return 0;
	switch (data[0] % 3) {
	case 0:
		as_line(data + 1, size - 1);
		break;
	case 1:
		SEK_ASSERT(!sek_is_ok(sek_audit_head_read(key, (const char *)data + 1, size - 1, &p)));
		break;
	default:
		as_file(data + 1, size - 1);
	}
	return 0;
}
