/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Answers as lines for people, or as JSON for programs. Must never give a terminal control characters that somebody put into a name.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/utf8.h"
#include "client/ctl/ctl.h"

void ctl_print_text(FILE *to, const char *text)
{
	size_t n = strlen(text), at = 0;

	while (at < n) {
		uint32_t c;
		size_t k = sek_utf8_next((const uint8_t *)text + at, n - at, &c);

		if (k == 0) {
			fprintf(to, "\\x%02x", (unsigned)(uint8_t)text[at++]);
			continue;
		}
		if (sek_utf8_is_unsafe(c))
			fprintf(to, "\\u{%x}", (unsigned)c);
		else
			fwrite(text + at, 1, k, to);
		at += k;
	}
}

void ctl_print_red(FILE *to, bool on)
{
	const char *none = getenv("NO_COLOR");

	if (isatty(fileno(to)) && (!none || !*none))
		fputs(on ? "\x1b[1;31m" : "\x1b[0m", to);
}

void ctl_print_json(const json_t *json)
{
	/* ensured ASCII: what is not is escaped, bidirectional controls too */
	json_dumpf(json, stdout, JSON_INDENT(1) | JSON_ENSURE_ASCII);
	printf("\n");
}

/* A member as text: into the heap, the caller frees. */
static char *text_of(const struct ctl *c, const char *name, const json_t *v)
{
	size_t n = strlen(name), i;
	char *text = NULL, stamp[32];
	FILE *f;

	/* moments: seconds, or microseconds of which nobody wants to see the last six digits */
	if (json_is_integer(v) && n > 2 && ((strcmp(name + n - 2, "_s") == 0 && json_integer_value(v) > 1000000000) ||
			strcmp(name, "began_us") == 0)) {
		time_t t = (time_t)(json_integer_value(v) / (name[n - 2] == 'u' ? 1000000 : 1));
		struct tm tm;

		gmtime_r(&t, &tm);
		strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &tm);
		return strdup(stamp);
	}
	f = open_memstream(&text, &n);
	if (!f)
		return NULL;
	if (json_is_string(v)) {
		ctl_print_text(f, json_string_value(v));
	} else if (json_is_boolean(v)) {
		fputs(ctl_word(c, json_is_true(v) ? W_YES : W_NO), f);
	} else if (json_is_integer(v) && strcmp(name, "length_us") == 0) {
		fprintf(f, "%lld", (long long)(json_integer_value(v) / 1000000));
	} else if (json_is_integer(v)) {
		fprintf(f, "%lld", (long long)json_integer_value(v));
	} else if (json_is_array(v)) {
		for (i = 0; i < json_array_size(v); i++) {
			char *one = text_of(c, name, json_array_get(v, i));

			fprintf(f, "%s%s", i ? "," : "", one ? one : "");
			free(one);
		}
	} else if (json_is_object(v)) {
		char *one = json_dumps(v, JSON_COMPACT | JSON_ENSURE_ASCII);

		fputs(one ? one : "", f);
		free(one);
	}
	fclose(f);
	return text;
}

/* Columns on a terminal: letters of East Asian scripts are two wide. */
static size_t width(const char *s)
{
	size_t n = strlen(s), at = 0, w = 0;

	while (at < n) {
		uint32_t c = 0;
		size_t k = sek_utf8_next((const uint8_t *)s + at, n - at, &c);

		at += k ? k : 1;
		w += c >= 0x1100 && (c <= 0x115f || (c >= 0x2e80 && c <= 0xa4cf) || (c >= 0xac00 && c <= 0xd7a3) ||
			(c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
			(c >= 0xffe0 && c <= 0xffe6) || (c >= 0x1f300 && c <= 0x3fffd)) ? 2 : 1;
	}
	return w;
}

static void put_cell(const char *text, size_t most, bool red, bool last)
{
	size_t w = width(text);

	if (red)
		ctl_print_red(stdout, true);
	fputs(text, stdout);
	if (red)
		ctl_print_red(stdout, false);
	for (; !last && w < most + 2; w++)
		putchar(' ');
}

enum { COLUMNS_MAX = 20 };

/* The host, and that nothing is encrypted there. */
static bool is_red(const json_t *row, const char *column)
{
	return json_is_true(json_object_get(row, "insecure")) &&
		(strcmp(column, "insecure") == 0 || strcmp(column, "host") == 0 || strcmp(column, "name") == 0);
}

void ctl_print_rows(const struct ctl *c, const json_t *rows, const char *columns)
{
	char names[400], *name[COLUMNS_MAX], *save = NULL, *p;
	size_t most[COLUMNS_MAX] = { 0 }, n = 0, i, k, count = json_array_size(rows);
	char **cells;

	snprintf(names, sizeof names, "%s", columns);
	for (p = strtok_r(names, " ", &save); p && n < COLUMNS_MAX; p = strtok_r(NULL, " ", &save))
		name[n++] = p;
	cells = calloc((count + 1) * n + 1, sizeof *cells);
	if (!cells)
		return;
	for (i = 0; i <= count; i++) {
		for (k = 0; k < n; k++) {
			char *text = i == 0 ? strdup(ctl_column(c, name[k])) :
				text_of(c, name[k], json_object_get(json_array_get(rows, i - 1), name[k]));
			size_t w = width(text ? text : "");

			cells[i * n + k] = text;
			if (w > most[k])
				most[k] = w;
		}
	}
	for (i = 0; i <= count; i++) {
		for (k = 0; k < n; k++) {
			char *text = cells[i * n + k];

			put_cell(text ? text : "", most[k], i > 0 && is_red(json_array_get(rows, i - 1), name[k]), k + 1 == n);
			free(text);
		}
		putchar('\n');
	}
	free(cells);
	if (count == 0)
		printf("%s\n", ctl_word(c, W_EMPTY));
}

void ctl_print_object(const struct ctl *c, const json_t *object, const char *indent)
{
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)object, name, v) {
		char *text;

		if (json_is_object(v) && json_object_size(v) > 0) {
			printf("%s%s:\n", indent, ctl_column(c, name));
			ctl_print_object(c, v, "  ");
			continue;
		}
		text = text_of(c, name, v);
		printf("%s%s: %s\n", indent, ctl_column(c, name), text ? text : "");
		free(text);
	}
}
