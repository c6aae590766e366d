/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The probe: one member of staff from log-in to log-out. It waits for conditions with a time limit each, never for a time.
 */
#include "client/load/probe.h"

#include <linux/input-event-codes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/load/page.h"
#include "client/stream/stream.h"

enum { STEP_LIMIT_MS = 30000, KEY_LIMIT_MS = 5000, QUIET_MS = 700, TOOLBAR_PX = 88 };

static const char ascii_text[] = "Sekisho-2026 ok ";
static const char japanese_text[] = "関所を通る👍";

struct probe {
	bool was_red; /* the area, before the key being timed */
	const struct probe_config *config;
	uv_loop_t loop;
	uv_timer_t tick; /* wakes a wait so that it sees its time limit */
	struct sek_stream_context *context;
	struct sek_stream *stream;
	struct sek_page_server *site;
	bool closed;
	enum sek_stream_failure why;
	int http_status;
	uint16_t state;
	struct sek_caret caret;
	uint64_t started_ns, first_frame_ns, frame_ns; /* frame_ns: when the newest frame was painted */
	uint64_t frames;
	double delays_ms[PROBE_KEYS_MAX];
	const char *failure; /* first thing that did not hold */
};

/* --- what the stream tells --- */

static void on_state(void *user, const struct sek_state_msg *m)
{
	struct probe *s = user;

	s->state = m->state;
}

static void on_frame(void *user, uint32_t frame)
{
	struct probe *s = user;

	(void)frame;
	s->frame_ns = uv_hrtime();
	s->frames++;
	if (!s->first_frame_ns)
		s->first_frame_ns = s->frame_ns;
}

static void on_caret(void *user, const struct sek_caret *m)
{
	struct probe *s = user;

	s->caret = *m;
}

static void on_closed(void *user, enum sek_stream_failure why, int http_status)
{
	struct probe *s = user;

	s->closed = true;
	s->why = why;
	s->http_status = http_status;
}

/* --- waiting --- */

static void on_tick(uv_timer_t *t)
{
	(void)t;
}

/* Turns the loop until the condition holds. False when the stream closed or the limit passed. */
static bool wait_for(struct probe *s, bool (*holds)(struct probe *), unsigned limit_ms)
{
	uint64_t end = uv_hrtime() + (uint64_t)limit_ms * 1000000;
	bool ok;

	uv_timer_start(&s->tick, on_tick, 20, 20);
	while (!(ok = holds(s)) && !s->closed && !sek_state_ended(s->state) && uv_hrtime() < end)
		uv_run(&s->loop, UV_RUN_ONCE);
	uv_timer_stop(&s->tick);
	return ok;
}

static bool has_picture(struct probe *s)
{
	return s->first_frame_ns && s->state == SEK_STATE_RUNNING;
}

/* Nobody types before the first page stands: a browser that is still loading it drops keys. */
static bool is_quiet(struct probe *s)
{
	return uv_hrtime() - s->frame_ns > QUIET_MS * 1000000ull;
}

/* The remote page gets Ctrl+L first and the browser only then: what is typed before its caret has moved is lost. */
static bool caret_is_in_address_bar(struct probe *s)
{
	return s->caret.height_px > 0 && s->caret.y_px > TOOLBAR_PX / 2 && s->caret.y_px < TOOLBAR_PX;
}

static bool page_is_ready(struct probe *s)
{
	return sek_page_server_ready(s->site);
}

static bool page_has_all_text(struct probe *s)
{
	const char *typed = sek_page_server_typed(s->site);

	return strncmp(typed, ascii_text, strlen(ascii_text)) == 0 &&
		strcmp(typed + strlen(ascii_text), japanese_text) == 0;
}

static bool is_over(struct probe *s)
{
	return s->closed || sek_state_ended(s->state);
}

/* The colour of the page's area. JPEG may shift it a little: the middle between its two colours decides. */
static bool area_is_red(const struct probe *s)
{
	const struct sek_picture *p = sek_stream_picture(s->stream);

	if (!p->px || p->height_px <= SEK_PAGE_COLOURED_PX)
		return false;
	return (p->px[(size_t)(p->height_px - SEK_PAGE_COLOURED_PX / 2) * p->stride_px + p->width_px / 2] >> 16 & 0xff) > 0x68;
}

