/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Load balancers in front of a broker. Must never take an address for one that cannot be: whoever is one says whose every connection is.
 */
#include <stdio.h>

#include "broker/hub/config.h"
#include "broker/hub/config_file.h"

sek_status sek_config_fill_proxies(const struct sek_config_place *k, struct sek_broker_config *c)
{
	const struct file_inner *in = &c->file->inner;
	char key[40];

	for (unsigned i = 0; i < in->proxy_from_count; i++) {
		snprintf(key, sizeof key, "inner.proxy_from.%u", i);
		SEK_TRY(sek_config_at(k, key, sek_config_check_address(key, in->proxy_from[i], k->err, k->err_size)));
	}
	c->proxies = (struct sek_door_proxies){ (const char *const *)in->proxy_from, in->proxy_from_count };
	return sek_ok();
}
