/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hub-front-double: front/ and auth/ as they are, over a session manager that does what the test's client says, so that
 * back-pressure can be seen without a browser at the other end. Never part of the product.
 *
 *   hub-front-double ADDRESS PORT CERTIFICATE KEY WEB_ROOT STORE
 *
 * A TEXT frame from the client is a command: "send COUNT BYTES" sends so many frames of so many bytes at once; "flow
 * COUNT BYTES" sends them one after the other whenever less than a megabyte waits; "close" closes. When a client is gone
 * one line tells how it went.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/log.h"
#include "broker/hub/auth/password.h"
#include "broker/hub/front/front.h"

enum { FLOW_BYTES = 1048576 };

struct sek_session {
	uint8_t id[SEK_SESSION_ID_BYTES];
	const struct sek_client_ops *ops;
	void *client;
	size_t most_queued, left, bytes, drained;
};

struct sek_sessions {
	struct sek_session one;
};

static struct sek_sessions all;
static uint8_t frame[SEK_FRAME_HEADER_BYTES + SEK_UPDATE_MAX_BYTES];

static void send_one(struct sek_session *s)
{
	size_t queued;

	s->ops->send(s->client, frame, s->bytes);
	queued = s->ops->queued(s->client);
	if (queued > s->most_queued)
		s->most_queued = queued;
}

static void go_on(struct sek_session *s)
{
	while (s->left > 0 && s->ops->queued(s->client) < FLOW_BYTES) {
		s->left--;
		send_one(s);
	}
}

struct sek_session_ask *sek_sessions_ask(struct sek_sessions *m, const char *user, bool existing, sek_session_ask_fn *fn, void *arg,
	struct sek_session_answer *ret)
{
	(void)user;
	(void)existing;
	(void)fn;
	(void)arg;
	memset(ret, 0, sizeof *ret);
	memcpy(ret->id, m->one.id, SEK_SESSION_ID_BYTES);
	return NULL;
}

void sek_session_ask_forget(struct sek_session_ask *ask)
{
	(void)ask;
}

sek_status sek_session_attach(struct sek_sessions *m, const uint8_t id[SEK_SESSION_ID_BYTES], const char *user,
	const struct sek_client_ops *ops, void *client, struct sek_session **ret)
{
	(void)id;
	(void)user;
	m->one.ops = ops;
	m->one.client = client;
	m->one.most_queued = m->one.left = m->one.drained = 0;
	*ret = &m->one;
	return sek_ok();
}

void sek_session_receive(struct sek_session *s, void *client, const uint8_t *bytes, size_t n)
{
	char text[64] = "";
	size_t count = 0;

	if (n > SEK_FRAME_HEADER_BYTES && n - SEK_FRAME_HEADER_BYTES < sizeof text)
		memcpy(text, bytes + SEK_FRAME_HEADER_BYTES, n - SEK_FRAME_HEADER_BYTES);
	if (strcmp(text, "close") == 0) {
		s->client = NULL;
		s->ops->close(client);
	} else if (sscanf(text, "send %zu %zu", &count, &s->bytes) == 2) {
		for (; count > 0; count--)
			send_one(s);
	} else if (sscanf(text, "flow %zu %zu", &s->left, &s->bytes) == 2) {
		go_on(s);
	} else { /* echo */
		s->ops->send(client, bytes, n);
	}
}

void sek_session_drained(struct sek_session *s, void *client)
{
	(void)client;
	s->drained++;
	go_on(s);
}

void sek_session_detach(struct sek_session *s, void *client)
{
	(void)client;
	s->client = NULL;
	sek_log(SEK_LOG_INFO, "double.gone", "most_queued", sek_logf("%zu", s->most_queued), "left",
		sek_logf("%zu", s->left), "drained", sek_logf("%zu", s->drained), NULL);
	s->left = 0;
}

size_t sek_sessions_end_user(struct sek_sessions *m, const char *user, enum sek_state state)
{
	(void)m;
	(void)user;
	(void)state;
	return 0;
}

