/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The forwarder. Must never keep the log or the loop waiting: a server that does not take what it is sent costs a bounded queue.
 */
#include "broker/hub/audit/syslog.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <gnutls/gnutls.h>

#include "base/error.h"
#include "base/log.h"

struct message {
	struct message *next;
	size_t n, at;      /* at: of a TLS message, how much was taken */
	char bytes[];
};

enum phase { IDLE, CONNECTING, SHAKING, UP };

struct sek_syslog {
	uv_loop_t *loop;
	struct sek_syslog_config config;
	struct message *first, **last;
	size_t queued;
	uint64_t sent, lost;
	const char *why;
	enum phase phase;
	int fd;
	bool polling, stopping, told;
	uv_poll_t *poll;   /* heap: it outlives its descriptor by one round of the loop */
	uv_timer_t timer;
	gnutls_certificate_credentials_t credentials;
	gnutls_session_t session;
	void (*done)(void *user);
	void *done_user;
};

static void go_on(struct sek_syslog *s);

/* --- one message --- */

/* The text of a member that our own writer put there; "-" if it is not plain. */
static void member(const char *line, size_t n, const char *mark, char *ret, size_t size)
{
	const char *at = memmem(line, n, mark, strlen(mark)), *end;
	size_t k;

	snprintf(ret, size, "-");
	if (!at)
		return;
	at += strlen(mark);
	end = memchr(at, '"', (size_t)(line + n - at));
	k = end ? (size_t)(end - at) : 0;
	if (k == 0 || k >= size)
		return;
	memcpy(ret, at, k);
	ret[k] = '\0';
	for (; *ret; ret++)
		if (*ret <= ' ' || *ret > '~')
			*ret = '?';
}

char *sek_syslog_message(const char *host, long pid, const char *line, size_t n, size_t *ret_n)
{
	char time[40], what[33], outcome[12], *text;
	unsigned severity;
	size_t room = n + 400;
	int k;

	if (n > 0 && line[n - 1] == '\n')
		n--;
	member(line, n, "\"time\":\"", time, sizeof time);
	member(line, n, "\"what\":\"", what, sizeof what);
	member(line, n, "\"outcome\":\"", outcome, sizeof outcome);
	severity = strcmp(outcome, "failed") == 0 ? 3 : strcmp(outcome, "refused") == 0 ? 4 : 5;
	text = malloc(room);
	if (!text)
		return NULL;
	k = snprintf(text, room, "<%u>1 %s %.200s sekisho-broker %ld %s - ", SEK_SYSLOG_PRI_FACILITY * 8 + severity, time, host, pid,
		what);
	memcpy(text + k, line, n);
	*ret_n = (size_t)k + n;
	return text;
}

static void drop_first(struct sek_syslog *s)
{
	struct message *m = s->first;

	s->first = m->next;
	if (!s->first)
		s->last = &s->first;
	s->queued -= m->n;
	free(m);
}

void sek_syslog_record(void *syslog, const char *line, size_t n)
{
	struct sek_syslog *s = syslog;
	size_t text_n = 0, prefix_n = 0;
	char prefix[24] = "", *text;
	struct message *m = NULL;

	if (s->stopping)
		return;
	text = sek_syslog_message(s->config.host, (long)getpid(), line, n, &text_n);
	if (text && s->config.how == SEK_SYSLOG_TLS)
		prefix_n = (size_t)snprintf(prefix, sizeof prefix, "%zu ", text_n);
	if (text && s->queued + text_n + prefix_n <= SEK_SYSLOG_QUEUE_MAX_BYTES)
		m = malloc(sizeof *m + prefix_n + text_n);
	if (!m) {
		s->lost++;
		free(text);
		return;
	}
	*m = (struct message){ .n = prefix_n + text_n };
	memcpy(m->bytes, prefix, prefix_n);
	memcpy(m->bytes + prefix_n, text, text_n);
	free(text);
	*s->last = m;
	s->last = &m->next;
	s->queued += m->n;
	go_on(s);
}

/* --- the connection --- */

static void on_poll_closed(uv_handle_t *h)
{
	free(h);
}

static void disconnect(struct sek_syslog *s)
{
	if (s->poll) {
		uv_poll_stop(s->poll);
		uv_close((uv_handle_t *)s->poll, on_poll_closed);
	}
	s->poll = NULL;
	if (s->session)
		gnutls_deinit(s->session);
	s->session = NULL;
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	s->phase = IDLE;
	if (s->first)
		s->first->at = 0; /* a message that was taken in part is sent again from its beginning */
}

static void on_timer(uv_timer_t *t)
{
	struct sek_syslog *s = t->data;

	if (s->phase == CONNECTING || s->phase == SHAKING) {
		s->why = "the server does not answer";
		disconnect(s);
	}
	go_on(s);
}

