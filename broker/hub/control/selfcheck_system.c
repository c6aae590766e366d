/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the self-check reads from files and from /proc: certificates, keys, sockets, jails, libraries. Believes the kernel and not
 * what this program remembers of itself.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <sodium.h>
#include <sqlite3.h>

#include "base/file.h"
#include "broker/hub/ages/ages.h"
#include "broker/hub/control/selfcheck_lines.h"

static void stamp(time_t t, char ret[24])
{
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(ret, 24, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* --- certificates --- */

static enum sek_check_level level(enum sek_age_level l)
{
	return l == SEK_AGE_OVER ? SEK_CHECK_FAILED : l == SEK_AGE_SOON ? SEK_CHECK_ATTENTION : SEK_CHECK_OK;
}

static void check_certificate(struct sek_selfcheck *s, const char *id, const char *path)
{
	gnutls_x509_crt_t crt = NULL;
	char *pem = NULL, name[200] = "", from[24], until[24];
	size_t n = 0, name_n = sizeof name;
	gnutls_datum_t d;
	time_t now = time(NULL), begins, ends;

	if (!sek_is_ok(sek_file_read(path, &pem, &n)) || gnutls_x509_crt_init(&crt) < 0) {
		free(pem);
		sek_check_line(s, id, SEK_CHECK_FAILED, "unreadable", NULL, "%s", path);
		return;
	}
	d = (gnutls_datum_t){ (unsigned char *)pem, (unsigned)n };
	if (gnutls_x509_crt_import(crt, &d, GNUTLS_X509_FMT_PEM) < 0) {
		sek_check_line(s, id, SEK_CHECK_FAILED, "no-certificate", NULL, "%s", path);
	} else {
		begins = gnutls_x509_crt_get_activation_time(crt);
		ends = gnutls_x509_crt_get_expiration_time(crt);
		(void)gnutls_x509_crt_get_dn(crt, name, &name_n);
		stamp(begins, from);
		stamp(ends, until);
		sek_check_line(s, id, level(sek_ages_of_certificate(&s->config->sessions.ages, &(struct sek_validity){ begins, ends }, now)),
			"certificate", NULL, "%s" SEK_CHECK_NEXT "%s" SEK_CHECK_NEXT "%s" SEK_CHECK_NEXT "%lld", name, from, until,
			(long long)((ends - now) / SEK_DAY_S));
	}
	gnutls_x509_crt_deinit(crt);
	free(pem);
}

static void check_crl(struct sek_selfcheck *s, const char *id, const char *path)
{
	gnutls_x509_crl_t crl = NULL;
	char *pem = NULL, from[24], until[24];
	size_t n = 0;
	gnutls_datum_t d;
	time_t now = time(NULL), begins, next;

	if (!sek_is_ok(sek_file_read(path, &pem, &n)) || gnutls_x509_crl_init(&crl) < 0) {
		free(pem);
		sek_check_line(s, id, SEK_CHECK_FAILED, "unreadable", NULL, "%s", path);
		return;
	}
	d = (gnutls_datum_t){ (unsigned char *)pem, (unsigned)n };
	if (gnutls_x509_crl_import(crl, &d, GNUTLS_X509_FMT_PEM) < 0) {
		sek_check_line(s, id, SEK_CHECK_FAILED, "no-crl", NULL, "%s", path);
	} else {
		struct sek_validity all = { gnutls_x509_crl_get_this_update(crl), INT64_MAX };

		(void)sek_crl_times(pem, n, &all); /* of several the one that runs out first */
		next = gnutls_x509_crl_get_next_update(crl);
		begins = all.from_s;
		next = next > all.until_s ? all.until_s : next;
		stamp(begins, from);
		stamp(next, until);
		sek_check_line(s, id, level(sek_ages_of_crl(&s->config->sessions.ages, &(struct sek_validity){ begins, next }, now)),
			"crl", NULL, "%d" SEK_CHECK_NEXT "%s" SEK_CHECK_NEXT "%s" SEK_CHECK_NEXT "%lld", gnutls_x509_crl_get_crt_count(crl), from, until,
			(long long)((next - now) / 3600));
	}
	gnutls_x509_crl_deinit(crl);
	free(pem);
}

static void check_keys(struct sek_selfcheck *s)
{
	const char *const paths[] = { s->config->key, s->config->sessions.intermediate_key_path, s->config->audit.key_path };
	struct sek_check_names open_keys = { .n = 0 };
	struct stat st;
	size_t i;

	for (i = 0; i < sizeof paths / sizeof paths[0]; i++)
		if (stat(paths[i], &st) != 0 || (st.st_mode & 077))
			sek_check_name(&open_keys, paths[i], NULL);
	sek_check_line(s, "keys", open_keys.n ? SEK_CHECK_FAILED : SEK_CHECK_OK, "of-files", &open_keys, "%u" SEK_CHECK_NEXT "%zu", open_keys.n,
		sizeof paths / sizeof paths[0]);
}

/* --- sockets --- */

/* The address of a network socket of ours that listens. */
static bool listens(int fd, char ret[80], bool *ret_expected, const struct sek_broker_config *c)
{
	struct sockaddr_storage a;
	socklen_t n = sizeof a;
	int yes = 0;
	socklen_t yes_n = sizeof yes;
	char address[INET6_ADDRSTRLEN] = "?";
	unsigned port = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &yes_n) != 0 || !yes ||
			getsockname(fd, (struct sockaddr *)&a, &n) != 0)
		return false;
	if (a.ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)&a;

		inet_ntop(AF_INET, &in->sin_addr, address, sizeof address);
		port = ntohs(in->sin_port);
	} else if (a.ss_family == AF_INET6) {
		const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)&a;

		inet_ntop(AF_INET6, &in->sin6_addr, address, sizeof address);
		port = ntohs(in->sin6_port);
	} else {
		return false; /* the control socket */
	}
	snprintf(ret, 80, a.ss_family == AF_INET6 ? "[%s]:%u" : "%s:%u", address, port);
	*ret_expected = (strcmp(address, c->inner_address) == 0 && port == c->inner_port) ||
		(c->metrics_address && strcmp(address, c->metrics_address) == 0 && port == c->metrics_port) ||
		(c->viewers_address && strcmp(address, c->viewers_address) == 0 && port == c->viewers_port);
	return true;
}

