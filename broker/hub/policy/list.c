/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Lists of address patterns, kept as sorted lines. A pattern has the form that the browser's managed policy knows:
 * [http[s]://][.]host[:port][/path]. Must never let a pattern of another scheme through: what the sandbox itself keeps shut
 * (file, chrome, ...) is not a site's to open.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/hub/policy/value.h"

#define HOW "write a host such as example.jp (with all below it), .example.jp (only itself), https://example.jp/path, or *"

static sek_status refuse(char *err, size_t err_size, const char *what, const char *text, size_t n)
{
	/* only what is harmless to show; the whole may be hostile */
	char shown[64];
	size_t i, k = 0;

	for (i = 0; i < n && k + 1 < sizeof shown; i++)
		shown[k++] = text[i] > ' ' && text[i] < 0x7f ? text[i] : '?';
	shown[k] = '\0';
	snprintf(err, err_size, "the pattern '%s' %s: " HOW, shown, what);
	return sek_fail(SEK_E_MALFORMED);
}

/* Host: letters, digits, hyphens, dots; one leading dot. Returns its length, 0 if it is not one. */
static size_t host_length(const char *s, size_t n)
{
	size_t i = n > 0 && s[0] == '.' ? 1 : 0, start = i;

	while (i < n && (isalnum((unsigned char)s[i]) || s[i] == '-' || (s[i] == '.' && i > start && s[i - 1] != '.')))
		i++;
	return i > start && s[i - 1] != '.' && s[start] != '-' ? i : 0;
}

static bool port_valid(const char *s, size_t n)
{
	unsigned long port = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!isdigit((unsigned char)s[i]) || i == 5)
			return false;
		port = port * 10 + (unsigned long)(s[i] - '0');
	}
	return port >= 1 && port <= 65535;
}

sek_status sek_policy_pattern(const char *text, size_t n, char *ret, char *err, size_t err_size)
{
	size_t at = 0, host, i, port;

	if (n == 0 || n > SEK_POLICY_PATTERN_MAX_BYTES)
		return refuse(err, err_size, n ? "is longer than 255 characters" : "is empty", text, n);
	if (n == 1 && text[0] == '*') {
		strcpy(ret, "*");
		return sek_ok();
	}
	for (i = 0; i < n; i++)
		if ((unsigned char)text[i] <= ' ' || (unsigned char)text[i] >= 0x7f || strchr("\"'\\<>`{}|^@*", text[i]))
			return refuse(err, err_size, "has a character that is not allowed (names in other scripts are written "
				"in their xn-- form)", text, n);
	if (n > 7 && strncasecmp(text, "http://", 7) == 0)
		at = 7;
	else if (n > 8 && strncasecmp(text, "https://", 8) == 0)
		at = 8;
	else if (memmem(text, n, "://", 3))
		return refuse(err, err_size, "has a scheme other than http and https", text, n);
	host = host_length(text + at, n - at);
	if (host == 0)
		return refuse(err, err_size, "does not name a host", text, n);
	i = at + host;
	if (i < n && text[i] == ':') {
		for (port = ++i; i < n && text[i] != '/'; i++)
			;
		if (!port_valid(text + port, i - port))
			return refuse(err, err_size, "has no port from 1 to 65535 after its colon", text, n);
	}
	if (i < n && text[i] != '/')
		return refuse(err, err_size, "does not name a host", text, n);
	for (i = 0; i < n; i++)
		ret[i] = i < at + host ? (char)tolower((unsigned char)text[i]) : text[i];
	ret[n] = '\0';
	return sek_ok();
}

static int order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts n texts, drops doubles, joins them as lines. */
static char *join(char **items, size_t n)
{
	size_t i, bytes = 1, at = 0;
	char *ret;

	if (n > 0)
		qsort(items, n, sizeof *items, order);
	for (i = 0; i < n; i++)
		bytes += strlen(items[i]) + 1;
	ret = malloc(bytes);
	if (!ret)
		return NULL;
	for (i = 0; i < n; i++)
		if (i == 0 || strcmp(items[i], items[i - 1]) != 0)
			at += (size_t)sprintf(ret + at, "%s\n", items[i]);
	ret[at] = '\0';
	return ret;
}

