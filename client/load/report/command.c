/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-load report: reads one result, or two, and writes the page.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "client/load/commands.h"
#include "client/load/lang.h"
#include "client/load/report/report.h"

static void usage(FILE *to)
{
	fputs("usage: sekisho-load report RESULT.json -o FILE.html [--compare EARLIER.json] [--lang ja|en] [--judge]\n"
	      "  -o, --output  the report: one file that needs nothing else\n"
	      "  --compare     a run before this one: what became better, what worse\n"
	      "  --lang        language of the report; default: of LANG, else English\n"
	      "  --judge       find the verdict anew in the result's figures\n", to);
}

static int make(const char *path, const char *earlier_path, const char *output, bool ja, bool judge)
{
	struct sek_result *now = NULL, *earlier = NULL;
	char err[512], *page = NULL;
	size_t n = 0;
	int rc = 1;

	if (!sek_is_ok(sek_result_read(path, &now, err, sizeof err)) ||
		(earlier_path && !sek_is_ok(sek_result_read(earlier_path, &earlier, err, sizeof err)))) {
		fprintf(stderr, "sekisho-load: %s\n", err);
		goto out;
	}
	if (judge) {
		sek_result_judge(now);
		if (earlier)
			sek_result_judge(earlier);
	}
	sek_status st = sek_report_make(now, earlier, ja, &page, &n);
	if (sek_is_ok(st))
		st = sek_file_write(output, page, n, 0644, SEK_FILE_REPLACE);
	if (sek_is_ok(st))
		rc = 0;
	else
		fprintf(stderr, "sekisho-load: %s: %s\n", output, sek_status_text(st, err, sizeof err));
out:
	free(page);
	sek_result_destroy(now);
	sek_result_destroy(earlier);
	return rc;
}

int load_report(int argc, char **argv)
{
	static const struct option options[] = { { "output", required_argument, NULL, 'o' }, { "compare", required_argument, NULL, 'c' },
		{ "lang", required_argument, NULL, 'l' }, { "judge", no_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 } };
	const char *output = NULL, *earlier = NULL;
	bool ja = load_lang_default(), judge = false;
	int o;

	while ((o = getopt_long(argc, argv, "o:h", options, NULL)) != -1) {
		switch (o) {
		case 'o': output = optarg; break;
		case 'c': earlier = optarg; break;
		case 'j': judge = true; break;
		case 'l':
			if (!load_lang_of(optarg, &ja))
				return 2;
			break;
		case 'h': usage(stdout); return 0;
		default: usage(stderr); return 2;
		}
	}
	if (!output || optind + 1 != argc) {
		usage(stderr);
		return 2;
	}
	return make(argv[optind], earlier, output, ja, judge);
}
