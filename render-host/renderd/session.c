/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Decisions about sessions: which link belongs to which, and what the death of a process means.
 */
#include "render-host/renderd/session_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/log.h"
#include "render-host/renderd/watchdog.h"
#include "render-host/session.h"

enum { BLAME_MS = 500 /* how long a dead capture waits for the sandbox's better reason */ };

void sek_live_path(const struct sek_renderd_config *c, char kind, unsigned slot, char *ret, size_t size)
{
	snprintf(ret, size, "%s/%c%u", c->sessions.directory, kind, slot);
}

static struct sek_live *find(struct sek_host *h, const uint8_t id[SEK_SESSION_ID_BYTES])
{
	size_t i;

	for (i = 0; i < h->n_slots; i++)
		if (h->slots[i] && !h->slots[i]->warm && memcmp(h->slots[i]->id, id, SEK_SESSION_ID_BYTES) == 0)
			return h->slots[i];
	return NULL;
}

static bool is_live(const struct sek_live *s)
{
	return s->phase == LIVE_BUILDING || s->phase == LIVE_RUNNING;
}

static uint16_t lesser(uint16_t a, uint16_t b)
{
	return a < b ? a : b;
}

static void refuse(struct sek_host *h, struct sek_peer *l, const uint8_t id[SEK_SESSION_ID_BYTES], enum sek_state state)
{
	sek_log(SEK_LOG_WARN, "session.refused", "peer", sek_peer_address(l), "state", sek_state_name(state), NULL);
	sek_peer_welcome(l, id, h->config->sessions.max_width, h->config->sessions.max_height);
	sek_peer_end(l, state);
}


static void name(struct sek_live *s, const uint8_t id[SEK_SESSION_ID_BYTES], const char *broker)
{
	size_t i;

	memcpy(s->id, id, sizeof s->id);
	for (i = 0; i < sizeof s->id; i++)
		snprintf(s->hex + 2 * i, 3, "%02x", id[i]);
	snprintf(s->broker, sizeof s->broker, "%s", broker);
}

/* A session without a name: whoever gets it names it. */
static struct sek_live *make(struct sek_host *h, unsigned slot)
{
	struct sek_live *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->host = h;
	s->slot = slot;
	s->control_fd = s->documents_fd = -1;
	snprintf(s->hex, sizeof s->hex, "warm-%u", slot);
	sek_live_path(h->config, 's', slot, s->directory, sizeof s->directory);
	if (h->config->browser.devtools)
		sek_live_path(h->config, 'd', slot, s->devtools, sizeof s->devtools);
	uv_timer_init(&h->loop, &s->timer);
	uv_timer_init(&h->loop, &s->linger);
	s->timer.data = s->linger.data = s;
	s->open_handles = 2;
	s->started_ms = uv_now(&h->loop);
	h->slots[slot] = s;
	h->n_sessions++;
	return s;
}

/* The sizes of a HELLO are wishes: they are cut to what this host (or this session, once it exists) allows. */
static void take_hello(struct sek_live *s, const struct sek_hello *hello)
{
	s->hello = *hello;
	s->hello.width_px = lesser(hello->width_px, s->max_width_px);
	s->hello.height_px = lesser(hello->height_px, s->max_height_px);
	s->hello.max_width_px = s->max_width_px;
	s->hello.max_height_px = s->max_height_px;
}

static void set_largest(struct sek_live *s, const struct sek_hello *hello)
{
	const struct sek_renderd_config *c = s->host->config;

	s->max_width_px = hello->max_width_px ? lesser(hello->max_width_px, c->sessions.max_width) : c->sessions.max_width;
	s->max_height_px = hello->max_height_px ? lesser(hello->max_height_px, c->sessions.max_height) :
		c->sessions.max_height;
}