static void failed(struct sek_syslog *s, const char *why)
{
	disconnect(s);
	s->why = why;
	if (!s->told)
		sek_log(SEK_LOG_WARN, "syslog.down", "why", why, NULL);
	s->told = true;
	if (!s->stopping)
		uv_timer_start(&s->timer, on_timer, SEK_SYSLOG_RETRY_MS, 0);
}

static void now_up(struct sek_syslog *s)
{
	if (s->told || *s->why)
		sek_log(SEK_LOG_INFO, "syslog.up", "lost", sek_logf("%llu", (unsigned long long)s->lost), NULL);
	s->told = false;
	s->why = "";
}

static void on_poll(uv_poll_t *p, int status, int events);

static bool watch(struct sek_syslog *s, int events)
{
	if (!s->poll) {
		s->poll = calloc(1, sizeof *s->poll);
		if (!s->poll || uv_poll_init(s->loop, s->poll, s->fd) != 0) {
			free(s->poll);
			s->poll = NULL;
			return false;
		}
		s->poll->data = s;
	}
	return uv_poll_start(s->poll, events, on_poll) == 0;
}

static bool make_session(struct sek_syslog *s)
{
	if (gnutls_init(&s->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0)
		return false;
	if (gnutls_priority_set_direct(s->session, "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-CIPHER-ALL:+AES-256-GCM:"
			"+CHACHA20-POLY1305:+AES-128-GCM", NULL) < 0 ||
			gnutls_credentials_set(s->session, GNUTLS_CRD_CERTIFICATE, s->credentials) < 0 ||
			gnutls_server_name_set(s->session, GNUTLS_NAME_DNS, s->config.name, strlen(s->config.name)) < 0)
		return false;
	gnutls_session_set_verify_cert(s->session, s->config.name, 0);
	gnutls_transport_set_int(s->session, s->fd);
	return true;
}

static void connect_tls(struct sek_syslog *s)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(s->config.port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(s->config.port) };
	bool v6 = inet_pton(AF_INET, s->config.address, &in.sin_addr) != 1;
	int r;

	if (v6 && inet_pton(AF_INET6, s->config.address, &in6.sin6_addr) != 1) {
		failed(s, "its address is not numeric");
		return;
	}
	s->fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd < 0) {
		failed(s, "no socket");
		return;
	}
	r = v6 ? connect(s->fd, (struct sockaddr *)&in6, sizeof in6) : connect(s->fd, (struct sockaddr *)&in, sizeof in);
	if ((r != 0 && errno != EINPROGRESS) || !watch(s, UV_WRITABLE)) {
		failed(s, "the server cannot be reached");
		return;
	}
	s->phase = CONNECTING;
	uv_timer_start(&s->timer, on_timer, SEK_SYSLOG_HANDSHAKE_MS, 0);
}

static void connected(struct sek_syslog *s)
{
	int error = 0;
	socklen_t n = sizeof error;

	if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0 || error != 0)
		failed(s, "the server cannot be reached");
	else if (!make_session(s))
		failed(s, "TLS cannot start");
	else
		s->phase = SHAKING;
}

static void shake(struct sek_syslog *s)
{
	int r = gnutls_handshake(s->session);

	if (r == GNUTLS_E_SUCCESS) {
		s->phase = UP;
		uv_timer_stop(&s->timer);
	} else if (r == GNUTLS_E_AGAIN || r == GNUTLS_E_INTERRUPTED || gnutls_error_is_fatal(r) == 0) {
		if (!watch(s, gnutls_record_get_direction(s->session) ? UV_WRITABLE : UV_READABLE))
			failed(s, "no memory");
	} else {
		failed(s, r == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR ? "the server's certificate is not the expected one" :
			"the TLS handshake failed");
	}
}

/* Whether the server has closed: it says nothing else. */
static bool is_closed(struct sek_syslog *s)
{
	char unwanted[256];
	ssize_t r = gnutls_record_recv(s->session, unwanted, sizeof unwanted);

	return r == 0 || (r < 0 && gnutls_error_is_fatal((int)r));
}

static void send_tls(struct sek_syslog *s)
{
	if (is_closed(s)) {
		failed(s, "the server closed the connection");
		return;
	}
	while (s->first) {
		struct message *m = s->first;
		ssize_t r = gnutls_record_send(s->session, m->bytes + m->at, m->n - m->at);

		if (r == GNUTLS_E_AGAIN || r == GNUTLS_E_INTERRUPTED) {
			if (!watch(s, UV_READABLE | UV_WRITABLE))
				failed(s, "no memory");
			return;
		}
		if (r < 0) {
			failed(s, "the connection broke");
			return;
		}
		m->at += (size_t)r;
		if (m->at < m->n)
			continue;
		s->sent++;
		now_up(s);
		drop_first(s);
	}
	if (!watch(s, UV_READABLE)) /* only to learn that it closed */
		failed(s, "no memory");
}

