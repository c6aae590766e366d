/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Entries of recordings: round trips, every prefix, every limit, bit flips, and the reader of a pipe.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "protocol/recording/stream.h"

enum { ROOM = 4096 };

struct sample {
	enum sek_entry_kind kind;
	uint8_t payload[ROOM];
	size_t n;
};

static void put_frame(struct sample *s, enum sek_entry_kind kind, enum sek_msg_type type, const void *payload, size_t n)
{
	struct sek_writer w;
	size_t at;

	s->kind = kind;
	sek_writer_init(&w, s->payload, sizeof s->payload);
	at = sek_frame_begin(&w, type, 0);
	sek_write_bytes(&w, payload, n);
	ck_assert(sek_is_ok(sek_frame_end(&w, at)));
	s->n = w.len;
}

enum { SAMPLES = 13 };

static void samples_make(struct sample s[SAMPLES])
{
	static const uint8_t text[] = "\xe6\x97\xa5\xe6\x9c\xac";
	struct sek_entry_clipboard c = { .direction = SEK_CROSS_TO_INNER, .outcome = SEK_CLIPBOARD_DONE, .characters = 2 };
	struct sek_writer w;
	int i;

	memset(s, 0, SAMPLES * sizeof *s);
	s[0].kind = SEK_ENTRY_META;
	s[0].n = (size_t)snprintf((char *)s[0].payload, ROOM, "{\"user\":\"taro\"}");
	for (i = 1; i < SAMPLES; i++) {
		sek_writer_init(&w, s[i].payload, ROOM);
		switch (i) {
		case 1:
			s[i].kind = SEK_ENTRY_CLOCK;
			sek_entry_clock_write(&w, 0x1122334455667788u);
			break;
		case 2:
			put_frame(&s[i], SEK_ENTRY_DOWN, SEK_MSG_SIZE, "\x07\x80\x04\x38", 4);
			continue;
		case 3:
			put_frame(&s[i], SEK_ENTRY_ASIDE, SEK_MSG_UPDATE, "\0\0\0\1\0\0\0\0", 8);
			continue;
		case 4:
			s[i].kind = SEK_ENTRY_POINTER;
			sek_entry_pointer_write(&w, &(struct sek_pointer){ 10, 20, SEK_BUTTON_LEFT });
			break;
		case 5:
			s[i].kind = SEK_ENTRY_WHEEL;
			sek_entry_wheel_write(&w, &(struct sek_wheel){ 10, 20, -120, 240 });
			break;
		case 6:
			s[i].kind = SEK_ENTRY_KEY;
			break;
		case 7:
			s[i].kind = SEK_ENTRY_TEXT;
			sek_write_bytes(&w, text, 6);
			break;
		case 8:
		case 9:
			s[i].kind = SEK_ENTRY_CLIPBOARD;
			c.text = i == 9 ? text : NULL;
			c.text_n = 6;
			sek_entry_clipboard_write(&w, &c);
			break;
		default:
			s[i].kind = SEK_ENTRY_EVENT;
			sek_entry_event_write(&w, &(struct sek_entry_event){ (uint16_t)(i == 12 ? 999 : SEK_RECORD_EVENT_WATCHED), 1,
				i == 10 ? NULL : text, i == 10 ? 0 : 6 });
		}
		ck_assert(sek_is_ok(sek_writer_status(&w)));
		s[i].n = w.len;
	}
}

static size_t whole(const struct sample *s, uint64_t at_us, uint8_t *ret)
{
	ck_assert_msg(sek_is_ok(sek_entry_head_write(s->kind, at_us, s->n, ret)), "%s %zu", sek_entry_name(s->kind), s->n);
	memcpy(ret + SEK_ENTRY_HEAD_BYTES, s->payload, s->n);
	return SEK_ENTRY_HEAD_BYTES + s->n;
}

START_TEST(what_is_written_is_read)
{
	struct sample s[SAMPLES];
	uint8_t bytes[SEK_ENTRY_HEAD_BYTES + ROOM];
	struct sek_reader r;
	struct sek_entry e;
	size_t n, k;
	int i;

	samples_make(s);
	for (i = 0; i < SAMPLES; i++) {
		n = whole(&s[i], UINT64_C(0x0102030405060708), bytes);
		sek_reader_init(&r, bytes, n);
		ck_assert_msg(sek_is_ok(sek_entry_read(&r, &e)), "%d: %s", i, sek_entry_name(s[i].kind));
		ck_assert_uint_eq(r.left, 0);
		ck_assert_uint_eq(e.kind, s[i].kind);
		ck_assert_uint_eq(e.at_us, UINT64_C(0x0102030405060708));
		ck_assert_uint_eq(e.n, s[i].n);
		ck_assert_mem_eq(e.payload, s[i].payload, s[i].n);
		for (k = 0; k < n; k++) {
			sek_reader_init(&r, bytes, k);
			ck_assert(sek_is(sek_entry_read(&r, &e), SEK_E_MALFORMED));
			ck_assert_uint_eq(r.left, k);
		}
	}
}
END_TEST

