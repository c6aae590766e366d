/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A job's steps in the pool: its file, its pages, its end, its row. One at a time for each job.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "base/error.h"
#include "broker/hub/documents/internal.h"
#include "broker/hub/keys/seal.h"

static sek_status sink(void *ctx, const void *bytes, size_t n)
{
	struct sek_document_job *j = ctx;

	crypto_hash_sha256_update(j->sha, bytes, n);
	return sek_vault_write(j->writer, bytes, n);
}

void sek_document_work_create(uv_work_t *w)
{
	struct sek_document_job *j = w->data;
	char purpose[64];

	sek_seal_for_document(j->row.id, purpose, sizeof purpose);
	randombytes_buf(j->key, sizeof j->key);
	sek_seal(j->documents->config.key, purpose, j->key, sizeof j->key, j->row.key);
	j->sha = malloc(sizeof *j->sha);
	if (!j->sha) {
		j->status = sek_fail(SEK_E_NOMEM);
		return;
	}
	crypto_hash_sha256_init(j->sha);
	j->status = sek_pdf_create((unsigned)j->row.dpi, j->row.text, sink, j, &j->pdf);
	if (sek_is_ok(j->status))
		j->status = sek_vault_create(j->documents->config.folder, j->row.id, j->key, &j->writer);
}

void sek_document_work_page(uv_work_t *w)
{
	struct sek_document_job *j = w->data;
	const struct sek_paper_head *h = &j->taken.page;
	const uint8_t *palette = j->taken.body, *image = palette + 3 * (size_t)h->colours;

	j->status = sek_pdf_page_add(j->pdf, h, palette, image, image + h->image_bytes);
}

/* Whole and on the disk, under its name. */
static sek_status finish(struct sek_document_job *j)
{
	const struct sek_pdf_page *pages;
	struct sek_vault_writer *writer = j->writer;
	uint64_t stored;
	unsigned n;

	SEK_TRY(sek_pdf_end(j->pdf));
	crypto_hash_sha256_final(j->sha, j->row.hash);
	pages = sek_pdf_pages(j->pdf, &n);
	SEK_ASSERT(n == j->pages_done); /* row.pages is the loop's, which shows it meanwhile */
	j->row.bytes = (int64_t)sek_pdf_bytes(j->pdf);
	SEK_TRY(sek_document_index_write(j->writer, pages, n));
	j->writer = NULL;
	return sek_vault_finish(writer, &stored);
}

void sek_document_work_finish(uv_work_t *w)
{
	struct sek_document_job *j = w->data;

	j->status = finish(j);
	j->row.finished_s = (int64_t)time(NULL);
}

/* The row says that it is there: from now on its user, or its approvers, see it. */
void sek_document_work_store(uv_work_t *w)
{
	struct sek_document_job *j = w->data;

	j->status = sek_store_document_set(j->documents->store, &j->row, "working");
}

void sek_document_work_end(uv_work_t *w)
{
	struct sek_document_job *j = w->data;

	sek_vault_abandon(j->writer);
	j->writer = NULL;
	(void)sek_vault_unlink(j->documents->config.folder, j->row.id);
	memset(j->row.key, 0, sizeof j->row.key);
	memset(j->row.hash, 0, sizeof j->row.hash);
	j->row.bytes = 0;
	j->row.expires_s = 0;
	j->row.finished_s = (int64_t)time(NULL);
	j->status = sek_store_document_set(j->documents->store, &j->row, "working");
}
