/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Networks as people type them, and what a firewall's addresses are made of. Looks only; the one thing it sends is a question to the resolver.
 */
#include "base/setup/setup.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

bool sek_networks_normalize(char *text, char *ret_bad, size_t bad_size)
{
	char out[SEK_ANSWER_BYTES] = "", copy[SEK_ANSWER_BYTES], *at = copy, *word;
	size_t n = 0;

	if (strcmp(text, "none") == 0)
		return true;
	snprintf(copy, sizeof copy, "%s", text);
	while ((word = strsep(&at, ", \t"))) {
		if (!*word)
			continue;
		snprintf(ret_bad, bad_size, "%s", word);
		if (!sek_network_ok(word))
			return false;
		n += (size_t)snprintf(out + n, sizeof out - n, "%s%s", n ? ", " : "", word);
		if (n >= sizeof out)
			return false;
	}
	if (n == 0)
		return false;
	snprintf(text, SEK_ANSWER_BYTES, "%s", out);
	return true;
}

void sek_networks_of(const char *networks, bool six, char *ret, size_t size)
{
	char copy[SEK_ANSWER_BYTES], *at = copy, *word;
	size_t n = 0;

	ret[0] = '\0';
	snprintf(copy, sizeof copy, "%s", strcmp(networks, "none") == 0 ? "" : networks);
	while ((word = strsep(&at, ", ")))
		if (*word && n < size && (strchr(word, ':') != NULL) == six)
			n += (size_t)snprintf(ret + n, size - n, "%s%s", n ? ", " : "", word);
}

static bool same_bits(const uint8_t *a, const uint8_t *b, int bits)
{
	int whole = bits / 8;
	uint8_t mask = (uint8_t)(0xff << (8 - bits % 8));

	return memcmp(a, b, (size_t)whole) == 0 && (bits % 8 == 0 || (a[whole] & mask) == (b[whole] & mask));
}

bool sek_networks_cover(const char *networks, const char *address)
{
	int family = strchr(address, ':') ? AF_INET6 : AF_INET;
	char copy[SEK_ANSWER_BYTES], *at = copy, *word;
	uint8_t a[16], net[16];

	if (inet_pton(family, address, a) != 1)
		return false;
	snprintf(copy, sizeof copy, "%s", networks);
	while ((word = strsep(&at, ", "))) {
		char *slash = strchr(word, '/');
		int bits = slash ? atoi(slash + 1) : family == AF_INET ? 32 : 128;

		if (slash)
			*slash = '\0';
		if (*word && inet_pton(family, word, net) == 1 && same_bits(a, net, bits))
			return true;
	}
	return false;
}

bool sek_networks_shut_out(const char *networks, char ret_from[64])
{
	const char *ssh = getenv("SSH_CONNECTION");

	if (!ssh || !*ssh)
		return false;
	snprintf(ret_from, 64, "%.*s", (int)strcspn(ssh, " %"), ssh);
	return strcmp(networks, "none") == 0 || !sek_networks_cover(networks, ret_from);
}

static bool add(char *list, size_t size, const char *element)
{
	size_t n = strlen(list), m = strlen(element);
	const char *at;

	for (at = strstr(list, element); at; at = strstr(at + 1, element))
		if ((at == list || at[-1] == ' ') && (!at[m] || at[m] == ','))
			return true;
	return snprintf(list + n, size - n, "%s%s", n ? ", " : "", element) < (int)(size - n);
}

bool sek_addresses_of(const char *host, bool six, const char *suffix, char *list, size_t size)
{
	struct addrinfo hints = { .ai_family = six ? AF_INET6 : AF_INET, .ai_socktype = SOCK_STREAM }, *a = NULL, *i;
	char text[64], element[128];
	bool ok = getaddrinfo(host, NULL, &hints, &a) == 0;

	for (i = ok ? a : NULL; i; i = i->ai_next) {
		if (getnameinfo(i->ai_addr, i->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST) != 0)
			continue;
		snprintf(element, sizeof element, "%s%s", text, suffix);
		ok = add(list, size, element) && ok;
	}
	if (a)
		freeaddrinfo(a);
	return ok;
}

static unsigned resolvers_in(const char *path, bool six, const char *suffixes[2], char *list, size_t size)
{
	FILE *in = fopen(path, "re");
	char line[256], address[64], element[128];
	unsigned n = 0;
	int i;

	while (in && fgets(line, sizeof line, in)) {
		if (sscanf(line, "nameserver %63[0-9a-fA-F.:]", address) != 1 || !sek_network_ok(address) || (strchr(address, ':') != NULL) != six ||
		    strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0)
			continue;
		for (i = 0; i < 2 && suffixes[i]; i++) {
			snprintf(element, sizeof element, "%s%s", address, suffixes[i]);
			n += add(list, size, element);
		}
	}
	if (in)
		fclose(in);
	return n;
}

void sek_resolvers_of(bool six, const char *first, const char *second, char *list, size_t size)
{
	const char *suffixes[2] = { first, second };

	/* where a local stub stands in resolv.conf, systemd-resolved keeps the real ones here */
	if (resolvers_in("/etc/resolv.conf", six, suffixes, list, size) == 0)
		(void)resolvers_in("/run/systemd/resolve/resolv.conf", six, suffixes, list, size);
}

bool sek_default_interface(char ret[32])
{
	FILE *in = fopen("/proc/net/route", "re");
	char line[256];
	unsigned to;
	bool found = false;

	while (in && !found && fgets(line, sizeof line, in))
		found = sscanf(line, "%31s %x", ret, &to) == 2 && to == 0;
	if (in)
		fclose(in);
	return found;
}
