/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The schema and what a schema cannot say.
 */
#include "render-host/renderd/config.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/config.h"
#include "protocol/limits.h"
#include "render-host/renderd/process.h"

enum { PATH_BYTES = 1024, NAME_BYTES = 253, WARM_DEFAULT = 1, REFUSED_DEFAULT = 300, MINUTES_DEFAULT = 10 };

#define IMAGE_BUILT "/etc/sekisho/image-built"
#define PACKAGES "/var/lib/dpkg/status"
#define BROWSER "/usr/lib/chromium/chromium" /* what render-host/sandbox starts */
#define BROWSER_PACKAGE "chromium"

#define NEEDED CYAML_FLAG_POINTER
#define MAYBE (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

static const cyaml_schema_value_t allow_entry = { CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 64) };

static const cyaml_schema_field_t listen_fields[] = {
	CYAML_FIELD_STRING_PTR("address", NEEDED, struct sek_renderd_listen, address, 1, 64),
	CYAML_FIELD_UINT("port", CYAML_FLAG_DEFAULT, struct sek_renderd_listen, port),
	CYAML_FIELD_END
};
static const cyaml_schema_field_t tls_fields[] = {
	CYAML_FIELD_STRING_PTR("certificate", NEEDED, struct sek_renderd_tls, certificate, 1, PATH_BYTES),
	CYAML_FIELD_STRING_PTR("key", NEEDED, struct sek_renderd_tls, key, 1, PATH_BYTES),
	CYAML_FIELD_STRING_PTR("ca", NEEDED, struct sek_renderd_tls, ca, 1, PATH_BYTES),
	CYAML_FIELD_STRING_PTR("crl", NEEDED, struct sek_renderd_tls, crl, 1, PATH_BYTES),
	CYAML_FIELD_END
};
static const cyaml_schema_field_t sessions_fields[] = {
	CYAML_FIELD_STRING_PTR("directory", NEEDED, struct sek_renderd_sessions, directory, 1, SEK_RENDERD_DIRECTORY_MAX_BYTES),
	CYAML_FIELD_UINT("max", CYAML_FLAG_DEFAULT, struct sek_renderd_sessions, max),
	CYAML_FIELD_UINT("uid_base", CYAML_FLAG_DEFAULT, struct sek_renderd_sessions, uid_base),
	CYAML_FIELD_UINT("memory_mib", CYAML_FLAG_DEFAULT, struct sek_renderd_sessions, memory_mib),
	CYAML_FIELD_UINT("processes", CYAML_FLAG_DEFAULT, struct sek_renderd_sessions, processes),
	CYAML_FIELD_UINT("linger_seconds", CYAML_FLAG_DEFAULT, struct sek_renderd_sessions, linger_seconds),
	CYAML_FIELD_UINT("max_width", CYAML_FLAG_DEFAULT, struct sek_renderd_sessions, max_width),
	CYAML_FIELD_UINT("max_height", CYAML_FLAG_DEFAULT, struct sek_renderd_sessions, max_height),
	CYAML_FIELD_END
};
static const cyaml_schema_field_t egress_fields[] = {
	CYAML_FIELD_STRING_PTR("upstream", MAYBE, struct sek_renderd_egress, upstream, 1, 300),
	CYAML_FIELD_SEQUENCE("allow", MAYBE, struct sek_renderd_egress, allow, &allow_entry, 0, SEK_RENDERD_ALLOW_MAX),
	CYAML_FIELD_END
};
static const cyaml_schema_field_t browser_fields[] = {
	CYAML_FIELD_STRING_PTR("policy_file", NEEDED, struct sek_renderd_browser, policy_file, 1, PATH_BYTES),
	SEK_CONFIG_FIELD_BOOL("devtools", CYAML_FLAG_OPTIONAL, struct sek_renderd_browser, devtools),
	CYAML_FIELD_END
};
static const cyaml_schema_field_t image_fields[] = {
	CYAML_FIELD_STRING_PTR("built", MAYBE, struct sek_renderd_image, built, 1, PATH_BYTES),
	CYAML_FIELD_STRING_PTR("browser", MAYBE, struct sek_renderd_image, browser, 1, PATH_BYTES),
	CYAML_FIELD_STRING_PTR("packages", MAYBE, struct sek_renderd_image, packages, 1, PATH_BYTES),
	CYAML_FIELD_STRING_PTR("package", MAYBE, struct sek_renderd_image, package, 1, NAME_BYTES),
	CYAML_FIELD_END
};
static const cyaml_schema_field_t alarms_fields[] = {
	CYAML_FIELD_UINT_PTR("refused_destinations", MAYBE, struct sek_renderd_alarms, refused_given),
	CYAML_FIELD_UINT("minutes", CYAML_FLAG_OPTIONAL, struct sek_renderd_alarms, minutes),
	CYAML_FIELD_END
};
static const cyaml_schema_field_t programs_fields[] = {
	CYAML_FIELD_STRING_PTR("sandbox", MAYBE, struct sek_renderd_programs, sandbox, 1, PATH_BYTES),
	CYAML_FIELD_STRING_PTR("capture", MAYBE, struct sek_renderd_programs, capture, 1, PATH_BYTES),
	CYAML_FIELD_END
};
static const cyaml_schema_field_t fields[] = {
	CYAML_FIELD_STRING_PTR("name", NEEDED, struct sek_renderd_config, name, 1, NAME_BYTES),
	CYAML_FIELD_MAPPING("listen", CYAML_FLAG_DEFAULT, struct sek_renderd_config, listen, listen_fields),
	CYAML_FIELD_MAPPING("metrics", CYAML_FLAG_OPTIONAL, struct sek_renderd_config, metrics, listen_fields),
	CYAML_FIELD_MAPPING("alarms", CYAML_FLAG_OPTIONAL, struct sek_renderd_config, alarms, alarms_fields),
	CYAML_FIELD_MAPPING("image", CYAML_FLAG_OPTIONAL, struct sek_renderd_config, image, image_fields),
	CYAML_FIELD_MAPPING("tls", CYAML_FLAG_DEFAULT, struct sek_renderd_config, tls, tls_fields),
	CYAML_FIELD_MAPPING("sessions", CYAML_FLAG_DEFAULT, struct sek_renderd_config, sessions, sessions_fields),
	CYAML_FIELD_UINT_PTR("warm", MAYBE, struct sek_renderd_config, warm_given),
	CYAML_FIELD_MAPPING("egress", CYAML_FLAG_OPTIONAL, struct sek_renderd_config, egress, egress_fields),
	CYAML_FIELD_MAPPING("browser", CYAML_FLAG_DEFAULT, struct sek_renderd_config, browser, browser_fields),
	CYAML_FIELD_MAPPING("programs", CYAML_FLAG_OPTIONAL, struct sek_renderd_config, programs, programs_fields),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t schema = { CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct sek_renderd_config, fields) };