static void on_poll(uv_poll_t *p, int status, int events)
{
	struct sek_syslog *s = p->data;

	(void)events;
	if (status < 0)
		failed(s, "the connection broke");
	else
		go_on(s);
}

/* --- the local socket --- */

static void send_local(struct sek_syslog *s)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(a.sun_path, sizeof a.sun_path, "%s", s->config.socket ? s->config.socket : "/dev/log");
	if (s->fd < 0)
		s->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	while (s->first) {
		struct message *m = s->first;

		if (s->fd < 0 || sendto(s->fd, m->bytes, m->n, MSG_NOSIGNAL, (struct sockaddr *)&a, sizeof a) < 0) {
			if (s->fd >= 0 && errno == EMSGSIZE) { /* the socket takes no such length, ever */
				s->lost++;
				drop_first(s);
				continue;
			}
			failed(s, s->fd >= 0 && errno == EAGAIN ? "the local syslog takes nothing more now" :
				"nobody serves the local syslog socket");
			return;
		}
		s->sent++;
		now_up(s);
		drop_first(s);
	}
}

static void go_on(struct sek_syslog *s)
{
	enum phase before;

	if (s->config.how == SEK_SYSLOG_LOCAL) {
		if (!uv_is_active((uv_handle_t *)&s->timer))
			send_local(s);
		return;
	}
	if (s->phase == IDLE && s->first && !uv_is_active((uv_handle_t *)&s->timer)) {
		connect_tls(s);
		return; /* the poll tells */
	}
	do {
		before = s->phase;
		if (s->phase == CONNECTING && s->poll)
			connected(s);
		if (s->phase == SHAKING)
			shake(s);
	} while (s->phase != before && s->phase != IDLE && s->phase != UP);
	if (s->phase == UP)
		send_tls(s);
}

/* --- the way up and down --- */

static sek_status load(struct sek_syslog *s, char *err, size_t err_size)
{
	const struct sek_syslog_config *c = &s->config;

	if (c->how != SEK_SYSLOG_TLS)
		return sek_ok();
	if (gnutls_certificate_allocate_credentials(&s->credentials) < 0)
		return sek_fail(SEK_E_NOMEM);
	if (gnutls_certificate_set_x509_trust_file(s->credentials, c->ca, GNUTLS_X509_FMT_PEM) <= 0) {
		snprintf(err, err_size, "audit.syslog.ca: '%.200s' holds no certificate: name the CA of the syslog server", c->ca);
		return sek_fail(SEK_E_CONFIG);
	}
	if (c->certificate && gnutls_certificate_set_x509_key_file(s->credentials, c->certificate, c->key, GNUTLS_X509_FMT_PEM) < 0) {
		snprintf(err, err_size, "audit.syslog.certificate and key: cannot be used together: look at both files");
		return sek_fail(SEK_E_CONFIG);
	}
	return sek_ok();
}

sek_status sek_syslog_create(uv_loop_t *loop, const struct sek_syslog_config *config, struct sek_syslog **ret, char *err,
	size_t err_size)
{
	struct sek_syslog *s = calloc(1, sizeof *s);
	sek_status status;

	snprintf(err, err_size, "not enough memory");
	if (!s)
		return sek_fail(SEK_E_NOMEM);
	s->loop = loop;
	s->config = *config;
	s->last = &s->first;
	s->fd = -1;
	s->why = "nothing was sent yet";
	status = load(s, err, err_size);
	if (!sek_is_ok(status)) {
		sek_syslog_destroy(s);
		return status;
	}
	uv_timer_init(loop, &s->timer);
	s->timer.data = s;
	*ret = s;
	return status;
}

static void on_closed(uv_handle_t *h)
{
	struct sek_syslog *s = h->data;

	s->done(s->done_user);
}

void sek_syslog_stop(struct sek_syslog *s, void (*done)(void *user), void *user)
{
	if (s->phase == UP)
		send_tls(s);
	if (s->phase == UP)
		(void)gnutls_bye(s->session, GNUTLS_SHUT_WR);
	s->stopping = true;
	s->done = done;
	s->done_user = user;
	if (s->first)
		sek_log(SEK_LOG_WARN, "syslog.unsent", "bytes", sek_logf("%zu", s->queued), NULL);
	disconnect(s);
	uv_close((uv_handle_t *)&s->timer, on_closed);
}

void sek_syslog_destroy(struct sek_syslog *s)
{
	if (!s)
		return;
	while (s->first)
		drop_first(s);
	if (s->credentials)
		gnutls_certificate_free_credentials(s->credentials);
	free(s);
}

void sek_syslog_state(const struct sek_syslog *s, struct sek_syslog_state *ret)
{
	*ret = (struct sek_syslog_state){ .up = !*s->why, .sent = s->sent, .lost = s->lost, .queued_bytes = s->queued, .why = s->why };
}
