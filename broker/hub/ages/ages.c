/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The list, the reading and the clock.
 */
#include "broker/hub/ages/ages.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/log.h"

enum { EVERY_MS = 3600 * 1000 };

struct sek_ages {
	const struct sek_broker_config *config;
	uv_timer_t timer;
	uv_work_t work;
	bool working, stopping, closed;
	struct sek_age_file looked[SEK_AGES_FILES], seen[SEK_AGES_FILES];
	size_t n_looked, n_seen;
};

static void add(struct sek_age_file *all, size_t *n, const char *what, const char *path, bool is_crl)
{
	if (path && *path)
		all[(*n)++] = (struct sek_age_file){ .what = what, .path = path, .is_crl = is_crl };
}

size_t sek_ages_files(const struct sek_broker_config *c, struct sek_age_file ret[SEK_AGES_FILES])
{
	size_t n = 0;

	add(ret, &n, "https-certificate", c->certificate, false);
	add(ret, &n, "intermediate", c->sessions.intermediate_path, false);
	add(ret, &n, "ca", c->sessions.ca_path, false);
	add(ret, &n, "crl", c->sessions.crl_path, true);
	if (c->has_certificates) {
		add(ret, &n, "login-ca", c->login_certificates.ca, false);
		add(ret, &n, "login-crl", c->login_certificates.crl, true);
	}
	if (c->has_ldap)
		add(ret, &n, "directory-ca", c->ldap.ca, false);
	if (c->syslog.how == SEK_SYSLOG_TLS) {
		add(ret, &n, "syslog-ca", c->syslog.ca, false);
		add(ret, &n, "syslog-certificate", c->syslog.certificate, false);
	}
	return n;
}

void sek_ages_read(const struct sek_broker_config *c, struct sek_age_file *f, int64_t now_s)
{
	f->read = sek_is_ok(f->is_crl ? sek_crl_file_times(f->path, &f->times) : sek_certificate_file_times(f->path, &f->times));
	if (!f->read)
		f->level = SEK_AGE_OVER;
	else
		f->level = f->is_crl ? sek_ages_of_crl(&c->sessions.ages, &f->times, now_s) : sek_ages_of_certificate(&c->sessions.ages, &f->times, now_s);
}

const char *sek_age_level_name(enum sek_age_level l)
{
	static const char *const names[] = { [SEK_AGE_FINE] = "fine", [SEK_AGE_SOON] = "soon", [SEK_AGE_OVER] = "over" };

	return names[l];
}

static void on_work(uv_work_t *work)
{
	struct sek_ages *a = work->data;
	int64_t now = (int64_t)time(NULL);

	a->n_looked = sek_ages_files(a->config, a->looked);
	for (size_t i = 0; i < a->n_looked; i++)
		sek_ages_read(a->config, &a->looked[i], now);
}

static void maybe_free(struct sek_ages *a)
{
	if (a->closed && !a->working)
		free(a);
}

static void on_work_done(uv_work_t *work, int status)
{
	struct sek_ages *a = work->data;
	int64_t now = (int64_t)time(NULL);

	a->working = false;
	if (status < 0 || a->stopping) {
		maybe_free(a);
		return;
	}
	for (size_t i = 0; i < a->n_looked; i++) {
		const struct sek_age_file *f = &a->looked[i];

		if (f->level == SEK_AGE_FINE || (a->n_seen && a->seen[i].level == f->level))
			continue;
		sek_log(f->level == SEK_AGE_OVER ? SEK_LOG_ERROR : SEK_LOG_WARN, "age", "what", f->what, "file", f->path, "level",
			sek_age_level_name(f->level), "days_left", f->read ? sek_logf("%u", sek_age(now, f->times.until_s, SEK_DAY_S)) : "?", NULL);
	}
	memcpy(a->seen, a->looked, sizeof a->seen);
	a->n_seen = a->n_looked;
}

static void on_hour(uv_timer_t *timer)
{
	struct sek_ages *a = timer->data;

	if (!a->working)
		a->working = uv_queue_work(timer->loop, &a->work, on_work, on_work_done) == 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct sek_ages *a = handle->data;

	a->closed = true;
	maybe_free(a);
}

sek_status sek_ages_start(uv_loop_t *loop, const struct sek_broker_config *config, struct sek_ages **ret)
{
	struct sek_ages *a = calloc(1, sizeof *a);

	if (!a)
		return sek_fail(SEK_E_NOMEM);
	a->config = config;
	uv_timer_init(loop, &a->timer);
	a->timer.data = a->work.data = a;
	uv_timer_start(&a->timer, on_hour, 0, EVERY_MS);
	uv_unref((uv_handle_t *)&a->timer);
	*ret = a;
	return sek_ok();
}

void sek_ages_stop(struct sek_ages *a)
{
	if (!a || a->stopping)
		return;
	a->stopping = true;
	uv_close((uv_handle_t *)&a->timer, on_closed);
}

size_t sek_ages_seen(const struct sek_ages *a, const struct sek_age_file **ret)
{
	*ret = a->seen;
	return a->n_seen;
}