START_TEST(heads_are_strict)
{
	uint8_t head[SEK_ENTRY_HEAD_BYTES];
	uint32_t least, most;
	struct sek_entry e;
	unsigned kind, known = 0;

	for (kind = 0; kind < 256; kind++) {
		if (!sek_entry_bounds(kind, &least, &most)) {
			ck_assert(sek_is(sek_entry_head_write((enum sek_entry_kind)kind, 0, 8, head), SEK_E_LIMIT));
			ck_assert_str_eq(sek_entry_name(kind), "unknown");
			continue;
		}
		known++;
		ck_assert(sek_is_ok(sek_entry_head_write((enum sek_entry_kind)kind, 0, least, head)));
		ck_assert(sek_is_ok(sek_entry_head_write((enum sek_entry_kind)kind, 7, most, head)));
		ck_assert(sek_is_ok(sek_entry_head_read(head, &e)));
		ck_assert_uint_eq(e.n, most);
		ck_assert_uint_le(SEK_ENTRY_HEAD_BYTES + (size_t)most, SEK_ENTRY_MAX_BYTES);
		ck_assert(sek_is(sek_entry_head_write((enum sek_entry_kind)kind, 0, (size_t)most + 1, head), SEK_E_LIMIT));
		if (least > 0)
			ck_assert(sek_is(sek_entry_head_write((enum sek_entry_kind)kind, 0, least - 1, head), SEK_E_LIMIT));
		head[1] = 1;
		ck_assert(sek_is(sek_entry_head_read(head, &e), SEK_E_MALFORMED));
		head[1] = 0;
		head[3] = 1;
		ck_assert(sek_is(sek_entry_head_read(head, &e), SEK_E_MALFORMED));
		head[3] = 0;
		head[4] = 0xff;
		ck_assert(sek_is(sek_entry_head_read(head, &e), SEK_E_MALFORMED));
	}
	ck_assert_uint_eq(known, 10);
	ck_assert_str_eq(sek_entry_name(SEK_ENTRY_CLIPBOARD), "clipboard");
	ck_assert_str_eq(sek_record_event_word(SEK_RECORD_EVENT_ENCODER), "encoder");
	ck_assert_str_eq(sek_record_event_word(0), "unknown");
}
END_TEST

START_TEST(payloads_are_strict)
{
	static const struct {
		enum sek_entry_kind kind;
		const char *bytes;
		size_t n;
	} bad[] = {
		{ SEK_ENTRY_META, "{\xff", 2 },
		{ SEK_ENTRY_TEXT, "\xe6\x97", 2 },
		{ SEK_ENTRY_TEXT, "", 0 },
		{ SEK_ENTRY_KEY, "a", 1 },
		{ SEK_ENTRY_CLOCK, "1234567", 7 },
		{ SEK_ENTRY_DOWN, "\x85\0\0\0\0\0\0\5\1\1\1\1", 12 },  /* says 5, is 4 */
		{ SEK_ENTRY_DOWN, "\x85\0\0\1\0\0\0\4\1\1\1\1", 12 },  /* reserved */
		{ SEK_ENTRY_ASIDE, "\x85\0\0\0\0\0\0\4\1\1\1\1", 12 }, /* no UPDATE */
		{ SEK_ENTRY_POINTER, "\0\1\0\1\0\1\0\0", 8 },
		{ SEK_ENTRY_WHEEL, "\0\1\0\1\x7f\xff\0\0", 8 },
		{ SEK_ENTRY_EVENT, "\0\0\0\0\0\0\0\0", 8 },
		{ SEK_ENTRY_EVENT, "\0\1\0\1\0\0\0\0", 8 },
		{ SEK_ENTRY_EVENT, "\0\1\0\0\0\0\0\0\xff", 9 },
		{ (enum sek_entry_kind)0, "", 0 },
		{ (enum sek_entry_kind)77, "", 0 },
	};
	uint8_t clipboard[42] = { SEK_CROSS_TO_OUTER, SEK_CLIPBOARD_DONE, 0, 0, 0, 0, 0, 2 };
	struct sek_entry_clipboard c;
	size_t i;

	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(sek_is(sek_entry_payload_check(bad[i].kind, (const uint8_t *)bad[i].bytes, bad[i].n), SEK_E_MALFORMED),
			"%zu", i);
	clipboard[40] = clipboard[41] = 'x';
	ck_assert(sek_is_ok(sek_entry_clipboard_read(clipboard, 42, &c)));
	ck_assert_uint_eq(c.text_n, 2);
	ck_assert(sek_is(sek_entry_clipboard_read(clipboard, 41, &c), SEK_E_MALFORMED)); /* another number of characters */
	ck_assert(sek_is_ok(sek_entry_clipboard_read(clipboard, 40, &c)));
	ck_assert_ptr_null(c.text);
	for (i = 0; i < 3; i++) {
		clipboard[i] ^= 0x80;
		ck_assert(sek_is(sek_entry_clipboard_read(clipboard, 42, &c), SEK_E_MALFORMED));
		clipboard[i] ^= 0x80;
	}
}
END_TEST

