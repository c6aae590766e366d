/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Loading broker.yaml, and the checks that a schema cannot express. Must never let the broker start with an address that
 * stands for several, one address on both faces, or a key that others can read.
 */
#include "broker/hub/config.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/config.h"
#include "broker/hub/config_file.h"
#include "protocol/limits.h"

static sek_status check_address(const struct sek_config_place *k, const char *key, const char *address)
{
	return sek_config_at(k, key, sek_config_check_address(key, address, k->err, k->err_size));
}

static sek_status check_file(const struct sek_config_place *k, const char *key, const char *path, int secret)
{
	return sek_config_at(k, key, sek_config_check_file(key, path, secret, k->err, k->err_size));
}

static sek_status check_range(const struct sek_config_place *k, const char *key, uint64_t value, uint64_t least, uint64_t most)
{
	return sek_config_at(k, key, sek_config_check_range(key, value, least, most, k->err, k->err_size));
}

/* The file decides who may log in and where pixels come from: whoever may write it owns the broker. */
static sek_status check_itself(const struct sek_config_place *k)
{
	struct stat st;

	if (stat(k->path, &st) != 0)
		return sek_ok(); /* loading says why */
	if (st.st_mode & 022) {
		snprintf(k->err, k->err_size, "%s: group or others may write this file (mode %04o): chmod go-w it", k->path,
			(unsigned)(st.st_mode & 07777));
		return sek_fail(SEK_E_CONFIG);
	}
	if (st.st_uid != 0 && st.st_uid != geteuid()) {
		snprintf(k->err, k->err_size, "%s: belongs to another user: give it to root or to the broker's user",
			k->path);
		return sek_fail(SEK_E_CONFIG);
	}
	return sek_ok();
}

/* Makes a path of the file count from the file's folder. The old text came from libcyaml's allocator, which is malloc. */
static sek_status anchor(const struct sek_config_place *k, char **path)
{
	const char *slash = strrchr(k->path, '/');
	size_t folder = slash ? (size_t)(slash - k->path) + 1 : 0, n;
	char *full;

	if (!*path || **path == '/' || folder == 0)
		return sek_ok();
	n = folder + strlen(*path) + 1;
	full = malloc(n);
	if (!full)
		return sek_fail(SEK_E_NOMEM);
	snprintf(full, n, "%.*s%s", (int)folder, k->path, *path);
	free(*path);
	*path = full;
	return sek_ok();
}

static sek_status anchor_all(const struct sek_config_place *k, struct sek_config_file *f)
{
	char **paths[] = {
		&f->inner.certificate, &f->inner.key, &f->pki.ca, &f->pki.crl, &f->pki.intermediate_certificate,
		&f->pki.intermediate_key, &f->store.path, &f->web_root, f->programs ? &f->programs->decoder : NULL,
		f->programs ? &f->programs->encoder : NULL, f->programs ? &f->programs->decoder_vnc : NULL,
		f->programs ? &f->programs->decoder_rdp : NULL, f->programs ? &f->programs->paper : NULL,
		f->programs ? &f->programs->encoder_rfb : NULL,
		f->documents ? &f->documents->path : NULL, f->audit ? &f->audit->path : NULL,
		f->store.postgresql ? &f->store.postgresql->ca : NULL, f->store.postgresql ? &f->store.postgresql->password_file : NULL,
		f->store.postgresql ? &f->store.postgresql->certificate : NULL, f->store.postgresql ? &f->store.postgresql->key : NULL,
		f->audit ? &f->audit->key : NULL, f->control ? &f->control->path : NULL,
		f->audit && f->audit->syslog ? &f->audit->syslog->ca : NULL,
		f->audit && f->audit->syslog ? &f->audit->syslog->certificate : NULL,
		f->audit && f->audit->syslog ? &f->audit->syslog->key : NULL,
		f->login ? &f->login->key : NULL, f->login && f->login->certificates ? &f->login->certificates->ca : NULL,
		f->login && f->login->certificates ? &f->login->certificates->crl : NULL,
		f->login && f->login->ldap ? &f->login->ldap->ca : NULL,
		f->recording ? &f->recording->path : NULL, f->recording ? &f->recording->public_key : NULL,
		f->recording ? &f->recording->signing_key : NULL, f->recording ? &f->recording->secret_key : NULL,
		f->recording ? &f->recording->words_path : NULL,
		f->login && f->login->ldap ? &f->login->ldap->bind_password_file : NULL,
		f->backup ? &f->backup->folder : NULL, f->backup ? &f->backup->public_key : NULL,
		f->backup ? &f->backup->signing_key : NULL,
	};
	size_t i;

	for (i = 0; i < sizeof paths / sizeof paths[0]; i++)
		if (paths[i])
			SEK_TRY(anchor(k, paths[i]));
	for (i = 0; i < f->render_hosts_count; i++)
		SEK_TRY(anchor(k, &f->render_hosts[i].trust));
	return sek_ok();
}

