/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Documents, as docs/api.md has them. Must never use what a broker says as a path.
 */
#include "client/viewer/inbox.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "client/viewer/login.h"

enum { PIXELS_BIT = 4, SOON_MS = 1000, LATER_MS = 10000, NAMES_MAX = 99 };

void inbox_reset(struct inbox *b)
{
	memset(b, 0, sizeof *b);
}

bool inbox_may_take(const struct inbox *b)
{
	return b->download & PIXELS_BIT;
}

bool inbox_useful(const struct inbox *b)
{
	return inbox_may_take(b) || b->count > 0;
}

static bool is(const struct inbox_row *r, const char *state)
{
	return strcmp(r->state, state) == 0;
}

const struct inbox_row *inbox_open(const struct inbox *b)
{
	for (int i = 0; i < b->count; i++)
		if (is(&b->rows[i], "working") || is(&b->rows[i], "waiting"))
			return &b->rows[i];
	return NULL;
}

const struct inbox_row *inbox_ready(const struct inbox *b)
{
	for (int i = 0; i < b->count; i++)
		if (is(&b->rows[i], "released") && b->rows[i].file)
			return &b->rows[i];
	return NULL;
}

unsigned inbox_wait_ms(const struct inbox *b, bool shown)
{
	unsigned wait = 0;

	for (int i = 0; i < b->count; i++) {
		if (is(&b->rows[i], "working"))
			return SOON_MS;
		if (is(&b->rows[i], "waiting"))
			wait = LATER_MS;
	}
	if (shown)
		return SOON_MS;
	return b->known ? wait : LATER_MS;
}

/* --- requests --- */

json_t *inbox_take(struct inbox *b, bool page, const char *name)
{
	snprintf(b->path, sizeof b->path, "/api/documents");
	b->error[0] = 0;
	return json_pack("{s:s,s:s,s:s}", "from", page ? "page" : "download", "for", "file", "name", name);
}

json_t *inbox_give_up(struct inbox *b)
{
	snprintf(b->path, sizeof b->path, "/api/documents/%s/cancel", inbox_open(b)->id);
	b->error[0] = 0;
	return json_object();
}

void inbox_list(struct inbox *b)
{
	snprintf(b->path, sizeof b->path, "/api/documents");
}

void inbox_file(struct inbox *b)
{
	snprintf(b->path, sizeof b->path, "/api/documents/%s/file", inbox_ready(b)->id);
	b->error[0] = 0;
}

/* --- answers --- */

void inbox_answered(struct inbox *b, int status, const json_t *answer)
{
	b->error[0] = 0;
	if (status < 200 || status > 299)
		login_error_key(status, answer, b->error, sizeof b->error);
}

static void text(const json_t *row, const char *member, char *ret, size_t size)
{
	const char *value = json_string_value(json_object_get(row, member));

	snprintf(ret, size, "%s", value && strlen(value) < size ? value : "");
}

static unsigned number(const json_t *row, const char *member)
{
	json_int_t value = json_integer_value(json_object_get(row, member));

	return value < 0 || value > 65535 ? 0 : (unsigned)value;
}

/* An id becomes part of a path: it has nothing but letters and digits. */
static bool read_row(const json_t *row, struct inbox_row *ret)
{
	memset(ret, 0, sizeof *ret);
	text(row, "id", ret->id, sizeof ret->id);
	text(row, "name", ret->name, sizeof ret->name);
	text(row, "state", ret->state, sizeof ret->state);
	text(row, "reason", ret->reason, sizeof ret->reason);
	ret->file = strcmp(json_is_string(json_object_get(row, "for")) ? json_string_value(json_object_get(row, "for")) : "", "file") == 0;
	ret->pages = number(row, "pages");
	ret->pages_done = number(row, "pages_done");
	return ret->id[0] && ret->state[0] &&
		strspn(ret->id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen(ret->id);
}

static const struct inbox_row *find(const struct inbox_row *rows, int count, const char *id)
{
	for (int i = 0; i < count; i++)
		if (strcmp(rows[i].id, id) == 0)
			return &rows[i];
	return NULL;
}

static bool worth_a_word(const struct inbox_row *r)
{
	return is(r, "released") || is(r, "waiting") || is(r, "refused") || is(r, "failed") || is(r, "expired");
}

void inbox_listed(struct inbox *b, int status, const json_t *answer, const struct inbox_row **ret_told)
{
	static struct inbox_row before[INBOX_ROWS];
	const json_t *rows = json_object_get(answer, "documents");
	int count = b->count;

	*ret_told = NULL;
	if (status != 200 || !json_is_array(rows))
		return; /* the next look may be luckier; what was asked for by hand says what went wrong */
	memcpy(before, b->rows, sizeof before);
	b->count = 0;
	for (size_t i = 0; i < json_array_size(rows) && b->count < INBOX_ROWS; i++)
		if (read_row(json_array_get(rows, i), &b->rows[b->count]))
			b->count++;
	for (int i = b->count - 1; b->known && i >= 0; i--) {
		const struct inbox_row *was = find(before, count, b->rows[i].id);

		if (worth_a_word(&b->rows[i]) && (!was || strcmp(was->state, b->rows[i].state) != 0))
			*ret_told = &b->rows[i];
	}
	b->known = true;
}

/* --- files --- */

int inbox_create_file(const char *folder, const char *name, char *ret, size_t size)
{
	char safe[INBOX_NAME_BYTES];
	size_t n = strlen(name);

	if (n >= 4 && strcmp(name + n - 4, ".pdf") == 0)
		n -= 4;
	snprintf(safe, sizeof safe, "%.*s", (int)(n < 200 ? n : 200), name); /* bytes: a file's name has at most 255 */
	while (safe[0] && !sek_utf8_valid((const uint8_t *)safe, strlen(safe), NULL))
		safe[strlen(safe) - 1] = 0;
	for (char *c = safe; *c; c++)
		if (*c == '/' || (unsigned char)*c < 0x20 || (*c == '.' && c == safe))
			*c = '_';
	for (int i = 1; i <= NAMES_MAX; i++) {
		char times[8] = "";
		int fd;

		if (i > 1)
			snprintf(times, sizeof times, " (%d)", i);
		if ((size_t)snprintf(ret, size, "%s/%s%s.pdf", folder, safe[0] ? safe : "document", times) >= size)
			return -1;
		fd = open(ret, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd >= 0)
			return fd;
	}
	return -1;
}
