/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/film.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "broker/hub/record/file.h"

struct film {
	struct sek_record_file file;
	struct sek_sign_key signer;
	struct sek_record_plain block;
	uint64_t block_us;
	char folder[PATH_MAX];
};

static void must(sek_status s, const char *what)
{
	if (sek_is_ok(s))
		return;
	fprintf(stderr, "film: %s (%d, %d)\n", what, s.code, (int)s.detail);
	exit(1);
}

static void flush(struct film *f)
{
	if (f->block.n == 0)
		return;
	f->block.head.plain_bytes = (uint32_t)f->block.n;
	must(sek_record_file_append(&f->file, &f->block), "a block cannot be written");
	f->block.n = 0;
	f->block.sealed = false;
	memset(&f->block.head, 0, sizeof f->block.head);
}

struct film *film_create(const char *folder, const char *public_path, const char *id_hex, const char *user, uint64_t began_utc_us)
{
	struct film *f = calloc(1, sizeof *f);
	char key_path[PATH_MAX], meta[512];
	uint8_t clock[8];
	struct sek_writer w;
	size_t n;

	must(f && sodium_init() >= 0 ? sek_ok() : sek_fail(SEK_E_NOMEM), "no memory");
	snprintf(f->folder, sizeof f->folder, "%s", folder);
	snprintf(key_path, sizeof key_path, "%s/film.key", folder);
	if (!sek_is_ok(sek_sign_key_load(key_path, &f->signer)))
		must(sek_sign_key_make(key_path, &f->signer), key_path);
	f->file.folder = f->folder;
	f->file.signer = &f->signer;
	must(sek_public_key_load(public_path, f->file.header.recipient), public_path);
	must(sodium_hex2bin(f->file.header.id, 16, id_hex, strlen(id_hex), NULL, &n, NULL) == 0 && n == 16 ? sek_ok() :
		sek_fail(SEK_E_MALFORMED), "id");
	memcpy(f->file.header.session, f->file.header.id, 16);
	snprintf(f->file.header.where, sizeof f->file.header.where, "film");
	f->file.header.began_utc_us = began_utc_us;
	must(sek_record_file_make(&f->file), "the file cannot be made");
	snprintf(meta, sizeof meta, "{\"user\":\"%s\",\"host\":\"render1.sekisho.internal\",\"required\":true}", user);
	film_add(f, SEK_ENTRY_META, 0, (const uint8_t *)meta, strlen(meta));
	sek_writer_init(&w, clock, sizeof clock);
	sek_entry_clock_write(&w, began_utc_us);
	film_add(f, SEK_ENTRY_CLOCK, 0, clock, sizeof clock);
	return f;
}

void film_add(struct film *f, enum sek_entry_kind kind, uint64_t at_us, const uint8_t *payload, size_t n)
{
	size_t total = SEK_ENTRY_HEAD_BYTES + n;
	uint8_t *place;

	if (f->block.n > 0 && (at_us - f->block_us >= 1000000 || f->block.n + total > SEK_RECORD_BLOCK_BYTES))
		flush(f);
	place = sek_record_plain_room(&f->block, total);
	must(place ? sek_ok() : sek_fail(SEK_E_NOMEM), "no memory");
	if (f->block.n == 0) {
		f->block_us = at_us;
		f->block.head.utc_us = f->file.header.began_utc_us + at_us;
	}
	must(sek_entry_head_write(kind, at_us, n, place), "an entry of a wrong length");
	if (n > 0)
		memcpy(place + SEK_ENTRY_HEAD_BYTES, payload, n);
	f->block.n += total;
	sek_record_count(&f->block.head, kind, payload, n, at_us);
}

void film_event(struct film *f, uint64_t at_us, enum sek_record_event event, uint32_t arg, const char *words)
{
	uint8_t bytes[8 + SEK_ENTRY_WORDS_MAX_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_entry_event_write(&w, &(struct sek_entry_event){ (uint16_t)event, arg, (const uint8_t *)words, strlen(words) });
	film_add(f, SEK_ENTRY_EVENT, at_us, bytes, w.len);
}

uint64_t film_bytes(const struct film *f)
{
	return f->file.size;
}

void film_close(struct film *f)
{
	flush(f);
	must(sek_record_file_end(&f->file, 0, false), "the end cannot be written");
	sek_record_file_drop(&f->file);
	free(f->block.place);
	free(f);
}