/* "https://host" or "https://host:port" in the form in which browsers write it: lower case, no slash at the end. */
static bool is_origin(const char *s)
{
	size_t n;

	if (strncmp(s, "https://", 8) != 0)
		return false;
	s += 8;
	if (*s == '[')
		n = strspn(s, "[0123456789abcdef:.]");
	else
		n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789.-");
	if (n == 0)
		return false;
	s += n;
	if (*s == '\0')
		return true;
	return *s == ':' && s[1] >= '1' && strspn(s + 1, "0123456789") == strlen(s + 1) && strlen(s + 1) <= 5 &&
		strcmp(s, ":443") != 0;
}

static sek_status check_inner(const struct sek_config_place *k, const struct file_inner *in)
{
	char key[40];
	unsigned i;

	SEK_TRY(check_address(k, "inner.address", in->address));
	SEK_TRY(check_range(k, "inner.port", in->port, 1, 65535));
	SEK_TRY(check_file(k, "inner.certificate", in->certificate, 0));
	SEK_TRY(check_file(k, "inner.key", in->key, 1));
	for (i = 0; i < in->origins_count; i++) {
		snprintf(key, sizeof key, "inner.origins.%u", i);
		if (!is_origin(in->origins[i]))
			return sek_config_refuse(k, key, "is not an origin: write https://NAME or https://NAME:PORT, in lower case, "
				"without :443 and without a slash at the end");
	}
	return sek_ok();
}

/* Both spell one address if both parse to the same bytes. */
static bool same_address(const char *a, const char *b)
{
	struct in_addr a4, b4;
	struct in6_addr a6, b6;

	if (inet_pton(AF_INET, a, &a4) == 1)
		return inet_pton(AF_INET, b, &b4) == 1 && memcmp(&a4, &b4, sizeof a4) == 0;
	return inet_pton(AF_INET6, a, &a6) == 1 && inet_pton(AF_INET6, b, &b6) == 1 && memcmp(&a6, &b6, sizeof a6) == 0;
}

static sek_status check_outer(const struct sek_config_place *k, const struct sek_config_file *f)
{
	SEK_TRY(check_address(k, "outer.address", f->outer.address));
	if (same_address(f->inner.address, f->outer.address))
		return sek_config_refuse(k, "outer.address", "is the inner address too: the broker needs one address on each side");
	SEK_TRY(check_file(k, "pki.ca", f->pki.ca, 0));
	SEK_TRY(check_file(k, "pki.crl", f->pki.crl, 0));
	SEK_TRY(check_file(k, "pki.intermediate_certificate", f->pki.intermediate_certificate, 0));
	return check_file(k, "pki.intermediate_key", f->pki.intermediate_key, 1);
}

static bool is_host_name(const char *s)
{
	size_t i, n = strlen(s);

	for (i = 0; i < n; i++)
		if (!islower((unsigned char)s[i]) && !isdigit((unsigned char)s[i]) && s[i] != '-' && s[i] != '.')
			return false;
	return n >= 1 && n <= 63 && s[0] != '.' && s[0] != '-';
}

