/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A real render farm on loopback: a CA, one or two sekisho-renderd with their sandboxes, and a folder with the programs of
 * this build, where every uid can run them. Needs root.
 */
#ifndef SEK_TESTS_SUPPORT_FARM_H
#define SEK_TESTS_SUPPORT_FARM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define FARM_HOSTS 2

struct farm_host {
	char name[64], address[16], config[160], log[160];
	uint16_t port;
	uid_t uid_base;
	pid_t pid; /* 0 = not running */
};

struct farm {
	char dir[64], sessions[64];
	char ca[128], crl[128], intermediate[128], intermediate_key[128], decoder[128], encoder[128];
	struct farm_host hosts[FARM_HOSTS];
};

/* Makes everything; starts nothing. Fails the test if it cannot. */
void farm_init(struct farm *f);
/* Starts renderd and waits until it accepts connections. */
void farm_start(struct farm *f, int host);
/* SIGTERM (or SIGKILL) and its exit is waited for. */
void farm_stop(struct farm *f, int host);
void farm_kill(struct farm *f, int host);
/* A new CRL that says it was signed at `now` (0: really now); `revoke`: a name whose certificates it lists, or NULL. */
void farm_sign_crl(struct farm *f, time_t now, const char *revoke);
/* Prints the render hosts' logs (after a failure). */
void farm_tell(const struct farm *f);
void farm_finish(struct farm *f);

#endif
