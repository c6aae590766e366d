/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every message here answers at most one of the server's, so that nobody can make us send more than was sent to us.
 */
#include "broker/decoder/vnc/flow.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

enum { UPDATE_REQUEST = 3, ENABLE_CONTINUOUS = 150, FENCE_MAX_BYTES = 64, FENCE_HEAD_BYTES = 8 };
/* BlockBefore, BlockAfter and SyncNext are kept by whoever does one message after the other; a bit that is not known "must be cleared". */
#define FENCE_FLAGS 0x7u
#define FENCE_REQUEST 0x80000000u

void sek_vnc_flow_init(struct sek_vnc_flow *f, int fd)
{
	struct tcp_info info = { 0 };
	socklen_t n = sizeof info;

	*f = (struct sek_vnc_flow){ .far = getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n) == 0 && info.tcpi_rtt >= SEK_VNC_FAR_US };
}

static bool put_area(struct sek_vnc_screen *s, uint8_t type, bool flag)
{
	const uint16_t w = s->width_px, h = s->height_px;
	const uint8_t m[10] = { type, flag, 0, 0, 0, 0, (uint8_t)(w >> 8), (uint8_t)w, (uint8_t)(h >> 8), (uint8_t)h };

	return WriteToRFBServer(s->client, (const char *)m, sizeof m);
}

/* The library asks after each picture for the next, unless it believes that the server has no such message. */
static void let_library_ask(rfbClient *c, bool yes)
{
	uint8_t *byte = &c->supportedMessages.client2server[UPDATE_REQUEST / 8], bit = 1 << UPDATE_REQUEST % 8;

	*byte = (uint8_t)(yes ? *byte | bit : *byte & ~bit);
}

bool sek_vnc_flow_all(struct sek_vnc_flow *f, struct sek_vnc_screen *s)
{
	return put_area(s, UPDATE_REQUEST, false) && (!f->continuous || put_area(s, ENABLE_CONTINUOUS, true));
}

bool sek_vnc_flow_end(struct sek_vnc_flow *f, struct sek_vnc_screen *s)
{
	bool first = !f->offered, stopped = f->continuous;

	f->offered = true;
	f->continuous = first;
	let_library_ask(s->client, !first);
	if (first)
		return put_area(s, ENABLE_CONTINUOUS, true);
	return !stopped || put_area(s, UPDATE_REQUEST, true);
}

bool sek_vnc_flow_fence(rfbClient *client, bool *ret_malformed)
{
	uint8_t m[FENCE_HEAD_BYTES + 1 + FENCE_MAX_BYTES] = { 0 };
	uint32_t flags;
	unsigned n;

	/* padding 3, flags 4, length 1 */
	if (!ReadFromRFBServer(client, (char *)m + 1, FENCE_HEAD_BYTES))
		return false;
	n = m[FENCE_HEAD_BYTES];
	if (n > FENCE_MAX_BYTES) { /* "the length [...] must be at most 64" */
		*ret_malformed = true;
		return false;
	}
	if (n > 0 && !ReadFromRFBServer(client, (char *)m + FENCE_HEAD_BYTES + 1, n))
		return false;
	flags = (uint32_t)m[4] << 24 | (uint32_t)m[5] << 16 | (uint32_t)m[6] << 8 | m[7];
	if (!(flags & FENCE_REQUEST)) /* an answer: we never ask */
		return true;
	m[0] = SEK_VNC_TYPE_FENCE;
	memset(m + 1, 0, 6);
	m[7] = flags & FENCE_FLAGS;
	return WriteToRFBServer(client, (const char *)m, FENCE_HEAD_BYTES + 1 + n);
}
