/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reads, issues, checks and frames a decoder's credentials. The only place of the broker where the intermediate's key
 * is in memory, and only for as long as the job runs.
 */
#include "broker/hub/session/credentials.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/file.h"
#include "base/tls.h"
#include "broker/gap/children.h"
#include "broker/hub/session/ages.h"
#include "certs/session_cert.h"
#include "protocol/wire/wire.h"

enum { PARTS = 5, HOST_MAX_BYTES = 256 };

struct sek_credential_job {
	uv_work_t work;
	const struct sek_credential_files *files;
	uint8_t session[SEK_SESSION_ID_BYTES];
	bool watches;
	char host[HOST_MAX_BYTES];
	sek_status status;
	const char *what; /* fixed words */
	uint8_t *bytes;
	size_t n;
	sek_credentials_fn *fn; /* NULL: cancelled */
	void *user;
	void (*gone)(void *all);
	void *all;
};

static void wipe_free(char *s)
{
	if (s)
		explicit_bzero(s, strlen(s));
	free(s);
}

/* The credentials pipe carries each text after its u32 length (broker/gap/children.h). */
static sek_status frame_parts(const char *const parts[PARTS], uint8_t **ret, size_t *ret_n)
{
	size_t total = 0;
	struct sek_writer w;
	uint8_t *bytes;

	for (int i = 0; i < PARTS; i++) {
		size_t n = strlen(parts[i]);

		if (n == 0 || n > SEK_CREDENTIAL_MAX_BYTES)
			return sek_fail(SEK_E_LIMIT);
		total += 4 + n;
	}
	bytes = malloc(total);
	if (!bytes)
		return sek_fail(SEK_E_NOMEM);
	sek_writer_init(&w, bytes, total);
	for (int i = 0; i < PARTS; i++) {
		sek_write_u32(&w, (uint32_t)strlen(parts[i]));
		sek_write_bytes(&w, parts[i], strlen(parts[i]));
	}
	SEK_ASSERT(sek_is_ok(sek_writer_status(&w)));
	*ret = bytes;
	*ret_n = total;
	return sek_ok();
}

/* What the decoder will do with them first, done here too: a stale CRL must end in "no session" with a line in our own
 * log, not in a puzzling exit code of a process that can print nothing. */
static sek_status try_tls(const char *ca, const char *crl, const char *intermediate, const struct sek_session_cert *cert)
{
	size_t a = strlen(cert->certificate_pem), b = strlen(intermediate);
	char *chain = malloc(a + b + 2);
	struct sek_tls_context *context = NULL;
	sek_status s;

	if (!chain)
		return sek_fail(SEK_E_NOMEM);
	memcpy(chain, cert->certificate_pem, a);
	chain[a] = '\n';
	memcpy(chain + a + 1, intermediate, b + 1);
	s = sek_tls_context_create(SEK_TLS_CLIENT, &(struct sek_tls_pem){ ca, crl, chain, cert->key_pem }, &context);
	sek_tls_context_destroy(context);
	free(chain);
	return s;
}

/* What is valid may still be older than the site allows. */
static sek_status check_ages(const struct sek_age_limits *l, const char *crl, const char *intermediate, const char **ret_what)
{
	int64_t now = time(NULL);
	struct sek_validity t;

	if (!l)
		return sek_ok();
	*ret_what = "CRL is stale, or older than ages.crl_max_hours";
	SEK_TRY(sek_crl_times(crl, strlen(crl), &t));
	if (sek_ages_of_crl(l, &t, now) == SEK_AGE_OVER)
		return sek_fail(SEK_E_DENIED);
	*ret_what = "intermediate certificate has ended, or is older than ages.certificate_max_days";
	SEK_TRY(sek_certificate_times(intermediate, strlen(intermediate), &t));
	return sek_ages_of_certificate(l, &t, now) == SEK_AGE_OVER ? sek_fail(SEK_E_DENIED) : sek_ok();
}

