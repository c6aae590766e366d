/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-load run: the words of the command line, checked, with what would be right if they are wrong.
 */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/load/commands.h"
#include "client/load/options.h"
#include "client/load/run.h"
#include "protocol/limits.h"

enum { STAFF_MAX = LOAD_USERS_MAX };

static void usage(FILE *to)
{
	fputs("usage: sekisho-load run --broker ADDRESS:PORT --ca FILE --users FILE --site ADDRESS [OPTION]...\n"
	      "  --broker ADDRESS:PORT  the broker's inner face\n"
	      "  --ca FILE              PEM file of the site's CA\n"
	      "  --users FILE           a line for each member of staff: NAME PASSWORD SECRET-OR-DASH (see `sekisho-load users`)\n"
	      "  --site ADDRESS         an address of the outer zone on which the pages are served (render hosts: egress.allow)\n"
	      "  --target synthetic     render hosts that only replay: no pages, no --site\n"
	      "  --staff N              at most so many (default: all users)\n"
	      "  --ramp N/S             N more in S seconds (default 1/2)\n"
	      "  --hold SECONDS         at the top, or at the last good number (default 60)\n"
	      "  --ramp-down N          staff that leave each second (default 5)\n"
	      "  --rush N/S             N log-ins in S seconds; the level stops nothing\n"
	      "  --script WHAT          read, scroll, type, links, video, mixed (default), or weights like read=2,video=1\n"
	      "  --seed N               the same seed, the same pages and think times (default 1)\n"
	      "  --decode SHARE         so much of the staff paints what it gets, 0 to 1 or like 1/8; the others check it\n"
	      "                         (default: all if up to 16, else 1/8)\n"
	      "  --size WxH             of the window, default 1280x800\n"
	      "  --first-frame-ms N     the service level: log-in to picture, p95 (default 3000; 0: not looked at)\n"
	      "  --key-p95-ms N         key to pixel, p95 (default 200; 0: not looked at)\n"
	      "  --lost N               sessions that may be lost (default 0)\n"
	      "  --no-stop              goes on when the level breaks\n"
	      "  --from ADDRESS         member 0 connects from it, the next ones from those behind it\n"
	      "  --broker-pid PID, --renderd-pid PID   whose processes are sampled (several times if there are several;\n"
	      "                         default: all sekisho-broker and sekisho-renderd of this machine)\n"
	      "  --hosts N              render hosts there are, for the report (default 1)\n"
	      "  --recorded             sessions are recorded, for the report\n"
	      "  --acknowledge          acknowledge the site's notice\n"
	      "  --json FILE            the result, for `sekisho-load report` and `plan`\n"
	      "  --title TEXT           what the report calls it\n"
	      "  --quiet                no progress\n", to);
}

enum word { O_BROKER = 256, O_CA, O_USERS, O_SITE, O_TARGET, O_STAFF, O_RAMP, O_HOLD, O_DOWN, O_RUSH, O_SCRIPT, O_SEED, O_DECODE, O_SIZE,
	O_FIRST, O_KEY, O_LOST, O_NO_STOP, O_FROM, O_BROKER_PID, O_RENDERD_PID, O_HOSTS, O_RECORDED, O_ACKNOWLEDGE, O_JSON, O_TITLE, O_QUIET, O_HELP };

