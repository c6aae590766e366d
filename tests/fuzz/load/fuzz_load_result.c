/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Any file as the result of a load test: it is refused with a message, or what it says can be judged, reported on and planned with.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "client/load/plan/plan.h"
#include "client/load/report/report.h"

static void use(struct sek_result *r)
{
	struct plan_figures figures;
	struct plan_site site = plan_site_default();
	struct plan plan;
	char *page = NULL;
	size_t n = 0;

	for (int ja = 0; ja < 2; ja++) {
		SEK_ASSERT(sek_is_ok(sek_report_make(r, ja ? r : NULL, ja, &page, &n)));
		SEK_ASSERT(strlen(page) == n && !strstr(page, "<script"));
		free(page);
	}
	sek_result_judge(r);
	plan_figures_default(&figures);
	plan_figures_take(&figures, r, "fuzz");
	site.staff = 100;
	plan_make(&figures, &site, false, &plan);
	SEK_ASSERT(plan_find(&plan, "sessions")->value > 59);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct sek_result *r = NULL;
	char path[32], err[256] = "";
	int fd = memfd_create("result", MFD_CLOEXEC);

	SEK_ASSERT(fd >= 0 && write(fd, data, n) == (ssize_t)n);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (sek_is_ok(sek_result_read(path, &r, err, sizeof err)))
		use(r);
	else
		SEK_ASSERT(r == NULL && strncmp(err, path, strlen(path)) == 0);
	sek_result_destroy(r);
	close(fd);
	return 0;
}
