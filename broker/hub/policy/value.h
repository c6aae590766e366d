/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One attribute's value outside of a policy: read, written, compared, met. Private to policy/.
 */
#ifndef SEK_BROKER_HUB_POLICY_VALUE_H
#define SEK_BROKER_HUB_POLICY_VALUE_H

#include <jansson.h>

#include "broker/hub/policy/policy.h"

struct sek_policy_value {
	uint32_t number; /* CHOICE (bits), FLAG, NUMBER */
	char *list;      /* LIST, else NULL: heap */
	struct sek_policy_hours hours;
};

void sek_policy_value_finish(struct sek_policy_value *v);
/* ret is zeroed or finished before. */
sek_status sek_policy_value_parse(enum sek_policy_attribute a, const char *json, size_t n, struct sek_policy_value *ret,
	char *err, size_t err_size);
/* A new reference, NULL when out of memory. */
json_t *sek_policy_value_to_json(enum sek_policy_attribute a, const struct sek_policy_value *v);
/* What nothing is stricter than. */
sek_status sek_policy_value_strictest(enum sek_policy_attribute a, struct sek_policy_value *ret);
enum sek_policy_change sek_policy_value_compare(enum sek_policy_attribute a, const struct sek_policy_value *before,
	const struct sek_policy_value *after);
/* Makes *v the strictest of both. */
sek_status sek_policy_value_meet(enum sek_policy_attribute a, struct sek_policy_value *v, const struct sek_policy_value *w);

/* list.c: sorted lines */
/* Checks and lowers one pattern of n bytes into ret (SEK_POLICY_PATTERN_MAX_BYTES + 1). */
sek_status sek_policy_pattern(const char *text, size_t n, char *ret, char *err, size_t err_size);
sek_status sek_policy_list_from_json(const json_t *array, size_t most, char **ret, char *err, size_t err_size);
json_t *sek_policy_list_to_json(const char *list);
/* Whether every address that `item` stands for is surely also in the list: it is there, or "*" is. */
bool sek_policy_list_covers(const char *list, const char *item, size_t n);
/* a has something that b does not cover. */
bool sek_policy_list_exceeds(const char *a, const char *b);
/* What both cover (allow lists), or all of both (block lists). Heap; NULL when out of memory. */
char *sek_policy_list_meet(const char *a, const char *b, bool all);

#endif
