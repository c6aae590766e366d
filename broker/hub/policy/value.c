/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The attributes as data, and values one by one. Must never make a looser value out of one that it does not understand.
 */
#include "broker/hub/policy/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define YES true
#define NO false

enum {
	TYPE_CHOICE = SEK_POLICY_CHOICE, TYPE_FLAG = SEK_POLICY_FLAG, TYPE_NUMBER = SEK_POLICY_NUMBER,
	TYPE_LIST = SEK_POLICY_LIST, TYPE_HOURS = SEK_POLICY_HOURS_OF_WEEK,
};
enum { GRANTS, MORE, MORE_0, LESS };

/* All words behind one another in the order of policy.def, so that those of one attribute stand together. */
static const struct {
	enum sek_policy_attribute attribute;
} owners[] = {
#define SEK_POLICY_WORD(ATTRIBUTE, NAME, word, grants, available, text) { SEK_POLICY_##ATTRIBUTE },
#include "protocol/policy.def"
};
static const struct sek_policy_word all_words[] = {
#define SEK_POLICY_WORD(ATTRIBUTE, NAME, word, grants, available, text) { word, grants, available, text },
#include "protocol/policy.def"
};
enum { WORDS = sizeof all_words / sizeof all_words[0] };

static struct sek_policy_info infos[SEK_POLICY_ATTRIBUTES] = {
#define SEK_POLICY(NAME, member, TYPE, built_in, least, most, looser, text) \
	{ #member, (enum sek_policy_type)TYPE_##TYPE, built_in, least, most, (looser) == LESS, (looser) == MORE_0, NULL, 0, text },
#include "protocol/policy.def"
};

/* Which words belong to which attribute cannot be written by the preprocessor. */
__attribute__((constructor)) static void give_words(void)
{
	size_t i;

	for (i = WORDS; i-- > 0;) {
		infos[owners[i].attribute].words = &all_words[i];
		infos[owners[i].attribute].n_words++;
	}
}

const struct sek_policy_info *sek_policy_info(enum sek_policy_attribute a)
{
	SEK_ASSERT(a < SEK_POLICY_ATTRIBUTES);
	return &infos[a];
}

void sek_policy_can_record(void)
{
	infos[SEK_POLICY_RECORDING].built_in = "\"required\"";
}

static bool can_keep_documents;

void sek_policy_can_keep_documents(void)
{
	can_keep_documents = true;
}

/* Documents that cross need a place to lie. */
static bool needs_documents(const struct sek_policy_info *p, const struct sek_policy_word *w)
{
	return (p == &infos[SEK_POLICY_DOWNLOAD] && (w->grants & SEK_DOWNLOAD_PIXELS_APPROVED & ~(uint32_t)SEK_DOWNLOAD_VIEW)) ||
		(p == &infos[SEK_POLICY_PRINT] && w->grants != SEK_PRINT_NONE);
}

static bool is_available(const struct sek_policy_info *p, const struct sek_policy_word *w)
{
	return w->available && (can_keep_documents || !needs_documents(p, w));
}

bool sek_policy_find(const char *name, size_t n, enum sek_policy_attribute *ret)
{
	unsigned a;

	for (a = 0; a < SEK_POLICY_ATTRIBUTES; a++) {
		if (strlen(infos[a].name) == n && memcmp(infos[a].name, name, n) == 0) {
			*ret = (enum sek_policy_attribute)a;
			return true;
		}
	}
	return false;
}

static json_t *info_json(const struct sek_policy_info *p)
{
	static const char *const types[] = { "choice", "flag", "number", "list", "hours" };
	json_t *built_in = json_loads(p->built_in, JSON_DECODE_ANY, NULL), *words = json_array();
	size_t i;

	for (i = 0; i < p->n_words; i++)
		json_array_append_new(words, json_pack("{s:s, s:b, s:i, s:s}", "word", p->words[i].word, "available",
			is_available(p, &p->words[i]), "grants", (int)p->words[i].grants, "text", p->words[i].text));
	return json_pack("{s:s, s:s, s:o, s:I, s:I, s:s, s:o, s:s}", "name", p->name, "type", types[p->type], "builtIn",
		built_in, "least", (json_int_t)p->least, "most", (json_int_t)p->most, "loosens",
		p->less_loosens ? "less" : p->zero_is_no_limit ? "more-0" : "more", "words", words, "text", p->text);
}

sek_status sek_policy_definition_json(char **ret)
{
	json_t *all = json_array();
	char *text;
	unsigned a;

	for (a = 0; a < SEK_POLICY_ATTRIBUTES; a++)
		json_array_append_new(all, info_json(&infos[a]));
	text = json_dumps(all, JSON_COMPACT);
	json_decref(all);
	if (!text)
		return sek_fail(SEK_E_NOMEM);
	*ret = text;
	return sek_ok();
}

void sek_policy_value_finish(struct sek_policy_value *v)
{
	if (v)
		free(v->list);
	if (v)
		memset(v, 0, sizeof *v);
}

/* --- reading --- */

static void list_words(const struct sek_policy_info *p, char *ret, size_t size)
{
	size_t i, at = 0;

	ret[0] = '\0';
	for (i = 0; i < p->n_words && at < size; i++)
		if (is_available(p, &p->words[i]))
			at += (size_t)snprintf(ret + at, size - at, "%s\"%s\"", at ? ", " : "", p->words[i].word);
}

static sek_status read_choice(const struct sek_policy_info *p, const json_t *j, uint32_t *ret, char *err, size_t err_size)
{
	const char *s = json_string_value(j);
	char words[200];
	size_t i;

	list_words(p, words, sizeof words);
	for (i = 0; s && i < p->n_words; i++) {
		if (strcmp(s, p->words[i].word) != 0 || strlen(s) != json_string_length(j))
			continue;
		if (!p->words[i].available) {
			snprintf(err, err_size, "\"%s\" is not available in this version: write one of %s", s, words);
			return sek_fail(SEK_E_DENIED);
		}
		if (!is_available(p, &p->words[i])) {
			snprintf(err, err_size, "\"%s\" needs the section `documents` of broker.yaml, which says where documents lie: write one of %s", s,
				words);
			return sek_fail(SEK_E_DENIED);
		}
		*ret = p->words[i].grants;
		return sek_ok();
	}
	snprintf(err, err_size, "%s: write one of %s", s ? "there is no such word" : "must be a text", words);
	return sek_fail(SEK_E_MALFORMED);
}

static sek_status read_number(const struct sek_policy_info *p, const json_t *j, uint32_t *ret, char *err, size_t err_size)
{
	json_int_t n = json_integer_value(j);

	if (!json_is_integer(j) || n < (json_int_t)p->least || n > (json_int_t)p->most) {
		snprintf(err, err_size, "must be a whole number from %" PRIu32 " to %" PRIu32 "%s", p->least, p->most,
			p->zero_is_no_limit ? " (0: no limit)" : "");
		return sek_fail(SEK_E_MALFORMED);
	}
	*ret = (uint32_t)n;
	return sek_ok();
}

static sek_status read_json(const struct sek_policy_info *p, const json_t *j, struct sek_policy_value *v, char *err,
	size_t err_size)
{
	switch (p->type) {
	case SEK_POLICY_CHOICE:
		return read_choice(p, j, &v->number, err, err_size);
	case SEK_POLICY_NUMBER:
		return read_number(p, j, &v->number, err, err_size);
	case SEK_POLICY_FLAG:
		if (!json_is_boolean(j)) {
			snprintf(err, err_size, "must be true or false");
			return sek_fail(SEK_E_MALFORMED);
		}
		v->number = json_is_true(j);
		return sek_ok();
	case SEK_POLICY_LIST:
		return sek_policy_list_from_json(j, p->most, &v->list, err, err_size);
	case SEK_POLICY_HOURS_OF_WEEK:
		if (!json_is_string(j)) {
			snprintf(err, err_size, "must be a text such as \"mon-fri 08:30-18:00\", \"always\" or \"never\"");
			return sek_fail(SEK_E_MALFORMED);
		}
		return sek_policy_hours_parse(json_string_value(j), json_string_length(j), &v->hours, err, err_size);
	}
	return sek_fail(SEK_E_INTERNAL);
}

sek_status sek_policy_value_parse(enum sek_policy_attribute a, const char *json, size_t n, struct sek_policy_value *ret,
	char *err, size_t err_size)
{
	const struct sek_policy_info *p = sek_policy_info(a);
	char what[SEK_POLICY_ERROR_BYTES] = "out of memory";
	struct sek_policy_value v = { .number = 0 };
	sek_status status;
	json_t *j;

	if (n > SEK_POLICY_VALUE_MAX_BYTES) {
		snprintf(err, err_size, "%s: the value has more than %d bytes", p->name, SEK_POLICY_VALUE_MAX_BYTES);
		return sek_fail(SEK_E_LIMIT);
	}
	j = json_loadb(json, n, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
	if (!j) {
		snprintf(err, err_size, "%s: the value is not JSON: write for example %s", p->name, p->built_in);
		return sek_fail(SEK_E_MALFORMED);
	}
	status = read_json(p, j, &v, what, sizeof what);
	json_decref(j);
	if (sek_is_ok(status)) {
		*ret = v;
		return status;
	}
	sek_policy_value_finish(&v);
	snprintf(err, err_size, "%s: %s", p->name, what);
	return status;
}

json_t *sek_policy_value_to_json(enum sek_policy_attribute a, const struct sek_policy_value *v)
{
	const struct sek_policy_info *p = sek_policy_info(a);
	json_t *ret = NULL;
	char *text = NULL;
	size_t i;

	switch (p->type) {
	case SEK_POLICY_CHOICE:
		for (i = 0; i < p->n_words; i++)
			if (p->words[i].grants == v->number)
				return json_string(p->words[i].word);
		return NULL;
	case SEK_POLICY_FLAG:
		return json_boolean(v->number);
	case SEK_POLICY_NUMBER:
		return json_integer((json_int_t)v->number);
	case SEK_POLICY_LIST:
		return sek_policy_list_to_json(v->list);
	case SEK_POLICY_HOURS_OF_WEEK:
		if (sek_is_ok(sek_policy_hours_text(&v->hours, &text)))
			ret = json_string(text);
		free(text);
		return ret;
	}
	return NULL;
}

sek_status sek_policy_check(enum sek_policy_attribute a, const char *json, size_t n, char **ret, char *err, size_t err_size)
{
	struct sek_policy_value v = { .number = 0 };
	char *text = NULL;
	json_t *j;

	SEK_TRY(sek_policy_value_parse(a, json, n, &v, err, err_size));
	j = sek_policy_value_to_json(a, &v);
	if (j)
		text = json_dumps(j, JSON_COMPACT | JSON_ENCODE_ANY);
	json_decref(j);
	sek_policy_value_finish(&v);
	if (!text) {
		snprintf(err, err_size, "out of memory");
		return sek_fail(SEK_E_NOMEM);
	}
	if (ret)
		*ret = text;
	else
		free(text);
	return sek_ok();
}

/* --- comparing --- */

sek_status sek_policy_value_strictest(enum sek_policy_attribute a, struct sek_policy_value *ret)
{
	const struct sek_policy_info *p = sek_policy_info(a);
	struct sek_policy_value v = { .number = 0 };

	if (p->type == SEK_POLICY_NUMBER)
		v.number = p->zero_is_no_limit ? 1 : p->least;
	if (p->type == SEK_POLICY_FLAG)
		v.number = p->less_loosens;
	if (p->type == SEK_POLICY_LIST) {
		v.list = strdup(p->less_loosens ? "*\n" : "");
		if (!v.list)
			return sek_fail(SEK_E_NOMEM);
	}
	*ret = v;
	return sek_ok();
}

/* How loose a number is: larger is looser. */
static uint64_t looseness(const struct sek_policy_info *p, uint32_t n)
{
	if (p->zero_is_no_limit && n == 0)
		return UINT64_MAX;
	return p->less_loosens ? (uint64_t)UINT32_MAX - n : n;
}

/* Whether b allows something that a does not. */
static bool exceeds(const struct sek_policy_info *p, const struct sek_policy_value *b, const struct sek_policy_value *a)
{
	size_t i;

	switch (p->type) {
	case SEK_POLICY_CHOICE:
		return (b->number & ~a->number) != 0;
	case SEK_POLICY_FLAG:
	case SEK_POLICY_NUMBER:
		return looseness(p, b->number) > looseness(p, a->number);
	case SEK_POLICY_LIST:
		return p->less_loosens ? sek_policy_list_exceeds(a->list, b->list) : sek_policy_list_exceeds(b->list, a->list);
	case SEK_POLICY_HOURS_OF_WEEK:
		for (i = 0; i < sizeof a->hours.minutes; i++)
			if (b->hours.minutes[i] & ~a->hours.minutes[i])
				return true;
		return false;
	}
	return true;
}

enum sek_policy_change sek_policy_value_compare(enum sek_policy_attribute a, const struct sek_policy_value *before,
	const struct sek_policy_value *after)
{
	const struct sek_policy_info *p = sek_policy_info(a);

	return (enum sek_policy_change)((exceeds(p, after, before) ? SEK_POLICY_LOOSENS : 0) |
		(exceeds(p, before, after) ? SEK_POLICY_TIGHTENS : 0));
}

enum sek_policy_change sek_policy_compare(enum sek_policy_attribute a, const char *before, const char *after)
{
	struct sek_policy_value v = { .number = 0 }, w = { .number = 0 };
	enum sek_policy_change ret = SEK_POLICY_LOOSENS_AND_TIGHTENS;
	char err[SEK_POLICY_ERROR_BYTES];

	if ((sek_is_ok(sek_policy_value_parse(a, before, strlen(before), &v, err, sizeof err)) ||
			sek_is_ok(sek_policy_value_strictest(a, &v))) &&
			(sek_is_ok(sek_policy_value_parse(a, after, strlen(after), &w, err, sizeof err)) ||
			sek_is_ok(sek_policy_value_strictest(a, &w))))
		ret = sek_policy_value_compare(a, &v, &w);
	sek_policy_value_finish(&v);
	sek_policy_value_finish(&w);
	return ret;
}

sek_status sek_policy_value_meet(enum sek_policy_attribute a, struct sek_policy_value *v, const struct sek_policy_value *w)
{
	const struct sek_policy_info *p = sek_policy_info(a);
	char *list;
	size_t i;

	if (p->type == SEK_POLICY_CHOICE) {
		v->number &= w->number;
	} else if (p->type == SEK_POLICY_HOURS_OF_WEEK) {
		for (i = 0; i < sizeof v->hours.minutes; i++)
			v->hours.minutes[i] &= w->hours.minutes[i];
	} else if (p->type == SEK_POLICY_LIST) {
		list = sek_policy_list_meet(v->list, w->list, p->less_loosens);
		if (!list)
			return sek_fail(SEK_E_NOMEM);
		free(v->list);
		v->list = list;
	} else if (looseness(p, w->number) < looseness(p, v->number)) {
		v->number = w->number;
	}
	return sek_ok();
}
