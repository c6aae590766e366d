/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-words: what was to be read on a recording's picture, and when. Reads entries from a pipe, looks at the picture
 * whenever it has come to rest (or has changed for some seconds without rest), reads what is new on it, and writes that into another
 * pipe. It has no key, opens nothing after its language models, and is jailed before it reads the first entry.
 *
 *   sekisho-words LANGUAGES FROM_US        "jpn+eng"; nothing before FROM_US is read
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "broker/gap/children.h"
#include "broker/words/cell.h"
#include "broker/ocr/ocr.h"
#include "protocol/recording/stream.h"
#include "protocol/recording/words.h"

#define REST_US 350000u   /* a picture that has not changed for so long is looked at: less than between two blinks of a caret */
#define UNREST_US 5000000u /* and one that changes all the time, so often */
#define BAND_PX 32u        /* what is new is found in rows of so many pixels */
#define LETTERS_PX 80u     /* changed pixels of a band: fewer are a caret that blinks, or less than a word */
#define AROUND_PX 32u      /* and read with so much around it, so that no line is cut */

struct job {
	struct sek_ocr *ocr;
	struct sek_replay *replay;
	uint32_t *seen;          /* the picture as it was read last, rows packed */
	uint16_t seen_w, seen_h; /* 0x0: none */
	uint64_t from_us, changed_us, first_us; /* first_us: the first change since it was looked at */
	bool changed;
	bool rests;              /* nobody lets us be nicer: after each look as long a rest */
};

static sek_status put(const void *bytes, size_t n)
{
	return sek_is_ok(sek_file_put(SEK_WORDS_FOUND_FD, bytes, n)) ? sek_ok() : sek_fail(SEK_E_CLOSED);
}

static sek_status say(uint64_t at_us, struct sek_rect r, const char *text)
{
	struct sek_words w = { at_us, r.x, r.y, r.w, r.h, (uint32_t)strlen(text), text };
	uint8_t head[SEK_WORDS_HEAD_BYTES];

	if (w.bytes > SEK_WORDS_TEXT_MAX_BYTES)
		return sek_ok(); /* no picture holds so many letters */
	sek_words_head_write(&w, head);
	SEK_TRY(put(head, sizeof head));
	return put(text, w.bytes);
}

static uint32_t new_pixels(const struct job *j, const struct sek_picture *pic, uint32_t y)
{
	const uint32_t *a = j->seen + (size_t)y * pic->width_px, *b = pic->px + (size_t)y * pic->stride_px;
	uint32_t n = 0;

	if (memcmp(a, b, (size_t)pic->width_px * 4) == 0)
		return 0;
	for (uint32_t x = 0; x < pic->width_px; x++)
		n += a[x] != b[x];
	return n;
}

