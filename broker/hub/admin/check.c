/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading the object of an operation. Must never let a member pass that the operation's list does not name, nor a value
 * that is not of its kind and size.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "broker/hub/admin/internal.h"
#include "broker/hub/auth/name.h"

static int64_t characters(const char *text)
{
	int64_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80; /* jansson has checked that it is UTF-8 */
	return n;
}

/* C0, DEL, C1, and what turns the direction of text around: a reader must see what was written. */
static bool is_plain(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	for (; *p; p++) {
		if (*p < 0x20 || *p == 0x7f || (*p == 0xc2 && p[1] < 0xa0))
			return false;
		if (*p == 0xe2 && p[1] == 0x80 && (p[2] == 0x8e || p[2] == 0x8f || (p[2] >= 0xa8 && p[2] <= 0xae)))
			return false;
		if (*p == 0xe2 && p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9)
			return false;
	}
	return true;
}

static const char *check_text(const char *text, int64_t least, int64_t most)
{
	int64_t n = characters(text);

	if (n > most)
		return "too-long";
	if (n < least || (least > 0 && text[strspn(text, " ")] == '\0'))
		return "too-short";
	return is_plain(text) ? NULL : "characters";
}

static const char *check_words(const json_t *list, const struct sek_admin_field *f)
{
	size_t i, n = json_array_size(list);

	if (!json_is_array(list))
		return "type";
	if ((int64_t)n < f->least || (int64_t)n > f->most)
		return "range";
	for (i = 0; i < n; i++) {
		const char *text = json_string_value(json_array_get(list, i)), *why;

		if (!text)
			return "type";
		why = check_text(text, 1, SEK_ADMIN_WORD_CHARS);
		if (why)
			return why;
	}
	return NULL;
}

static const char *check_name(json_t *in, const struct sek_admin_field *f, const json_t *value)
{
	char name[SEK_NAME_BYTES];

	if (!json_is_string(value))
		return "type";
	if (f->least == 0 && f->most == 1 && json_string_length(value) == 0)
		return NULL;
	if (characters(json_string_value(value)) > SEK_NAME_MAX_CHARS)
		return "too-long";
	if (!sek_is_ok(sek_name_normalize(json_string_value(value), json_string_length(value), name)))
		return "characters";
	json_object_set_new(in, f->name, json_string(name));
	return NULL;
}

static const char *check_one(json_t *in, const struct sek_admin_field *f, const json_t *value)
{
	json_int_t n;

	switch (f->kind) {
	case SEK_ADMIN_TEXT:
		return json_is_string(value) ? check_text(json_string_value(value), f->least, f->most) : "type";
	case SEK_ADMIN_NAME:
		return check_name(in, f, value);
	case SEK_ADMIN_NUMBER:
		n = json_integer_value(value);
		return !json_is_integer(value) ? "type" : n < f->least || n > f->most ? "range" : NULL;
	case SEK_ADMIN_BOOL:
		return json_is_boolean(value) ? NULL : "type";
	case SEK_ADMIN_WORDS:
		return check_words(value, f);
	case SEK_ADMIN_ANY:
		return NULL;
	default:
		return "type";
	}
}

static bool is_listed(const char *key, const struct sek_admin_field *fields)
{
	for (; fields->name; fields++)
		if (strcmp(fields->name, key) == 0)
			return true;
	return false;
}

const char *sek_admin_check(json_t *in, const struct sek_admin_field *fields, const char **ret_field)
{
	const struct sek_admin_field *f;
	const char *key, *why;
	json_t *value;

	json_object_foreach(in, key, value) {
		if (!is_listed(key, fields)) {
			*ret_field = characters(key) <= 64 && is_plain(key) ? key : "";
			return "unknown";
		}
	}
	for (f = fields; f->name; f++) {
		value = json_object_get(in, f->name);
		*ret_field = f->name;
		if (!value && f->needed)
			return "missing";
		why = value ? check_one(in, f, value) : NULL;
		if (why)
			return why;
	}
	return NULL;
}

const char *sek_admin_text(const struct sek_admin_request *r, const char *name)
{
	const char *text = json_string_value(json_object_get(r->in, name));

	return text ? text : "";
}

int64_t sek_admin_number(const struct sek_admin_request *r, const char *name, int64_t absent)
{
	const json_t *value = json_object_get(r->in, name);

	return value ? json_integer_value(value) : absent;
}

bool sek_admin_bool(const struct sek_admin_request *r, const char *name)
{
	return json_is_true(json_object_get(r->in, name));
}

bool sek_admin_has(const struct sek_admin_request *r, const char *name)
{
	return json_object_get(r->in, name) != NULL;
}

bool sek_admin_contains(const char *hay, const char *needle)
{
	size_t n = strlen(needle), i;

	for (;; hay++) {
		for (i = 0; i < n && hay[i] && tolower((unsigned char)hay[i]) == tolower((unsigned char)needle[i]); i++)
			;
		if (i == n)
			return true;
		if (!*hay)
			return false;
	}
}

bool sek_admin_has_word(const char *list, const char *word)
{
	size_t n = strlen(word);
	const char *p = list;

	while (*p) {
		size_t len = strcspn(p, " ");

		if (len == n && n > 0 && memcmp(p, word, n) == 0)
			return true;
		p += len + strspn(p + len, " ");
	}
	return false;
}

void sek_admin_page_begin(const struct sek_admin_request *r, struct sek_admin_page *ret)
{
	*ret = (struct sek_admin_page){ .rows = json_array(), .limit = (unsigned)sek_admin_number(r, "limit", 50) };
}

void sek_admin_page_end(struct sek_admin_request *r, struct sek_admin_page *p, uint64_t total)
{
	bool more = json_array_size(p->rows) == p->limit && p->next[0];

	if (r->error)
		json_decref(p->rows);
	else
		r->out = json_pack("{s:I,s:o,s:o}", "total", (json_int_t)total, "rows", p->rows, "next",
			more ? json_string(p->next) : json_null());
}

bool sek_admin_offset(struct sek_admin_request *r, size_t *ret)
{
	const char *text = sek_admin_text(r, "after");

	if (strspn(text, "0123456789") != strlen(text) || strlen(text) > 9) {
		sek_admin_bad(r, "after", "characters");
		return false;
	}
	*ret = (size_t)strtoul(text, NULL, 10);
	return true;
}

struct sek_store_actor sek_admin_actor(const struct sek_admin_request *r)
{
	return (struct sek_store_actor){ .who = r->caller.user, .why = sek_admin_text(r, "reason"),
		.now_s = (int64_t)time(NULL) };
}
