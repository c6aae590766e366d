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

#define HOSTS "define render_hosts = {"
#define HOSTS_SIX "define render_hosts6 = {"

/* The directory's addresses of one kind, each with its port. */
static void put_directory(const struct setup *s, bool six, char *list, size_t size)
{
	bool ldaps = strncmp(s->directory, "ldaps://", 8) == 0, brackets;
	char host[256], suffix[16], *end, *colon;

	if (strcmp(s->directory, "none") == 0)
		return;
	snprintf(host, sizeof host, "%s", s->directory + (ldaps ? 8 : 7));
	brackets = host[0] == '[';
	end = host + strcspn(host, brackets ? "]" : ":");
	colon = strchr(end, ':');
	snprintf(suffix, sizeof suffix, " . %.5s", colon ? colon + 1 : ldaps ? "636" : "389");
	*end = '\0';
	(void)sek_addresses_of(host + brackets, six, suffix, list, size);
}

/* define NAME = { LIST } in IPv4, or nobody; redefine NAME6 = { LIST } in IPv6, where the rules have nobody of themselves. */
static void put_set(FILE *f, const char *name, bool six, const char *list, const char *nobody)
{
	if (six && list[0])
		fprintf(f, "redefine %s6 = { %s }\n", name, list);
	else if (!six)
		fprintf(f, "define %s = { %s }\n", name, list[0] ? list : nobody);
}

static void put_networks(FILE *f, const char *name, bool six, const char *networks)
{
	char list[SEK_ANSWER_BYTES];

	sek_networks_of(networks, six, list, sizeof list);
	put_set(f, name, six, list, "0.0.0.0");
}

/* Stands in the list of render hosts as a whole word. */
static bool has_address(const char *text, const char *address)
{
	const char *line = strstr(text, strchr(address, ':') ? HOSTS_SIX : HOSTS), *end = line ? strchr(line, '}') : NULL, *at = line;
	size_t n = strlen(address);

	while (at && end && (at = strstr(at, address)) && at < end) {
		if ((at[-1] == ' ' || at[-1] == ',') && (at[n] == ' ' || at[n] == ',' || at[n] == '}'))
			return true;
		at += n;
	}
	return false;
}

/* Those that were enrolled after the first set-up stand in the file that is there, and stay. */
static void hosts_of(const struct setup *s, bool six, char *ret, size_t size)
{
	const bool enrolled = s->host_enrolled && (strchr(s->host, ':') != NULL) == six;
	const char *first = enrolled ? s->host : "", *line, *end = NULL, *begin = six ? HOSTS_SIX " " : HOSTS " ";
	char path[PATH_MAX], *text = NULL;

	snprintf(ret, size, "%s", first);
	setup_path(s, "zones.nft", path);
	if (!sek_is_ok(sek_file_read(path, &text, NULL)))
		return;
	line = strstr(text, begin);
	end = line ? strstr(line, " }") : NULL;
	if (end && (!enrolled || has_address(text, first)) && (size_t)(end - line) < size)
		snprintf(ret, size, "%.*s", (int)(end - line) - (int)strlen(begin), line + strlen(begin));
	free(text);
}

/* Where IPv6 asks for its neighbours. */
static void put_faces(const struct setup *s, FILE *f, const char *inner, const char *outer)
{
	const bool in = strchr(s->inner, ':') || strchr(s->management, ':'), out = strchr(s->outer, ':') && strcmp(inner, outer) != 0;

	if (in || strchr(s->outer, ':'))
		fprintf(f, "redefine ipv6_interfaces = { \"%s\"%s%s%s }\n", in ? inner : outer, in && out ? ", \"" : "", in && out ? outer : "", in && out ? "\"" : "");
}

static void zones_of(const struct setup *s, bool six, FILE *f)
{
	char hosts[2048], services[1024] = "", resolvers[1024] = "";

	hosts_of(s, six, hosts, sizeof hosts);
	put_directory(s, six, services, sizeof services);
	setup_database_services(s, six, services, sizeof services);
	sek_resolvers_of(six, " . 53", " . 123", resolvers, sizeof resolvers); /* they usually know the time as well */
	put_networks(f, "broker_inner", six, s->inner);
	put_networks(f, "inner_networks", six, s->staff);
	put_networks(f, "broker_clients", six, s->staff);
	put_networks(f, "management", six, s->management);
	put_set(f, "inner_services", six, services, "0.0.0.0 . 636");
	put_set(f, "inner_services_udp", six, resolvers, "0.0.0.0 . 53");
	put_networks(f, "broker_outer", six, s->outer);
	put_set(f, "render_hosts", six, hosts, "0.0.0.0");
	put_networks(f, "never", six, s->never);
}

static void zones(const struct setup *s, FILE *f)
{
	char inner[32] = "lo", outer[32] = "lo";

	(void)sek_face_of(s->inner, inner);
	(void)sek_face_of(s->outer, outer);
	fprintf(f, "# Made by sekisho-setup for this broker; render hosts have a file of their own (example: zones.example.nft).\n"
		"define inner_interface = \"%s\"\ndefine outer_interface = \"%s\"\ndefine https_port = { %u }\ndefine render_port = %u\n", inner, outer,
		s->https_port, s->render_port);
	zones_of(s, false, f);
	zones_of(s, true, f);
	put_faces(s, f, inner, outer);
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

/* The line of the file, with one address more; one that is not there (IPv6) is made. */
static char *with_address(const char *text, const char *address)
{
	const bool six = strchr(address, ':') != NULL;
	const char *line = strstr(text, six ? HOSTS_SIX : HOSTS), *end = line ? strchr(line, '}') : NULL;
	char *all = NULL, list[2048];
	size_t n = 0;
	FILE *f;

	if ((!end && !six) || (end && (size_t)(end - line) >= sizeof list) || !(f = open_memstream(&all, &n)))
		return NULL;
	snprintf(list, sizeof list, "%.*s", end ? (int)(end - line) : 0, line ? line : "");
	if (!end)
		fprintf(f, "%sre" HOSTS_SIX " %s }\n", text, address);
	else if (strstr(list, " 0.0.0.0 "))
		fprintf(f, "%.*s" HOSTS " %s %s", (int)(line - text), text, address, end);
	else
		fprintf(f, "%.*s%.*s, %s %s", (int)(line - text), text, (int)strlen(list) - (list[strlen(list) - 1] == ' '), list, address, end);
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
	if (!sek_is_ok(sek_file_read(path, &text, NULL)))
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
