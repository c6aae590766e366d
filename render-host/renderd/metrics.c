/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A render host's numbers as OpenMetrics text.
 */
#include "render-host/renderd/metrics.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/openmetrics.h"
#include "render-host/renderd/memory.h"
#include "render-host/renderd/refresh.h"
#include "render-host/renderd/session_internal.h"

#define PREFIX SEK_METRICS_PREFIX
#define MIB_BYTES ((uint64_t)1 << 20)

struct now {
	uint64_t attached, waiting, building, ending, used_bytes, most_bytes;
};

static void add(struct now *n, const struct sek_live *s)
{
	uint64_t bytes = s->has_group ? sek_cgroup_memory(&s->group) : 0;

	n->used_bytes += bytes;
	if (bytes > n->most_bytes)
		n->most_bytes = bytes;
	if (s->warm)
		return;
	if (s->phase == LIVE_BUILDING)
		n->building++;
	else if (s->phase != LIVE_RUNNING)
		n->ending++;
	else if (s->link)
		n->attached++;
	else
		n->waiting++;
}

static void sessions(FILE *o, const struct sek_host *h)
{
	struct now n = { 0 };
	size_t i;

	for (i = 0; i < h->n_slots; i++)
		if (h->slots[i])
			add(&n, h->slots[i]);
	sek_metrics_family(o, "render_sessions", "gauge", NULL, "Sessions on this render host.");
	fprintf(o, PREFIX "render_sessions{state=\"attached\"} %" PRIu64 "\n" PREFIX "render_sessions{state=\"waiting\"} %" PRIu64 "\n"
		PREFIX "render_sessions{state=\"building\"} %" PRIu64 "\n" PREFIX "render_sessions{state=\"ending\"} %" PRIu64 "\n",
		n.attached, n.waiting, n.building, n.ending);
	sek_metrics_gauge(o, "render_sessions_limit", NULL, "sessions.max of the configuration.", h->config->sessions.max);
	sek_metrics_family(o, "render_warm", "gauge", NULL, "Browsers that are kept ready, by language.");
	fprintf(o, PREFIX "render_warm{language=\"ja\"} %u\n" PREFIX "render_warm{language=\"en\"} %u\n",
		sek_warm_ready(h, SEK_LANG_JA), sek_warm_ready(h, SEK_LANG_EN));
	if (sek_cgroups_mode(h->cgroups) == SEK_CGROUP_NONE)
		return;
	sek_metrics_gauge(o, "render_session_memory_bytes", "bytes", "Memory of all sessions together, warm ones too.", n.used_bytes);
	sek_metrics_gauge(o, "render_session_memory_most_bytes", "bytes", "Memory of the largest one.", n.most_bytes);
}

static void ends(FILE *o, const struct sek_counts *c)
{
	static const uint16_t states[] = {
#define SEK_STATE(name, number, kind, who, text) number,
#include "protocol/wire/states.def"
#undef SEK_STATE
	};
	size_t i;

	sek_metrics_family(o, "render_sessions_ended", "counter", NULL, "Sessions that have ended, by the state that says why; asked: by broker or linger.");
	fprintf(o, PREFIX "render_sessions_ended_total{state=\"asked\"} %" PRIu64 "\n", c->ended[SEK_STATE_NONE]);
	for (i = 0; i < sizeof states / sizeof states[0]; i++)
		if (sek_state_from_host(states[i]) && sek_state_ended(states[i]))
			fprintf(o, PREFIX "render_sessions_ended_total{state=\"%s\"} %" PRIu64 "\n", sek_state_name(states[i]),
				c->ended[states[i]]);
}

static void counters(FILE *o, const struct sek_counts *c)
{
	sek_metrics_counter(o, "render_sessions_created", NULL, "Sessions begun.", c->created);
	sek_metrics_counter(o, "render_warm_taken", NULL, "Of them, with a browser that was ready.", c->warm_taken);
	sek_metrics_counter(o, "render_warm_failed", NULL, "Browsers that were to be kept ready and ended by themselves.", c->warm_failed);
	sek_metrics_counter(o, "render_attaches", NULL, "Times that a broker has come back to a session.", c->attached);
	ends(o, c);
	sek_metrics_counter(o, "render_jail_failures", NULL, "Sandboxes that could not be built.", c->ended[SEK_STATE_HOST_JAIL]);
	sek_metrics_counter(o, "render_links_refused", NULL, "Connections that were no broker's, or not finished.", c->links_refused);
	sek_metrics_counter(o, "render_egress_refused", NULL, "Requests for destinations that are not the Internet.", c->egress_refused);
	sek_metrics_counter(o, "render_egress_blocked", NULL, "Requests that the policy does not allow.", c->egress_blocked);
	sek_metrics_counter(o, "render_egress_alarms", NULL, "Sessions that were ended because of such requests.",
		c->ended[SEK_STATE_EGRESS_ALARM]);
}

static void machine(FILE *o, const struct sek_host *h)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	struct sek_memory memory;

	sek_memory_read(&memory);
	sek_metrics_family(o, "render_cpu_pressure_ratio", "gauge", "ratio", "Time of the last ten seconds in which something waited for a core (PSI).");
	fprintf(o, PREFIX "render_cpu_pressure_ratio %.3f\n", (double)sek_pressure_read("cpu") / 1000);
	sek_metrics_family(o, "render_memory_pressure_ratio", "gauge", "ratio", "The same for memory.");
	fprintf(o, PREFIX "render_memory_pressure_ratio %.3f\n", (double)sek_pressure_read("memory") / 1000);
	sek_metrics_gauge(o, "render_cores", NULL, "Processors.", cores > 0 ? (uint64_t)cores : 1);
	sek_metrics_gauge(o, "render_memory_bytes", "bytes", "Memory of the machine.", memory.total_mib * MIB_BYTES);
	sek_metrics_gauge(o, "render_available_bytes", "bytes", "Memory that it can still give.", memory.available_mib * MIB_BYTES);
	sek_metrics_gauge(o, "render_refresh_limit", NULL, "Frames a second for sessions whose users do nothing; the others have four times as many.",
		sek_refresh_fps(h->refresh_level));
	sek_metrics_gauge(o, "render_draining", NULL, "1: no new sessions are taken.", h->draining);
	sek_metrics_gauge(o, "render_links", NULL, "Open connections of brokers.", h->n_links);
}

char *sek_host_metrics(const struct sek_host *h)
{
	char *text = NULL;
	size_t n = 0;
	FILE *o = open_memstream(&text, &n);

	if (!o)
		return NULL;
	sek_metrics_family(o, "render", "info", NULL, "Which render host this is, and what limits its sessions.");
	fprintf(o, PREFIX "render_info{name=\"%s\",version=\"%s\",limits=\"%s\"} 1\n", h->config->name, SEK_VERSION,
		sek_cgroup_mode_name(sek_cgroups_mode(h->cgroups)));
	sessions(o, h);
	counters(o, &h->counts);
	machine(o, h);
	fputs(SEK_METRICS_END, o);
	if (fclose(o) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