sek_status sek_policy_list_from_json(const json_t *array, size_t most, char **ret, char *err, size_t err_size)
{
	size_t n = json_array_size(array), i, made = 0, bytes = 0;
	char **items = NULL;
	sek_status status = sek_ok();

	if (!json_is_array(array)) {
		snprintf(err, err_size, "must be a list of texts, such as [\"example.jp\"]");
		return sek_fail(SEK_E_MALFORMED);
	}
	if (n > most) {
		snprintf(err, err_size, "has %zu patterns and may have %zu: name whole domains", n, most);
		return sek_fail(SEK_E_LIMIT);
	}
	items = calloc(n + 1, sizeof *items);
	if (!items)
		return sek_fail(SEK_E_NOMEM);
	for (i = 0; i < n && sek_is_ok(status); i++) {
		const json_t *item = json_array_get(array, i);

		if (!json_is_string(item)) {
			snprintf(err, err_size, "entry %zu is not a text: " HOW, i + 1);
			status = sek_fail(SEK_E_MALFORMED);
			break;
		}
		items[made] = malloc(SEK_POLICY_PATTERN_MAX_BYTES + 1);
		if (!items[made]) {
			status = sek_fail(SEK_E_NOMEM);
			break;
		}
		made++;
		status = sek_policy_pattern(json_string_value(item), json_string_length(item), items[made - 1], err, err_size);
		if (sek_is_ok(status) && (bytes += strlen(items[made - 1]) + 1) > SEK_POLICY_LIST_MAX_BYTES) {
			snprintf(err, err_size, "is longer than %d bytes in all: name whole domains", SEK_POLICY_LIST_MAX_BYTES);
			status = sek_fail(SEK_E_LIMIT);
		}
	}
	if (sek_is_ok(status)) {
		*ret = join(items, made);
		status = *ret ? sek_ok() : sek_fail(SEK_E_NOMEM);
	}
	for (i = 0; i < made; i++)
		free(items[i]);
	free(items);
	return status;
}

json_t *sek_policy_list_to_json(const char *list)
{
	json_t *array = json_array();
	const char *end;

	for (; array && (end = strchr(list, '\n')); list = end + 1) {
		if (json_array_append_new(array, json_stringn(list, (size_t)(end - list))) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

bool sek_policy_list_covers(const char *list, const char *item, size_t n)
{
	const char *end;

	for (; (end = strchr(list, '\n')); list = end + 1) {
		size_t m = (size_t)(end - list);

		if ((m == 1 && list[0] == '*') || (m == n && memcmp(list, item, n) == 0))
			return true;
	}
	return false;
}

bool sek_policy_list_exceeds(const char *a, const char *b)
{
	const char *end;

	for (; (end = strchr(a, '\n')); a = end + 1)
		if (!sek_policy_list_covers(b, a, (size_t)(end - a)))
			return true;
	return false;
}

/* Points at the lines of `from` that are wanted, cutting `from` (a copy) at its newlines. */
static size_t collect(char *from, const char *other, bool all, char **items, size_t n)
{
	char *end;

	for (; (end = strchr(from, '\n')); from = end + 1) {
		bool wanted = all || sek_policy_list_covers(other, from, (size_t)(end - from));

		*end = '\0';
		if (wanted)
			items[n++] = from;
	}
	return n;
}

char *sek_policy_list_meet(const char *a, const char *b, bool all)
{
	char *x = strdup(a), *y = strdup(b), *ret = NULL;
	char **items = calloc(strlen(a) + strlen(b) + 1, sizeof *items);
	size_t n;

	if (x && y && items) {
		n = collect(x, b, all, items, 0);
		n = collect(y, a, all, items, n);
		ret = join(items, n);
	}
	free(items);
	free(x);
	free(y);
	return ret;
}