static void check_listening(struct sek_selfcheck *s)
{
	struct sek_check_names list = { .n = 0 };
	unsigned expected = 0, wanted = 1u + (s->config->metrics_address != NULL) + (s->config->viewers_address != NULL);
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;

	while (d && (e = readdir(d)) != NULL) {
		char text[80];
		bool ours = false;

		if (e->d_name[0] == '.' || !listens(atoi(e->d_name), text, &ours, s->config))
			continue;
		sek_check_name(&list, text, NULL);
		expected += ours;
	}
	if (d)
		closedir(d);
	sek_check_line(s, "listening", expected == wanted && list.n == wanted ? SEK_CHECK_OK : SEK_CHECK_FAILED, "addresses", &list, "%u", list.n);
}

/* --- jails --- */

static const char *const namespaces[] = { "user", "net", "mnt", "ipc", "uts", "cgroup" };

/* A line of /proc/PID/status; "" if it is not there. */
static void status_value(const char *status, const char *name, char *ret, size_t size)
{
	const char *at = strstr(status, name);
	size_t n;

	*ret = '\0';
	if (!at || (at != status && at[-1] != '\n'))
		return;
	at += strlen(name);
	at += strspn(at, ":\t ");
	n = strcspn(at, "\n");
	if (n < size) {
		memcpy(ret, at, n);
		ret[n] = '\0';
	}
}

static const char unreadable[] = "unreadable"; /* by the broker's own user */

