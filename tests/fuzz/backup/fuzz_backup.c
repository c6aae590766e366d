/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whatever a restore reads, by the first byte: a file as anybody may have changed it; what a broker that belongs to an attacker signs and encrypts, as a
 * stream of entries or as the chunks under it; a head and a description alone; the list of what earlier backups hold. What is accepted names
 * absolute paths only, and comes out the same when it is written again.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/hub/backup/file.h"
#include "broker/hub/backup/held.h"
#include "broker/hub/backup/private.h"
#include "broker/hub/backup/restore.h"
#include "tests/fuzz/backup/keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define REQUIRE(cond)            \
	do {                     \
		if (!(cond))     \
			abort(); \
	} while (0)

enum { ALL_BYTES = 1 << 20, MORE = crypto_secretstream_xchacha20poly1305_ABYTES };

static struct sek_sign_key signer;
static struct sek_backup_head head;
static uint8_t recipient[32], secret[32], key[crypto_secretstream_xchacha20poly1305_KEYBYTES], all[ALL_BYTES];
static crypto_secretstream_xchacha20poly1305_state fresh;
static char folder[64], path[80];
static size_t all_n;

static void clean_up(void)
{
	(void)unlink(path);
	(void)rmdir(folder);
}

static void start(void)
{
	backup_keys(&signer, recipient, secret);
	memcpy(head.recipient, recipient, sizeof recipient);
	memcpy(head.signer, signer.public_key, sizeof head.signer);
	snprintf(head.where, sizeof head.where, "fuzz");
	head.whole = true;
	REQUIRE(crypto_box_seal(head.sealed, key, sizeof key, recipient) == 0);
	REQUIRE(crypto_secretstream_xchacha20poly1305_init_push(&fresh, head.stream, key) == 0);
	snprintf(folder, sizeof folder, "/tmp/sekisho-fuzz.XXXXXX");
	REQUIRE(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/a" SEK_BACKUP_SUFFIX, folder);
	atexit(clean_up);
}

static void store(const void *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	REQUIRE(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
	close(fd);
}

static void put(const void *bytes, size_t n)
{
	REQUIRE(all_n + n <= sizeof all);
	if (n > 0)
		memcpy(all + all_n, bytes, n);
	all_n += n;
}

/* The signature that belongs below it. */
static void sign(void)
{
	uint8_t hash[SEK_BACKUP_FILE_HASH_BYTES], text[SEK_BACKUP_STATEMENT_BYTES], signature[SEK_BACKUP_SIGNATURE_BYTES];

	crypto_generichash(hash, sizeof hash, all, all_n, NULL, 0);
	sek_backup_statement(hash, text);
	crypto_sign_detached(signature, NULL, text, sizeof text, signer.secret);
	put(signature, sizeof signature);
	store(all, all_n);
}

static void begin(void)
{
	uint8_t bytes[SEK_BACKUP_HEAD_BYTES];

	sek_backup_head_write(&head, bytes);
	all_n = 0;
	put(bytes, sizeof bytes);
}

static void restore(void)
{
	struct sek_backup_plan p;
	char err[1024];

	if (!sek_is_ok(sek_backup_plan_make(path, signer.public_key, secret, &p, err, sizeof err)))
		return;
	for (size_t i = 0; i < p.n; i++)
		REQUIRE(sek_backup_path_ok(p.rows[i].path) && p.rows[i].mode <= 07777 && p.rows[i].class < SEK_BACKUP_CLASSES && p.rows[i].kind != SEK_BACKUP_END);
	sek_backup_plan_finish(&p);
}

/* In chunks as long as the first byte says. */
static void stream(const uint8_t *data, size_t n)
{
	crypto_secretstream_xchacha20poly1305_state s = fresh;
	uint8_t cipher[SEK_BACKUP_CHUNK_BYTES + MORE], length[4];
	size_t most = n > 0 ? 64u + 256u * *data++ : 64;

	n -= n > 0;
	begin();
	do {
		size_t k = n < most ? n : most;
		unsigned long long c = 0;

		crypto_secretstream_xchacha20poly1305_push(&s, cipher, &c, data, k, head.id, sizeof head.id, k == n ?
			crypto_secretstream_xchacha20poly1305_TAG_FINAL : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE);
		for (int i = 0; i < 4; i++)
			length[i] = (uint8_t)(c >> (24 - 8 * i));
		if (all_n + sizeof length + c + SEK_BACKUP_SIGNATURE_BYTES > sizeof all)
			return;
		put(length, sizeof length);
		put(cipher, (size_t)c);
		data += k;
		n -= k;
	} while (n > 0);
	sign();
	restore();
}

static void chunks(const uint8_t *data, size_t n)
{
	if (n > sizeof all / 2)
		return;
	begin();
	put(data, n);
	sign();
	restore();
}

static void parts(const uint8_t *data, size_t n)
{
	uint8_t bytes[SEK_BACKUP_HEAD_BYTES] = { 0 }, again[SEK_BACKUP_HEAD_BYTES], text[SEK_BACKUP_ENTRY_BYTES];
	struct sek_backup_head h;
	struct sek_backup_entry e;

	memcpy(bytes, data, n < sizeof bytes ? n : sizeof bytes);
	if (sek_is_ok(sek_backup_head_read(bytes, &h))) {
		sek_backup_head_write(&h, again);
		REQUIRE(memcmp(bytes, again, sizeof bytes) == 0);
	}
	if (sek_is_ok(sek_backup_entry_read(data, n, &e))) {
		REQUIRE(e.kind == SEK_BACKUP_END || sek_backup_path_ok(e.path));
		REQUIRE(sek_backup_entry_write(&e, text) == n && memcmp(text, data, n) == 0);
	}
}

static void held(const uint8_t *data, size_t n)
{
	struct sek_backup_holdings h = { .n = 0 };

	store(data, n);
	if (sek_is_ok(sek_backup_held_load(path, &h)))
		for (size_t i = 0; i + 1 < h.n; i++)
			REQUIRE(strcmp(h.all[i].path, h.all[i + 1].path) <= 0);
	sek_backup_held_finish(&h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (!folder[0])
		start();
	if (n == 0)
		return 0;
	switch (data[0] % BACKUP_WHATS) {
	case BACKUP_FILE:
		store(data + 1, n - 1);
		restore();
		break;
	case BACKUP_STREAM: stream(data + 1, n - 1); break;
	case BACKUP_CHUNKS: chunks(data + 1, n - 1); break;
	case BACKUP_PARTS: parts(data + 1, n - 1); break;
	default: held(data + 1, n - 1);
	}
	return 0;
}
