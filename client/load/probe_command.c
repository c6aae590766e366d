/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-load probe: a member of staff without a face. Logs in at the broker's front door as the web client does, opens a page
 * that it serves itself in the outer zone, types into it, and checks that the page received the text and that the
 * pixels changed. Prints what it measured in one line (or JSON). Exit code 0 only if everything held.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "client/load/commands.h"
#include "client/load/probe.h"
#include "protocol/limits.h"

static void usage(FILE *to)
{
	fputs("usage: sekisho-load probe --broker ADDRESS:PORT --ca FILE --user NAME --password-file FILE --site ADDRESS\n"
	      "                          [--size WxH] [--probes N] [--picture FILE] [--acknowledge] [--json]\n"
	      "  --broker         the broker's inner face\n"
	      "  --ca             PEM file of the site's CA\n"
	      "  --password-file  a file whose first line is the password; its second line, if there is one, the secret of\n"
	      "                   one-time codes (base32, as it was shown when it was set up in the page)\n"
	      "  --acknowledge    acknowledge the site's notice if it has not been\n"
	      "  --site           an address of the outer zone on which the test page is served (render hosts must\n"
	      "                   be allowed to reach it: egress.allow)\n"
	      "  --size           size of the window, default 1280x800\n"
	      "  --probes         how many key presses are timed, default 30\n"
	      "  --picture        write what was seen last into FILE (PPM)\n", to);
}

static bool parse_endpoint(const char *text, char *address, size_t size, uint16_t *port)
{
	const char *colon = strrchr(text, ':');
	unsigned long p = colon ? strtoul(colon + 1, NULL, 10) : 0;

	if (!colon || (size_t)(colon - text) >= size || p == 0 || p > 65535)
		return false;
	memcpy(address, text, (size_t)(colon - text));
	address[colon - text] = 0;
	*port = (uint16_t)p;
	return true;
}

/* Ended where the line ends; NULL if there is none or it is empty. */
static const char *second_line(char *text)
{
	char *line = strchr(text, '\n');

	if (!line)
		return NULL;
	line++;
	line[strcspn(line, "\r\n")] = 0;
	return *line ? line : NULL;
}

int load_probe(int argc, char **argv)
{
	static const struct option options[] = {
		{ "broker", required_argument, NULL, 'b' }, { "ca", required_argument, NULL, 'c' },
		{ "user", required_argument, NULL, 'u' }, { "password-file", required_argument, NULL, 'p' },
		{ "site", required_argument, NULL, 's' }, { "size", required_argument, NULL, 'z' },
		{ "probes", required_argument, NULL, 'n' }, { "picture", required_argument, NULL, 'i' },
		{ "json", no_argument, NULL, 'j' }, { "acknowledge", no_argument, NULL, 'a' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	struct probe_config config = { .width_px = 1280, .height_px = 800, .probes = 30 };
	const char *broker = NULL, *password_file = NULL;
	char address[64];
	unsigned w, h;
	int o, rc;

	while ((o = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (o) {
		case 'b': broker = optarg; break;
		case 'c': config.ca_path = optarg; break;
		case 'u': config.user = optarg; break;
		case 'p': password_file = optarg; break;
		case 's': config.site_address = optarg; break;
		case 'n': config.probes = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'i': config.picture_path = optarg; break;
		case 'a': config.acknowledge = true; break;
		case 'j': config.json = true; break;
		case 'z':
			if (sscanf(optarg, "%ux%u", &w, &h) != 2 || w < SEK_WIDTH_MIN_PX || w > SEK_WIDTH_MAX_PX ||
				h < SEK_HEIGHT_MIN_PX || h > SEK_HEIGHT_MAX_PX) {
				fprintf(stderr, "sekisho-load probe: --size must be like 1280x800\n");
				return 2;
			}
			config.width_px = (uint16_t)w;
			config.height_px = (uint16_t)h;
			break;
		case 'h': usage(stdout); return 0;
		default: usage(stderr); return 2;
		}
	}
	if (!broker || !config.ca_path || !config.user || !password_file || !config.site_address ||
		!parse_endpoint(broker, address, sizeof address, &config.port) || config.probes == 0 ||
		config.probes > PROBE_KEYS_MAX) {
		usage(stderr);
		return 2;
	}
	config.address = address;
	if (!sek_is_ok(sek_file_read(password_file, &config.password, NULL))) {
		fprintf(stderr, "sekisho-load probe: cannot read %s\n", password_file);
		return 2;
	}
	config.totp = second_line(config.password);
	config.password[strcspn(config.password, "\r\n")] = 0;
	rc = probe_run(&config);
	free(config.password);
	return rc;
}
