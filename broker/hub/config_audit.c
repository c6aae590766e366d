/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The parts of broker.yaml that say where the audit log and the control socket are. Must never put a secret or the socket
 * where group or others could reach it by default.
 */
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/config.h"
#include "broker/hub/config.h"
#include "broker/hub/config_file.h"

enum { CHECKPOINT_MAX_S = 3600, CHECKPOINT_MAX_RECORDS = 100000, SEGMENT_MAX_MIB = 1024, MIB = 1024 * 1024 };

static sek_status number(const struct sek_config_place *k, const char *key, const uint32_t *from, uint32_t otherwise, uint32_t least,
	uint32_t most, uint32_t *ret)
{
	*ret = from ? *from : otherwise;
	return sek_config_at(k, key, sek_config_check_range(key, *ret, least, most, k->err, k->err_size));
}

static sek_status fill_audit(const struct sek_config_place *k, struct sek_broker_config *c)
{
	const struct file_audit *f = c->file->audit;
	uint32_t mib;

	SEK_TRY(sek_config_beside_store(c, f ? f->path : NULL, "audit", &c->made_audit_path, &c->audit.path));
	SEK_TRY(sek_config_beside_store(c, f ? f->key : NULL, "audit.key", &c->made_audit_key, &c->audit.key_path));
	SEK_TRY(number(k, "audit.checkpoint_seconds", f ? f->checkpoint_seconds : NULL, SEK_AUDIT_CHECKPOINT_S, 1,
		CHECKPOINT_MAX_S, &c->audit.checkpoint_s));
	SEK_TRY(number(k, "audit.checkpoint_records", f ? f->checkpoint_records : NULL, SEK_AUDIT_CHECKPOINT_RECORDS, 1,
		CHECKPOINT_MAX_RECORDS, &c->audit.checkpoint_records));
	SEK_TRY(number(k, "audit.segment_mib", f ? f->segment_mib : NULL, SEK_AUDIT_SEGMENT_BYTES / MIB, 1, SEGMENT_MAX_MIB,
		&mib));
	c->audit.segment_bytes = (uint64_t)mib * MIB;
	if (f && f->name) {
		c->audit.where = f->name;
		return sek_ok();
	}
	if (gethostname(c->host_name, sizeof c->host_name - 1) != 0 || !c->host_name[0])
		snprintf(c->host_name, sizeof c->host_name, "broker");
	c->audit.where = c->host_name;
	return sek_ok();
}

static sek_status fill_syslog(const struct sek_config_place *k, struct sek_broker_config *c)
{
	const struct file_syslog *f = c->file->audit ? c->file->audit->syslog : NULL;

	c->syslog = (struct sek_syslog_config){ .how = SEK_SYSLOG_NONE, .host = c->audit.where };
	if (!f)
		return sek_ok();
	c->syslog.how = (enum sek_syslog_how)f->how;
	c->syslog.socket = f->socket;
	if (c->syslog.how == SEK_SYSLOG_LOCAL)
		return sek_ok();
	if (!f->address || !f->ca || !f->name)
		return sek_config_refuse(k, "audit.syslog", "with `to: tls` write address, ca and name (that in the server's certificate), too");
	if (!f->certificate != !f->key)
		return sek_config_refuse(k, "audit.syslog.key", "certificate and key belong together: write both or none");
	SEK_TRY(sek_config_at(k, "audit.syslog.address", sek_config_check_address("audit.syslog.address", f->address, k->err, k->err_size)));
	SEK_TRY(sek_config_at(k, "audit.syslog.ca", sek_config_check_file("audit.syslog.ca", f->ca, 0, k->err, k->err_size)));
	if (f->key)
		SEK_TRY(sek_config_at(k, "audit.syslog.key", sek_config_check_file("audit.syslog.key", f->key, 1, k->err, k->err_size)));
	c->syslog.address = f->address;
	c->syslog.port = f->port ? *f->port : 6514;
	c->syslog.ca = f->ca;
	c->syslog.name = f->name;
	c->syslog.certificate = f->certificate;
	c->syslog.key = f->key;
	return sek_config_at(k, "audit.syslog.port", sek_config_check_range("audit.syslog.port", c->syslog.port, 1, 65535, k->err, k->err_size));
}

static sek_status fill_control(const struct sek_config_place *k, struct sek_broker_config *c)
{
	const struct file_control *f = c->file->control;
	const struct group *g;

	SEK_TRY(sek_config_beside_store(c, f ? f->path : NULL, "control.sock", &c->made_control_path, &c->control_path));
	c->control_gid = (gid_t)-1;
	if (!f || !f->group)
		return sek_ok();
	g = getgrnam(f->group);
	if (!g) {
		snprintf(k->err, k->err_size, "control.group: there is no group '%.64s' on this machine: make it, or name another",
			f->group);
		return sek_config_at(k, "control.group", sek_fail(SEK_E_CONFIG));
	}
	c->control_gid = g->gr_gid;
	return sek_ok();
}

/* Its name stands in the store, in lists and on the record: short, and of plain characters. */
static sek_status fill_name(const struct sek_config_place *k, struct sek_broker_config *c)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
	const char *name = c->file->site && c->file->site->broker ? c->file->site->broker : c->audit.where;
	size_t n = strspn(name, plain);

	c->broker_name = name;
	return n >= 1 && n <= 63 && name[n] == '\0' ? sek_ok() : sek_config_refuse(k, "site.broker",
		"must be 1 to 63 letters, digits, dots, hyphens and underscores, and another one for each broker on the store (left out: audit.name, "
		"or the machine's name)");
}

sek_status sek_config_fill_audit(const char *path, struct sek_broker_config *c, char *err, size_t err_size)
{
	const struct sek_config_place k = { path, err, err_size };

	SEK_TRY(fill_audit(&k, c));
	SEK_TRY(fill_name(&k, c));
	SEK_TRY(fill_syslog(&k, c));
	return fill_control(&k, c);
}