struct checker {
	const char *path;
	char *err;
	size_t err_size;
};

/* A check that has written a message about `key` gets file and line put in front. */
static sek_status located(const struct checker *k, const char *key, sek_status s)
{
	if (!sek_is_ok(s))
		sek_config_locate(k->path, key, k->err, k->err_size);
	return s;
}

static sek_status refuse(const struct checker *k, const char *key, const char *text)
{
	snprintf(k->err, k->err_size, "%s: %s", key, text);
	return located(k, key, sek_fail(SEK_E_CONFIG));
}

static sek_status file(const struct checker *k, const char *key, const char *path, int secret)
{
	return located(k, key, sek_config_check_file(key, path, secret, k->err, k->err_size));
}

static sek_status range(const struct checker *k, const char *key, uint64_t value, uint64_t least, uint64_t most)
{
	return located(k, key, sek_config_check_range(key, value, least, most, k->err, k->err_size));
}

static sek_status check_sessions(const struct checker *k, const struct sek_renderd_config *c)
{
	SEK_TRY(range(k, "sessions.max", c->sessions.max, 1, SEK_RENDERD_SESSIONS_MAX));
	/* two uids a session */
	SEK_TRY(range(k, "sessions.uid_base", c->sessions.uid_base, SEK_UID_LEAST,
		INT32_MAX - 2 * (SEK_RENDERD_SESSIONS_MAX + SEK_RENDERD_WARM_MAX)));
	SEK_TRY(range(k, "sessions.memory_mib", c->sessions.memory_mib, 256, 65536));
	SEK_TRY(range(k, "sessions.processes", c->sessions.processes, 64, 32768));
	SEK_TRY(range(k, "sessions.linger_seconds", c->sessions.linger_seconds, 0, 86400));
	SEK_TRY(range(k, "sessions.max_width", c->sessions.max_width, SEK_WIDTH_MIN_PX, SEK_WIDTH_MAX_PX));
	SEK_TRY(range(k, "sessions.max_height", c->sessions.max_height, SEK_HEIGHT_MIN_PX, SEK_HEIGHT_MAX_PX));
	if (c->sessions.directory[0] != '/' || strstr(c->sessions.directory, "/../") || !c->sessions.directory[1])
		return refuse(k, "sessions.directory", "write an absolute path below a tmpfs, for example /run/sekisho");
	return sek_ok();
}