/* On failure *ret_what names the step. */
static sek_status prepare(const struct sek_credential_files *files, const uint8_t *session, const char *host,
	uint8_t **ret, size_t *ret_n, const char **ret_what)
{
	char *ca = NULL, *crl = NULL, *intermediate = NULL, *key = NULL;
	struct sek_issuer *issuer = NULL;
	struct sek_session_cert cert = { 0 };
	sek_status s;

	*ret_what = "CA certificate";
	s = sek_file_read(files->ca, &ca, NULL);
	if (!sek_is_ok(s))
		goto out;
	*ret_what = "CRL";
	s = sek_file_read(files->crl, &crl, NULL);
	if (!sek_is_ok(s))
		goto out;
	*ret_what = "intermediate certificate";
	s = sek_file_read(files->intermediate, &intermediate, NULL);
	if (!sek_is_ok(s))
		goto out;
	s = check_ages(files->ages, crl, intermediate, ret_what);
	if (!sek_is_ok(s))
		goto out;
	*ret_what = "intermediate key";
	s = sek_file_read(files->intermediate_key, &key, NULL);
	if (!sek_is_ok(s))
		goto out;
	*ret_what = "intermediate certificate and key";
	s = sek_issuer_create(intermediate, key, &issuer);
	if (!sek_is_ok(s))
		goto out;
	*ret_what = "issuing the session certificate";
	s = sek_issuer_issue(issuer, session, host, &cert);
	if (!sek_is_ok(s))
		goto out;
	*ret_what = "CA certificate, CRL (stale?) or chain";
	s = try_tls(ca, crl, intermediate, &cert);
	if (!sek_is_ok(s))
		goto out;
	*ret_what = "size of a PEM file";
	const char *const parts[PARTS] = { ca, crl, cert.certificate_pem, intermediate, cert.key_pem };

	s = frame_parts(parts, ret, ret_n);
out:
	sek_session_cert_finish(&cert);
	sek_issuer_destroy(issuer);
	free(ca);
	free(crl);
	free(intermediate);
	wipe_free(key);
	return s;
}

static void on_work(uv_work_t *work)
{
	struct sek_credential_job *job = work->data;

	job->status = prepare(job->files, job->watches ? NULL : job->session, job->host, &job->bytes, &job->n, &job->what);
}

static void on_work_done(uv_work_t *work, int status)
{
	struct sek_credential_job *job = work->data;
	void (*gone)(void *all) = job->gone;
	void *all = job->all;

	if (status < 0) { /* cancelled before it ran */
		job->status = sek_from_uv(status);
		job->what = "thread pool";
	}
	if (job->fn)
		job->fn(job->user, job->status, job->what, job->bytes, job->n);
	if (job->bytes)
		explicit_bzero(job->bytes, job->n);
	free(job->bytes);
	free(job);
	gone(all);
}

sek_status sek_credentials_check(const struct sek_credential_files *files, const char **ret_what)
{
	char *intermediate = NULL, *key = NULL;
	struct sek_issuer *issuer = NULL;
	sek_status s;

	*ret_what = "intermediate certificate";
	s = sek_file_read(files->intermediate, &intermediate, NULL);
	if (sek_is_ok(s)) {
		*ret_what = "intermediate key";
		s = sek_file_read(files->intermediate_key, &key, NULL);
	}
	if (sek_is_ok(s)) {
		*ret_what = "intermediate certificate and key";
		s = sek_issuer_create(intermediate, key, &issuer);
	}
	sek_issuer_destroy(issuer);
	free(intermediate);
	wipe_free(key);
	return s;
}

sek_status sek_credentials_start(uv_loop_t *loop, const struct sek_credential_files *files,
	const uint8_t session[SEK_SESSION_ID_BYTES], const char *host, sek_credentials_fn *fn, void (*gone)(void *all),
	void *all, void *user, struct sek_credential_job **ret)
{
	struct sek_credential_job *job;
	sek_status s;

	if (strlen(host) >= HOST_MAX_BYTES)
		return sek_fail(SEK_E_LIMIT);
	job = calloc(1, sizeof *job);
	if (!job)
		return sek_fail(SEK_E_NOMEM);
	job->work.data = job;
	job->files = files;
	job->watches = !session;
	if (session)
		memcpy(job->session, session, SEK_SESSION_ID_BYTES);
	memcpy(job->host, host, strlen(host) + 1);
	job->fn = fn;
	job->user = user;
	job->gone = gone;
	job->all = all;
	s = sek_from_uv(uv_queue_work(loop, &job->work, on_work, on_work_done));
	if (!sek_is_ok(s)) {
		free(job);
		return s;
	}
	*ret = job;
	return s;
}

void sek_credentials_cancel(struct sek_credential_job *job)
{
	if (!job)
		return;
	job->fn = NULL;
	(void)uv_cancel((uv_req_t *)&job->work); /* if it runs already its result is wiped */
}
