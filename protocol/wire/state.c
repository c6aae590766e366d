/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is known about each state of a session; everything comes from states.def. Freestanding.
 */
#include "protocol/wire/names.h"
#include "protocol/wire/wire.h"

/* The words that states.def uses. */
enum { LIVE = 1, ENDED = 2 };
enum { HOST = SEK_WHO_HOST, DECODER = SEK_WHO_DECODER, BROKER = SEK_WHO_BROKER };

struct row {
	uint16_t number;
	uint8_t kind, who;
	char name[SEK_NAME_MAX];
};

static const struct row rows[] = {
#define SEK_STATE(name, number, kind, who, text) { number, kind, who, SEK_LOWER(#name) },
#include "protocol/wire/states.def"
#undef SEK_STATE
};

#define SEK_STATE(name, number, kind, who, text) \
	_Static_assert(sizeof(#name) <= SEK_NAME_MAX && (number) > 0 && (number) <= 0xffff, "state " #name);
#include "protocol/wire/states.def"
#undef SEK_STATE

static const struct row *find(uint32_t state)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (rows[i].number == state)
			return &rows[i];
	}
	return NULL;
}

bool sek_state_known(uint32_t state)
{
	return find(state) != NULL;
}

bool sek_state_ended(uint32_t state)
{
	const struct row *r = find(state);

	return r && r->kind == ENDED;
}

bool sek_state_from_host(uint32_t state)
{
	const struct row *r = find(state);

	return r && r->who == HOST;
}

bool sek_state_from_gap(uint32_t state)
{
	const struct row *r = find(state);

	return r && (r->who == HOST || r->who == DECODER);
}

const char *sek_state_name(uint32_t state)
{
	const struct row *r = find(state);

	return r ? r->name : "unknown";
}
