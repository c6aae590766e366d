/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The tests' decoder: TLS and frames, waiting for each.
 */
#include "tests/unit/renderd/rig.h"

#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WAIT_MS = 15000, IN_BYTES = 2 << 20 };

static bool wait_for(const struct client *c, short events)
{
	struct pollfd p = { c->fd, events, 0 };

	return poll(&p, 1, WAIT_MS) > 0;
}

bool client_open_as(struct client *c, const struct rig *r, const char *chain, const char *key)
{
	struct sek_tls_pem pem = { r->world.ca, r->world.crl, chain, key };
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)r->port) };
	struct sek_tls_context *context;

	memset(c, 0, sizeof *c);
	c->in = malloc(IN_BYTES);
	ck_assert_ptr_nonnull(c->in);
	inet_pton(AF_INET, RIG_ADDRESS, &a.sin_addr);
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(c->fd, (struct sockaddr *)&a, sizeof a), 0);
	ck_assert_int_eq(fcntl(c->fd, F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_eq(setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int)), 0);
	ck_assert(sek_is_ok(sek_tls_context_create(SEK_TLS_CLIENT, &pem, &context)));
	ck_assert(sek_is_ok(sek_tls_create(context, c->fd, WORLD_HOST, &c->tls)));
	sek_tls_context_destroy(context);
	for (;;) {
		c->status = sek_tls_handshake(c->tls);
		if (!sek_is(c->status, SEK_E_AGAIN))
			return sek_is_ok(c->status);
		if (!wait_for(c, sek_tls_wants_write(c->tls) ? POLLOUT : POLLIN))
			return false;
	}
}

void client_open(struct client *c, const struct rig *r, const uint8_t id[16])
{
	char *chain, *key;

	world_session(&r->world, id, WORLD_HOST, &chain, &key);
	ck_assert(client_open_as(c, r, chain, key));
	free(chain);
	free(key);
}

void client_close(struct client *c)
{
	if (c->tls)
		sek_tls_bye(c->tls);
	sek_tls_destroy(c->tls);
	close(c->fd);
	free(c->in);
	memset(c, 0, sizeof *c);
	c->fd = -1;
}

void client_send(struct client *c, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	while (n > 0) {
		size_t w = 0;
		sek_status s = sek_tls_write(c->tls, p, n, &w);

		if (sek_is(s, SEK_E_AGAIN)) {
			ck_assert(wait_for(c, POLLOUT));
			continue;
		}
		if (!sek_is_ok(s)) /* the other side has hung up: the reader will find out why */
			return;
		p += w;
		n -= w;
	}
}

static void send_writer(struct client *c, const struct sek_writer *w)
{
	ck_assert(!w->failed);
	client_send(c, w->start, w->len);
}

void client_hello(struct client *c, uint8_t flags)
{
	struct sek_hello m = { SEK_VERSION_MIN, SEK_VERSION_MAX, 1280, 720, 100, SEK_LANG_JA, flags, 1600, 1000 };
	uint8_t memory[64];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_hello_write(&w, &m);
	send_writer(c, &w);
}

void client_hello_rules(struct client *c, enum sek_lang lang, const char *allow)
{
	struct sek_hello m = { SEK_VERSION_MIN, SEK_VERSION_MAX, 1280, 720, 100, (uint8_t)lang,
			       SEK_HELLO_CREATE | SEK_HELLO_RULES, 1920, 1080 };
	struct sek_rules rules = { .allow = allow, .allow_bytes = (uint16_t)strlen(allow) };
	uint8_t memory[512];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_hello_write(&w, &m);
	sek_rules_write(&w, &rules);
	send_writer(c, &w);
}

void client_text(struct client *c, const char *text)
{
	struct sek_text m = { (const uint8_t *)text, strlen(text) };
	uint8_t memory[SEK_TEXT_MAX_BYTES + 8];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_text_write(&w, &m);
	send_writer(c, &w);
}

void client_empty(struct client *c, enum sek_msg_type type)
{
	uint8_t memory[16];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_empty_write(&w, type);
	send_writer(c, &w);
}

void client_ping(struct client *c, uint32_t id)
{
	struct sek_ping m = { id };
	uint8_t memory[16];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_ping_write(&w, &m);
	send_writer(c, &w);
}

bool client_next(struct client *c, struct sek_frame *ret, const uint8_t **ret_payload)
{
	memmove(c->in, c->in + c->used, c->in_len - c->used);
	c->in_len -= c->used;
	c->used = 0;
	for (;;) {
		sek_status s = sek_frame_whole(c->in, c->in_len, SEK_LINK_HOST, SEK_DIR_DOWN, ret, &c->used);
		size_t n = 0;

		if (sek_is_ok(s)) {
			*ret_payload = c->in + SEK_FRAME_HEADER_BYTES;
			return true;
		}
		ck_assert_msg(sek_is(s, SEK_E_AGAIN), "renderd broke the grammar");
		s = sek_tls_read(c->tls, c->in + c->in_len, IN_BYTES - c->in_len, &n);
		if (sek_is(s, SEK_E_AGAIN)) {
			if (!wait_for(c, POLLIN)) {
				c->status = sek_fail(SEK_E_TIMEOUT);
				return false;
			}
		} else if (!sek_is_ok(s)) {
			c->status = s;
			return false;
		}
		c->in_len += n;
	}
}

enum sek_state client_state(struct client *c)
{
	const uint8_t *payload;
	struct sek_frame f;

	while (client_next(c, &f, &payload))
		if (f.type == SEK_MSG_STATE) {
			struct sek_state_msg m;

			ck_assert(sek_is_ok(sek_state_read(payload, f.payload_bytes, &m)));
			return (enum sek_state)m.state;
		}
	return SEK_STATE_NONE;
}

void client_expect_welcome(struct client *c, const uint8_t id[16])
{
	const uint8_t *payload;
	struct sek_welcome m;
	struct sek_frame f;

	ck_assert(client_next(c, &f, &payload));
	ck_assert_int_eq(f.type, SEK_MSG_WELCOME);
	ck_assert(sek_is_ok(sek_welcome_read(payload, f.payload_bytes, &m)));
	ck_assert_mem_eq(m.session, id, 16);
	ck_assert_uint_eq(m.version, SEK_VERSION_MAX);
}

unsigned client_attach(struct client *c, const struct rig *r, const uint8_t id[16], uint8_t flags)
{
	const uint8_t *payload;
	unsigned width = 0;
	struct sek_frame f;

	client_open(c, r, id);
	client_hello(c, flags);
	client_expect_welcome(c, id);
	while (client_next(c, &f, &payload)) {
		struct sek_state_msg state;
		struct sek_size size;

		if (f.type == SEK_MSG_SIZE && sek_is_ok(sek_size_read(payload, f.payload_bytes, &size)))
			width = size.width_px;
		if (f.type == SEK_MSG_STATE && sek_is_ok(sek_state_read(payload, f.payload_bytes, &state)) &&
				state.state != SEK_STATE_STARTING) {
			ck_assert_int_eq(state.state, SEK_STATE_RUNNING);
			return width;
		}
	}
	ck_abort_msg("the session did not come up: %s", r->log);
}

void client_expect_end(struct client *c)
{
	const uint8_t *payload;
	struct sek_frame f;

	while (client_next(c, &f, &payload))
		;
	ck_assert_msg(!sek_is(c->status, SEK_E_TIMEOUT), "the connection is still open");
}
