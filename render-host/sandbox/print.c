/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The few DevTools commands that printing takes. Messages end with a zero byte. Every length is bounded; whatever does not fit the
 * expected form is no answer, and no answer in time is a reason.
 */
#include "render-host/sandbox/print.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>
#include <sodium.h>

#include "base/file.h"
#include "render-host/helpers.h"
#include "render-host/session.h"

enum {
	ANSWER_MS = 2000, SLOW_ANSWER_MS = 10000, PRINT_MS = 40000,
	/* a browser that was told just now that it may be printed from needs a moment; one on a busy machine needs longer for every answer */
	FIND_MS = 30000, FIND_AGAIN_US = 250000,
	MESSAGE_MAX_BYTES = 4 << 20, PIECE_BYTES = 262144, PAGES_LOOKED_AT_MAX = 32,
};
#define PDF_MAX_BYTES ((size_t)64 << 20)

struct talk {
	int from, to;
	uint32_t id;
	size_t n;
	bool skip; /* in the middle of a message that is too long */
	char in[MESSAGE_MAX_BYTES];
};

static struct talk talk; /* large */
static const char *session_dir;

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool wait_for(int fd, short events, int64_t until_ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	int64_t left = until_ms - now_ms();

	return left > 0 && poll(&p, 1, (int)left) > 0;
}

static bool tell(const char *text, size_t n, int64_t until_ms)
{
	while (n > 0) {
		ssize_t k;

		if (!wait_for(talk.to, POLLOUT, until_ms))
			return false;
		k = write(talk.to, text, n);
		if (k < 0 && errno != EINTR && errno != EAGAIN)
			return false;
		if (k > 0) {
			text += k;
			n -= (size_t)k;
		}
	}
	return true;
}

/* The next whole message, parsed; NULL: none came in time, *ret_more false: or ever will. */
static json_t *next_message(int64_t until_ms, bool *ret_more)
{
	char *end;
	json_t *j;
	ssize_t k;

	*ret_more = true;
	while (!(end = memchr(talk.in, 0, talk.n))) {
		if (talk.n == sizeof talk.in) {
			talk.skip = true;
			talk.n = 0;
		}
		if (!wait_for(talk.from, POLLIN, until_ms) || (k = read(talk.from, talk.in + talk.n, sizeof talk.in - talk.n)) <= 0) {
			*ret_more = false;
			return NULL;
		}
		talk.n += (size_t)k;
	}
	j = talk.skip ? NULL : json_loadb(talk.in, (size_t)(end - talk.in), 0, NULL);
	talk.skip = false;
	talk.n -= (size_t)(end + 1 - talk.in);
	memmove(talk.in, end + 1, talk.n);
	return j;
}

/* Says a command (params is taken) and waits for its result, the caller's; NULL: there was none. */
static json_t *call(const char *session, const char *method, json_t *params, int ms)
{
	int64_t until_ms = now_ms() + ms;
	json_t *order = json_pack("{s:i, s:s, s:o}", "id", (int)++talk.id, "method", method, "params", params), *j, *result = NULL;
	bool more = true, answered = false;
	char *text;

	if (order && session)
		json_object_set_new(order, "sessionId", json_string(session));
	text = order ? json_dumps(order, JSON_COMPACT) : NULL;
	more = text && tell(text, strlen(text) + 1, until_ms);
	free(text);
	json_decref(order);
	while (more && !answered) {
		j = next_message(until_ms, &more);
		answered = j && json_integer_value(json_object_get(j, "id")) == (json_int_t)talk.id;
		if (answered)
			result = json_incref(json_object_get(j, "result"));
		json_decref(j);
	}
	return json_is_object(result) ? result : (json_decref(result), NULL);
}

/* Ids of the other side go back to it and nowhere else; a long one is none. */
static bool copy(char *to, size_t size, const json_t *text)
{
	const char *from = json_string_value(text);

	if (!from || strlen(from) >= size)
		return false;
	strcpy(to, from);
	return true;
}

