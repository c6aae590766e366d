/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-load-host: a render host without browsers, for `sekisho-load run --target synthetic` and for measuring what a broker
 * alone can carry. Prints one line of JSON when it listens and one when it ends.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "client/load/synthetic/host.h"

enum { TRACKS_MAX = 8, RATE_MAX = 60, SESSIONS_MAX = 4096, IDLE_STEP_MS = 200 };

struct options {
	struct sek_load_host_config host;
	const char *recordings[TRACKS_MAX];
	size_t n_recordings;
	uint16_t width_px, height_px;
	double rate;
};

static void usage(FILE *to)
{
	fputs("usage: sekisho-load-host --name NAME --listen ADDRESS:PORT --ca FILE --crl FILE --certificate FILE --key FILE\n"
	      "                         [--recording FILE]... [--size WxH] [--rate N] [--sessions N] [--linger SECONDS] [--seed N]\n"
	      "  --name       as in the certificate\n"
	      "  --listen     a numeric address; port 0: any, the line at the start says which\n"
	      "  --recording  a recorded sequence; sessions take them in turn. Without one: pages of text that it writes itself\n"
	      "  --size       of the pictures, 1920x1080; a broker that allows less gets no session\n"
	      "  --rate       updates a second for each session, 5; 0: one picture and then nothing\n"
	      "  --sessions   at most so many at a time, 1000\n"
	      "  --linger     how long a session waits for its broker, 30\n"
	      "  --seed       of the phases and the written pages, 1\n"
	      "A key press or a text turns the tile in the middle of the bottom edge (client/load/marker.h). SIGUSR1: no new sessions.\n", to);
}

static bool parse_number(const char *text, unsigned long most, unsigned long *ret)
{
	char *end;
	unsigned long v;

	if (text[0] < '0' || text[0] > '9')
		return false;
	v = strtoul(text, &end, 10);
	if (*end || v > most)
		return false;
	*ret = v;
	return true;
}

/* Cuts the text at its last colon. */
static bool parse_endpoint(char *text, struct sek_load_host_config *ret)
{
	char *colon = strrchr(text, ':');
	unsigned long port;

	if (!colon || !parse_number(colon + 1, UINT16_MAX, &port))
		return false;
	*colon = 0;
	ret->address = text;
	ret->port = (uint16_t)port;
	return true;
}

static bool parse_size(const char *text, struct options *o)
{
	unsigned w, h;
	char rest;

	if (sscanf(text, "%ux%u%c", &w, &h, &rest) != 2 || w < SEK_WIDTH_MIN_PX || w > SEK_WIDTH_MAX_PX || h < SEK_HEIGHT_MIN_PX ||
			h > SEK_HEIGHT_MAX_PX)
		return false;
	o->width_px = (uint16_t)w;
	o->height_px = (uint16_t)h;
	return true;
}

static bool parse_rate(const char *text, struct options *o)
{
	char *end;

	o->rate = strtod(text, &end);
	return end != text && !*end && o->rate >= 0 && o->rate <= RATE_MAX;
}

static bool take_option(int which, struct options *o)
{
	unsigned long v;

	switch (which) {
	case 'n': o->host.name = optarg; return true;
	case 'l': return parse_endpoint(optarg, &o->host);
	case 'a': o->host.ca = optarg; return true;
	case 'r': o->host.crl = optarg; return true;
	case 'c': o->host.certificate = optarg; return true;
	case 'k': o->host.key = optarg; return true;
	case 'f':
		if (o->n_recordings == TRACKS_MAX)
			return false;
		o->recordings[o->n_recordings++] = optarg;
		return true;
	case 'z': return parse_size(optarg, o);
	case 'u': return parse_rate(optarg, o);
	case 's':
		if (!parse_number(optarg, SESSIONS_MAX, &v) || v == 0)
			return false;
		o->host.sessions_max = (uint16_t)v;
		return true;
	case 'w':
		if (!parse_number(optarg, 86400, &v))
			return false;
		o->host.linger_s = (uint32_t)v;
		return true;
	case 'e':
		if (!parse_number(optarg, UINT32_MAX, &v))
			return false;
		o->host.seed = v;
		return true;
	default: return false;
	}
}