static bool is_pool_name(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n >= 1 && n <= 32 && s[n] == '\0' && s[0] != '-';
}

static sek_status check_hosts(const struct sek_config_place *k, const struct sek_config_file *f)
{
	char key[48];
	unsigned i, j;

	for (i = 0; i < f->render_hosts_count; i++) {
		const struct file_host *h = &f->render_hosts[i];

		snprintf(key, sizeof key, "render_hosts.%u.name", i);
		if (!is_host_name(h->name))
			return sek_config_refuse(k, key, "is not a host name: write the name in the render host's certificate, in lower "
				"case, at most 63 characters");
		for (j = 0; j < i; j++)
			if (strcmp(f->render_hosts[j].name, h->name) == 0)
				return sek_config_refuse(k, key, "stands here twice: remove one");
		snprintf(key, sizeof key, "render_hosts.%u.address", i);
		SEK_TRY(check_address(k, key, h->address));
		if (same_address(h->address, f->inner.address))
			return sek_config_refuse(k, key, "is the inner address: a render host stands in the outer zone");
		snprintf(key, sizeof key, "render_hosts.%u.port", i);
		SEK_TRY(check_range(k, key, h->port, 1, 65535));
		snprintf(key, sizeof key, "render_hosts.%u.pool", i);
		if (h->pool && !is_pool_name(h->pool))
			return sek_config_refuse(k, key, "is not a pool's name: write lower-case letters, digits and hyphens, at most 32");
	}
	return sek_ok();
}

static sek_status check_folders(const struct sek_config_place *k, const struct sek_config_file *f)
{
	char path[4200];
	struct stat st;

	if (stat(f->web_root, &st) != 0 || !S_ISDIR(st.st_mode))
		return sek_config_refuse(k, "web_root", "is not a folder: write the folder of the web client");
	snprintf(path, sizeof path, "%s/index.html", f->web_root);
	SEK_TRY(check_file(k, "web_root", path, 0));
	if (stat(f->store.path, &st) == 0 && !S_ISREG(st.st_mode))
		return sek_config_refuse(k, "store.path", "is not an ordinary file: write the path of the database");
	return sek_ok();
}

/* One optional number: into *ret the file's, or the default. */
static sek_status number(const struct sek_config_place *k, const char *key, const uint32_t *from, uint32_t otherwise, uint32_t least,
	uint32_t most, uint32_t *ret)
{
	*ret = from ? *from : otherwise;
	return check_range(k, key, *ret, least, most);
}

static sek_status size(const struct sek_config_place *k, const char *key, const uint16_t *from, uint16_t otherwise, uint16_t least,
	uint16_t most, uint16_t *ret)
{
	*ret = from ? *from : otherwise;
	return check_range(k, key, *ret, least, most);
}

static sek_status fill_limits(const struct sek_config_place *k, struct sek_broker_config *c)
{
	const struct file_sessions *s = c->file->sessions;
	const struct file_login *l = c->file->login;
	uint32_t idle_min, maximum_min, login_idle_min, login_hours;

	SEK_TRY(number(k, "sessions.max", s ? s->max : NULL, 100, 1, 10000, &c->sessions.max_sessions));
	SEK_TRY(number(k, "sessions.linger_seconds", s ? s->linger_seconds : NULL, 300, 0, 86400, &c->sessions.linger_s));
	SEK_TRY(number(k, "sessions.idle_minutes", s ? s->idle_minutes : NULL, 0, 0, 1440, &idle_min));
	SEK_TRY(number(k, "sessions.maximum_minutes", s ? s->maximum_minutes : NULL, 0, 0, 10080, &maximum_min));
	SEK_TRY(size(k, "sessions.max_width", s ? s->max_width : NULL, 3840, SEK_WIDTH_MIN_PX, SEK_WIDTH_MAX_PX,
		&c->sessions.max_width_px));
	SEK_TRY(size(k, "sessions.max_height", s ? s->max_height : NULL, 2160, SEK_HEIGHT_MIN_PX, SEK_HEIGHT_MAX_PX,
		&c->sessions.max_height_px));
	SEK_TRY(number(k, "login.idle_minutes", l ? l->idle_minutes : NULL, 15, 1, 1440, &login_idle_min));
	SEK_TRY(number(k, "login.maximum_hours", l ? l->maximum_hours : NULL, 12, 1, 168, &login_hours));
	c->sessions.idle_s = idle_min * 60;
	c->sessions.maximum_s = maximum_min * 60;
	c->login_idle_s = login_idle_min * 60;
	c->login_maximum_s = login_hours * 3600;
	c->log_level = c->file->log_level ? (enum sek_log_level)*c->file->log_level : SEK_LOG_INFO;
	return sek_ok();
}

