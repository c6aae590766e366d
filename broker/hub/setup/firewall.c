/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The addresses of the site for the nftables rules that ship (zones.nft), checked by nft itself before anything is loaded.
 */
#include "broker/hub/setup/setup.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "broker/hub/setup/words.h"

#define RULES "/usr/share/sekisho/nftables/broker.nft"
#define UNIT "sekisho-broker-firewall"

/* The directory's addresses, each with its port. */
static void put_directory(const struct setup *s, char *list, size_t size)
{
	bool ldaps = strncmp(s->directory, "ldaps://", 8) == 0;
	char host[256], suffix[16];
	char *colon;

	if (strcmp(s->directory, "none") == 0)
		return;
	snprintf(host, sizeof host, "%s", s->directory + (ldaps ? 8 : 7));
	colon = strrchr(host, ':');
	snprintf(suffix, sizeof suffix, " . %.5s", colon ? colon + 1 : ldaps ? "636" : "389");
	if (colon)
		*colon = '\0';
	(void)sek_addresses_of(host, suffix, list, size);
}

static const char *or_nobody(const char *networks)
{
	return strcmp(networks, "none") == 0 ? "0.0.0.0" : networks;
}

/* Stands in the list of render hosts as a whole word. */
static bool has_address(const char *text, const char *address)
{
	const char *line = strstr(text, "define render_hosts = {"), *end = line ? strchr(line, '}') : NULL, *at = line;
	size_t n = strlen(address);

	while (at && end && (at = strstr(at, address)) && at < end) {
		if ((at[-1] == ' ' || at[-1] == ',') && (at[n] == ' ' || at[n] == ',' || at[n] == '}'))
			return true;
		at += n;
	}
	return false;
}

/* Those that were enrolled after the first set-up stand in the file that is there, and stay. */
static void hosts_of(const struct setup *s, char *ret, size_t size)
{
	const char *first = s->host_enrolled ? s->host : "0.0.0.0", *line, *end = NULL;
	char path[PATH_MAX], *text = NULL;

	snprintf(ret, size, "%s", first);
	setup_path(s, "zones.nft", path);
	if (!sek_is_ok(sek_file_read(path, &text, NULL)))
		return;
	line = strstr(text, "define render_hosts = { ");
	end = line ? strstr(line, " }") : NULL;
	if (end && (!s->host_enrolled || has_address(text, first)) && (size_t)(end - line) < size)
		snprintf(ret, size, "%.*s", (int)(end - line) - 24, line + 24);
	free(text);
}

static void zones(const struct setup *s, FILE *f)
{
	char inner[32] = "lo", outer[32] = "lo", hosts[2048], services[1024] = "", resolvers[1024] = "";

	(void)sek_face_of(s->inner, inner);
	(void)sek_face_of(s->outer, outer);
	hosts_of(s, hosts, sizeof hosts);
	put_directory(s, services, sizeof services);
	sek_resolvers_of(" . 53", " . 123", resolvers, sizeof resolvers); /* they usually know the time as well */
	fprintf(f, "# Made by sekisho-setup for this broker; render hosts have a file of their own (example: zones.example.nft).\n"
		"define inner_interface = \"%s\"\ndefine broker_inner = { %s }\ndefine inner_networks = { %s }\ndefine broker_clients = { %s }\n"
		"define https_port = { %u }\ndefine management = { %s }\ndefine inner_services = { %s }\ndefine inner_services_udp = { %s }\n", inner,
		s->inner, s->staff, s->staff, s->https_port, or_nobody(s->management), services[0] ? services : "0.0.0.0 . 636", resolvers[0] ? resolvers : "0.0.0.0 . 53");
	fprintf(f, "define outer_interface = \"%s\"\ndefine broker_outer = { %s }\ndefine render_hosts = { %s }\ndefine render_port = %u\n"
		"define never = { %s }\n", outer, s->outer, hosts, s->render_port, or_nobody(s->never));
}

static int nft(const struct setup *s, bool only_check, char *said, size_t size)
{
	const char *const load[] = { "nft", "-I", s->etc, "-f", RULES, NULL }, *const check[] = { "nft", "-I", s->etc, "-c", "-f", RULES, NULL };

	return sek_setup_run(only_check ? check : load, NULL, NULL, said, size);
}

static bool load(struct setup *s)
{
	char said[4096] = "";

	if (nft(s, true, said, sizeof said) != 0) {
		SAY(s, w_rules_wrong, said);
		return false;
	}
	if (s->no_start || access("/run/systemd/system", F_OK) != 0) {
		SAY(s, w_rules_by_hand, s->etc, RULES);
		return true;
	}
	if (sek_setup_run((const char *const[]){ "systemctl", "enable", UNIT, NULL }, NULL, NULL, said, sizeof said) != 0 ||
	    sek_setup_run((const char *const[]){ "systemctl", "restart", UNIT, NULL }, NULL, NULL, said, sizeof said) != 0) {
		SAY(s, w_rules_wrong, said);
		return false;
	}
	SAY(s, w_rules_loaded);
	return true;
}

bool setup_firewall(struct setup *s)
{
	char path[PATH_MAX], *text = NULL;
	size_t size = 0;
	FILE *f;
	bool ok;

	if (strcmp(s->staff, "none") == 0) {
		SAY(s, w_no_rules);
		return true;
	}
	f = open_memstream(&text, &size);
	if (!f)
		return false;
	zones(s, f);
	ok = fclose(f) == 0;
	setup_path(s, "zones.nft", path);
	ok = ok && sek_setup_write(&s->q, path, text, strlen(text), 0644, NULL) != SEK_WROTE_FAILED;
	free(text);
	return ok && (s->q.dry_run || access(RULES, F_OK) != 0 || load(s));
}

/* The line of the file, with one address more. */
static char *with_address(const char *text, const char *address)
{
	const char *line = strstr(text, "define render_hosts = {"), *end = line ? strchr(line, '}') : NULL;
	char *all = NULL, list[2048];
	size_t n = 0;
	FILE *f;

	if (!end || (size_t)(end - line) >= sizeof list || !(f = open_memstream(&all, &n)))
		return NULL;
	snprintf(list, sizeof list, "%.*s", (int)(end - line), line);
	if (strstr(list, " 0.0.0.0 "))
		fprintf(f, "%.*sdefine render_hosts = { %s ", (int)(line - text), text, address);
	else
		fprintf(f, "%.*s%.*s, %s ", (int)(line - text), text, (int)strlen(list) - (list[strlen(list) - 1] == ' '), list, address);
	fputs(end, f);
	if (fclose(f) != 0) {
		free(all);
		all = NULL;
	}
	return all;
}

bool setup_firewall_add_host(struct setup *s, const char *address)
{
	char path[PATH_MAX], *text = NULL, *more;
	bool ok;

	setup_path(s, "zones.nft", path);
	if (strchr(address, ':') || !sek_is_ok(sek_file_read(path, &text, NULL)))
		return false;
	if (has_address(text, address)) {
		free(text);
		return true;
	}
	more = with_address(text, address);
	free(text);
	ok = more && sek_is_ok(sek_file_write(path, more, strlen(more), 0644, SEK_FILE_REPLACE)) && (access(RULES, F_OK) != 0 || load(s));
	free(more);
	return ok;
}
