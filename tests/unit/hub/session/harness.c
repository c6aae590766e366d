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
	b->host = (struct sek_render_host){ "render1.sekisho.internal", "127.0.0.1", ntohs(a.sin_port) };
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

/* --- a client's stream --- */

static size_t on_queued(void *client)
{
	return ((struct stream *)client)->queued;
}

static void on_update(struct stream *c, const struct sek_frame *f, const uint8_t *payload)
{
	struct sek_reader r;

	c->updates++;
	c->keyframes += (f->flags & SEK_UPDATE_KEYFRAME) != 0;
	ck_assert_msg(c->keyframes > 0, "a picture that refers to nothing");
	if (!(f->flags & SEK_UPDATE_END))
		return;
	c->ends++;
	sek_reader_init(&r, payload, f->payload_bytes);
	ck_assert(sek_is_ok(sek_read_u32(&r, &c->last_frame)));
}

static void on_state(struct stream *c, const uint8_t *payload, size_t n)
{
	struct sek_state_msg m;

	ck_assert(sek_is_ok(sek_state_read(payload, n, &m)));
	ck_assert_uint_lt(c->n_states, 64);
	c->args[c->n_states] = m.arg;
	c->states[c->n_states++] = m.state;
}

static void on_send(void *client, const uint8_t *frame, size_t n)
{
	struct stream *c = client;
	const uint8_t *payload = frame + SEK_FRAME_HEADER_BYTES;
	struct sek_frame f;
	struct sek_ping ping;
	size_t total;

	ck_assert(c->attached && !c->closed);
	ck_assert(sek_is_ok(sek_frame_whole(frame, n, SEK_LINK_CLIENT, SEK_DIR_DOWN, &f, &total)));
	ck_assert_uint_eq(total, n);
	c->frames++;
	c->bytes += n;
	switch (f.type) {
	case SEK_MSG_WELCOME:
		c->welcomes++;
		ck_assert(sek_is_ok(sek_welcome_read(payload, f.payload_bytes, &c->welcome)));
		break;
	case SEK_MSG_UPDATE:
		on_update(c, &f, payload);
		if (c->acknowledges && (f.flags & SEK_UPDATE_END))
			STREAM_WRITE(c, sek_ack_write, &(struct sek_ack){ c->last_frame });
		break;
	case SEK_MSG_STATE:
		on_state(c, payload, f.payload_bytes);
		break;
	case SEK_MSG_PING:
		c->pings++;
		ck_assert(sek_is_ok(sek_ping_read(payload, f.payload_bytes, &ping)));
		c->ping_id = ping.id;
		if (c->pongs)
			STREAM_WRITE(c, sek_pong_write, &ping);
		break;
	case SEK_MSG_SIZE:
		c->sizes++;
		ck_assert(sek_is_ok(sek_size_read(payload, f.payload_bytes, &c->size)));
		break;
	case SEK_MSG_CARET:
		c->carets++;
		ck_assert(sek_is_ok(sek_caret_read(payload, f.payload_bytes, &c->caret)));
		break;
	case SEK_MSG_CURSOR:
		c->cursors++;
		break;
	default:
		break;
	}
}

static void on_close(void *client)
{
	struct stream *c = client;

	ck_assert(c->attached && !c->closed);
	c->closed = true;
}

const struct sek_client_ops stream_ops = { on_queued, on_send, on_close };

void stream_attach(struct bench *b, const char *user, struct stream *c)
{
	uint8_t id[SEK_SESSION_ID_BYTES];
	bool resumed;

	*c = (struct stream){ .acknowledges = true, .pongs = true };
	ck_assert(sek_is_ok(sek_sessions_open(b->all, user, id, &resumed)));
	ck_assert(sek_is_ok(sek_session_attach(b->all, id, user, &stream_ops, c, &c->session)));
	ck_assert_uint_eq(c->frames, 0); /* never called from inside attach */
	c->attached = true;
}

void stream_send(struct stream *c, const void *frame, size_t n)
{
	if (!c->closed)
		sek_session_receive(c->session, c, frame, n);
}

void stream_hello(struct stream *c)
{
	STREAM_WRITE(c, sek_hello_write, &(struct sek_hello){ .version_min = 1, .version_max = 1, .width_px = 1024,
		.height_px = 768, .scale_percent = 100, .lang = SEK_LANG_JA });
}

void stream_text(struct stream *c, const char *text)
{
	STREAM_WRITE(c, sek_text_write, &(struct sek_text){ (const uint8_t *)text, strlen(text) });
}

void stream_key(struct stream *c, uint16_t code, bool down)
{
	STREAM_WRITE(c, sek_key_write, &(struct sek_key){ .code = code, .down = down });
}

uint16_t stream_state(const struct stream *c)
{
	return c->n_states ? c->states[c->n_states - 1] : 0;
}

bool stream_saw(const struct stream *c, enum sek_state state)
{
	for (unsigned i = 0; i < c->n_states; i++)
		if (c->states[i] == state)
			return true;
	return false;
}

void stream_up(struct bench *b, const char *user, struct stream *c)
{
	stream_attach(b, user, c);
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