/* Is it this page that can be seen? A page that does not answer cannot be printed either. */
static bool can_be_seen(const char *session, int patience_ms)
{
	json_t *r = call(session, "Runtime.evaluate", json_pack("{s:s}", "expression", "document.visibilityState"), patience_ms);
	const char *value = json_string_value(json_object_get(json_object_get(r, "result"), "value"));
	bool seen = value && strcmp(value, "visible") == 0;

	json_decref(r);
	return seen;
}

static bool attach(const json_t *info, char *session, size_t size, int patience_ms)
{
	const char *type = json_string_value(json_object_get(info, "type"));
	char target[128];
	json_t *r;
	bool ok;

	if (!type || strcmp(type, "page") != 0 || !copy(target, sizeof target, json_object_get(info, "targetId")))
		return false;
	r = call(NULL, "Target.attachToTarget", json_pack("{s:s, s:b}", "targetId", target, "flatten", 1), patience_ms);
	ok = r && copy(session, size, json_object_get(r, "sessionId"));
	json_decref(r);
	return ok;
}

static void detach(const char *session)
{
	json_decref(call(NULL, "Target.detachFromTarget", json_pack("{s:s}", "sessionId", session), ANSWER_MS));
}

/* Attaches to the page that is seen. patience_ms: for each answer; one page that does not answer must not hide the others. */
static bool find_page(char *session, size_t size, int patience_ms)
{
	json_t *all = call(NULL, "Target.getTargets", json_object(), patience_ms), *list = json_object_get(all, "targetInfos");
	bool found = false;

	for (size_t i = 0; i < json_array_size(list) && i < PAGES_LOOKED_AT_MAX && !found; i++) {
		if (!attach(json_array_get(list, i), session, size, patience_ms))
			continue;
		found = can_be_seen(session, patience_ms);
		if (!found)
			detach(session);
	}
	json_decref(all);
	return found;
}

static enum sek_document_state read_stream(const char *session, const char *handle, int fd)
{
	static unsigned char bytes[MESSAGE_MAX_BYTES];
	size_t all = 0, n;
	bool end = false;

	while (!end) {
		json_t *r = call(session, "IO.read", json_pack("{s:s, s:i}", "handle", handle, "size", PIECE_BYTES), ANSWER_MS * 5);
		const char *data = json_string_value(json_object_get(r, "data"));
		bool ok = data && json_is_true(json_object_get(r, "base64Encoded")) &&
			sodium_base642bin(bytes, sizeof bytes, data, strlen(data), NULL, &n, NULL, sodium_base64_VARIANT_ORIGINAL) == 0;

		end = r && json_is_true(json_object_get(r, "eof"));
		if (!ok && end && data && !*data) { /* an empty last piece need not be marked */
			ok = true;
			n = 0;
		}
		json_decref(r);
		if (!ok)
			return SEK_DOCUMENT_DIED;
		all += n;
		if (all > PDF_MAX_BYTES)
			return SEK_DOCUMENT_TOO_LARGE;
		if (!sek_is_ok(sek_file_put(fd, bytes, n)) || (n == 0 && !end))
			return SEK_DOCUMENT_DIED;
	}
	return all > 0 ? SEK_DOCUMENT_WORKING : SEK_DOCUMENT_DIED;
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The name of a file in that folder of the browser's, as its address says it: one name, no path. */
static bool file_name(const char *url, const char *folder, char *ret, size_t size)
{
	size_t at = strlen(folder), n = 0;

	if (strncmp(url, "file://", 7) != 0 || strncmp(url + 7, folder, at) != 0 || url[7 + at] != '/')
		return false;
	for (url += 8 + at; *url && *url != '#' && *url != '?'; url++) {
		int c = (unsigned char)*url;

		if (c == '%') {
			c = hex(url[1]) < 0 || hex(url[2]) < 0 ? 0 : hex(url[1]) << 4 | hex(url[2]);
			url += 2;
		}
		if (c == 0 || c == '/' || n + 1 >= size)
			return false;
		ret[n++] = (char)c;
	}
	ret[n] = 0;
	return n > 0 && ret[0] != '.';
}

/* A file that came down, or was converted to be seen, and is shown from there. */
static bool take_file(const char *url, int fd, enum sek_document_state *ret)
{
	static const struct {
		const char *inside, *ours;
	} folders[] = { { SEK_DOWNLOADS_INSIDE, SEK_SESSION_DOWNLOADS }, { SEK_VIEW_INSIDE, "view" } };
	static unsigned char bytes[PIECE_BYTES];
	char name[256], path[512];
	size_t all = 0;
	ssize_t n;
	int from;

	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
		if (!url || !file_name(url, folders[i].inside, name, sizeof name))
			continue;
		snprintf(path, sizeof path, "%s/%s/%s", session_dir, folders[i].ours, name);
		from = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		*ret = SEK_DOCUMENT_NONE;
		while (from >= 0 && all <= PDF_MAX_BYTES && (n = read(from, bytes, sizeof bytes)) > 0 && sek_is_ok(sek_file_put(fd, bytes, (size_t)n)))
			all += (size_t)n;
		if (all > 0)
			*ret = all > PDF_MAX_BYTES ? SEK_DOCUMENT_TOO_LARGE : SEK_DOCUMENT_WORKING;
		return true;
	}
	return false;
}

