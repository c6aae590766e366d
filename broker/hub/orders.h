/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What other brokers ask of this one about one session, carried out.
 */
#ifndef SEK_BROKER_HUB_ORDERS_H
#define SEK_BROKER_HUB_ORDERS_H

#include "broker/hub/admin/admin.h"
#include "broker/hub/session/session.h"
#include "broker/hub/store/brokers.h"

/* text: the order's, NULL = none. A session that is not here (any more) is passed over. admin keeps messages for users; NULL is fine. */
void sek_orders_carry_out(struct sek_sessions *sessions, struct sek_admin *admin, const struct sek_store_order *order, const char *text);

#endif
