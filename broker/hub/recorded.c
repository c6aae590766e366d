/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Putting recorder, archive and sessions together.
 */
#include "broker/hub/recorded.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/hub/policy/policy.h"
#include "broker/hub/protect.h"

/* Beside this one: of a recording, its entries, its video file, its words. */
static const char *const worker_names[3] = { "sekisho-recording-feed", "sekisho-film", "sekisho-words" };

static void on_change(void *user, const struct sek_recorder_state *state)
{
	struct sek_recorded *r = user;

	if (state->writable)
		sek_sessions_recorder_changed(r->sessions);
}

/* Who cannot be recorded here is refused, and that is on the record. */
static void on_news(void *user, const struct sek_recording_news *n)
{
	sek_archive_audit_failure(user, n);
}

sek_status sek_recorded_start(struct sek_recorded *r, uv_loop_t *loop, const struct sek_broker_config *config, struct sek_audit *audit,
	struct sek_sessions *sessions, char *err, size_t err_size)
{
	const struct sek_archive_config c = { config->store_where, config->recording.path, audit, config->broker_name };
	struct sek_recording_log log;

	r->sessions = sessions;
	if (!config->has_recording) {
		log = (struct sek_recording_log){ on_news, audit };
		sek_sessions_record(sessions, NULL, &log);
		return sek_ok();
	}
	SEK_TRY(sek_archive_create(loop, &c, &r->archive, err, err_size));
	SEK_TRY(sek_recorder_create(loop, &config->recording, sek_archive_late, r->archive, &r->recorder, err, err_size));
	sek_policy_can_record();
	sek_archive_start(r->archive, r->recorder);
	log = sek_archive_log(r->archive);
	sek_sessions_record(sessions, r->recorder, &log);
	sek_recorder_on_change(r->recorder, on_change, r);
	return sek_ok();
}

static void recorder_stopped(void *user)
{
	struct sek_recorded *r = user;

	if (r->archive)
		sek_archive_stop(r->archive, r->done, r->done_user);
	else
		r->done(r->done_user);
}

sek_status sek_recorded_review(struct sek_recorded *r, uv_loop_t *loop, const struct sek_broker_config *config, struct sek_audit *audit,
	struct sek_review **ret, char *err, size_t err_size)
{
	const struct sek_review_config c = { .folder = config->recording.path, .secret_key_path = config->recording_secret_path,
		.audit = audit, .sessions = r->sessions, .recorder = r->recorder, .programs = &r->work, .words_path = config->words_path,
		.languages = config->words_languages };
	char folder[PATH_MAX];
	size_t i, n;

	if (!config->has_recording)
		return sek_ok();
	sek_program_folder(folder, sizeof folder);
	for (i = 0; i < 3; i++) {
		n = strlen(folder) + strlen(worker_names[i]) + 2;
		r->work_paths[i] = malloc(n);
		if (!r->work_paths[i])
			return sek_fail(SEK_E_NOMEM);
		snprintf(r->work_paths[i], n, "%s/%s", folder, worker_names[i]);
	}
	r->work = (struct sek_work_programs){ r->work_paths[0], r->work_paths[1], r->work_paths[2] };
	return sek_review_create(loop, &c, ret, err, err_size);
}

void sek_recorded_stop(struct sek_recorded *r, void (*done)(void *user), void *user)
{
	r->done = done;
	r->done_user = user;
	if (r->recorder)
		sek_recorder_stop(r->recorder, recorder_stopped, r);
	else
		recorder_stopped(r);
}

void sek_recorded_destroy(struct sek_recorded *r)
{
	for (size_t i = 0; i < 3; i++)
		free(r->work_paths[i]);
	sek_recorder_destroy(r->recorder);
	sek_archive_destroy(r->archive);
}
