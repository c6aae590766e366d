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
static void put_updates(bool six, char *list, size_t size)
{
	const char *const argv[] = { "sh", "-c", "cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2> /dev/null", NULL };
	char text[16384] = "", *at = text, *line, host[256];

	(void)sek_setup_run(argv, NULL, NULL, text, sizeof text);
	while ((line = strsep(&at, "\n"))) {
		const char *url = *line == '#' ? NULL : strstr(line, "://");

		if (url && sscanf(url + 3, "%255[^/: ]", host) == 1)
			(void)sek_addresses_of(host, six, "", list, size);
	}
}

static bool put_upstream(const struct host *h, FILE *f)
{
	char host[SEK_ANSWER_BYTES], suffix[16], four[1024] = "", six[1024] = "", *colon;
	const char *name = host;

	if (strcmp(h->upstream, "none") == 0)
		return true;
	snprintf(host, sizeof host, "%s", h->upstream);
	colon = strrchr(host, ':');
	snprintf(suffix, sizeof suffix, " . %.5s", colon + 1);
	colon[host[0] == '[' ? -1 : 0] = '\0';
	name += host[0] == '[';
	if (sek_addresses_of(name, false, suffix, four, sizeof four))
		fprintf(f, "redefine upstream = { %s }\n", four);
	if (sek_addresses_of(name, true, suffix, six, sizeof six))
		fprintf(f, "redefine upstream6 = { %s }\n", six);
	return four[0] || six[0];
}

/* define NAME = { LIST } in IPv4, or nobody; redefine NAME6 = { LIST } in IPv6, where the rules have nobody of themselves. */
static void put_set(FILE *f, const char *name, bool six, const char *list)
{
	char some[2048];

	sek_networks_of(list, six, some, sizeof some);
	if (six && some[0])
		fprintf(f, "redefine %s6 = { %s }\n", name, some);
	else if (!six)
		fprintf(f, "define %s = { %s }\n", name, some[0] ? some : "0.0.0.0");
}

static void zones_of(const struct host *h, bool six, FILE *f)
{
	char resolvers[1024] = "", updates[SEK_ANSWER_BYTES] = "";

	sek_resolvers_of(six, "", NULL, resolvers, sizeof resolvers);
	put_updates(six, updates, sizeof updates);
	/* what only the broker's rules ask for is not here */
	if (!six)
		fputs("define broker_inner = { 0.0.0.0 }\n", f);
	put_set(f, "management", six, h->management);
	put_set(f, "broker_outer", six, h->broker);
	put_set(f, "render_hosts", six, h->listen);
	put_set(f, "resolvers", six, resolvers);
	put_set(f, "updates", six, updates);
	put_set(f, "never", six, h->never);
}

/* Where IPv6 asks for its neighbours: towards brokers if it is spoken there, and towards the Internet if this machine has an address for it there. */
static void put_faces(const struct host *h, FILE *f, const char *inner, const char *internet)
{
	const bool in = strchr(h->listen, ':') || strchr(h->management, ':');
	struct sek_face faces[16];
	size_t n = sek_faces_find(faces, 16), i;
	bool out = false;

	for (i = 0; i < n; i++)
		out |= strcmp(faces[i].interface, internet) == 0 && strchr(faces[i].address, ':');
	out = out && !(in && strcmp(inner, internet) == 0);
	if (in || out)
		fprintf(f, "redefine ipv6_interfaces = { \"%s\"%s%s%s }\n", in ? inner : internet, in && out ? ", \"" : "", in && out ? internet : "",
			in && out ? "\"" : "");
}

static bool zones(const struct host *h, FILE *f)
{
	char inner[32] = "lo", internet[32] = "lo";
	int last = HOST_UID_BASE + 2 * (atoi(h->sessions) + HOST_WARM) - 1;

	(void)sek_face_of(h->listen, inner);
	if (!sek_default_interface(internet))
		(void)sek_face_of(h->listen, internet);
	fprintf(f, "# Made by sekisho-setup-host for this render host; the broker has a file of its own (example: zones.example.nft).\n"
		"define render_interface = \"%s\"\ndefine render_port = %u\ndefine internet_interface = \"%s\"\ndefine session_uids = %d-%d\n",
		inner, h->port, internet, HOST_UID_BASE, last);
	zones_of(h, false, f);
	zones_of(h, true, f);
	put_faces(h, f, inner, internet);
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
