/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Frames a foreign decoder's credentials. Must never leave a password in memory that was freed, in a message or in a log.
 */
#include "broker/hub/session/secrets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "broker/gap/children.h"
#include "protocol/wire/wire.h"

enum { NAME_BYTES = 256 };

struct sek_secret_job {
	uv_work_t work;
	const struct sek_credential_files *files;
	sek_host_secret_fn *secret;
	void *secret_user;
	char host[NAME_BYTES], who[NAME_BYTES];
	bool insecure;
	char *trust; /* NULL: the site's CA */
	sek_status status;
	const char *what; /* fixed words */
	uint8_t *bytes;
	size_t n;
	sek_credentials_fn *fn; /* NULL: cancelled */
	void *user;
	void (*gone)(void *all);
	void *all;
};

static sek_status frame(struct sek_secret_job *job, const char *const texts[SEK_FOREIGN_TEXTS])
{
	size_t total = 4;
	struct sek_writer w;

	for (int i = 0; i < SEK_FOREIGN_TEXTS; i++) {
		if (strlen(texts[i]) > SEK_CREDENTIAL_MAX_BYTES)
			return sek_fail(SEK_E_LIMIT);
		total += 4 + strlen(texts[i]);
	}
	job->bytes = malloc(total);
	if (!job->bytes)
		return sek_fail(SEK_E_NOMEM);
	sek_writer_init(&w, job->bytes, total);
	sek_write_u32(&w, job->insecure ? SEK_FOREIGN_INSECURE : 0);
	for (int i = 0; i < SEK_FOREIGN_TEXTS; i++) {
		sek_write_u32(&w, (uint32_t)strlen(texts[i]));
		sek_write_bytes(&w, texts[i], strlen(texts[i]));
	}
	SEK_ASSERT(sek_is_ok(sek_writer_status(&w)));
	job->n = total;
	return sek_ok();
}

static sek_status prepare(struct sek_secret_job *job)
{
	struct sek_host_secret secret = { "", "" };
	char *ca = NULL, *crl = NULL;
	sek_status s = sek_ok();

	if (!job->insecure && !job->trust) {
		job->what = "CA certificate";
		s = sek_file_read(job->files->ca, &ca, NULL);
		if (sek_is_ok(s)) {
			job->what = "CRL";
			s = sek_file_read(job->files->crl, &crl, NULL);
		}
	}
	if (sek_is_ok(s) && job->secret) {
		job->what = "what is kept for this host";
		s = job->secret(job->secret_user, job->host, job->who, &secret);
	}
	if (sek_is_ok(s)) {
		const char *const texts[SEK_FOREIGN_TEXTS] = { job->insecure ? "" : job->trust ? job->trust : ca, crl ? crl : "", secret.login,
			secret.password };

		job->what = "size of a PEM file";
		s = frame(job, texts);
	}
	explicit_bzero(&secret, sizeof secret);
	free(ca);
	free(crl);
	return s;
}

static void on_work(uv_work_t *work)
{
	struct sek_secret_job *job = work->data;

	job->status = prepare(job);
}

static void job_free(struct sek_secret_job *job)
{
	if (job->bytes)
		explicit_bzero(job->bytes, job->n);
	free(job->bytes);
	free(job->trust);
	free(job);
}

static void on_work_done(uv_work_t *work, int status)
{
	struct sek_secret_job *job = work->data;
	void (*gone)(void *all) = job->gone;
	void *all = job->all;

	if (status < 0) { /* cancelled before it ran */
		job->status = sek_from_uv(status);
		job->what = "thread pool";
	}
	if (job->fn)
		job->fn(job->user, job->status, job->what, job->bytes, job->n);
	job_free(job);
	gone(all);
}

sek_status sek_secret_start(uv_loop_t *loop, const struct sek_credential_files *files, sek_host_secret_fn *secret, void *secret_user,
	const struct sek_render_host *host, const char *who, sek_credentials_fn *fn, void (*gone)(void *all), void *all, void *user,
	struct sek_secret_job **ret)
{
	struct sek_secret_job *job;
	sek_status s;

	if (strlen(host->name) >= NAME_BYTES || strlen(who) >= NAME_BYTES)
		return sek_fail(SEK_E_LIMIT);
	job = calloc(1, sizeof *job);
	if (!job)
		return sek_fail(SEK_E_NOMEM);
	*job = (struct sek_secret_job){ .files = files, .secret = secret, .secret_user = secret_user, .insecure = host->insecure, .fn = fn,
		.user = user, .gone = gone, .all = all, .what = "memory" };
	snprintf(job->host, sizeof job->host, "%s", host->name);
	snprintf(job->who, sizeof job->who, "%s", who);
	if (host->trust && *host->trust)
		job->trust = strdup(host->trust);
	job->work.data = job;
	s = host->trust && *host->trust && !job->trust ? sek_fail(SEK_E_NOMEM) :
		sek_from_uv(uv_queue_work(loop, &job->work, on_work, on_work_done));
	if (sek_is_ok(s))
		*ret = job;
	else
		job_free(job);
	return s;
}

void sek_secret_cancel(struct sek_secret_job *job)
{
	if (!job)
		return;
	job->fn = NULL;
	(void)uv_cancel((uv_req_t *)&job->work);
}
