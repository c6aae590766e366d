/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The parts of broker.yaml that say where recordings go and to which key they are sealed, and where documents lie. Must never take a
 * key that others could have put there.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/config.h"
#include "broker/hub/config.h"
#include "broker/hub/config_file.h"
#include "broker/hub/keys/sign.h"

enum { WARN_FREE_MIB = 10240, LEAST_FREE_MIB = 1024, SYNC_SECONDS = 5, SYNC_MOST_SECONDS = 60, MIB = 1024 * 1024 };

static sek_status mib(const struct sek_config_place *k, const char *key, const uint32_t *from, uint32_t otherwise, uint64_t *ret)
{
	uint32_t n = from ? *from : otherwise;

	SEK_TRY(sek_config_at(k, key, sek_config_check_range(key, n, 0, UINT32_MAX, k->err, k->err_size)));
	*ret = (uint64_t)n * MIB;
	return sek_ok();
}

static sek_status fill_sync(const struct sek_config_place *k, const struct file_recording *f, struct sek_broker_config *c)
{
	uint32_t n = f->sync_seconds ? *f->sync_seconds : SYNC_SECONDS;

	SEK_TRY(sek_config_at(k, "recording.sync_seconds", sek_config_check_range("recording.sync_seconds", n, 1, SYNC_MOST_SECONDS, k->err, k->err_size)));
	c->recording.sync_seconds = n;
	return sek_ok();
}

/* Names of tesseract's language models, joined by +. */
static bool are_languages(const char *text)
{
	return strlen(text) < 32 && text[0] && strspn(text, "abcdefghijklmnopqrstuvwxyz_+") == strlen(text);
}

static sek_status fill_words(const struct sek_config_place *k, const struct file_recording *f, struct sek_broker_config *c)
{
	if (!f->words)
		return f->words_path ? sek_config_refuse(k, "recording.words_path", "is of no use without recording.words") : sek_ok();
	if (!are_languages(f->words))
		return sek_config_refuse(k, "recording.words", "names languages of tesseract, such as jpn+eng");
	c->words_languages = f->words;
	return sek_config_beside_store(c, f->words_path, "words.db", &c->made_words, &c->words_path);
}

sek_status sek_config_fill_recording(const char *path, struct sek_broker_config *c, char *err, size_t err_size)
{
	const struct sek_config_place k = { path, err, err_size };
	const struct file_recording *f = c->file->recording;
	uint8_t key[SEK_SIGN_KEY_BYTES];

	if (!f)
		return sek_ok();
	c->has_recording = true;
	c->recording.where = c->audit.where;
	c->recording.public_key_path = f->public_key;
	c->recording_secret_path = f->secret_key;
	SEK_TRY(sek_config_beside_store(c, f->path, "recordings", &c->made_recordings, &c->recording.path));
	SEK_TRY(fill_words(&k, f, c));
	SEK_TRY(sek_config_beside_store(c, f->signing_key, "recording.key", &c->made_recording_key, &c->recording.signing_key_path));
	SEK_TRY(mib(&k, "recording.warn_free_mib", f->warn_free_mib, WARN_FREE_MIB, &c->recording.warn_free_bytes));
	SEK_TRY(mib(&k, "recording.least_free_mib", f->least_free_mib, LEAST_FREE_MIB, &c->recording.least_free_bytes));
	SEK_TRY(fill_sync(&k, f, c));
	if (!sek_is_ok(sek_public_key_load(f->public_key, key)))
		return sek_config_refuse(&k, "recording.public_key", "is no public recording key: make a pair with `sekishoctl recording keygen`");
	if (f->secret_key)
		SEK_TRY(sek_config_at(&k, "recording.secret_key", sek_config_check_file("recording.secret_key", f->secret_key, 1, err, err_size)));
	if (c->recording.warn_free_bytes < c->recording.least_free_bytes)
		return sek_config_refuse(&k, "recording.warn_free_mib", "is less than least_free_mib: the warning would come too late");
	return sek_ok();
}

static sek_status fill_paper(const struct sek_config_place *k, const struct sek_config_file *f, const char *folder, struct sek_broker_config *c)
{
	char what[200];

	c->paper_path = f->programs ? f->programs->paper : NULL;
	if (!c->paper_path && asprintf(&c->made_paper, "%s/sekisho-paper", folder) < 0) {
		c->made_paper = NULL;
		return sek_fail(SEK_E_NOMEM);
	}
	if (!c->paper_path)
		c->paper_path = c->made_paper;
	if (access(c->paper_path, X_OK) == 0)
		return sek_ok();
	snprintf(what, sizeof what, "'%.120s' cannot be run, and `documents` needs it", c->paper_path);
	return sek_config_refuse(k, "programs.paper", what);
}

/* What CUPS lets a queue be called, and nothing that could be a path. */
static bool is_queue(const char *name)
{
	return strcspn(name, " /#?\t\\'\"") == strlen(name);
}

sek_status sek_config_fill_documents(const char *path, const char *program_folder, struct sek_broker_config *c, char *err, size_t err_size)
{
	const struct sek_config_place k = { path, err, err_size };
	const struct file_documents *f = c->file->documents;

	if (!f)
		return sek_ok();
	c->has_documents = true;
	c->documents_languages = f->words ? f->words : "jpn+eng";
	c->print_server = f->print_server;
	c->printers = (const char *const *)f->printers;
	c->n_printers = f->printers_count;
	if (!are_languages(c->documents_languages))
		return sek_config_refuse(&k, "documents.words", "names languages of tesseract, such as jpn+eng");
	for (unsigned i = 0; i < f->printers_count; i++)
		if (!is_queue(f->printers[i]))
			return sek_config_refuse(&k, "documents.printers", "holds a name that no queue of CUPS can have");
	SEK_TRY(sek_config_beside_store(c, f->path, "documents", &c->made_documents, &c->documents_path));
	SEK_TRY(mib(&k, "documents.least_free_mib", f->least_free_mib, LEAST_FREE_MIB, &c->documents_least_free_bytes));
	return fill_paper(&k, c->file, program_folder, c);
}
