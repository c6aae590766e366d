/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Loading YAML by a schema, and turning what libcyaml says into one sentence with file, line and what to do. libcyaml
 * gives its reasons only to its log: the first line is the reason, the lines after "Backtrace" tell where, innermost
 * first. Must never accept a key that it does not know.
 */
#include "base/config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum { PLACES_MAX = 8, TEXT_BYTES = 200 };

const cyaml_strval_t sek_config_bools[2] = { { "false", 0 }, { "true", 1 } };

struct place {
	char step[64]; /* mapping key or entry of a list, "" for others */
	bool entry;    /* step is the number of an entry */
	size_t line;
};

/* What libcyaml logged about one failure. */
struct story {
	char reason[TEXT_BYTES];
	struct place places[PLACES_MAX]; /* innermost first */
	size_t n_places;
};

struct sentence {
	char *text;
	size_t size, len;
};

__attribute__((format(printf, 2, 3))) static void say(struct sentence *s, const char *format, ...)
{
	va_list ap;
	int n;

	if (s->len + 1 >= s->size)
		return;
	va_start(ap, format);
	n = vsnprintf(s->text + s->len, s->size - s->len, format, ap);
	va_end(ap);
	if (n > 0)
		s->len += (size_t)n < s->size - s->len ? (size_t)n : s->size - s->len - 1;
}

__attribute__((format(printf, 3, 0))) static void listen_to(cyaml_log_t level, void *context, const char *format,
	va_list args)
{
	struct story *story = context;
	char line[TEXT_BYTES], *mark;
	struct place *place;

	if (level != CYAML_LOG_ERROR)
		return;
	vsnprintf(line, sizeof line, format, args);
	line[strcspn(line, "\n")] = '\0';
	if (!story->reason[0]) {
		const char *text = strncmp(line, "Load: ", 6) == 0 ? line + 6 : line;

		snprintf(story->reason, sizeof story->reason, "%s", text);
		return;
	}
	mark = strstr(line, "(line: ");
	if (!mark || story->n_places == PLACES_MAX)
		return;
	place = &story->places[story->n_places++];
	place->line = strtoul(mark + 7, NULL, 10);
	place->entry = strstr(line, "in sequence entry '") != NULL;
	mark = strchr(line, '\'');
	if (mark)
		snprintf(place->step, sizeof place->step, "%.*s", (int)strcspn(mark + 1, "'"), mark + 1);
}

static const cyaml_schema_field_t *find_field(const cyaml_schema_value_t *value, const char *key)
{
	const cyaml_schema_field_t *f;

	if (!value || value->type != CYAML_MAPPING)
		return NULL;
	for (f = value->mapping.fields; f->key; f++)
		if (strcmp(f->key, key) == 0)
			return f;
	return NULL;
}

/* Follows the places from the outermost to places[inner] through the schema. NULL when they lead nowhere. */
static const cyaml_schema_value_t *schema_at(const cyaml_schema_value_t *value, const struct story *story, size_t inner)
{
	size_t i;

	for (i = story->n_places; i-- > inner;) {
		const cyaml_schema_field_t *f;

		if (story->places[i].entry) {
			if (value->type != CYAML_SEQUENCE && value->type != CYAML_SEQUENCE_FIXED)
				return NULL;
			value = value->sequence.entry;
		} else if (story->places[i].step[0]) {
			f = find_field(value, story->places[i].step);
			if (!f)
				return NULL;
			value = &f->value;
		}
	}
	return value;
}

/* "listen.port" or "hosts.1.name", from the outermost step to places[inner], then `last` if there is one. */
static void write_path(struct sentence *s, const struct story *story, size_t inner, const char *last)
{
	size_t i;

	for (i = story->n_places; i-- > inner;)
		if (story->places[i].step[0])
			say(s, "%s%s", s->len ? "." : "", story->places[i].step);
	if (last)
		say(s, "%s%s", s->len ? "." : "", last);
}

static void say_path(struct sentence *s, const struct story *story, size_t inner)
{
	char path[TEXT_BYTES] = "";
	struct sentence p = { .text = path, .size = sizeof path };

	write_path(&p, story, inner, NULL);
	if (p.len)
		say(s, "'%s'", path);
	else
		say(s, "the file");
}

static void say_keys(struct sentence *s, const cyaml_schema_value_t *value)
{
	const cyaml_schema_field_t *f;

	if (!value || value->type != CYAML_MAPPING)
		return;
	say(s, "; the keys here are:");
	for (f = value->mapping.fields; f->key; f++)
		say(s, "%s %s", f == value->mapping.fields ? "" : ",", f->key);
}

static void say_wanted(struct sentence *s, const cyaml_schema_value_t *value)
{
	uint32_t i;

	if (!value)
		return;
	switch (value->type) {
	case CYAML_UINT:
		if (value->data_size < 8)
			say(s, ": write a whole number from 0 to %llu", (1ull << (8 * value->data_size)) - 1);
		else
			say(s, ": write a whole number");
		break;
	case CYAML_INT:
		say(s, ": write a whole number");
		break;
	case CYAML_ENUM:
		say(s, ": write");
		for (i = 0; i < value->enumeration.count; i++)
			say(s, "%s %s", i == 0 ? "" : i + 1 == value->enumeration.count ? " or" : ",",
				value->enumeration.strings[i].str);
		break;
	case CYAML_STRING:
		say(s, ": write a text of %u to %u characters", value->string.min, value->string.max);
		break;
	case CYAML_SEQUENCE:
		if (value->sequence.max == CYAML_UNLIMITED)
			say(s, ": write a list of at least %u entries", value->sequence.min);
		else
			say(s, ": write a list of %u to %u entries", value->sequence.min, value->sequence.max);
		break;
	case CYAML_MAPPING:
		say(s, ": write keys and values below it, indented");
		say_keys(s, value);
		break;
	default:
		break;
	}
}

