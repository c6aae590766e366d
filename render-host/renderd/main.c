/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-renderd --config FILE [--check-config]: arguments and configuration.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/error.h"
#include "render-host/renderd/host.h"

enum { ERR_BYTES = 1024, EXIT_USAGE = 2 };

static const char help[] =
	"sekisho-renderd: the render host's daemon\n"
	"\n"
	"  sekisho-renderd --config FILE                  runs in the foreground until SIGTERM; must be root\n"
	"  sekisho-renderd --config FILE --check-config   says whether the file and all that it names can be used\n"
	"\n"
	"An example of the file stands in docs/OPERATIONS.md.\n";

static int check_config(const struct sek_renderd_config *c, const char *path)
{
	struct sek_trust trust;
	int result = EXIT_SUCCESS;

	sek_log_init("sekisho-renderd", SEK_LOG_ERROR);
	sek_trust_init(&trust, c);
	if (!sek_trust_context(&trust)) {
		fprintf(stderr, "%s: tls: %s\n", path, sek_tls_fault_text(trust.status));
		result = EXIT_FAILURE;
	} else {
		printf("%s: good\n", path);
	}
	sek_trust_finish(&trust);
	return result;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' }, { "check-config", no_argument, NULL, 'k' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	static struct sek_host host;
	struct sek_renderd_config *config = NULL;
	const char *path = NULL;
	bool only_check = false;
	char err[ERR_BYTES];
	int o, result;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (o) {
		case 'c':
			path = optarg;
			break;
		case 'k':
			only_check = true;
			break;
		case 'h':
			fputs(help, stdout);
			return EXIT_SUCCESS;
		default:
			return EXIT_USAGE; /* getopt has said why */
		}
	}
	if (!path || optind != argc) {
		fputs("sekisho-renderd: --config FILE is needed and nothing else; see --help\n", stderr);
		return EXIT_USAGE;
	}
	if (!sek_is_ok(sek_renderd_config_load(path, &config, err, sizeof err))) {
		fprintf(stderr, "sekisho-renderd: %s\n", err);
		return EXIT_FAILURE;
	}
	if (only_check) {
		result = check_config(config, path);
	} else {
		sek_log_init("sekisho-renderd", SEK_LOG_INFO);
		result = sek_is_ok(sek_host_start(&host, config)) ? sek_host_run(&host) : EXIT_FAILURE;
	}
	sek_renderd_config_free(config);
	return result;
}
