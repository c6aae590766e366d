/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Counting, and which page is which.
 */
#include "broker/hub/metrics/metrics.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "broker/hub/metrics/counters.h"

const uint32_t sek_first_frame_ms[SEK_METRICS_FIRST_FRAME] = { 250, 500, 1000, 2000, 3000, 5000, 10000, 30000 };
const char *const sek_first_frame_le[SEK_METRICS_FIRST_FRAME] = { "0.25", "0.5", "1.0", "2.0", "3.0", "5.0", "10.0", "30.0" };

#define SEK_STATE(name, number, kind, who, text) _Static_assert((number) < SEK_METRICS_STATES, "state " #name);
#include "protocol/wire/states.def"
#undef SEK_STATE

static void first_frame(struct sek_metrics *m, uint32_t ms)
{
	size_t i = 0;

	while (i < SEK_METRICS_FIRST_FRAME && ms > sek_first_frame_ms[i])
		i++;
	m->first_frame[i]++;
	m->first_frame_sum_ms += ms;
}

void sek_metrics_session(struct sek_metrics *m, const char *word, const struct sek_session_info *info)
{
	if (!m)
		return;
	if (strcmp(word, "session.opened") == 0) {
		m->opened++;
	} else if (strcmp(word, "session.restored") == 0) {
		m->restored++;
	} else if (strcmp(word, "session.moved-here") == 0) {
		m->moved_here++;
	} else if (strcmp(word, "session.moved-away") == 0) {
		m->moved_away++;
	} else if (strcmp(word, "host.alarm") == 0) {
		m->host_alarms++;
	} else if (strcmp(word, "session.first-frame") == 0) {
		first_frame(m, info->first_frame_ms);
	} else if (strcmp(word, "session.reconnecting") == 0) {
		m->reconnects++;
	} else if (strcmp(word, "session.taken-over") == 0) {
		m->taken_over++;
	} else if (strcmp(word, "session.encoder-restarted") == 0) {
		m->encoder_restarts++;
	} else if (strcmp(word, "session.ended") == 0) {
		m->ended[info->state < SEK_METRICS_STATES ? info->state : 0]++;
		m->bytes_down += info->bytes_down;
		m->updates += info->updates;
	}
}

static bool page(void *user, const char *path, struct sek_front_page *ret)
{
	const struct sek_metrics *m = user;
	bool well;

	if (strcmp(path, "/metrics") == 0) {
		ret->type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
		ret->text = sek_metrics_text(m);
		return true;
	}
	if (strcmp(path, "/health") != 0)
		return false;
	ret->type = "application/json";
	ret->text = sek_metrics_health(m, &well);
	ret->status = well ? 200 : 503;
	return true;
}

sek_status sek_metrics_start(const struct sek_metrics_sources *from, struct sek_metrics **ret, char *err, size_t err_size)
{
	struct sek_metrics *m = calloc(1, sizeof *m);

	if (!m)
		return sek_fail(SEK_E_NOMEM);
	m->from = *from;
	m->started_s = (int64_t)time(NULL);
	if (!sek_is_ok(sek_ages_start(from->loop, from->config, &m->ages))) {
		free(m);
		return sek_fail(SEK_E_NOMEM);
	}
	*ret = m; /* also after a failure: the front may know it */
	if (!from->config->metrics_address)
		return sek_ok();
	return sek_front_monitor(from->front, from->config->metrics_address, from->config->metrics_port, page, m, err, err_size);
}

void sek_metrics_viewers(struct sek_metrics *m, const struct sek_viewers *viewers)
{
	m->viewers = viewers;
}

void sek_metrics_destroy(struct sek_metrics *m)
{
	if (m)
		sek_ages_stop(m->ages);
	free(m);
}
