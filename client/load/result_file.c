/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The result as a JSON file, by the table of its fields: written, read strictly, freed. Whatever a file says, reading it ends
 * in a result whose values are in their bounds or in a message that names the place.
 */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "client/load/result.h"
#include "client/load/result_fields.h"

static void *at(void *base, size_t offset)
{
	return (char *)base + offset;
}

/* --- freeing --- */

static void free_struct(const struct field_table *t, void *base)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct field *f = &t->fields[i];
		void *p = at(base, f->offset);

		if (f->kind == FIELD_TEXT) {
			free(*(char **)p);
		} else if (f->kind == FIELD_STRUCT || f->kind == FIELD_KEYED) {
			for (size_t k = 0; k < (f->kind == FIELD_KEYED ? f->n : 1); k++)
				free_struct(f->sub, at(p, k * f->sub->size));
		} else if (f->kind == FIELD_LIST) {
			for (size_t k = 0; k < *(size_t *)at(base, f->n_offset); k++)
				free_struct(f->sub, at(*(void **)p, k * f->sub->size));
			free(*(void **)p);
		}
	}
}

void sek_result_destroy(struct sek_result *r)
{
	if (!r)
		return;
	free_struct(&sek_result_fields, r);
	free(r);
}

/* --- writing --- */

static json_t *write_struct(const struct field_table *t, const void *base, bool *failed);

static json_t *write_delays(const struct sek_delays *d)
{
	json_t *a = json_array();

	for (int i = 0; i < SEK_DELAY_BUCKETS; i++)
		if (d->counts[i])
			json_array_append_new(a, json_pack("[iI]", i, (json_int_t)d->counts[i]));
	return a;
}

/* Three decimals are enough for every figure here, and keep the file small and readable. */
static json_t *write_number(double v)
{
	return v >= 0 && v < 1e12 ? json_real(round(v * 1000) / 1000) : json_real(v);
}

/* Sets *failed where a value cannot be written: no UTF-8, no number, no word of its list, no memory. */
static json_t *write_field(const struct field *f, const void *base, bool *failed)
{
	const void *p = (const char *)base + f->offset;
	const char *text;
	unsigned word;
	json_t *j;

	switch (f->kind) {
	case FIELD_COUNT: return json_integer((json_int_t)*(const uint64_t *)p);
	case FIELD_NUMBER: return write_number(*(const double *)p);
	case FIELD_BOOL: return json_boolean(*(const bool *)p);
	case FIELD_DELAYS: return write_delays(p);
	case FIELD_STRUCT: return write_struct(f->sub, p, failed);
	case FIELD_TEXT:
		text = *(char *const *)p;
		return json_string(text ? text : "");
	case FIELD_WORD:
		word = *(const unsigned *)p;
		return word < f->n ? json_string(f->words[word]) : NULL;
	case FIELD_KEYED:
		j = json_object();
		for (size_t k = 0; k < f->n; k++)
			if (json_object_set_new(j, f->words[k], write_struct(f->sub, (const char *)p + k * f->sub->size, failed)) < 0)
				*failed = true;
		return j;
	case FIELD_LIST:
		j = json_array();
		for (size_t k = 0; k < *(const size_t *)(const void *)((const char *)base + f->n_offset); k++)
			if (json_array_append_new(j, write_struct(f->sub, *(char *const *)p + k * f->sub->size, failed)) < 0)
				*failed = true;
		return j;
	}
	return NULL;
}

static json_t *write_struct(const struct field_table *t, const void *base, bool *failed)
{
	json_t *o = json_object();

	for (size_t i = 0; i < t->n; i++)
		if (json_object_set_new(o, t->fields[i].key, write_field(&t->fields[i], base, failed)) < 0)
			*failed = true;
	return o;
}

sek_status sek_result_write(const struct sek_result *r, const char *path)
{
	bool failed = false;
	json_t *body = write_struct(&sek_result_fields, r, &failed);
	json_t *head = json_pack("{sssi}", "format", SEK_RESULT_FORMAT, "format_version", SEK_RESULT_FORMAT_VERSION);
	char *text = NULL;
	sek_status st = sek_fail(SEK_E_INTERNAL);

	if (head && !failed && json_object_update(head, body) == 0)
		text = json_dumps(head, JSON_COMPACT | JSON_REAL_PRECISION(15));
	if (text)
		st = sek_file_write(path, text, strlen(text), 0644, SEK_FILE_REPLACE);
	free(text);
	json_decref(head);
	json_decref(body);
	return st;
}

/* --- reading --- */

