/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A session's policy: the attributes of protocol/policy.def, their values as JSON text, how values compare, and how one
 * policy comes out of what stands at the site, the user's groups, the user and the session. Knows neither store nor
 * sessions; does no I/O. Every failure ends in the stricter value.
 */
#ifndef SEK_BROKER_HUB_POLICY_POLICY_H
#define SEK_BROKER_HUB_POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "protocol/limits.h"

#define SEK_POLICY_VALUE_MAX_BYTES 65536 /* JSON text of one value */
#define SEK_POLICY_PATTERN_MAX_BYTES 255 /* of one pattern of url_allow and url_block */
#define SEK_POLICY_LIST_MAX_BYTES SEK_RULES_LIST_MAX_BYTES /* of all patterns of a list, with one byte more for each */
#define SEK_POLICY_HOURS_MAX_BYTES 1000  /* text of `hours` */
#define SEK_POLICY_HOURS_MAX_WINDOWS 64  /* in it */
#define SEK_POLICY_ERROR_BYTES 400       /* enough for every message of this folder */
#define SEK_WEEK_MINUTES (7 * 24 * 60)

enum sek_policy_attribute {
#define SEK_POLICY(NAME, member, TYPE, built_in, least, most, looser, text) SEK_POLICY_##NAME,
#include "protocol/policy.def"
	SEK_POLICY_ATTRIBUTES,
};

/* SEK_CLIPBOARD_BOTH and so on: the values of attributes of type CHOICE. */
enum {
#define SEK_POLICY_WORD(ATTRIBUTE, NAME, word, grants, available, text) SEK_##ATTRIBUTE##_##NAME = (grants),
#include "protocol/policy.def"
};

enum sek_policy_type { SEK_POLICY_CHOICE, SEK_POLICY_FLAG, SEK_POLICY_NUMBER, SEK_POLICY_LIST, SEK_POLICY_HOURS_OF_WEEK };

/* One bit for each minute of the week in which sessions are allowed, from Monday 00:00 in the site's time zone. */
struct sek_policy_hours {
	uint8_t minutes[SEK_WEEK_MINUTES / 8];
};

#define SEK_POLICY_C_CHOICE uint32_t
#define SEK_POLICY_C_FLAG bool
#define SEK_POLICY_C_NUMBER uint32_t
#define SEK_POLICY_C_LIST char * /* heap: patterns, each with a newline behind it, sorted; never NULL once resolved */
#define SEK_POLICY_C_HOURS struct sek_policy_hours

/* What holds for one session: policy.clipboard == SEK_CLIPBOARD_BOTH, policy.idle_minutes, policy.url_allow... */
struct sek_policy {
#define SEK_POLICY(NAME, member, TYPE, built_in, least, most, looser, text) SEK_POLICY_C_##TYPE member;
#include "protocol/policy.def"
};

struct sek_policy_word {
	const char *word;
	uint32_t grants;
	bool available;
	const char *text;
};

/* What policy.def says of one attribute. All in static memory. */
struct sek_policy_info {
	const char *name;      /* "clipboard_max_chars" */
	enum sek_policy_type type;
	const char *built_in;  /* JSON text */
	uint32_t least, most;
	bool less_loosens, zero_is_no_limit;
	const struct sek_policy_word *words; /* CHOICE, else NULL */
	size_t n_words;
	const char *text;
};

/* --- attributes and values (value.c) --- */

const struct sek_policy_info *sek_policy_info(enum sek_policy_attribute a);
/* Before anything else, once: this broker can record, so `recording` has "required" built in. */
void sek_policy_can_record(void);
/* Likewise: this broker has a place for documents, so words that let them cross as pixels are values. */
void sek_policy_can_keep_documents(void);
/* The attribute of that name of n bytes (hostile): false if there is none. */
bool sek_policy_find(const char *name, size_t n, enum sek_policy_attribute *ret);
/* Its name, its words, its range, as JSON: {"name":"clipboard","type":"choice","builtIn":"none","words":[{"word":"none",
 * "available":true,..}],..}, all of them in an array: heap text. SEK_E_NOMEM. */
sek_status sek_policy_definition_json(char **ret);

