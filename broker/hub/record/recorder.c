/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The recordings' folder: its keys, its room, everything that is being recorded. Must never let a recording begin, or go on,
 * where it could not be kept.
 */
#include "broker/hub/record/record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <sodium.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/hub/record/record_private.h"

enum {
	SUSPECT_MS = 500,   /* from one look at the folder to the next while something is wrong */
	COUNT_TICKS = 60,   /* of a second each, from one adding up of the folder's files to the next: somebody may have deleted some */
	CLOCK_US = 250000,  /* a clock that is off by so much has been set */
	PROBE_BYTES = 4096,
	MEBI = 1048576,
};

/* --- the state --- */

static bool set_state(struct sek_recorder *r, bool writable, bool warning, const char *why)
{
	bool changed = writable != r->state.writable || warning != r->state.warning;

	r->state.writable = writable;
	r->state.warning = warning;
	snprintf(r->state.why, sizeof r->state.why, "%s", why);
	if (!changed)
		return false;
	sek_log(writable ? warning ? SEK_LOG_WARN : SEK_LOG_INFO : SEK_LOG_ERROR,
		writable ? "recordings.writable" : "recordings.unwritable", "path", r->config.path, "why", *why ? why : "-", NULL);
	if (r->change)
		r->change(r->change_user, &r->state);
	return true;
}

static void judge(struct sek_recorder *r)
{
	char why[SEK_RECORD_WHY_BYTES] = "", text[120];
	bool writable = true, warning = false;
	struct sek_recording *p, *next;

	if (!sek_is_ok(r->survey_status)) {
		writable = false;
		snprintf(why, sizeof why, "recordings '%.100s' cannot be written (%s)", r->config.path,
			sek_status_text(r->survey_status, text, sizeof text));
	} else if (r->free_bytes < r->config.least_free_bytes) {
		writable = false;
		snprintf(why, sizeof why, "recordings '%.100s': no room is left (%" PRIu64 " MiB free, %" PRIu64 " are the least)",
			r->config.path, r->free_bytes / MEBI, r->config.least_free_bytes / MEBI);
	} else if (r->free_bytes < r->config.warn_free_bytes) {
		warning = true;
		snprintf(why, sizeof why, "recordings '%.100s': room runs short (%" PRIu64 " MiB free)", r->config.path,
			r->free_bytes / MEBI);
	}
	r->state.free_bytes = r->free_bytes;
	set_state(r, writable, warning, why);
	if (writable)
		return;
	for (p = r->first; p; p = next) {
		next = p->next;
		if (!p->failed && !p->finished) {
			sek_recording_fail(p, why);
			r->state.failed++;
		}
	}
}

void sek_recorder_failed(struct sek_recorder *r, const char *why, bool disk)
{
	r->state.failed++;
	if (!disk)
		return;
	r->suspect = true;
	set_state(r, false, r->state.warning, why);
}

/* --- looking at the folder --- */

/* A file that is really written and synced: rights and free room promise nothing. */
static sek_status try_to_write(const char *folder)
{
	static const char bytes[PROBE_BYTES];
	char path[PATH_MAX];
	sek_status status = sek_ok();
	int fd;

	if (snprintf(path, sizeof path, "%s/.probe", folder) >= PATH_MAX)
		return sek_fail(SEK_E_LIMIT);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return sek_foreign(SEK_E_IO, SEK_FROM_ERRNO, errno);
	errno = 0;
	if (write(fd, bytes, sizeof bytes) != (ssize_t)sizeof bytes || fsync(fd) != 0)
		status = sek_foreign(SEK_E_IO, SEK_FROM_ERRNO, errno ? errno : ENOSPC);
	close(fd);
	(void)unlink(path);
	return status;
}

sek_status sek_recorder_look(const struct sek_recorder *r, uint64_t *ret_free_bytes)
{
	struct statvfs v;

	if (statvfs(r->config.path, &v) != 0 || faccessat(AT_FDCWD, r->config.path, W_OK | X_OK, AT_EACCESS) != 0)
		return sek_foreign(SEK_E_IO, SEK_FROM_ERRNO, errno);
	if (v.f_flag & ST_RDONLY)
		return sek_foreign(SEK_E_IO, SEK_FROM_ERRNO, EROFS);
	*ret_free_bytes = (uint64_t)v.f_bavail * v.f_frsize;
	return sek_ok();
}

static sek_status look(struct sek_recorder *r)
{
	SEK_TRY(sek_recorder_look(r, &r->free_bytes));
	if (r->probe)
		SEK_TRY(try_to_write(r->config.path));
	if (r->count)
		SEK_TRY(sek_record_folder_bytes(r->config.path, &r->used_bytes));
	return sek_ok();
}

static void work_survey(struct sek_record_job *job)
{
	struct sek_recorder *r = job->user;

	r->survey_status = look(r);
}

static void end_stop(struct sek_recorder *r);

