/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The members of an administration operation, as a client with a stolen cookie could send them: what passes must be within
 * the limits of its list and must pass again unchanged.
 */
#include <string.h>

#include "base/error.h"
#include "broker/hub/admin/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct sek_admin_field fields[] = {
	{ "name", SEK_ADMIN_NAME, false, 1, 64 },    { "place", SEK_ADMIN_NAME, false, 0, 1 },
	{ "value", SEK_ADMIN_ANY, false, 0, 0 },     { "words", SEK_ADMIN_WORDS, false, 0, 8 },
	{ "approve", SEK_ADMIN_BOOL, false, 0, 0 },  SEK_ADMIN_REASON, SEK_ADMIN_VERSION, SEK_ADMIN_PAGING, { 0 },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *in = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL), *copy;
	const char *field = NULL;

	if (!json_is_object(in)) {
		json_decref(in);
		return 0;
	}
	if (sek_admin_check(in, fields, &field)) {
		SEK_ASSERT(field);
	} else {
		SEK_ASSERT(strlen(json_string_value(json_object_get(in, "reason"))) <= SEK_ADMIN_REASON_CHARS * 4);
		copy = json_deep_copy(in);
		SEK_ASSERT(!sek_admin_check(copy, fields, &field) && json_equal(copy, in));
		json_decref(copy);
	}
	json_decref(in);
	return 0;
}
