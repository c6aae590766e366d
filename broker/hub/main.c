/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-broker: the process on the border. Reads the command line and the configuration, then runs the parts until it is told to
 * end. Must never run when any part could not be started.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "base/notify.h"
#include "broker/hub/auth/password.h"
#include "broker/hub/moved.h"
#include "broker/hub/parts.h"
#include "broker/hub/protect.h"
#include "broker/hub/samekeys.h"
#include "broker/hub/users.h"

static int run(struct sek_parts *b, const struct sek_options *o)
{
	sek_parts_init(b);
	if (sek_is_ok(sek_parts_start(b, o))) {
		sek_log(SEK_LOG_INFO, "broker.ready", "version", SEK_VERSION, "url", b->config->origins[0], NULL);
		sek_notify("READY=1");
	} else {
		b->failed = true;
		sek_parts_stop(b);
	}
	uv_run(&b->loop, UV_RUN_DEFAULT);
	sek_parts_destroy(b);
	sek_log(SEK_LOG_INFO, "broker.stopped", NULL);
	return b->failed ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct sek_options o = { .status_fd = -1 };
	static struct sek_parts b;
	char folder[PATH_MAX], err[SEK_CONFIG_ERROR_BYTES] = "";
	int r = sek_options_parse(argc, argv, &o);

	if (r >= 0)
		return r;
	if (!sek_protect_process()) {
		perror("sekisho-broker");
		return 1;
	}
	sek_ldap_init();
	sek_program_folder(folder, sizeof folder);
	if (!sek_is_ok(sek_broker_config_load(o.config, folder, &b.config, err, sizeof err)) ||
			(o.check && !sek_is_ok(sek_front_check_tls(b.config->certificate, b.config->key, err, sizeof err)))) {
		fprintf(stderr, "%s\n", err);
		sek_broker_config_free(b.config);
		return 1;
	}
	if (o.check) {
		printf("OK\n");
	} else if (o.user_argv || o.accept_keys || o.migrate) {
		r = o.migrate ? sek_moved_main(b.config, o.ja) : o.accept_keys ? sek_samekeys_accept(b.config) : sek_users_main(b.config, o.user_argc, o.user_argv);
	} else {
		if (b.config->time_zone)
			setenv("TZ", b.config->time_zone, 1);
		tzset();
		sek_log_init("sekisho-broker", b.config->log_level);
		r = sek_is_ok(sek_auth_init()) ? run(&b, &o) : 1;
	}
	sek_broker_config_free(b.config);
	return r < 0 ? 0 : r;
}
