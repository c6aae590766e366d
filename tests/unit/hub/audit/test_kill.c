/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A writer is killed (SIGKILL) 200 times at any moment. Whatever it was told is written must be in the log, whose chain must
 * hold from the first record to the last.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/hub/audit/scan.h"
#include "rig.h"

enum { ROUNDS = 200, AT_ONCE = 24 };

static struct rig r;

struct writer {
	uv_loop_t loop;
	struct sek_audit *audit;
	uint32_t next;
	int fd;
};

struct asked {
	struct writer *w;
	uint32_t number;
};

static void ask(struct writer *w);

static void on_done(void *user, sek_status status)
{
	struct asked *q = user;

	if (!sek_is_ok(status) || write(q->w->fd, &q->number, sizeof q->number) != (ssize_t)sizeof q->number)
		_exit(3);
	ask(q->w);
	free(q);
}

static void ask(struct writer *w)
{
	struct asked *q = malloc(sizeof *q);
	char object[24];

	*q = (struct asked){ w, w->next++ };
	snprintf(object, sizeof object, "n%u.", q->number);
	if (!sek_audit_event(w->audit, &(struct sek_audit_event){ .who = "taro", .what = "test.kill", .object = object }, on_done,
			q))
		_exit(4);
}

static void write_for_ever(uint32_t from, int fd)
{
	struct writer w = { .next = from, .fd = fd };
	char err[512];
	int i;

	uv_loop_init(&w.loop);
	if (!sek_is_ok(sek_audit_create(&w.loop, &r.config, &w.audit, err, sizeof err)))
		_exit(5);
	for (i = 0; i < AT_ONCE; i++)
		ask(&w);
	uv_run(&w.loop, UV_RUN_DEFAULT);
	_exit(6);
}

/* One round: the numbers that were acknowledged go into `told`. Returns the highest of them. */
static uint32_t round_of(uint32_t from, unsigned round, uint8_t *told)
{
	uint32_t number, most = from, got = 0;
	int pipes[2], status;
	ssize_t n;
	pid_t pid;

	ck_assert_int_eq(pipe(pipes), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		close(pipes[0]);
		write_for_ever(from, pipes[1]);
	}
	close(pipes[1]);
	/* killed after so many answers: at once, in the first batch, between two, in the middle of a rotation ... */
	while (got < round % 67) {
		n = read(pipes[0], &number, sizeof number);
		ck_assert_int_eq(n, sizeof number);
		told[number] = 1;
		most = number > most ? number : most;
		got++;
	}
	kill(pid, SIGKILL);
	while ((n = read(pipes[0], &number, sizeof number)) == (ssize_t)sizeof number) {
		told[number] = 1;
		most = number > most ? number : most;
	}
	close(pipes[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
	return most;
}

/* Reads the whole log: every record in its place, which numbers are there. */
static unsigned read_all(uint8_t *there)
{
	struct sek_audit_point p = { .seq = 0 };
	unsigned segment, repaired = 0;

	for (segment = 1;; segment++) {
		char name[40], *text, *line, *end;
		size_t n;

		snprintf(name, sizeof name, SEK_AUDIT_SEGMENT_NAME, segment);
		if (access(rig_path(&r, name), F_OK) != 0)
			return repaired;
		text = rig_read(&r, name, &n);
		for (line = text; line < text + n; line = end + 1) {
			struct sek_audit_point stated;
			uint8_t hash[32];
			size_t text_n;
			const char *at;

			end = memchr(line, '\n', (size_t)(text + n - line));
			ck_assert_ptr_nonnull(end);
			ck_assert(sek_is_ok(sek_audit_line_read(line, (size_t)(end - line), &stated, &text_n)));
			sek_audit_hash(p.hash, line, text_n, hash);
			ck_assert_mem_eq(hash, stated.hash, 32);
			ck_assert_uint_eq(stated.seq, p.seq + 1);
			p = stated;
			*end = '\0';
			ck_assert_ptr_null(strstr(line, "audit.damaged"));
			repaired += strstr(line, "audit.repaired") != NULL;
			at = strstr(line, "\"object\":\"n");
			if (at)
				there[strtoul(at + 11, NULL, 10)] = 1;
		}
		free(text);
	}
}

START_TEST(kill_200)
{
	enum { NUMBERS = 4 * 1024 * 1024 };
	uint8_t *told = calloc(1, NUMBERS), *there = calloc(1, NUMBERS);
	uint32_t from = 0, i, acknowledged = 0, unacknowledged = 0;
	struct sek_audit_files *f;
	unsigned k, repaired;

	rig_init(&r);
	r.config.segment_bytes = 40000;
	r.config.checkpoint_records = 50;
	for (k = 0; k < ROUNDS; k++) {
		from = round_of(from, k, told) + 2 * AT_ONCE + 1024;
		ck_assert_uint_lt(from, NUMBERS - 100000);
	}
	f = rig_open(&r);
	ck_assert(!sek_audit_files_damaged(f));
	sek_audit_files_close(f);
	repaired = read_all(there);
	for (i = 0; i < NUMBERS; i++) {
		ck_assert_msg(!told[i] || there[i], "record %u was acknowledged and is not there", i);
		acknowledged += told[i];
		unacknowledged += there[i] && !told[i];
	}
	printf("%d kills: %u records acknowledged, all there; %u more were written; %u torn tails repaired\n", ROUNDS, acknowledged,
		unacknowledged, repaired);
	ck_assert_uint_gt(acknowledged, ROUNDS);
	free(told);
	free(there);
	rig_finish(&r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("audit kill");
	TCase *t = tcase_create("kill");

	tcase_set_timeout(t, 240);
	tcase_add_test(t, kill_200);
	suite_add_tcase(s, t);
	return rig_run(s);
}