/* Since it was read last: so letters that come one by one add up. */
static bool band_is_new(const struct job *j, const struct sek_picture *pic, uint32_t y)
{
	uint32_t n = 0;

	for (uint32_t end = y + BAND_PX < pic->height_px ? y + BAND_PX : pic->height_px; y < end && n < LETTERS_PX; y++)
		n += new_pixels(j, pic, y);
	return n >= LETTERS_PX;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void rest(uint64_t since_ns)
{
	uint64_t ns = now_ns() - since_ns;
	struct timespec t = { .tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u) };

	(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
}

static sek_status read_rows(struct job *j, const struct sek_picture *pic, uint32_t from, uint32_t to, uint64_t at_us)
{
	uint32_t y = from > AROUND_PX ? from - AROUND_PX : 0, end = to + AROUND_PX < pic->height_px ? to + AROUND_PX : pic->height_px;
	struct sek_rect r = { 0, (uint16_t)y, pic->width_px, (uint16_t)(end - y) };
	uint64_t began_ns = now_ns();
	char *text;
	sek_status s;

	SEK_TRY(sek_ocr_read(j->ocr, pic, r, &text));
	if (j->rests)
		rest(began_ns);
	s = text[strspn(text, " \n")] ? say(at_us, r, text) : sek_ok();
	free(text);
	return s;
}

static sek_status make_seen(struct job *j, const struct sek_picture *pic)
{
	uint32_t *px = realloc(j->seen, (size_t)pic->width_px * pic->height_px * 4);

	if (!px)
		return sek_fail(SEK_E_NOMEM);
	j->seen = px;
	j->seen_w = pic->width_px;
	j->seen_h = pic->height_px;
	return sek_ok();
}

/* These rows have been read. */
static void remember(struct job *j, const struct sek_picture *pic, uint32_t from, uint32_t to)
{
	for (uint32_t y = from; y < to; y++)
		memcpy(j->seen + (size_t)y * pic->width_px, pic->px + (size_t)y * pic->stride_px, (size_t)pic->width_px * 4);
}

/* Reads what is new since the last look. */
static sek_status look(struct job *j, uint64_t at_us, uint64_t now_us)
{
	struct sek_picture pic = sek_replay_picture(j->replay);
	bool all = pic.width_px != j->seen_w || pic.height_px != j->seen_h;

	j->changed = false;
	if (all)
		SEK_TRY(make_seen(j, &pic));
	for (uint32_t y = 0; y < pic.height_px; y += BAND_PX) {
		uint32_t from = y;

		while (y < pic.height_px && (all || band_is_new(j, &pic, y)))
			y += BAND_PX;
		if (y == from)
			continue;
		SEK_TRY(read_rows(j, &pic, from, y < pic.height_px ? y : pic.height_px, at_us));
		remember(j, &pic, from, y < pic.height_px ? y : pic.height_px);
	}
	return say(now_us, (struct sek_rect){ 0 }, "");
}

/* Before the entry of now_us: is it time to look at what stands there since then? */
static sek_status look_if_due(struct job *j, uint64_t now_us)
{
	if (!j->changed || now_us < j->from_us)
		return sek_ok();
	if (now_us - j->changed_us >= REST_US)
		return look(j, j->changed_us, now_us);
	if (now_us - j->first_us >= UNREST_US)
		return look(j, now_us, now_us);
	return sek_ok();
}

static sek_status run(struct job *j, struct sek_entry_stream *in)
{
	uint64_t last_us = 0;
	struct sek_entry e;
	sek_status s;

	while (sek_is_ok(s = sek_entry_stream_next(in, &e))) {
		bool changed;

		SEK_TRY(look_if_due(j, e.at_us));
		SEK_TRY(sek_replay_take(j->replay, &e, &changed));
		if (changed && !j->changed)
			j->first_us = e.at_us;
		if (changed)
			j->changed_us = e.at_us;
		j->changed |= changed;
		last_us = e.at_us;
	}
	if (!sek_is(s, SEK_E_CLOSED))
		return s;
	return j->changed && last_us >= j->from_us ? look(j, j->changed_us, last_us) : sek_ok();
}

/* OpenMP reads this before main, and would begin threads, which the jail kills. */
static void one_thread(char **argv)
{
	const char *limit = getenv("OMP_THREAD_LIMIT");

	if (limit && strcmp(limit, "1") == 0)
		return;
	setenv("OMP_THREAD_LIMIT", "1", 1);
	execv("/proc/self/exe", argv);
}

int main(int argc, char **argv)
{
	struct sek_entry_stream *in;
	struct sek_jail jail = sek_words_cell();
	struct job j = { .ocr = NULL };
	char *end;
	int quiet;
	sek_status s;

	one_thread(argv);
	errno = 0; /* whoever browses comes first */
	j.rests = nice(19) == -1 && errno != 0;
	/* tesseract tells there what it finds strange, when nothing can be opened any more; pictures are nobody's business */
	quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (quiet < 0 || dup2(quiet, STDERR_FILENO) < 0)
		return SEK_EXIT_INTERNAL;
	close(quiet);
	if (argc != 3)
		return SEK_EXIT_USAGE;
	j.from_us = strtoull(argv[2], &end, 10);
	if (*end || !sek_is_ok(sek_ocr_create(argv[1], &j.ocr)))
		return SEK_EXIT_USAGE;
	j.replay = sek_replay_create();
	if (!j.replay || !sek_is_ok(sek_entry_stream_create(SEK_WORDS_ENTRIES_FD, &in)))
		return SEK_EXIT_INTERNAL;
	if (!sek_is_ok(sek_jail_enter(&jail)))
		_exit(SEK_EXIT_JAIL);
	s = run(&j, in);
	_exit(sek_is_ok(s) ? SEK_EXIT_OK : sek_is(s, SEK_E_MALFORMED) ? SEK_EXIT_PROTOCOL : SEK_EXIT_INTERNAL);
}
