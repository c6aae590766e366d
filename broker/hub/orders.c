/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See orders.h. Must never do more than the same operation does where the session is: what was asked has been checked, and is on the record, at the
 * broker that asks.
 */
#include "broker/hub/orders.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "broker/hub/session/keep.h"

struct owner {
	const char *id;
	char user[SEK_STORE_NAME_BYTES];
};

static void find_owner(void *ctx, const struct sek_session_info *info)
{
	struct owner *o = ctx;

	if (strcmp(info->id, o->id) == 0)
		snprintf(o->user, sizeof o->user, "%s", info->user);
}

void sek_orders_carry_out(struct sek_sessions *sessions, struct sek_admin *admin, const struct sek_store_order *order, const char *text)
{
	struct owner owner = { .id = order->session };
	uint8_t id[SEK_SESSION_ID_BYTES];
	size_t n = 0;

	if (order->ask == SEK_ASK_LET_GO) {
		sek_sessions_let_go(sessions, order->session, order->generation);
		return;
	}
	if (sodium_hex2bin(id, sizeof id, order->session, strlen(order->session), NULL, &n, NULL) != 0 || n != sizeof id)
		return;
	sek_sessions_each(sessions, find_owner, &owner);
	if (!owner.user[0])
		return; /* it is not here any more */
	if (order->ask == SEK_ASK_OVERRIDE) {
		sek_admin_override_asked(sessions, id, text ? text : "");
		return;
	}
	if (text && *text && admin)
		sek_admin_say(admin, owner.user, text);
	if (order->ask == SEK_ASK_END)
		(void)sek_sessions_end_one(sessions, id, SEK_STATE_ENDED_ADMIN);
	else if (order->ask == SEK_ASK_MESSAGE)
		(void)sek_sessions_say(sessions, id, SEK_STATE_MESSAGE);
}