/* A PDF that is shown is taken as it is: printing would give a picture of its viewer. What kind of document the page is, the browser says,
 * not the page. False: it is none. */
static bool take_pdf(const char *session, int fd, enum sek_document_state *ret)
{
	json_t *tree = call(session, "Page.getFrameTree", json_object(), SLOW_ANSWER_MS), *r = NULL, *resource;
	json_t *frame = json_object_get(json_object_get(tree, "frameTree"), "frame");
	const char *type = json_string_value(json_object_get(frame, "mimeType"));
	bool pdf = type && strcmp(type, "application/pdf") == 0;
	char handle[128];

	if (pdf && !take_file(json_string_value(json_object_get(frame, "url")), fd, ret)) {
		*ret = SEK_DOCUMENT_NONE;
		r = call(session, "Network.loadNetworkResource", json_pack("{s:O?, s:O?, s:{s:b, s:b}}", "frameId", json_object_get(frame, "id"),
			"url", json_object_get(frame, "url"), "options", "disableCache", 0, "includeCredentials", 1), PRINT_MS);
		resource = json_object_get(r, "resource");
		if (json_is_true(json_object_get(resource, "success")) && copy(handle, sizeof handle, json_object_get(resource, "stream")))
			*ret = read_stream(session, handle, fd);
	}
	json_decref(r);
	json_decref(tree);
	return pdf;
}

static enum sek_document_state print_page(int fd)
{
	char session[128], handle[128];
	int64_t until_ms = now_ms() + FIND_MS;
	enum sek_document_state state;
	int patience_ms = ANSWER_MS;
	json_t *r;

	while (!find_page(session, sizeof session, patience_ms)) {
		if (now_ms() > until_ms)
			return SEK_DOCUMENT_NONE;
		usleep(FIND_AGAIN_US);
		patience_ms = patience_ms * 2 < SLOW_ANSWER_MS ? patience_ms * 2 : SLOW_ANSWER_MS;
	}
	if (take_pdf(session, fd, &state)) {
		detach(session);
		return state;
	}
	/* A4, unless the page says otherwise */
	r = call(session, "Page.printToPDF", json_pack("{s:b, s:b, s:f, s:f, s:s}", "printBackground", 1, "preferCSSPageSize", 1,
		"paperWidth", 8.27, "paperHeight", 11.69, "transferMode", "ReturnAsStream"), PRINT_MS);
	state = !r ? SEK_DOCUMENT_TOO_LONG : copy(handle, sizeof handle, json_object_get(r, "stream")) ? SEK_DOCUMENT_WORKING :
		SEK_DOCUMENT_NONE;
	json_decref(r);
	if (state == SEK_DOCUMENT_WORKING)
		state = read_stream(session, handle, fd);
	detach(session);
	return state;
}

_Noreturn void sek_print_run(int from_browser, int to_browser, int pdf_fd, uint32_t first_id, const char *dir)
{
	session_dir = dir;
	talk.from = from_browser;
	talk.to = to_browser;
	talk.id = first_id;
	_exit((int)print_page(pdf_fd));
}