START_TEST(long_words_are_cut_between_characters)
{
	uint8_t words[1500], payload[2000];
	struct sek_entry_event e = { SEK_RECORD_EVENT_POLICY, 0, words, sizeof words };
	struct sek_writer w;
	size_t i;

	for (i = 0; i < sizeof words; i += 3)
		memcpy(words + i, "\xe6\x97\xa5", 3);
	sek_writer_init(&w, payload, sizeof payload);
	sek_entry_event_write(&w, &e);
	ck_assert(sek_is_ok(sek_entry_event_read(payload, w.len, &e)));
	ck_assert_uint_eq(e.words_n, 1023);
}
END_TEST

START_TEST(flipped_bits_do_no_harm)
{
	struct sample s[SAMPLES];
	uint8_t bytes[SEK_ENTRY_HEAD_BYTES + ROOM], *copy;
	struct sek_reader r;
	struct sek_entry e;
	size_t n, bit;
	int i;

	samples_make(s);
	for (i = 0; i < SAMPLES; i++) {
		n = whole(&s[i], 1, bytes);
		for (bit = 0; bit < 8 * n; bit++) {
			copy = malloc(n); /* so that a sanitizer sees a look past its end */
			memcpy(copy, bytes, n);
			copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
			sek_reader_init(&r, copy, n);
			if (sek_is_ok(sek_entry_read(&r, &e)))
				ck_assert_uint_le(SEK_ENTRY_HEAD_BYTES + e.n, n);
			free(copy);
		}
	}
}
END_TEST

/* --- the pipe --- */

static void feed(const uint8_t *bytes, size_t n, size_t piece, int ret[2])
{
	ck_assert_int_eq(pipe(ret), 0);
	if (fork() == 0) {
		size_t at, some;

		close(ret[0]);
		for (at = 0; at < n; at += some) {
			some = n - at < piece ? n - at : piece;
			if (write(ret[1], bytes + at, some) != (ssize_t)some)
				_exit(1);
		}
		_exit(0);
	}
	close(ret[1]);
}

START_TEST(a_pipe_of_entries)
{
	struct sample s[SAMPLES];
	const size_t big = SEK_FRAME_HEADER_BYTES + SEK_UPDATE_MAX_BYTES;
	uint8_t *bytes = malloc(4 * SEK_ENTRY_MAX_BYTES);
	struct sek_entry_stream *stream;
	struct sek_entry e;
	struct sek_writer w;
	size_t n = 0, piece;
	int fds[2], i, k;

	samples_make(s);
	for (i = 0; i < SAMPLES; i++)
		n += whole(&s[i], (uint64_t)i, bytes + n);
	for (i = 0; i < 3; i++) { /* the longest there are */
		ck_assert(sek_is_ok(sek_entry_head_write(SEK_ENTRY_DOWN, 99, big, bytes + n)));
		n += SEK_ENTRY_HEAD_BYTES;
		memset(bytes + n, i, big);
		sek_writer_init(&w, bytes + n, SEK_FRAME_HEADER_BYTES);
		sek_write_u8(&w, SEK_MSG_UPDATE);
		sek_write_bytes(&w, "\0\0", 3);
		sek_write_u32(&w, SEK_UPDATE_MAX_BYTES);
		n += big;
	}
	for (piece = 1; piece <= 65536; piece = piece == 1 ? 4099 : piece * 15) {
		size_t length = piece == 1 ? n - 3 * (SEK_ENTRY_HEAD_BYTES + big) : n; /* byte by byte only the small ones */

		feed(bytes, length, piece, fds);
		ck_assert(sek_is_ok(sek_entry_stream_create(fds[0], &stream)));
		for (i = 0; i < (piece == 1 ? SAMPLES : SAMPLES + 3); i++) {
			ck_assert(sek_is_ok(sek_entry_stream_next(stream, &e)));
			ck_assert_uint_eq(e.kind, i < SAMPLES ? s[i].kind : SEK_ENTRY_DOWN);
			if (i >= SAMPLES)
				ck_assert_int_eq(e.payload[e.n - 1], i - SAMPLES);
		}
		for (k = 0; k < 2; k++)
			ck_assert(sek_is(sek_entry_stream_next(stream, &e), SEK_E_CLOSED));
		sek_entry_stream_destroy(stream);
		close(fds[0]);
	}
	/* an end within an entry is no end */
	feed(bytes, 20, 20, fds);
	ck_assert(sek_is_ok(sek_entry_stream_create(fds[0], &stream)));
	ck_assert(sek_is(sek_entry_stream_next(stream, &e), SEK_E_MALFORMED));
	ck_assert(sek_is(sek_entry_stream_next(stream, &e), SEK_E_MALFORMED));
	sek_entry_stream_destroy(stream);
	close(fds[0]);
	free(bytes);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("recording entries");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, what_is_written_is_read);
	tcase_add_test(t, heads_are_strict);
	tcase_add_test(t, payloads_are_strict);
	tcase_add_test(t, long_words_are_cut_between_characters);
	tcase_add_test(t, flipped_bits_do_no_harm);
	tcase_add_test(t, a_pipe_of_entries);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
