/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-film itself, in its jail: entries that the real codec made go in, and FFmpeg reads the file that comes out.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "broker/gap/children.h"
#include "tests/support/take.h"
#include "tests/unit/gap/spawn.h"

enum { W = 320, H = 200, LINE = 24, SECOND = 1000000 };

static char film_path[] = "/tmp/sek-film-XXXXXX";
static char progress[4096];

struct film {
	pid_t pid;
	int entries, told;
};

static struct film film_start(const char *from, const char *to)
{
	const char *const argv[] = { SEK_FILM, "320", "200", "10", from, to, "1767323045000000", "540", "taro 山田", "hash=0123", NULL };
	int in[2], out[2], file = mkstemp(film_path);
	struct film f;

	ck_assert_int_ge(file, 0);
	ck_assert(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
	int fds[SEK_FILM_FDS_END] = { [SEK_FILM_ENTRIES_FD] = in[0], [SEK_FILM_PROGRESS_FD] = out[1], [2] = STDERR_FILENO,
		[SEK_FILM_FILE_FD] = file };
	f.pid = test_spawn(SEK_FILM, argv, fds, SEK_FILM_FDS_END);
	close(in[0]);
	close(out[1]);
	close(file);
	f.entries = in[1];
	f.told = out[0];
	return f;
}

static int film_wait(struct film *f)
{
	size_t n = 0;
	ssize_t k;

	close(f->entries);
	while ((k = read(f->told, progress + n, sizeof progress - 1 - n)) > 0)
		n += (size_t)k;
	progress[n] = '\0';
	close(f->told);
	struct test_end end = test_wait(f->pid, TEST_WAIT_MS);

	return end.signal ? -end.signal : end.code;
}

static void film_forget(void)
{
	unlink(film_path);
	memcpy(film_path + sizeof film_path - 7, "XXXXXX", 6);
}

/* --- what FFmpeg sees in it --- */

struct seen {
	AVFormatContext *file;
	AVCodecContext *codec;
	AVFrame *frame;
	int64_t at_ms;
	unsigned frames;
};

static struct seen seen_open(void)
{
	struct seen s = { .frame = av_frame_alloc() };
	const AVCodec *codec;

