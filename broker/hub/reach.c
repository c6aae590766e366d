/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See reach.h. Must never send users away where nobody is better off.
 */
#include "broker/hub/reach.h"

uint64_t sek_reach_since(const struct sek_reach *r)
{
	return r->none ? r->none_ms + SEK_REACH_NONE_MS : UINT64_MAX;
}

static void since(bool now, bool *is, uint64_t *ms, uint64_t now_ms)
{
	if (now && !*is)
		*ms = now_ms;
	*is = now;
}

bool sek_reach_decide(struct sek_reach *r, uint64_t now_ms, unsigned watched, unsigned heard, unsigned unknown, bool others)
{
	bool none = watched > 0 && heard == 0 && (r->away || unknown == 0);

	since(none, &r->none, &r->none_ms, now_ms);
	since(heard > 0, &r->some, &r->some_ms, now_ms);
	if (!r->away) {
		r->away = none && others && now_ms >= sek_reach_since(r);
	} else if (watched == 0 || (none && !others)) {
		/* nobody is better off any more: it begins anew, or two that take turns would send users to and fro */
		r->away = r->none = false;
	} else if (r->some && now_ms - r->some_ms >= SEK_REACH_BACK_MS) {
		r->away = false;
	}
	return r->away;
}
