/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The pixel gap: what an honest writer puts in comes out, what a dishonest one puts in comes out clamped, and the
 * reader's side can never write.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "broker/gap/layout.h"
#include "protocol/wire/messages.h"
#include "protocol/wire/wire.h"

#define WIDTH 1000
#define HEIGHT 700

static struct sek_gap_layout layout;
static int rw, ro;
static struct sek_gap_writer *writer;
static struct sek_gap_reader *reader;
static uint8_t *raw; /* the test's own writable view: what a decoder that an attacker owns has */

static void setup(void)
{
	ck_assert(sek_is_ok(sek_gap_layout_init(&layout, WIDTH, HEIGHT)));
	ck_assert(sek_is_ok(sek_gap_create(&layout, &rw, &ro)));
	ck_assert(sek_is_ok(sek_gap_writer_open(rw, &layout, &writer)));
	ck_assert(sek_is_ok(sek_gap_reader_open(ro, &layout, &reader)));
	raw = mmap(NULL, layout.total_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, rw, 0);
	ck_assert(raw != MAP_FAILED);
}

static void teardown(void)
{
	munmap(raw, layout.total_bytes);
	sek_gap_reader_close(reader);
	sek_gap_writer_close(writer);
	close(rw);
	close(ro);
}

static struct sek_gap_header header(void)
{
	struct sek_gap_header h;

	sek_gap_reader_header(reader, &h);
	return h;
}

