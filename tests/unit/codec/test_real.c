/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What encoder and receiver promise, over pixels that a browser painted: exact in every lossless mode after each update, and
 * once still in the others. The pixels come from outside, because recorded pages are not ours to keep here:
 *   SEK_REAL_CORPUS    a folder with recorded sequences (.rseq, see tests/bench); the beginning of each is played
 *   SEK_REAL_PICTURES  pictures (PPM, P6), colon between them, shown one after the other; tests/e2e/pixels.test.mjs takes them
 *                      from Chromium
 * With neither there is nothing to be done, and the program says so (77).
 */
#include <dirent.h>
#include <stdio.h>

#include "pair.h"
#include "client/load/synthetic/rseq.h"

#define RECORDS 10
#define SKIPPED 77

static const struct sek_encode_options modes[] = {
	{ .lossless = true, .jpeg_quality = 80, .refine_ms = 500 },
	{ .lossless = true, .fast = true, .jpeg_quality = 90, .refine_ms = 500 },
	{ .jpeg_quality = 80, .refine_ms = 300 },              /* the encoder's */
	{ .fast = true, .jpeg_quality = 90, .refine_ms = 200 }, /* capture's */
};
enum { MODES = sizeof modes / sizeof modes[0] };

static void show(struct pair *p, struct sek_rect r, unsigned mode)
{
	p->now_ms += 20;
	sek_update_encoder_damage(p->e, r);
	step(p, &modes[mode]);
	if (modes[mode].lossless)
		same(p);
}

static void until_exact(struct pair *p, unsigned mode)
{
	for (unsigned i = 0; sek_update_encoder_refine_at_ms(p->e, &modes[mode]) != 0; i++) {
		ck_assert_uint_lt(i, 400);
		p->now_ms += 500;
		step(p, &modes[mode]);
	}
	same(p);
}

/* --- recorded sequences --- */

static void play(const char *path, unsigned mode)
{
	uint16_t width, height;
	struct rseq *r = rseq_open(path, &width, &height);
	struct sek_rect changed;
	struct pair p;
	uint64_t us;

	ck_assert_msg(r != NULL, "%s", path);
	pair_init(&p, width, height);
	for (unsigned i = 0; i < RECORDS && rseq_next(r, &p.src, &changed, &us); i++)
		show(&p, changed, mode);
	until_exact(&p, mode);
	pair_finish(&p);
	rseq_close(r);
}

START_TEST(recorded_pages_are_exact)
{
	const char *folder = getenv("SEK_REAL_CORPUS");
	DIR *dir = folder ? opendir(folder) : NULL;
	struct dirent *entry;
	char path[512];

	while (dir && (entry = readdir(dir)) != NULL) {
		const char *end = strrchr(entry->d_name, '.');

		if (!end || strcmp(end, ".rseq") != 0)
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		play(path, (unsigned)_i);
	}
	if (dir)
		closedir(dir);
}
END_TEST

/* --- pictures of pages --- */

/* Reads a PPM into p, which is made for the first one. All have one size. */
static void read_picture(struct pair *p, const char *path)
{
	unsigned width, height, most;
	uint8_t *row;
	FILE *f = fopen(path, "rb");

	ck_assert_msg(f != NULL, "%s", path);
	ck_assert_int_eq(fscanf(f, "P6 %5u %5u %3u", &width, &height, &most), 3);
	ck_assert(most == 255 && fgetc(f) != EOF && width <= SEK_WIDTH_MAX_PX && height <= SEK_HEIGHT_MAX_PX);
	if (!p->e)
		pair_init(p, (uint16_t)width, (uint16_t)height);
	ck_assert(p->src.width_px == width && p->src.height_px == height);
	row = malloc((size_t)width * 3);
	for (unsigned y = 0; y < height; y++) {
		ck_assert_uint_eq(fread(row, 3, width, f), width);
		for (unsigned x = 0; x < width; x++)
			p->src.px[(size_t)y * p->src.stride_px + x] = (uint32_t)row[x * 3] << 16 | (uint32_t)row[x * 3 + 1] << 8 |
				row[x * 3 + 2];
	}
	free(row);
	fclose(f);
}

START_TEST(pictures_of_pages_are_exact)
{
	const char *list = getenv("SEK_REAL_PICTURES");
	char *paths = strdup(list ? list : ""), *next = paths, *path;
	struct pair p = { .e = NULL };

	while ((path = strsep(&next, ":")) != NULL) {
		if (!*path)
			continue;
		read_picture(&p, path);
		show(&p, whole(&p), (unsigned)_i);
	}
	free(paths);
	if (!p.e)
		return;
	until_exact(&p, (unsigned)_i);
	pair_finish(&p);
}
END_TEST

static bool there(const char *variable)
{
	const char *path = getenv(variable);
	DIR *dir;

	if (!path || !*path)
		return false;
	if (strcmp(variable, "SEK_REAL_CORPUS") != 0)
		return true;
	dir = opendir(path);
	if (dir)
		closedir(dir);
	return dir != NULL;
}

int main(void)
{
	Suite *s;
	TCase *t;
	SRunner *r;
	int failed;

	if (!there("SEK_REAL_CORPUS") && !there("SEK_REAL_PICTURES")) {
		puts("skipped: no real pixels here");
		return SKIPPED;
	}
	s = suite_create("codec real");
	t = tcase_create("all");
	tcase_set_timeout(t, 300);
	tcase_add_loop_test(t, recorded_pages_are_exact, 0, MODES);
	tcase_add_loop_test(t, pictures_of_pages_are_exact, 0, MODES);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
