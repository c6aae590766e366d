/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The second listener, for a monitoring system: a few pages of text, without TLS and without a log-in. Must never answer
 * anything but GET of such a page, read a body, or let those who connect here take a place from users.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "broker/hub/front/private.h"

enum { CONNECTIONS_MAX = 16, HEAD_MAX_BYTES = 512, KEEP_S = 90 };

struct monitor {
	const char *address;
	uint16_t port;
	sek_front_page_fn *fn;
	void *user;
	struct lws *open[CONNECTIONS_MAX]; /* oldest first */
	size_t n;
	struct lws_protocols protocols[2];
};

bool sek_monitor_place(const struct monitor *m, const char **ret_address, uint16_t *ret_port)
{
	if (!m)
		return false;
	*ret_address = m->address;
	*ret_port = m->port;
	return true;
}

static void leave(struct monitor *m, const struct lws *wsi)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->open[i] == wsi) {
			m->n--;
			memmove(&m->open[i], &m->open[i + 1], (m->n - i) * sizeof m->open[0]);
			return;
		}
}

/* Who comes when all places are taken gets the oldest one: silent connections keep nobody out, and no timer is needed. */
static void enter(struct monitor *m, struct lws *wsi)
{
	struct lws *oldest = m->open[0];

	if (m->n == CONNECTIONS_MAX) {
		leave(m, oldest);
		lws_set_timeout(oldest, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
	}
	m->open[m->n++] = wsi;
}

static const char *phrase(int status)
{
	return status == 200 ? "OK" : status == 404 ? "Not Found" : status == 405 ? "Method Not Allowed" : "Service Unavailable";
}

static int write_page(struct lws *wsi, const struct sek_front_page *p, const char *text, bool last)
{
	size_t n = strlen(text);
	unsigned char *out = malloc(LWS_PRE + HEAD_MAX_BYTES + n);
	int head, written;

	if (!out)
		return -1;
	head = snprintf((char *)out + LWS_PRE, HEAD_MAX_BYTES, "HTTP/1.1 %d %s\r\ncontent-type: %s\r\ncontent-length: %zu\r\n"
		"cache-control: no-store\r\nx-content-type-options: nosniff\r\n%s\r\n", p->status, phrase(p->status), p->type, n,
		last ? "connection: close\r\n" : "");
	SEK_ASSERT(head > 0 && head < HEAD_MAX_BYTES);
	memcpy(out + LWS_PRE + head, text, n);
	/* what the kernel does not take at once lws keeps, and reads no further request before it is gone */
	written = lws_write(wsi, out + LWS_PRE, (size_t)head + n, LWS_WRITE_HTTP_HEADERS);
	free(out);
	if (written < 0 || last)
		return -1;
	return lws_http_transaction_completed(wsi) ? -1 : 0;
}

static int answer(const struct monitor *m, struct lws *wsi, const char *path)
{
	struct sek_front_page p = { .status = 200, .type = "text/plain" };
	int r;

	if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) <= 0 || lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) > 0 ||
			lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0) {
		p.status = 405;
		return write_page(wsi, &p, "GET only\n", true);
	}
	if (!m->fn(m->user, path, &p)) {
		p.status = 404;
		return write_page(wsi, &p, "not found\n", false);
	}
	r = p.text ? write_page(wsi, &p, p.text, false) : -1;
	free(p.text);
	return r;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	const struct sek_front *f = lws_context_user(lws_get_context(wsi));
	struct monitor *m = f->monitor;

	(void)user;
	(void)len;
	switch ((int)reason) {
	case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
		enter(m, wsi);
		return 0;
	case LWS_CALLBACK_WSI_DESTROY:
		leave(m, wsi);
		return 0;
	case LWS_CALLBACK_HTTP:
		return answer(m, wsi, in);
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
	case LWS_CALLBACK_HTTP_BODY:
	case LWS_CALLBACK_RAW_ADOPT:
	case LWS_CALLBACK_RAW_RX:
		return -1;
	default:
		return 0;
	}
}

static sek_status make_vhost(struct sek_front *f, struct monitor *m)
{
	struct lws_context_creation_info info;

	memset(&info, 0, sizeof info);
	m->protocols[0].name = "monitor";
	m->protocols[0].callback = on_event;
	info.vhost_name = "monitor";
	info.iface = m->address;
	info.port = m->port;
	info.protocols = m->protocols;
	info.headers = f->headers;
	info.keepalive_timeout = KEEP_S;
	info.options = LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND;
	info.options |= strchr(m->address, ':') ? LWS_SERVER_OPTION_IPV6_V6ONLY_MODIFY | LWS_SERVER_OPTION_IPV6_V6ONLY_VALUE :
		LWS_SERVER_OPTION_DISABLE_IPV6;
	return lws_create_vhost(f->context, &info) ? sek_ok() : sek_fail(SEK_E_IO);
}

sek_status sek_front_monitor(struct sek_front *f, const char *address, uint16_t port, sek_front_page_fn *fn, void *user,
	char *err, size_t err_size)
{
	sek_status s;

	SEK_ASSERT(!f->monitor);
	f->monitor = calloc(1, sizeof *f->monitor); /* it goes with the front, also after a failure */
	if (!f->monitor)
		return sek_fail(SEK_E_NOMEM);
	f->monitor->address = address;
	f->monitor->port = port;
	f->monitor->fn = fn;
	f->monitor->user = user;
	snprintf(err, err_size, "metrics.address: cannot listen on %s port %u: is it an address of this machine, is the port "
		"free, and may the broker use it?", address, port);
	s = make_vhost(f, f->monitor);
	return sek_is_ok(s) ? sek_front_check_listeners(f) : s;
}

void sek_monitor_destroy(struct monitor *m)
{
	free(m);
}
