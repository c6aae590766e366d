/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the parts of the configuration's check share. Must never refuse without saying which key of which line it is.
 */
#include <libgen.h>
#include <limits.h>
#include <stdio.h>

#include "base/config.h"
#include "broker/hub/config.h"
#include "broker/hub/config_file.h"

sek_status sek_config_at(const struct sek_config_place *k, const char *key, sek_status status)
{
	if (!sek_is_ok(status))
		sek_config_locate(k->path, key, k->err, k->err_size);
	return status;
}

sek_status sek_config_refuse(const struct sek_config_place *k, const char *key, const char *what)
{
	snprintf(k->err, k->err_size, "%s: %s", key, what);
	return sek_config_at(k, key, sek_fail(SEK_E_CONFIG));
}

sek_status sek_config_beside_store(const struct sek_broker_config *c, const char *given, const char *name, char **made,
	const char **ret)
{
	char copy[PATH_MAX];

	if (given) {
		*ret = given;
		return sek_ok();
	}
	snprintf(copy, sizeof copy, "%s", c->store_path);
	if (asprintf(made, "%s/%s", dirname(copy), name) < 0) {
		*made = NULL;
		return sek_fail(SEK_E_NOMEM);
	}
	*ret = *made;
	return sek_ok();
}