static void after_survey(struct sek_record_job *job)
{
	struct sek_recorder *r = job->user;

	r->surveying = false;
	if (r->count && sek_is_ok(r->survey_status))
		r->state.used_bytes = r->used_bytes;
	if (!sek_is_ok(r->survey_status))
		r->suspect = r->suspect || r->probe;
	/* what failed while this was looking is known better by the next look */
	if (!r->suspect || !sek_is_ok(r->survey_status))
		judge(r);
	end_stop(r);
}

void sek_recorder_looked(struct sek_recorder *r, sek_status status, uint64_t free_bytes)
{
	if (r->surveying || r->suspect)
		return; /* a better look is under way */
	r->survey_status = status;
	r->free_bytes = free_bytes;
	judge(r);
}

static void survey(struct sek_recorder *r, bool count)
{
	if (r->surveying)
		return;
	r->surveying = true;
	r->count = count;
	r->probe = r->suspect;
	r->suspect = false;
	sek_record_threads_queue(r->threads, &r->survey);
}

static int64_t clock_offset(void)
{
	return (int64_t)sek_record_utc_us() - (int64_t)sek_record_now_us();
}

/* Everything that was collected goes to the disk at the same time, so that the loop is woken once for all; and it is synced at the same time, so
 * that a file system with a journal commits it together. Whoever writes looks at the
 * folder, too; if nobody does, or nobody did, a job of its own. */
static void close_blocks(struct sek_recorder *r)
{
	bool sync = r->config.sync_seconds <= 1 || r->ticks % r->config.sync_seconds == 0;
	bool count = r->ticks++ % COUNT_TICKS == 0, writing = false;
	struct sek_recording *p, *next;

	for (p = r->first; p; p = next) {
		next = p->next;
		sek_recording_tick(p, sync);
		writing = writing || (p->running && p->step == SEK_RECORD_APPEND);
	}
	if (r->stopping)
		return;
	if (count || r->suspect || atomic_exchange(&r->look, false) || !writing)
		survey(r, count);
	else
		atomic_store(&r->look, true);
}

static void on_watch(uv_timer_t *t)
{
	struct sek_recorder *r = t->data;
	uint64_t now_ms = sek_record_now_us() / 1000;
	int64_t offset = clock_offset();
	bool set = llabs(offset - r->clock_offset_us) > CLOCK_US;
	struct sek_recording *p, *next;
	uint64_t wait_ms;

	sek_record_threads_after(r->threads);
	if (set)
		r->clock_offset_us = offset;
	for (p = r->first; p; p = next) {
		next = p->next;
		sek_recording_check_stall(p, now_ms);
		if (set && sek_recording_ok(p))
			sek_recording_clock(p);
	}
	if (now_ms >= r->close_ms) {
		close_blocks(r);
		r->close_ms = now_ms + SEK_RECORD_BLOCK_MS;
	} else if (r->suspect && !r->stopping) {
		survey(r, false);
	}
	wait_ms = r->close_ms - now_ms;
	if (r->suspect && wait_ms > SUSPECT_MS)
		wait_ms = SUSPECT_MS;
	if (!r->closing)
		uv_timer_start(t, on_watch, wait_ms, 0);
}

/* --- what the others call --- */

void sek_recorder_state(const struct sek_recorder *r, struct sek_recorder_state *ret)
{
	const struct sek_recording *p;

	*ret = r->state;
	ret->waiting_bytes = 0;
	for (p = r->first; p; p = p->next)
		ret->waiting_bytes += p->waiting;
}

void sek_recorder_on_change(struct sek_recorder *r, void (*fn)(void *user, const struct sek_recorder_state *state), void *user)
{
	r->change = fn;
	r->change_user = user;
}

static sek_status refuse(const struct sek_recorder_config *c, sek_status status, const char *what, const char *todo, char *err,
	size_t err_size)
{
	char text[120];

	snprintf(err, err_size, "recordings '%.200s': %s (%s): %s", c->path, what, sek_status_text(status, text, sizeof text), todo);
	return status;
}

static sek_status open_folder(const struct sek_recorder_config *c, char *err, size_t err_size)
{
	struct stat st;

	if (strlen(c->path) > PATH_MAX - 64)
		return refuse(c, sek_fail(SEK_E_LIMIT), "the path is too long", "choose a shorter one", err, err_size);
	if (mkdir(c->path, 0700) != 0 && errno != EEXIST)
		return refuse(c, sek_from_errno(), "the folder cannot be made", "make it, and give it to the broker's user", err, err_size);
	if (stat(c->path, &st) != 0 || !S_ISDIR(st.st_mode))
		return refuse(c, sek_fail(SEK_E_CONFIG), "is not a folder", "correct the path", err, err_size);
	if (st.st_mode & 022)
		return refuse(c, sek_fail(SEK_E_CONFIG), "group or others may write the folder", "chmod go-w it", err, err_size);
	return sek_ok();
}

static void forget_signers(struct sek_recorder *r)
{
	while (r->signers) {
		struct sek_record_signer *s = r->signers;

		r->signers = s->next;
		sodium_memzero(s, sizeof *s);
		free(s);
	}
}

