/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading certificate, key, CA and CRL when they change.
 */
#include "render-host/renderd/trust.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/error.h"

void sek_trust_init(struct sek_trust *t, const struct sek_renderd_config *config)
{
	memset(t, 0, sizeof *t);
	t->config = config;
	t->status = sek_fail(SEK_E_NOT_FOUND);
}

void sek_trust_finish(struct sek_trust *t)
{
	sek_tls_context_destroy(t->context);
	t->context = NULL;
}

static bool same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
		a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
		a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static sek_status load(struct sek_trust *t, const char *const paths[SEK_TRUST_FILES])
{
	char *texts[SEK_TRUST_FILES] = { NULL };
	struct sek_tls_pem pem;
	sek_status s = sek_ok();
	size_t i;

	for (i = 0; i < SEK_TRUST_FILES && sek_is_ok(s); i++)
		s = sek_file_read(paths[i], &texts[i], NULL);
	if (sek_is_ok(s)) {
		pem = (struct sek_tls_pem){ .ca = texts[0], .crl = texts[1], .chain = texts[2], .key = texts[3] };
		s = sek_tls_context_create(SEK_TLS_SERVER, &pem, &t->context);
	}
	if (texts[3])
		explicit_bzero(texts[3], strlen(texts[3]));
	for (i = 0; i < SEK_TRUST_FILES; i++)
		free(texts[i]);
	return s;
}

struct sek_tls_context *sek_trust_context(struct sek_trust *t)
{
	const char *const paths[SEK_TRUST_FILES] = { t->config->tls.ca, t->config->tls.crl, t->config->tls.certificate,
						     t->config->tls.key };
	struct stat now[SEK_TRUST_FILES];
	bool changed = false;
	size_t i;

	for (i = 0; i < SEK_TRUST_FILES; i++) {
		memset(&now[i], 0, sizeof now[i]);
		(void)stat(paths[i], &now[i]); /* a file that is gone reads as changed, and then as unreadable */
		changed = changed || !same(&now[i], &t->seen[i]);
	}
	/* without a context every connection tries again: a CRL may have become valid in the meantime */
	if (!changed && t->context)
		return t->context;
	sek_tls_context_destroy(t->context);
	t->context = NULL;
	t->status = load(t, paths);
	if (sek_is_ok(t->status)) {
		memcpy(t->seen, now, sizeof now);
		sek_log(SEK_LOG_INFO, "tls.loaded", "crl", t->config->tls.crl, NULL);
	} else {
		char text[128];

		sek_log(SEK_LOG_ERROR, "tls.unusable", "status", sek_status_text(t->status, text, sizeof text), "why",
			t->status.origin == SEK_FROM_ERRNO ? "a file cannot be read" : sek_tls_fault_text(t->status), NULL);
	}
	return t->context;
}
