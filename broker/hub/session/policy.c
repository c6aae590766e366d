/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A session's policy: asked for when the session opens, asked for again whenever anything may have changed, and put into
 * force here. Must never leave a session with the looser policy when the present one cannot be known.
 */
#include "broker/hub/session/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/log.h"
#include "base/utf8.h"

void sek_sessions_policy_from(struct sek_sessions *all, sek_session_policy_fn *fn, void *user)
{
	all->policy_fn = fn;
	all->policy_user = user;
}

void sek_sessions_secrets_from(struct sek_sessions *all, sek_host_secret_fn *fn, void *user)
{
	all->secret_fn = fn;
	all->secret_user = user;
}

/* --- asking --- */

/* "taro 2026-11-23 10:30", the site's time. What is no letter for a line stands as the replacement character. */
static void watermark(const struct sek_session *s, char ret[SEK_WATERMARK_MAX_BYTES + 1])
{
	const uint8_t *c = (const uint8_t *)s->user;
	size_t n = strlen(s->user), at = 0, k;
	time_t now = time(NULL);
	uint32_t letter;
	struct tm tm;

	for (; n > 0 && at + 24 < SEK_WATERMARK_MAX_BYTES; c += k, n -= k) {
		k = sek_utf8_next(c, n, &letter);
		if (k == 0)
			break;
		if (sek_utf8_is_unsafe(letter))
			at += (size_t)snprintf(ret + at, 4, "\xef\xbf\xbd");
		else
			at += (size_t)snprintf(ret + at, 5, "%.*s", (int)k, (const char *)c);
	}
	if (localtime_r(&now, &tm))
		strftime(ret + at, 24, " %Y-%m-%d %H:%M", &tm);
}

size_t sek_session_own_rows(const struct sek_session *s, struct sek_policy_row ret[SEK_POLICY_ATTRIBUTES])
{
	size_t n = 0;
	unsigned a;

	for (a = 0; a < SEK_POLICY_ATTRIBUTES; a++)
		if (s->override[a])
			ret[n++] = (struct sek_policy_row){ SEK_SCOPE_SESSION, "", (enum sek_policy_attribute)a, s->override[a] };
	return n;
}

static sek_status ask(const struct sek_session *s, struct sek_policy *ret)
{
	struct sek_policy_row rows[SEK_POLICY_ATTRIBUTES];
	size_t n = sek_session_own_rows(s, rows);

	if (s->all->policy_fn)
		return s->all->policy_fn(s->all->policy_user, s->user, rows, n, ret);
	return sek_policy_resolve(rows, n, ret, NULL);
}

sek_status sek_session_policy_open(struct sek_session *s)
{
	return ask(s, &s->policy);
}

void sek_session_policy_finish(struct sek_session *s)
{
	unsigned a;

	for (a = 0; a < SEK_POLICY_ATTRIBUTES; a++)
		free(s->override[a]);
	sek_policy_finish(&s->policy);
}

/* --- enforcing --- */

/* 0 is "no limit" on both sides. */
static uint32_t least_limit(uint32_t a_s, uint32_t b_s)
{
	return !a_s ? b_s : !b_s || a_s < b_s ? a_s : b_s;
}

uint32_t sek_session_idle_s(const struct sek_session *s)
{
	return least_limit(s->all->config.idle_s, s->policy.idle_minutes * 60);
}

uint32_t sek_session_maximum_s(const struct sek_session *s)
{
	return least_limit(s->all->config.maximum_s, s->policy.max_minutes * 60);
}