/* The text after the last ": " of libcyaml's reason: the key or value that it names. */
static const char *named(const char *reason)
{
	const char *colon = strstr(reason, ": ");

	return colon ? colon + 2 : reason;
}

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* The mapping that an unknown or missing key belongs to stands one place further out than the innermost, which is the
 * key that was read last; so does the list that has too few or too many entries. */
static size_t blamed(const struct story *story, cyaml_err_t error)
{
	switch (error) {
	case CYAML_ERR_INVALID_KEY:
	case CYAML_ERR_MAPPING_FIELD_MISSING:
		return story->n_places > 1 ? 1 : story->n_places;
	case CYAML_ERR_SEQUENCE_ENTRIES_MIN:
	case CYAML_ERR_SEQUENCE_ENTRIES_MAX:
		return story->n_places > 1 && story->places[0].entry ? 1 : 0;
	default:
		return 0;
	}
}

/* libcyaml tells the line of the value that it read last; the key itself is what a person looks for. */
static size_t blamed_line(const struct story *story, cyaml_err_t error, const char *text, size_t n)
{
	char path[TEXT_BYTES] = "";
	struct sentence p = { .text = path, .size = sizeof path };
	size_t line = 0;

	if (error == CYAML_ERR_INVALID_KEY || error == CYAML_ERR_MAPPING_FIELD_MISSING) {
		write_path(&p, story, blamed(story, error), named(story->reason));
		line = sek_config_line(text, n, path);
		return line ? line : 1;
	}
	return story->n_places ? story->places[0].line : 1;
}

static void explain(struct sentence *s, const struct story *story, cyaml_err_t error,
	const cyaml_schema_value_t *schema)
{
	const char *reason = story->reason;
	size_t outer = blamed(story, error);

	switch (error) {
	case CYAML_ERR_INVALID_KEY:
		say(s, "unknown key '%s' in ", named(reason));
		say_path(s, story, outer);
		say(s, ": correct or remove it");
		say_keys(s, schema_at(schema, story, outer));
		return;
	case CYAML_ERR_MAPPING_FIELD_MISSING:
		say(s, "the key '%s' is missing in ", named(reason));
		say_path(s, story, outer);
		say(s, ": add it");
		return;
	case CYAML_ERR_ALIAS:
		say(s, "anchors and aliases (&, *) are not allowed: write the value out");
		return;
	case CYAML_ERR_LIBYAML_PARSER:
		say(s, "this is not YAML (%s): check indentation (spaces, no tabs), colons and quotes",
			starts(reason, "libyaml: ") ? reason + 9 : reason);
		return;
	case CYAML_ERR_OOM:
		say(s, "not enough memory to read the file");
		return;
	case CYAML_ERR_UNEXPECTED_EVENT:
		if (starts(reason, "Mapping field already seen")) {
			say(s, "the key '%s' stands here twice: remove one", named(reason));
			return;
		}
		break;
	default:
		break;
	}
	say(s, "bad value of ");
	say_path(s, story, outer);
	say(s, " (%s)", reason[0] ? reason : cyaml_strerror(error));
	say_wanted(s, schema_at(schema, story, outer));
}

static sek_status read_text(const char *path, char **ret, size_t *ret_n, struct sentence *s)
{
	sek_status status = sek_file_read(path, ret, ret_n);

	if (sek_is_ok(status))
		return status;
	if (sek_is(status, SEK_E_LIMIT))
		say(s, "%s: larger than %u bytes: this is not a configuration file", path, SEK_FILE_MAX_BYTES);
	else if (status.origin == SEK_FROM_ERRNO)
		say(s, "%s: cannot be read (%s): check the path and who may read it", path, strerror(status.detail));
	else
		say(s, "%s: cannot be read (%s)", path, sek_code_name(status));
	return sek_fail(SEK_E_CONFIG);
}

sek_status sek_config_load(const char *path, const cyaml_schema_value_t *schema, void **ret, char *err, size_t err_size)
{
	struct story story = { .n_places = 0 };
	struct sentence s = { .text = err, .size = err_size };
	cyaml_config_t config = { .log_fn = listen_to, .log_ctx = &story, .mem_fn = cyaml_mem,
				  .log_level = CYAML_LOG_ERROR, .flags = CYAML_CFG_NO_ALIAS };
	cyaml_data_t *data = NULL;
	cyaml_err_t error;
	char *text = NULL;
	size_t n = 0;

	if (err_size)
		err[0] = '\0';
	SEK_TRY(read_text(path, &text, &n, &s));
	error = cyaml_load_data((const uint8_t *)text, n, &config, schema, &data, NULL);
	if (error == CYAML_OK && data) {
		free(text);
		*ret = data;
		return sek_ok();
	}
	if (error == CYAML_OK) {
		say(&s, "%s:1: the file is empty: write the configuration into it", path);
	} else {
		say(&s, "%s:%zu: ", path, blamed_line(&story, error, text, n));
		explain(&s, &story, error, schema);
	}
	free(text);
	return sek_fail(SEK_E_CONFIG);
}

void sek_config_free(const cyaml_schema_value_t *schema, void *config)
{
	static const cyaml_config_t plain = { .mem_fn = cyaml_mem };

	if (config)
		(void)cyaml_free(&plain, schema, config, 0);
}
