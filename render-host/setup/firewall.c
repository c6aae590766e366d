/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The addresses of a render host for the nftables rules that ship (zones.nft), checked by nft itself before anything is loaded.
 */
#include "render-host/setup/host.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RULES "/usr/share/sekisho/nftables/render-host.nft"
#define UNIT "sekisho-render-firewall"

static bool check_networks(void *ctx, char *answer, char *err, size_t err_size)
{
	struct host *h = ctx;
	char bad[SEK_ANSWER_BYTES] = "";

	return sek_networks_normalize(answer, bad, sizeof bad) || sek_wrong(&h->q, err, err_size, &host_bad_network, bad);
}

static bool check_management(void *ctx, char *answer, char *err, size_t err_size)
{
	struct host *h = ctx;
	char from[64];

	if (strcmp(answer, "off") == 0)
		return true;
	if (!check_networks(h, answer, err, err_size))
		return false;
	if (strchr(h->listen, ':'))
		return sek_wrong(&h->q, err, err_size, &host_no_ipv6_rules);
	if (sek_networks_shut_out(answer, from))
		return sek_wrong(&h->q, err, err_size, &host_locks_out, from);
	return sek_setup_run((const char *const[]){ "nft", "--version", NULL }, NULL, NULL, (char[64]){ 0 }, 64) == 0 ||
		sek_wrong(&h->q, err, err_size, &host_no_nft);
}

void host_ask_firewall_rules(struct host *h)
{
	if (sek_question(&h->q, &host_ask_management, "off", check_management, h, h->management) && strcmp(h->management, "off") != 0)
		(void)sek_question(&h->q, &host_ask_never, "none", check_networks, h, h->never);
}

/* From where apt takes packages: the addresses of now. */
static void put_updates(char *list, size_t size)
{
	const char *const argv[] = { "sh", "-c", "cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2> /dev/null", NULL };
	char text[16384] = "", *at = text, *line, host[256];

	(void)sek_setup_run(argv, NULL, NULL, text, sizeof text);
	while ((line = strsep(&at, "\n"))) {
		const char *url = *line == '#' ? NULL : strstr(line, "://");

		if (url && sscanf(url + 3, "%255[^/: ]", host) == 1)
			(void)sek_addresses_of(host, "", list, size);
	}
}

static bool put_upstream(const struct host *h, FILE *f)
{
	char host[SEK_ANSWER_BYTES], suffix[16], list[1024] = "", *colon;

	if (strcmp(h->upstream, "none") == 0)
		return true;
	snprintf(host, sizeof host, "%s", h->upstream);
	colon = strrchr(host, ':');
	*colon = '\0';
	snprintf(suffix, sizeof suffix, " . %.5s", colon + 1);
	if (!sek_addresses_of(host, suffix, list, sizeof list))
		return false;
	fprintf(f, "redefine upstream = { %s }\n", list);
	return true;
}

static const char *or_nobody(const char *networks)
{
	return !networks[0] || strcmp(networks, "none") == 0 ? "0.0.0.0" : networks;
}

static bool zones(const struct host *h, FILE *f)
{
	char inner[32] = "lo", internet[32] = "lo", resolvers[1024] = "", updates[2048] = "";
	int last = HOST_UID_BASE + 2 * (atoi(h->sessions) + HOST_WARM) - 1;

	(void)sek_face_of(h->listen, inner);
	if (!sek_default_interface(internet))
		(void)sek_face_of(h->listen, internet);
	sek_resolvers_of("", NULL, resolvers, sizeof resolvers);
	put_updates(updates, sizeof updates);
	/* what only the broker's rules ask for is not here */
	fprintf(f, "# Made by sekisho-setup-host for this render host; the broker has a file of its own (example: zones.example.nft).\n"
		"define broker_inner = { 0.0.0.0 }\ndefine management = { %s }\ndefine broker_outer = { %s }\ndefine render_interface = \"%s\"\n"
		"define render_hosts = { %s }\ndefine render_port = %u\ndefine internet_interface = \"%s\"\ndefine session_uids = %d-%d\n",
		or_nobody(h->management), h->broker, inner, h->listen, h->port, internet, HOST_UID_BASE, last);
	fprintf(f, "define resolvers = { %s }\ndefine updates = { %s }\ndefine never = { %s }\n", or_nobody(resolvers), or_nobody(updates), or_nobody(h->never));
	return put_upstream(h, f);
}

static bool load(struct host *h)
{
	char said[4096] = "";

	if (sek_setup_run((const char *const[]){ "nft", "-I", h->etc, "-c", "-f", RULES, NULL }, NULL, NULL, said, sizeof said) != 0) {
		SAY(h, host_rules_wrong, said);
		return false;
	}
	if (h->no_start || access("/run/systemd/system", F_OK) != 0) {
		SAY(h, host_rules_by_hand, h->etc, RULES);
		return true;
	}
	if (sek_setup_run((const char *const[]){ "systemctl", "--quiet", "enable", UNIT, NULL }, NULL, NULL, said, sizeof said) != 0 ||
	    sek_setup_run((const char *const[]){ "systemctl", "restart", UNIT, NULL }, NULL, NULL, said, sizeof said) != 0) {
		SAY(h, host_rules_wrong, said);
		return false;
	}
	SAY(h, host_rules_loaded);
	return true;
}

bool host_firewall(struct host *h)
{
	char path[PATH_MAX], *text = NULL;
	size_t size = 0;
	FILE *f;
	bool ok;

	if (strcmp(h->management, "off") == 0)
		return true;
	f = open_memstream(&text, &size);
	if (!f)
		return false;
	ok = zones(h, f);
	if (fclose(f) != 0 || !ok) {
		SAY(h, host_upstream_unknown, h->upstream);
		free(text);
		return false;
	}
	snprintf(path, sizeof path, "%.3000s/zones.nft", h->etc);
	ok = sek_setup_write(&h->q, path, text, strlen(text), 0644, NULL) != SEK_WROTE_FAILED;
	free(text);
	return ok && (access(RULES, F_OK) != 0 || load(h));
}