static uint32_t root(uint32_t n)
{
	uint32_t low = 0, high = 65536;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if ((uint64_t)middle * middle <= n)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* The size that a client gets for the one that it asks for: inside the broker's maximum, and of no more pixels than the
 * policy allows, in the same shape as far as that goes. */
void sek_session_fit(struct sek_session *s)
{
	const struct sek_sessions_config *config = &s->all->config;
	uint32_t w = s->asked_width_px < config->max_width_px ? s->asked_width_px : config->max_width_px;
	uint32_t h = s->asked_height_px < config->max_height_px ? s->asked_height_px : config->max_height_px;
	uint32_t most = s->policy.max_pixels;

	if (w * h > most) {
		uint32_t fit = root((uint32_t)((uint64_t)most * h / w));

		h = fit < SEK_HEIGHT_MIN_PX ? SEK_HEIGHT_MIN_PX : fit < h ? fit : h;
		w = most / h < w ? most / h : w;
		if (w < SEK_WIDTH_MIN_PX) {
			w = SEK_WIDTH_MIN_PX;
			h = most / w < h ? most / w : h;
		}
	}
	s->wish.width_px = (uint16_t)w;
	s->wish.height_px = (uint16_t)h;
}

bool sek_session_keeps_downloads(const struct sek_session *s)
{
	return (s->policy.download & (SEK_DOWNLOAD_PIXELS ^ SEK_DOWNLOAD_VIEW)) != 0;
}

bool sek_session_prints(const struct sek_session *s)
{
	return s->policy.print != SEK_PRINT_NONE || sek_session_keeps_downloads(s);
}

void sek_session_policy_tell(struct sek_session *s)
{
	uint8_t frame[SEK_FRAME_HEADER_BYTES + SEK_MSG_POLICY_MAX_BYTES];
	const struct sek_policy *p = &s->policy;
	struct sek_writer w;

	sek_writer_init(&w, frame, sizeof frame);
	sek_policy_msg_write(&w, &(struct sek_policy_msg){
		.clipboard = (uint8_t)p->clipboard, .clipboard_confirm = p->clipboard_confirm,
		.download = (uint8_t)p->download, .print = (uint8_t)p->print,
		.clipboard_max_chars = p->clipboard_max_chars, .clipboard_per_minute = (uint16_t)p->clipboard_per_minute,
		.idle_minutes = (uint16_t)(sek_session_idle_s(s) / 60), .max_minutes = (uint16_t)(sek_session_maximum_s(s) / 60),
		.watched = s->watchers > 0, .recorded = s->tape != NULL, .document_text = p->document_text,
	});
	SEK_ASSERT(sek_is_ok(sek_writer_status(&w)));
	sek_client_send(s, frame, w.len);
	sek_client_documents(s);
}

void sek_session_view(struct sek_session *s)
{
	uint8_t frame[SEK_FRAME_HEADER_BYTES + SEK_MSG_VIEW_MAX_BYTES];
	char text[SEK_WATERMARK_MAX_BYTES + 1] = "";
	struct sek_writer w;

	sek_deadline_off(s, SEK_DL_VIEW);
	if (s->policy.watermark) {
		watermark(s, text);
		sek_deadline_in(s, SEK_DL_VIEW, (uint64_t)(61 - time(NULL) % 60) * 1000);
	}
	sek_writer_init(&w, frame, sizeof frame);
	sek_view_write(&w, &(struct sek_view){ (uint8_t)s->policy.max_fps, sek_tape_view_flags(s), text, strlen(text) });
	SEK_ASSERT(sek_is_ok(sek_writer_status(&w)));
	sek_encoder_send(s->encoder, frame, w.len);
}

/* A line of the policy's list is the pool, or every pool. */
bool sek_session_in_pool(const struct sek_session *s, const char *pool)
{
	const char *line = s->policy.pool;
	size_t n;

	for (; line && *line; line += n + (line[n] == '\n')) {
		n = strcspn(line, "\n");
		if ((n == 1 && *line == '*') || (n == strlen(pool) && memcmp(line, pool, n) == 0))
			return true;
	}
	return false;
}

bool sek_session_wants_rules(const struct sek_session *s)
{
	const char *line = s->policy.url_allow;
	bool all = false;
	size_t n;

	for (; *line && !all; line += n + (line[n] == '\n')) {
		n = strcspn(line, "\n");
		all = n == 1 && *line == '*';
	}
	return !all || s->policy.url_block[0];
}

void sek_session_rules(const struct sek_session *s, struct sek_writer *w)
{
	const struct sek_policy *p = &s->policy;

	/* several groups' blocked addresses together may be more than a message holds: then nothing is open */
	bool fits = !s->farewell && strlen(p->url_allow) <= SEK_RULES_LIST_MAX_BYTES && strlen(p->url_block) <= SEK_RULES_LIST_MAX_BYTES;
	const char *allow = fits ? p->url_allow : "", *block = fits ? p->url_block : "*\n";

	sek_rules_write(w, &(struct sek_rules){ p->download != SEK_DOWNLOAD_NONE, sek_session_keeps_downloads(s),
		sek_session_prints(s), allow, block, strlen(allow), strlen(block) });
}

static void tell_host(struct sek_session *s)
{
	uint8_t frame[SEK_FRAME_HEADER_BYTES + SEK_MSG_RULES_MAX_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, frame, sizeof frame);
	sek_session_rules(s, &w);
	SEK_ASSERT(sek_is_ok(sek_writer_status(&w)));
	/* without room the pipe is stuck, which ends the session by itself; a new link begins with the rules */
	(void)sek_link_put(s, SEK_INPUT_KEEP, frame, w.len);
}

/* words: what changed, for the recording */
static void log_change(const struct sek_session *s, const struct sek_policy *old, enum sek_policy_attribute a, char *words,
	size_t size)
{
	char *before = NULL, *after = NULL;
	size_t n = strlen(words);

	if (sek_is_ok(sek_policy_value_json(old, a, &before)) && sek_is_ok(sek_policy_value_json(&s->policy, a, &after))) {
		snprintf(words + n, size - n, "%s%s=%.100s", n ? " " : "", sek_policy_info(a)->name, after);
		sek_log(SEK_LOG_INFO, "session.policy", "session", s->id_hex, "user", s->user, "attribute",
			sek_policy_info(a)->name, "before", before, "after", after, NULL);
	}
	free(before);
	free(after);
}

/* Puts the new policy in the place of the old one and does what follows from each difference. */
static void enforce(struct sek_session *s, struct sek_policy *fresh)
{
	struct sek_policy old = s->policy;
	bool rules;
	uint16_t width = s->wish.width_px, height = s->wish.height_px;
	char words[SEK_ENTRY_WORDS_MAX_BYTES] = "";
	bool changed = false;
	unsigned a;

	s->policy = *fresh;
	for (a = 0; a < SEK_POLICY_ATTRIBUTES; a++) {
		if (sek_policy_same(&old, &s->policy, (enum sek_policy_attribute)a))
			continue;
		changed = true;
		log_change(s, &old, (enum sek_policy_attribute)a, words, sizeof words);
	}
	rules = !sek_policy_same(&old, &s->policy, SEK_POLICY_URL_ALLOW) ||
		!sek_policy_same(&old, &s->policy, SEK_POLICY_URL_BLOCK) ||
		!sek_policy_same(&old, &s->policy, SEK_POLICY_DOWNLOAD) ||
		!sek_policy_same(&old, &s->policy, SEK_POLICY_PRINT);
	sek_policy_finish(&old);
	if (!changed)
		return;
	sek_tape_event(s, SEK_RECORD_EVENT_POLICY, 0, words);
	if (s->phase != SEK_PHASE_OPENED && !sek_tape_follow_policy(s, SEK_TAPE_LATE))
		return;
	sek_session_policy_tell(s);
	sek_clipboard_policy(s);
	sek_session_document_policy(s);
	sek_sessions_tell(s, "session.policy");
	if (s->phase == SEK_PHASE_OPENED)
		return;
	sek_session_view(s);
	if (s->host && s->host->kind != SEK_KIND_SEKISHO && sek_session_wants_rules(s)) {
		sek_session_end(s, SEK_STATE_HOST_RULES, "the policy now restricts addresses");
		return;
	}
	if (rules)
		tell_host(s);
	if (s->asked_width_px)
		sek_session_fit(s);
	if (s->wish.width_px != width || s->wish.height_px != height)
		sek_upstream_resize(s);
	sek_session_limits_changed(s); /* last: it can end the session */
}

void sek_sessions_refresh_policy(struct sek_sessions *all)
{
	struct sek_session *s, *next;
	struct sek_policy fresh;

	for (s = all->first; s; s = next) {
		next = s->next;
		if (s->farewell)
			continue;
		if (sek_is_ok(ask(s, &fresh)))
			enforce(s, &fresh);
		else
			sek_session_end(s, SEK_STATE_INTERNAL, "its policy cannot be known");
	}
}

sek_status sek_session_set_override(struct sek_sessions *all, const uint8_t id[SEK_SESSION_ID_BYTES],
	enum sek_policy_attribute a, const char *json, size_t n, char *err, size_t err_size)
{
	struct sek_session *s = sek_sessions_find(all, id);
	struct sek_policy fresh;
	char *value = NULL, *old;

	SEK_ASSERT(a < SEK_POLICY_ATTRIBUTES);
	if (!s) {
		snprintf(err, err_size, "there is no such session any more");
		return sek_fail(SEK_E_NOT_FOUND);
	}
	if (json)
		SEK_TRY(sek_policy_check(a, json, n, &value, err, err_size));
	old = s->override[a];
	s->override[a] = value;
	if (!sek_is_ok(ask(s, &fresh))) {
		s->override[a] = old;
		free(value);
		snprintf(err, err_size, "out of memory");
		return sek_fail(SEK_E_NOMEM);
	}
	free(old);
	sek_session_keep(s);
	enforce(s, &fresh);
	return sek_ok();
}

sek_status sek_session_policy_rows(struct sek_sessions *all, const uint8_t id[SEK_SESSION_ID_BYTES],
	void (*fn)(void *user, const char *name, const struct sek_policy_row *rows, size_t n), void *user)
{
	struct sek_policy_row rows[SEK_POLICY_ATTRIBUTES];
	struct sek_session *s = sek_sessions_find(all, id);

	if (!s)
		return sek_fail(SEK_E_NOT_FOUND);
	fn(user, s->user, rows, sek_session_own_rows(s, rows));
	return sek_ok();
}

const struct sek_policy *sek_session_policy(const struct sek_session *s)
{
	return &s->policy;
}
