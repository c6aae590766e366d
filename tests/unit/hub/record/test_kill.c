/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A program that records is killed (SIGKILL) 200 times at any moment, four of them at a time. Each time what it wrote is read at once, as a
 * reviewer would, up to the last second; then the next start finishes it, and it is whole.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rig.h"

enum { ROUNDS = 200, LANES = 4, BIG = 2000, SMALL = 40 };

static struct rig r;

/* What a recording that was killed showed, on a page that both share. */
struct said {
	char id[33];
	uint32_t number;  /* of the last entry that was added */
};

struct writer {
	struct sek_recording *rec;
	uv_timer_t timer;
	uint32_t number;
	size_t bytes;     /* of an entry */
	int fd;
};

static void add_one(uv_timer_t *t)
{
	struct writer *w = t->data;
	struct said s = { .number = ++w->number, };
	uint8_t text[BIG];

	memset(text, 'x', sizeof text);
	snprintf((char *)text, sizeof text, "%u", s.number);
	text[strlen((char *)text)] = ' ';
	sek_recording_add(w->rec, SEK_ENTRY_TEXT, text, w->bytes);
	memcpy(s.id, sek_recording_id(w->rec), sizeof s.id);
	if (!sek_recording_ok(w->rec) || write(w->fd, &s, sizeof s) != (ssize_t)sizeof s)
		_exit(3);
}

static void write_for_ever(int fd, size_t bytes)
{
	struct writer w = { .fd = fd, .bytes = bytes };

	uv_loop_init(&r.loop); /* not the parent's */
	rig_open(&r);
	w.rec = rig_begin(&r);
	w.timer.data = &w;
	uv_timer_init(&r.loop, &w.timer);
	uv_timer_start(&w.timer, add_one, 0, 1);
	uv_run(&r.loop, UV_RUN_DEFAULT);
	_exit(4);
}

/* Kills after so many entries; *ret: what it had said by then, id "" if nothing. */
static void round_of(unsigned entries, size_t bytes, struct said *ret)
{
	struct said s;
	int pipes[2], status;
	unsigned got = 0;
	pid_t pid;

	memset(ret, 0, sizeof *ret);
	ck_assert_int_eq(pipe(pipes), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		close(pipes[0]);
		write_for_ever(pipes[1], bytes);
	}
	close(pipes[1]);
	for (; got < entries; got++) {
		ck_assert_int_eq(read(pipes[0], &s, sizeof s), sizeof s);
		*ret = s;
	}
	kill(pid, SIGKILL);
	while (read(pipes[0], &s, sizeof s) == (ssize_t)sizeof s)
		*ret = s;
	close(pipes[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
}

/* Reads everything; returns the last number. Numbers must be all there, from 1 on. */
static uint32_t read_all(const char *id, bool late)
{
	struct sek_recording_reader *reader = rig_reader(&r, id);
	uint32_t number = 0, i;
	const uint8_t *bytes;
	struct sek_entry e;
	size_t n, blocks;

	ck_assert_int_eq(sek_recording_head(reader)->closed, late);
	ck_assert_int_eq(sek_recording_head(reader)->late, late);
	(void)sek_recording_blocks(reader, &blocks);
	for (i = 0; i < blocks; i++) {
		struct sek_reader in;

		ck_assert(sek_is_ok(sek_recording_read(reader, i, &bytes, &n)));
		sek_reader_init(&in, bytes, n);
		while (sek_is_ok(sek_entry_read(&in, &e)))
			if (e.kind == SEK_ENTRY_TEXT)
				ck_assert_uint_eq(strtoul((const char *)e.payload, NULL, 10), ++number);
	}
	sek_recording_reader_close(reader);
	return number;
}

/* Rounds of one lane: most of the time the test waits for what records. */
static void kill_some(unsigned from, unsigned to)
{
	enum sek_recording_verdict verdict;
	unsigned k, recordings = 0, none = 0;
	uint32_t lost_most = 0, lost_slowly = 0;
	struct said said;

	rig_init(&r);
	r.config.sync_seconds = 60; /* a crash needs no sync: what was written is the kernel's */
	for (k = from; k < to; k++) {
		/* Before the header, in the first block, at its end, between two. Large entries fill their blocks in 130 ms; small ones do
		 * not, so that theirs are closed by the clock. */
		bool slowly = k % 20 == 19;
		unsigned entries = slowly ? 1000 + 40 * k % 1500 : k * 7 % 290;
		uint32_t read, again, lost;

		round_of(entries, slowly ? SMALL : BIG, &said);
		if (!said.id[0]) { /* nothing was said: the file may not even be there */
			none++;
			rig_open(&r);
			rig_stop(&r);
			continue;
		}
		read = read_all(said.id, false);
		ck_assert_uint_le(read, said.number);
		lost = said.number - read;
		*(slowly ? &lost_slowly : &lost_most) = lost > (slowly ? lost_slowly : lost_most) ? lost : slowly ? lost_slowly : lost_most;
		/* they come one a millisecond or slower: what is not there was added within the last second, but for the time that the
		 * disk took */
		ck_assert_uint_le(lost, SEK_RECORD_BLOCK_MS + SEK_RECORD_SYNC_MS);
		r.finished = 0;
		rig_open(&r);
		ck_assert_uint_eq(r.finished, 1);
		ck_assert_str_eq(r.late.id, said.id);
		rig_stop(&r);
		again = read_all(said.id, true);
		ck_assert_uint_eq(again, read);
		ck_assert(sek_is_ok(sek_recording_verify(rig_path(&r, said.id), r.signer, NULL, NULL, NULL, &verdict)));
		ck_assert_int_eq(verdict, SEK_RECORDING_SOUND);
		ck_assert_int_eq(unlink(rig_path(&r, said.id)), 0);
		recordings++;
	}
	printf("%d kills: %u recordings read and finished, %u before the first entry; lost were at most %u entries (about as many ms), "
		"%u where little happened\n", to - from, recordings, none, lost_most, lost_slowly);
	ck_assert_uint_gt(recordings, (to - from) / 2);
	rig_finish(&r);
}

START_TEST(kill_200)
{
	pid_t lanes[LANES];
	unsigned i;
	int status;

	for (i = 0; i < LANES; i++) {
		lanes[i] = fork();
		ck_assert_int_ge(lanes[i], 0);
		if (lanes[i] == 0) {
			kill_some(i * ROUNDS / LANES, (i + 1) * ROUNDS / LANES);
			fflush(stdout);
			_exit(0);
		}
	}
	for (i = 0; i < LANES; i++) {
		ck_assert_int_eq(waitpid(lanes[i], &status, 0), lanes[i]);
		ck_assert_int_eq(status, 0);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("recordings of a killed program");
	TCase *t = tcase_create("kill");

	tcase_set_timeout(t, 600);
	tcase_add_test(t, kill_200);
	suite_add_tcase(s, t);
	return rig_suite(s);
}