struct reading {
	const char *path;
	char place[160]; /* "samples[3].classes.broker", cut if ever longer */
	char *err;
	size_t err_size;
};

__attribute__((format(printf, 2, 3)))
static sek_status wrong(struct reading *g, const char *format, ...)
{
	int n = snprintf(g->err, g->err_size, "%s: %s%s", g->path, g->place, g->place[0] ? ": " : "");
	va_list ap;

	va_start(ap, format);
	if (n >= 0 && (size_t)n < g->err_size)
		vsnprintf(g->err + n, g->err_size - (size_t)n, format, ap);
	va_end(ap);
	return sek_fail(SEK_E_CONFIG);
}

/* Goes down by one name or index; the place before is restored by cutting at the returned length. */
static size_t go_down(struct reading *g, const char *key, size_t index)
{
	size_t n = strlen(g->place);

	if (key)
		snprintf(g->place + n, sizeof g->place - n, "%s%s", n ? "." : "", key);
	else
		snprintf(g->place + n, sizeof g->place - n, "[%zu]", index);
	return n;
}

static sek_status read_struct(struct reading *g, const struct field_table *t, json_t *j, void *base);

static sek_status read_delays(struct reading *g, json_t *j, struct sek_delays *ret)
{
	json_int_t bucket, count, before = -1;
	json_t *pair;
	size_t i;

	if (!json_is_array(j))
		return wrong(g, "must be a list of pairs [bucket, count]");
	json_array_foreach(j, i, pair) {
		if (json_array_size(pair) != 2 || !json_is_integer(json_array_get(pair, 0)) || !json_is_integer(json_array_get(pair, 1)))
			return wrong(g, "entry %zu must be a pair [bucket, count]", i);
		bucket = json_integer_value(json_array_get(pair, 0));
		count = json_integer_value(json_array_get(pair, 1));
		if (bucket <= before || bucket >= SEK_DELAY_BUCKETS || count < 1 || count > INT32_MAX)
			return wrong(g, "entry %zu: buckets rise from 0 to %d, counts are 1 to %d", i, SEK_DELAY_BUCKETS - 1, INT32_MAX);
		ret->counts[bucket] = (uint64_t)count;
		before = bucket;
	}
	return sek_ok();
}

static sek_status read_keyed(struct reading *g, const struct field *f, json_t *j, void *p)
{
	if (!json_is_object(j))
		return wrong(g, "must be an object");
	for (size_t k = 0; k < f->n; k++) {
		size_t up = go_down(g, f->words[k], 0);
		json_t *value = json_object_get(j, f->words[k]);

		if (!value)
			return wrong(g, "is missing");
		SEK_TRY(read_struct(g, f->sub, value, at(p, k * f->sub->size)));
		g->place[up] = 0;
	}
	if (json_object_size(j) != f->n)
		return wrong(g, "has keys that this version does not know");
	return sek_ok();
}

static sek_status read_list(struct reading *g, const struct field *f, json_t *j, void *base)
{
	size_t n = json_array_size(j), room = 1;
	void *list;

	if (!json_is_array(j))
		return wrong(g, "must be a list");
	if (n > SEK_RESULT_LIST_MAX)
		return wrong(g, "has %zu entries, at most %d can be read", n, SEK_RESULT_LIST_MAX);
	while (room < n) /* as result.c lets it grow */
		room *= 2;
	list = calloc(room, f->sub->size);
	if (!list)
		return wrong(g, "no memory");
	*(void **)at(base, f->offset) = list;
	*(size_t *)at(base, f->n_offset) = n;
	for (size_t k = 0; k < n; k++) {
		size_t up = go_down(g, NULL, k);

		SEK_TRY(read_struct(g, f->sub, json_array_get(j, k), at(list, k * f->sub->size)));
		g->place[up] = 0;
	}
	return sek_ok();
}

static sek_status read_text(struct reading *g, json_t *j, char **ret)
{
	if (!json_is_string(j) || json_string_length(j) > SEK_RESULT_TEXT_MAX || strlen(json_string_value(j)) != json_string_length(j))
		return wrong(g, "must be a text of at most %d bytes without NUL", SEK_RESULT_TEXT_MAX);
	*ret = strdup(json_string_value(j));
	return *ret ? sek_ok() : wrong(g, "no memory");
}

static sek_status read_word(struct reading *g, const struct field *f, json_t *j, unsigned *ret)
{
	char known[256] = "";

	for (unsigned k = 0; k < f->n; k++) {
		if (json_is_string(j) && strcmp(json_string_value(j), f->words[k]) == 0)
			return *ret = k, sek_ok();
		snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", k ? ", " : "", f->words[k]);
	}
	return wrong(g, "must be one of %s", known);
}