/* By the word of a local root; a child that is not dumpable shows its namespaces to nobody else. */
static const char *seen_fault(const struct sek_selfcheck *s, int pid)
{
	char name[16], list[80];
	const char *text;
	size_t i;

	snprintf(name, sizeof name, "%d", pid);
	text = json_string_value(json_object_get(s->seen, name));
	if (!text)
		return unreadable;
	snprintf(list, sizeof list, " %.70s ", text);
	for (i = 0; i < sizeof namespaces / sizeof namespaces[0]; i++) {
		char word[16];

		snprintf(word, sizeof word, " %s ", namespaces[i]);
		if (!strstr(list, word))
			return namespaces[i];
	}
	return NULL;
}

/* NULL: jailed; else what is wrong, as a word of sekishoctl's, or the namespace that it shares. "gone" is no finding. */
static const char *jail_fault(const struct sek_selfcheck *s, int pid)
{
	char path[64], value[40], ours[80], theirs[80], *status = NULL;
	const char *fault = NULL;
	size_t i;
	ssize_t n, m;

	snprintf(path, sizeof path, "/proc/%d/status", pid);
	if (!sek_is_ok(sek_file_read(path, &status, NULL)))
		return "gone";
	status_value(status, "Seccomp", value, sizeof value);
	if (strcmp(value, "2") != 0)
		fault = "seccomp";
	status_value(status, "NoNewPrivs", value, sizeof value);
	if (!fault && strcmp(value, "1") != 0)
		fault = "privileges";
	status_value(status, "CapEff", value, sizeof value);
	if (!fault && (strspn(value, "0") != strlen(value) || !*value))
		fault = "capabilities";
	free(status);
	for (i = 0; !fault && i < sizeof namespaces / sizeof namespaces[0]; i++) {
		snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, namespaces[i]);
		n = readlink(path, theirs, sizeof theirs);
		if (n < 0)
			return errno == ENOENT ? "gone" : seen_fault(s, pid);
		snprintf(path, sizeof path, "/proc/self/ns/%s", namespaces[i]);
		m = readlink(path, ours, sizeof ours);
		if (m == n && memcmp(ours, theirs, (size_t)n) == 0)
			fault = namespaces[i];
	}
	return fault;
}

void sek_check_jails(struct sek_selfcheck *s)
{
	struct sek_check_names bad = { .n = 0 };
	bool unreadable_only = true;
	size_t i;

	for (i = 0; i < s->n_pids; i++) {
		const char *fault = jail_fault(s, s->pids[i]);
		char text[24];

		if (!fault || strcmp(fault, "gone") == 0)
			continue;
		snprintf(text, sizeof text, "%d", s->pids[i]);
		sek_check_name(&bad, text, fault);
		unreadable_only = unreadable_only && fault == unreadable;
	}
	sek_check_line(s, "jails", !bad.n ? SEK_CHECK_OK : unreadable_only ? SEK_CHECK_ATTENTION : SEK_CHECK_FAILED, "of-processes", &bad,
		"%u" SEK_CHECK_NEXT "%zu", bad.n, s->n_pids);
}

static void check_libraries(struct sek_selfcheck *s)
{
	sek_check_line(s, "libraries", SEK_CHECK_OK, "as-is", NULL, "libuv %s, GnuTLS %s, SQLite %s, libsodium %s, jansson %s", uv_version_string(),
		gnutls_check_version(NULL), sqlite3_libversion(), sodium_version_string(), jansson_version_str());
}

void sek_check_system(struct sek_selfcheck *s)
{
	struct sek_age_file files[SEK_AGES_FILES];
	size_t i, n = sek_ages_files(s->config, files);

	for (i = 0; i < n; i++) {
		if (files[i].is_crl)
			check_crl(s, files[i].what, files[i].path);
		else
			check_certificate(s, files[i].what, files[i].path);
	}
	check_keys(s);
	check_listening(s);
	sek_check_jails(s);
	check_libraries(s);
}