static const struct option options[] = {
	{ "broker", required_argument, NULL, O_BROKER }, { "ca", required_argument, NULL, O_CA }, { "users", required_argument, NULL, O_USERS },
	{ "site", required_argument, NULL, O_SITE }, { "target", required_argument, NULL, O_TARGET }, { "staff", required_argument, NULL, O_STAFF },
	{ "ramp", required_argument, NULL, O_RAMP }, { "hold", required_argument, NULL, O_HOLD }, { "ramp-down", required_argument, NULL, O_DOWN },
	{ "rush", required_argument, NULL, O_RUSH }, { "script", required_argument, NULL, O_SCRIPT }, { "seed", required_argument, NULL, O_SEED },
	{ "decode", required_argument, NULL, O_DECODE }, { "size", required_argument, NULL, O_SIZE },
	{ "first-frame-ms", required_argument, NULL, O_FIRST }, { "key-p95-ms", required_argument, NULL, O_KEY },
	{ "lost", required_argument, NULL, O_LOST }, { "no-stop", no_argument, NULL, O_NO_STOP }, { "from", required_argument, NULL, O_FROM },
	{ "broker-pid", required_argument, NULL, O_BROKER_PID }, { "renderd-pid", required_argument, NULL, O_RENDERD_PID },
	{ "hosts", required_argument, NULL, O_HOSTS }, { "recorded", no_argument, NULL, O_RECORDED },
	{ "acknowledge", no_argument, NULL, O_ACKNOWLEDGE }, { "json", required_argument, NULL, O_JSON }, { "title", required_argument, NULL, O_TITLE },
	{ "quiet", no_argument, NULL, O_QUIET }, { "help", no_argument, NULL, O_HELP }, { NULL, 0, NULL, 0 },
};

struct words {
	struct load_run_config config;
	const char *broker, *users, *ramp, *rush, *script;
	char address[64];
	uint64_t staff;
};

static bool wrong(const char *what, const char *text)
{
	fprintf(stderr, "sekisho-load run: %s, not '%s'\n", what, text);
	return false;
}

static bool take_number(const char *text, double least, double most, double *ret, const char *what)
{
	return load_option_number(text, least, most, ret) || wrong(what, text);
}

static bool take_pid(const char *text, pid_t *list, size_t *n)
{
	double pid;

	if (*n == LOAD_PROCS_ROOTS_MAX || !load_option_number(text, 1, INT32_MAX, &pid))
		return wrong("a process id is wanted", text);
	list[(*n)++] = (pid_t)pid;
	return true;
}

static bool take_size(const char *text, struct load_run_config *c)
{
	return load_option_size(text, &c->width_px, &c->height_px) || wrong("--size must be like 1280x800", text);
}

static bool take_level(int o, const char *text, struct sek_result_level *l)
{
	double n;

	if (!take_number(text, 0, 1e6, &n, o == O_LOST ? "--lost is a number of sessions" : "milliseconds are wanted"))
		return false;
	if (o == O_FIRST)
		l->first_frame_p95_ms = n;
	else if (o == O_KEY)
		l->delay_p95_ms = n;
	else
		l->lost_sessions = (uint64_t)n;
	return true;
}

static bool take_flag(int o, struct load_run_config *c)
{
	switch (o) {
	case O_NO_STOP: c->ramp.stop = false; break;
	case O_RECORDED: c->recorded = true; break;
	case O_ACKNOWLEDGE: c->acknowledge = true; break;
	case O_QUIET: c->quiet = true; break;
	default: return false;
	}
	return true;
}

static bool take_count(int o, const char *text, struct words *w)
{
	double n;

	if (!take_number(text, o == O_SEED ? 0 : 1, o == O_STAFF ? STAFF_MAX : 1e9, &n, "a number is wanted"))
		return false;
	if (o == O_SEED)
		w->config.seed = (uint64_t)n;
	else if (o == O_HOSTS)
		w->config.hosts = (uint64_t)n;
	else
		w->staff = (uint64_t)n;
	return true;
}

