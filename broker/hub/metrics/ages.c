/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Ages as numbers: certificates and revocation lists of this machine as of the latest look, what render hosts say of theirs, and how many
 * of all that the site's limits find too old, or soon so.
 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/openmetrics.h"
#include "broker/hub/metrics/counters.h"

#define PREFIX SEK_METRICS_PREFIX

static void files(FILE *o, const struct sek_age_file *f, size_t n, bool age)
{
	int64_t now = (int64_t)time(NULL);

	sek_metrics_family(o, age ? "certificate_age_seconds" : "certificate_left_seconds", "gauge", "seconds", age ?
		"Since a certificate began, or a CRL was signed." : "Until a certificate ends, or the next CRL is due. 0: it is over, or cannot be read.");
	for (size_t i = 0; i < n; i++) {
		int64_t s = !f[i].read ? 0 : age ? now - f[i].times.from_s : f[i].times.until_s == INT64_MAX ? 0 : f[i].times.until_s - now;

		if (age ? f[i].read : f[i].times.until_s != INT64_MAX)
			fprintf(o, PREFIX "certificate_%s_seconds{what=\"%s\"} %" PRId64 "\n", age ? "age" : "left", f[i].what, s > 0 ? s : 0);
	}
}

struct sum {
	uint64_t soon, over;
};

static void add(void *user, const struct sek_host_info *i)
{
	struct sum *sum = user;

	for (unsigned k = 0; k < SEK_AGE_FAULTS; k++) {
		sum->over += i->age.old >> k & 1;
		sum->soon += i->age.soon >> k & 1;
	}
}

void sek_metrics_ages(FILE *o, const struct sek_metrics *m)
{
	const struct sek_age_file *f;
	size_t n = sek_ages_seen(m->ages, &f);
	struct sum sum = { 0, 0 };

	files(o, f, n, false);
	files(o, f, n, true);
	for (size_t i = 0; i < n; i++) {
		sum.soon += f[i].level == SEK_AGE_SOON;
		sum.over += f[i].level == SEK_AGE_OVER;
	}
	sek_hosts_each(m->from.sessions, add, &sum);
	sek_metrics_gauge(o, "ages_soon", NULL, "Certificates, CRLs, images and browsers that soon are too old (sekishoctl ages).", sum.soon);
	sek_metrics_gauge(o, "ages_over", NULL, "The same that are too old, or cannot be read.", sum.over);
}