/* A name below /usr/share/zoneinfo: an unknown one would silently be UTC. */
static sek_status fill_site(const struct sek_config_place *k, struct sek_broker_config *c)
{
	const struct file_site *s = c->file->site;
	char path[300];
	struct stat st;

	if (!s)
		return sek_ok();
	c->time_zone = s->time_zone;
	if (!s->time_zone)
		return sek_ok();
	snprintf(path, sizeof path, "/usr/share/zoneinfo/%.200s", s->time_zone);
	if (strlen(s->time_zone) > 200 || strstr(s->time_zone, "..") || s->time_zone[0] == '/' || stat(path, &st) != 0 ||
			!S_ISREG(st.st_mode))
		return sek_config_refuse(k, "site.time_zone", "is not a time zone that this machine knows: write for example Asia/Tokyo, "
			"and install tzdata");
	return sek_ok();
}

/* Numbers for the inner zone, without TLS: nobody in the outer zone is to ask for them. */
static sek_status fill_metrics(const struct sek_config_place *k, struct sek_broker_config *c)
{
	const struct sek_config_file *f = c->file;
	const struct file_metrics *m = f->metrics;

	if (!m)
		return sek_ok();
	SEK_TRY(check_address(k, "metrics.address", m->address));
	SEK_TRY(check_range(k, "metrics.port", m->port, 1, 65535));
	if (same_address(m->address, f->outer.address))
		return sek_config_refuse(k, "metrics.address", "is the outer address: write one that only the monitoring system reaches");
	if (same_address(m->address, f->inner.address) && m->port == f->inner.port)
		return sek_config_refuse(k, "metrics.port", "is the port of the pages: write another one");
	c->metrics_address = m->address;
	c->metrics_port = m->port;
	return sek_ok();
}

static sek_status fill_origins(struct sek_broker_config *c)
{
	const struct file_inner *in = &c->file->inner;
	bool v6 = strchr(in->address, ':') != NULL;
	char port[8] = "";
	unsigned i;

	for (i = 0; i < in->origins_count; i++)
		c->origins[c->n_origins++] = in->origins[i];
	if (c->n_origins > 0)
		return sek_ok();
	if (in->port != 443)
		snprintf(port, sizeof port, ":%u", in->port);
	if (asprintf(&c->made_origin, "https://%s%s%s%s", v6 ? "[" : "", in->address, v6 ? "]" : "", port) < 0) {
		c->made_origin = NULL;
		return sek_fail(SEK_E_NOMEM);
	}
	c->origins[c->n_origins++] = c->made_origin;
	return sek_ok();
}

static sek_status fill_program(const struct sek_config_place *k, const char *key, const char *configured, const char *folder,
	const char *name, char **made, const char **ret)
{
	char what[200];

	if (!configured) {
		if (asprintf(made, "%s/%s", folder, name) < 0) {
			*made = NULL;
			return sek_fail(SEK_E_NOMEM);
		}
		configured = *made;
	}
	*ret = configured;
	if (access(configured, X_OK) == 0)
		return sek_ok();
	snprintf(what, sizeof what, "'%.120s' cannot be run: install it there or correct the path", configured);
	return sek_config_refuse(k, key, what);
}