static bool is_cidr(const char *text)
{
	char address[64];
	size_t n = strcspn(text, "/");
	uint8_t raw[16];
	unsigned long bits, most;
	char *end;

	if (n >= sizeof address || text[n] != '/')
		return false;
	memcpy(address, text, n);
	address[n] = '\0';
	if (inet_pton(AF_INET, address, raw) == 1)
		most = 32;
	else if (inet_pton(AF_INET6, address, raw) == 1)
		most = 128;
	else
		return false;
	if (text[n + 1] < '0' || text[n + 1] > '9')
		return false;
	bits = strtoul(text + n + 1, &end, 10);
	/* the egress proxy also takes CIDR:PORT and says itself what it thinks of the port */
	return bits <= most && (*end == '\0' || (*end == ':' && end[1] != '\0'));
}

static sek_status check_egress(const struct checker *k, const struct sek_renderd_config *c)
{
	unsigned i;

	for (i = 0; i < c->egress.allow_count; i++)
		if (!is_cidr(c->egress.allow[i])) {
			char key[32];

			snprintf(key, sizeof key, "egress.allow.%u", i + 1);
			return refuse(k, key, "write a network as ADDRESS/BITS, for example 10.1.0.0/16");
		}
	if (c->egress.upstream && (!strrchr(c->egress.upstream, ':') || c->egress.upstream[0] == ':'))
		return refuse(k, "egress.upstream", "write the proxy as HOST:PORT");
	return sek_ok();
}

static sek_status check_watching(const struct checker *k, struct sek_renderd_config *c)
{
	struct sek_renderd_alarms *a = &c->alarms;

	a->refused_destinations = a->refused_given ? *a->refused_given : REFUSED_DEFAULT;
	if (!a->minutes)
		a->minutes = MINUTES_DEFAULT;
	SEK_TRY(range(k, "alarms.refused_destinations", a->refused_destinations, 0, 1000000));
	SEK_TRY(range(k, "alarms.minutes", a->minutes, 1, 1440));
	if (!c->metrics.address)
		return sek_ok();
	SEK_TRY(located(k, "metrics.address", sek_config_check_address("metrics.address", c->metrics.address, k->err, k->err_size)));
	SEK_TRY(range(k, "metrics.port", c->metrics.port, 1, 65535));
	if (c->metrics.port == c->listen.port && strcmp(c->metrics.address, c->listen.address) == 0)
		return refuse(k, "metrics.port", "is where brokers connect: take another one");
	return sek_ok();
}

static sek_status fill_program(char **program, const char *name)
{
	char path[PATH_MAX], *slash;
	ssize_t n;

	if (*program)
		return sek_ok();
	n = readlink("/proc/self/exe", path, sizeof path - 1);
	if (n <= 0)
		return sek_fail(SEK_E_IO);
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (!slash || (size_t)(slash + 1 - path) + strlen(name) >= sizeof path)
		return sek_fail(SEK_E_IO);
	memcpy(slash + 1, name, strlen(name) + 1);
	*program = strdup(path);
	return *program ? sek_ok() : sek_fail(SEK_E_NOMEM);
}

static sek_status check_program(const struct checker *k, const char *key, const char *path)
{
	if (path[0] == '/' && access(path, X_OK) == 0)
		return sek_ok();
	snprintf(k->err, k->err_size, "%s: '%s' is not a program that can be started: install it there or write its "
		"absolute path", key, path);
	return located(k, key, sek_fail(SEK_E_CONFIG));
}

