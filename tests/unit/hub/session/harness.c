/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See harness.h.
 */
#include "tests/unit/hub/session/harness.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "certs/pki.h"
#include "tests/unit/hub/session/child_program.h"

/* --- the bench --- */

static int open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void make_pki(struct bench *b)
{
	char err[256] = "";
	struct sek_pki_wish wish = { 0 };
	struct sek_pki *pki;

	snprintf(b->ca, sizeof b->ca, "%s/ca.crt", b->dir);
	snprintf(b->crl, sizeof b->crl, "%s/ca.crl", b->dir);
	snprintf(b->intermediate, sizeof b->intermediate, "%s/broker1.crt", b->dir);
	snprintf(b->intermediate_key, sizeof b->intermediate_key, "%s/broker1.key", b->dir);
	ck_assert_msg(sek_is_ok(sek_pki_init(b->dir, "test", &wish, err, sizeof err)), "%s", err);
	ck_assert_msg(sek_is_ok(sek_pki_open(b->dir, &pki, err, sizeof err)), "%s", err);
	ck_assert_msg(sek_is_ok(sek_pki_issue(pki, SEK_PKI_BROKER, "broker1", &wish, err, sizeof err)), "%s", err);
	sek_pki_close(pki);
}

static void listen_somewhere(struct bench *b)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof a;

	b->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(b->listener, (struct sockaddr *)&a, size), 0);
	ck_assert_int_eq(listen(b->listener, 64), 0);
	ck_assert_int_eq(getsockname(b->listener, (struct sockaddr *)&a, &size), 0);
	b->host = (struct sek_render_host){ .name = "render1.sekisho.internal", .address = "127.0.0.1", .port = ntohs(a.sin_port) };
}

void bench_use(struct bench *b, char *slot, const char *name)
{
	snprintf(slot, sizeof b->decoder, "%s/%s", b->dir, name);
	if (symlink(SEK_TEST_CHILD, slot) < 0)
		ck_assert_int_eq(errno, EEXIST);
}

static void on_tick(uv_timer_t *timer)
{
	(void)timer; /* wakes UV_RUN_ONCE so that conditions are looked at */
}