/* In the inner zone, with the certificate of the pages. */
static sek_status fill_viewers(const struct sek_config_place *k, const char *program_folder, struct sek_broker_config *c)
{
	const struct sek_config_file *f = c->file;
	const struct file_vnc_viewers *v = f->vnc_viewers;
	uint16_t w = c->sessions.max_width_px, h = c->sessions.max_height_px;

	if (!v)
		return sek_ok();
	c->viewers_address = v->address ? v->address : f->inner.address;
	SEK_TRY(check_address(k, "vnc_viewers.address", c->viewers_address));
	SEK_TRY(check_range(k, "vnc_viewers.port", v->port, 1, 65535));
	if (same_address(c->viewers_address, f->outer.address))
		return sek_config_refuse(k, "vnc_viewers.address", "is the outer address: write one of the inner zone");
	if ((same_address(c->viewers_address, f->inner.address) && v->port == f->inner.port) ||
	    (c->metrics_address && same_address(c->viewers_address, c->metrics_address) && v->port == c->metrics_port))
		return sek_config_refuse(k, "vnc_viewers.port", "is taken by the pages or by metrics: write another one");
	c->viewers_port = v->port;
	c->viewers_lang = v->language ? (enum sek_lang)*v->language : SEK_LANG_JA;
	SEK_TRY(size(k, "vnc_viewers.width", v->width, w < 1280 ? w : 1280, SEK_WIDTH_MIN_PX, w, &c->viewers_width_px));
	SEK_TRY(size(k, "vnc_viewers.height", v->height, h < 800 ? h : 800, SEK_HEIGHT_MIN_PX, h, &c->viewers_height_px));
	return fill_program(k, "programs.encoder_rfb", f->programs ? f->programs->encoder_rfb : NULL, program_folder, "sekisho-encoder-rfb",
		&c->made_encoder_rfb, &c->encoder_rfb_path);
}

static sek_status fill_hosts(struct sek_broker_config *c)
{
	const struct sek_config_file *f = c->file;
	unsigned i;

	c->hosts = calloc(f->render_hosts_count + 1u, sizeof *c->hosts); /* none: they are all added while it runs */
	if (!c->hosts)
		return sek_fail(SEK_E_NOMEM);
	for (i = 0; i < f->render_hosts_count; i++) {
		c->hosts[i].name = f->render_hosts[i].name;
		c->hosts[i].address = f->render_hosts[i].address;
		c->hosts[i].port = f->render_hosts[i].port;
		c->hosts[i].pool = f->render_hosts[i].pool;
	}
	c->sessions.hosts = c->hosts;
	c->sessions.watch = true;
	c->sessions.n_hosts = f->render_hosts_count;
	return sek_ok();
}

