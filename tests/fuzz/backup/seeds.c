/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Seeds of fuzz_backup: a backup as the writer makes it, its stream, its chunks, its parts, and a list of held files.
 */
#include "tests/fuzz/seeds.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "broker/hub/backup/file.h"
#include "broker/hub/backup/held.h"
#include "tests/fuzz/backup/keys.h"

static uint8_t plain[8192];
static size_t plain_n;

static void seed(const char *dir, const char *name, uint8_t what, const void *bytes, size_t n)
{
	uint8_t *all = malloc(n + 1);

	if (!all)
		exit(1);
	all[0] = what;
	memcpy(all + 1, bytes, n);
	seed_write(dir, name, all, n + 1);
	free(all);
}

static void add(const void *bytes, size_t n)
{
	memcpy(plain + plain_n, bytes, n);
	plain_n += n;
}

static void entry(const char *dir, const char *name, const struct sek_backup_entry *e, const char *content)
{
	uint8_t bytes[2 + SEK_BACKUP_ENTRY_BYTES], hash[SEK_BACKUP_HASH_BYTES];
	size_t n = sek_backup_entry_write(e, bytes + 2);

	if (n == 0)
		exit(1);
	seed(dir, name, BACKUP_PARTS, bytes + 2, n);
	bytes[0] = (uint8_t)(n >> 8);
	bytes[1] = (uint8_t)n;
	add(bytes, n + 2);
	if (!content)
		return;
	add(content, strlen(content));
	crypto_generichash(hash, sizeof hash, (const uint8_t *)content, strlen(content), NULL, 0);
	add(hash, sizeof hash);
}

static void entries(const char *dir)
{
	struct sek_backup_entry e = { .kind = SEK_BACKUP_FOLDER, .class = SEK_BACKUP_STORE, .mode = 0750, .owner = "sekisho", .group = "sekisho",
		.path = "/var/lib/sekisho" };

	entry(dir, "folder", &e, NULL);
	e = (struct sek_backup_entry){ .kind = SEK_BACKUP_FILE, .class = SEK_BACKUP_CONFIG, .mode = 0640, .mtime_s = 1700000000, .size = 5, .owner = "root",
		.group = "4711", .path = "/etc/sekisho/設定.yaml" };
	entry(dir, "file", &e, "a: b\n");
	e = (struct sek_backup_entry){ .kind = SEK_BACKUP_END, .size = 2 };
	entry(dir, "end", &e, NULL);
}

int main(int argc, char **argv)
{
	const char *dir = seed_dir(argc, argv);
	struct sek_backup_head head = { .made_s = 1700000000, .whole = true, .where = "broker1" };
	struct sek_backup_holdings h = { .whole_s = 1700000000 };
	struct sek_backup_writer *w = NULL;
	char path[1024], *bytes = NULL, stream[sizeof plain + 1];
	struct sek_sign_key signer;
	uint8_t secret[32];
	uint64_t written;
	size_t n = 0;

	backup_keys(&signer, head.recipient, secret);
	entries(dir);
	stream[0] = 0; /* short chunks */
	memcpy(stream + 1, plain, plain_n);
	seed(dir, "stream", BACKUP_STREAM, stream, plain_n + 1);
	snprintf(path, sizeof path, "%.900s/made", dir);
	if (!sek_is_ok(sek_backup_create(path, &head, &signer, &w)) || !sek_is_ok(sek_backup_put(w, plain, plain_n)) ||
	    !sek_is_ok(sek_backup_finish(w, &written)) || !sek_is_ok(sek_file_read(path, &bytes, &n)))
		return 1;
	(void)unlink(path);
	seed(dir, "backup", BACKUP_FILE, bytes, n);
	seed(dir, "head", BACKUP_PARTS, bytes, SEK_BACKUP_HEAD_BYTES);
	seed(dir, "chunks", BACKUP_CHUNKS, bytes + SEK_BACKUP_HEAD_BYTES, n - SEK_BACKUP_HEAD_BYTES - SEK_BACKUP_SIGNATURE_BYTES);
	free(bytes);
	if (!sek_is_ok(sek_backup_held_add(&h, &(struct sek_backup_held){ .size = 7, .inode = 9, .path = (char[]){ "/var/lib/sekisho/audit/1.log" } })) ||
	    !sek_is_ok(sek_backup_held_save(path, &h)) || !sek_is_ok(sek_file_read(path, &bytes, &n)))
		return 1;
	(void)unlink(path);
	seed(dir, "held", BACKUP_HELD_LIST, bytes, n);
	free(bytes);
	sek_backup_held_finish(&h);
	return 0;
}