	ck_assert_int_eq(avformat_open_input(&s.file, film_path, NULL, NULL), 0);
	ck_assert_int_ge(avformat_find_stream_info(s.file, NULL), 0);
	ck_assert_uint_eq(s.file->nb_streams, 1);
	codec = avcodec_find_decoder(s.file->streams[0]->codecpar->codec_id);
	ck_assert_ptr_nonnull(codec);
	s.codec = avcodec_alloc_context3(codec);
	ck_assert_int_eq(avcodec_parameters_to_context(s.codec, s.file->streams[0]->codecpar), 0);
	ck_assert_int_eq(avcodec_open2(s.codec, codec, NULL), 0);
	return s;
}

/* The next frame; false at the end. */
static bool seen_next(struct seen *s)
{
	AVPacket *p = av_packet_alloc();
	bool got = false;

	while (!got && av_read_frame(s->file, p) >= 0) {
		ck_assert_int_eq(avcodec_send_packet(s->codec, p), 0);
		got = avcodec_receive_frame(s->codec, s->frame) == 0;
		s->at_ms = p->pts; /* WebM counts milliseconds */
		av_packet_unref(p);
	}
	av_packet_free(&p);
	s->frames += got;
	return got;
}

/* Goes on until the first frame of that moment or later. */
static void seen_at(struct seen *s, int64_t ms)
{
	while (s->at_ms < ms)
		ck_assert_msg(seen_next(s), "no frame at %lld", (long long)ms);
}

static void seen_close(struct seen *s)
{
	avcodec_free_context(&s->codec);
	avformat_close_input(&s->file);
	av_frame_free(&s->frame);
}

static int luma(const struct seen *s, int x, int y)
{
	return s->frame->data[0][y * s->frame->linesize[0] + x];
}

/* --- pictures --- */

static uint32_t px[640 * 400];

static struct sek_picture plain(uint16_t w, uint16_t h, uint32_t colour)
{
	for (size_t i = 0; i < (size_t)w * h; i++)
		px[i] = colour;
	return (struct sek_picture){ px, w, w, h };
}

static bool near(int a, int b)
{
	return abs(a - b) <= 6;
}

START_TEST(shows_what_was_there_when_it_was_there)
{
	struct film f = film_start("0", "100000000");
	struct take *t = take_begin(f.entries, 640, 400);
	struct sek_picture pic = plain(W, H, 0xffffff);
	struct seen s;
	int text = 0;

	take_size(t, 0, W, H);
	take_picture(t, 100, &pic);
	for (int i = 0; i < 50 * W; i++)
		px[i] = 0;
	take_picture(t, 2 * SECOND, &pic);
	take_cursor(t, 3 * SECOND, 16, 0xff000000);
	take_pointer(t, 3 * SECOND, 100, 150);
	take_pointer(t, 4 * SECOND, 200, 150);
	take_entry(t, SEK_ENTRY_KEY, 6 * SECOND, NULL, 0);
	take_end(t);
	ck_assert(test_is_jailed(f.pid));
	test_assert_jailed_with(f.pid, 0, 64ul << 30);
	ck_assert_int_eq(film_wait(&f), SEK_EXIT_OK);
	ck_assert_ptr_nonnull(strstr(progress, "done "));
	s = seen_open();
	ck_assert_int_eq(s.codec->width, W);
	ck_assert_int_eq(s.codec->height, H + LINE);
	ck_assert(s.file->duration >= 6 * AV_TIME_BASE && s.file->duration < 9 * AV_TIME_BASE);
	ck_assert_str_eq(av_dict_get(s.file->metadata, "title", NULL, 0)->value, "taro 山田");
	ck_assert_str_eq(av_dict_get(s.file->metadata, "comment", NULL, AV_DICT_IGNORE_SUFFIX)->value, "hash=0123");
	seen_at(&s, 1000);
	ck_assert(near(luma(&s, 160, 20), 235));
	for (int x = 0; x < W; x++)
		text += luma(&s, x, H + LINE / 2) > 120;
	ck_assert_int_gt(text, 10); /* the line has letters */
	seen_at(&s, 2000);
	ck_assert(near(luma(&s, 160, 20), 16) && near(luma(&s, 160, 100), 235));
	seen_at(&s, 3000);
	ck_assert(near(luma(&s, 106, 156), 16) && near(luma(&s, 206, 156), 235));
	seen_at(&s, 4000);
	ck_assert(near(luma(&s, 106, 156), 235) && near(luma(&s, 206, 156), 16));
	while (seen_next(&s))
		;
	ck_assert_uint_lt(s.frames, 15); /* nothing moved: the clock alone makes frames */
	seen_close(&s);
	film_forget();
}
END_TEST

START_TEST(every_size_is_put_on_one_canvas)
{
	struct film f = film_start("0", "100000000");
	struct take *t = take_begin(f.entries, 640, 400);
	struct sek_picture pic = plain(160, 200, 0xffffff);
	struct seen s;

	take_size(t, 0, 160, 200);
	take_picture(t, 100, &pic);
	pic = plain(640, 200, 0xffffff);
	take_size(t, 2 * SECOND, 640, 200);
	take_picture(t, 2 * SECOND, &pic);
	take_entry(t, SEK_ENTRY_KEY, 4 * SECOND, NULL, 0);
	take_end(t);
	ck_assert_int_eq(film_wait(&f), SEK_EXIT_OK);
	s = seen_open();
	seen_at(&s, 1000); /* smaller: in the middle as it is */
	ck_assert(near(luma(&s, 40, 100), 16) && near(luma(&s, 160, 100), 235) && near(luma(&s, 280, 100), 16));
	seen_at(&s, 3000); /* twice as wide as the canvas: half as large */
	ck_assert(near(luma(&s, 40, 100), 235) && near(luma(&s, 160, 20), 16) && near(luma(&s, 160, 180), 16));
	seen_close(&s);
	film_forget();
}
END_TEST

START_TEST(a_part_of_it)
{
	struct film f = film_start("3000000", "5000000");
	struct take *t = take_begin(f.entries, 640, 400);
	struct sek_picture pic = plain(W, H, 0xffffff);
	struct seen s;

	take_size(t, 0, W, H);
	take_picture(t, 100, &pic);
	for (int i = 1; i < 10; i++) {
		plain(W, H, (uint32_t)i * 0x191919);
		take_picture(t, (uint64_t)i * SECOND, &pic);
	}
	take_end(t);
	ck_assert_int_eq(film_wait(&f), SEK_EXIT_OK);
	s = seen_open();
	ck_assert(2 * s.file->duration > 3 * AV_TIME_BASE && s.file->duration < 4 * AV_TIME_BASE);
	seen_at(&s, 1);
	ck_assert(near(luma(&s, 160, 100), 16 + 0x19 * 3 * 219 / 255));
	seen_close(&s);
	film_forget();
}
END_TEST

/* Nothing that comes in may do more than end it. */
START_TEST(hostile_entries_end_it)
{
	static const uint8_t nonsense[64] = { SEK_ENTRY_DOWN, 0, 0, 0, 0, 0, 0, 48, 1 };
	struct film f = film_start("0", "100000000");

	ck_assert_int_eq(write(f.entries, nonsense, sizeof nonsense), sizeof nonsense);
	ck_assert_int_eq(film_wait(&f), SEK_EXIT_PROTOCOL);
	film_forget();
	f = film_start("0", "100000000");
	ck_assert_int_eq(write(f.entries, nonsense, 20), 20); /* cut off */
	ck_assert_int_eq(film_wait(&f), SEK_EXIT_PROTOCOL);
	film_forget();
}
END_TEST

START_TEST(nothing_is_a_film_too)
{
	struct film f = film_start("0", "100000000");
	struct seen s;

	ck_assert_int_eq(film_wait(&f), SEK_EXIT_OK);
	s = seen_open();
	ck_assert(seen_next(&s));
	seen_close(&s);
	film_forget();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("film");
	TCase *c = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_set_timeout(c, 120);
	tcase_add_test(c, shows_what_was_there_when_it_was_there);
	tcase_add_test(c, every_size_is_put_on_one_canvas);
	tcase_add_test(c, a_part_of_it);
	tcase_add_test(c, hostile_entries_end_it);
	tcase_add_test(c, nothing_is_a_film_too);
	suite_add_tcase(suite, c);
	r = srunner_create(suite);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
