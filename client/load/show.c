/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Progress goes to standard error, the summary to standard output.
 */
#include "client/load/show.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { PLAIN_EVERY_S = 5, LINE_BYTES = 400 };

static const char *const phases[SEK_PHASES] = { "up", "hold", "down" };

unsigned load_show_width(void)
{
	struct winsize w;

	if (!isatty(STDERR_FILENO))
		return 0;
	return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col >= 20 ? w.ws_col : 80;
}

static unsigned long long ull(uint64_t n)
{
	return n;
}

void load_show_second(const struct sek_result *r, double left_s, double delay_p50_ms, double delay_p95_ms, unsigned wide)
{
	const struct sek_result_second *s = &r->seconds[r->seconds_n - 1];
	const struct sek_result_sample *m = r->samples_n ? &r->samples[r->samples_n - 1] : NULL;
	char line[LINE_BYTES];
	int n;

	if (!wide && r->seconds_n % PLAIN_EVERY_S != 0)
		return;
	n = snprintf(line, sizeof line, "%4.0f s %-4s staff %llu of %llu, %llu logging in, %llu away | key p50 %.0f p95 %.0f ms | %llu upd/s %.1f Mbit/s",
		s->at_s, phases[s->phase], ull(s->running), ull(s->wanted), ull(s->logging_in), ull(s->detached), delay_p50_ms, delay_p95_ms,
		ull(s->updates), (double)s->bytes_in * 8 / 1e6);
	if (m && n > 0 && (size_t)n < sizeof line)
		n += snprintf(line + n, sizeof line - (size_t)n, " | %.1f cores, %.1f GiB free, tool %.0f %%", m->busy_cores, m->available_mib / 1024,
			m->classes[SEK_CLASS_GENERATOR].cpu_s / m->interval_s * 100);
	if (n > 0 && (size_t)n < sizeof line)
		snprintf(line + n, sizeof line - (size_t)n, " | %llu errors | %.0f s left", ull(s->errors), left_s);
	if (wide)
		fprintf(stderr, "\r%-*.*s", (int)wide - 1, (int)wide - 1, line);
	else
		fprintf(stderr, "%s\n", line);
}

void load_show_end_line(unsigned wide)
{
	if (wide)
		fputc('\n', stderr);
}

/* --- the end --- */

static const char *const ends[SEK_ENDS] = { "logged out", "refused", "lost", "stopped" };

static void show_sessions(const struct sek_result *r)
{
	uint64_t by_end[SEK_ENDS] = { 0 }, keys = 0, updates = 0, bytes = 0;
	struct sek_delays delays = { { 0 } }, firsts = { { 0 } };
	double seconds = 0;

	for (size_t i = 0; i < r->sessions_n; i++) {
		const struct sek_result_session *s = &r->sessions[i];

		by_end[s->end]++;
		keys += s->keys;
		updates += s->updates;
		bytes += s->bytes_in;
		seconds += s->lasted_s;
		sek_delays_merge(&delays, &s->delays);
		if (s->first_frame_ms > 0)
			sek_delays_add(&firsts, s->first_frame_ms);
	}
	printf("sessions     %zu:", r->sessions_n);
	for (unsigned i = 0; i < SEK_ENDS; i++)
		if (by_end[i])
			printf(" %llu %s", ull(by_end[i]), ends[i]);
	printf("\nfirst frame  p50 %.0f ms, p95 %.0f ms, worst %.0f ms (log-in to picture)\n", sek_delays_quantile(&firsts, 0.5),
		sek_delays_quantile(&firsts, 0.95), sek_delays_quantile(&firsts, 1));
	printf("key to pixel p50 %.1f ms, p95 %.1f ms, p99 %.1f ms (%llu keys)\n", sek_delays_quantile(&delays, 0.5),
		sek_delays_quantile(&delays, 0.95), sek_delays_quantile(&delays, 0.99), ull(keys));
	if (seconds > 0)
		printf("a session    %.1f updates/s, %.0f kbit/s\n", (double)updates / seconds, (double)bytes * 8 / 1000 / seconds);
}

static void show_processes(const struct sek_result *r)
{
	double cpu[SEK_CLASSES] = { 0 }, pss[SEK_CLASSES] = { 0 }, seconds = 0, sessions = 0, of_chromium = 0;
	unsigned n = 0;

	for (size_t i = 0; i < r->samples_n; i++) {
		const struct sek_result_sample *s = &r->samples[i];

		if (s->running == 0)
			continue;
		n++;
		seconds += s->interval_s;
		sessions += (double)s->running * s->interval_s;
		for (unsigned c = 0; c < SEK_CLASSES; c++) {
			cpu[c] += s->classes[c].cpu_s;
			pss[c] += s->classes[c].pss_mib / (double)s->running;
		}
	}
	if (n == 0 || sessions <= 0)
		return;
	printf("\n%-12s %12s %16s %18s\n", "process", "cores, mean", "a session, %core", "a session, MiB PSS");
	for (unsigned c = 0; c < SEK_CLASSES; c++)
		printf("%-12s %12.2f %16.2f %18.1f\n", sek_class_name(c), cpu[c] / seconds, cpu[c] / sessions * 100, pss[c] / n);
	of_chromium = cpu[SEK_CLASS_CHROMIUM];
	if (of_chromium > 0)
		printf("broker, decoders and encoders together: %.0f %% of what Chromium used\n",
			(cpu[SEK_CLASS_BROKER] + cpu[SEK_CLASS_DECODER] + cpu[SEK_CLASS_ENCODER]) / of_chromium * 100);
}

void load_show_summary(const struct sek_result *r)
{
	printf("\nverdict      %llu staff at this level; limited by: %s (%s)\n", ull(r->verdict.staff), sek_limit_name(r->verdict.limit),
		r->verdict.because ? r->verdict.because : "");
	show_sessions(r);
	show_processes(r);
	for (size_t i = 0; i < r->errors_n; i++)
		printf("%s%-14s %6llu times, first after %.0f s: %s\n", i ? "" : "\n", r->errors[i].kind, ull(r->errors[i].count), r->errors[i].first_s,
			r->errors[i].example);
}