static sek_status read_field(struct reading *g, const struct field *f, json_t *j, void *base)
{
	void *p = at(base, f->offset);
	double v = json_number_value(j);

	switch (f->kind) {
	case FIELD_COUNT:
		if (!json_is_integer(j) || v < 0 || v > f->most)
			return wrong(g, "must be a whole number from 0 to %.0f", f->most);
		*(uint64_t *)p = (uint64_t)json_integer_value(j);
		return sek_ok();
	case FIELD_NUMBER:
		if (!json_is_number(j) || !(v >= 0 && v <= f->most))
			return wrong(g, "must be a number from 0 to %.0f", f->most);
		*(double *)p = v;
		return sek_ok();
	case FIELD_BOOL:
		if (!json_is_boolean(j))
			return wrong(g, "must be true or false");
		*(bool *)p = json_is_true(j);
		return sek_ok();
	case FIELD_TEXT: return read_text(g, j, p);
	case FIELD_WORD: return read_word(g, f, j, p);
	case FIELD_DELAYS: return read_delays(g, j, p);
	case FIELD_STRUCT: return read_struct(g, f->sub, j, p);
	case FIELD_KEYED: return read_keyed(g, f, j, p);
	case FIELD_LIST: return read_list(g, f, j, base);
	}
	return wrong(g, "no such kind");
}

static bool is_known(const struct field_table *t, const char *key)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->fields[i].key, key) == 0)
			return true;
	return false;
}

static sek_status read_struct(struct reading *g, const struct field_table *t, json_t *j, void *base)
{
	const char *key;
	json_t *value;

	if (!json_is_object(j))
		return wrong(g, "must be an object");
	for (size_t i = 0; i < t->n; i++) {
		size_t up = go_down(g, t->fields[i].key, 0);

		value = json_object_get(j, t->fields[i].key);
		if (!value)
			return wrong(g, "is missing");
		SEK_TRY(read_field(g, &t->fields[i], value, base));
		g->place[up] = 0;
	}
	json_object_foreach(j, key, value)
		if (!is_known(t, key))
			return wrong(g, "unknown key '%.40s'", key);
	return sek_ok();
}

static sek_status parse(struct reading *g, json_t **ret)
{
	FILE *f = fopen(g->path, "re");
	json_error_t e = { 0 };
	struct stat st;

	if (!f || fstat(fileno(f), &st) < 0) {
		(void)wrong(g, "%s", strerror(errno));
	} else if (st.st_size > SEK_RESULT_MAX_BYTES) {
		(void)wrong(g, "is larger than %d MiB", SEK_RESULT_MAX_BYTES >> 20);
	} else {
		*ret = json_loadf(f, JSON_REJECT_DUPLICATES, &e);
		if (!*ret)
			(void)wrong(g, "line %d, column %d: %s", e.line, e.column, e.text);
	}
	if (f)
		fclose(f);
	return *ret ? sek_ok() : sek_fail(SEK_E_CONFIG);
}

static sek_status check_head(struct reading *g, json_t *j)
{
	const char *format = json_string_value(json_object_get(j, "format"));
	json_t *version = json_object_get(j, "format_version");

	if (!format || strcmp(format, SEK_RESULT_FORMAT) != 0)
		return wrong(g, "is not a result of sekisho-load (its \"format\" is not \"%s\")", SEK_RESULT_FORMAT);
	if (!json_is_integer(version) || json_integer_value(version) != SEK_RESULT_FORMAT_VERSION)
		return wrong(g, "has another format_version than %d: this sekisho-load cannot read it", SEK_RESULT_FORMAT_VERSION);
	json_object_del(j, "format");
	json_object_del(j, "format_version");
	return sek_ok();
}

sek_status sek_result_read(const char *path, struct sek_result **ret, char *err, size_t err_size)
{
	struct reading g = { .path = path, .err = err, .err_size = err_size };
	struct sek_result *r = calloc(1, sizeof *r);
	json_t *j = NULL;
	sek_status st = r ? parse(&g, &j) : wrong(&g, "no memory");

	if (sek_is_ok(st))
		st = check_head(&g, j);
	if (sek_is_ok(st))
		st = read_struct(&g, &sek_result_fields, j, r);
	json_decref(j);
	if (sek_is_ok(st))
		*ret = r;
	else
		sek_result_destroy(r);
	return st;
}