static void attach(struct sek_live *s, struct sek_peer *l, const struct sek_hello *hello)
{
	struct sek_peer *before = s->link;

	s->link = l;
	if (before)
		sek_peer_end(before, SEK_STATE_NONE);
	uv_timer_stop(&s->linger);
	take_hello(s, hello);
	sek_peer_join(l, s);
	sek_peer_welcome(l, s->id, s->max_width_px, s->max_height_px);
	if (s->phase == LIVE_BUILDING)
		sek_peer_say(l, SEK_STATE_STARTING);
	else if (!sek_is_ok(sek_live_attach(s)))
		sek_live_end(s, SEK_STATE_HOST_FAULT, "capture does not take a stream");
}

static bool free_slot(const struct sek_host *h, unsigned *ret)
{
	unsigned i;

	for (i = 0; i < h->n_slots; i++)
		if (!h->slots[i]) {
			*ret = i;
			return true;
		}
	return false;
}

static bool keep_rules(struct sek_live *s, const uint8_t *rules, size_t n)
{
	if (n == 0)
		return true;
	s->rules = malloc(n);
	if (!s->rules)
		return false;
	memcpy(s->rules, rules, n);
	s->rules_n = n;
	return true;
}

/* Sessions of somebody, dying ones too: they still hold what they had. */
unsigned sek_lives_count(const struct sek_host *h)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < h->n_slots; i++)
		n += h->slots[i] && !h->slots[i]->warm;
	return n;
}

bool sek_live_make_warm(struct sek_host *h, const struct sek_shape *shape)
{
	static const struct sek_rules closed; /* nothing may be opened */
	uint8_t frame[SEK_FRAME_HEADER_BYTES + SEK_MSG_RULES_MAX_BYTES];
	struct sek_live *s;
	struct sek_writer w;
	bool kept;
	unsigned slot;

	if (!free_slot(h, &slot))
		return false;
	s = make(h, slot);
	if (!s)
		return false;
	s->warm = true;
	s->shape_open = shape->rules_n > 0;
	if (stat(h->config->browser.policy_file, &s->site) != 0)
		memset(&s->site, 0, sizeof s->site);
	set_largest(s, &shape->hello);
	take_hello(s, &shape->hello);
	sek_writer_init(&w, frame, sizeof frame);
	sek_rules_write(&w, &closed);
	kept = s->shape_open ? keep_rules(s, shape->rules, shape->rules_n) :
		keep_rules(s, frame + SEK_FRAME_HEADER_BYTES, w.len - SEK_FRAME_HEADER_BYTES);
	sek_log(SEK_LOG_INFO, "warm.started", "session", s->hex, "lang", s->hello.lang == SEK_LANG_EN ? "en" : "ja", NULL);
	if (!kept || !sek_is_ok(sek_live_build(s)))
		sek_live_end(s, SEK_STATE_HOST_FAULT, "cannot be built");
	return true;
}

/* A warm session becomes somebody's. Its rules are those that it was started with, or come by the stream, behind which all
 * input waits; until then it may open nothing. */
static void adopt(struct sek_live *s, struct sek_peer *l, const uint8_t id[SEK_SESSION_ID_BYTES], const char *broker,
	const struct sek_hello *hello)
{
	sek_log(SEK_LOG_INFO, "warm.taken", "session", s->hex, NULL);
	s->host->counts.created++;
	s->host->counts.warm_taken++;
	name(s, id, broker);
	s->started_ms = uv_now(&s->host->loop);
	sek_log(SEK_LOG_INFO, "session.created", "session", s->hex, "broker", s->broker, "peer", sek_peer_address(l), "slot",
		sek_logf("%u", s->slot), "max", sek_logf("%ux%u", s->max_width_px, s->max_height_px), "warm", "yes", NULL);
	attach(s, l, hello);
}

static struct sek_live *take_warm(struct sek_host *h, const struct sek_hello *hello, const uint8_t *rules, size_t rules_n)
{
	struct sek_live wish = { .host = h };

	set_largest(&wish, hello);
	take_hello(&wish, hello);
	return sek_warm_take(h, &wish.hello, rules, rules_n);
}