/* Every input that the page reported is in the picture: no change of colour is still on its way. */
static bool area_is_settled(struct probe *s)
{
	return area_is_red(s) == (sek_page_server_inputs(s->site) % 2 == 1);
}

static bool area_has_turned(struct probe *s)
{
	return area_is_red(s) != s->was_red;
}

/* --- doing --- */

static void send_key(struct probe *s, uint16_t code, uint32_t codepoint, bool down)
{
	uint8_t memory[SEK_FRAME_HEADER_BYTES + SEK_MSG_KEY_MAX_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_key_write(&w, &(struct sek_key){ code, down, codepoint });
	if (!sek_is_ok(sek_stream_send(s->stream, memory, w.len)) && !s->failure)
		s->failure = "a key could not be sent";
}

static void press(struct probe *s, uint16_t code, uint32_t codepoint)
{
	send_key(s, code, codepoint, true);
	send_key(s, code, codepoint, false);
}

static void type_ascii(struct probe *s, const char *text)
{
	for (; *text; text++)
		press(s, 0, (uint8_t)*text);
}

static void send_text(struct probe *s, const char *text)
{
	uint8_t memory[SEK_FRAME_HEADER_BYTES + 256];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_text_write(&w, &(struct sek_text){ (const uint8_t *)text, strlen(text) });
	if (!sek_is_ok(sek_stream_send(s->stream, memory, w.len)) && !s->failure)
		s->failure = "text could not be sent";
}

static bool open_page(struct probe *s)
{
	char url[96];

	send_key(s, KEY_LEFTCTRL, 0, true);
	press(s, KEY_L, 'l');
	send_key(s, KEY_LEFTCTRL, 0, false);
	if (!wait_for(s, caret_is_in_address_bar, STEP_LIMIT_MS))
		return false;
	snprintf(url, sizeof url, "%s:%d/", s->config->site_address, sek_page_server_port(s->site));
	type_ascii(s, url);
	press(s, KEY_ENTER, 0);
	return wait_for(s, page_is_ready, STEP_LIMIT_MS);
}

static bool time_keys(struct probe *s)
{
	if (!wait_for(s, area_is_settled, KEY_LIMIT_MS))
		return false;
	for (unsigned i = 0; i < s->config->probes; i++) {
		uint64_t t0;

		s->was_red = area_is_red(s);
		t0 = uv_hrtime();
		press(s, 0, 'a' + i % 26);
		if (!wait_for(s, area_has_turned, KEY_LIMIT_MS))
			return false;
		s->delays_ms[i] = (double)(s->frame_ns - t0) / 1e6;
	}
	return true;
}

static bool script(struct probe *s)
{
	static const struct sek_stream_ops ops = { .state = on_state, .frame = on_frame, .caret = on_caret,
		.closed = on_closed };
	struct sek_stream_config c = {
		.address = s->config->address, .port = s->config->port, .user = s->config->user,
		.password = s->config->password, .totp = s->config->totp, .acknowledge = s->config->acknowledge,
		.hello = { .version_min = SEK_VERSION_MIN, .version_max = SEK_VERSION_MAX,
			.width_px = s->config->width_px, .height_px = s->config->height_px, .scale_percent = 100,
			.lang = SEK_LANG_JA },
	};
	static char origin[128];
	uint8_t end[SEK_FRAME_HEADER_BYTES];
	struct sek_writer w;

	sek_stream_origin(origin, sizeof origin, s->config->address, s->config->port);
	c.origin = origin;
	s->started_ns = uv_hrtime();
	s->stream = sek_stream_open(s->context, &c, &ops, s);
	if (!s->stream)
		return s->failure = "no connection could be begun", false;
	if (!wait_for(s, has_picture, STEP_LIMIT_MS))
		return s->failure = "no picture came", false;
	if (!wait_for(s, is_quiet, STEP_LIMIT_MS))
		return s->failure = "the first page did not come to rest", false;
	if (!open_page(s))
		return s->failure = "the page in the outer zone was not opened", false;
	type_ascii(s, ascii_text);
	send_text(s, japanese_text);
	if (!wait_for(s, page_has_all_text, STEP_LIMIT_MS))
		return s->failure = "the page did not receive the text as it was typed", false;
	if (!time_keys(s))
		return s->failure = "the pixels did not change after a key", false;
	sek_writer_init(&w, end, sizeof end);
	sek_empty_write(&w, SEK_MSG_END);
	if (!sek_is_ok(sek_stream_send(s->stream, end, w.len)) || !wait_for(s, is_over, STEP_LIMIT_MS))
		return s->failure = "the session did not end", false;
	return s->failure == NULL;
}

/* --- saying --- */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void report(struct probe *s, bool ok)
{
	struct sek_stream_figures f = { 0 };
	unsigned n = s->config->probes;
	double first_ms = s->first_frame_ns ? (double)(s->first_frame_ns - s->started_ns) / 1e6 : 0;

	if (s->stream)
		f = sek_stream_figures_now(s->stream);
	qsort(s->delays_ms, n, sizeof *s->delays_ms, by_value);
	if (s->config->json)
		printf("{\"ok\":%s,\"first_frame_ms\":%.0f,\"updates\":%llu,\"frames\":%llu,\"bytes\":%llu,"
		       "\"input_to_pixel_ms\":{\"p50\":%.1f,\"p95\":%.1f,\"n\":%u}}\n", ok ? "true" : "false", first_ms,
			(unsigned long long)f.updates, (unsigned long long)f.frames, (unsigned long long)f.bytes,
			s->delays_ms[n / 2], s->delays_ms[n * 95 / 100], n);
	else
		printf("%s: first frame %.0f ms, %llu updates, %llu bytes, input to pixel %.1f ms median, %.1f ms p95 "
		       "(%u keys)\n", ok ? "ok" : "FAILED", first_ms, (unsigned long long)f.updates,
			(unsigned long long)f.bytes, s->delays_ms[n / 2], s->delays_ms[n * 95 / 100], n);
	if (!ok)
		fprintf(stderr, "sekisho-load: %s (state %s, %s, HTTP %d; the page has \"%s\")\n",
			s->failure ? s->failure : "failed", sek_state_name(s->state), sek_stream_failure_name(s->why),
			s->http_status, sek_page_server_typed(s->site));
}

/* What the member of staff saw last, as a PPM file. */
static void save_picture(const struct probe *s)
{
	const struct sek_picture *p = s->stream ? sek_stream_picture(s->stream) : NULL;
	FILE *f = p && p->px ? fopen(s->config->picture_path, "wb") : NULL;

	if (!f)
		return;
	fprintf(f, "P6\n%u %u\n255\n", p->width_px, p->height_px);
	for (size_t i = 0; i < (size_t)p->width_px * p->height_px; i++) {
		uint32_t px = p->px[i / p->width_px * p->stride_px + i % p->width_px];
		uint8_t rgb[3] = { (uint8_t)(px >> 16), (uint8_t)(px >> 8), (uint8_t)px };

		fwrite(rgb, 1, sizeof rgb, f);
	}
	fclose(f);
}

int probe_run(const struct probe_config *config)
{
	static struct probe s;
	bool ok = false;

	s.config = config;
	uv_loop_init(&s.loop);
	uv_timer_init(&s.loop, &s.tick);
	s.context = sek_stream_context_create(&s.loop, config->ca_path);
	if (!s.context) {
		fprintf(stderr, "sekisho-load: TLS cannot be set up; is %s a PEM certificate?\n", config->ca_path);
		return 1;
	}
	if (!sek_is_ok(sek_page_server_create(&s.loop, config->site_address, &s.site))) {
		fprintf(stderr, "sekisho-load: cannot serve on %s; is it an address of this machine?\n",
			config->site_address);
	} else {
		ok = script(&s);
		report(&s, ok);
		if (config->picture_path)
			save_picture(&s);
		sek_page_server_destroy(s.site);
	}
	sek_stream_destroy(s.stream);
	for (int i = 0; i < 100; i++)
		uv_run(&s.loop, UV_RUN_NOWAIT);
	sek_stream_context_destroy(s.context);
	return ok ? 0 : 1;
}