/* Whoever can write the file chooses programs that are started as root. */
static sek_status check_own(const struct checker *k)
{
	struct stat st;

	if (stat(k->path, &st) == 0 && !(st.st_mode & 022))
		return sek_ok();
	snprintf(k->err, k->err_size, "%s: others may write this file: chmod 600 it", k->path);
	return sek_fail(SEK_E_CONFIG);
}

/* Makes a path that does not begin with '/' one that counts from the configuration's folder. */
static sek_status anchor(const struct checker *k, char **path)
{
	const char *slash = strrchr(k->path, '/');
	int folder = slash ? (int)(slash - k->path) + 1 : 0;
	char *whole;

	if (!*path || (*path)[0] == '/')
		return sek_ok();
	if (asprintf(&whole, "%.*s%s", folder, k->path, *path) < 0)
		return sek_fail(SEK_E_NOMEM);
	free(*path);
	*path = whole;
	return sek_ok();
}

/* A file that an image's maker leaves counts, or else when packages changed last. */
static sek_status fill_image(struct sek_renderd_image *i)
{
	const struct {
		char **at;
		const char *text;
	} defaults[] = { { &i->built, access(IMAGE_BUILT, F_OK) == 0 ? IMAGE_BUILT : PACKAGES }, { &i->browser, BROWSER },
		{ &i->packages, PACKAGES }, { &i->package, BROWSER_PACKAGE } };

	for (size_t k = 0; k < sizeof defaults / sizeof defaults[0]; k++) {
		if (!*defaults[k].at)
			*defaults[k].at = strdup(defaults[k].text);
		if (!*defaults[k].at)
			return sek_fail(SEK_E_NOMEM);
	}
	return sek_ok();
}

static sek_status check(const struct checker *k, struct sek_renderd_config *c)
{
	char **const paths[] = { &c->tls.certificate, &c->tls.key, &c->tls.ca, &c->tls.crl, &c->browser.policy_file, &c->image.built,
		&c->image.browser, &c->image.packages };
	size_t i;

	SEK_TRY(check_own(k));
	SEK_TRY(fill_image(&c->image));
	for (i = 0; i < sizeof paths / sizeof paths[0]; i++)
		SEK_TRY(anchor(k, paths[i]));
	SEK_TRY(located(k, "listen.address", sek_config_check_address("listen.address", c->listen.address, k->err,
		k->err_size)));
	SEK_TRY(range(k, "listen.port", c->listen.port, 1, 65535));
	SEK_TRY(file(k, "tls.certificate", c->tls.certificate, 0));
	SEK_TRY(file(k, "tls.key", c->tls.key, 1));
	SEK_TRY(file(k, "tls.ca", c->tls.ca, 0));
	SEK_TRY(file(k, "tls.crl", c->tls.crl, 0));
	c->warm = c->warm_given ? *c->warm_given : WARM_DEFAULT;
	SEK_TRY(range(k, "warm", c->warm, 0, SEK_RENDERD_WARM_MAX));
	SEK_TRY(check_sessions(k, c));
	SEK_TRY(check_egress(k, c));
	SEK_TRY(check_watching(k, c));
	SEK_TRY(file(k, "browser.policy_file", c->browser.policy_file, 0));
	SEK_TRY(fill_program(&c->programs.sandbox, "sekisho-sandbox"));
	SEK_TRY(fill_program(&c->programs.capture, "sekisho-capture"));
	SEK_TRY(check_program(k, "programs.sandbox", c->programs.sandbox));
	return check_program(k, "programs.capture", c->programs.capture);
}

sek_status sek_renderd_config_load(const char *path, struct sek_renderd_config **ret, char *err, size_t err_size)
{
	struct checker k = { path, err, err_size };
	void *loaded = NULL;
	sek_status s;

	SEK_TRY(sek_config_load(path, &schema, &loaded, err, err_size));
	s = check(&k, loaded);
	if (!sek_is_ok(s)) {
		if (!sek_is(s, SEK_E_CONFIG))
			snprintf(err, err_size, "%s: cannot be checked: no memory, or /proc is not mounted", path);
		sek_renderd_config_free(loaded);
		return sek_fail(SEK_E_CONFIG);
	}
	*ret = loaded;
	return s;
}

void sek_renderd_config_free(struct sek_renderd_config *c)
{
	sek_config_free(&schema, c);
}