static bool take(int o, const char *text, struct words *w)
{
	struct load_run_config *c = &w->config;

	switch (o) {
	case O_BROKER: w->broker = text; return true;
	case O_CA: c->ca_path = text; return true;
	case O_USERS: w->users = text; return true;
	case O_SITE: c->site_address = text; return true;
	case O_RAMP: w->ramp = text; return true;
	case O_RUSH: w->rush = text; return true;
	case O_SCRIPT: w->script = text; return true;
	case O_FROM: c->from = text; return true;
	case O_JSON: c->json_path = text; return true;
	case O_TITLE: c->title = text; return true;
	case O_TARGET:
		c->target = strcmp(text, "synthetic") == 0 ? SEK_TARGET_SYNTHETIC : SEK_TARGET_CHROMIUM;
		return c->target == SEK_TARGET_SYNTHETIC || strcmp(text, "chromium") == 0 || wrong("--target is chromium or synthetic", text);
	case O_HOLD: return take_number(text, 0, 1e6, &c->ramp.hold_s, "--hold is a number of seconds");
	case O_DOWN: return take_number(text, 0.01, 1e4, &c->ramp.down_per_s, "--ramp-down is a number of staff each second");
	case O_DECODE: return load_option_share(text, &c->decode_share) || wrong("--decode is a share, like 0.5 or 1/8", text);
	case O_SIZE: return take_size(text, c);
	case O_FIRST: case O_KEY: case O_LOST: return take_level(o, text, &c->ramp.level);
	case O_BROKER_PID: return take_pid(text, c->brokers, &c->brokers_n);
	case O_RENDERD_PID: return take_pid(text, c->renderds, &c->renderds_n);
	case O_STAFF: case O_SEED: case O_HOSTS: return take_count(o, text, w);
	default: return take_flag(o, c);
	}
}

static bool set_ramp(struct words *w)
{
	struct load_ramp_config *r = &w->config.ramp;
	uint64_t most = w->staff;
	double n, s;

	if (w->rush && !load_option_rate(w->rush, &n, &s))
		return wrong("--rush is log-ins/seconds, like 50/10", w->rush);
	if (!w->rush && !load_option_rate(w->ramp, &n, &s))
		return wrong("--ramp is staff/seconds, like 1/2", w->ramp);
	if (w->rush) {
		r->stop = false;
		most = (uint64_t)n;
	} else if (most == 0) {
		most = w->config.users.n;
	}
	if (most > w->config.users.n) {
		fprintf(stderr, "sekisho-load run: %s has %zu users, which is less than %llu members of staff\n", w->users, w->config.users.n,
			(unsigned long long)most);
		return false;
	}
	r->most = most;
	r->start = r->step = 1;
	r->every_s = s / n;
	if (r->every_s < 0.1) { /* the ramp is looked at ten times a second */
		r->step = (uint64_t)ceil(0.1 / r->every_s);
		r->every_s = (double)r->step * s / n;
		r->start = r->step < most ? r->step : most;
	}
	return true;
}

static bool set_rest(struct words *w)
{
	struct load_run_config *c = &w->config;
	char err[300];

	if (!w->broker || !c->ca_path || !w->users || (!c->site_address && c->target == SEK_TARGET_CHROMIUM)) {
		fputs("sekisho-load run: --broker, --ca, --users and --site are needed (`sekisho-load run --help`)\n", stderr);
		return false;
	}
	if (!load_option_endpoint(w->broker, w->address, sizeof w->address, &c->port))
		return wrong("--broker is ADDRESS:PORT", w->broker);
	c->address = w->address;
	if (!load_mix_read(w->script, &c->mix, err, sizeof err) || !load_users_read(w->users, &c->users, err, sizeof err)) {
		fprintf(stderr, "sekisho-load run: %s\n", err);
		return false;
	}
	return set_ramp(w);
}

int load_run(int argc, char **argv)
{
	struct words w = { .ramp = "1/2", .script = "mixed", .config = { .width_px = 1280, .height_px = 800, .seed = 1, .hosts = 1,
		.decode_share = -1, .ramp = { .hold_s = 60, .down_per_s = 5, .stop = true,
			.level = { .first_frame_p95_ms = 3000, .delay_p95_ms = 200 } } } };
	int o, rc = 2;

	while ((o = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (o == O_HELP || o == 'h') {
			usage(stdout);
			return 0;
		}
		if (o == '?' || !take(o, optarg, &w))
			return 2;
	}
	if (optind < argc) {
		wrong("options are wanted", argv[optind]);
		return 2;
	}
	if (set_rest(&w))
		rc = load_run_all(&w.config);
	load_users_free(&w.config.users);
	return rc;
}
