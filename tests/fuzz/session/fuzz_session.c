/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A session between a hostile client and a hostile encoder. The input is a list of steps: u8 who, u16 length (big-endian),
 * then that many bytes as one message of who: 0 the client, 1 the encoder, 2 nobody (detach and attach anew). Whatever
 * they say, the client may only be sent well-formed frames, none after its last word, and no picture before a keyframe.
 */
#include <stdlib.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/hub/session/farm.h"
#include "broker/hub/session/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct sek_render_host host = { .name = "render1.sekisho.internal", .address = "127.0.0.1", .port = 1 };
static uv_loop_t loop;
static bool open_stream, keyframe, last_word;

static size_t on_queued(void *client)
{
	(void)client;
	return 0;
}

static void on_send(void *client, const uint8_t *frame, size_t n)
{
	struct sek_state_msg state;
	struct sek_frame f;
	size_t total;

	(void)client;
	SEK_ASSERT(open_stream && !last_word);
	SEK_ASSERT(sek_is_ok(sek_frame_whole(frame, n, SEK_LINK_CLIENT, SEK_DIR_DOWN, &f, &total)) && total == n);
	if (f.type == SEK_MSG_UPDATE) {
		keyframe = keyframe || (f.flags & SEK_UPDATE_KEYFRAME);
		SEK_ASSERT(keyframe);
	} else if (f.type == SEK_MSG_STATE) {
		SEK_ASSERT(sek_is_ok(sek_state_read(frame + SEK_FRAME_HEADER_BYTES, f.payload_bytes, &state)));
		last_word = sek_state_ended(state.state);
	}
}

static void on_close(void *client)
{
	(void)client;
	SEK_ASSERT(open_stream);
	open_stream = false;
}

static const struct sek_client_ops ops = { .queued = on_queued, .send = on_send, .close = on_close };

static void attach(struct sek_session *s)
{
	open_stream = true;
	keyframe = last_word = false;
	sek_client_attach(s, &ops, &open_stream);
}

static void step(struct sek_session *s, uint8_t who, const uint8_t *bytes, size_t n)
{
	struct sek_frame f;
	size_t total;

	if (who == 0) {
		sek_session_receive(s, &open_stream, bytes, n);
	} else if (who == 1) {
		while (s->phase != SEK_PHASE_ENDED && sek_is_ok(sek_frame_whole(bytes, n, SEK_LINK_HUB, SEK_DIR_DOWN, &f, &total))) {
			if (sek_downstream(s, s->epoch, &f, bytes, total))
				break;
			bytes += total;
			n -= total;
		}
	} else {
		open_stream = false;
		sek_session_detach(s, &open_stream);
		attach(s);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sek_sessions all = {
		.loop = &loop,
		.config = { .max_sessions = 1, .max_width_px = 1280, .max_height_px = 800,
			.linger_s = 300, .idle_s = 900, .maximum_s = 3600 },
		.times = { .unclaimed_ms = 60000, .hello_ms = 10000, .ping_ms = 10000, .pong_ms = 30000, .stall_ms = 10000, .start_ms = 60000,
			.resume_ms = 15000, .stable_ms = 30000, .hours_ms = 60000 },
	};
	struct sek_session *s;
	struct sek_reader r;
	uint16_t n;
	uint8_t who;
	const uint8_t *bytes;

	if (!loop.data) {
		sek_log_init("fuzz", SEK_LOG_ERROR);
		SEK_ASSERT(uv_loop_init(&loop) == 0);
		loop.data = &loop;
	}
	uv_update_time(&loop);
	SEK_ASSERT(sek_is_ok(sek_farm_create(&all))); /* of no hosts: they would be watched, by processes */
	SEK_ASSERT(sek_is_ok(sek_session_create(&all, "taro", NULL, &s)));
	/* as it is once a host was found: nothing here may start a process */
	s->phase = SEK_PHASE_UP;
	s->host = &host;
	s->epoch = 1;
	s->wish = (struct sek_hello){ .width_px = 800, .height_px = 600, .scale_percent = 100 };
	attach(s);
	sek_reader_init(&r, data, size);
	while (s->phase != SEK_PHASE_ENDED && sek_is_ok(sek_read_u8(&r, &who)) && sek_is_ok(sek_read_u16(&r, &n)) &&
	       sek_is_ok(sek_read_bytes(&r, n, &bytes)))
		step(s, who, bytes, n);
	/* with the one that would go to the host once more, to end it there */
	while (all.first)
		sek_session_end(all.first, SEK_STATE_BROKER_STOPPING, NULL);
	SEK_ASSERT(!open_stream);
	uv_run(&loop, UV_RUN_NOWAIT);
	SEK_ASSERT(all.pending == 0 && all.n == 0);
	sek_farm_stop(all.farm);
	sek_farm_destroy(all.farm);
	return 0;
}
