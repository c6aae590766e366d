/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-film: a recording as a video file. Reads entries from a pipe, draws them, writes into one file that it was
 * given. It has no key, opens nothing, and is jailed before it reads the first entry.
 *
 *   sekisho-film WIDTH HEIGHT FPS FROM_US TO_US BEGAN_UTC_US OFFSET_MINUTES NAME COMMENT
 *
 * WIDTH, HEIGHT: of the recording's largest picture. FROM_US, TO_US: the part that is wanted, since the recording began.
 * BEGAN_UTC_US and OFFSET_MINUTES (local time) make the clock of the line below the picture; NAME: whose session it was.
 * Descriptors: broker/gap/children.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "broker/film/cell.h"
#include "broker/film/film.h"
#include "broker/gap/children.h"
#include "protocol/recording/stream.h"

enum { CLOCK_MS = 1000, TELL_MS = 500, FPS_MOST = 30, LINE_BYTES = 512 };

struct job {
	uint16_t width_px, height_px;
	uint32_t step_ms;
	uint64_t from_us, to_us, began_utc_us;
	int64_t offset_s;
	const char *name, *comment;

	struct sek_film *film;
	struct sek_replay *replay;
	uint64_t last_ms, told_ms; /* last_ms: of the last frame; UINT64_MAX: none yet */
	bool changed;
	uint64_t changed_ms;
};

static bool number(const char *text, int64_t least, int64_t most, int64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoll(text, &end, 10);
	return *text && !*end && !errno && *ret >= least && *ret <= most;
}

static bool parse(int argc, char **argv, struct job *j)
{
	int64_t n[7];

	if (argc != 10 || !number(argv[1], 1, SEK_WIDTH_MAX_PX, &n[0]) || !number(argv[2], 1, SEK_HEIGHT_MAX_PX, &n[1]) ||
	    !number(argv[3], 1, FPS_MOST, &n[2]) || !number(argv[4], 0, INT64_MAX / 2, &n[3]) ||
	    !number(argv[5], 0, INT64_MAX / 2, &n[4]) || !number(argv[6], 0, INT64_MAX / 2, &n[5]) ||
	    !number(argv[7], -1440, 1440, &n[6]))
		return false;
	*j = (struct job){ .width_px = (uint16_t)n[0], .height_px = (uint16_t)n[1], .step_ms = (uint32_t)(1000 / n[2]),
		.from_us = (uint64_t)n[3], .to_us = (uint64_t)n[4], .began_utc_us = (uint64_t)n[5], .offset_s = n[6] * 60,
		.name = argv[8], .comment = argv[9], .last_ms = UINT64_MAX };
	return j->from_us < j->to_us;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* A whole line at once: the reader of this pipe takes lines. */
static void tell(const char *word, uint64_t value)
{
	char line[64];
	int n = snprintf(line, sizeof line, "%s %" PRIu64 "\n", word, value);

	if (write(SEK_FILM_PROGRESS_FD, line, (size_t)n) < 0)
		_exit(SEK_EXIT_OK); /* nobody is there any more */
}

/* Local time without the time zone's files, which the jail has not: the offset was given. */
static void caption(const struct job *j, uint64_t at_ms, char *ret, size_t size)
{
	time_t t = (time_t)((j->began_utc_us + j->from_us) / 1000000 + at_ms / 1000) + (time_t)j->offset_s;
	int64_t minutes = j->offset_s / 60, shown = minutes < 0 ? -minutes : minutes;
	struct tm tm;

	gmtime_r(&t, &tm);
	snprintf(ret, size, "%04d-%02d-%02d %02d:%02d:%02d %c%02d:%02d  %s", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		tm.tm_min, tm.tm_sec, minutes < 0 ? '-' : '+', (int)(shown / 60), (int)(shown % 60), j->name);
}

static sek_status show(struct job *j, uint64_t at_ms)
{
	struct sek_picture pic = sek_replay_picture(j->replay);
	struct sek_replay_pointer pointer = sek_replay_pointer(j->replay);
	char line[LINE_BYTES];

	caption(j, at_ms, line, sizeof line);
	j->last_ms = at_ms;
	j->changed = false;
	return sek_film_add(j->film, &pic, &pointer, line, at_ms);
}

/* Everything that is to be seen before at_ms. */
static sek_status show_until(struct job *j, uint64_t at_ms)
{
	if (j->last_ms == UINT64_MAX)
		SEK_TRY(show(j, 0));
	if (j->changed && at_ms >= j->last_ms + j->step_ms)
		SEK_TRY(show(j, j->changed_ms > j->last_ms + j->step_ms ? j->changed_ms : j->last_ms + j->step_ms));
	while (j->last_ms + CLOCK_MS < at_ms)
		SEK_TRY(show(j, j->last_ms + CLOCK_MS));
	return sek_ok();
}

static sek_status take(struct job *j, const struct sek_entry *e)
{
	uint64_t at_ms = e->at_us > j->from_us ? (e->at_us - j->from_us) / 1000 : 0, now;
	bool changed;

	if (e->at_us >= j->from_us)
		SEK_TRY(show_until(j, at_ms));
	SEK_TRY(sek_replay_take(j->replay, e, &changed));
	if ((changed || e->kind == SEK_ENTRY_POINTER) && !j->changed) {
		j->changed = true;
		j->changed_ms = at_ms;
	}
	now = now_ms();
	if (now - j->told_ms >= TELL_MS) {
		j->told_ms = now;
		tell("at", e->at_us);
	}
	return sek_ok();
}

static sek_status run(struct job *j, struct sek_entry_stream *in)
{
	uint64_t end_us = j->from_us;
	struct sek_entry e;
	sek_status s;

	for (;;) {
		s = sek_entry_stream_next(in, &e);
		if (!sek_is_ok(s) || e.at_us > j->to_us)
			break;
		SEK_TRY(take(j, &e));
		end_us = e.at_us > end_us ? e.at_us : end_us;
	}
	if (!sek_is_ok(s) && !sek_is(s, SEK_E_CLOSED))
		return s;
	end_us = sek_is_ok(s) ? j->to_us : end_us;
	SEK_TRY(show_until(j, (end_us - j->from_us) / 1000));
	return sek_film_finish(j->film, (end_us - j->from_us) / 1000 + CLOCK_MS);
}

int main(int argc, char **argv)
{
	struct sek_entry_stream *in;
	struct sek_film_config config;
	struct sek_jail jail = sek_film_cell();
	struct job j;
	sek_status s;

	if (!parse(argc, argv, &j))
		return SEK_EXIT_USAGE;
	tzset(); /* gmtime_r would open the time zone's file at its first call */
	config = (struct sek_film_config){ SEK_FILM_FILE_FD, j.width_px, j.height_px, j.name, j.comment };
	j.replay = sek_replay_create();
	if (!j.replay || !sek_is_ok(sek_entry_stream_create(SEK_FILM_ENTRIES_FD, &in)) ||
	    !sek_is_ok(sek_film_create(&config, &j.film)))
		return SEK_EXIT_INTERNAL;
	if (!sek_is_ok(sek_jail_enter(&jail)))
		_exit(SEK_EXIT_JAIL);
	s = run(&j, in);
	if (sek_is_ok(s))
		tell("done", j.last_ms);
	_exit(sek_is_ok(s) ? SEK_EXIT_OK : sek_is(s, SEK_E_MALFORMED) ? SEK_EXIT_PROTOCOL : SEK_EXIT_INTERNAL);
}