static void create(struct sek_host *h, struct sek_peer *l, const uint8_t id[SEK_SESSION_ID_BYTES], const char *broker,
	const struct sek_hello *hello, const uint8_t *rules, size_t rules_n)
{
	bool kept;
	struct sek_live *s;
	unsigned slot;

	if (sek_lives_count(h) >= h->config->sessions.max || !free_slot(h, &slot)) {
		refuse(h, l, id, SEK_STATE_HOST_FULL);
		return;
	}
	s = take_warm(h, hello, rules, rules_n);
	if (s) {
		adopt(s, l, id, broker, hello);
		return;
	}
	s = make(h, slot);
	if (!s) {
		refuse(h, l, id, SEK_STATE_HOST_FAULT);
		return;
	}
	h->counts.created++;
	name(s, id, broker);
	kept = keep_rules(s, rules, rules_n); /* before the stream moves on */
	set_largest(s, hello);
	attach(s, l, hello);
	sek_log(SEK_LOG_INFO, "session.created", "session", s->hex, "broker", s->broker, "peer", sek_peer_address(l), "slot",
		sek_logf("%u", slot), "max", sek_logf("%ux%u", s->max_width_px, s->max_height_px), NULL);
	if (!kept || !sek_is_ok(sek_live_build(s)))
		sek_live_end(s, SEK_STATE_HOST_FAULT, "cannot be built");
}

void sek_live_hello(struct sek_host *h, struct sek_peer *l, const uint8_t id[SEK_SESSION_ID_BYTES], const char *broker,
	const struct sek_hello *hello, const uint8_t *rules, size_t rules_n)
{
	struct sek_live *s = find(h, id);

	if (h->stopping)
		refuse(h, l, id, SEK_STATE_HOST_STOPPING);
	else if (s && is_live(s)) {
		h->counts.attached++;
		sek_log(SEK_LOG_INFO, "session.attached", "session", s->hex, "broker", broker, "peer", sek_peer_address(l), NULL);
		attach(s, l, hello);
	} else if (s || !(hello->flags & SEK_HELLO_CREATE))
		refuse(h, l, id, SEK_STATE_SESSION_GONE);
	else if (h->draining)
		refuse(h, l, id, SEK_STATE_HOST_STOPPING);
	else
		create(h, l, id, broker, hello, rules, rules_n);
}

void sek_live_document(struct sek_host *h, struct sek_peer *l, const uint8_t id[SEK_SESSION_ID_BYTES], const struct sek_document_msg *ask)
{
	struct sek_live *s = find(h, id);
	int fd;

	if (h->stopping || !s || s->phase != LIVE_RUNNING || s->documents_fd < 0) {
		sek_peer_document_over(l, SEK_DOCUMENT_ENDED);
		return;
	}
	sek_log(SEK_LOG_INFO, "session.document", "session", s->hex, "peer", sek_peer_address(l), NULL);
	if (s->document)
		sek_peer_document_over(s->document, SEK_DOCUMENT_ENDED);
	s->document = NULL;
	if (!sek_is_ok(sek_live_give_document(s, ask, &fd))) {
		sek_peer_document_over(l, SEK_DOCUMENT_DIED);
		return;
	}
	s->document = l;
	sek_peer_join(l, s);
	sek_peer_stream(l, fd);
}

static void on_linger_over(uv_timer_t *timer)
{
	sek_live_end(timer->data, SEK_STATE_NONE, "nobody came back");
}

void sek_live_detached(struct sek_live *s, struct sek_peer *l, bool asked_to_end)
{
	if (s->document == l)
		s->document = NULL;
	if (s->link != l)
		return;
	s->link = NULL;
	if (!is_live(s))
		return;
	sek_log(SEK_LOG_INFO, "session.detached", "session", s->hex, NULL);
	if (asked_to_end)
		sek_live_end(s, SEK_STATE_NONE, "ended by the user");
	else
		uv_timer_start(&s->linger, on_linger_over, (uint64_t)s->host->config->sessions.linger_seconds * 1000, 0);
}