sek_status sek_sessions_end_one(struct sek_sessions *m, const uint8_t id[SEK_SESSION_ID_BYTES], enum sek_state state)
{
	(void)m;
	(void)id;
	(void)state;
	return sek_fail(SEK_E_NOT_FOUND);
}

size_t sek_sessions_end_host(struct sek_sessions *m, const char *host, enum sek_state state)
{
	(void)m;
	(void)host;
	(void)state;
	return 0;
}

sek_status sek_sessions_watch(struct sek_sessions *m, const uint8_t id[SEK_SESSION_ID_BYTES], const char *who, bool on)
{
	(void)m;
	(void)id;
	(void)who;
	(void)on;
	return sek_fail(SEK_E_NOT_FOUND);
}

sek_status sek_sessions_say(struct sek_sessions *m, const uint8_t id[SEK_SESSION_ID_BYTES], enum sek_state state)
{
	(void)m;
	(void)id;
	(void)state;
	return sek_fail(SEK_E_NOT_FOUND);
}

void sek_sessions_each(struct sek_sessions *m, void (*fn)(void *user, const struct sek_session_info *info), void *user)
{
	(void)m;
	(void)fn;
	(void)user;
}

static void stopped(void *user)
{
	(void)user;
}

struct parts {
	struct sek_front *front;
	struct sek_auth *auth;
	uv_signal_t signal;
};

static void on_signal(uv_signal_t *s, int number)
{
	struct parts *p = s->data;

	(void)number;
	sek_front_stop(p->front);
	sek_auth_stop(p->auth, stopped, NULL);
	uv_close((uv_handle_t *)s, NULL);
}

/* there is nothing to administer here */
bool sek_admin_knows(const char *op)
{
	(void)op;
	return false;
}

struct sek_admin_request *sek_admin_run(struct sek_admin *a, const struct sek_admin_caller *who, const char *op,
	json_t *in, sek_admin_answer_fn *fn, void *user)
{
	(void)a;
	(void)who;
	(void)op;
	(void)fn;
	(void)user;
	json_decref(in);
	return NULL;
}

void sek_admin_forget(struct sek_admin_request *r)
{
	(void)r;
}

json_t *sek_admin_message(const struct sek_admin *a, const char *user)
{
	(void)a;
	(void)user;
	return json_null();
}

int main(int argc, char **argv)
{
	struct sek_auth_config auth_config = { .idle_s = 900, .maximum_s = 43200 };
	struct sek_front_config config = { 0 };
	char err[512] = "", origin[100];
	const char *origins[] = { origin };
	struct sek_store *store = NULL;
	struct parts p = { 0 };
	uv_loop_t loop;

	signal(SIGPIPE, SIG_IGN);
	if (argc != 7 || !sek_is_ok(sek_auth_init()) || !sek_is_ok(sek_store_open(argv[6], &store, err, sizeof err)))
		return 2;
	snprintf(origin, sizeof origin, "https://%s:%s", argv[1], argv[2]);
	config.address = argv[1];
	config.port = (uint16_t)atoi(argv[2]);
	config.certificate = argv[3];
	config.key = argv[4];
	config.web_root = argv[5];
	config.origins = origins;
	config.n_origins = 1;
	randombytes_buf(frame, sizeof frame);
	uv_loop_init(&loop);
	uv_signal_init(&loop, &p.signal);
	p.signal.data = &p;
	uv_signal_start(&p.signal, on_signal, SIGTERM);
	if (!sek_is_ok(sek_auth_create(&loop, store, &auth_config, &p.auth)) ||
			!sek_is_ok(sek_front_create(&loop, &config, p.auth, &all, NULL, &p.front, err, sizeof err))) {
		fprintf(stderr, "%s\n", err);
		return 1;
	}
	sek_log(SEK_LOG_INFO, "broker.ready", NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	sek_front_destroy(p.front);
	uv_run(&loop, UV_RUN_DEFAULT);
	sek_auth_destroy(p.auth);
	sek_store_close(store);
	return uv_loop_close(&loop) == 0 ? 0 : 3;
}
