/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * When a broker that reaches no render host sends its users to another one. Only the decision: what is known is given, nothing is asked.
 */
#ifndef SEK_BROKER_HUB_REACH_H
#define SEK_BROKER_HUB_REACH_H

#include <stdbool.h>
#include <stdint.h>

/* A fault of the farm itself is seen by every broker, though not in the same second: what another one said before all this time had passed
 * may be of before the fault. */
#define SEK_REACH_NONE_MS 2000
/* A host is heard of again, without a break: the broker takes users again. */
#define SEK_REACH_BACK_MS 5000

/* Times are of one clock that only goes forward, in ms. Zeroed before use. */
struct sek_reach {
	bool none, some;                 /* whether the following are set */
	uint64_t none_ms, some_ms;       /* since when no host, or at least one, has been heard of */
	bool away;
};

/* From which time on another broker's word counts, while no host is heard of. */
uint64_t sek_reach_since(const struct sek_reach *r);
/* Takes what is so now and says whether users are better off elsewhere. watched, heard: render hosts; unknown: of those that are not heard of, the ones that
 * were not called to an end yet. others: another broker has said since sek_reach_since, and not long ago, that it reaches a host. */
bool sek_reach_decide(struct sek_reach *r, uint64_t now_ms, unsigned watched, unsigned heard, unsigned unknown, bool others);

#endif