void bench_init(struct bench *b, const char *decoder, const char *encoder)
{
	*b = (struct bench){ .listener = -1 };
	/* libuv opens its own descriptors at the first loop: they are no leak */
	ck_assert_int_eq(uv_loop_init(&b->loop), 0);
	ck_assert_int_eq(uv_loop_close(&b->loop), 0);
	b->fds_before = open_fds();
	snprintf(b->dir, sizeof b->dir, "/tmp/sek-session-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(b->dir));
	make_pki(b);
	listen_somewhere(b);
	bench_use(b, b->decoder, decoder);
	bench_use(b, b->encoder, encoder);
	b->config = (struct sek_sessions_config){
		.outer_address = "127.0.0.1",
		.hosts = &b->host,
		.n_hosts = 1,
		.ca_path = b->ca,
		.crl_path = b->crl,
		.intermediate_path = b->intermediate,
		.intermediate_key_path = b->intermediate_key,
		.decoder_path = b->decoder,
		.encoder_path = b->encoder,
		.max_sessions = 8,
		.max_width_px = BENCH_WIDTH,
		.max_height_px = BENCH_HEIGHT,
		.linger_s = 300,
	};
}

static void on_event(void *user, const char *event, const struct sek_session_info *info)
{
	struct bench *b = user;

	size_t n = strlen(b->events);

	if (n + strlen(event) + 2 < sizeof b->events)
		snprintf(b->events + n, sizeof b->events - n, "%s ", event);
	if (strcmp(event, "session.ended") == 0)
		b->ended = info->state;
}

void bench_start(struct bench *b)
{
	ck_assert_int_eq(uv_loop_init(&b->loop), 0);
	uv_timer_init(&b->loop, &b->ticker);
	uv_timer_start(&b->ticker, on_tick, 5, 5);
	uv_unref((uv_handle_t *)&b->ticker);
	ck_assert(sek_is_ok(sek_sessions_create(&b->loop, &b->config, &b->all)));
	sek_sessions_on_event(b->all, on_event, b);
}

static void on_stopped(void *user)
{
	((struct bench *)user)->stopped = true;
}

void bench_finish(struct bench *b)
{
	char command[128];

	sek_sessions_stop(b->all, on_stopped, b);
	BENCH_UNTIL(b, 8000, b->stopped);
	ck_assert_uint_eq(sek_sessions_count(b->all), 0);
	sek_sessions_destroy(b->all);
	uv_close((uv_handle_t *)&b->ticker, NULL);
	uv_run(&b->loop, UV_RUN_DEFAULT);
	ck_assert_int_eq(uv_loop_close(&b->loop), 0);
	close(b->listener);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* no child, not even a dead one */
	ck_assert_int_eq(errno, ECHILD);
	ck_assert_int_eq(open_fds(), b->fds_before);
	snprintf(command, sizeof command, "rm -rf %s", b->dir);
	ck_assert_int_eq(system(command), 0);
}

void bench_run_ms(struct bench *b, uint64_t ms)
{
	uint64_t end = uv_hrtime() / 1000000 + ms;

	while (uv_hrtime() / 1000000 < end)
		uv_run(&b->loop, UV_RUN_ONCE);
}

bool bench_saw(const struct bench *b, const char *event)
{
	return strstr(b->events, event) != NULL;
}

static void take_pids(void *user, const struct sek_session_info *info)
{
	int *pids = user;

	pids[0] = info->decoder_pid;
	pids[1] = info->encoder_pid;
}

int bench_decoder_pid(struct bench *b)
{
	int pids[2] = { 0, 0 };

	sek_sessions_each(b->all, take_pids, pids);
	return pids[0];
}

int bench_encoder_pid(struct bench *b)
{
	int pids[2] = { 0, 0 };

	sek_sessions_each(b->all, take_pids, pids);
	return pids[1];
}

/* --- coming up --- */

void stream_up(struct bench *b, const char *user, struct stream *c)
{
	stream_attach(b->all, user, c);
	stream_hello(c);
	BENCH_UNTIL(b, 10000, stream_state(c) == SEK_STATE_RUNNING && c->ends > 0 && c->sizes > 0);
	ck_assert_uint_eq(c->welcomes, 1);
}

/* --- what the decoder got --- */

const struct child_journal *journal_open(int decoder_pid)
{
	struct sek_gap_layout layout;
	char path[64];
	uint8_t *map;
	int fd;

	ck_assert(sek_is_ok(sek_gap_layout_init(&layout, BENCH_WIDTH, BENCH_HEIGHT)));
	snprintf(path, sizeof path, "/proc/%d/fd/4", decoder_pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	ck_assert_uint_ge(layout.total_bytes - layout.pixels_offset, sizeof(struct child_journal));
	map = mmap(NULL, layout.total_bytes, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	return map == MAP_FAILED ? NULL : (const struct child_journal *)(const void *)(map + layout.pixels_offset);
}

void journal_close(const struct child_journal *j)
{
	struct sek_gap_layout layout;

	ck_assert(sek_is_ok(sek_gap_layout_init(&layout, BENCH_WIDTH, BENCH_HEIGHT)));
	munmap((void *)((uintptr_t)j - layout.pixels_offset), layout.total_bytes);
}

unsigned journal_find(const struct child_journal *j, enum sek_msg_type type, uint8_t *ret_last, size_t *ret_n)
{
	unsigned count = 0;

	for (size_t at = 0, n = __atomic_load_n(&j->n, __ATOMIC_ACQUIRE), total; at < n; at += total) {
		struct sek_frame f;

		ck_assert(sek_is_ok(sek_frame_whole(j->bytes + at, n - at, SEK_LINK_HOST, SEK_DIR_UP, &f, &total)));
		if (f.type != type)
			continue;
		count++;
		if (ret_last) {
			memcpy(ret_last, j->bytes + at + SEK_FRAME_HEADER_BYTES, f.payload_bytes);
			*ret_n = f.payload_bytes;
		}
	}
	return count;
}

unsigned journal_count(int decoder_pid, enum sek_msg_type type, uint8_t *ret_last, size_t *ret_n)
{
	const struct child_journal *j = journal_open(decoder_pid);
	unsigned count;

	if (!j)
		return 0;
	count = journal_find(j, type, ret_last, ret_n);
	journal_close(j);
	return count;
}