static sek_status fill(const struct sek_config_place *k, const char *program_folder, struct sek_broker_config *c)
{
	struct sek_config_file *f = c->file;

	SEK_TRY(anchor_all(k, f));
	SEK_TRY(check_inner(k, &f->inner));
	SEK_TRY(sek_config_fill_proxies(k, c));
	SEK_TRY(check_outer(k, f));
	SEK_TRY(check_hosts(k, f));
	SEK_TRY(check_folders(k, f));
	SEK_TRY(fill_limits(k, c));
	SEK_TRY(fill_site(k, c));
	SEK_TRY(fill_metrics(k, c));
	SEK_TRY(fill_viewers(k, program_folder, c));
	SEK_TRY(number(k, "alarms.host_faults", c->file->alarms ? c->file->alarms->host_faults : NULL, 3, 0, 1000,
		&c->sessions.alarm_faults));
	SEK_TRY(number(k, "alarms.minutes", c->file->alarms ? c->file->alarms->minutes : NULL, 60, 1, 10080,
		&c->sessions.alarm_minutes));
	SEK_TRY(sek_config_fill_ages(k, c));
	SEK_TRY(fill_origins(c));
	SEK_TRY(fill_hosts(c));
	c->inner_address = f->inner.address;
	c->inner_port = f->inner.port;
	c->certificate = f->inner.certificate;
	c->key = f->inner.key;
	SEK_TRY(sek_config_fill_store(k, c));
	c->web_root = f->web_root;
	if (f->administration) {
		c->second_administrator = f->administration->second_administrator;
		c->combine_roles = f->administration->combine_roles;
	}
	SEK_TRY(sek_config_fill_audit(k->path, c, k->err, k->err_size));
	SEK_TRY(sek_config_fill_recording(k->path, c, k->err, k->err_size));
	SEK_TRY(sek_config_fill_documents(k->path, program_folder, c, k->err, k->err_size));
	SEK_TRY(sek_config_fill_login(k->path, c, k->err, k->err_size));
	SEK_TRY(sek_config_fill_backup(k->path, c, k->err, k->err_size));
	c->sessions.outer_address = f->outer.address;
	c->sessions.ca_path = f->pki.ca;
	c->sessions.crl_path = f->pki.crl;
	c->sessions.intermediate_path = f->pki.intermediate_certificate;
	c->sessions.intermediate_key_path = f->pki.intermediate_key;
	SEK_TRY(fill_program(k, "programs.decoder", f->programs ? f->programs->decoder : NULL, program_folder,
		"sekisho-decoder", &c->made_decoder, &c->sessions.decoder_path));
	SEK_TRY(sek_config_fill_foreign(k, program_folder, c));
	return fill_program(k, "programs.encoder", f->programs ? f->programs->encoder : NULL, program_folder,
		"sekisho-encoder", &c->made_encoder, &c->sessions.encoder_path);
}

sek_status sek_broker_config_load(const char *path, const char *program_folder, struct sek_broker_config **ret,
	char *err, size_t err_size)
{
	struct sek_config_place k = { .path = path, .err = err, .err_size = err_size };
	struct sek_broker_config *c;
	void *file = NULL;
	sek_status status;

	SEK_TRY(check_itself(&k));
	SEK_TRY(sek_config_load(path, &sek_config_file_schema, &file, err, err_size));
	c = calloc(1, sizeof *c);
	if (!c) {
		sek_config_free(&sek_config_file_schema, file);
		snprintf(err, err_size, "not enough memory");
		return sek_fail(SEK_E_NOMEM);
	}
	c->file = file;
	status = fill(&k, program_folder, c);
	if (sek_is_ok(status)) {
		*ret = c;
		return status;
	}
	if (sek_is(status, SEK_E_NOMEM))
		snprintf(err, err_size, "not enough memory");
	sek_broker_config_free(c);
	return status;
}

void sek_broker_config_free(struct sek_broker_config *c)
{
	if (!c)
		return;
	for (unsigned i = 0; c->hosts && i < c->file->render_hosts_count; i++)
		free((void *)(uintptr_t)c->hosts[i].trust);
	sek_config_free(&sek_config_file_schema, c->file);
	free(c->hosts);
	free(c->made_origin);
	free(c->made_decoder);
	free(c->made_decoder_vnc);
	free(c->made_decoder_rdp);
	free(c->made_encoder);
	free(c->made_encoder_rfb);
	free(c->made_audit_path);
	free(c->made_audit_key);
	free(c->made_control_path);
	free(c->made_login_key);
	free(c->made_recordings);
	free(c->made_recording_key);
	free(c->made_words);
	free(c->made_documents);
	free(c->made_paper);
	free(c->made_store);
	free(c->made_backup_key);
	free(c->made_backup_held);
	if (c->made_bind_password)
		explicit_bzero(c->made_bind_password, strlen(c->made_bind_password));
	free(c->made_bind_password);
	free(c);
}