/* Checks n bytes of JSON (hostile) as a value of `a` and writes its one form (heap text) into *ret; NULL is allowed. On failure
 * says into err what is wrong and what to write instead. SEK_E_MALFORMED: not JSON, wrong type, not a value; SEK_E_LIMIT:
 * too large; SEK_E_DENIED: a value that this version does not have yet; SEK_E_NOMEM. */
sek_status sek_policy_check(enum sek_policy_attribute a, const char *json, size_t n, char **ret, char *err, size_t err_size);

enum sek_policy_change { SEK_POLICY_SAME = 0, SEK_POLICY_LOOSENS = 1, SEK_POLICY_TIGHTENS = 2, SEK_POLICY_LOOSENS_AND_TIGHTENS = 3 };
/* What going from one value to another does. Both are JSON text that sek_policy_check passed (n bytes are not needed: they
 * are terminated); one that is not valid counts as the strictest. */
enum sek_policy_change sek_policy_compare(enum sek_policy_attribute a, const char *before, const char *after);

/* --- resolving (resolve.c) --- */

enum sek_policy_scope { SEK_SCOPE_BUILT_IN, SEK_SCOPE_SITE, SEK_SCOPE_GROUP, SEK_SCOPE_USER, SEK_SCOPE_SESSION };
const char *sek_policy_scope_name(enum sek_policy_scope scope); /* "built-in", "site", "group", "user", "session" */

/* One value that stands somewhere. The texts belong to the caller. */
struct sek_policy_row {
	enum sek_policy_scope scope; /* SITE to SESSION; of GROUP only rows of groups in which the user is */
	const char *name;            /* of the group; else not looked at */
	enum sek_policy_attribute attribute;
	const char *value;           /* JSON text; one that is not valid counts as the strictest */
};

/* Where a value comes from. */
struct sek_policy_origin {
	enum sek_policy_scope scope;
	int row;         /* index of the row whose value holds; -1: built in, or made of several groups' */
	unsigned groups; /* scope GROUP: how many groups had a word in it */
	bool damaged;    /* a row could not be read */
};

/* Built-in, then site, groups (the strictest of them), user, session: the last that says something about an attribute
 * decides. Rows in any order. ret_origins (may be NULL) has SEK_POLICY_ATTRIBUTES entries. *ret is to be finished.
 * SEK_E_NOMEM. */
sek_status sek_policy_resolve(const struct sek_policy_row *rows, size_t n, struct sek_policy *ret,
	struct sek_policy_origin *ret_origins);
void sek_policy_finish(struct sek_policy *p); /* NULL and zeroed are fine */
/* Whether one attribute has the same value in both. */
bool sek_policy_same(const struct sek_policy *p, const struct sek_policy *q, enum sek_policy_attribute a);
/* The value of one attribute as JSON text (heap). SEK_E_NOMEM. */
sek_status sek_policy_value_json(const struct sek_policy *p, enum sek_policy_attribute a, char **ret);
/* "explain": [{"attribute":"clipboard","value":"both","from":"group","name":"sales","groups":2,"rows":[{"scope":"site","value":
 * "none"},..]},..], every attribute in order with each row that has a word in it: heap text. "strictest":true where the
 * value is the strictest of several groups'. SEK_E_NOMEM. */
sek_status sek_policy_explain_json(const struct sek_policy_row *rows, size_t n, char **ret);

/* --- hours (hours.c) --- */

/* Reads "mon-fri 08:30-18:00; sat,sun 22:00-02:00" (a window that ends before it begins ends on the next day; 24:00 is the
 * day's end), "always" or "never", n bytes, hostile. SEK_E_MALFORMED or SEK_E_LIMIT with words in err. */
sek_status sek_policy_hours_parse(const char *text, size_t n, struct sek_policy_hours *ret, char *err, size_t err_size);
/* The one form of the text (heap). SEK_E_NOMEM. */
sek_status sek_policy_hours_text(const struct sek_policy_hours *h, char **ret);
bool sek_policy_hours_allow(const struct sek_policy_hours *h, unsigned week_minute);
/* Minute of the week, 0 = Monday 00:00, of a time in the process's time zone (the broker sets TZ to the site's). */
unsigned sek_policy_week_minute(int64_t now_s);
/* Seconds from now_s until the hours are over: 0 if they are over, at most `horizon_s`. Follows the clock's changes to and
 * from summer time. */
uint32_t sek_policy_hours_left(const struct sek_policy_hours *h, int64_t now_s, uint32_t horizon_s);

#endif
