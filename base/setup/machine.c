/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The machine's own addresses. Looks only; sends nothing.
 */
#include "base/setup/setup.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool text_of(const struct sockaddr *a, char ret[64])
{
	if (a->sa_family == AF_INET)
		return inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)a)->sin_addr, ret, 64) != NULL;
	if (a->sa_family == AF_INET6)
		return inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr, ret, 64) != NULL;
	return false;
}

size_t sek_faces_find(struct sek_face *ret, size_t max)
{
	struct ifaddrs *all = NULL, *i;
	size_t n = 0;

	if (getifaddrs(&all) != 0)
		return 0;
	for (i = all; i && n < max; i = i->ifa_next) {
		char address[64];

		if (!i->ifa_addr || (i->ifa_flags & IFF_LOOPBACK) || !(i->ifa_flags & IFF_UP) || !text_of(i->ifa_addr, address))
			continue;
		if (strncmp(address, "fe80:", 5) == 0 || strncmp(address, "169.254.", 8) == 0)
			continue;
		snprintf(ret[n].interface, sizeof ret[n].interface, "%s", i->ifa_name);
		snprintf(ret[n].address, sizeof ret[n].address, "%s", address);
		n++;
	}
	freeifaddrs(all);
	return n;
}

bool sek_face_of(const char *address, char ret_interface[32])
{
	struct ifaddrs *all = NULL, *i;
	bool found = false;

	if (getifaddrs(&all) != 0)
		return false;
	for (i = all; i && !found; i = i->ifa_next) {
		char text[64];

		if (i->ifa_addr && text_of(i->ifa_addr, text) && strcmp(text, address) == 0) {
			snprintf(ret_interface, 32, "%s", i->ifa_name);
			found = true;
		}
	}
	freeifaddrs(all);
	return found;
}

bool sek_address_normalize(char *text)
{
	int family = strchr(text, ':') ? AF_INET6 : AF_INET;
	uint8_t raw[16];

	return inet_pton(family, text, raw) == 1 && inet_ntop(family, raw, text, SEK_ANSWER_BYTES);
}

void sek_address_in_url(const char *host, char *ret, size_t size)
{
	snprintf(ret, size, strchr(host, ':') ? "[%s]" : "%s", host);
}

bool sek_address_is_own(const char *address, bool *ret_numeric)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	bool is4 = inet_pton(AF_INET, address, &v4.sin_addr) == 1, is6 = !is4 && inet_pton(AF_INET6, address, &v6.sin6_addr) == 1;
	bool numeric = (is4 && v4.sin_addr.s_addr != 0) || (is6 && !IN6_IS_ADDR_UNSPECIFIED(&v6.sin6_addr));
	int fd, r;

	if (ret_numeric)
		*ret_numeric = numeric;
	if (!numeric)
		return false;
	fd = socket(is4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	r = is4 ? bind(fd, (const struct sockaddr *)&v4, sizeof v4) : bind(fd, (const struct sockaddr *)&v6, sizeof v6);
	close(fd);
	return r == 0;
}

bool sek_network_ok(const char *text)
{
	char address[64];
	const char *slash = strchr(text, '/');
	uint8_t raw[16];
	char *end;
	long bits;
	bool is4;

	if (snprintf(address, sizeof address, "%.*s", slash ? (int)(slash - text) : 60, text) >= (int)sizeof address)
		return false;
	is4 = inet_pton(AF_INET, address, raw) == 1;
	if (!is4 && inet_pton(AF_INET6, address, raw) != 1)
		return false;
	if (!slash)
		return true;
	bits = strtol(slash + 1, &end, 10);
	return slash[1] >= '0' && slash[1] <= '9' && !*end && bits >= 0 && bits <= (is4 ? 32 : 128);
}