static bool parse(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
		{ "name", required_argument, NULL, 'n' }, { "listen", required_argument, NULL, 'l' },
		{ "ca", required_argument, NULL, 'a' }, { "crl", required_argument, NULL, 'r' },
		{ "certificate", required_argument, NULL, 'c' }, { "key", required_argument, NULL, 'k' },
		{ "recording", required_argument, NULL, 'f' }, { "size", required_argument, NULL, 'z' },
		{ "rate", required_argument, NULL, 'u' }, { "sessions", required_argument, NULL, 's' },
		{ "linger", required_argument, NULL, 'w' }, { "seed", required_argument, NULL, 'e' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "h", known, NULL)) != -1) {
		if (c == 'h') {
			usage(stdout);
			exit(0);
		}
		if (!take_option(c, o))
			return false;
	}
	return optind == argc && o->host.name && o->host.address && o->host.ca && o->host.crl && o->host.certificate && o->host.key;
}

static struct sek_track *make_track(const struct options *o, const char *path)
{
	const uint32_t step_ms = o->rate > 0 ? (uint32_t)(1000 / o->rate) : IDLE_STEP_MS;
	struct sek_source *source = path ? sek_source_recorded(path) : sek_source_written(o->host.seed);
	struct sek_track *track = NULL;
	sek_status s;

	if (!source)
		return NULL;
	s = sek_track_make(source, o->width_px, o->height_px, step_ms, &track);
	sek_source_destroy(source);
	if (!sek_is_ok(s))
		fprintf(stderr, "sekisho-load-host: %s: no pictures could be made (%s)\n", path ? path : "written pages", sek_code_name(s));
	return track;
}

static void print_ready(const struct sek_load_host *h)
{
	const struct sek_load_host_config *c = h->config;
	size_t frames = 0, bytes = 0, keyframe = 0;

	for (size_t i = 0; i < c->n_tracks; i++) {
		frames += c->tracks[i]->n_frames;
		bytes += c->tracks[i]->bytes;
		keyframe += c->tracks[i]->entries[0].keyframe.n;
	}
	printf("{\"address\":\"%s\",\"port\":%u,\"width\":%u,\"height\":%u,\"tracks\":%zu,\"frames\":%zu,\"frame_bytes\":%zu,\"keyframe_bytes\":%zu}\n",
		c->address, h->port, c->tracks[0]->width_px, c->tracks[0]->height_px, c->n_tracks, frames, frames ? bytes / frames : 0,
		keyframe / c->n_tracks);
	fflush(stdout);
}

static void print_end(const struct sek_load_host *h)
{
	const struct sek_play_figures *f = &h->figures;

	printf("{\"sessions\":%llu,\"frames\":%llu,\"keyframes\":%llu,\"late\":%llu,\"inputs\":%llu,\"bytes\":%llu}\n",
		(unsigned long long)h->made, (unsigned long long)f->frames, (unsigned long long)f->keyframes, (unsigned long long)f->late,
		(unsigned long long)f->inputs, (unsigned long long)h->bytes);
}

int main(int argc, char **argv)
{
	static struct sek_track *tracks[TRACKS_MAX];
	struct options o = { .host = { .tracks = tracks, .sessions_max = 1000, .linger_s = 30, .seed = 1 }, .width_px = 1920,
		.height_px = 1080, .rate = 5 };
	static struct sek_load_host host;
	int rc = EXIT_FAILURE;

	if (!parse(argc, argv, &o)) {
		usage(stderr);
		return 2;
	}
	sek_log_init("sekisho-load-host", SEK_LOG_INFO);
	o.host.period_us = o.rate > 0 ? (uint32_t)(1e6 / o.rate) : 0;
	for (size_t i = 0; i < (o.n_recordings ? o.n_recordings : 1); i++) {
		tracks[i] = make_track(&o, o.recordings[i]);
		if (!tracks[i])
			goto out;
		o.host.n_tracks++;
	}
	if (!sek_is_ok(sek_load_host_start(&host, &o.host)))
		goto out;
	print_ready(&host);
	sek_load_host_run(&host);
	sek_load_host_finish(&host);
	print_end(&host);
	rc = EXIT_SUCCESS;
out:
	for (size_t i = 0; i < o.host.n_tracks; i++)
		sek_track_destroy(tracks[i]);
	return rc;
}
