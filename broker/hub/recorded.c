/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Putting recorder, archive and sessions together.
 */
#include "broker/hub/recorded.h"

#include "broker/hub/policy/policy.h"

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
	const struct sek_archive_config c = { config->store_path, config->recording.path, audit };
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
	sek_recorder_destroy(r->recorder);
	sek_archive_destroy(r->archive);
}