START_TEST(layout_limits)
{
	struct sek_gap_layout l;
	static const struct {
		uint16_t w, h;
		bool ok;
	} rows[] = {
		{ SEK_WIDTH_MIN_PX, SEK_HEIGHT_MIN_PX, true },
		{ SEK_WIDTH_MIN_PX - 1, SEK_HEIGHT_MIN_PX, false },
		{ SEK_WIDTH_MIN_PX, SEK_HEIGHT_MIN_PX - 1, false },
		{ SEK_WIDTH_MAX_PX, SEK_HEIGHT_MAX_PX, true },
		{ SEK_WIDTH_MAX_PX + 1, SEK_HEIGHT_MAX_PX, false },
		{ SEK_WIDTH_MAX_PX, SEK_HEIGHT_MAX_PX + 1, false },
		{ 0, 0, false },
		{ 65535, 65535, false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		sek_status s = sek_gap_layout_init(&l, rows[i].w, rows[i].h);

		ck_assert(rows[i].ok ? sek_is_ok(s) : sek_is(s, SEK_E_LIMIT));
	}
}
END_TEST

START_TEST(layout_of_every_width)
{
	struct sek_gap_layout l;

	for (uint16_t w = SEK_WIDTH_MIN_PX; w <= SEK_WIDTH_MAX_PX; w++) {
		uint16_t h = (uint16_t)(SEK_HEIGHT_MIN_PX + w % (SEK_HEIGHT_MAX_PX - SEK_HEIGHT_MIN_PX));

		ck_assert(sek_is_ok(sek_gap_layout_init(&l, w, h)));
		ck_assert_uint_ge(l.stride_px, w);
		ck_assert_uint_eq(l.stride_px % 16, 0);
		ck_assert_uint_ge(l.columns * SEK_TILE_PX, w);
		ck_assert_uint_lt((l.columns - 1u) * SEK_TILE_PX, w);
		ck_assert_uint_ge(l.rows * SEK_TILE_PX, h);
		ck_assert_uint_eq((l.cursor_offset | l.tiles_offset | l.pixels_offset) % 64, 0);
		ck_assert_uint_ge(l.tiles_offset, l.cursor_offset + 8 + 4 * SEK_CURSOR_MAX_PX * SEK_CURSOR_MAX_PX);
		ck_assert_uint_ge(l.pixels_offset, l.tiles_offset + 4u * l.columns * l.rows);
		ck_assert_uint_ge(l.total_bytes, l.pixels_offset + 4u * l.stride_px * h);
		ck_assert_uint_eq(l.total_bytes % 4096, 0);
	}
}
END_TEST

START_TEST(memory_is_sealed)
{
	ck_assert_int_eq(ftruncate(rw, (off_t)layout.total_bytes * 2), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(ftruncate(rw, 0), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(fcntl(rw, F_ADD_SEALS, F_SEAL_WRITE), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(fcntl(rw, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	ck_assert_int_eq(fcntl(ro, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}
END_TEST

START_TEST(reader_cannot_write)
{
	void *pixels = (void *)(uintptr_t)sek_gap_reader_pixels(reader);
	uint32_t word = 1;

	ck_assert(mmap(NULL, layout.total_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, ro, 0) == MAP_FAILED);
	ck_assert_int_eq(errno, EACCES);
	ck_assert(mmap(NULL, layout.total_bytes, PROT_WRITE, MAP_SHARED_VALIDATE, ro, 0) == MAP_FAILED);
	ck_assert_int_eq(mprotect(pixels, 4096, PROT_READ | PROT_WRITE), -1);
	ck_assert_int_eq(errno, EACCES);
	ck_assert_int_eq(write(ro, &word, sizeof word), -1);
	ck_assert_int_eq(errno, EBADF);
	ck_assert_int_eq(pwrite(ro, &word, sizeof word, 0), -1);
	ck_assert_int_eq(ftruncate(ro, 0), -1);
	ck_assert_int_eq(fallocate(ro, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096), -1);
	ck_assert_int_eq(fcntl(ro, F_ADD_SEALS, F_SEAL_WRITE), -1);
}
END_TEST

START_TEST(reader_write_faults)
{
	volatile uint32_t *px = (volatile uint32_t *)(uintptr_t)sek_gap_reader_pixels(reader);

	*px = 1; /* the test expects SIGSEGV */
}
END_TEST

static int memory_of(size_t size, int seals)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

START_TEST(wrong_memory_is_refused)
{
	static const struct {
		int more, seals;
	} rows[] = {
		{ 4096, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL },
		{ -4096, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL },
		{ 0, F_SEAL_GROW | F_SEAL_SEAL },
		{ 0, F_SEAL_SHRINK | F_SEAL_SEAL },
		{ 0, F_SEAL_SHRINK | F_SEAL_GROW },
		{ 0, 0 },
	};
	struct sek_gap_writer *w = NULL;
	struct sek_gap_reader *r = NULL;
	int p[2];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int fd = memory_of(layout.total_bytes + (size_t)rows[i].more, rows[i].seals);

		ck_assert(sek_is(sek_gap_writer_open(fd, &layout, &w), SEK_E_MALFORMED));
		ck_assert(sek_is(sek_gap_reader_open(fd, &layout, &r), SEK_E_MALFORMED));
		close(fd);
	}
	ck_assert_int_eq(pipe(p), 0);
	ck_assert(sek_is(sek_gap_writer_open(p[0], &layout, &w), SEK_E_IO));
	ck_assert(sek_is(sek_gap_reader_open(p[0], &layout, &r), SEK_E_IO));
	ck_assert(sek_is(sek_gap_reader_open(-1, &layout, &r), SEK_E_IO));
	/* The wrong ends: a writable descriptor on the clean side, a read-only one on the dirty side. */
	ck_assert(sek_is(sek_gap_reader_open(rw, &layout, &r), SEK_E_DENIED));
	ck_assert(sek_is(sek_gap_writer_open(ro, &layout, &w), SEK_E_IO));
	ck_assert_ptr_null(w);
	ck_assert_ptr_null(r);
	close(p[0]);
	close(p[1]);
}
END_TEST

START_TEST(nothing_written_yet)
{
	struct sek_gap_header h = header();
	struct sek_gap_cursor c;

	ck_assert_uint_eq(h.width_px, 1);
	ck_assert_uint_eq(h.height_px, 1);
	ck_assert_uint_eq(h.frame, 0);
	ck_assert_uint_eq(h.state, 0);
	ck_assert_int_eq(h.painting, SEK_GAP_PAINTED);
	ck_assert_uint_eq(h.caret_width_px, 0);
	sek_gap_reader_cursor(reader, &c);
	ck_assert_uint_eq(c.width_px, 0);
	for (uint16_t row = 0; row < layout.rows; row++)
		for (uint16_t column = 0; column < layout.columns; column++)
			ck_assert(!sek_gap_reader_tile_changed(reader, column, row));
}
END_TEST

START_TEST(size_state_frame)
{
	struct sek_gap_header h;

	sek_gap_writer_size(writer, 640, 480);
	sek_gap_writer_state(writer, SEK_STATE_RUNNING, 7);
	sek_gap_writer_begin(writer, false);
	ck_assert_int_eq(header().painting, SEK_GAP_PAINTING_PART);
	sek_gap_writer_begin(writer, true);
	sek_gap_writer_begin(writer, false);
	ck_assert_int_eq(header().painting, SEK_GAP_PAINTING_WHOLE);
	sek_gap_writer_frame(writer);
	h = header();
	ck_assert_int_eq(h.painting, SEK_GAP_PAINTED);
	((struct sek_gap_head *)raw)->painting = UINT32_MAX;
	ck_assert_int_eq(header().painting, SEK_GAP_PAINTING_WHOLE);
	ck_assert_uint_eq(h.width_px, 640);
	ck_assert_uint_eq(h.height_px, 480);
	ck_assert_uint_eq(h.state, SEK_STATE_RUNNING);
	ck_assert_uint_eq(h.arg, 0);
	ck_assert_uint_eq(h.frame, 1);
	/* The count steps over 0, which means "no picture yet". */
	((struct sek_gap_head *)raw)->frame = UINT32_MAX;
	sek_gap_writer_frame(writer);
	ck_assert_uint_eq(header().frame, 1);
}
END_TEST

START_TEST(size_is_clamped)
{
	static const struct {
		uint16_t w, h, got_w, got_h;
	} rows[] = {
		{ 0, 0, 1, 1 },
		{ 1, 1, 1, 1 },
		{ WIDTH, HEIGHT, WIDTH, HEIGHT },
		{ WIDTH + 1, HEIGHT + 1, WIDTH, HEIGHT },
		{ 65535, 65535, WIDTH, HEIGHT },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		sek_gap_writer_size(writer, rows[i].w, rows[i].h);
		ck_assert_uint_eq(header().width_px, rows[i].got_w);
		ck_assert_uint_eq(header().height_px, rows[i].got_h);
	}
}
END_TEST

START_TEST(caret_is_clamped)
{
	static const struct {
		uint16_t in[4], out[4];
	} rows[] = {
		{ { 10, 20, 1, 20 }, { 10, 20, 1, 20 } },
		{ { 0, 0, 0, 0 }, { 0, 0, 0, 0 } },
		{ { 10, 20, 0, 20 }, { 0, 0, 0, 0 } },
		{ { 10, 20, 1, 0 }, { 0, 0, 0, 0 } },
		{ { 299, 199, 1, 1 }, { 299, 199, 1, 1 } },
		{ { 299, 199, 2, 2 }, { 299, 199, 1, 1 } },
		{ { 300, 0, 1, 1 }, { 0, 0, 0, 0 } },
		{ { 0, 200, 1, 1 }, { 0, 0, 0, 0 } },
		{ { 1, 1, 65535, 65535 }, { 1, 1, 299, 199 } },
		{ { 65535, 65535, 65535, 65535 }, { 0, 0, 0, 0 } },
	};

	sek_gap_writer_size(writer, 300, 200);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sek_gap_header h;

		sek_gap_writer_caret(writer, rows[i].in[0], rows[i].in[1], rows[i].in[2], rows[i].in[3]);
		h = header();
		ck_assert_uint_eq(h.caret_x_px, rows[i].out[0]);
		ck_assert_uint_eq(h.caret_y_px, rows[i].out[1]);
		ck_assert_uint_eq(h.caret_width_px, rows[i].out[2]);
		ck_assert_uint_eq(h.caret_height_px, rows[i].out[3]);
	}
}
END_TEST

START_TEST(state_is_of_the_list)
{
	for (uint32_t state = 0; state <= UINT16_MAX; state++) {
		uint16_t got;

		sek_gap_writer_state(writer, (uint16_t)state, UINT32_MAX);
		got = header().state;
		if (state == 0 || sek_state_from_gap(state))
			ck_assert_uint_eq(got, state);
		else
			ck_assert_uint_eq(got, SEK_STATE_HOST_PROTOCOL);
		ck_assert_uint_eq(header().arg, 0);
	}
	((struct sek_gap_head *)raw)->state = (uint64_t)(65536 + SEK_STATE_RUNNING) << 32;
	ck_assert_uint_eq(header().state, SEK_STATE_HOST_PROTOCOL);
	/* What only the broker says never comes out of the gap. */
	sek_gap_writer_state(writer, SEK_STATE_ENDED_ADMIN, 0);
	ck_assert_uint_eq(header().state, SEK_STATE_HOST_PROTOCOL);
}
END_TEST

START_TEST(documents_are_clamped)
{
	static const struct {
		uint64_t in;
		uint16_t state, pages, page;
	} rows[] = {
		{ (uint64_t)SEK_DOCUMENT_ENDED << 32 | 300u << 16 | 17, SEK_DOCUMENT_ENDED, 300, 17 },
		{ (uint64_t)(SEK_DOCUMENT_ENDED + 1) << 32 | 1u << 16 | 1, SEK_DOCUMENT_DIED, 1, 1 },
		{ (uint64_t)65536 << 32, SEK_DOCUMENT_DIED, 0, 0 },
		{ 500u << 16 | 500, SEK_DOCUMENT_WORKING, 500, 500 },
		{ 501u << 16 | 501, SEK_DOCUMENT_WORKING, 500, 500 },
		{ 7u << 16 | 8, SEK_DOCUMENT_WORKING, 7, 7 },
		{ 8, SEK_DOCUMENT_WORKING, 0, 0 },
		{ UINT64_MAX, SEK_DOCUMENT_DIED, 500, 500 },
	};

	ck_assert_uint_eq(header().documents, 0);
	sek_gap_writer_documents(writer, SEK_DOCUMENTS_MAX);
	ck_assert_uint_eq(header().documents, SEK_DOCUMENTS_MAX);
	sek_gap_writer_documents(writer, SEK_DOCUMENTS_MAX + 1);
	ck_assert_uint_eq(header().documents, SEK_DOCUMENTS_MAX);
	((struct sek_gap_head *)raw)->documents = UINT32_MAX;
	ck_assert_uint_eq(header().documents, SEK_DOCUMENTS_MAX);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		((struct sek_gap_head *)raw)->document = rows[i].in;
		ck_assert_uint_eq(header().document_state, rows[i].state);
		ck_assert_uint_eq(header().document_pages, rows[i].pages);
		ck_assert_uint_eq(header().document_page, rows[i].page);
	}
	sek_gap_writer_document(writer, SEK_DOCUMENT_TOO_MANY, 9, 3);
	ck_assert_uint_eq(header().document_state, SEK_DOCUMENT_TOO_MANY);
	ck_assert_uint_eq(header().document_pages, 9);
	ck_assert_uint_eq(header().document_page, 3);
	ck_assert_uint_eq(header().documents, SEK_DOCUMENTS_MAX);
}
END_TEST

START_TEST(cursor_round_trip)
{
	static uint8_t px[(SEK_CURSOR_MAX_PX + 1) * (SEK_CURSOR_MAX_PX + 1) * 4];
	static const uint16_t sides[][2] = { { 1, 1 }, { 24, 24 }, { 64, 1 }, { 1, 64 }, { 64, 64 } };
	struct sek_gap_cursor c;
	uint32_t generation;

	for (size_t i = 0; i < sizeof px; i++)
		px[i] = i % 4 == 3 ? 200 : (uint8_t)(i % 200);
	for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
		uint16_t w = sides[i][0], h = sides[i][1];

		generation = header().cursor_generation;
		sek_gap_writer_cursor(writer, w, h, (uint16_t)(w - 1), 0, px);
		ck_assert_uint_ne(header().cursor_generation, generation);
		sek_gap_reader_cursor(reader, &c);
		ck_assert_uint_eq(c.width_px, w);
		ck_assert_uint_eq(c.height_px, h);
		ck_assert_uint_eq(c.hot_x_px, w - 1);
		ck_assert_uint_eq(c.hot_y_px, 0);
		ck_assert_mem_eq(c.bgra, px, (size_t)w * h * 4);
	}
	/* Too large: ignored, in both directions. */
	generation = header().cursor_generation;
	sek_gap_writer_cursor(writer, SEK_CURSOR_MAX_PX + 1, 1, 0, 0, px);
	sek_gap_writer_cursor(writer, 1, SEK_CURSOR_MAX_PX + 1, 0, 0, px);
	ck_assert_uint_eq(header().cursor_generation, generation);
	sek_gap_writer_cursor(writer, 0, 0, 0, 0, NULL);
	sek_gap_reader_cursor(reader, &c);
	ck_assert_uint_eq(c.width_px, 0);
	ck_assert_uint_eq(c.height_px, 0);
}
END_TEST

START_TEST(cursor_is_clamped)
{
	struct sek_gap_cursor_block *b = (void *)(raw + layout.cursor_offset);
	static const uint16_t bad[][2] = { { 0, 5 }, { 5, 0 }, { 65, 5 }, { 5, 65 }, { 65535, 65535 } };
	struct sek_gap_cursor c;

	memset(b->bgra, 0xff, sizeof b->bgra);
	b->bgra[0] = 0x40ff3f41; /* A=0x40: R cut, G kept, B cut */
	b->size = sek_gap_pair(10, 8);
	b->hot = sek_gap_pair(65535, 8);
	sek_gap_reader_cursor(reader, &c);
	ck_assert_uint_eq(c.hot_x_px, 9);
	ck_assert_uint_eq(c.hot_y_px, 7);
	ck_assert_uint_eq(c.bgra[0], 0x40);
	ck_assert_uint_eq(c.bgra[1], 0x3f);
	ck_assert_uint_eq(c.bgra[2], 0x40);
	ck_assert_uint_eq(c.bgra[3], 0x40);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		b->size = sek_gap_pair(bad[i][0], bad[i][1]);
		sek_gap_reader_cursor(reader, &c);
		ck_assert_uint_eq(c.width_px | c.height_px | c.hot_x_px | c.hot_y_px, 0);
	}
}
END_TEST

static int changed_tiles(void)
{
	int n = 0;

	for (uint16_t row = 0; row < layout.rows; row++)
		for (uint16_t column = 0; column < layout.columns; column++)
			n += sek_gap_reader_tile_changed(reader, column, row);
	return n;
}

START_TEST(damage_bumps_tiles)
{
	static const struct {
		uint16_t x, y, w, h;
		int tiles;
	} rows[] = {
		{ 0, 0, 1, 1, 1 },
		{ 63, 63, 1, 1, 1 },
		{ 63, 63, 2, 2, 4 },
		{ 0, 0, WIDTH, HEIGHT, 16 * 11 },
		{ 0, 0, 65535, 65535, 16 * 11 },
		{ WIDTH - 1, HEIGHT - 1, 65535, 65535, 1 },
		{ WIDTH, 0, 10, 10, 1 }, /* outside the picture, in a tile that is half inside: no harm either */
		{ 16 * 64, 0, 10, 10, 0 },
		{ 0, 11 * 64, 10, 10, 0 },
		{ 65535, 65535, 65535, 65535, 0 },
		{ 10, 10, 0, 10, 1 }, /* empty: one tile for nothing does no harm */
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		sek_gap_writer_damage(writer, rows[i].x, rows[i].y, rows[i].w, rows[i].h);
		ck_assert_int_eq(changed_tiles(), rows[i].tiles);
		ck_assert_int_eq(changed_tiles(), 0);
	}
	sek_gap_writer_damage(writer, 64, 128, 1, 1);
	ck_assert(!sek_gap_reader_tile_changed(reader, 0, 2));
	ck_assert(sek_gap_reader_tile_changed(reader, 1, 2));
	/* Outside the layout nothing ever changes, and nothing is read. */
	ck_assert(!sek_gap_reader_tile_changed(reader, layout.columns, 0));
	ck_assert(!sek_gap_reader_tile_changed(reader, 0, layout.rows));
	ck_assert(!sek_gap_reader_tile_changed(reader, 65535, 65535));
}
END_TEST

START_TEST(pixels_cross)
{
	uint32_t *px = sek_gap_writer_pixels(writer);
	size_t last = (size_t)layout.stride_px * HEIGHT - 1;

	px[0] = 0x00112233;
	px[last] = 0x00445566;
	ck_assert_uint_eq(sek_gap_reader_pixels(reader)[0], 0x00112233);
	ck_assert_uint_eq(sek_gap_reader_pixels(reader)[last], 0x00445566);
}
END_TEST

START_TEST(close_accepts_null)
{
	sek_gap_reader_close(NULL);
	sek_gap_writer_close(NULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("gap");
	TCase *tc = tcase_create("gap");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, layout_limits);
	tcase_add_test(tc, layout_of_every_width);
	tcase_add_test(tc, memory_is_sealed);
	tcase_add_test(tc, reader_cannot_write);
#ifndef SEK_SANITIZE /* there the run time turns the signal into a report of its own */
	tcase_add_test_raise_signal(tc, reader_write_faults, SIGSEGV);
#else
	(void)reader_write_faults;
#endif
	tcase_add_test(tc, wrong_memory_is_refused);
	tcase_add_test(tc, nothing_written_yet);
	tcase_add_test(tc, size_state_frame);
	tcase_add_test(tc, size_is_clamped);
	tcase_add_test(tc, caret_is_clamped);
	tcase_add_test(tc, state_is_of_the_list);
	tcase_add_test(tc, documents_are_clamped);
	tcase_add_test(tc, cursor_round_trip);
	tcase_add_test(tc, cursor_is_clamped);
	tcase_add_test(tc, damage_bumps_tiles);
	tcase_add_test(tc, pixels_cross);
	tcase_add_test(tc, close_accepts_null);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