static sek_status open_keys(struct sek_recorder *r, char *err, size_t err_size)
{
	const struct sek_recorder_config *c = &r->config;
	struct sek_record_signer *s = calloc(1, sizeof *s);
	uint8_t recipient[SEK_SIGN_KEY_BYTES];
	sek_status status = sek_public_key_load(c->public_key_path, recipient);

	if (!s || !sek_is_ok(status)) {
		free(s);
		return refuse(c, s ? status : sek_fail(SEK_E_NOMEM), "the public half of the recording key cannot be read",
			"make a key pair with 'sekishoctl recording keygen'", err, err_size);
	}
	status = sek_sign_key_load(c->signing_key_path, &s->key);
	if (sek_is(status, SEK_E_NOT_FOUND) && !r->signers)
		status = sek_sign_key_make(c->signing_key_path, &s->key);
	if (!sek_is_ok(status)) {
		free(s);
		return refuse(c, status, "the signing key cannot be read or made",
			"the broker's user must be able to write its folder, and no .pub file of an older key may lie there", err, err_size);
	}
	memcpy(r->recipient, recipient, sizeof recipient);
	if (r->signers && memcmp(r->signers->key.public_key, s->key.public_key, sizeof s->key.public_key) == 0) {
		sodium_memzero(s, sizeof *s);
		free(s);
		return status;
	}
	s->next = r->signers;
	r->signers = s;
	return status;
}

sek_status sek_recorder_reload(struct sek_recorder *r, char *err, size_t err_size)
{
	return open_keys(r, err, err_size);
}

sek_status sek_recorder_create(uv_loop_t *loop, const struct sek_recorder_config *config,
	void (*finished)(void *user, const struct sek_recording_facts *facts), void *user, struct sek_recorder **ret, char *err,
	size_t err_size)
{
	struct sek_recorder *r;
	sek_status status;

	*err = '\0';
	if (sodium_init() < 0)
		return refuse(config, sek_fail(SEK_E_CRYPTO), "libsodium cannot start", "look at the system", err, err_size);
	SEK_TRY(open_folder(config, err, err_size));
	r = calloc(1, sizeof *r);
	if (!r)
		return refuse(config, sek_fail(SEK_E_NOMEM), "not enough memory", "give the broker more", err, err_size);
	r->loop = loop;
	r->config = *config;
	r->state.writable = true;
	r->clock_offset_us = clock_offset();
	status = open_keys(r, err, err_size);
	if (sek_is_ok(status)) {
		status = sek_record_repair(config->path, &r->signers->key, finished, user, &r->state.used_bytes);
		if (!sek_is_ok(status))
			refuse(config, status, "the folder cannot be read", "give it to the broker's user", err, err_size);
	}
	if (sek_is_ok(status)) {
		status = sek_record_threads_create(loop, &r->threads);
		if (!sek_is_ok(status))
			refuse(config, status, "no thread can be started", "look at the limits of the broker's user", err, err_size);
	}
	if (!sek_is_ok(status)) {
		forget_signers(r);
		free(r);
		return status;
	}
	r->probe = true;
	r->survey_status = look(r);
	r->suspect = !sek_is_ok(r->survey_status);
	judge(r);
	r->survey = (struct sek_record_job){ .work = work_survey, .after = after_survey, .user = r };
	r->watch.data = r;
	uv_timer_init(loop, &r->watch);
	r->close_ms = sek_record_now_us() / 1000 + SEK_RECORD_BLOCK_MS;
	uv_timer_start(&r->watch, on_watch, r->suspect ? SUSPECT_MS : SEK_RECORD_BLOCK_MS, 0);
	*ret = r;
	return sek_ok();
}

static void on_threads_closed(void *user)
{
	struct sek_recorder *r = user;

	r->closed = true;
	if (r->stopped)
		r->stopped(r->stopped_user);
}

static void on_watch_closed(uv_handle_t *h)
{
	struct sek_recorder *r = h->data;

	sek_record_threads_stop(r->threads, on_threads_closed, r);
}

static void end_stop(struct sek_recorder *r)
{
	if (!r->stopping || r->closing || r->first || r->surveying)
		return;
	r->closing = true;
	uv_close((uv_handle_t *)&r->watch, on_watch_closed);
}

void sek_recorder_ended(struct sek_recorder *r)
{
	end_stop(r);
}

void sek_recorder_stop(struct sek_recorder *r, void (*done)(void *user), void *user)
{
	struct sek_recording *p, *next;

	SEK_ASSERT(!r->stopping);
	r->stopping = true;
	r->stopped = done;
	r->stopped_user = user;
	for (p = r->first; p; p = next) {
		next = p->next;
		sek_recording_end(p, 0);
	}
	end_stop(r);
}

void sek_recorder_destroy(struct sek_recorder *r)
{
	if (!r)
		return;
	SEK_ASSERT(r->closed);
	while (r->gone) {
		struct sek_recording *p = r->gone;

		r->gone = p->next;
		free(p);
	}
	forget_signers(r);
	free(r);
}