static enum sek_state verdict_of_sandbox(struct sek_live *s, int status)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	if (code == SEK_SANDBOX_BROWSER_CLOSED)
		return SEK_STATE_BROWSER_CLOSED;
	if (s->has_group && sek_cgroup_oom_kills(&s->group) > 0)
		return SEK_STATE_BROWSER_MEMORY;
	switch (code) {
	case SEK_SANDBOX_BROWSER_CRASHED:
		return SEK_STATE_BROWSER_CRASHED;
	case SEK_SANDBOX_DISPLAY_DIED:
		return SEK_STATE_DISPLAY_DIED;
	case SEK_SANDBOX_JAIL:
		return SEK_STATE_HOST_JAIL;
	default:
		return SEK_STATE_HOST_FAULT;
	}
}

static const char *how(int status)
{
	if (WIFSIGNALED(status))
		return sek_logf("signal %d", WTERMSIG(status));
	return sek_logf("code %d", WEXITSTATUS(status));
}

void sek_live_sandbox_ended(struct sek_live *s, int status)
{
	s->sandbox = 0;
	if (!is_live(s)) {
		sek_live_child_gone(s);
		return;
	}
	sek_log(SEK_LOG_INFO, "sandbox.ended", "session", s->hex, "how", how(status), NULL);
	sek_live_end(s, verdict_of_sandbox(s, status), "the sandbox has ended");
}

static void on_blame(uv_timer_t *timer)
{
	struct sek_live *s = timer->data;

	sek_live_end(s, s->has_group && sek_cgroup_oom_kills(&s->group) > 0 ? SEK_STATE_BROWSER_MEMORY : s->blame,
		"capture has ended");
}

void sek_live_capture_ended(struct sek_live *s, int status)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	s->capture = 0;
	if (!is_live(s)) {
		sek_live_child_gone(s);
		return;
	}
	sek_log(SEK_LOG_INFO, "capture.ended", "session", s->hex, "how", how(status), NULL);
	if (code == SEK_CAPTURE_ENDED) {
		sek_live_end(s, SEK_STATE_NONE, "ended by the user");
		return;
	}
	s->blame = code == SEK_CAPTURE_JAIL ? SEK_STATE_HOST_JAIL : code == SEK_CAPTURE_DISPLAY_LOST ?
		SEK_STATE_DISPLAY_DIED : SEK_STATE_HOST_FAULT;
	/* when the browser closes, the X server goes with it and capture is the first to notice */
	uv_timer_start(&s->timer, on_blame, BLAME_MS, 0);
}

void sek_lives_reap(struct sek_host *h)
{
	size_t i;
	int status;

	for (i = 0; i < h->n_slots; i++) {
		struct sek_live *s = h->slots[i];

		if (s && s->capture && waitpid(s->capture, &status, WNOHANG) == s->capture)
			sek_live_capture_ended(s, status);
		if (s && s->sandbox && waitpid(s->sandbox, &status, WNOHANG) == s->sandbox)
			sek_live_sandbox_ended(s, status);
	}
}

void sek_lives_end(struct sek_host *h, enum sek_state state)
{
	size_t i;

	for (i = 0; i < h->n_slots; i++)
		if (h->slots[i])
			sek_live_end(h->slots[i], state, "the render host stops");
}

void sek_lives_watch_memory(struct sek_host *h)
{
	const uint64_t most = (uint64_t)h->config->sessions.memory_mib << 20;
	uint64_t *used = calloc(h->n_slots, sizeof *used);
	size_t i;

	if (!used)
		return;
	sek_watchdog_measure(h->config->sessions.uid_base, h->n_slots, used);
	for (i = 0; i < h->n_slots; i++)
		if (h->slots[i] && is_live(h->slots[i]) && used[i] > most)
			sek_live_end(h->slots[i], SEK_STATE_BROWSER_MEMORY, "uses more memory than allowed");
	free(used);
}
