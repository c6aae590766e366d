/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Numbers that look random and are the same for the same seed on every machine (SplitMix64's steps): what staff do and when, and what the
 * pages show. Never for anything that has to be secret.
 */
#ifndef SEK_CLIENT_LOAD_RANDOM_H
#define SEK_CLIENT_LOAD_RANDOM_H

#include <stdint.h>

struct load_random {
	uint64_t state; /* the seed, to begin with */
};

static inline uint64_t load_random_next(struct load_random *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* least..most, both included; most - least below 2^32. */
static inline uint32_t load_random_between(struct load_random *r, uint32_t least, uint32_t most)
{
	return least + (uint32_t)((load_random_next(r) >> 32) * ((uint64_t)most - least + 1) >> 32);
}

/* A stream of its own for each of many: staff, pages, pictures. */
static inline struct load_random load_random_of(uint64_t seed, uint64_t which)
{
	struct load_random r = { seed ^ (which + 1) * 0xd1342543de82ef95u };

	(void)load_random_next(&r);
	return r;
}

#endif
